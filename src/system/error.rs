//! [`SystemStartError`]: why a system did not start.

use std::fmt;
use std::sync::Arc;

use crate::actor::ExitReason;
use crate::supervision::Fault;

/// Why a system did not start. Nothing of it is left running.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SystemStartError {
    /// What was described can't be; these are all faults, found before anything was started.
    Wiring(Vec<Fault>),
    /// An actor did not start. Those that had started before it were stopped again.
    Actor {
        /// The actor's name.
        name: Arc<str>,
        /// Why.
        reason: ExitReason,
    },
}

impl SystemStartError {
    /// The faults of the wiring; none if an actor failed.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Wiring(faults) => faults,
            Self::Actor { .. } => &[],
        }
    }
}

impl fmt::Display for SystemStartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wiring(faults) => {
                write!(
                    f,
                    "the system is wired wrongly in {} place(s)",
                    faults.len()
                )?;
                faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
            Self::Actor { name, reason } => write!(f, "`{name}` did not start: {reason}"),
        }
    }
}

impl std::error::Error for SystemStartError {}
