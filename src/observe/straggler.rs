//! [`Straggler`]: an actor that could not be stopped.

use std::fmt;
use std::sync::Arc;

/// An actor that was still running when the time to stop it had passed.
///
/// A handler is ended at its next `.await`; one that computes or blocks without reaching any can
/// only be reported.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Straggler {
    /// The actor's name.
    pub actor: Arc<str>,
    /// The handler or hook that it is stuck in.
    pub stuck_in: Option<&'static str>,
}

impl fmt::Display for Straggler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` did not stop in time", self.actor)?;
        match self.stuck_in {
            Some(handler) => write!(f, ", stuck in `{handler}`"),
            None => Ok(()),
        }
    }
}
