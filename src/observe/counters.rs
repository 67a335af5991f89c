//! Per-mailbox counters and the law that they obey.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How the accepted messages of one actor ended, and how often it was restarted.
///
/// The counters are statistics: each is exact, but a reader sees them one by one, so the law of
/// [`ActorStats::is_conserved`] holds for certain only while the actor is at rest. `Relaxed` is
/// enough, as no other memory is published through them.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Handed over by an asker, beside the mailbox.
    pub(crate) handed: AtomicU64,
    /// Taken out of the mailbox.
    pub(crate) taken: AtomicU64,
    pub(crate) handled: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) dead_lettered: AtomicU64,
    pub(crate) expired: AtomicU64,
    pub(crate) restarts: AtomicU64,
}

impl Counters {
    /// Counts where one thread at a time does, as the actor's own run loop: without a locked
    /// instruction.
    #[inline]
    pub(crate) fn count_alone(counter: &AtomicU64) {
        counter.store(counter.load(Relaxed) + 1, Relaxed);
    }

    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Relaxed);
    }
}

/// What became of the messages of one actor, at the moment of reading.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActorStats {
    /// The actor's name.
    pub name: Arc<str>,
    /// The module that it was registered in; empty when in none.
    pub module: Arc<str>,
    /// The service's type name.
    pub service: &'static str,
    /// Messages and events that entered the mailbox.
    pub accepted: u64,
    /// Of these, those whose handler ended well. An ask that was answered with an `Err` was answered.
    pub handled: u64,
    /// Those whose handler panicked, returned an `Err` to nobody, or was dropped by a kill.
    pub failed: u64,
    /// Those that were still queued when the actor stopped for good.
    pub dead_lettered: u64,
    /// Asks that were skipped because nobody waited for the answer any more.
    pub expired: u64,
    /// Those that wait in the mailbox now, and the one in its handler.
    pub queued: u64,
    /// How often the actor was restarted.
    pub restarts: u64,
    /// Which life of the actor this is: 1 from the first start, one more after each restart.
    pub incarnation: u64,
    /// How many messages the mailbox holds at most.
    pub capacity: usize,
    /// Whether the actor has stopped for good.
    pub stopped: bool,
}

impl ActorStats {
    /// Whether accepted = handled + failed + dead-lettered + expired + queued.
    pub fn is_conserved(&self) -> bool {
        self.accepted
            == self.handled + self.failed + self.dead_lettered + self.expired + self.queued
    }
}

/// A mailbox, subscription or system whose counters do not add up: a defect of callboard.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imbalance {
    /// Whose counters these are.
    pub who: String,
    /// What went in.
    pub accepted: u64,
    /// What is accounted for.
    pub accounted: u64,
}

impl Imbalance {
    pub(crate) fn check(who: impl fmt::Display, accepted: u64, accounted: u64) -> Result<(), Self> {
        if accepted == accounted {
            Ok(())
        } else {
            Err(Self {
                who: who.to_string(),
                accepted,
                accounted,
            })
        }
    }
}

impl fmt::Display for Imbalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} accepted {} but accounts for {}",
            self.who, self.accepted, self.accounted
        )
    }
}

impl std::error::Error for Imbalance {}
