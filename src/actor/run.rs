//! The run loop: one incarnation of an actor, from its factory to its drop.
//!
//! Every piece of user code runs inside [`guarded`], so that its panic ends this incarnation and
//! nothing else, and a kill takes effect at its next await.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

use futures::FutureExt;
use tokio::sync::oneshot;
use tracing::level_filters::LevelFilter;

use crate::actor::cell::{self, Cell, Life, control};
use crate::actor::context::{Context, Turn};
use crate::actor::current::{self, Current};
use crate::actor::drive::Driver;
use crate::actor::envelope::{Envelope, HandlerInfo, LateReply, Origin, Outcome, Parcel};
use crate::actor::exit::{ExitReason, PanicInfo};
use crate::actor::id::{Cause, MessageId, MessageIds};
use crate::actor::traits::Actor;
use crate::observe::{Counters, DeadLetterReason};
use crate::sync::{Epilogue, Receiver};

/// So many messages of sync handlers are handled in a row, for one unit of tokio's budget for a task, of
/// which a turn has 128.
const BATCH: u32 = 16;

/// A started incarnation, as its supervisor sees it.
pub(crate) struct Incarnation {
    /// Resolves when `on_start` has ended. An error is the exit reason, and no exit follows.
    pub(crate) started: oneshot::Receiver<Result<(), ExitReason>>,
    /// Resolves when the last piece of this incarnation is gone.
    pub(crate) exited: oneshot::Receiver<ExitReason>,
}

/// Makes an actor and runs it in a task of its own.
pub(crate) fn launch<A, F>(cell: &Arc<Cell<A>>, make: F) -> Incarnation
where
    A: Actor,
    F: FnOnce() -> A + Send + 'static,
{
    let (started_tx, started) = oneshot::channel();
    let (exited_tx, exited) = oneshot::channel();
    let incarnation = cell.begin_incarnation();
    let waker = Waker::from(Arc::clone(cell));
    let life = Box::pin(incarnate(
        Arc::clone(cell),
        incarnation,
        make,
        started_tx,
        exited_tx,
    ));
    match cell.task.install(life, waker) {
        Ok(()) if incarnation == 1 => drop(tokio::spawn(Driver::new(Arc::clone(cell)))),
        Ok(()) => cell.task.wake_driver(),
        // The runtime has dropped the driver. The future's channels end with it.
        Err(life) => drop(life),
    }
    Incarnation { started, exited }
}

/// One life. Its end is told by the epilogue, when nothing of it is left.
async fn incarnate<A: Actor>(
    cell: Arc<Cell<A>>,
    incarnation: u64,
    make: impl FnOnce() -> A,
    started: oneshot::Sender<Result<(), ExitReason>>,
    exited: oneshot::Sender<ExitReason>,
) -> Epilogue {
    let current = Current {
        system: cell.core().address(),
        actor: cell.id(),
        cause: None,
        patience: None,
    };
    let mut started = Some(started);
    let life = AssertUnwindSafe(live(&cell, incarnation, make, &mut started)).catch_unwind();
    let reason = match scoped(current, life).await {
        Ok(reason) => reason,
        // Only the drop of the actor or its context can get here.
        Err(payload) => ExitReason::Panicked(PanicInfo::caught(payload)),
    };
    cell.set_idle();
    tracing::debug!(target: "callboard::actor", actor = &**cell.name(), incarnation, %reason, "exited");
    Box::new(move || match started {
        Some(started) => drop(started.send(Err(reason))),
        None => drop(exited.send(reason)),
    })
}

/// Polls a future with the thread's current actor set.
async fn scoped<F: Future>(current: Current, future: F) -> F::Output {
    let mut future = pin!(future);
    let mut ours = Some(current);
    poll_fn(|cx| {
        let outer = current::replace(ours);
        // The future catches its own panics, so that the line after it is always reached.
        let poll = future.as_mut().poll(cx);
        ours = current::replace(outer);
        poll
    })
    .await
}

