//! [`EventTarget`]: an actor as the receiver of one type of event, which the bus delivers to directly.

use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use crate::actor::cell::Cell;
use crate::actor::envelope::{Delivered, Origin, Parcel};
use crate::actor::id::{ActorId, MessageId};
use crate::actor::traits::Actor;
use crate::contract::Event;
use crate::observe::DeadLetterReason;
use crate::sync::ring::Deposit;
use crate::sync::{Sleeps, Ticket};

/// Takes events of one type into a mailbox.
pub(crate) trait EventTarget<E: Event>: Send + Sync {
    /// Queues the event, or puts it into the line before a full mailbox, where it keeps its order.
    fn offer(&self, event: &Arc<E>, id: MessageId, origin: Origin, waker: &Waker) -> Offer;

    /// Whether an event in the line was queued (`true`) or refused.
    fn poll_offer(&self, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<bool>;

    /// Takes the event out of the line. If it was still there, makes a dead letter of it, unless
    /// there is no reason to.
    fn withdraw(&self, ticket: &mut Ticket, reason: Option<DeadLetterReason>) -> bool;

    /// Makes a dead letter of an event that was [`Offer::Refused`].
    fn refuse(&self, event: &Arc<E>, id: MessageId);

    /// The actor; `None` when it is gone.
    fn actor(&self) -> Option<ActorId>;
}

/// What became of an event.
#[derive(Debug)]
pub(crate) enum Offer {
    /// Queued; the waker is to be woken, if there is one.
    Taken(Option<Waker>),
    Waiting(Ticket),
    /// The actor drains. It may start again, and takes events then.
    Refused,
    /// It has stopped for good.
    Gone,
}

pub(crate) struct CellTarget<A: Actor, E: Event> {
    pub(crate) cell: Weak<Cell<A>>,
    pub(crate) wrap: fn(Delivered<E>) -> A::Envelope,
}

impl<A: Actor, E: Event> EventTarget<E> for CellTarget<A, E> {
    fn offer(&self, event: &Arc<E>, id: MessageId, origin: Origin, waker: &Waker) -> Offer {
        let Some(cell) = self.cell.upgrade() else {
            return Offer::Gone;
        };
        let envelope = (self.wrap)(Delivered::new(Arc::clone(event), id));
        match cell.mailbox.deposit(Parcel { envelope, origin }, waker) {
            // Woken by the topic, after its lock.
            Deposit::Taken(Sleeps(true)) => Offer::Taken(Some(Waker::from(cell))),
            Deposit::Taken(_) => Offer::Taken(None),
            Deposit::Waiting(ticket) => Offer::Waiting(ticket),
            // The publisher holds the event as well, so that nothing of the user's is dropped here.
            Deposit::Closed(_) if cell.has_stopped() => Offer::Gone,
            Deposit::Closed(_) => Offer::Refused,
        }
    }

    fn poll_offer(&self, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<bool> {
        match self.cell.upgrade() {
            Some(cell) => cell.mailbox.poll_deposit(ticket, cx),
            None => Poll::Ready(false),
        }
    }

    fn withdraw(&self, ticket: &mut Ticket, reason: Option<DeadLetterReason>) -> bool {
        let Some(cell) = self.cell.upgrade() else {
            return false;
        };
        let (parcel, sleeps) = cell.mailbox.cancel(ticket);
        cell.wake_if(sleeps);
        let Some(parcel) = parcel else {
            return false;
        };
        if let Some(reason) = reason {
            cell.undeliverable(reason, parcel.envelope);
        }
        true
    }

    fn refuse(&self, event: &Arc<E>, id: MessageId) {
        if let Some(cell) = self.cell.upgrade() {
            let envelope = (self.wrap)(Delivered::new(Arc::clone(event), id));
            cell.undeliverable(DeadLetterReason::Stopped, envelope);
        }
    }

    fn actor(&self) -> Option<ActorId> {
        self.cell.upgrade().map(|cell| cell.id())
    }
}
