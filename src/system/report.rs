//! [`ShutdownReport`]: how a system ended.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::actor::ExitReason;
use crate::observe::{DeadLetterCounts, Straggler};

/// How a system ended. The same for all who ask.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// From the request to the end.
    pub elapsed: Duration,
    /// Actors that did not stop although they were killed, and where they are stuck.
    pub stragglers: Vec<Straggler>,
    /// Why the system ended by itself: its actors failed more often than allowed. `None` when it
    /// was asked to.
    pub failure: Option<ExitReason>,
    /// Dead letters over the system's whole life, those of the shutdown included.
    pub dead_letters: DeadLetterCounts,
}

impl ShutdownReport {
    /// Whether the system was asked to stop and all of it did.
    pub fn is_clean(&self) -> bool {
        self.stragglers.is_empty() && self.failure.is_none()
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            Some(reason) => write!(f, "the system gave up: {reason}")?,
            None => write!(f, "the system stopped in {:.1?}", self.elapsed)?,
        }
        for straggler in &self.stragglers {
            write!(f, "\n  {straggler}")?;
        }
        Ok(())
    }
}

/// A system did not end well.
#[derive(Debug, Clone)]
pub struct ShutdownError(pub(crate) Arc<ShutdownReport>);

impl ShutdownError {
    /// What is known of it.
    pub fn report(&self) -> &ShutdownReport {
        &self.0
    }
}

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ShutdownError {}
