//! The run loop: one incarnation of an actor, from its factory to its drop.
//!
//! Every piece of user code runs inside [`guarded`], so that its panic ends this incarnation and
//! nothing else, and a kill takes effect at its next await.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Waker;

use futures::FutureExt;
use tokio::sync::oneshot;

use crate::actor::cell::{self, Cell, Life, control};
use crate::actor::context::Context;
use crate::actor::current::{self, Current};
use crate::actor::drive::Driver;
use crate::actor::exit::{ExitReason, PanicInfo};
use crate::actor::guard::{Guarded, guarded};
use crate::actor::serve::serve;
use crate::actor::traits::Actor;
use crate::sync::Epilogue;

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
    if let Some(reason) = refused {
        cell.set_doing(cell::DOING_OTHER);
        stop_children(&mut ctx, &reason).await;
        return reason;
    }
    cell.set_idle();
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
    cell.set_doing(cell::DOING_OTHER);
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
