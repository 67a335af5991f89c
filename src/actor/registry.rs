//! [`Registry`]: the actors of a system, by name and by number. It keeps none of them alive.

use std::any::{Any, type_name};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::actor::actor_ref::ActorRef;
use crate::actor::cell::Cell;
use crate::actor::id::ActorId;
use crate::actor::traits::Actor;
use crate::observe::ActorStats;

/// A cell whose service type is not known.
pub(crate) trait AnyCell: Send + Sync {
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    fn name(&self) -> &Arc<str>;
    fn stats(&self) -> ActorStats;
    fn service_type(&self) -> &'static str;
    /// The handler or hook that is running now.
    fn doing(&self) -> Option<&'static str>;
}

#[derive(Default)]
pub(crate) struct Registry(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    names: HashMap<Arc<str>, ActorId>,
    cells: BTreeMap<ActorId, Weak<dyn AnyCell>>,
    /// The last word of actors that have stopped for good. Those with a name of their own keep
    /// their line; the others are added up by service, so that this does not grow with time.
    stopped: BTreeMap<(Arc<str>, &'static str), ActorStats>,
}

impl Registry {
    /// Takes the cell up, under its name.
    pub(crate) fn add(
        &self,
        id: ActorId,
        name: &Arc<str>,
        cell: Weak<dyn AnyCell>,
    ) -> Result<(), NameTaken> {
        let mut entries = self.0.lock();
        if entries.names.contains_key(name) {
            return Err(NameTaken {
                name: Arc::clone(name),
            });
        }
        entries.names.insert(Arc::clone(name), id);
        entries.cells.insert(id, cell);
        Ok(())
    }

    /// Forgets the cell and frees its name; its counters are kept under `keep_as`.
    pub(crate) fn remove(&self, id: ActorId, name: &Arc<str>, keep_as: Arc<str>, last: ActorStats) {
        let mut entries = self.0.lock();
        if entries.names.get(name) == Some(&id) {
            entries.names.remove(name);
        }
        entries.cells.remove(&id);
        let sum = entries
            .stopped
            .entry((keep_as, last.service))
            .or_insert_with_key(|(name, _)| ActorStats {
                name: Arc::clone(name),
                accepted: 0,
                handled: 0,
                failed: 0,
                dead_lettered: 0,
                expired: 0,
                queued: 0,
                restarts: 0,
                ..last.clone()
            });
        sum.accepted += last.accepted;
        sum.handled += last.handled;
        sum.failed += last.failed;
        sum.dead_lettered += last.dead_lettered;
        sum.expired += last.expired;
        sum.queued += last.queued;
        sum.restarts += last.restarts;
        sum.incarnation = sum.incarnation.max(last.incarnation);
    }

    pub(crate) fn find<A: Actor>(&self, name: &str) -> Result<ActorRef<A>, LookupError> {
        let entries = self.0.lock();
        let cell = entries
            .names
            .get(name)
            .and_then(|id| entries.cells.get(id)?.upgrade())
            .ok_or_else(|| LookupError::unknown(name, entries.names.keys().map(AsRef::as_ref)))?;
        drop(entries);
        let found = cell.service_type();
        cell.into_any()
            .downcast::<Cell<A>>()
            .map(ActorRef::new)
            .map_err(|_| LookupError::OtherService {
                name: name.to_owned(),
                expected: type_name::<A>(),
                found,
            })
    }

    pub(crate) fn name_of(&self, id: ActorId) -> Option<Arc<str>> {
        let cell = self.0.lock().cells.get(&id)?.upgrade()?;
        Some(Arc::clone(cell.name()))
    }

    /// All actors that have not stopped for good, in the order of their creation.
    pub(crate) fn live(&self) -> Vec<Arc<dyn AnyCell>> {
        self.0
            .lock()
            .cells
            .values()
            .filter_map(Weak::upgrade)
            .collect()
    }

    /// The stopped ones first, then the others in the order of their creation.
    pub(crate) fn stats(&self) -> Vec<ActorStats> {
        let live = self.live();
        let mut stats: Vec<_> = self.0.lock().stopped.values().cloned().collect();
        stats.extend(
            live.iter()
                .map(|cell| cell.stats())
                .filter(|stats| !stats.stopped),
        );
        stats
    }
}

/// An actor of this name exists already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameTaken {
    pub(crate) name: Arc<str>,
}

/// Why [`System::actor`](crate::System::actor) found no such actor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LookupError {
    /// No actor has this name, or it has stopped for good.
    Unknown {
        /// The name that was looked for.
        name: String,
        /// A name that is much like it.
        similar: Option<String>,
    },
    /// The actor of this name is another service.
    OtherService {
        /// The name that was looked for.
        name: String,
        /// The type that was asked for.
        expected: &'static str,
        /// The type that it is.
        found: &'static str,
    },
}

impl LookupError {
    fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        // A third of the letters may differ; more would suggest names that have nothing in common.
        let allowed = name.chars().count() / 3 + 1;
        let similar = known
            .map(|other| (distance(name, other), other))
            .filter(|(distance, _)| *distance <= allowed)
            .min()
            .map(|(_, other)| other.to_owned());
        Self::Unknown {
            name: name.to_owned(),
            similar,
        }
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown {
                name,
                similar: None,
            } => write!(f, "no actor is named `{name}`"),
            Self::Unknown {
                name,
                similar: Some(similar),
            } => {
                write!(
                    f,
                    "no actor is named `{name}`; there is one named `{similar}`"
                )
            }
            Self::OtherService {
                name,
                expected,
                found,
            } => {
                write!(f, "actor `{name}` is a `{found}`, not a `{expected}`")
            }
        }
    }
}

impl std::error::Error for LookupError {}

/// The number of letters to insert, delete or replace to turn one text into the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_gets_the_nearest_one() {
        let error =
            LookupError::unknown("inventroy", ["orders", "inventory", "payments"].into_iter());
        assert_eq!(
            error.to_string(),
            "no actor is named `inventroy`; there is one named `inventory`"
        );
        let error = LookupError::unknown("zebra", ["orders"].into_iter());
        assert_eq!(error.to_string(), "no actor is named `zebra`");
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
