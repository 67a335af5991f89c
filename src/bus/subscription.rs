//! [`Subscription`]: the events of a topic as a stream.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::stream::{FusedStream, Stream};

use crate::actor::{ActorId, MessageId, Origin};
use crate::bus::overflow::Overflow;
use crate::bus::subscriber::{Subscriber, Verdict};
use crate::bus::topic::TopicCore;
use crate::contract::Event;
use crate::observe::DeadLetterReason;
use crate::sync::locked::{Deposit, LockedQueue, Received, Wakes};
use crate::sync::{PushError, Ticket};

/// How many events a subscription holds when nothing else is said.
const DEFAULT_CAPACITY: usize = 256;

/// The options of a subscription; [`start`](Self::start) makes it.
#[must_use = "a subscription begins with `.start()`"]
pub struct Subscribe<E: Event> {
    topic: Arc<TopicCore<E>>,
    capacity: usize,
    overflow: Overflow,
}

impl<E: Event> Subscribe<E> {
    pub(crate) fn new(topic: Arc<TopicCore<E>>) -> Self {
        Self {
            topic,
            capacity: DEFAULT_CAPACITY,
            overflow: Overflow::default(),
        }
    }

    /// How many events wait for the subscriber at most, 256 by default.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[track_caller]
    pub fn capacity(mut self, events: usize) -> Self {
        assert!(
            events > 0,
            "the capacity of a subscription must be 1 or more"
        );
        self.capacity = events;
        self
    }

    /// What happens when they are more; the oldest is dropped by default.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Subscribes. Every event whose `publish` begins after this has returned is delivered.
    pub fn start(self) -> Subscription<E> {
        let capacity = if self.overflow == Overflow::Latest {
            1
        } else {
            self.capacity
        };
        let queue = Arc::new(Queue {
            events: LockedQueue::new(capacity),
            overflow: self.overflow,
        });
        let number = self.topic.add(Arc::clone(&queue) as _);
        Subscription {
            topic: self.topic,
            number,
            queue,
            held: None,
            ended: false,
        }
    }
}

impl<E: Event> fmt::Debug for Subscribe<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscribe")
            .field("topic", &E::NAME)
            .field("capacity", &self.capacity)
            .field("overflow", &self.overflow)
            .finish()
    }
}

/// What a subscription yields.
pub enum Delivery<E> {
    /// An event, shared with the other subscribers.
    Event(Arc<E>),
    /// So many events were lost between the one before and the one after, by the overflow policy.
    Lagged(u64),
}

impl<E> Delivery<E> {
    /// The event, if it is one.
    pub fn event(self) -> Option<Arc<E>> {
        match self {
            Self::Event(event) => Some(event),
            Self::Lagged(_) => None,
        }
    }
}

impl<E> Clone for Delivery<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Event(event) => Self::Event(Arc::clone(event)),
            Self::Lagged(n) => Self::Lagged(*n),
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for Delivery<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => f.debug_tuple("Event").field(event).finish(),
            Self::Lagged(n) => f.debug_tuple("Lagged").field(n).finish(),
        }
    }
}

/// A subscription with a queue of its own. Dropping it unsubscribes.
///
/// It is a `Stream`, and has a [`next`](Self::next) of its own, so that no extension trait is needed.
/// It ends when the system has stopped, or when an overflow has disconnected it, in either case
/// after what is queued.
pub struct Subscription<E: Event> {
    topic: Arc<TopicCore<E>>,
    number: u64,
    queue: Arc<Queue<E>>,
    /// An event whose lag was reported first.
    held: Option<Arc<E>>,
    ended: bool,
}

impl<E: Event> Subscription<E> {
    /// The next event, or how many were lost before it; `None` at the end.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it has taken nothing.
    pub async fn next(&mut self) -> Option<Delivery<E>> {
        poll_fn(|cx| self.poll_delivery(cx)).await
    }

