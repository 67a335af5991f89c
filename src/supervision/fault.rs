//! [`Fault`]: what is wrong with a plan before anything runs, and [`SpawnError`].

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::actor::{ExitReason, NameTaken};
use crate::time::InvalidBackoff;

/// Where in the source a child or supervisor was described.
pub type Place = &'static Location<'static>;

/// Something that keeps a system from starting. All of them are reported together.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// A child without a name.
    EmptyName {
        /// Where it is described.
        place: Place,
    },
    /// Two actors of one name.
    DuplicateName {
        /// The name.
        name: Arc<str>,
        /// Where it is used first.
        first: Place,
        /// Where it is used again.
        place: Place,
    },
    /// A mailbox for no message.
    ZeroMailbox {
        /// The actor.
        name: Arc<str>,
        /// Where it is described.
        place: Place,
    },
    /// A backoff that can't be computed.
    Backoff {
        /// The actor.
        name: Arc<str>,
        /// What is wrong.
        error: InvalidBackoff,
        /// Where it is described.
        place: Place,
    },
    /// A restart window of no length.
    ZeroIntensityWindow {
        /// The supervisor.
        name: Arc<str>,
        /// Where it is described.
        place: Place,
    },
    /// A service that belongs to another module than the one it is registered in.
    ForeignModule {
        /// The actor.
        name: Arc<str>,
        /// The service's type name.
        service: &'static str,
        /// The module that `#[actor(module = ..)]` names.
        declared: &'static str,
        /// The module that it is registered in; empty for none.
        registered: Arc<str>,
        /// Where it is described.
        place: Place,
    },
    /// Two modules of one name.
    DuplicateModule {
        /// The name.
        name: Arc<str>,
        /// Where it is used first.
        first: Place,
        /// Where it is used again.
        place: Place,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName { place } => {
                write!(f, "{place}: an actor has an empty name; give it one")
            }
            Self::DuplicateName { name, first, place } => write!(
                f,
                "{place}: an actor named `{name}` exists already, from {first}; names are unique in a system"
            ),
            Self::ZeroMailbox { name, place } => {
                write!(
                    f,
                    "{place}: the mailbox of `{name}` holds 0 messages; it needs room for 1 or more"
                )
            }
            Self::Backoff { name, error, place } => {
                write!(f, "{place}: the backoff of `{name}`: {error}")
            }
            Self::ZeroIntensityWindow { name, place } => write!(
                f,
                "{place}: supervisor `{name}` counts restarts within 0 s; its window must be longer"
            ),
            Self::ForeignModule {
                name,
                service,
                declared,
                registered,
                place,
            } => {
                write!(
                    f,
                    "{place}: `{name}` is a `{service}`, which belongs to module `{declared}`, "
                )?;
                if registered.is_empty() {
                    write!(
                        f,
                        "but it is registered in none; register it in `{declared}`"
                    )
                } else {
                    write!(
                        f,
                        "but it is registered in `{registered}`; register it in `{declared}`"
                    )
                }
            }
            Self::DuplicateModule { name, first, place } => write!(
                f,
                "{place}: a module named `{name}` exists already, from {first}; register its services there"
            ),
        }
    }
}

/// Why a child could not be added to a running system.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SpawnError {
    /// What is described can't be.
    Invalid(Vec<Fault>),
    /// An actor of this name exists already.
    NameTaken(Arc<str>),
    /// It did not start; nothing of it is left.
    Start(ExitReason),
    /// Its supervisor is stopping or has stopped.
    Stopping,
}

impl From<NameTaken> for SpawnError {
    fn from(taken: NameTaken) -> Self {
        Self::NameTaken(taken.name)
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(faults) => {
                f.write_str("the child can't be started")?;
                faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
            Self::NameTaken(name) => write!(f, "an actor named `{name}` exists already"),
            Self::Start(reason) => write!(f, "the child did not start: {reason}"),
            Self::Stopping => f.write_str("the supervisor is stopping"),
        }
    }
}

impl std::error::Error for SpawnError {}
