//! Who polls an actor: its driver, which is a tokio task, or somebody who asks it while it is idle.
//!
//! An asker who finds the actor idle runs its loop for one poll on the asker's own stack: no task
//! switch and no wake-up, as if the actor were behind a lock. The loop is the same either way. If the
//! handler awaits, it goes on under the actor's own waker, driven by the driver; the asker waits for
//! its reply, and dropping the asker changes nothing, since the future is not the asker's.
//!
//! It is not done
//! - from a thread outside the system's runtime: the handler might use it;
//! - deeper than [`DEPTH`] actors: each level is stack;
//! - inside a tracing span: the handler must not appear to run in its asker's;
//! - at an actor whose polls were long: it would serialise askers who could go on meanwhile;
//! - at one that is busy, gives way, or stops: what is handed over must be taken in the same poll, or
//!   the mailbox would hold more than its capacity.
//!
//! What can't be hidden is what tokio keeps per task: a handler that runs on the asker's stack sees the
//! asker's task-locals and task id until its first await, and spends the asker's cooperative budget. The
//! latter is right, since otherwise a task that asks in a loop would never give way.

use std::cell::Cell as StdCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll, Wake};
use std::time::Duration;

use tokio::runtime;
use tokio::time::Instant;

use crate::actor::cell::Cell;
use crate::actor::current;
use crate::actor::traits::Actor;
use crate::sync::{Polled, Sleeps};

/// How many actors may be polled on top of each other.
const DEPTH: u32 = 8;

/// How often the driver polls one actor before it gives way to other tasks.
const POLLS_PER_TURN: u32 = 4;

/// A poll longer than this is better done by a worker of its own: some ten times what a wake costs.
const LONG_POLL: Duration = Duration::from_micros(20);

/// One poll in so many is measured; reading the clock costs half of what a whole ask does.
const MEASURED: u32 = 16;

/// How many asks an actor with a long poll gets no help for, until it is tried again.
const UNHELPED: u32 = 1024;

/// Whether askers run the actors that they ask.
///
/// A handler can't tell, with one exception: tokio's task-locals and task id are the asker's while the
/// handler runs on the asker's task, which is until its first `.await` that waits. An actor whose
/// handlers depend on either is set to [`Never`](Self::Never).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum InlineAsk {
    /// Never: every message is handled by the actor's own task.
    Never,
    /// When the actor is idle and its handlers are short. The default.
    #[default]
    Auto,
    /// Whenever the actor is idle, however long its handlers are. For tests.
    Always,
}

impl InlineAsk {
    /// The mode that the environment asks for, else the default.
    pub(crate) fn from_environment() -> Self {
        match std::env::var("CALLBOARD_INLINE").as_deref() {
            Ok("never") => Self::Never,
            Ok("always") => Self::Always,
            _ => Self::Auto,
        }
    }
}

/// What is known of an actor's polls. Statistics, hence `Relaxed` and without read-modify-writes: a
/// lost update costs a measurement.
#[derive(Debug, Default)]
pub(crate) struct Experience {
    /// Asks that still get no help.
    unhelped: AtomicU32,
    helped: AtomicU32,
}

impl Experience {
    fn is_short(&self) -> bool {
        let left = self.unhelped.load(Relaxed);
        if left > 0 {
            self.unhelped.store(left - 1, Relaxed);
        }
        left == 0
    }

    fn is_to_be_measured(&self) -> bool {
        let helped = self.helped.load(Relaxed);
        self.helped.store(helped.wrapping_add(1), Relaxed);
        helped.is_multiple_of(MEASURED)
    }

    fn note(&self, poll: Duration) {
        if poll > LONG_POLL {
            self.unhelped.store(UNHELPED, Relaxed);
            // The next help is measured again.
            self.helped.store(0, Relaxed);
        }
    }
}

