//! One message and its handler: what is noted before, how it is run, and what follows from its end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tracing::level_filters::LevelFilter;

use crate::actor::cell::Cell;
use crate::actor::context::Context;
use crate::actor::current;
use crate::actor::envelope::{Envelope, HandlerInfo, LateReply, Origin, Outcome};
use crate::actor::exit::{ExitReason, PanicInfo};
use crate::actor::guard::Guarded;
use crate::actor::id::{Cause, MessageId, MessageIds};
use crate::actor::traits::Actor;
use crate::observe::{Counters, DeadLetterReason};

/// Skips an ask that nobody waits for any more.
#[cold]
pub(super) fn expire<A: Actor>(
    cell: &Cell<A>,
    ctx: &mut Context<A>,
    info: &'static HandlerInfo,
    envelope: A::Envelope,
) {
    Counters::count_alone(&cell.counters.expired);
    tracing::debug!(target: "callboard::actor", actor = &**cell.name(), message = info.message, "expired");
    // Dropping the message is user code.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(envelope))) {
        ctx.end_with(ExitReason::Panicked(PanicInfo::caught(payload)));
    }
}

/// Notes that a handler begins. Returns its span, if anybody looks at it.
#[inline]
pub(super) fn begin<A: Actor>(
    cell: &Cell<A>,
    info: &'static HandlerInfo,
    envelope: &A::Envelope,
    origin: &Origin,
    ids: &mut MessageIds,
) -> Option<Box<tracing::Span>> {
    let id = origin
        .event
        .unwrap_or_else(|| ids.next(&cell.core().message_ids));
    let root = origin.cause.map_or(id, |cause| cause.root);
    current::begin(Cause { message: id, root }, envelope.patience());
    cell.set_doing_handler(envelope.index());
    if LevelFilter::current() < LevelFilter::DEBUG {
        return None;
    }
    handler_span(cell, info, id, origin)
}

/// Runs a sync handler: it needs no future and no kill can reach it.
#[inline]
pub(super) fn handle_now<A: Actor>(
    actor: &mut A,
    ctx: &mut Context<A>,
    envelope: A::Envelope,
    span: Option<Box<tracing::Span>>,
) -> Guarded<Outcome> {
    let _entered = span.as_ref().map(|span| span.enter());
    match catch_unwind(AssertUnwindSafe(|| actor.dispatch_now(envelope, ctx))) {
        Ok(outcome) => Guarded::Done(outcome),
        Err(payload) => Guarded::Panicked(Box::new(PanicInfo::caught(payload))),
    }
}

/// Counts how a handler ended, and ends the actor if it must.
#[inline]
pub(super) fn conclude<A: Actor>(
    cell: &Cell<A>,
    ctx: &mut Context<A>,
    info: &'static HandlerInfo,
    result: Guarded<Outcome>,
) {
    current::end();
    if matches!(result, Guarded::Done(Outcome::Handled)) {
        Counters::count_alone(&cell.counters.handled);
    } else {
        conclude_otherwise(cell, ctx, info, result);
    }
    cell.set_idle();
}

#[cold]
fn conclude_otherwise<A: Actor>(
    cell: &Cell<A>,
    ctx: &mut Context<A>,
    info: &'static HandlerInfo,
    result: Guarded<Outcome>,
) {
    let counter = match &result {
        Guarded::Done(Outcome::Handled | Outcome::Late(_)) => &cell.counters.handled,
        _ => &cell.counters.failed,
    };
    Counters::count_alone(counter);
    match result {
        Guarded::Done(Outcome::Handled) => {}
        Guarded::Done(Outcome::Failed(error)) => {
            tracing::warn!(
                target: "callboard::handler",
                actor = &**cell.name(),
                handler = info.handler,
                message = info.message,
                error = &**error,
                "handler failed"
            );
        }
        Guarded::Done(Outcome::Late(late)) => {
            let LateReply { asker, payload } = *late;
            let recipient = asker
                .and_then(|asker| cell.core().registry.name_of(asker))
                .unwrap_or_else(|| "a caller outside any actor".into());
            cell.core().dead_letter(
                DeadLetterReason::LateReply,
                &recipient,
                info.message,
                Some(payload),
            );
        }
        Guarded::Panicked(panic) => {
            tracing::error!(
                target: "callboard::handler",
                actor = &**cell.name(),
                handler = info.handler,
                message = info.message,
                %panic,
                "handler panicked"
            );
            ctx.end_with(ExitReason::Panicked(*panic));
        }
        Guarded::Killed => ctx.end_with(ExitReason::Killed),
    }
}

/// The span of one handler. It is a root, since a chain of actors that wake each other would
/// nest without end; it follows from the span of whoever sent the message.
#[cold]
fn handler_span<A: Actor>(
    cell: &Cell<A>,
    info: &'static HandlerInfo,
    id: MessageId,
    origin: &Origin,
) -> Option<Box<tracing::Span>> {
    let span = tracing::debug_span!(
        target: "callboard::handler",
        parent: None,
        "handle",
        actor = &**cell.name(),
        handler = info.handler,
        message = info.message,
        id = %id,
        cause = tracing::field::Empty,
    );
    if span.is_disabled() {
        return None;
    }
    if let Some(cause) = &origin.cause {
        span.record("cause", tracing::field::display(cause.message));
    }
    if let Some(sender) = &origin.span {
        span.follows_from(&**sender);
    }
    Some(Box::new(span))
}
