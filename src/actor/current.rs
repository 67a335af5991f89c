//! What the current thread is doing: which actor it polls, and for which message.
//!
//! The run loop sets this around each poll, so that a send knows its cause without being told, an
//! ask inherits the deadline it works under, and waiting for oneself is found out.

use std::cell::Cell;

use crate::actor::id::{ActorId, Cause, MessageId};
use crate::actor::patience::Patience;

/// The actor that is being polled on this thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Current {
    /// Tells systems apart that share a thread: the address of their core.
    pub(crate) system: usize,
    pub(crate) actor: ActorId,
    /// The message in its handler; `None` in `on_start` and `on_stop`.
    pub(crate) cause: Option<Cause>,
    /// How long the asker of that message waits.
    pub(crate) patience: Option<Patience>,
}

/// The same in cells of their own, so that a message changes only what it must.
struct Slot {
    /// 0 when no actor is polled.
    system: Cell<usize>,
    actor: Cell<Option<ActorId>>,
    cause: Cell<Option<Cause>>,
    patience: Cell<Option<Patience>>,
}

thread_local! {
    static CURRENT: Slot = const {
        Slot {
            system: Cell::new(0),
            actor: Cell::new(None),
            cause: Cell::new(None),
            patience: Cell::new(None),
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
            patience: slot.patience.get(),
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

/// How long the asker of the current message waits, if the actor is one of this system.
#[inline]
pub(crate) fn patience_of(system: usize) -> Option<Patience> {
    CURRENT.with(|slot| {
        if slot.system.get() == system {
            slot.patience.get()
        } else {
            None
        }
    })
}

/// Sets it and returns what was there.
#[inline]
pub(crate) fn replace(current: Option<Current>) -> Option<Current> {
    let before = get();
    CURRENT.with(|slot| {
        slot.system.set(current.map_or(0, |current| current.system));
        slot.actor.set(current.map(|current| current.actor));
        slot.cause.set(current.and_then(|current| current.cause));
        slot.patience
            .set(current.and_then(|current| current.patience));
    });
    before
}

/// Notes that the actor on this thread begins with a message.
#[inline]
pub(crate) fn begin(cause: Cause, patience: Option<Patience>) {
    CURRENT.with(|slot| {
        slot.cause.set(Some(cause));
        slot.patience.set(patience);
    });
}

/// Notes that it has finished.
#[inline]
pub(crate) fn end() {
    CURRENT.with(|slot| {
        slot.cause.set(None);
        slot.patience.set(None);
    });
}

/// Notes that the current message's handler waits, so that its asker's time passes.
pub(crate) fn settle() {
    CURRENT.with(|slot| {
        if let Some(patience @ Patience::For(_)) = slot.patience.get() {
            slot.patience.set(Some(patience.settled()));
        }
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
