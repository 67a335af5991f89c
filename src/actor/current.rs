//! What the current thread is doing: which actor it polls, and for which message.
//!
//! The run loop sets this around each poll, so that a send knows its cause without being told, an
//! ask inherits the deadline it works under, and waiting for oneself is found out.

use std::cell::Cell;

use tokio::time::Instant;

use crate::actor::id::{ActorId, Cause, MessageId};

/// The actor that is being polled on this thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Current {
    /// Tells systems apart that share a thread: the address of their core.
    pub(crate) system: usize,
    pub(crate) actor: ActorId,
    /// The message in its handler; `None` in `on_start` and `on_stop`.
    pub(crate) cause: Option<Cause>,
    /// When the asker of that message stops waiting.
    pub(crate) deadline: Option<Instant>,
}

/// The same in cells of their own, so that a message changes only what it must.
struct Slot {
    /// 0 when no actor is polled.
    system: Cell<usize>,
    actor: Cell<Option<ActorId>>,
    cause: Cell<Option<Cause>>,
    deadline: Cell<Option<Instant>>,
}

thread_local! {
    static CURRENT: Slot = const {
        Slot {
            system: Cell::new(0),
            actor: Cell::new(None),
            cause: Cell::new(None),
            deadline: Cell::new(None),
        }
    };
}

/// The actor polled on this thread, if any.
#[inline]
pub(crate) fn get() -> Option<Current> {
    CURRENT.with(|slot| {
        let actor = slot.actor.get()?;
        Some(Current {
            system: slot.system.get(),
            actor,
            cause: slot.cause.get(),
            deadline: slot.deadline.get(),
        })
    })
}

/// The actor polled on this thread, if it is one of this system.
#[inline]
pub(crate) fn actor_of(system: usize) -> Option<ActorId> {
    CURRENT.with(|slot| {
        if slot.system.get() == system {
            slot.actor.get()
        } else {
            None
        }
    })
}

/// When the asker of the current message stops waiting, if the actor is one of this system.
#[inline]
pub(crate) fn deadline_of(system: usize) -> Option<Instant> {
    CURRENT.with(|slot| {
        if slot.system.get() == system {
            slot.deadline.get()
        } else {
            None
        }
    })
}

/// Sets it and returns what was there.
pub(crate) fn replace(current: Option<Current>) -> Option<Current> {
    let before = get();
    CURRENT.with(|slot| {
        slot.system.set(current.map_or(0, |current| current.system));
        slot.actor.set(current.map(|current| current.actor));
        slot.cause.set(current.and_then(|current| current.cause));
        slot.deadline
            .set(current.and_then(|current| current.deadline));
    });
    before
}

/// Notes that the actor on this thread begins with a message.
#[inline]
pub(crate) fn begin(cause: Cause, deadline: Option<Instant>) {
    CURRENT.with(|slot| {
        slot.cause.set(Some(cause));
        slot.deadline.set(deadline);
    });
}

/// Notes that it has finished.
#[inline]
pub(crate) fn end() {
    CURRENT.with(|slot| {
        slot.cause.set(None);
        slot.deadline.set(None);
    });
}

/// What caused the current message, and which it is.
#[inline]
pub(crate) fn cause() -> Option<Cause> {
    CURRENT.with(|slot| slot.cause.get())
}

/// The id of the message in its handler on this thread.
pub(crate) fn message() -> Option<MessageId> {
    cause().map(|cause| cause.message)
}
