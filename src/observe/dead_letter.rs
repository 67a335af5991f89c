//! [`DeadLetter`]: a message that reached nobody, and why.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;

/// Why a message reached nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DeadLetterReason {
    /// It was queued at an actor that stopped for good.
    Stopped,
    /// A subscriber's queue stayed full for the whole deadline of its `Overflow::Block`.
    NoRoom,
    /// Waiting for room would have meant waiting for oneself.
    WouldDeadlock,
    /// The publisher was dropped while it waited for a subscriber's room.
    PublisherGone,
    /// A reply came after its asker had stopped waiting.
    LateReply,
    /// It was published after the system's topics were closed.
    TopicClosed,
}

impl DeadLetterReason {
    /// All reasons, in the order in which they are declared.
    pub const ALL: [Self; 6] = [
        Self::Stopped,
        Self::NoRoom,
        Self::WouldDeadlock,
        Self::PublisherGone,
        Self::LateReply,
        Self::TopicClosed,
    ];

    /// A short text without spaces, for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::NoRoom => "no-room",
            Self::WouldDeadlock => "would-deadlock",
            Self::PublisherGone => "publisher-gone",
            Self::LateReply => "late-reply",
            Self::TopicClosed => "topic-closed",
        }
    }
}

impl fmt::Display for DeadLetterReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The undeliverable value itself, type-erased.
pub struct Payload(Content);

enum Content {
    /// A message that was told; whoever takes it out has it alone.
    Owned(Mutex<Option<Box<dyn Any + Send>>>),
    /// An event, which other subscribers may hold as well.
    Shared(Arc<dyn Any + Send + Sync>),
}

impl Payload {
    pub(crate) fn owned<T: Send + 'static>(value: T) -> Self {
        Self(Content::Owned(Mutex::new(Some(Box::new(value)))))
    }

    pub(crate) fn shared<T: Send + Sync + 'static>(value: Arc<T>) -> Self {
        Self(Content::Shared(value))
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value may hold what must not be shown, so that only its kind is.
        f.write_str(match &self.0 {
            Content::Owned(_) => "Payload::Owned(..)",
            Content::Shared(_) => "Payload::Shared(..)",
        })
    }
}

/// A message or event that reached nobody: published on the topic of `DeadLetter`, counted in
/// [`SystemStats`](crate::SystemStats), and traced.
///
/// It is an event like any other: handle `&DeadLetter` in an actor, or subscribe.
///
/// ```
/// use callboard::prelude::*;
///
/// # #[derive(Message, Debug)]
/// # struct Restock(u32);
/// # struct Stock;
/// # #[actor]
/// # impl Stock {
/// #     #[handler]
/// #     fn restock(&mut self, _: Restock) {}
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), callboard::Error> {
/// # let system = System::builder("shop").start().await?;
/// # let spec = ChildSpec::new("stock", || Stock).restart(Restart::Temporary);
/// # let stock = system.spawn(spec).await?;
/// let mut dead = system.topic::<DeadLetter>().subscribe().start();
/// stock.tell(Restock(5)).await?;
/// stock.stop(StopMode::Now); // overtakes the message
///
/// let letter = dead.next().await.and_then(Delivery::event).expect("the system runs");
/// assert_eq!(letter.reason, DeadLetterReason::Stopped);
/// assert_eq!(letter.take_message::<Restock>().map(|restock| restock.0), Some(5));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Why it was not delivered.
    pub reason: DeadLetterReason,
    /// The name of the actor that should have had it.
    pub recipient: Arc<str>,
    /// The name of the message or event type.
    pub message: &'static str,
    payload: Option<Payload>,
}

impl DeadLetter {
    /// The name of its topic.
    pub(crate) const TOPIC: &'static str = "callboard.dead-letter";

    pub(crate) fn new(
        reason: DeadLetterReason,
        recipient: Arc<str>,
        message: &'static str,
        payload: Option<Payload>,
    ) -> Self {
        Self {
            reason,
            recipient,
            message,
            payload,
        }
    }

    /// Takes the undelivered message out, to send it elsewhere. `None` when it is of another type,
    /// was taken before, or went back to its asker.
    pub fn take_message<M: Send + 'static>(&self) -> Option<M> {
        let Content::Owned(slot) = &self.payload.as_ref()?.0 else {
            return None;
        };
        let mut slot = slot.lock();
        match slot.take()?.downcast::<M>() {
            Ok(message) => Some(*message),
            Err(other) => {
                *slot = Some(other);
                None
            }
        }
    }

    /// The undelivered event, which other subscribers may have had. `None` when it is of another type.
    pub fn event<E: Send + Sync + 'static>(&self) -> Option<Arc<E>> {
        match &self.payload.as_ref()?.0 {
            Content::Shared(event) => Arc::clone(event).downcast().ok(),
            Content::Owned(_) => None,
        }
    }
}

/// How many dead letters there were of each reason.
#[derive(Debug, Default)]
pub(crate) struct DeadLetterTally([AtomicU64; DeadLetterReason::ALL.len()]);

impl DeadLetterTally {
    pub(crate) fn count(&self, reason: DeadLetterReason) {
        self.0[reason as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self) -> DeadLetterCounts {
        DeadLetterCounts(std::array::from_fn(|i| self.0[i].load(Relaxed)))
    }
}

/// The number of dead letters of each reason since the system was built.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct DeadLetterCounts([u64; DeadLetterReason::ALL.len()]);

impl DeadLetterCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Those of one reason.
    pub fn of(&self, reason: DeadLetterReason) -> u64 {
        self.0[reason as usize]
    }

    /// Every reason with its number, also those with none.
    pub fn by_reason(&self) -> impl Iterator<Item = (DeadLetterReason, u64)> + '_ {
        DeadLetterReason::ALL.into_iter().zip(self.0)
    }
}

impl fmt::Debug for DeadLetterCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.by_reason()
                    .map(|(reason, count)| (reason.as_str(), count)),
            )
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_indexes_its_own_counter() {
        let tally = DeadLetterTally::default();
        for (i, reason) in DeadLetterReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, i);
            tally.count(reason);
        }
        assert_eq!(tally.read().total(), 6);
    }

    #[test]
    fn a_message_is_taken_once_and_only_as_what_it_is() {
        let letter = DeadLetter::new(
            DeadLetterReason::Stopped,
            "stock".into(),
            "Reserve",
            Some(Payload::owned(7_u8)),
        );
        assert_eq!(letter.take_message::<u16>(), None);
        assert_eq!(letter.take_message::<u8>(), Some(7));
        assert_eq!(letter.take_message::<u8>(), None);
        assert!(letter.event::<u8>().is_none());
    }
}
