//! [`Tell`]: the future of a tell, which waits for room in the mailbox, and its errors.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

use crate::actor::current;
use crate::actor::reply::Request;
use crate::actor::target::{Place, Refusal, Target};
use crate::contract::Message;

/// Resolves when the message is in the mailbox. Made by [`ActorRef::tell`](crate::ActorRef::tell).
///
/// It waits for room without a deadline unless [`timeout`](Tell::timeout) sets one: the receiver
/// makes room as long as it runs, and hands the message back when it stops.
///
/// # Cancel safety
///
/// Dropped before it is ready, it has sent nothing, and it has left the line.
#[must_use = "a tell that is not awaited sends nothing; `try_tell` does not wait"]
pub struct Tell<'a, M: Message, T: Target<M> + ?Sized> {
    target: &'a T,
    request: Option<Request<M>>,
    place: Place,
    timeout: Option<Duration>,
    /// Armed when the message has to wait.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<'a, M: Message, T: Target<M> + ?Sized> Tell<'a, M, T> {
    pub(crate) fn new(target: &'a T, message: M) -> Self {
        Self {
            target,
            request: Some(Request::told(message)),
            place: Place::default(),
            timeout: None,
            sleep: None,
        }
    }

    /// Waits for room this long at most, measured from the first poll.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

// Nothing in it is pinned: the message is moved into the mailbox.
impl<M: Message, T: Target<M> + ?Sized> Unpin for Tell<'_, M, T> {}

impl<M: Message, T: Target<M> + ?Sized> Future for Tell<'_, M, T> {
    type Output = Result<(), TellError<M>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        match this
            .target
            .poll_accept(&mut this.place, cx, &mut this.request)
        {
            Poll::Ready(Ok(asleep)) => {
                this.target.wake(asleep);
                return Poll::Ready(Ok(()));
            }
            Poll::Ready(Err(request)) => {
                return Poll::Ready(Err(TellError::NotRunning(request.into_message())));
            }
            Poll::Pending if waits_for_itself(this.target) => {
                this.target.leave(&mut this.place);
                return Poll::Ready(Err(TellError::WouldDeadlock(this.take_message())));
            }
            Poll::Pending => {}
        }
        let Some(timeout) = this.timeout else {
            return Poll::Pending;
        };
        ready!(
            this.sleep
                .get_or_insert_with(|| Box::pin(sleep(timeout)))
                .as_mut()
                .poll(cx)
        );
        this.target.leave(&mut this.place);
        Poll::Ready(Err(TellError::Timeout(this.take_message())))
    }
}

impl<M: Message, T: Target<M> + ?Sized> Tell<'_, M, T> {
    fn take_message(&mut self) -> M {
        self.request
            .take()
            .expect("a pending tell still has its message")
            .into_message()
    }
}

impl<M: Message, T: Target<M> + ?Sized> Drop for Tell<'_, M, T> {
    fn drop(&mut self) {
        if self.place.is_taken() {
            self.target.leave(&mut self.place);
        }
    }
}

impl<M: Message, T: Target<M> + ?Sized> fmt::Debug for Tell<'_, M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tell")
            .field("actor", self.target.about().name)
            .field("message", &M::NAME)
            .finish_non_exhaustive()
    }
}

/// Whether the actor on this thread is the one that would have to make room.
pub(crate) fn waits_for_itself<M: Message, T: Target<M> + ?Sized>(target: &T) -> bool {
    let about = target.about();
    current::actor_of(about.core.address()) == Some(about.id)
}

/// Sends without waiting.
pub(crate) fn try_tell<M: Message, T: Target<M> + ?Sized>(
    target: &T,
    message: M,
) -> Result<(), TryTellError<M>> {
    match target.try_accept(Request::told(message)) {
        Ok(asleep) => {
            target.wake(asleep);
            Ok(())
        }
        Err(Refusal::Full(request)) => Err(TryTellError::Full(request.into_message())),
        Err(Refusal::NotRunning(request)) => Err(TryTellError::NotRunning(request.into_message())),
    }
}

/// Why a tell was not accepted, with the message, which no handler has seen.
#[non_exhaustive]
pub enum TellError<M> {
    /// The actor has stopped for good, or is stopping.
    NotRunning(M),
    /// There was no room within the timeout.
    Timeout(M),
    /// The actor's own mailbox is full: waiting for room there would be waiting for itself.
    WouldDeadlock(M),
}

impl<M> TellError<M> {
    /// The message.
    pub fn into_inner(self) -> M {
        match self {
            Self::NotRunning(message) | Self::Timeout(message) | Self::WouldDeadlock(message) => {
                message
            }
        }
    }

    /// Whether the actor does not run.
    pub const fn is_not_running(&self) -> bool {
        matches!(self, Self::NotRunning(_))
    }

    /// Whether the timeout passed.
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// Whether the actor told itself, and its own mailbox is full.
    pub const fn is_would_deadlock(&self) -> bool {
        matches!(self, Self::WouldDeadlock(_))
    }
}

impl<M> fmt::Debug for TellError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRunning(_) => "NotRunning(..)",
            Self::Timeout(_) => "Timeout(..)",
            Self::WouldDeadlock(_) => "WouldDeadlock(..)",
        })
    }
}

impl<M> fmt::Display for TellError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRunning(_) => "the actor is not running",
            Self::Timeout(_) => "the mailbox had no room within the timeout",
            Self::WouldDeadlock(_) => {
                "the actor's own mailbox is full, so that it would wait for itself"
            }
        })
    }
}

impl<M> std::error::Error for TellError<M> {}

/// Why a `try_tell` was not accepted, with the message, which no handler has seen.
#[non_exhaustive]
pub enum TryTellError<M> {
    /// The mailbox is full, or others wait for room already.
    Full(M),
    /// The actor has stopped for good, or is stopping.
    NotRunning(M),
}

impl<M> TryTellError<M> {
    /// The message.
    pub fn into_inner(self) -> M {
        match self {
            Self::Full(message) | Self::NotRunning(message) => message,
        }
    }

    /// Whether the mailbox is full.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    /// Whether the actor does not run.
    pub const fn is_not_running(&self) -> bool {
        matches!(self, Self::NotRunning(_))
    }
}

impl<M> fmt::Debug for TryTellError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::NotRunning(_) => "NotRunning(..)",
        })
    }
}

impl<M> fmt::Display for TryTellError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the mailbox is full",
            Self::NotRunning(_) => "the actor is not running",
        })
    }
}

impl<M> std::error::Error for TryTellError<M> {}
