//! Numbers of actors and messages, and what caused what.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

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
/// A message gets it when its handler begins, an event when it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(NonZeroU64);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many message numbers an actor or topic takes from the system at once.
const BLOCK: u64 = 1024;

/// Numbers for messages, taken from the system in blocks, so that they need no shared counter each.
#[derive(Debug, Default)]
pub(crate) struct MessageIds {
    used: u64,
    until: u64,
}

impl MessageIds {
    /// The next number; `system` counts those that were given out.
    #[inline]
    pub(crate) fn next(&mut self, system: &AtomicU64) -> MessageId {
        if self.used == self.until {
            self.used = system.fetch_add(BLOCK, Relaxed);
            self.until = self.used + BLOCK;
        }
        self.used += 1;
        // Numbers begin at 1, and 2^64 of them are never given out.
        MessageId(NonZeroU64::new(self.used).unwrap_or(NonZeroU64::MAX))
    }
}

/// Why a message was sent: the message whose handler sent it, and the one that began the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) message: MessageId,
    pub(crate) root: MessageId,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_of_two_takers_never_meet() {
        let system = AtomicU64::new(0);
        let (mut a, mut b) = (MessageIds::default(), MessageIds::default());
        let mut seen = HashSet::new();
        for _ in 0..3000 {
            assert!(seen.insert(a.next(&system)));
            assert!(seen.insert(b.next(&system)));
        }
    }
}
