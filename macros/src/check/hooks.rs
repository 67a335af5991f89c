//! The rules for `#[on_start]` and `#[on_stop]`, beyond those for every marked method.

use proc_macro2::Span;
use syn::PatType;
use syn::spanned::Spanned as _;

use super::Errors;
use super::method::context;
use super::types::{answer, is_context, is_shared_reference, is_unit};
use crate::parse::{self, Method};
use crate::tree::Hook;

/// `#[on_start]` takes at most the context; what it returns is checked by a bound.
pub(super) fn on_start(method: &Method, params: &[&PatType], errors: &mut Errors) -> Hook {
    let context = match params {
        [] => None,
        [only] => context(only, errors),
        [_, extra, ..] => {
            errors.at(
                extra,
                "`#[on_start]` takes at most the context: write `fn load(&mut self, ctx: \
                &mut Context<Self>)`, and keep what else is needed in the struct",
            );
            None
        }
    };
    hook(method, None, context)
}

/// `#[on_stop]` takes the reason and the context, both or either, and returns nothing.
pub(super) fn on_stop(method: &Method, params: &[&PatType], errors: &mut Errors) -> Hook {
    let mut places = (None, None);
    match params {
        [] => {}
        [reason] if is_shared_reference(&reason.ty) && !is_context(&reason.ty) => {
            places.0 = Some(reason.ty.span());
        }
        [only] => places.1 = context(only, errors),
        [reason, second] if is_shared_reference(&reason.ty) && !is_context(&reason.ty) => {
            places = (Some(reason.ty.span()), context(second, errors));
        }
        [wrong, ..] => errors.at(
            wrong,
            "`#[on_stop]` takes the reason and the context, in this order and both \
                optional: write `fn flush(&mut self, reason: &ExitReason, ctx: &mut \
                Context<Self>)`",
        ),
    }
    let hook = hook(method, places.0, places.1);
    if let Some(ty) = hook.answer.ty.as_ref().filter(|ty| !is_unit(ty)) {
        errors.at(
            ty,
            "`#[on_stop]` returns nothing, as nobody is left to judge it: log what \
                went wrong, and remove the return type",
        );
    }
    hook
}

fn hook(method: &Method, reason: Option<Span>, context: Option<Span>) -> Hook {
    Hook {
        cfgs: parse::cfgs(&method.attrs),
        method: method.sig.ident.clone(),
        reason,
        context,
        answer: answer(&method.sig),
    }
}
