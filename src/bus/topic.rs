//! [`Topic`]: the handle to a topic, and the fan-out behind it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Waker;
use std::time::Duration;

use parking_lot::Mutex;

use crate::actor::{MessageIds, Origin, SystemCore};
use crate::bus::publish::{Publish, Receipt};
use crate::bus::subscriber::{Subscriber, Verdict};
use crate::bus::subscription::Subscribe;
use crate::bus::topics::AnyTopic;
use crate::contract::Event;
use crate::sync::Ticket;

/// The topic of the events of type `E` in one system. Cheap to clone.
///
/// Get it from [`System::topic`](crate::System::topic) or [`Context::topic`](crate::Context::topic).
/// There is one per event type and system; it exists from the first time that somebody names it.
///
/// ```
/// use callboard::prelude::*;
///
/// #[derive(Event, Debug)]
/// struct PriceChanged {
///     cents: u32,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), callboard::Error> {
/// # let system = System::builder("shop").start().await?;
/// let prices = system.topic::<PriceChanged>();
/// assert!(prices.publish(PriceChanged { cents: 90 }).await?.is_unrouted());
///
/// let mut changes = prices.subscribe().capacity(2).overflow(Overflow::DropOldest).start();
/// for cents in [91, 92, 93] {
///     prices.publish(PriceChanged { cents }).await?;
/// }
/// assert!(matches!(changes.next().await, Some(Delivery::Lagged(1))));
/// let event = changes.next().await.and_then(Delivery::event);
/// assert_eq!(event.map(|event| event.cents), Some(92));
/// # Ok(())
/// # }
/// ```
pub struct Topic<E: Event>(Arc<TopicCore<E>>);

impl<E: Event> Topic<E> {
    pub(crate) fn new(core: Arc<TopicCore<E>>) -> Self {
        Self(core)
    }

    /// Publishes an event to everyone who has subscribed, and waits for those subscribers that
    /// block and have no room. Nobody at all is fine: the receipt says so.
    ///
    /// # Ordering
    ///
    /// All subscribers of a topic see its events in the same order, that of
    /// [`Receipt::sequence`]. There is no order between topics.
    ///
    /// # Errors
    ///
    /// [`PublishError::Closed`](crate::PublishError::Closed) with the event, after the system has stopped.
    ///
    /// # Cancel safety
    ///
    /// Dropped before its first poll, it publishes nothing. Dropped while it waits, those who took
    /// the event keep it, and each of the others is a dead letter, when it is an actor.
    pub fn publish(&self, event: E) -> Publish<'_, E> {
        Publish::new(&self.0, event)
    }

    /// Subscribes: with [`start`](Subscribe::start) at its end, this is a stream of the events that are
    /// published from then on.
    pub fn subscribe(&self) -> Subscribe<E> {
        Subscribe::new(Arc::clone(&self.0))
    }

    /// The topic's name.
    pub fn name(&self) -> &'static str {
        E::NAME
    }

    /// The counters of the topic.
    pub fn stats(&self) -> TopicStats {
        self.0.stats()
    }
}

impl<E: Event> Clone for Topic<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E: Event> fmt::Debug for Topic<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topic({})", E::NAME)
    }
}

/// What became of the events of one topic, at the moment of reading.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicStats {
    /// The topic's name.
    pub name: &'static str,
    /// Events that were published.
    pub published: u64,
    /// Copies that subscribers took into their queues.
    pub delivered: u64,
    /// Copies that were lost to a subscription's overflow policy: refused, or queued before and
    /// pushed out.
    pub dropped: u64,
    /// Events that were published to nobody.
    pub unrouted: u64,
    /// Subscriptions at this moment.
    pub subscribers: usize,
}

/// Statistics; `Relaxed` is enough, as they publish no other memory.
#[derive(Default)]
pub(crate) struct TopicCounters {
    published: AtomicU64,
    pub(crate) delivered: AtomicU64,
    pub(crate) dropped: AtomicU64,
    unrouted: AtomicU64,
}

pub(crate) struct TopicCore<E: Event> {
    /// Message numbers that the system has given out.
    message_ids: Arc<AtomicU64>,
    /// Tells the system from others on the same thread.
    pub(crate) system: usize,
    state: Mutex<State<E>>,
    pub(crate) counters: TopicCounters,
}

struct State<E: Event> {
    sequence: u64,
    ids: MessageIds,
    closed: bool,
    next_number: u64,
    subscribers: Vec<(u64, Arc<dyn Subscriber<E>>)>,
}

/// A subscriber that an event waits for.
pub(crate) struct Waiting<E: Event> {
    pub(crate) subscriber: Arc<dyn Subscriber<E>>,
    pub(crate) ticket: Ticket,
    pub(crate) limit: Duration,
}

/// An event that was handed out, as far as it could be without waiting.
pub(crate) struct FanOut<E: Event> {
    pub(crate) receipt: Receipt,
    pub(crate) waiting: Vec<Waiting<E>>,
}

