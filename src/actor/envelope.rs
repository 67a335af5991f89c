//! What the macro generates against: the envelope of a service, and the results of its handlers.

use std::fmt;
use std::sync::Arc;

use tracing::level_filters::LevelFilter;

use crate::actor::current;
use crate::actor::id::{ActorId, Cause, MessageId};
use crate::actor::patience::Patience;
use crate::contract::{Event, Message};
use crate::observe::Payload;

/// The generated enum with one variant per handler of a service.
pub trait Envelope: Send + 'static {
    /// The handler's place in [`Actor::HANDLERS`](crate::Actor::HANDLERS).
    fn index(&self) -> usize;

    /// Whether somebody asked and has stopped waiting.
    fn is_abandoned(&self) -> bool;

    /// How long the asker waits.
    fn patience(&self) -> Option<Patience>;

    /// Gives a message back to its asker, or returns it as the payload of a dead letter.
    fn refuse(self) -> Option<Payload>;
}

/// An event on its way to one handler.
pub(crate) struct Delivered<E: Event> {
    event: Arc<E>,
    id: MessageId,
}

impl<E: Event> Delivered<E> {
    pub(crate) fn new(event: Arc<E>, id: MessageId) -> Self {
        Self { event, id }
    }

    /// The event, shared with the other subscribers.
    pub(crate) fn event(&self) -> &E {
        &self.event
    }

    /// Events are not awaited by anyone.
    pub(crate) fn is_abandoned(&self) -> bool {
        false
    }

    /// Events are not awaited by anyone.
    pub(crate) fn patience(&self) -> Option<Patience> {
        None
    }

    /// The event as the payload of a dead letter.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "generated code treats it as a request, which may go back to its asker"
    )]
    pub(crate) fn refuse(self) -> Option<Payload> {
        Some(Payload::shared(self.event))
    }
}

impl<E: Event> fmt::Debug for Delivered<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivered")
            .field("event", &E::NAME)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// An envelope in a mailbox, with where it came from.
pub(crate) struct Parcel<T> {
    pub(crate) envelope: T,
    pub(crate) origin: Origin,
}

/// Where an envelope came from.
#[derive(Debug, Default, Clone)]
pub(crate) struct Origin {
    /// The message whose handler sent it.
    pub(crate) cause: Option<Cause>,
    /// The event's own id; a message has the one of its place in the mailbox.
    pub(crate) event: Option<MessageId>,
    /// The sender's span, which the handler's span follows from. Shared, so that a clone for each of
    /// an event's subscribers does not ask the user's tracing subscriber, and small, since most run
    /// without.
    pub(crate) span: Option<Arc<tracing::Span>>,
}

impl Origin {
    /// The origin of what is sent now, on this thread.
    #[inline]
    pub(crate) fn here() -> Self {
        Self {
            cause: current::cause(),
            event: None,
            span: current_span(),
        }
    }
}

/// The span that this thread is in, if anybody looks at spans.
#[inline]
fn current_span() -> Option<Arc<tracing::Span>> {
    if LevelFilter::current() == LevelFilter::OFF {
        return None;
    }
    let span = tracing::Span::current();
    (!span.is_none() && !span.is_disabled()).then(|| Arc::new(span))
}

/// How a handler ended. Small, since almost all end well and each is passed up through the run loop.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// Well; an asker has its answer, which may be an `Err`.
    Handled,
    /// With an `Err` that nobody asked for.
    Failed(Box<String>),
    /// Well, but the asker has stopped waiting for the reply.
    Late(Box<LateReply>),
}

/// A reply that nobody waits for any more.
#[derive(Debug)]
#[non_exhaustive]
pub struct LateReply {
    /// The actor that asked.
    pub(crate) asker: Option<ActorId>,
    /// The reply.
    pub(crate) payload: Payload,
}

impl Outcome {
    pub(crate) fn failed(error: String) -> Self {
        Self::Failed(Box::new(error))
    }

    /// The outcome of an event's handler.
    pub fn event(failure: Option<String>) -> Self {
        failure.map_or(Self::Handled, Self::failed)
    }
}

/// What is known of a handler without running it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct HandlerInfo {
    /// The method's name.
    pub handler: &'static str,
    /// The name of the message or event type.
    pub message: &'static str,
    /// Whether it is an event.
    pub is_event: bool,
    /// Whether the method is neither `async` nor returns a future.
    pub is_sync: bool,
}

impl HandlerInfo {
    /// A handler that answers a message.
    pub const fn message<M: Message>(handler: &'static str) -> Self {
        Self {
            handler,
            message: M::NAME,
            is_event: false,
            is_sync: false,
        }
    }

    /// A handler that is a subscription.
    pub const fn event<E: Event>(handler: &'static str) -> Self {
        Self {
            handler,
            message: E::NAME,
            is_event: true,
            is_sync: false,
        }
    }

    /// The same for a method that returns its result at once.
    #[must_use]
    pub const fn at_once(mut self) -> Self {
        self.is_sync = true;
        self
    }
}
