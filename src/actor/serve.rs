//! The loop of an actor that has started: what comes next, until there is a reason to stop.

use std::future::poll_fn;
use std::sync::Arc;

use crate::actor::cell::{Cell, DOING_OTHER, control};
use crate::actor::context::{Context, Turn};
use crate::actor::envelope::{Envelope, Origin, Parcel};
use crate::actor::exit::ExitReason;
use crate::actor::guard::guarded;
use crate::actor::handle::{begin, conclude, expire, handle_now};
use crate::actor::id::MessageIds;
use crate::actor::traits::Actor;
use crate::observe::Counters;
use crate::sync::Receiver;

/// So many messages of sync handlers are handled in a row, for one unit of tokio's budget for a task, of
/// which a turn has 128.
const BATCH: u32 = 16;

/// Handles messages until there is a reason to stop.
pub(super) async fn serve<A: Actor>(
    cell: &Arc<Cell<A>>,
    receiver: &mut Receiver,
    actor: &mut A,
    ctx: &mut Context<A>,
) -> ExitReason {
    let mut draining = None;
    let reason = serve_until(cell, receiver, actor, ctx, &mut draining).await;
    if matches!(draining, Some(ExitReason::Normal)) && !reason.is_normal() {
        // Asked for through a reference, it is not over because of a failure: the next life goes on
        // with it, and the mailbox stays closed.
        cell.mailbox.signal(control::DRAIN);
    }
    reason
}

/// The same, noting how it ends once it drains.
async fn serve_until<A: Actor>(
    cell: &Arc<Cell<A>>,
    receiver: &mut Receiver,
    actor: &mut A,
    ctx: &mut Context<A>,
    draining: &mut Option<ExitReason>,
) -> ExitReason {
    let mut ids = MessageIds::default();
    // Messages since the last unit of budget.
    let mut unpaid = 0;
    loop {
        let turn = poll_fn(|cx| ctx.poll_turn(receiver, draining.is_some(), cx)).await;
        let parcel = match turn {
            Turn::Control(bits) => match obey(cell, bits) {
                Ok(reason) => return reason,
                Err(reason) => {
                    *draining = Some(reason);
                    continue;
                }
            },
            Turn::ChildrenFailed => return ctx.take_exit().unwrap_or(ExitReason::Killed),
            Turn::End => return draining.take().unwrap_or(ExitReason::Normal),
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
                        give_way(cell).await;
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
        give_way(cell).await;
    }
}

/// Lets other tasks run, once this one's turn is used up.
async fn give_way<A: Actor>(cell: &Cell<A>) {
    cell.set_doing(DOING_OTHER);
    tokio::task::coop::consume_budget().await;
    cell.set_idle();
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
