//! Reads the options of a macro, `mailbox = 1024, name = "inventory"`.
//!
//! The list is cut at its commas first and each value parsed on its own, so that one bad value does not hide the mistakes
//! after it.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Ident, Lit, Member, Token};

use crate::check::{self, Errors};

/// An option a macro knows: its name, what it takes, and how that is written.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) takes: &'static str,
    pub(crate) example: &'static str,
}

pub(crate) const MODULE: Known = Known {
    name: "module",
    takes: "the type of a module",
    example: "module = InventoryModule",
};
pub(crate) const MAILBOX: Known = Known {
    name: "mailbox",
    takes: "a number of messages",
    example: "mailbox = 1024",
};
pub(crate) const NAME: Known = Known {
    name: "name",
    takes: "a text in quotes",
    example: "name = \"inventory\"",
};
pub(crate) const REPLY: Known = Known {
    name: "reply",
    takes: "a type, without quotes",
    example: "reply = Reservation",
};
pub(crate) const VERSION: Known = Known {
    name: "version",
    takes: "a number up to 4294967295",
    example: "version = 2",
};
pub(crate) const KEY: Known = Known {
    name: "key",
    takes: "a field of the event, without quotes",
    example: "key = order_id",
};
pub(crate) const CRATE: Known = Known {
    name: "crate",
    takes: "the path of callboard, without quotes",
    example: "crate = my_prelude::callboard",
};

/// One `name = value`.
pub(crate) struct Given {
    pub(crate) name: Ident,
    value: TokenStream,
}

impl Given {
    /// Puts the value where it belongs, unless the option was given before or takes something else.
    pub(crate) fn set<T: Parse>(self, slot: &mut Option<T>, known: &Known, errors: &mut Errors) {
        if slot.is_some() {
            errors.push(check::option_given_twice(&self.name));
            return;
        }
        match syn::parse2(self.value.clone()) {
            Ok(value) => *slot = Some(value),
            Err(_) => errors.push(check::option_value(&self.name, self.value, known)),
        }
    }
}

/// Cuts a list of options. Entries that are not `name = value` are reported and left out.
pub(crate) fn list(tokens: TokenStream, errors: &mut Errors) -> Vec<Given> {
    let mut given = Vec::new();
    for entry in split(tokens) {
        let parsed = (|input: ParseStream| {
            let name = Ident::parse_any(input)?;
            input.parse::<Token![=]>()?;
            Ok(Given {
                name,
                value: input.parse()?,
            })
        })
        .parse2(entry.clone());
        match parsed {
            Ok(option) => given.push(option),
            // `publishes(..)` and `name` alone: the caller says whether it knows the name.
            Err(_) => match syn::parse2::<AloneOrList>(entry.clone()) {
                Ok(AloneOrList { name, value }) => given.push(Given { name, value }),
                Err(_) => errors.push(check::option_form(entry)),
            },
        }
    }
    given
}

struct AloneOrList {
    name: Ident,
    value: TokenStream,
}

impl Parse for AloneOrList {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let name = Ident::parse_any(input)?;
        match input.parse::<Option<Group>>()? {
            // Kept with its parentheses, so that no value type takes it.
            Some(group) if group.delimiter() == Delimiter::Parenthesis && input.is_empty() => {
                Ok(Self {
                    name,
                    value: group.into_token_stream(),
                })
            }
            None if input.is_empty() => Ok(Self {
                name,
                value: TokenStream::new(),
            }),
            _ => Err(input.error("")),
        }
    }
}

/// Cuts at the commas that are not inside `<..>`; those inside brackets are hidden by their group anyway.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut entries = vec![TokenStream::new()];
    let mut depth = 0_usize;
    let mut after_minus = false;
    for token in tokens {
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                '<' => depth += 1,
                '>' if !after_minus => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    entries.push(TokenStream::new());
                    continue;
                }
                _ => {}
            }
            // The `>` of `->` closes nothing.
            after_minus = punct.as_char() == '-' && punct.spacing() == Spacing::Joint;
        } else {
            after_minus = false;
        }
        if let Some(entry) = entries.last_mut() {
            entry.extend([token]);
        }
    }
    entries.retain(|entry| !entry.is_empty());
    entries
}

/// A version: a literal number that fits.
pub(crate) struct Version(pub(crate) u32);

impl Parse for Version {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        input.parse::<syn::LitInt>()?.base10_parse().map(Self)
    }
}

/// A field, or a field of a field: `order_id`, `order.id`, `0`, `0.1`.
pub(crate) struct FieldPath {
    pub(crate) first: Member,
    pub(crate) tokens: TokenStream,
}

impl Parse for FieldPath {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let tokens = input.fork().parse::<TokenStream>()?;
        let first = if let Some(Lit::Float(pair)) = input.fork().parse::<Option<Lit>>()? {
            // `0.1` is a float to the lexer and two fields to the reader. Rust's own parser takes it apart again.
            input.parse::<Lit>()?;
            let index = pair.base10_digits().split('.').next().unwrap_or_default();
            Member::Unnamed(syn::Index {
                index: index.parse().map_err(|_| input.error(""))?,
                span: pair.span(),
            })
        } else {
            input.parse()?
        };
        while !input.is_empty() {
            input.parse::<Token![.]>()?;
            if input.parse::<Option<syn::LitFloat>>()?.is_none() {
                input.parse::<Member>()?;
            }
        }
        Ok(Self { first, tokens })
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{FieldPath, Version, split};

    #[test]
    fn a_list_is_cut_at_its_own_commas_only() {
        let entries = split(
            quote!(reply = Result<HashMap<A, B>, C>, key = a, f = fn(A, B) -> C, g = Vec<fn() -> A>, h = 1,),
        );
        let entries: Vec<String> = entries
            .iter()
            .map(|entry| entry.to_string().replace(' ', ""))
            .collect();
        assert_eq!(
            entries,
            [
                "reply=Result<HashMap<A,B>,C>",
                "key=a",
                "f=fn(A,B)->C",
                "g=Vec<fn()->A>",
                "h=1"
            ]
        );
    }

    #[test]
    fn a_field_path_goes_through_fields_of_every_kind() {
        for good in [
            quote!(order_id),
            quote!(order.id),
            quote!(0),
            quote!(0.1),
            quote!(order.0.1.id),
            quote!(r#type),
        ] {
            assert!(syn::parse2::<FieldPath>(good.clone()).is_ok(), "{good}");
        }
        for bad in [
            quote!(),
            quote!("order_id"),
            quote!(self.order_id),
            quote!(order.id()),
            quote!(order::id),
        ] {
            assert!(syn::parse2::<FieldPath>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_version_is_a_number_that_fits() {
        assert_eq!(
            syn::parse2::<Version>(quote!(2))
                .ok()
                .map(|version| version.0),
            Some(2)
        );
        for bad in [quote!("2"), quote!(-1), quote!(4_294_967_296), quote!(1.0)] {
            assert!(syn::parse2::<Version>(bad.clone()).is_err(), "{bad}");
        }
    }
}
