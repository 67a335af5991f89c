//! Actors as subscribers: the event goes straight into the mailbox.

use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use crate::actor::{
    Actor, ActorId, CellTarget, DeliveredTo, EventTarget, HeardBy, MessageId, Offer, Origin, Wiring,
};
use crate::bus::overflow::ACTOR_LIMIT;
use crate::bus::subscriber::{Subscriber, Verdict};
use crate::bus::topic::TopicCore;
use crate::bus::topics::Topics;
use crate::contract::Event;
use crate::observe::DeadLetterReason;
use crate::sync::Ticket;
use crate::sync::locked::Wakes;

/// Subscribes one handler of an actor. Called by the code that `#[actor]` generates.
pub fn bind_event<A: Actor, E: HeardBy<A>>(wiring: &mut Wiring<'_, A>) {
    let topic = Topics::of(wiring.core()).topic::<E>();
    let target = CellTarget {
        cell: wiring.cell(),
        wrap: |delivered| E::wrap(DeliveredTo::new(delivered)),
    };
    let number = topic.add(Arc::new(ActorSubscriber(target)));
    wiring.keep(Box::new(Unsubscribe {
        topic: Arc::downgrade(&topic),
        number,
    }));
}

/// Ends a subscription when it is dropped.
struct Unsubscribe<E: Event> {
    topic: Weak<TopicCore<E>>,
    number: u64,
}

impl<E: Event> Drop for Unsubscribe<E> {
    fn drop(&mut self) {
        if let Some(topic) = self.topic.upgrade() {
            topic.remove(self.number);
        }
    }
}

struct ActorSubscriber<T>(T);

impl<E: Event, T: EventTarget<E>> Subscriber<E> for ActorSubscriber<T> {
    fn offer(&self, event: &Arc<E>, id: MessageId, origin: &Origin, waker: &Waker) -> Verdict<E> {
        match self.0.offer(event, id, origin.clone(), waker) {
            Offer::Taken(receiver) => Verdict::Taken {
                wakes: Wakes {
                    receiver,
                    sender: None,
                },
                pushed_out: None,
            },
            Offer::Waiting(ticket) => Verdict::Waiting {
                ticket,
                limit: ACTOR_LIMIT,
            },
            Offer::Refused => Verdict::Refused,
            Offer::Gone => Verdict::Gone {
                wakes: Wakes::default(),
                lost: false,
            },
        }
    }

    fn poll_waiting(&self, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<bool> {
        self.0.poll_offer(ticket, cx)
    }

    fn withdraw(&self, ticket: &mut Ticket, reason: Option<DeadLetterReason>) -> bool {
        self.0.withdraw(ticket, reason)
    }

    fn refuse(&self, event: &Arc<E>, id: MessageId) {
        self.0.refuse(event, id);
    }

    fn actor(&self) -> Option<ActorId> {
        self.0.actor()
    }

    fn end(&self) {
        // An actor ends by its supervisor, not by its topics.
    }
}
