//! Typed publish/subscribe topics, actors with mailboxes and supervisors, and a `#[handler]` macro,
//! for services that live together in one process.
#![deny(unsafe_code)]
#![warn(missing_docs, clippy::print_stdout, clippy::print_stderr)]

pub mod actor;
pub mod bus;
pub mod contract;
mod error;
pub mod observe;
pub mod prelude;
pub mod supervision;
mod sync;
pub mod system;
pub mod time;

pub use actor::{
    Actor, ActorId, ActorRef, AskError, Certainty, Context, ExitReason, HandledBy, LookupError,
    MessageId, PanicInfo, Recipient, StartError, StopMode, TellError, TimerHandle, TryTellError,
    WeakActorRef,
};
pub use bus::{Delivery, Overflow, PublishError, Receipt, Subscription, Topic, TopicStats};
pub use callboard_macros::{Event, Message, Module, actor, handler, on_start, on_stop};
pub use contract::{Event, Key, Message, Module};
pub use error::Error;
pub use observe::{
    ActorStats, DeadLetter, DeadLetterCounts, DeadLetterReason, Imbalance, Straggler,
};
pub use supervision::{
    ChildSpec, Fault, Intensity, Restart, Shutdown, SpawnError, Strategy, Supervisor,
};
pub use system::{
    ModuleBuilder, ShutdownReport, System, SystemBuilder, SystemStartError, SystemStats,
};
pub use time::Backoff;

/// For the code that the macros generate. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use tokio::time::Instant;

    pub use crate::actor::generated::*;
    pub use crate::actor::{Actor, Context, ExitReason, HandledBy, HandlerInfo, StartError};
    pub use crate::bus::generated::*;
    pub use crate::contract::{AsKey, Event, Key, Message, Module, NoModule};
    pub use crate::observe::Payload;
}
