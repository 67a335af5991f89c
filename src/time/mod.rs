//! Durations, deadlines and backoff. Always tokio's clock, so that tests can pause it.

mod backoff;

pub use backoff::{Backoff, InvalidBackoff};

use std::time::Duration;

/// A [`Duration`] of so many milliseconds.
pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A [`Duration`] of so many seconds.
pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
