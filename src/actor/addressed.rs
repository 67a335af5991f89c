//! [`RequestTo`] and [`DeliveredTo`]: what the variants of a generated envelope hold.
//!
//! They are [`Request`] and [`Delivered`] with the actor in their type, and ask for [`HandledBy`] and
//! [`HeardBy`] where those ask for [`Message`] and [`Event`](crate::Event). `#[actor]` implements the
//! former for whatever its handlers take, so that only those impls depend on the derive. A derive that
//! was forgotten is then one error on the handler's parameter; otherwise it would be one at each of a
//! dozen places where generated code names the type.

use std::fmt;
use std::marker::PhantomData;

use crate::actor::envelope::{Delivered, HandlerInfo, Outcome};
use crate::actor::patience::Patience;
use crate::actor::reply::{Replier, Request};
use crate::actor::result::ReplyOf;
use crate::actor::traits::{Actor, HandledBy, HeardBy};
use crate::contract::Message;
use crate::observe::Payload;

/// A message on its way to a handler of `A`.
pub struct RequestTo<A: Actor, M: HandledBy<A>> {
    request: Request<M>,
    actor: PhantomData<fn() -> A>,
}

impl<A: Actor, M: HandledBy<A>> RequestTo<A, M> {
    pub(crate) fn new(request: Request<M>) -> Self {
        Self {
            request,
            actor: PhantomData,
        }
    }

    /// What is known of the handler with this name.
    pub const fn handler(name: &'static str) -> HandlerInfo {
        HandlerInfo::message::<M>(name)
    }

    /// The message, and the handle that its handler's result goes into.
    pub fn open(self) -> (M, ReplierOf<A, M>) {
        let (message, replier) = self.request.open();
        (
            message,
            ReplierOf {
                replier,
                actor: PhantomData,
            },
        )
    }

    /// See [`Request::is_abandoned`].
    pub fn is_abandoned(&self) -> bool {
        self.request.is_abandoned()
    }

    /// See [`Request::patience`].
    pub fn patience(&self) -> Option<Patience> {
        self.request.patience()
    }

    /// See [`Request::refuse`].
    pub fn refuse(self) -> Option<Payload> {
        self.request.refuse()
    }
}

impl<A: Actor, M: HandledBy<A>> fmt::Debug for RequestTo<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}

/// Carries the result of a handler of `A` to the asker, if there is one.
///
/// `replier.answer(..)` finds [`AnswerWith`] for every message. For a type that is none, method lookup
/// goes on to [`AnswerNobody`], which keeps quiet: the error about it is on the handler already.
pub struct ReplierOf<A: Actor, M: HandledBy<A>> {
    replier: Replier<M>,
    actor: PhantomData<fn() -> A>,
}

/// Answers with what the handler returned, which has to be the reply of its message.
pub trait AnswerWith<M: Message> {
    /// Sends the reply. When nobody asked, `failure` says whether it is an error to be reported.
    fn answer<R, F>(self, reply: R, failure: F) -> Outcome
    where
        R: ReplyOf<M>,
        F: FnOnce(&R) -> Option<String>;
}

/// Never runs: the program has an error.
pub trait AnswerNobody {
    /// Takes anything.
    fn answer<R, F>(self, reply: R, failure: F) -> Outcome
    where
        F: FnOnce(&R) -> Option<String>;
}

impl<A: Actor, M: HandledBy<A> + Message> AnswerWith<M> for ReplierOf<A, M> {
    fn answer<R, F>(self, reply: R, failure: F) -> Outcome
    where
        R: ReplyOf<M>,
        F: FnOnce(&R) -> Option<String>,
    {
        self.replier
            .answer(reply.into_reply(), |reply| failure(R::from_reply(reply)))
    }
}

impl<A: Actor, M: HandledBy<A>> AnswerNobody for &ReplierOf<A, M> {
    fn answer<R, F>(self, _: R, _: F) -> Outcome
    where
        F: FnOnce(&R) -> Option<String>,
    {
        unreachable!("a program with a handler for a type that is no message does not compile")
    }
}

impl<A: Actor, M: HandledBy<A>> fmt::Debug for ReplierOf<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.replier.fmt(f)
    }
}

/// An event on its way to a handler of `A`.
pub struct DeliveredTo<A: Actor, E: HeardBy<A>> {
    delivered: Delivered<E>,
    actor: PhantomData<fn() -> A>,
}

impl<A: Actor, E: HeardBy<A>> DeliveredTo<A, E> {
    pub(crate) fn new(delivered: Delivered<E>) -> Self {
        Self {
            delivered,
            actor: PhantomData,
        }
    }

    /// What is known of the handler with this name.
    pub const fn handler(name: &'static str) -> HandlerInfo {
        HandlerInfo::event::<E>(name)
    }

    /// See [`Delivered::event`].
    pub fn event(&self) -> &E {
        self.delivered.event()
    }

    /// See [`Delivered::is_abandoned`].
    pub fn is_abandoned(&self) -> bool {
        self.delivered.is_abandoned()
    }

    /// See [`Delivered::patience`].
    pub fn patience(&self) -> Option<Patience> {
        self.delivered.patience()
    }

    /// See [`Delivered::refuse`].
    pub fn refuse(self) -> Option<Payload> {
        self.delivered.refuse()
    }
}

impl<A: Actor, E: HeardBy<A>> fmt::Debug for DeliveredTo<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.delivered.fmt(f)
    }
}
