//! [`ActorRef`]: the handle to send to an actor, valid across its restarts.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};

use crate::actor::ask::Ask;
use crate::actor::cell::{Cell, Life, control};
use crate::actor::exit::ExitReason;
use crate::actor::id::ActorId;
use crate::actor::recipient::Recipient;
use crate::actor::tell::{Tell, TryTellError, try_tell};
use crate::actor::traits::{Actor, HandledBy};

/// A handle to an actor. Cheap to clone; it stays fully valid when the actor is restarted, and does
/// not keep the actor running.
///
/// Messages from one sender to one actor are handled in the order in which they were sent.
///
/// ```
/// use callboard::prelude::*;
///
/// #[derive(Message, Debug)]
/// #[message(reply = u32)]
/// struct Take(u32);
///
/// struct Stock(u32);
///
/// #[actor]
/// impl Stock {
///     #[handler]
///     fn take(&mut self, msg: Take) -> u32 {
///         self.0 = self.0.saturating_sub(msg.0);
///         self.0
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), callboard::Error> {
/// # let system = System::builder("shop").actor("stock", || Stock(10)).start().await?;
/// let stock: ActorRef<Stock> = system.actor("stock")?;
/// stock.tell(Take(1)).await?; // waits for room
/// match stock.try_tell(Take(1)) {
///     Ok(()) => {}
///     Err(TryTellError::Full(msg)) => println!("busy, later: {msg:?}"),
///     Err(error) => return Err(error.into()),
/// }
/// assert_eq!(stock.ask(Take(5)).timeout(ms(200)).await?, 3);
/// # Ok(())
/// # }
/// ```
pub struct ActorRef<A: Actor>(Arc<Cell<A>>);

/// How [`ActorRef::stop`] treats the messages that are queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopMode {
    /// They are handled first; new ones are refused.
    Drain,
    /// Only the current handler finishes. What is queued waits for the next incarnation, and
    /// becomes dead letters when there is none.
    Now,
}

impl<A: Actor> ActorRef<A> {
    pub(crate) fn new(cell: Arc<Cell<A>>) -> Self {
        Self(cell)
    }

    /// Sends a message and waits for room in the mailbox.
    ///
    /// Those who wait are admitted in the order in which they began to. An actor that is being
    /// restarted goes on taking messages, for its next incarnation.
    ///
    /// # Errors
    ///
    /// [`TellError`](crate::TellError) gives the message back, which no handler has seen.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it has sent nothing.
    pub fn tell<M: HandledBy<A>>(&self, message: M) -> Tell<'_, M, Cell<A>> {
        Tell::new(&*self.0, message)
    }

    /// Sends a message if there is room.
    ///
    /// # Errors
    ///
    /// [`TryTellError::Full`] or [`TryTellError::NotRunning`], with the message.
    pub fn try_tell<M: HandledBy<A>>(&self, message: M) -> Result<(), TryTellError<M>> {
        try_tell(&*self.0, message)
    }

    /// Sends a message, waiting for room in the mailbox, and waits for its reply: 5 seconds in all
    /// unless the future's options or [`ask_timeout`](crate::SystemBuilder::ask_timeout) say otherwise.
    ///
    /// # Errors
    ///
    /// [`AskError`](crate::AskError) says why there is no reply and whether the handler may have run.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it withdraws the message, unless its handler runs already.
    pub fn ask<M: HandledBy<A>>(&self, message: M) -> Ask<'_, M, Cell<A>> {
        Ask::new(&*self.0, message)
    }

    /// Sends a message if there is room, and waits for its reply as [`ask`](Self::ask) does.
    ///
    /// # Errors
    ///
    /// As for [`ask`](Self::ask), and [`AskError::Full`](crate::AskError::Full) with the message.
    pub fn try_ask<M: HandledBy<A>>(&self, message: M) -> Ask<'_, M, Cell<A>> {
        Ask::new(&*self.0, message).without_waiting_for_room()
    }

    /// This handle, known only by one type of message; see [`Recipient`].
    pub fn recipient<M: HandledBy<A>>(&self) -> Recipient<M> {
        Recipient::new(Arc::clone(&self.0) as _)
    }

    /// A handle that does not keep the actor's mailbox in memory.
    pub fn downgrade(&self) -> WeakActorRef<A> {
        WeakActorRef(Arc::downgrade(&self.0))
    }

    /// The actor's name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The actor's number in its system.
    pub fn id(&self) -> ActorId {
        self.0.id()
    }

    /// Which life of the actor this is: 0 before the first start, one more with each.
    pub fn incarnation(&self) -> u64 {
        self.0.incarnation()
    }

    /// Whether the actor has started and is not between two incarnations.
    pub fn is_running(&self) -> bool {
        self.0.is_running()
    }

    /// Asks the actor to stop. That is a normal exit, which its restart policy judges: a permanent
    /// child starts again. To stop a child for good is its supervisor's.
    ///
    /// It needs no room in the mailbox and overtakes every message.
    pub fn stop(&self, mode: StopMode) {
        match mode {
            StopMode::Now => self.0.signal(control::STOP),
            // In one step: were it two, the actor could start again between them.
            StopMode::Drain => self.0.refuse_sends(control::DRAIN),
        }
    }

    /// Ends the actor at once: its handler is dropped at the next `.await`, and `on_stop` does not run.
    ///
    /// That is a failure, which its restart policy judges.
    pub fn kill(&self) {
        self.0.signal(control::KILL);
    }

    /// Waits until the actor has started.
    ///
    /// # Errors
    ///
    /// It has stopped for good, for this reason.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn wait_for_start(&self) -> Result<(), ExitReason> {
        let mut life = self.0.life();
        let reached = life.wait_for(|life| !matches!(life, Life::Waiting)).await;
        match reached.as_deref() {
            Ok(Life::Stopped(reason)) => Err(reason.clone()),
            // The sender is in the cell, which this handle holds.
            _ => Ok(()),
        }
    }

    /// Waits until the actor has stopped for good: `on_stop` has ended, its name is free, its
    /// subscriptions are closed. A restart does not end the wait: a [`Permanent`](crate::Restart::Permanent)
    /// child, which is the default, starts again after a [`stop`](Self::stop), so that only its
    /// supervisor's end, or the system's, ends the wait.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn wait_for_stop(&self) -> ExitReason {
        let mut life = self.0.life();
        let reached = life.wait_for(|life| matches!(life, Life::Stopped(_))).await;
        match reached.as_deref() {
            Ok(Life::Stopped(reason)) => reason.clone(),
            // The sender is in the cell, which this handle holds.
            _ => ExitReason::Killed,
        }
    }
}

impl<A: Actor> Clone for ActorRef<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Actor> PartialEq for ActorRef<A> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<A: Actor> Eq for ActorRef<A> {}

impl<A: Actor> Hash for ActorRef<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl<A: Actor> fmt::Debug for ActorRef<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActorRef<{}>({} #{})", A::NAME, self.name(), self.id())
    }
}

/// An [`ActorRef`] that does not keep the mailbox of a stopped actor in memory.
pub struct WeakActorRef<A: Actor>(Weak<Cell<A>>);

impl<A: Actor> WeakActorRef<A> {
    /// The handle, unless the actor has stopped and nobody else holds one.
    pub fn upgrade(&self) -> Option<ActorRef<A>> {
        self.0.upgrade().map(ActorRef)
    }
}

impl<A: Actor> Clone for WeakActorRef<A> {
    fn clone(&self) -> Self {
        Self(Weak::clone(&self.0))
    }
}

impl<A: Actor> fmt::Debug for WeakActorRef<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WeakActorRef<{}>", A::NAME)
    }
}