thread_local! {
    /// How many actors are polled on top of each other by askers on this thread.
    static HELPS: StdCell<u32> = const { StdCell::new(0) };

    /// The task that last asked on this thread, and its runtime.
    static HOME: StdCell<Option<(tokio::task::Id, runtime::Id)>> = const { StdCell::new(None) };
}

impl<A: Actor> Cell<A> {
    /// Has the actor look at its mailbox, its control bits and whatever else it waits for.
    pub(crate) fn wake_now(&self) {
        if self.task.wake() {
            self.task.wake_driver();
        }
    }

    pub(crate) fn wake_if(&self, sleeps: Sleeps) {
        if sleeps.0 {
            self.wake_now();
        }
    }

    /// Sets control bits and has the actor see them.
    pub(crate) fn signal(&self, bits: u32) {
        self.mailbox.signal(bits);
        self.wake_now();
    }

    /// Wakes a sleeping actor, or polls it here and now for one who waits for it.
    pub(crate) fn help_if(&self, sleeps: Sleeps) {
        if !sleeps.0 {
            return;
        }
        if self.may_be_helped() && self.task.take_idle() {
            self.poll_here();
        } else {
            self.wake_now();
        }
    }

    /// Polls the actor, which the caller has taken.
    pub(crate) fn poll_here(&self) {
        HELPS.set(HELPS.get() + 1);
        let started = self.experience.is_to_be_measured().then(Instant::now);
        // The run loop catches every panic, so that the lines after it are always reached.
        let polled = self.task.poll();
        if let Some(started) = started {
            self.experience.note(started.elapsed());
        }
        HELPS.set(HELPS.get() - 1);
        if polled == Polled::Again {
            self.task.wake_driver();
        }
    }

    pub(crate) fn may_be_helped(&self) -> bool {
        let willing = match self.inline {
            InlineAsk::Never => false,
            InlineAsk::Auto => self.experience.is_short(),
            InlineAsk::Always => true,
        };
        willing && HELPS.get() < DEPTH && self.is_at_home() && !has_span()
    }

    /// Whether this thread runs the system's runtime now.
    fn is_at_home(&self) -> bool {
        let core = self.core();
        // An actor of the same system is polled here, and those run nowhere else.
        current::actor_of(core.address()).is_some() || core.runtime == runtime_here()
    }
}

/// The runtime that this thread runs now. A task stays in its runtime, so that it is asked once per task.
#[inline]
fn runtime_here() -> Option<runtime::Id> {
    let task = tokio::task::try_id();
    if let Some((known, runtime)) = HOME.get()
        && task == Some(known)
    {
        return Some(runtime);
    }
    let runtime = runtime::Handle::try_current().ok()?.id();
    HOME.set(task.map(|task| (task, runtime)));
    Some(runtime)
}

/// Whether the thread is in a tracing span, which can't be left for a while from outside.
#[inline]
fn has_span() -> bool {
    tracing::level_filters::LevelFilter::current() != tracing::level_filters::LevelFilter::OFF
        && !tracing::Span::current().is_none()
}

impl<A: Actor> Wake for Cell<A> {
    fn wake(self: Arc<Self>) {
        self.wake_now();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_now();
    }
}

/// The tokio task of an actor, over all its lives.
pub(crate) struct Driver<A: Actor> {
    cell: Arc<Cell<A>>,
    was_polled: bool,
}

impl<A: Actor> Driver<A> {
    pub(crate) fn new(cell: Arc<Cell<A>>) -> Self {
        Self {
            cell,
            was_polled: false,
        }
    }
}

impl<A: Actor> Future for Driver<A> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let is_first = !std::mem::replace(&mut self.was_polled, true);
        self.cell.task.drive(cx, is_first, POLLS_PER_TURN)
    }
}

impl<A: Actor> Drop for Driver<A> {
    fn drop(&mut self) {
        // Dropped by a runtime that ends, the actor ends with it.
        self.cell.task.doom();
    }
}
