//! The generics and types of a block, in places where `Self` means something else.

use proc_macro2::{Group, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt as _, quote};
use syn::{GenericParam, Generics, Type};

/// Puts the self type for `Self` in the bounds.
pub(super) fn without_self(generics: &Generics, self_ty: &Type) -> Generics {
    let mut replaced = generics.clone();
    for param in &mut replaced.params {
        if let GenericParam::Type(param) = param {
            for bound in &mut param.bounds {
                let tokens = replace(bound.to_token_stream(), self_ty);
                *bound = syn::parse2(tokens).unwrap_or_else(|_| bound.clone());
            }
        }
    }
    if let Some(clause) = &mut replaced.where_clause {
        let tokens = replace(clause.to_token_stream(), self_ty);
        *clause = syn::parse2(tokens).unwrap_or_else(|_| clause.clone());
    }
    replaced
}

/// Puts the self type for `Self` in a type: `Tick<Self>` becomes `Tick<Clock>`.
pub(super) fn type_without_self(ty: &Type, self_ty: &Type) -> TokenStream {
    replace(ty.to_token_stream(), self_ty)
}

/// Works on tokens, so that it reaches into macro calls in type position too.
fn replace(tokens: TokenStream, self_ty: &Type) -> TokenStream {
    let mut replaced = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => match tokens.peek() {
                // `Self::Item`, where a type with generics has to be in angle brackets.
                Some(TokenTree::Punct(punct))
                    if punct.as_char() == ':' && punct.spacing() == Spacing::Joint =>
                {
                    replaced.append_all(quote!(<#self_ty>));
                }
                _ => self_ty.to_tokens(&mut replaced),
            },
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replace(group.stream(), self_ty));
                inner.set_span(group.span());
                replaced.append(inner);
            }
            token => replaced.append(token),
        }
    }
    replaced
}

/// A type that uses all type parameters, for an enum whose variants may not. `None` when there is nothing to use.
pub(super) fn phantom(generics: &Generics) -> Option<TokenStream> {
    let params: Vec<_> = generics.type_params().map(|param| &param.ident).collect();
    // A function type is `Send` and `Sync` whatever it returns, and `PhantomData` is sized whatever it stands for.
    (!params.is_empty()).then(
        || quote!(::core::marker::PhantomData<fn() -> (#(::core::marker::PhantomData<#params>,)*)>),
    )
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens as _, quote};
    use syn::parse_quote;

    use super::{replace, without_self};

    #[test]
    fn the_self_type_stands_where_self_stood() {
        let ty = parse_quote!(Clock<T>);
        for (from, to) in [
            (quote!(Tick<Self>), quote!(Tick<Clock<T>>)),
            (quote!(Tick<Self::Zone>), quote!(Tick<<Clock<T>>::Zone>)),
            (
                quote!(<Self as Timed>::Zone),
                quote!(<Clock<T> as Timed>::Zone),
            ),
            (quote!([u8; { Self::N }]), quote!([u8; { <Clock<T>>::N }])),
        ] {
            assert_eq!(
                replace(from, &ty).to_string().replace(' ', ""),
                to.to_string().replace(' ', "")
            );
        }
    }

    #[test]
    fn bounds_that_name_self_are_rewritten_too() {
        let mut generics: syn::Generics = parse_quote!(<T: Into<Self>, const N: usize>);
        generics.where_clause = Some(parse_quote!(where Self: Send, T: Send));
        let generics = without_self(&generics, &parse_quote!(Clock<T>));
        assert_eq!(
            generics.to_token_stream().to_string(),
            quote!(<T: Into<Clock<T> >, const N: usize>).to_string()
        );
        assert_eq!(
            generics.where_clause.to_token_stream().to_string(),
            quote!(where Clock<T>: Send, T: Send).to_string()
        );
    }
}
