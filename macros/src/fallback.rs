//! What a macro writes whether or not it found mistakes: the item of the user, then the errors.
//!
//! The trait impls are written with mistakes too, made of what is sound. Without them, every use of the type would be an error
//! of its own and bury the one that matters.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::check::Errors;

/// A block that `#[actor]` has read.
pub(crate) fn block(
    block: &impl ToTokens,
    generated: Option<&TokenStream>,
    errors: Errors,
) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#block #generated #errors)
}

/// An item that `#[actor]` does not go on.
pub(crate) fn item(item: &TokenStream, error: &syn::Error) -> TokenStream {
    let error = error.to_compile_error();
    quote!(#item #error)
}
