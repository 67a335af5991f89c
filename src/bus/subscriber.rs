//! [`Subscriber`]: who a topic delivers to, be it an actor or a stream.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::actor::{ActorId, MessageId, Origin};
use crate::contract::Event;
use crate::observe::DeadLetterReason;
use crate::sync::Ticket;
use crate::sync::locked::Wakes;

/// Takes events of one topic. Called under the topic's lock, so that it runs no user code: it
/// neither wakes nor drops anything, but returns it.
pub(crate) trait Subscriber<E: Event>: Send + Sync {
    fn offer(&self, event: &Arc<E>, id: MessageId, origin: &Origin, waker: &Waker) -> Verdict<E>;

    /// Whether a waiting event was taken (`true`) or refused.
    fn poll_waiting(&self, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<bool>;

    /// Takes a waiting event back. Returns whether it was still waiting.
    fn withdraw(&self, ticket: &mut Ticket, reason: Option<DeadLetterReason>) -> bool;

    /// Accounts for an event that was [`Verdict::Refused`]. Called without any lock.
    fn refuse(&self, event: &Arc<E>, id: MessageId);

    /// The actor that receives; `None` for a stream.
    fn actor(&self) -> Option<ActorId>;

    /// The topic is closed: nothing more will be offered.
    fn end(&self);
}

/// What a subscriber did with an event.
pub(crate) enum Verdict<E: Event> {
    /// It is queued; an older one may have made room.
    Taken {
        wakes: Wakes,
        pushed_out: Option<Arc<E>>,
    },
    /// It was refused by policy.
    Dropped,
    /// The subscriber takes nothing now, but may again later.
    Refused,
    /// It waits for room, at most this long.
    Waiting { ticket: Ticket, limit: Duration },
    /// The subscriber is gone; whether it refused this event by policy is in `lost`.
    Gone { wakes: Wakes, lost: bool },
}
