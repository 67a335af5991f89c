//! [`Overflow`]: what happens when a subscription's queue is full.

use std::time::Duration;

/// What to do with an event for which a subscription has no room. Every loss is counted.
///
/// | policy | the publisher | what is lost |
/// |---|---|---|
/// | `Block(limit)` | waits, at most this long | the new event, when the limit has passed |
/// | `DropOldest` | goes on | the oldest queued event; the subscriber sees `Lagged` |
/// | `DropNewest` | goes on | the new event; the subscriber sees `Lagged` |
/// | `Latest` | goes on | all but the newest event; the subscriber sees `Lagged` |
/// | `Disconnect` | goes on | the new event and all later ones: the subscription ends |
///
/// Streams drop the oldest by default. Actors block for 5 seconds: events between modules are not
/// lost without a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// The publisher waits for room, at most this long.
    Block(Duration),
    /// The oldest queued event makes room.
    #[default]
    DropOldest,
    /// The new event is not queued.
    DropNewest,
    /// Only the newest event is kept, whatever the capacity.
    Latest,
    /// The subscription ends after what is queued.
    Disconnect,
}

/// How long a publisher waits for an actor's mailbox.
pub(crate) const ACTOR_LIMIT: Duration = Duration::from_secs(5);
