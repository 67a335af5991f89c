//! The texts about options as such; `crate::options` reads them.

use proc_macro2::TokenStream;
use syn::{Attribute, Ident};

use super::text;
use crate::names::nearest;
use crate::options::Known;

/// `capacity = 3`, for a macro without an option of this name.
pub(crate) fn unknown_option(name: &Ident, of: &str, known: &[&Known]) -> syn::Error {
    let written = name.to_string();
    let advice = if let Some(near) = nearest(&written, known.iter().map(|known| known.name))
        .and_then(|near| known.iter().find(|known| known.name == near))
    {
        format!("write `{}`", near.example)
    } else {
        let examples: Vec<String> = known
            .iter()
            .map(|known| format!("`{}`", known.example))
            .collect();
        match examples.split_last() {
            Some((last, [])) => format!("it knows {last}"),
            Some((last, others)) => format!("it knows {} and {last}", others.join(", ")),
            None => "it has none".to_owned(),
        }
    };
    syn::Error::new(
        name.span(),
        format_args!("{of} has no option `{written}`: {advice}"),
    )
}

pub(crate) fn option_given_twice(name: &Ident) -> syn::Error {
    syn::Error::new(
        name.span(),
        format_args!("`{name}` is given twice: remove one of them"),
    )
}

/// The value is missing, or not what the option takes.
pub(crate) fn option_value(name: &Ident, value: TokenStream, known: &Known) -> syn::Error {
    if value.is_empty() {
        return syn::Error::new(
            name.span(),
            format_args!(
                "`{}` has no value: write {}, as in `{}`",
                known.name, known.takes, known.example
            ),
        );
    }
    let written = text(&value);
    syn::Error::new_spanned(
        value,
        format_args!(
            "`{}` takes {}, and `{written}` is not: write it like `{}`",
            known.name, known.takes, known.example
        ),
    )
}

/// Something that is not an option at all.
pub(crate) fn option_form(entry: TokenStream) -> syn::Error {
    syn::Error::new_spanned(
        entry,
        "this is not an option: write `name = value`, and commas between several",
    )
}

/// `#[message]` or `#[message = ".."]`.
pub(crate) fn options_in_parentheses(attr: &Attribute, known: &Known) -> syn::Error {
    let name = text(attr.path());
    syn::Error::new_spanned(
        &attr.meta,
        format_args!(
            "`{name}` holds its options in parentheses: write `#[{name}({})]`",
            known.example
        ),
    )
}
