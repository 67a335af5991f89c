//! The derives. They are alike: options, a name, one impl.

mod event;
mod message;
mod module;

pub(crate) use event::event;
pub(crate) use message::message;
pub(crate) use module::module;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Attribute, ConstParam, DeriveInput, GenericParam, LitStr, Meta, TypeParam};

use crate::check::{self, Errors};
use crate::options::{self, Given, Known};

/// Reads the item; what Rust has accepted, `syn` reads.
fn read(
    item: TokenStream,
    expand: impl FnOnce(&DeriveInput, &mut Errors) -> TokenStream,
) -> TokenStream {
    match syn::parse2(item) {
        Ok(input) => {
            let mut errors = Errors::default();
            let mut tokens = expand(&input, &mut errors);
            tokens.extend(errors.into_tokens());
            tokens
        }
        Err(error) => error.into_compile_error(),
    }
}

/// All options of the attributes with this name.
fn given(attrs: &[Attribute], name: &str, example: &Known, errors: &mut Errors) -> Vec<Given> {
    let mut all = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        match &attr.meta {
            Meta::List(list) => all.extend(options::list(list.tokens.clone(), errors)),
            _ => errors.push(check::options_in_parentheses(attr, example)),
        }
    }
    all
}

/// The name the user gave, or the path of the type.
fn contract_name(given: Option<&LitStr>, input: &DeriveInput) -> TokenStream {
    let ty = input.ident.unraw().to_string();
    given.map_or_else(
        || quote!(::core::concat!(::core::module_path!(), "::", #ty)),
        |name| quote!(#name),
    )
}

/// The bounds of a generic type: what the trait asks of it, asked of whoever names it with type arguments.
fn where_clause(input: &DeriveInput, bounds: &[TokenStream]) -> TokenStream {
    let written = input
        .generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    // Without type parameters the bounds are true or false here and now, and Rust's own word about the field that breaks them is the
    // better one.
    let added = if input.generics.type_params().next().is_some() {
        bounds
    } else {
        &[]
    };
    quote!(where #(#written,)* #(#added,)*)
}

/// The parameters of an impl for a type, and the type with its arguments.
///
/// A lifetime has been reported as a mistake, and the impl is for `'static`: one that is not would be a mistake of its own.
fn head(input: &DeriveInput) -> (TokenStream, TokenStream) {
    let (ident, params) = (&input.ident, &input.generics.params);
    if params.is_empty() {
        // Without brackets of ours the type is blamed where it stands.
        return (TokenStream::new(), quote!(#ident));
    }
    let declared = params.iter().filter_map(|param| match param {
        GenericParam::Lifetime(_) => None,
        GenericParam::Type(TypeParam { ident, bounds, .. }) => Some(quote!(#ident: #bounds)),
        GenericParam::Const(ConstParam { ident, ty, .. }) => Some(quote!(const #ident: #ty)),
    });
    let arguments = params.iter().map(|param| match param {
        GenericParam::Lifetime(_) => quote!('static),
        GenericParam::Type(TypeParam { ident, .. })
        | GenericParam::Const(ConstParam { ident, .. }) => quote!(#ident),
    });
    (quote!(<#(#declared),*>), quote!(#ident <#(#arguments),*>))
}
