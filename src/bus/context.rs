//! Publishing from a handler.

use std::sync::Arc;

use crate::actor::{Actor, Context};
use crate::bus::publish::{PublishError, Receipt};
use crate::bus::topic::Topic;
use crate::bus::topics::Topics;
use crate::contract::Event;
use crate::observe::{DeadLetterReason, Payload};

impl<A: Actor> Context<A> {
    /// The topic of an event type.
    pub fn topic<E: Event>(&self) -> Topic<E> {
        Topic::new(Topics::of(self.core()).topic())
    }

    /// Publishes an event and returns who took it. It waits only for subscribers that block.
    ///
    /// An event that can't be published any more, because the system has stopped, becomes a dead
    /// letter; the receipt then names nobody.
    ///
    /// # Cancel safety
    ///
    /// As for [`Topic::publish`].
    pub async fn publish<E: Event>(&self, event: E) -> Receipt {
        match self.topic::<E>().publish(event).await {
            Ok(receipt) => receipt,
            Err(PublishError::Closed(event)) => {
                let payload = Payload::shared(Arc::new(event));
                self.core().dead_letter(
                    DeadLetterReason::TopicClosed,
                    &E::NAME.into(),
                    E::NAME,
                    Some(payload),
                );
                Receipt::default()
            }
        }
    }
}
