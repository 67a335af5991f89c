//! Judges what was read. Every error text of the macros is in this folder.
//!
//! A text says what is wrong, then what to write. A mistake is reported once, on the smallest tokens that are wrong, and all
//! mistakes of a block are reported together.

mod block;
mod derive;
mod hooks;
mod method;
mod options;
mod types;

pub(crate) use block::{not_an_impl, service};
pub(crate) use derive::{declared, key, name};
pub(crate) use method::marker_outside;
pub(crate) use options::{
    option_form, option_given_twice, option_value, options_in_parentheses, unknown_option,
};

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::print;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    fn at(&mut self, tokens: impl ToTokens, text: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, text));
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0
            .into_iter()
            .map(syn::Error::into_compile_error)
            .collect()
    }
}

/// Tokens as they are quoted in a text.
fn text(tokens: impl ToTokens) -> String {
    print::line(&tokens.to_token_stream())
}
