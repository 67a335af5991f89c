//! Typed publish/subscribe topics, actors with mailboxes and supervisors, and a `#[handler]` macro,
//! for services that live together in one process.
//!
//! A backend is made of modules, such as orders and inventory. Each owns a few *service structs*:
//! plain structs with handlers. Assembled into a [`System`], each runs as an *actor*: one handler at
//! a time touches its state, its mailbox is bounded, and a supervisor starts it again when it fails.
//!
//! ```
//! use callboard::prelude::*;
//!
//! #[derive(Message)]
//! #[message(reply = u32)]
//! struct Add(u32);
//!
//! #[derive(Event)]
//! struct Grown {
//!     total: u32,
//! }
//!
//! #[derive(Default)]
//! struct Counter {
//!     total: u32,
//! }
//!
//! #[actor]
//! impl Counter {
//!     #[handler]
//!     async fn add(&mut self, msg: Add, ctx: &mut Context<Self>) -> u32 {
//!         self.total += msg.0;
//!         ctx.publish(Grown { total: self.total }).await;
//!         self.total
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), callboard::Error> {
//! let system = System::builder("sums").actor("counter", Counter::default).start().await?;
//! let mut grown = system.topic::<Grown>().subscribe().start();
//!
//! let counter: ActorRef<Counter> = system.actor("counter")?;
//! counter.tell(Add(2)).await?;
//! assert_eq!(counter.ask(Add(3)).await?, 5);
//!
//! while let Some(Delivery::Event(event)) = grown.next().await {
//!     if event.total == 5 {
//!         break;
//!     }
//! }
//! assert!(system.shutdown(secs(1)).await.is_clean());
//! # Ok(())
//! # }
//! ```
//!
//! # The three verbs
//!
//! | verb | use it when | who receives | what comes back |
//! |---|---|---|---|
//! | [`tell`](ActorRef::tell) | nobody needs an answer | one actor | nothing, or a [`TellError`] with the message in it |
//! | [`ask`](ActorRef::ask) | the sender needs one | one actor | the reply, or an [`AskError`] that says whether the handler may have run |
//! | [`publish`](Topic::publish) | the sender does not know who is interested | every subscriber of the topic | a [`Receipt`]: how many took it, how many copies were lost |
//!
//! `tell` and `ask` wait for room in a full mailbox; [`try_tell`](ActorRef::try_tell) and
//! [`try_ask`](ActorRef::try_ask) do not. A handler takes a message by value (`msg: Add`) and an
//! event by reference (`event: &Grown`), which subscribes its actor.
//!
//! # Where to find what
//!
//! | to | see |
//! |---|---|
//! | write a service | [`#[actor]`](macro@actor), [`Context`], and the derives [`Message`](macro@Message) and [`Event`](macro@Event) |
//! | find another service | [`Context::actor`] in `#[on_start]`, [`System::actor`] from outside |
//! | assemble services | [`System::builder`], [`ModuleBuilder`], [`Module`](macro@Module) |
//! | decide what follows a failure | [`ChildSpec`], [`Supervisor`], [`Backoff`], and the tables of [`supervision`] |
//! | send | [`ActorRef`], and [`Recipient`] where the service's type must not be known |
//! | publish and subscribe | [`Topic`], [`Subscription`], [`Overflow`] |
//! | stop | [`System::run_until`], [`System::shutdown`], [`ShutdownReport`] |
//! | see what happened | [`SystemStats`], [`DeadLetter`], and the targets below |
//!
//! The modules are the layers of the library, from the traits of plain types to the whole:
//! [`contract`], [`time`] and [`observe`], then [`actor`](mod@actor), then [`supervision`] and [`bus`], then
//! [`system`]. All that one usually needs is in the [`prelude`].
//!
//! # Failures
//!
//! | in a handler | an asker gets | the actor |
//! |---|---|---|
//! | `Err(..)` | the `Err`, as its reply | goes on; told, or as an event, the error is traced and counted |
//! | [`ctx.fail(..)`](Context::fail) | the reply | ends after the handler, and its supervisor decides |
//! | a panic | [`AskError::HandlerPanicked`] | ends at once, and its supervisor decides |
//!
//! A message whose handler failed is not handled again. The others wait in the mailbox for the next
//! incarnation.
//!
//! # Traces
//!
//! Everything is reported with the `tracing` crate: targets `callboard::actor`, `callboard::handler`
//! (a span per handler at debug level), `callboard::supervision`, `callboard::dead_letter` and
//! `callboard::system`.
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
    Actor, ActorId, ActorRef, AskError, Certainty, Context, ExitReason, HandledBy, InlineAsk,
    LookupError, MessageId, PanicInfo, Recipient, StartError, StopMode, TellError, TimerHandle,
    TryTellError, WeakActorRef,
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
    pub use crate::actor::generated::*;
    pub use crate::actor::{
        Actor, Context, ExitReason, HandledBy, HandlerInfo, InlineAsk, StartError,
    };
    pub use crate::bus::generated::*;
    pub use crate::contract::{AsKey, Event, Key, Message, Module, NoModule};
    pub use crate::observe::Payload;
}

/// Compiles and runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
