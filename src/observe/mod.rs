//! What the runtime reports of itself: counters, dead letters, and the hook that passes them on.
//!
//! Nothing here knows who listens. The bus turns reports into events on typed topics.

mod counters;
mod dead_letter;
mod straggler;

pub use counters::{ActorStats, Imbalance};
pub use dead_letter::{DeadLetter, DeadLetterCounts, DeadLetterReason};
pub use straggler::Straggler;

pub(crate) use counters::Counters;
#[doc(hidden)]
pub use dead_letter::Payload;

pub(crate) use dead_letter::DeadLetterTally;

/// Receives what the runtime reports; the bus installs itself as one. It must neither block nor
/// report in turn.
pub(crate) trait Observer: Send + Sync {
    fn dead_letter(&self, letter: DeadLetter);
}
