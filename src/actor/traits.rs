//! [`Actor`], which `#[actor]` implements, and [`HandledBy`], which ties messages to it.

use std::future::{self, Future};

use crate::actor::addressed::{DeliveredTo, RequestTo};
use crate::actor::context::Context;
use crate::actor::envelope::{Envelope, HandlerInfo, Outcome};
use crate::actor::exit::ExitReason;
use crate::actor::start::StartError;
use crate::actor::wiring::Wiring;
use crate::contract::{Event, Message, Module};

/// How many messages a mailbox holds when nothing else is said.
pub const DEFAULT_MAILBOX: usize = 256;

/// A service that runs as an actor. Implemented by [`#[actor]`](macro@crate::actor), never by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    note = "put `#[actor]` on an `impl {Self} {{ .. }}` block and `#[handler]` on its methods"
)]
pub trait Actor: Sized + Send + 'static {
    /// One variant per handler.
    #[doc(hidden)]
    type Envelope: Envelope;

    /// The module that the service says it belongs to.
    type Module: Module;

    /// The service's name, by default the type's.
    const NAME: &'static str;

    /// The mailbox's capacity in messages, 256 by default.
    const MAILBOX: usize = DEFAULT_MAILBOX;

    /// The handlers, by [`Envelope::index`].
    const HANDLERS: &'static [HandlerInfo];

    /// Runs the sync handler of one message.
    #[doc(hidden)]
    fn dispatch_now(&mut self, envelope: Self::Envelope, ctx: &mut Context<Self>) -> Outcome;

    /// Runs the async handler of one message.
    #[doc(hidden)]
    fn dispatch<'a>(
        &'a mut self,
        envelope: Self::Envelope,
        ctx: &'a mut Context<Self>,
    ) -> impl Future<Output = Outcome> + Send + 'a;

    /// Runs before the first message of each incarnation.
    #[doc(hidden)]
    fn on_start<'a>(
        &'a mut self,
        ctx: &'a mut Context<Self>,
    ) -> impl Future<Output = Result<(), StartError>> + Send + 'a {
        let _ = ctx;
        future::ready(Ok(()))
    }

    /// Runs after the last message of each incarnation that started and was not killed.
    #[doc(hidden)]
    fn on_stop<'a>(
        &'a mut self,
        reason: &'a ExitReason,
        ctx: &'a mut Context<Self>,
    ) -> impl Future<Output = ()> + Send + 'a {
        let _ = (reason, ctx);
        future::ready(())
    }

    /// Subscribes the event handlers.
    #[doc(hidden)]
    fn subscriptions(wiring: &mut Wiring<'_, Self>) {
        let _ = wiring;
    }
}

/// A message that the actor `A` has a handler for. Implemented by [`#[actor]`](macro@crate::actor).
#[diagnostic::on_unimplemented(
    message = "`{A}` has no handler for `{Self}`",
    label = "not handled by `{A}`",
    note = "add a method `#[handler] async fn ..(&mut self, msg: {Self})` to an `#[actor]` block of `{A}`"
)]
pub trait HandledBy<A: Actor>: Message {
    /// Puts it into the actor's envelope.
    #[doc(hidden)]
    fn wrap(request: RequestTo<A, Self>) -> A::Envelope
    where
        Self: Sized;
}

/// An event that the actor `A` has a handler for. Implemented by [`#[actor]`](macro@crate::actor).
pub trait HeardBy<A: Actor>: Event {
    /// Puts it into the actor's envelope.
    fn wrap(delivered: DeliveredTo<A, Self>) -> A::Envelope
    where
        Self: Sized;
}

/// Passes a handler's future on, and requires it to be `Send`.
///
/// An actor moves between threads at every `.await`, so that what a handler holds there must be
/// able to move as well. An `Rc`, a `RefCell` borrow or a lock guard that lives across an `.await`
/// can't: drop it before, or use `Arc` and a lock of `tokio::sync`.
pub fn handler_future_must_be_send<F>(future: F) -> F
where
    // The compiler quotes the next line in the error, with what to do about it.
    F: Future + Send, // drop what is not `Send` before the `.await`, or use `Arc` and the locks of `tokio::sync`
{
    future
}

/// The arm of `dispatch` for sync handlers, and of `dispatch_now` for async ones: each is called for its
/// own only, as [`HandlerInfo::is_sync`] says.
///
/// # Panics
///
/// Always.
pub fn handled_elsewhere() -> Outcome {
    unreachable!("sync handlers are run by `dispatch_now`, async ones by `dispatch`")
}
