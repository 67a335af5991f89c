//! `#[derive(Event)]`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, LitStr, Path};

use super::{contract_name, given, head, read, where_clause};
use crate::check::{self, Errors};
use crate::names;
use crate::options::{self, FieldPath, Known, Version};

#[derive(Default)]
struct EventOptions {
    name: Option<LitStr>,
    version: Option<Version>,
    key: Option<FieldPath>,
    krate: Option<Path>,
}

pub(crate) fn event(item: TokenStream) -> TokenStream {
    read(item, expand)
}

fn expand(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let options = read_options(input, errors);
    check::declared(input, "an event", errors);

    let private = names::private(options.krate.as_ref());
    let (params, ty) = head(input);
    let where_clause = where_clause(
        input,
        &[quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static)],
    );
    let name = contract_name(options.name.as_ref(), input);
    let version = options
        .version
        .map(|Version(version)| quote!(const VERSION: ::core::primitive::u32 = #version;));
    let key = options.key.map(|key| key_method(&key, &private));
    quote! {
        #[automatically_derived]
        impl #params #private::Event for #ty #where_clause {
            const NAME: &'static ::core::primitive::str = #name;
            #version
            #key
        }
    }
}

fn key_method(FieldPath { tokens, .. }: &FieldPath, private: &TokenStream) -> TokenStream {
    // Blamed on the option when the field is of a type that cannot be a key.
    let place = Span::call_site().located_at(tokens.span());
    let field = quote_spanned!(place=> &self.#tokens);
    quote! {
        fn key(&self) -> ::core::option::Option<#private::Key<'_>> {
            ::core::option::Option::Some(#private::AsKey::as_key(#field))
        }
    }
}

fn read_options(input: &DeriveInput, errors: &mut Errors) -> EventOptions {
    const KNOWN: [&Known; 4] = [
        &options::NAME,
        &options::VERSION,
        &options::KEY,
        &options::CRATE,
    ];
    let mut read = EventOptions::default();
    for given in given(&input.attrs, "event", &options::NAME, errors) {
        match given.name.to_string().as_str() {
            "name" => given.set(&mut read.name, &options::NAME, errors),
            "version" => given.set(&mut read.version, &options::VERSION, errors),
            "key" => given.set(&mut read.key, &options::KEY, errors),
            "crate" => given.set(&mut read.krate, &options::CRATE, errors),
            _ => errors.push(check::unknown_option(&given.name, "`#[event]`", &KNOWN)),
        }
    }
    read.name = read
        .name
        .filter(|name| check::name(name, "an event", errors));
    read.key = read.key.filter(|key| check::key(key, input, errors));
    read
}
