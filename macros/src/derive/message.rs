//! `#[derive(Message)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr, Path, Type};

use super::{contract_name, given, head, read, where_clause};
use crate::check::{self, Errors};
use crate::names;
use crate::options::{self, Known, Version};

#[derive(Default)]
struct MessageOptions {
    reply: Option<Type>,
    name: Option<LitStr>,
    version: Option<Version>,
    krate: Option<Path>,
}

pub(crate) fn message(item: TokenStream) -> TokenStream {
    read(item, expand)
}

fn expand(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let options = read_options(input, errors);
    check::declared(input, "a message", errors);

    let private = names::private(options.krate.as_ref());
    let (params, ty) = head(input);
    let reply = options
        .reply
        .map_or_else(|| quote!(()), |reply| quote!(#reply));
    let where_clause = where_clause(
        input,
        &[
            quote!(Self: ::core::marker::Send + 'static),
            quote!(#reply: ::core::marker::Send + 'static),
        ],
    );
    let name = contract_name(options.name.as_ref(), input);
    let version = options
        .version
        .map(|Version(version)| quote!(const VERSION: ::core::primitive::u32 = #version;));
    quote! {
        #[automatically_derived]
        impl #params #private::Message for #ty #where_clause {
            type Reply = #reply;
            const NAME: &'static ::core::primitive::str = #name;
            #version
        }
    }
}

fn read_options(input: &DeriveInput, errors: &mut Errors) -> MessageOptions {
    const KNOWN: [&Known; 4] = [
        &options::REPLY,
        &options::NAME,
        &options::VERSION,
        &options::CRATE,
    ];
    let mut read = MessageOptions::default();
    for given in given(&input.attrs, "message", &options::REPLY, errors) {
        match given.name.to_string().as_str() {
            "reply" => given.set(&mut read.reply, &options::REPLY, errors),
            "name" => given.set(&mut read.name, &options::NAME, errors),
            "version" => given.set(&mut read.version, &options::VERSION, errors),
            "crate" => given.set(&mut read.krate, &options::CRATE, errors),
            _ => errors.push(check::unknown_option(&given.name, "`#[message]`", &KNOWN)),
        }
    }
    read.name = read
        .name
        .filter(|name| check::name(name, "a message", errors));
    read
}
