//! `#[derive(Module)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr, Path};

use super::{given, head, read, where_clause};
use crate::check::{self, Errors};
use crate::names;
use crate::options::{self, Known};

#[derive(Default)]
struct ModuleOptions {
    name: Option<LitStr>,
    krate: Option<Path>,
}

pub(crate) fn module(item: TokenStream) -> TokenStream {
    read(item, expand)
}

fn expand(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let options = read_options(input, errors);
    check::declared(input, "a module", errors);

    let private = names::private(options.krate.as_ref());
    let (params, ty) = head(input);
    let where_clause = where_clause(
        input,
        &[quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static)],
    );
    let name = options
        .name
        .map_or_else(|| names::module_name(&input.ident), |name| name.value());
    quote! {
        #[automatically_derived]
        impl #params #private::Module for #ty #where_clause {
            const NAME: &'static ::core::primitive::str = #name;
        }
    }
}

fn read_options(input: &DeriveInput, errors: &mut Errors) -> ModuleOptions {
    const KNOWN: [&Known; 2] = [&options::NAME, &options::CRATE];
    let mut read = ModuleOptions::default();
    for given in given(&input.attrs, "module", &options::NAME, errors) {
        match given.name.to_string().as_str() {
            "name" => given.set(&mut read.name, &options::NAME, errors),
            "crate" => given.set(&mut read.krate, &options::CRATE, errors),
            _ => errors.push(check::unknown_option(&given.name, "`#[module]`", &KNOWN)),
        }
    }
    read.name = read
        .name
        .filter(|name| check::name(name, "a module", errors));
    read
}
