//! The rules for a method with a marker: that the actor can call it, and what it is called with.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::{FnArg, Generics, Ident, PatType, ReceiverKind, Safety, Type};

use super::types::{
    answer, borrows, find_impl, is_context, is_parameter, is_reply, is_self, non_lifetime, peeled,
};
use super::{Errors, hooks, text};
use crate::parse::{self, Method};
use crate::tree::{Handler, Mark, MarkKind, Service, Takes};

/// A marker on something that `#[actor]` has not seen.
pub(crate) fn marker_outside(kind: MarkKind) -> syn::Error {
    syn::Error::new(
        Span::call_site(),
        format_args!(
            "`#[{0}]` marks a method of an actor, and this is not inside one: put \
                `#[actor]` above the `impl` block of the method",
            kind.name()
        ),
    )
}

/// A constant or the like inside a block.
pub(super) fn marked_other(marks: &[Mark], errors: &mut Errors) {
    for Mark { kind, attr, .. } in marks {
        errors.at(
            attr,
            format_args!(
                "`#[{}]` marks a method, and this is none: put it above a method, `{} {{ .. }}`",
                kind.name(),
                kind.example()
            ),
        );
    }
}

/// A method inside a block, with a marker or without.
pub(super) fn marked_method(method: &Method, service: &mut Service, errors: &mut Errors) {
    for (attr, kind) in &method.hidden {
        errors.at(
            attr,
            format_args!(
                "`#[actor]` cannot see a marker inside `cfg_attr`: write `#[{}]` and put \
                `#[cfg(..)]` on the method",
                kind.name()
            ),
        );
    }
    let Some((Mark { kind, attr, .. }, more)) = method.marks.split_first() else {
        return;
    };
    for again in more {
        let advice = if again.kind == *kind {
            "remove one of them"
        } else {
            "a method is one of them; move the other to a method of its own"
        };
        errors.at(
            &again.attr,
            format_args!(
                "`{}` is marked twice, `#[{}]` and `#[{}]`: {advice}",
                method.sig.ident,
                kind.name(),
                again.kind.name()
            ),
        );
    }
    if !matches!(attr.meta, syn::Meta::Path(_)) {
        errors.at(
            &attr.meta,
            format_args!("`#[{0}]` takes no options: write `#[{0}]`", kind.name()),
        );
    }

    let before = errors.len();
    callable(method, *kind, errors);
    let params: Vec<&PatType> = method
        .sig
        .inputs
        .iter()
        .filter_map(|input| {
            if let FnArg::Typed(param) = input {
                Some(param)
            } else {
                None
            }
        })
        .collect();
    match kind {
        MarkKind::Handler => match handler(method, &params, &service.generics, errors) {
            Some(handler) if errors.len() == before => service.handlers.push(handler),
            _ => service.spoilt.extend(
                params
                    .first()
                    .map(|param| peeled(&param.ty))
                    .filter(|ty| may_be_message(ty, method, &service.generics))
                    .cloned(),
            ),
        },
        MarkKind::OnStart => {
            let hook = hooks::on_start(method, &params, errors);
            if errors.len() == before {
                service.on_start.push(hook);
            }
        }
        MarkKind::OnStop => {
            let hook = hooks::on_stop(method, &params, errors);
            if errors.len() == before {
                service.on_stop.push(hook);
            }
        }
    }
}

/// Whether the first parameter of a handler with a mistake still says which message was meant.
fn may_be_message(ty: &Type, method: &Method, generics: &Generics) -> bool {
    let sound = !is_context(ty)
        && !matches!(ty, Type::Reference(_))
        && find_impl(ty).is_none()
        && borrows(ty).next().is_none();
    sound && !is_parameter(ty, generics) && non_lifetime(&method.sig.generics).is_none()
}

/// What is asked of every marked method: that the actor can call it.
fn callable(method: &Method, kind: MarkKind, errors: &mut Errors) {
    let sig = &method.sig;
    let (name, what) = (&sig.ident, described(kind));
    match sig.receiver() {
        None => errors.at(
            name,
            format_args!(
                "`{name}` has no `self`: {what} works on the state of its actor; write \
                `fn {name}(&mut self, ..)`"
            ),
        ),
        Some(receiver) => {
            let exclusive = match &receiver.kind {
                ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
                ReceiverKind::Typed(_, ty) => {
                    matches!(peeled(ty), Type::Reference(reference) if reference.mutability.is_some() && is_self(&reference.elem))
                }
                _ => false,
            };
            if !exclusive {
                errors.at(
                    receiver,
                    format_args!(
                        "{what} takes `&mut self` for now: write `fn {name}(&mut self, ..)`"
                    ),
                );
            }
        }
    }
    if let Safety::Unsafe(token) = &sig.safety {
        errors.at(
            token,
            format_args!(
                "the actor calls {what} by itself, so it cannot be `unsafe`: remove the \
                keyword, and keep what is unsafe in a block inside"
            ),
        );
    }
    if let Some((param, chosen)) = non_lifetime(&sig.generics) {
        errors.at(
            param,
            format_args!(
                "{what} cannot be generic, as nobody is there to choose `{chosen}`: write \
                one method for each type, or put the parameter on the `impl` block"
            ),
        );
    }
}

