//! Primitives that wait: generic over what they carry, knowing nothing of actors or topics.
//!
//! Hand-written protocols live here and nowhere else, and so does every `unsafe`.

pub(crate) mod locked;
#[allow(unsafe_code, reason = "memory of one type is used again for another")]
mod pool;
mod prim;
#[allow(
    unsafe_code,
    reason = "a slot is shared by a protocol of its own, which the models prove"
)]
mod reply;
#[allow(
    unsafe_code,
    reason = "slots are shared by a protocol of their own, which the models prove"
)]
pub(crate) mod ring;
#[allow(
    unsafe_code,
    reason = "a future is shared by a protocol of its own, which the models prove"
)]
mod task;

pub(crate) use reply::{Awaiter, Responder, reply_slot};
pub(crate) use ring::{Receiver, Ring, Sleeps};
pub(crate) use task::{Epilogue, Polled, Task};

#[cfg(all(test, not(callboard_loom)))]
mod differential;
#[cfg(all(test, callboard_loom))]
mod tests;

/// A sender's place in the line before a full queue. It must go back to the queue's `cancel` when the
/// sender gives up.
#[derive(Debug, Default)]
pub(crate) struct Ticket(Option<u64>);

impl Ticket {
    /// Whether it stands for a place.
    #[inline]
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }
}

/// Why a value was not taken, with the value.
#[derive(Debug)]
pub(crate) enum PushError<V> {
    Full(V),
    Closed(V),
}
