//! Actors: cell, mailbox, references, tell and ask, context, and the run loop.
//!
//! When to use which: [`ActorRef::tell`] when nobody needs an answer, [`ActorRef::ask`] when the
//! sender does, and a [topic](crate::Topic) when the sender does not know who is interested.

mod actor_ref;
mod addressed;
mod ask;
mod cell;
mod context;
mod core;
mod current;
mod drive;
mod envelope;
mod events;
mod exit;
mod guard;
mod handle;
mod id;
mod patience;
mod recipient;
mod registry;
mod reply;
mod result;
mod run;
mod serve;
mod start;
mod target;
mod tell;
mod timers;
mod traits;
mod wiring;

pub use self::actor_ref::{ActorRef, StopMode, WeakActorRef};
pub use self::ask::{Ask, AskError, Certainty};
pub use self::context::Context;
pub use self::core::DEFAULT_ASK_TIMEOUT;
pub use self::drive::InlineAsk;
pub use self::envelope::HandlerInfo;
pub use self::exit::{ExitReason, PanicInfo};
pub use self::id::{ActorId, MessageId};
pub use self::recipient::Recipient;
pub use self::registry::LookupError;
pub use self::start::StartError;
pub use self::tell::{Tell, TellError, TryTellError};
pub use self::timers::TimerHandle;
pub use self::traits::{Actor, DEFAULT_MAILBOX, HandledBy};

/// For the code that `#[actor]` generates.
#[doc(hidden)]
pub mod generated {
    pub use super::addressed::{AnswerNobody, AnswerWith, DeliveredTo, ReplierOf, RequestTo};
    pub use super::envelope::{Envelope, Outcome};
    pub use super::patience::Patience;
    pub use super::result::{
        DebugFailure, EventResult, NoFailure, PlainFailure, ReplyOf, Returned as Answer,
    };
    pub use super::start::StartResult;
    pub use super::traits::{HeardBy, handled_elsewhere, handler_future_must_be_send};
    pub use super::wiring::Wiring;
}

pub(crate) use self::addressed::DeliveredTo;
pub(crate) use self::cell::{Cell, CellOptions, control};
pub(crate) use self::context::Children;
pub(crate) use self::core::SystemCore;
pub(crate) use self::envelope::Origin;
pub(crate) use self::events::{CellTarget, EventTarget, Offer};
pub(crate) use self::exit::note_panic_locations;
pub(crate) use self::id::MessageIds;
pub(crate) use self::registry::NameTaken;
pub(crate) use self::run::launch;
pub(crate) use self::traits::HeardBy;
pub(crate) use self::wiring::Wiring;

/// What the thread is doing, for layers that send on behalf of an actor.
pub(crate) mod here {
    pub(crate) use super::current::actor_of;
}
