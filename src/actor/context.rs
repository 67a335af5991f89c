//! [`Context`]: what a handler knows of its own actor, and what it can do besides sending.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use parking_lot::Mutex;

use crate::actor::actor_ref::ActorRef;
use crate::actor::addressed::RequestTo;
use crate::actor::cell::Cell;
use crate::actor::core::SystemCore;
use crate::actor::current;
use crate::actor::exit::ExitReason;
use crate::actor::id::{ActorId, MessageId};
use crate::actor::registry::LookupError;
use crate::actor::reply::Request;
use crate::actor::start::StartError;
use crate::actor::timers::{TimerHandle, Timers};
use crate::actor::traits::{Actor, HandledBy};
use crate::sync::Receiver;
use crate::sync::ring::Next;

/// Passed to handlers and hooks as `ctx: &mut Context<Self>`: the actor's own reference, timers,
/// children, publishing, and stopping.
///
/// ```
/// use callboard::prelude::*;
///
/// #[derive(Message, Clone)]
/// struct Tick;
///
/// struct Heartbeat {
///     left: u32,
/// }
///
/// #[actor]
/// impl Heartbeat {
///     #[on_start]
///     fn begin(&mut self, ctx: &mut Context<Self>) {
///         ctx.tell_every(ms(10), Tick);
///     }
///
///     #[handler]
///     fn beat(&mut self, _: Tick, ctx: &mut Context<Self>) {
///         self.left -= 1;
///         if self.left == 0 {
///             ctx.stop();
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), callboard::Error> {
/// # let system = System::builder("test").start().await?;
/// let spec = ChildSpec::new("heartbeat", || Heartbeat { left: 3 }).restart(Restart::Transient);
/// let heartbeat = system.spawn(spec).await?;
/// assert!(heartbeat.wait_for_stop().await.is_normal());
/// # Ok(())
/// # }
/// ```
///
/// It is `Sync` although messages need not be, so that a handler can hold `&ctx` across an await:
/// what is not `Sync` in it is in locks that are never locked, only reached through `&mut`.
pub struct Context<A: Actor> {
    cell: Arc<Cell<A>>,
    incarnation: u64,
    timers: Mutex<Timers<A::Envelope>>,
    /// Set by a handler that wants this to be its last message.
    exit: Option<ExitReason>,
    /// The supervisor of the actor's children, made with the first of them.
    children: Mutex<Option<Box<dyn Children>>>,
    /// Timers and mailbox take turns, so that neither starves the other.
    timer_had_turn: bool,
}

/// The children of one incarnation, whoever supervises them.
pub(crate) trait Children: Send {
    /// Resolves when none is left: because they were stopped, or failed more often than allowed.
    fn poll_ended(&mut self, cx: &mut TaskContext<'_>) -> Poll<ExitReason>;
    /// Asks all of them to stop, in reverse order of their start.
    fn stop(&self);
    /// Ends all of them at once.
    fn kill(&self);
    fn as_any(&mut self) -> &mut dyn std::any::Any;
}

/// What the run loop does next. Small: what belongs to it waits in the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Control(u32),
    /// There is a message in the mailbox.
    Message,
    /// There is a message of a timer, for [`Context::take_fired`].
    Timer,
    /// The children have failed, and the reason is set.
    ChildrenFailed,
    /// The mailbox is closed and empty.
    End,
}

impl<A: Actor> Context<A> {
    pub(crate) fn new(cell: Arc<Cell<A>>, incarnation: u64) -> Self {
        Self {
            cell,
            incarnation,
            timers: Mutex::new(Timers::new()),
            exit: None,
            children: Mutex::new(None),
            timer_had_turn: false,
        }
    }

    pub(crate) fn cell(&self) -> &Arc<Cell<A>> {
        &self.cell
    }

    pub(crate) fn core(&self) -> &Arc<SystemCore> {
        self.cell.core()
    }

    pub(crate) fn children(&mut self) -> &mut Option<Box<dyn Children>> {
        self.children.get_mut()
    }

    /// The message of the timer whose turn it is.
    pub(crate) fn take_fired(&mut self) -> Option<A::Envelope> {
        self.timers.get_mut().fired.take()
    }

    /// Ends the actor after this handler, whatever the handler has asked for.
    pub(crate) fn end_with(&mut self, reason: ExitReason) {
        self.exit = Some(reason);
    }

    #[inline]
    pub(crate) fn has_timers(&mut self) -> bool {
        !self.timers.get_mut().is_empty()
    }

    #[inline]
    pub(crate) fn has_exit(&self) -> bool {
        self.exit.is_some()
    }

    pub(crate) fn take_exit(&mut self) -> Option<ExitReason> {
        self.exit.take()
    }

    /// The actor's own reference.
    pub fn actor_ref(&self) -> ActorRef<A> {
        ActorRef::new(Arc::clone(&self.cell))
    }

    /// The actor's name.
    pub fn name(&self) -> &str {
        self.cell.name()
    }

    /// The actor's number in its system.
    pub fn id(&self) -> ActorId {
        self.cell.id()
    }

    /// Which life of the actor this is: 1 from the first start, one more after each restart.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// The message or event that is being handled; `None` in `on_start` and `on_stop`.
    pub fn message_id(&self) -> Option<MessageId> {
        current::message()
    }

    /// The message or event that began the chain which led to the one being handled.
    pub fn correlation_id(&self) -> Option<MessageId> {
        current::cause().map(|cause| cause.root)
    }

    /// The actor of that name.
    ///
    /// All names of the builder are known before any `on_start` runs, so that services can look
    /// each other up there in any order.
    ///
    /// ```
    /// use callboard::prelude::*;
    ///
    /// # #[derive(Message)]
    /// # #[message(reply = bool)]
    /// # struct Reserve;
    /// # struct Inventory;
    /// # #[actor]
    /// # impl Inventory {
    /// #     #[handler]
    /// #     fn reserve(&mut self, _: Reserve) -> bool { true }
    /// # }
    /// #[derive(Default)]
    /// struct Orders {
    ///     inventory: Option<ActorRef<Inventory>>,
    /// }
    ///
    /// #[actor]
    /// impl Orders {
    ///     #[on_start]
    ///     fn find_inventory(&mut self, ctx: &mut Context<Self>) -> Result<(), StartError> {
    ///         self.inventory = Some(ctx.actor("inventory")?);
    ///         Ok(())
    ///     }
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), callboard::Error> {
    /// # let system = System::builder("shop").actor("orders", Orders::default);
    /// # system.actor("inventory", || Inventory).start().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// There is none, it has stopped for good, or it is another service.
    pub fn actor<B: Actor>(&self, name: &str) -> Result<ActorRef<B>, LookupError> {
        self.core().registry.find(name)
    }

    /// Sends a message to this actor after a delay.
    ///
    /// When it is due, the message is handled after the current one and needs no room in the
    /// mailbox: timers and mailbox take turns. It is forgotten when this incarnation ends, by a
    /// restart or a stop.
    pub fn tell_after<M: HandledBy<A>>(&mut self, delay: Duration, message: M) -> TimerHandle {
        self.timers
            .get_mut()
            .after(delay, M::wrap(RequestTo::new(Request::told(message))))
    }

    /// Sends copies of a message to this actor, the first after one period.
    ///
    /// Ticks that were missed because the actor was busy are skipped, and the rhythm stays that of
    /// the first tick. It is forgotten when this incarnation ends, as for
    /// [`tell_after`](Self::tell_after).
    ///
    /// # Panics
    ///
    /// If the period is zero.
    #[track_caller]
    pub fn tell_every<M: HandledBy<A> + Clone>(
        &mut self,
        period: Duration,
        message: M,
    ) -> TimerHandle {
        assert!(
            !period.is_zero(),
            "the period of `tell_every` must not be zero"
        );
        self.timers.get_mut().every(period, move || {
            M::wrap(RequestTo::new(Request::told(message.clone())))
        })
    }

    /// Stops the actor after this handler: a normal exit, which its restart policy judges. A
    /// [`Permanent`](crate::Restart::Permanent) child, which is the default, starts again.
    pub fn stop(&mut self) {
        self.exit.get_or_insert(ExitReason::Normal);
    }

    /// Ends the actor after this handler as a failure, which its supervisor answers.
    ///
    /// The handler's own result still reaches its asker.
    pub fn fail(&mut self, why: impl Into<StartError>) {
        self.exit = Some(ExitReason::Failed(why.into()));
    }

    /// Waits for the next thing to do: what was handed over, then control bits, then a timer and the mailbox in turn.
    pub(crate) fn poll_turn(
        &mut self,
        receiver: &mut Receiver,
        draining: bool,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Turn> {
        // What was handed over beside the mailbox is not in its count, and must not stay there: it goes
        // before a control bit that was set while it was handed over.
        if receiver.handed(&self.cell.mailbox).is_some() {
            return Poll::Ready(Turn::Message);
        }
        if let Some(children) = self.children()
            && let Poll::Ready(reason) = children.poll_ended(cx)
        {
            self.exit = Some(reason);
            return Poll::Ready(Turn::ChildrenFailed);
        }
        let bits = self.cell.mailbox.take_control(u32::MAX);
        if bits != 0 {
            return Poll::Ready(Turn::Control(bits));
        }
        if !self.timer_had_turn
            && let Poll::Ready(turn) = self.poll_timer(draining, cx)
        {
            self.timer_had_turn = true;
            return Poll::Ready(turn);
        }
        self.timer_had_turn = false;
        match receiver.look(&self.cell.mailbox) {
            Next::Value => Poll::Ready(Turn::Message),
            Next::End => Poll::Ready(Turn::End),
            // The timer was not asked above if the last turn was its own.
            Next::Sleep => self.poll_timer(draining, cx),
        }
    }

    fn poll_timer(&mut self, draining: bool, cx: &mut TaskContext<'_>) -> Poll<Turn> {
        // A draining actor handles what was sent before the stop, and no more.
        if draining || self.timers.get_mut().is_empty() {
            return Poll::Pending;
        }
        self.timers.get_mut().poll_due(cx).map(|envelope| {
            self.cell.fired.fetch_add(1, Relaxed);
            self.timers.get_mut().fired = Some(envelope);
            Turn::Timer
        })
    }
}

impl<A: Actor> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("actor", self.cell.name())
            .field("incarnation", &self.incarnation)
            .finish_non_exhaustive()
    }
}
