//! [`Request`]: a message with the way back to its asker, if it has one.

use std::fmt;
use std::thread;

use crate::actor::envelope::{LateReply, Outcome};
use crate::actor::id::ActorId;
use crate::actor::patience::{Patience, SharedPatience};
use crate::contract::Message;
use crate::observe::Payload;
use crate::sync::{Awaiter, Responder, reply_slot};

/// What an asker gets back.
pub(crate) enum Answer<M: Message> {
    Reply(M::Reply),
    /// The actor stopped before it came to the message.
    NotRunning(M),
    Panicked,
}

/// A message on its way to its handler.
pub struct Request<M: Message> {
    message: M,
    asker: Option<Responder<Answer<M>, Asker>>,
}

/// Who waits for an answer, and until when.
#[derive(Debug)]
pub(crate) struct Asker {
    pub(crate) patience: SharedPatience,
    /// The actor that asks; `None` when it is no actor.
    pub(crate) actor: Option<ActorId>,
}

/// The other end of an asked request.
pub(crate) type AnswerSlot<M> = Awaiter<Answer<M>, Asker>;

impl<M: Message> Request<M> {
    /// A message that nobody waits for.
    pub(crate) fn told(message: M) -> Self {
        Self {
            message,
            asker: None,
        }
    }

    /// A message whose answer is awaited at the other end.
    pub(crate) fn asked(message: M, asker: Asker) -> (Self, AnswerSlot<M>) {
        let (responder, awaiter) = reply_slot(asker);
        let request = Self {
            message,
            asker: Some(responder),
        };
        (request, awaiter)
    }

    pub(crate) fn into_message(self) -> M {
        self.message
    }

    /// The message, and the handle that its handler's result goes into.
    pub fn open(self) -> (M, Replier<M>) {
        (self.message, Replier(self.asker))
    }

    /// Whether somebody asked and has stopped waiting.
    pub fn is_abandoned(&self) -> bool {
        self.asker.as_ref().is_some_and(Responder::is_abandoned)
    }

    /// How long the asker waits.
    pub fn patience(&self) -> Option<Patience> {
        self.asker.as_ref()?.about().patience.get()
    }

    /// Gives the message back to its asker, or returns it as the payload of a dead letter.
    pub fn refuse(self) -> Option<Payload> {
        match self.asker {
            Some(asker) => {
                // An asker who is gone does not want it back either.
                drop(asker.send(Answer::NotRunning(self.message)));
                None
            }
            None => Some(Payload::owned(self.message)),
        }
    }
}

impl<M: Message> fmt::Debug for Request<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("message", &M::NAME)
            .field("asked", &self.asker.is_some())
            .finish_non_exhaustive()
    }
}

/// Carries a handler's result to the asker, if there is one.
pub struct Replier<M: Message>(Option<Responder<Answer<M>, Asker>>);

impl<M: Message> Replier<M> {
    /// Sends the reply. When nobody asked, `failure` says whether it is an error to be reported.
    pub fn answer<F>(mut self, reply: M::Reply, failure: F) -> Outcome
    where
        F: FnOnce(&M::Reply) -> Option<String>,
    {
        let Some(responder) = self.0.take() else {
            return failure(&reply).map_or(Outcome::Handled, Outcome::failed);
        };
        let actor = responder.about().actor;
        match responder.send(Answer::Reply(reply)) {
            Err(Answer::Reply(reply)) => Outcome::Late(Box::new(LateReply {
                asker: actor,
                payload: Payload::owned(reply),
            })),
            _ => Outcome::Handled,
        }
    }
}

impl<M: Message> Drop for Replier<M> {
    fn drop(&mut self) {
        // Dropped without an answer: the handler panicked, which the asker is told, or it was
        // dropped at an await, which the asker sees by the closed channel.
        if let Some(asker) = self.0.take()
            && thread::panicking()
        {
            drop(asker.send(Answer::Panicked));
        }
    }
}

impl<M: Message> fmt::Debug for Replier<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replier")
            .field("asked", &self.0.is_some())
            .finish()
    }
}
