//! Numbers of actors and messages, and what caused what.

use std::fmt;
use std::num::NonZeroU64;

/// The number of an actor or topic, unique in its system and never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActorId(pub(crate) NonZeroU64);

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The identity of a message or event within its system.
///
/// It needs no counter of its own: a message is the n-th that its actor took from the mailbox, an
/// event the n-th of its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId {
    /// The actor that received the message, or the topic of the event.
    pub(crate) source: ActorId,
    pub(crate) sequence: u64,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.source, self.sequence)
    }
}

/// Why a message was sent: the message whose handler sent it, and the one that began the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) message: MessageId,
    pub(crate) root: MessageId,
}
