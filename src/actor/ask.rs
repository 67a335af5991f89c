//! [`Ask`]: the future of an ask, which waits for room and then for the reply, and its error.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::actor::current;
use crate::actor::patience::{Patience, SharedPatience};
use crate::actor::reply::{Answer, AnswerSlot, Asker, Request};
use crate::actor::target::{Place, Refusal, Target};
use crate::actor::tell::waits_for_itself;
use crate::contract::Message;

/// Resolves to the reply. Made by [`ActorRef::ask`](crate::ActorRef::ask).
///
/// It waits 5 seconds at most unless [`timeout`](Ask::timeout) or the system's builder says
/// otherwise. An ask made while handling an ask waits no longer than its own asker does.
///
/// # Cancel safety
///
/// Dropped before it is ready, it withdraws: a message that still waits for room is not sent, one
/// that is queued is skipped. A handler that runs already runs on, and its reply becomes a dead letter.
#[must_use = "an ask that is not awaited asks nothing"]
pub struct Ask<'a, M: Message, T: Target<M> + ?Sized> {
    target: &'a T,
    stage: Stage<M>,
    place: Place,
    limit: Limit,
    /// Known from the first poll on.
    patience: Option<Patience>,
    waits_for_room: bool,
    /// Armed at the first poll that has to wait.
    sleep: Option<Pin<Box<Sleep>>>,
}

enum Stage<M: Message> {
    /// Not polled yet.
    New(M),
    /// In the line before the mailbox.
    Sending(Request<M>, AnswerSlot<M>),
    /// In the mailbox or its handler.
    Sent(AnswerSlot<M>),
    Over,
}

enum Limit {
    Default,
    At(Duration),
    None,
}

impl<'a, M: Message, T: Target<M> + ?Sized> Ask<'a, M, T> {
    pub(crate) fn new(target: &'a T, message: M) -> Self {
        Self {
            target,
            stage: Stage::New(message),
            place: Place::default(),
            limit: Limit::Default,
            patience: None,
            waits_for_room: true,
            sleep: None,
        }
    }

    pub(crate) fn without_waiting_for_room(mut self) -> Self {
        self.waits_for_room = false;
        self
    }

    /// Waits this long at most, for room and reply together, measured from the first poll.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limit = Limit::At(timeout);
        self
    }

    /// Waits as long as it takes. The ask still ends when the actor stops, fails, or drops the reply,
    /// and when an asker further up the chain stops waiting.
    pub fn no_timeout(mut self) -> Self {
        self.limit = Limit::None;
        self
    }

    /// How long to wait: by the ask's own limit, or that of the message being handled here.
    fn patience(&self) -> Option<Patience> {
        let core = self.target.about().core;
        let own = match self.limit {
            Limit::Default => Some(core.ask_timeout),
            Limit::At(timeout) => Some(timeout),
            Limit::None => None,
        };
        let own = own.map(Patience::For);
        match (own, current::patience_of(core.address())) {
            (Some(own), Some(inherited)) => Some(own.min(inherited)),
            (own, inherited) => own.or(inherited),
        }
    }

    /// Puts the message into the mailbox or the line before it.
    fn poll_send(&mut self, cx: &Context<'_>) -> Option<AskError<M>> {
        let (request, reply) = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::New(message) => {
                if waits_for_itself(self.target) {
                    let path = vec![self.target.about().name.to_string(); 2];
                    return Some(AskError::Deadlock { path });
                }
                self.patience = self.patience();
                let asker = current::actor_of(self.target.about().core.address());
                let (request, reply) = Request::asked(
                    message,
                    Asker {
                        patience: SharedPatience::new(self.patience),
                        actor: asker,
                    },
                );
                let request = match self.target.hand_over(request) {
                    Ok(()) => {
                        self.stage = Stage::Sent(reply);
                        return None;
                    }
                    Err(request) => request,
                };
                if !self.waits_for_room {
                    match self.target.try_accept(request) {
                        Ok(asleep) => {
                            self.stage = Stage::Sent(reply);
                            self.target.help(asleep);
                        }
                        Err(Refusal::Full(request)) => {
                            return Some(AskError::Full(request.into_message()));
                        }
                        Err(Refusal::NotRunning(request)) => {
                            return Some(AskError::NotRunning(request.into_message()));
                        }
                    }
                    return None;
                }
                (request, reply)
            }
            Stage::Sending(request, reply) => (request, reply),
            other => {
                self.stage = other;
                return None;
            }
        };
        let mut request = Some(request);
        match self.target.poll_accept(&mut self.place, cx, &mut request) {
            Poll::Ready(Ok(asleep)) => {
                self.stage = Stage::Sent(reply);
                self.target.help(asleep);
            }
            Poll::Ready(Err(request)) => return Some(AskError::NotRunning(request.into_message())),
            Poll::Pending => {
                let request = request.expect("a pending send keeps its message");
                self.stage = Stage::Sending(request, reply);
            }
        }
        None
    }
}

impl<M: Message, T: Target<M> + ?Sized> Ask<'_, M, T> {
    /// Turns the patience into an instant, which the handler's own asks may have to know.
    fn arm(&self) -> Option<Instant> {
        let end = self.patience?.end()?;
        if let Stage::Sending(_, reply) | Stage::Sent(reply) = &self.stage
            && let Some(asker) = reply.about()
        {
            asker.patience.settle(end);
        }
        Some(end)
    }
}

