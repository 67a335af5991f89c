//! The markers as attribute macros of their own.
//!
//! `#[actor]` takes the markers off the methods before they could run. They exist so that `#[handler]` is a name that can be
//! imported, completed and looked up, and so that one outside an `#[actor]` block is reported instead of ignored.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Ident;

use crate::check;
use crate::tree::{Mark, MarkKind};

/// The argument `#[actor]` calls a marker with, see [`resolve`].
const RESOLVED: &str = "__marks_a_method_of_an_actor";

/// Uses the name of a marker where it does no harm.
///
/// Without this use, an import of the marker would be reported as unused, a misspelt path of it would pass, and an editor would have
/// nothing to look up.
pub(crate) fn resolve(mark: &Mark) -> TokenStream {
    let Mark { attr, cfgs, .. } = mark;
    let path = attr.path();
    let resolved = Ident::new(RESOLVED, proc_macro2::Span::call_site());
    quote! {
        #(#cfgs)*
        #[#path(#resolved)]
        const _: () = ();
    }
}

/// Expands a marker that `#[actor]` has not taken: either our own use of its name, or a mistake.
pub(crate) fn outside(kind: MarkKind, args: &TokenStream, item: &TokenStream) -> TokenStream {
    if args.to_string() == RESOLVED {
        return TokenStream::new();
    }
    let mut tokens = check::marker_outside(kind).into_compile_error();
    item.to_tokens(&mut tokens);
    tokens
}