async fn live<A: Actor>(
    cell: &Arc<Cell<A>>,
    incarnation: u64,
    make: impl FnOnce() -> A,
    started: &mut Option<oneshot::Sender<Result<(), ExitReason>>>,
) -> ExitReason {
    let mut lease = cell.lease();
    let mut ctx = Context::new(Arc::clone(cell), incarnation);
    cell.set_doing(cell::DOING_START);
    let mut actor = match catch_unwind(AssertUnwindSafe(make)) {
        Ok(actor) => actor,
        Err(payload) => return ExitReason::Panicked(PanicInfo::caught(payload)),
    };
    let start = guarded(cell, lease.receiver(), None, actor.on_start(&mut ctx)).await;
    let refused = match start {
        Guarded::Done(Ok(())) => None,
        Guarded::Done(Err(error)) => Some(ExitReason::StartFailed(error)),
        Guarded::Panicked(panic) => Some(ExitReason::Panicked(*panic)),
        Guarded::Killed => Some(ExitReason::Killed),
    };
    cell.set_idle();
    if let Some(reason) = refused {
        stop_children(&mut ctx, &reason).await;
        return reason;
    }
    cell.set_life(Life::Running);
    tracing::debug!(target: "callboard::actor", actor = &**cell.name(), incarnation, "started");
    if let Some(started) = started.take() {
        drop(started.send(Ok(())));
    }

    let reason = match ctx.take_exit() {
        Some(reason) => reason,
        None => serve(cell, lease.receiver(), &mut actor, &mut ctx).await,
    };
    cell.set_life(Life::Waiting);
    let was_killed = stop_children(&mut ctx, &reason).await;
    if was_killed || matches!(reason, ExitReason::Killed) {
        return if reason.is_normal() {
            ExitReason::Killed
        } else {
            reason
        };
    }
    cell.set_doing(cell::DOING_STOP);
    match guarded(
        cell,
        lease.receiver(),
        None,
        actor.on_stop(&reason, &mut ctx),
    )
    .await
    {
        // The first reason is the one that matters, unless there was nothing wrong before.
        Guarded::Panicked(panic) if reason.is_normal() => ExitReason::Panicked(*panic),
        Guarded::Killed if reason.is_normal() => ExitReason::Killed,
        _ => reason,
    }
}

/// Stops the children and waits until they are gone. A kill is passed on to them, before or
/// meanwhile; returns whether one came meanwhile.
async fn stop_children<A: Actor>(ctx: &mut Context<A>, reason: &ExitReason) -> bool {
    let Some(mut children) = ctx.children().take() else {
        return false;
    };
    match reason {
        ExitReason::Killed => children.kill(),
        _ => children.stop(),
    }
    let mut was_killed = false;
    poll_fn(|cx| {
        if ctx.cell().mailbox.take_control(control::ANY_KILL) != 0 {
            was_killed = true;
            children.kill();
        }
        children.poll_ended(cx).map(drop)
    })
    .await;
    was_killed
}

/// Handles messages until there is a reason to stop.
async fn serve<A: Actor>(
    cell: &Arc<Cell<A>>,
    receiver: &mut Receiver,
    actor: &mut A,
    ctx: &mut Context<A>,
) -> ExitReason {
    let mut draining = None;
    let mut ids = MessageIds::default();
    // Messages since the last unit of budget.
    let mut unpaid = 0;
    loop {
        let turn = poll_fn(|cx| ctx.poll_turn(receiver, draining.is_some(), cx)).await;
        let parcel = match turn {
            Turn::Control(bits) => match obey(cell, bits) {
                Ok(reason) => return reason,
                Err(reason) => {
                    draining = Some(reason);
                    continue;
                }
            },
            Turn::ChildrenFailed => return ctx.take_exit().unwrap_or(ExitReason::Killed),
            Turn::End => return draining.unwrap_or(ExitReason::Normal),
            Turn::Timer => match ctx.take_fired() {
                Some(envelope) => Parcel {
                    envelope,
                    origin: Origin::default(),
                },
                None => continue,
            },
            Turn::Message => {
                let handled = handle_batch(cell, receiver, actor, ctx, &mut ids);
                if ctx.has_exit()
                    && let Some(reason) = ctx.take_exit()
                {
                    return reason;
                }
                if handled > 0 {
                    unpaid += handled;
                    if unpaid >= BATCH {
                        // The mailbox knows nothing of tokio's budget, so that a busy actor would
                        // never give way to others.
                        unpaid = 0;
                        tokio::task::coop::consume_budget().await;
                    }
                    continue;
                }
                match take(cell, receiver) {
                    Some(parcel) => parcel,
                    None => continue,
                }
            }
        };
        let Parcel { envelope, origin } = parcel;
        let info = &A::HANDLERS[envelope.index()];
        if envelope.is_abandoned() {
            expire(cell, ctx, info, envelope);
        } else {
            let span = begin(cell, info, &envelope, &origin, &mut ids);
            let result = if info.is_sync {
                handle_now(actor, ctx, envelope, span)
            } else {
                guarded(cell, receiver, span, actor.dispatch(envelope, ctx)).await
            };
            conclude(cell, ctx, info, result);
        }
        if ctx.has_exit()
            && let Some(reason) = ctx.take_exit()
        {
            return reason;
        }
        tokio::task::coop::consume_budget().await;
    }
}