fn handler(
    method: &Method,
    params: &[&PatType],
    generics: &Generics,
    errors: &mut Errors,
) -> Option<Handler> {
    let name = &method.sig.ident;
    let (first, rest) = match params {
        [] => {
            errors.at(
                name,
                format_args!(
                    "`{name}` has no message: a handler takes one after `self`; write `fn \
                {name}(&mut self, msg: Reserve)`, or `event: &OrderPlaced` to subscribe"
                ),
            );
            return None;
        }
        [context, rest @ ..] if is_context(&context.ty) => {
            if rest.is_empty() {
                errors.at(
                    context,
                    format_args!(
                        "`{name}` takes the context but no message: write `fn {name}(&mut self, \
                msg: Reserve, ctx: &mut Context<Self>)`"
                    ),
                );
            } else {
                errors.at(
                    context,
                    format_args!(
                        "the message comes before the context: write `fn {name}(&mut self, {}, \
                {})`",
                        text(rest[0]),
                        text(context)
                    ),
                );
            }
            return None;
        }
        [first, rest @ ..] => (first, rest),
    };

    let takes = taken(name, first, generics, errors);
    let context = match rest {
        [] => None,
        [second] => context(second, errors),
        [_, extra, ..] => {
            errors.at(
                extra,
                format_args!(
                    "`{name}` takes more than a message and the context: put `{}` into the \
                message, or into the struct",
                    text(&extra.pat)
                ),
            );
            None
        }
    };
    let answer = answer(&method.sig);
    if let (Some(Takes::Event(event)), Some(ty)) = (&takes, &answer.ty)
        && is_reply(ty)
    {
        errors.at(
            ty,
            format_args!(
                "an event is answered by nobody, so `{name}` cannot reply: return `()` or \
                `Result<(), E>`, or take a message, `msg: {}`, if it is meant to be \
                asked",
                text(event)
            ),
        );
    }
    Some(Handler {
        cfgs: parse::cfgs(&method.attrs),
        method: name.clone(),
        variant: name.clone(),
        takes: takes?,
        context,
        answer,
    })
}

/// What the first parameter asks for: a value is a message, a reference an event.
fn taken(name: &Ident, param: &PatType, generics: &Generics, errors: &mut Errors) -> Option<Takes> {
    let ty = peeled(&param.ty);
    if let Some(opaque) = find_impl(ty) {
        errors.at(
            opaque,
            format_args!(
                "a handler is for one type, and `{}` is any of many: write the type of \
                the message, or one handler for each",
                text(opaque)
            ),
        );
        return None;
    }
    let Type::Reference(reference) = ty else {
        if let Some(lifetime) = borrows(ty).next() {
            errors.at(
                &lifetime,
                format_args!(
                    "a message travels to the task of its actor, so it cannot borrow for \
                `{lifetime}`: let `{}` own its data",
                    text(ty)
                ),
            );
            return None;
        }
        if is_parameter(ty, generics) {
            errors.at(
                ty,
                format_args!(
                    "Rust lets nobody implement a trait for every type, so `{0}` alone cannot \
                be a message: wrap it in one of your own, `struct Forward<{0}>({0})`",
                    text(ty)
                ),
            );
            return None;
        }
        return Some(Takes::Message(ty.clone()));
    };
    let event = peeled(&reference.elem);
    if reference.mutability.is_some() {
        errors.at(
            ty,
            format_args!(
                "all subscribers share one event, so `{name}` cannot change it: write \
                `&{0}`, or `{0}` if it is a message",
                text(event)
            ),
        );
        return None;
    }
    if let Some(lifetime) = borrows(event).next() {
        errors.at(
            &lifetime,
            format_args!(
                "an event travels to the tasks of its subscribers, so it cannot borrow \
                for `{lifetime}`: let `{}` own its data",
                text(event)
            ),
        );
        return None;
    }
    Some(Takes::Event(event.clone()))
}

/// The place of a context parameter, which has to be `&mut Context<Self>`.
pub(super) fn context(param: &PatType, errors: &mut Errors) -> Option<Span> {
    match peeled(&param.ty) {
        Type::Reference(reference) if reference.mutability.is_some() => Some(param.ty.span()),
        ty if is_context(ty) => {
            errors.at(
                ty,
                "the context is lent to a method for one call: write `&mut Context<Self>`",
            );
            None
        }
        ty => {
            errors.at(
                param,
                format_args!(
                    "there is nothing to pass for `{}`: only `ctx: &mut Context<Self>` can \
                stand here",
                    text(ty)
                ),
            );
            None
        }
    }
}

fn described(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Handler => "a handler",
        MarkKind::OnStart => "the `#[on_start]` method",
        MarkKind::OnStop => "the `#[on_stop]` method",
    }
}