// Nothing in it is pinned but the boxed sleep.
impl<M: Message, T: Target<M> + ?Sized> Unpin for Ask<'_, M, T> {}

impl<M: Message, T: Target<M> + ?Sized> Future for Ask<'_, M, T> {
    type Output = Result<M::Reply, AskError<M>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Some(error) = this.poll_send(cx) {
            return Poll::Ready(Err(error));
        }
        if let Stage::Sent(reply) = &mut this.stage
            && let Poll::Ready(answer) = reply.poll(cx)
        {
            this.stage = Stage::Over;
            return Poll::Ready(match answer {
                Some(Answer::Reply(reply)) => Ok(reply),
                Some(Answer::NotRunning(message)) => Err(AskError::NotRunning(message)),
                Some(Answer::Panicked) => Err(AskError::HandlerPanicked),
                None => Err(AskError::NoReply),
            });
        }
        // It really waits: only now does the clock matter.
        let Some(end) = this
            .sleep
            .as_ref()
            .map_or_else(|| this.arm(), |sleep| Some(sleep.deadline()))
        else {
            return Poll::Pending;
        };
        let sleep = this.sleep.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        // Dropping the stage withdraws the message, wherever it is.
        this.target.leave(&mut this.place);
        this.stage = Stage::Over;
        Poll::Ready(Err(AskError::Timeout))
    }
}

impl<M: Message, T: Target<M> + ?Sized> Drop for Ask<'_, M, T> {
    fn drop(&mut self) {
        if self.place.is_taken() {
            self.target.leave(&mut self.place);
        }
    }
}

impl<M: Message, T: Target<M> + ?Sized> fmt::Debug for Ask<'_, M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("actor", self.target.about().name)
            .field("message", &M::NAME)
            .finish_non_exhaustive()
    }
}

/// Why an ask has no reply.
///
/// | error | may the handler have run? | the message |
/// |---|---|---|
/// | `NotRunning`, `Full` | no | comes back |
/// | `Deadlock` | no | dropped |
/// | `Timeout`, `HandlerPanicked`, `NoReply` | yes | consumed |
#[non_exhaustive]
pub enum AskError<M> {
    /// Nobody answered in time. The handler may have run, may be running, or is skipped.
    Timeout,
    /// The actor has stopped, or stopped before it came to the message.
    NotRunning(M),
    /// The handler panicked. The actor is being restarted or stopped.
    HandlerPanicked,
    /// The handler was dropped before it replied, because its actor was killed.
    NoReply,
    /// The mailbox is full, and the ask was not to wait for room.
    Full(M),
    /// The answer could only come from an actor that waits for this very ask.
    Deadlock {
        /// The names of the actors that wait for each other, from the asker round to it again.
        path: Vec<String>,
    },
}

/// Whether a handler may have seen a message that was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// It has not: sending the message again does nothing twice.
    NotHandled,
    /// It may have: only an idempotent message may be sent again blindly.
    MayHaveRun,
}

impl<M> AskError<M> {
    /// Whether the handler may have run. Never `NotHandled` if it has started.
    pub const fn certainty(&self) -> Certainty {
        match self {
            Self::NotRunning(_) | Self::Full(_) | Self::Deadlock { .. } => Certainty::NotHandled,
            Self::Timeout | Self::HandlerPanicked | Self::NoReply => Certainty::MayHaveRun,
        }
    }

    /// The message, if it came back.
    pub fn into_inner(self) -> Option<M> {
        match self {
            Self::NotRunning(message) | Self::Full(message) => Some(message),
            _ => None,
        }
    }

    /// Whether nobody answered in time.
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }

    /// Whether the actor does not run.
    pub const fn is_not_running(&self) -> bool {
        matches!(self, Self::NotRunning(_))
    }

    /// Whether the handler panicked.
    pub const fn is_handler_panicked(&self) -> bool {
        matches!(self, Self::HandlerPanicked)
    }

    /// Whether the handler was dropped before it replied.
    pub const fn is_no_reply(&self) -> bool {
        matches!(self, Self::NoReply)
    }

    /// Whether the mailbox is full.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    /// Whether the ask would have waited for itself.
    pub const fn is_deadlock(&self) -> bool {
        matches!(self, Self::Deadlock { .. })
    }
}

impl<M> fmt::Debug for AskError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("Timeout"),
            Self::NotRunning(_) => f.write_str("NotRunning(..)"),
            Self::HandlerPanicked => f.write_str("HandlerPanicked"),
            Self::NoReply => f.write_str("NoReply"),
            Self::Full(_) => f.write_str("Full(..)"),
            Self::Deadlock { path } => f.debug_struct("Deadlock").field("path", path).finish(),
        }
    }
}

impl<M> fmt::Display for AskError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("nobody answered in time; the handler may have run"),
            Self::NotRunning(_) => {
                f.write_str("the actor is not running; the message was not handled")
            }
            Self::HandlerPanicked => f.write_str("the handler panicked"),
            Self::NoReply => f.write_str("the handler was dropped before it replied"),
            Self::Full(_) => f.write_str("the mailbox is full"),
            Self::Deadlock { path } => {
                write!(f, "the ask would wait for itself: {}", path.join(" -> "))
            }
        }
    }
}

impl<M> std::error::Error for AskError<M> {}