impl<E: Event> TopicCore<E> {
    pub(crate) fn new(core: &SystemCore) -> Self {
        Self {
            message_ids: Arc::clone(&core.message_ids),
            system: core.address(),
            state: Mutex::new(State {
                sequence: 0,
                ids: MessageIds::default(),
                closed: false,
                next_number: 0,
                subscribers: Vec::new(),
            }),
            counters: TopicCounters::default(),
        }
    }

    /// Adds a subscriber, which gets every event published from now on.
    pub(crate) fn add(&self, subscriber: Arc<dyn Subscriber<E>>) -> u64 {
        let mut state = self.state.lock();
        let number = state.next_number;
        state.next_number += 1;
        state.subscribers.push((number, subscriber));
        number
    }

    /// Removes a subscriber, which gets nothing that is published from now on.
    pub(crate) fn remove(&self, number: u64) {
        let mut state = self.state.lock();
        let removed = state
            .subscribers
            .binary_search_by_key(&number, |(number, _)| *number)
            .ok()
            .map(|index| state.subscribers.remove(index));
        drop(state);
        drop(removed);
    }

    /// Hands an event to all subscribers, in one step with its sequence number: the lock makes the
    /// order of events the same for all. What must not happen under a lock, waking others and
    /// dropping values, happens after it.
    pub(crate) fn fan_out(&self, event: E, waker: &Waker) -> Result<FanOut<E>, E> {
        let mut wakes = Vec::new();
        let mut pushed_out = Vec::new();
        let mut gone = Vec::new();
        let mut refused = Vec::new();
        let mut waiting = Vec::new();
        let (mut delivered, mut dropped) = (0, 0);
        // Before the lock, since the tracing subscriber that it asks is the user's.
        let mut origin = Origin::here();

        let mut state = self.state.lock();
        if state.closed {
            return Err(event);
        }
        state.sequence += 1;
        let sequence = state.sequence;
        let id = state.ids.next(&self.message_ids);
        let event = if state.subscribers.is_empty() {
            drop(state);
            Err(event)
        } else {
            origin.event = Some(id);
            let event = Arc::new(event);
            for (number, subscriber) in &state.subscribers {
                match subscriber.offer(&event, id, &origin, waker) {
                    Verdict::Taken {
                        wakes: wake,
                        pushed_out: older,
                    } => {
                        delivered += 1;
                        dropped += usize::from(older.is_some());
                        wakes.push(wake);
                        pushed_out.extend(older);
                    }
                    Verdict::Dropped => dropped += 1,
                    Verdict::Refused => {
                        dropped += 1;
                        refused.push(Arc::clone(subscriber));
                    }
                    Verdict::Waiting { ticket, limit } => {
                        waiting.push(Waiting {
                            subscriber: Arc::clone(subscriber),
                            ticket,
                            limit,
                        });
                    }
                    Verdict::Gone { wakes: wake, lost } => {
                        dropped += usize::from(lost);
                        wakes.push(wake);
                        gone.push(*number);
                    }
                }
            }
            drop(state);
            Ok(event)
        };
        for wake in wakes {
            wake.wake();
        }
        for number in gone {
            self.remove(number);
        }
        if let Ok(event) = &event {
            for subscriber in refused {
                subscriber.refuse(event, id);
            }
        }

        self.counters.published.fetch_add(1, Relaxed);
        self.counters.delivered.fetch_add(delivered as u64, Relaxed);
        self.counters.dropped.fetch_add(dropped as u64, Relaxed);
        if delivered + dropped + waiting.len() == 0 {
            self.counters.unrouted.fetch_add(1, Relaxed);
        }
        // The last thing to do, since the drop of an event may panic.
        drop((pushed_out, event));
        Ok(FanOut {
            receipt: Receipt {
                sequence,
                delivered,
                dropped,
            },
            waiting,
        })
    }

    /// Publishes without waiting: a subscriber that blocks and has no room does not get the event.
    pub(crate) fn publish_now(&self, event: E) {
        let Ok(fan_out) = self.fan_out(event, Waker::noop()) else {
            return;
        };
        for mut waiting in fan_out.waiting {
            let counter = if waiting.subscriber.withdraw(&mut waiting.ticket, None) {
                &self.counters.dropped
            } else {
                &self.counters.delivered
            };
            counter.fetch_add(1, Relaxed);
        }
    }
}

impl<E: Event> AnyTopic for TopicCore<E> {
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn stats(&self) -> TopicStats {
        TopicStats {
            name: E::NAME,
            published: self.counters.published.load(Relaxed),
            delivered: self.counters.delivered.load(Relaxed),
            dropped: self.counters.dropped.load(Relaxed),
            unrouted: self.counters.unrouted.load(Relaxed),
            subscribers: self.state.lock().subscribers.len(),
        }
    }

    fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let subscribers = std::mem::take(&mut state.subscribers);
        drop(state);
        for (_, subscriber) in subscribers {
            subscriber.end();
        }
    }
}
