//! Writes what `#[actor]` adds to a block.
//!
//! ```text
//! impl Inventory { .. }                        the block as it was, less the markers
//! const _: () = {
//!     pub enum __InventoryEnvelope { Reserve(Request<Reserve>), OnCancelled(Delivered<OrderCancelled>) }
//!     impl Envelope for __InventoryEnvelope { .. }
//!     impl HandledBy<Inventory> for Reserve { .. }
//!     impl Actor for Inventory { .. }          dispatch is one match over the envelope
//! };
//! ```
//!
//! Every path is absolute and every name of our own begins with `__`, because the tokens live among the names of the user.

mod actor;
mod envelope;
mod generics;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Generics, Ident, Path, Type};

use crate::check::{self, Errors};
use crate::options::{self, Known};
use crate::parse::Block;
use crate::tree::{ActorOptions, Service};
use crate::{fallback, marker, names};

pub(crate) fn actor(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = read_options(args, &mut errors);
    let block = match Block::read(item.clone()) {
        Ok(block) => block,
        Err(other) => return fallback::item(item, &check::not_an_impl(other)),
    };
    let generated =
        check::service(&block, options, &mut errors).map(|service| service_impls(&service));
    fallback::block(&block, generated.as_ref(), errors)
}

fn read_options(args: TokenStream, errors: &mut Errors) -> ActorOptions {
    const KNOWN: [&Known; 4] = [
        &options::MODULE,
        &options::MAILBOX,
        &options::NAME,
        &options::CRATE,
    ];
    let mut read = ActorOptions::default();
    for given in options::list(args, errors) {
        match given.name.to_string().as_str() {
            "module" => given.set(&mut read.module, &options::MODULE, errors),
            "mailbox" => given.set(&mut read.mailbox, &options::MAILBOX, errors),
            "name" => given.set(&mut read.name, &options::NAME, errors),
            "crate" => given.set(&mut read.krate, &options::CRATE, errors),
            _ => errors.push(check::unknown_option(&given.name, "`#[actor]`", &KNOWN)),
        }
    }
    read
}

/// What every part of the expansion names.
struct Names<'a> {
    service: &'a Service,
    /// `::callboard::__private`
    private: TokenStream,
    envelope: Ident,
    /// The generics of the block, free of `Self`, so that they hold in impls for other types too.
    generics: Generics,
}

impl<'a> Names<'a> {
    fn new(service: &'a Service) -> Self {
        Self {
            private: names::private(service.options.krate.as_ref()),
            envelope: format_ident!(
                "__{}Envelope",
                type_name(&service.self_ty),
                span = Span::mixed_site()
            ),
            generics: generics::without_self(&service.generics, &service.self_ty),
            service,
        }
    }

    /// A type the user wrote, for use outside the block.
    fn outside(&self, ty: &Type) -> TokenStream {
        generics::type_without_self(ty, &self.service.self_ty)
    }
}

fn service_impls(service: &Service) -> TokenStream {
    let names = Names::new(service);
    let carried = &service.carried;
    let marks = service.marks.iter().map(marker::resolve);
    let envelope = envelope::definition(&names);
    let wraps = envelope::wraps(&names);
    let actor = actor::implementation(&names);
    quote! {
        #(#carried)*
        const _: () = {
            #(#marks)*
            // First, so that a type without a derive is reported here before anywhere else.
            #wraps
            #envelope
            #actor
        };
    }
}

/// What the type is called, for names and texts.
fn type_name(ty: &Type) -> String {
    let path: Option<&Path> = match ty {
        Type::Path(path) => Some(&path.path),
        Type::Group(group) => return type_name(&group.elem),
        Type::Paren(paren) => return type_name(&paren.elem),
        _ => None,
    };
    let last = path.and_then(|path| path.segments.last());
    last.map_or_else(
        || "Actor".to_owned(),
        |last| last.ident.to_string().trim_start_matches("r#").to_owned(),
    )
}
