//! [`Publish`]: the future of a publish, its [`Receipt`], and its error.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::actor::here;
use crate::bus::topic::{TopicCore, Waiting};
use crate::contract::Event;
use crate::observe::DeadLetterReason;

/// What became of one published event. It may be ignored: each loss is counted, and one that
/// befalls an actor is a dead letter as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Receipt {
    /// The event's number in its topic, from 1. 0 when it could not be published at all.
    pub sequence: u64,
    /// How many subscribers took it.
    pub delivered: usize,
    /// How many copies were lost: of this event, where a subscriber refused it or never had room,
    /// and of older events that made room for it.
    pub dropped: usize,
}

impl Receipt {
    /// Whether nobody had subscribed.
    pub const fn is_unrouted(&self) -> bool {
        self.delivered == 0 && self.dropped == 0
    }
}

/// Resolves when every subscriber has taken the event or lost it. Made by
/// [`Topic::publish`](crate::Topic::publish).
///
/// # Cancel safety
///
/// Dropped before its first poll, it publishes nothing. Dropped while it waits, those who took the
/// event keep it, and the others lose it: a dead letter for each actor, a gap for each stream.
#[must_use = "a publish that is not awaited publishes nothing"]
pub struct Publish<'a, E: Event> {
    topic: &'a TopicCore<E>,
    event: Option<E>,
    receipt: Receipt,
    /// Subscribers that block, with the time when each is given up.
    waiting: Vec<(Instant, Waiting<E>)>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<'a, E: Event> Publish<'a, E> {
    pub(crate) fn new(topic: &'a TopicCore<E>, event: E) -> Self {
        Self {
            topic,
            event: Some(event),
            receipt: Receipt::default(),
            waiting: Vec::new(),
            sleep: None,
        }
    }

    fn hand_out(&mut self, event: E, cx: &Context<'_>) -> Result<(), PublishError<E>> {
        let fan_out = self
            .topic
            .fan_out(event, cx.waker())
            .map_err(PublishError::Closed)?;
        self.receipt = fan_out.receipt;
        if fan_out.waiting.is_empty() {
            return Ok(());
        }
        let here = here::actor_of(self.topic.system);
        let now = Instant::now();
        for mut waiting in fan_out.waiting {
            if here.is_some() && waiting.subscriber.actor() == here {
                // The publisher would wait for its own mailbox.
                let withdrawn = waiting
                    .subscriber
                    .withdraw(&mut waiting.ticket, Some(DeadLetterReason::WouldDeadlock));
                self.note(!withdrawn);
                continue;
            }
            // A limit too long for the clock is as good as a year.
            let until = now.checked_add(waiting.limit);
            let until = until.unwrap_or_else(|| now + std::time::Duration::from_secs(31_536_000));
            self.waiting.push((until, waiting));
        }
        Ok(())
    }

    fn note(&mut self, taken: bool) {
        let counters = &self.topic.counters;
        if taken {
            self.receipt.delivered += 1;
            counters.delivered.fetch_add(1, Relaxed);
        } else {
            self.receipt.dropped += 1;
            counters.dropped.fetch_add(1, Relaxed);
        }
    }

    /// Sees who has taken the event meanwhile.
    fn poll_waiting(&mut self, cx: &Context<'_>) {
        let mut index = 0;
        while let Some((_, waiting)) = self.waiting.get_mut(index) {
            match waiting.subscriber.poll_waiting(&mut waiting.ticket, cx) {
                Poll::Ready(taken) => {
                    self.waiting.swap_remove(index);
                    self.note(taken);
                }
                Poll::Pending => index += 1,
            }
        }
    }

    /// Gives those up whose time has come.
    fn give_up(&mut self, now: Instant, reason: DeadLetterReason) {
        let (over, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(until, _)| *until <= now);
        self.waiting = waiting;
        let over: Vec<(Instant, Waiting<E>)> = over;
        for (_, mut waiting) in over {
            let withdrawn = waiting
                .subscriber
                .withdraw(&mut waiting.ticket, Some(reason));
            self.note(!withdrawn);
        }
    }
}

// Nothing in it is pinned but the boxed sleep.
impl<E: Event> Unpin for Publish<'_, E> {}

impl<E: Event> Future for Publish<'_, E> {
    type Output = Result<Receipt, PublishError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Some(event) = this.event.take() {
            this.hand_out(event, cx)?;
        }
        loop {
            this.poll_waiting(cx);
            let Some(next) = this.waiting.iter().map(|(until, _)| *until).min() else {
                return Poll::Ready(Ok(this.receipt));
            };
            let sleep = this
                .sleep
                .get_or_insert_with(|| Box::pin(sleep_until(next)));
            if sleep.deadline() != next {
                sleep.as_mut().reset(next);
            }
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            this.give_up(next, DeadLetterReason::NoRoom);
        }
    }
}

impl<E: Event> Drop for Publish<'_, E> {
    fn drop(&mut self) {
        for (_, mut waiting) in std::mem::take(&mut self.waiting) {
            let withdrawn = waiting
                .subscriber
                .withdraw(&mut waiting.ticket, Some(DeadLetterReason::PublisherGone));
            self.note(!withdrawn);
        }
    }
}

impl<E: Event> fmt::Debug for Publish<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publish")
            .field("topic", &E::NAME)
            .field("receipt", &self.receipt)
            .finish_non_exhaustive()
    }
}

/// Why an event was not published, with the event.
#[non_exhaustive]
pub enum PublishError<E> {
    /// The system has stopped.
    Closed(E),
}

impl<E> PublishError<E> {
    /// The event.
    pub fn into_inner(self) -> E {
        match self {
            Self::Closed(event) => event,
        }
    }

    /// Whether the system has stopped.
    pub const fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

impl<E> fmt::Debug for PublishError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(_) => f.write_str("Closed(..)"),
        }
    }
}

impl<E> fmt::Display for PublishError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(_) => f.write_str("the system has stopped, and its topics are closed"),
        }
    }
}

impl<E> std::error::Error for PublishError<E> {}