/// Handles messages of sync handlers for as long as there is nothing else to do. Returns how many
/// there were.
///
/// It is apart from the loop, so that what is handled at once never becomes part of the loop's future.
fn handle_batch<A: Actor>(
    cell: &Cell<A>,
    receiver: &mut Receiver,
    actor: &mut A,
    ctx: &mut Context<A>,
    ids: &mut MessageIds,
) -> u32 {
    for handled in 0..BATCH {
        let mailbox = &cell.mailbox;
        let Some(next) = receiver.handed(mailbox).or_else(|| receiver.peek(mailbox)) else {
            return handled;
        };
        let info = &A::HANDLERS[next.envelope.index()];
        if !info.is_sync || cell.mailbox.has_control() || (handled > 0 && ctx.has_timers()) {
            return handled;
        }
        let Some(Parcel { envelope, origin }) = take(cell, receiver) else {
            return handled;
        };
        if envelope.is_abandoned() {
            expire(cell, ctx, info, envelope);
        } else {
            let span = begin(cell, info, &envelope, &origin, ids);
            let result = handle_now(actor, ctx, envelope, span);
            conclude(cell, ctx, info, result);
        }
        if ctx.has_exit() {
            return handled + 1;
        }
    }
    BATCH
}

/// Takes the next message out of the mailbox.
#[inline]
fn take<A: Actor>(cell: &Cell<A>, receiver: &mut Receiver) -> Option<Parcel<A::Envelope>> {
    if let Some(parcel) = receiver.take_handed(&cell.mailbox) {
        Counters::count_alone(&cell.counters.taken);
        return Some(parcel);
    }
    let parcel = receiver.pop(&cell.mailbox)?;
    Counters::count_alone(&cell.counters.taken);
    if receiver.owes_room(&cell.mailbox) {
        let _ = receiver.make_room(&cell.mailbox);
    }
    Some(parcel)
}

/// Says what control bits ask for: to end now, or to drain and end then.
fn obey<A: Actor>(cell: &Cell<A>, bits: u32) -> Result<ExitReason, ExitReason> {
    if bits & control::ANY_KILL != 0 {
        return Ok(ExitReason::Killed);
    }
    if bits & control::STOP_BY_SUPERVISOR != 0 {
        return Ok(ExitReason::Shutdown);
    }
    if bits & control::STOP != 0 {
        return Ok(ExitReason::Normal);
    }
    cell.refuse_sends(0);
    Err(if bits & control::DRAIN_BY_SUPERVISOR != 0 {
        ExitReason::Shutdown
    } else {
        ExitReason::Normal
    })
}

/// Skips an ask that nobody waits for any more.
#[cold]
fn expire<A: Actor>(
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
fn begin<A: Actor>(
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
fn handle_now<A: Actor>(
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
fn conclude<A: Actor>(
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

/// How a piece of user code ended.
enum Guarded<T> {
    Done(T),
    Panicked(Box<PanicInfo>),
    Killed,
}

/// Runs user code in its span: catches its panic, and drops it when the actor is killed.
async fn guarded<A: Actor, F: Future>(
    cell: &Cell<A>,
    receiver: &mut Receiver,
    span: Option<Box<tracing::Span>>,
    future: F,
) -> Guarded<F::Output> {
    let mut future = pin!(Some(future));
    let result = poll_fn(|cx| {
        let entered = span.as_ref().map(|span| span.enter());
        let running = future.as_mut().as_pin_mut().expect("dropped below only");
        let polled = catch_unwind(AssertUnwindSafe(|| running.poll(cx)));
        drop(entered);
        match polled {
            Ok(Poll::Ready(value)) => Poll::Ready(Guarded::Done(value)),
            Err(payload) => Poll::Ready(Guarded::Panicked(Box::new(PanicInfo::caught(payload)))),
            Ok(Poll::Pending) => {
                // Senders must see the room that was made before the handler began to wait.
                let _ = receiver.make_room(&cell.mailbox);
                current::settle();
                match cell.mailbox.take_control(control::ANY_KILL) {
                    0 => Poll::Pending,
                    _ => Poll::Ready(Guarded::Killed),
                }
            }
        }
    })
    .await;
    if !matches!(result, Guarded::Done(_)) {
        let _entered = span.as_ref().map(|span| span.enter());
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| future.set(None))) {
            // What the user's code still held is dropped here, and that is user code as well.
            let panic = PanicInfo::caught(payload);
            tracing::error!(target: "callboard::actor", actor = &**cell.name(), %panic, "dropping a handler panicked");
        }
    }
    result
}