    /// Ends the subscription. When this has returned, nothing more is delivered to it.
    ///
    /// # Cancel safety
    ///
    /// Dropping it ends the subscription all the same.
    #[expect(
        clippy::unused_async,
        reason = "that it can be awaited is the promise; that it never waits is not"
    )]
    pub async fn unsubscribe(self) {
        // Delivery is under the topic's lock, and so is the removal in `drop`.
        drop(self);
    }

    /// How many events are queued.
    pub fn len(&self) -> usize {
        self.queue.events.len() + usize::from(self.held.is_some())
    }

    /// Whether no event is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn poll_delivery(&mut self, cx: &Context<'_>) -> Poll<Option<Delivery<E>>> {
        if let Some(event) = self.held.take() {
            return Poll::Ready(Some(Delivery::Event(event)));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        self.queue.events.poll_next(cx).map(|next| match next {
            Some(Received::Value { value, lost: 0 }) => Some(Delivery::Event(value)),
            Some(Received::Value { value, lost }) => {
                self.held = Some(value);
                Some(Delivery::Lagged(lost))
            }
            Some(Received::Lost(lost)) => Some(Delivery::Lagged(lost)),
            None => {
                self.ended = true;
                None
            }
        })
    }
}

impl<E: Event> Stream for Subscription<E> {
    type Item = Delivery<E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_delivery(cx)
    }
}

impl<E: Event> FusedStream for Subscription<E> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<E: Event> Unpin for Subscription<E> {}

impl<E: Event> Drop for Subscription<E> {
    fn drop(&mut self) {
        self.topic.remove(self.number);
        self.queue.end();
    }
}

impl<E: Event> fmt::Debug for Subscription<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("topic", &E::NAME)
            .field("queued", &self.len())
            .finish_non_exhaustive()
    }
}

/// The queue between topic and stream.
struct Queue<E: Event> {
    /// It also counts what is lost, and where.
    events: LockedQueue<Arc<E>>,
    overflow: Overflow,
}

impl<E: Event> Subscriber<E> for Queue<E> {
    fn offer(&self, event: &Arc<E>, _: MessageId, _: &Origin, waker: &Waker) -> Verdict<E> {
        let queued = Arc::clone(event);
        match self.overflow {
            Overflow::Block(limit) => match self.events.deposit(queued, waker) {
                Deposit::Taken(wakes) => Verdict::Taken {
                    wakes,
                    pushed_out: None,
                },
                Deposit::Waiting(ticket) => Verdict::Waiting { ticket, limit },
                Deposit::Closed(_) => gone(),
            },
            Overflow::DropOldest | Overflow::Latest => match self.events.push_out(queued) {
                Ok((wakes, pushed_out)) => Verdict::Taken { wakes, pushed_out },
                Err(_) => gone(),
            },
            Overflow::DropNewest | Overflow::Disconnect => {
                match self.events.try_push(queued) {
                    Ok(wakes) => Verdict::Taken {
                        wakes,
                        pushed_out: None,
                    },
                    Err(PushError::Full(_)) => {
                        if self.overflow == Overflow::DropNewest {
                            return Verdict::Dropped;
                        }
                        // Nobody waits in the line of such a queue, so that only the stream is woken.
                        let (_, wakers) = self.events.close();
                        let receiver = wakers.into_iter().next();
                        Verdict::Gone {
                            wakes: Wakes {
                                receiver,
                                sender: None,
                            },
                            lost: true,
                        }
                    }
                    Err(PushError::Closed(_)) => gone(),
                }
            }
        }
    }

    fn poll_waiting(&self, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<bool> {
        self.events.poll_deposit(ticket, cx)
    }

    fn withdraw(&self, ticket: &mut Ticket, _: Option<DeadLetterReason>) -> bool {
        let (queued, wakes) = self.events.cancel(ticket);
        wakes.wake();
        queued.is_some()
    }

    fn refuse(&self, _: &Arc<E>, _: MessageId) {
        // A stream refuses by its policy only, which has counted the loss.
    }

    fn actor(&self) -> Option<ActorId> {
        None
    }

    fn end(&self) {
        let (refused, wakers) = self.events.close();
        wakers.into_iter().for_each(Waker::wake);
        drop(refused);
    }
}

fn gone<E: Event>() -> Verdict<E> {
    Verdict::Gone {
        wakes: Wakes::default(),
        lost: false,
    }
}
