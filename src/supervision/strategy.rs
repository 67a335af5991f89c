//! [`Strategy`] and [`Intensity`]: what a supervisor does, and how often, before it gives up.

use std::time::Duration;

/// Which children are restarted when one fails.
///
/// # Source
///
/// The strategies of Erlang/OTP's `supervisor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// The failed one alone. The default.
    #[default]
    OneForOne,
    /// All of them: for children that can't work without each other.
    OneForAll,
    /// The failed one and those that were started after it: for children that depend on earlier ones.
    RestForOne,
}

/// How many restarts a supervisor allows: more than `restarts` within `within` end it.
///
/// The window slides on the monotonic clock. One restart of a group counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Intensity {
    /// How many restarts are allowed, 1 by default.
    pub restarts: u32,
    /// Within which time, 5 seconds by default.
    pub within: Duration,
}

impl Default for Intensity {
    fn default() -> Self {
        Self {
            restarts: 1,
            within: Duration::from_secs(5),
        }
    }
}
