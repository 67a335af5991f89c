//! Everything that a service and its assembly usually need: `use callboard::prelude::*;`

pub use std::time::Duration;

pub use crate::actor::{
    Actor, ActorRef, AskError, Context, ExitReason, HandledBy, LookupError, Recipient, StartError,
    StopMode, TellError, TryTellError, WeakActorRef,
};
pub use crate::bus::{Delivery, Overflow, PublishError, Receipt, Subscription, Topic};
pub use crate::observe::{DeadLetter, DeadLetterReason};
pub use crate::supervision::{ChildSpec, Restart, Shutdown, SpawnError, Strategy, Supervisor};
pub use crate::system::System;
pub use crate::time::{Backoff, ms, secs};
pub use crate::{Event, Message, Module, actor, handler, on_start, on_stop};
