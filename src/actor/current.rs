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

thread_local! {
    static CURRENT: Cell<Option<Current>> = const { Cell::new(None) };
}

/// The actor polled on this thread, if any.
pub(crate) fn get() -> Option<Current> {
    CURRENT.get()
}

/// The same, if it belongs to this system.
pub(crate) fn of_system(system: usize) -> Option<Current> {
    get().filter(|current| current.system == system)
}

/// Sets it and returns what was there.
pub(crate) fn replace(current: Option<Current>) -> Option<Current> {
    CURRENT.replace(current)
}

/// Notes that the actor on this thread begins with a message.
pub(crate) fn begin(cause: Cause, deadline: Option<Instant>) {
    if let Some(current) = CURRENT.get() {
        CURRENT.set(Some(Current {
            cause: Some(cause),
            deadline,
            ..current
        }));
    }
}

/// Notes that it has finished.
pub(crate) fn end() {
    if let Some(current) = CURRENT.get() {
        CURRENT.set(Some(Current {
            cause: None,
            deadline: None,
            ..current
        }));
    }
}

/// The id of the message in its handler on this thread.
pub(crate) fn message() -> Option<MessageId> {
    get()?.cause.map(|cause| cause.message)
}
