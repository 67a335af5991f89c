//! The rules for an `#[actor]` block as a whole: what it stands on, its options, and its methods together.

use std::collections::HashMap;

use proc_macro2::Span;
use quote::{ToTokens, format_ident};
use syn::{Attribute, Expr, Ident, Lit};

use super::method::{marked_method, marked_other};
use super::types::borrows;
use super::{Errors, text};
use crate::check;
use crate::names::camel_case;
use crate::options;
use crate::parse::{self, Block, Item, NotAnImpl};
use crate::tree::{ActorOptions, Handler, Hook, MarkKind, Service, Takes};

/// Turns a block into a service, leaving out what is wrong. `None` when there is nothing an actor could be made of.
pub(crate) fn service(
    block: &Block,
    options: ActorOptions,
    errors: &mut Errors,
) -> Option<Service> {
    let head = &block.head;
    if let Some((path, _)) = &head.trait_ {
        let ty = &head.self_ty;
        errors.at(
            path,
            format_args!(
                "`#[actor]` goes on an inherent `impl` block, not on the impl of a trait: \
                move the handlers to a block `impl {} {{ .. }}` and put `#[actor]` above \
                that one",
                text(ty)
            ),
        );
        return None;
    }
    let borrowed = head
        .generics
        .lifetimes()
        .map(|param| param.lifetime.clone())
        .chain(borrows(&head.self_ty))
        .next();
    if let Some(lifetime) = borrowed {
        errors.at(
            &lifetime,
            format_args!(
                "an actor outlives the place that starts it, so it cannot borrow for \
                `{lifetime}`: let the struct own its data, or share it in an `Arc`"
            ),
        );
        return None;
    }
    if let Some(again) = head.attrs.iter().find(|attr| {
        attr.path()
            .segments
            .last()
            .is_some_and(|last| last.ident == "actor")
    }) {
        errors.at(
            again,
            "`#[actor]` is here twice: remove one, with its options moved to the other",
        );
        return None;
    }

    let mut service = Service {
        options: actor_options(options, errors),
        generics: head.generics.clone(),
        self_ty: (*head.self_ty).clone(),
        carried: parse::cfgs(&head.attrs),
        marks: block.marks().cloned().collect(),
        handlers: Vec::new(),
        spoilt: Vec::new(),
        on_start: Vec::new(),
        on_stop: Vec::new(),
    };
    service.carried.extend(allows(&head.attrs));
    for item in &block.items {
        match item {
            Item::Method(method) => {
                service.carried.extend(allows(&method.attrs));
                marked_method(method, &mut service, errors);
            }
            Item::Other { marks, .. } => marked_other(marks, errors),
        }
    }
    no_two_for_one(&mut service, errors);
    name_variants(&mut service.handlers);
    Some(service)
}

/// `#[actor]` on something else altogether.
pub(crate) fn not_an_impl(NotAnImpl { keyword }: NotAnImpl) -> syn::Error {
    match keyword {
        Some(keyword) if keyword.to_string() != "impl" => syn::Error::new(
            keyword.span(),
            format_args!(
                "`#[actor]` goes on an `impl` block, not on this `{keyword}`: put it \
                above the block `impl Inventory {{ .. }}` that has the handlers"
            ),
        ),
        _ => syn::Error::new(
            Span::call_site(),
            "`#[actor]` goes on an `impl` block: put it above the block `impl \
                Inventory { .. }` that has the handlers",
        ),
    }
}

fn actor_options(options: ActorOptions, errors: &mut Errors) -> ActorOptions {
    let mailbox = options.mailbox.filter(|capacity| mailbox(capacity, errors));
    let name = options
        .name
        .filter(|name| check::name(name, "an actor", errors));
    ActorOptions {
        mailbox,
        name,
        ..options
    }
}

fn mailbox(capacity: &Expr, errors: &mut Errors) -> bool {
    match capacity {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) if number.base10_digits() == "0" => {
                errors.at(
                    capacity,
                    "a mailbox without room takes no message: write the number of messages it \
                holds, `mailbox = 1` at least",
                );
                return false;
            }
            Lit::Int(_) => return true,
            _ => {}
        },
        Expr::Unary(_) => {}
        // A constant: its value is asserted where it is used.
        _ => return true,
    }
    errors.push(check::option_value(
        &Ident::new("mailbox", Span::call_site()),
        capacity.to_token_stream(),
        &options::MAILBOX,
    ));
    false
}

fn allows(attrs: &[Attribute]) -> impl Iterator<Item = Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("allow"))
        .cloned()
}

/// One message, one event, one hook: one method. Under `#[cfg]`s it is left to Rust, which knows which of them hold.
fn no_two_for_one(service: &mut Service, errors: &mut Errors) {
    let mut kept: Vec<Handler> = Vec::new();
    for handler in std::mem::take(&mut service.handlers) {
        let same = |other: &&Handler| {
            other.cfgs.is_empty()
                && handler.cfgs.is_empty()
                && asked(&other.takes) == asked(&handler.takes)
        };
        match (
            kept.iter().find(same).map(|first| first.method.clone()),
            &handler.takes,
        ) {
            (None, _) => kept.push(handler),
            (Some(first), Takes::Message(ty)) => {
                errors.at(
                    ty,
                    format_args!(
                        "`{0}` already has a handler, `{first}`, and an ask gets one answer: \
                merge the two, or give `{1}` a message of its own",
                        text(ty),
                        handler.method
                    ),
                );
            }
            (Some(first), Takes::Event(ty)) => {
                errors.at(
                    ty,
                    format_args!(
                        "`{0}` already has a handler, `{first}`: an actor has one subscription to \
                a topic; call both from one handler",
                        text(ty)
                    ),
                );
            }
        }
    }
    service.handlers = kept;
    no_two_hooks(&mut service.on_start, MarkKind::OnStart, errors);
    no_two_hooks(&mut service.on_stop, MarkKind::OnStop, errors);
}

fn no_two_hooks(hooks: &mut Vec<Hook>, kind: MarkKind, errors: &mut Errors) {
    let first = hooks
        .iter()
        .find(|hook| hook.cfgs.is_empty())
        .map(|hook| hook.method.clone());
    let Some(first) = first else { return };
    hooks.retain(|hook| {
        let fine = hook.method == first || !hook.cfgs.is_empty();
        if !fine {
            errors.at(
                &hook.method,
                format_args!(
                    "`{first}` is already marked `#[{}]`, and there is one for an actor: call \
                `{}` from it",
                    kind.name(),
                    hook.method
                ),
            );
        }
        fine
    });
}

fn asked(takes: &Takes) -> (bool, String) {
    match takes {
        Takes::Message(ty) => (true, ty.to_token_stream().to_string()),
        Takes::Event(ty) => (false, ty.to_token_stream().to_string()),
    }
}

/// A variant is the method in camel case, made different where two methods would share one (`a_1` and `a1`).
fn name_variants(handlers: &mut [Handler]) {
    let mut method_of = HashMap::new();
    for handler in handlers {
        let mut variant = camel_case(handler.method.to_string().trim_start_matches("r#"));
        // The same method again is one under another `#[cfg]`.
        while method_of
            .get(&variant)
            .is_some_and(|method| *method != handler.method)
        {
            variant.push('_');
        }
        method_of.insert(variant.clone(), handler.method.clone());
        handler.variant = format_ident!("{variant}");
    }
}
