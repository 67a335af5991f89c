//! [`SystemStats`]: all counters of a system.

use crate::bus::TopicStats;
use crate::observe::{ActorStats, DeadLetterCounts, Imbalance};

/// All counters of a system, at the moment of reading.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SystemStats {
    /// Every actor. Those that were spawned at run time and have stopped are added up by service,
    /// under the name `(stopped)`.
    pub actors: Vec<ActorStats>,
    /// Every topic that was used, by name.
    pub topics: Vec<TopicStats>,
    /// Dead letters by reason.
    pub dead_letters: DeadLetterCounts,
}

impl SystemStats {
    /// The actor of this name.
    pub fn actor(&self, name: &str) -> Option<&ActorStats> {
        self.actors.iter().find(|actor| *actor.name == *name)
    }

    /// The topic of this name.
    pub fn topic(&self, name: &str) -> Option<&TopicStats> {
        self.topics.iter().find(|topic| topic.name == name)
    }

    /// Checks that every accepted message is accounted for: handled, failed, dead-lettered, expired
    /// or queued. It holds for certain while the system is at rest.
    ///
    /// # Errors
    ///
    /// The mailboxes for which it does not hold.
    pub fn conservation(&self) -> Result<(), Vec<Imbalance>> {
        let imbalances: Vec<_> = self
            .actors
            .iter()
            .filter_map(|a| {
                let accounted = a.handled + a.failed + a.dead_lettered + a.expired + a.queued;
                Imbalance::check(&a.name, a.accepted, accounted).err()
            })
            .collect();
        if imbalances.is_empty() {
            Ok(())
        } else {
            Err(imbalances)
        }
    }
}
