//! Supervision: which children there are, in which order they start, and what follows when one fails.
//!
//! Policy is data ([`ChildSpec`], [`Supervisor`]) and pure functions; the mechanism is one loop per
//! supervisor.
//!
//! | strategy | when a child fails |
//! |---|---|
//! | [`Strategy::OneForOne`] | it alone is restarted |
//! | [`Strategy::OneForAll`] | all children are stopped in reverse order and started again in order |
//! | [`Strategy::RestForOne`] | it and those started after it are |
//!
//! | restart | after a normal exit | after a failure |
//! |---|---|---|
//! | [`Restart::Permanent`] | restarted | restarted |
//! | [`Restart::Transient`] | ends for good | restarted |
//! | [`Restart::Temporary`] | ends for good | ends for good |

mod child;
mod children;
mod fault;
mod handle;
mod nested;
mod spec;
mod strategy;
mod supervisor;
mod tree;
mod window;

pub use fault::{Fault, Place, SpawnError};
pub use spec::{ChildSpec, Restart, Shutdown};
pub use strategy::{Intensity, Strategy};
pub use supervisor::Supervisor;

pub(crate) use child::{Child, Halt};
pub(crate) use handle::{StartFailure, SupervisorHandle};
pub(crate) use spec::{Inspection, Plan, Site};
pub(crate) use tree::Ended;
