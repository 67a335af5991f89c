//! [`Cell`]: what stays of an actor across its incarnations: mailbox, counters, name, state of life.

use std::any::{Any, type_name};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed},
};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::actor::core::SystemCore;
use crate::actor::drive::{Experience, InlineAsk};
use crate::actor::envelope::{Envelope, Parcel};
use crate::actor::exit::ExitReason;
use crate::actor::id::ActorId;
use crate::actor::registry::{AnyCell, NameTaken};
use crate::actor::traits::Actor;
use crate::actor::wiring::{Guard, Wiring};
use crate::observe::{ActorStats, Counters, DeadLetterReason, Straggler};
use crate::sync::{Receiver, Ring, Task};

/// Bits of the control lane. A request by the supervisor has bits of its own: it is void once the
/// supervisor starts the next incarnation, whereas a request through a reference is kept.
pub(crate) mod control {
    /// Stop after the current handler.
    pub(crate) const STOP: u32 = 1;
    /// Refuse new messages, handle those that are queued, then stop.
    pub(crate) const DRAIN: u32 = 1 << 1;
    /// Drop the handler at its next await.
    pub(crate) const KILL: u32 = 1 << 2;
    pub(crate) const STOP_BY_SUPERVISOR: u32 = 1 << 3;
    pub(crate) const DRAIN_BY_SUPERVISOR: u32 = 1 << 4;
    pub(crate) const KILL_BY_SUPERVISOR: u32 = 1 << 5;

    pub(crate) const ANY_KILL: u32 = KILL | KILL_BY_SUPERVISOR;
    pub(crate) const BY_SUPERVISOR: u32 =
        STOP_BY_SUPERVISOR | DRAIN_BY_SUPERVISOR | KILL_BY_SUPERVISOR;
}

/// Where an actor is in its life.
#[derive(Debug, Clone)]
pub(crate) enum Life {
    /// Not started yet, or between two incarnations.
    Waiting,
    /// `on_start` has returned.
    Running,
    /// It will not run again.
    Stopped(ExitReason),
}

/// Sealed: it appears in the types of futures, so that it is `pub`, but no path leads to it.
#[expect(missing_debug_implementations, reason = "nobody outside can reach it")]
pub struct Cell<A: Actor> {
    id: ActorId,
    name: Arc<str>,
    module: Arc<str>,
    core: Arc<SystemCore>,
    pub(crate) mailbox: Ring<Parcel<A::Envelope>>,
    /// The right to receive, while no incarnation has it.
    receiver: Mutex<Option<Receiver>>,
    /// The run loop of the current incarnation, and who may poll it.
    pub(crate) task: Task,
    pub(crate) inline: InlineAsk,
    pub(crate) experience: Experience,
    pub(crate) counters: Counters,
    /// Timers hand their messages to the run loop directly; these are accepted too.
    pub(crate) fired: AtomicU64,
    life: watch::Sender<Life>,
    incarnation: AtomicU64,
    /// The handler that runs now: its index plus [`DOING_HANDLER`], or one of the `DOING_` numbers.
    doing: AtomicU32,
    /// Subscriptions and the like, dropped when the actor stops for good.
    guards: Mutex<Vec<Guard>>,
    /// Whether the final counters are kept under the actor's own name.
    keeps_stats: bool,
}

const DOING_NOTHING: u32 = 0;
pub(crate) const DOING_START: u32 = 1;
pub(crate) const DOING_STOP: u32 = 2;
/// It gives way to others, or waits for its children to end. Nothing can be handed to it meanwhile.
pub(crate) const DOING_OTHER: u32 = 3;
const DOING_HANDLER: u32 = 4;

/// How a cell is set up.
pub(crate) struct CellOptions {
    pub(crate) name: Arc<str>,
    pub(crate) module: Arc<str>,
    pub(crate) capacity: usize,
    pub(crate) keeps_stats: bool,
    pub(crate) inline: InlineAsk,
}

impl<A: Actor> Cell<A> {
    /// Registers a new actor under its name and subscribes its event handlers.
    pub(crate) fn attach(
        core: &Arc<SystemCore>,
        options: CellOptions,
    ) -> Result<Arc<Self>, NameTaken> {
        let id = core.next_id();
        let cell = Arc::new(Self {
            id,
            name: options.name,
            module: options.module,
            core: Arc::clone(core),
            mailbox: Ring::new(options.capacity),
            receiver: Mutex::new(None),
            task: Task::new(),
            inline: options.inline,
            experience: Experience::default(),
            counters: Counters::default(),
            fired: AtomicU64::new(0),
            life: watch::Sender::new(Life::Waiting),
            incarnation: AtomicU64::new(0),
            doing: AtomicU32::new(DOING_NOTHING),
            guards: Mutex::new(Vec::new()),
            keeps_stats: options.keeps_stats,
        });
        // Only now does the ring have its final place.
        *cell.receiver.lock() = Some(cell.mailbox.receiver());
        let weak = Arc::downgrade(&cell);
        core.registry.add(id, &cell.name, weak)?;
        let mut wiring = Wiring::new(&cell);
        A::subscriptions(&mut wiring);
        let guards = wiring.into_guards();
        *cell.guards.lock() = guards;
        Ok(cell)
    }

    pub(crate) fn id(&self) -> ActorId {
        self.id
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn module(&self) -> &Arc<str> {
        &self.module
    }

    pub(crate) fn core(&self) -> &Arc<SystemCore> {
        &self.core
    }

    pub(crate) fn life(&self) -> watch::Receiver<Life> {
        self.life.subscribe()
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(*self.life.borrow(), Life::Running)
    }

    pub(crate) fn has_stopped(&self) -> bool {
        matches!(*self.life.borrow(), Life::Stopped(_))
    }

    /// Notes where the actor is in its life. One that was given up, because it did not stop, does
    /// not come back from the dead when it goes on at last.
    pub(crate) fn set_life(&self, life: Life) {
        self.life.send_if_modified(|current| {
            let lives = !matches!(current, Life::Stopped(_));
            if lives {
                *current = life;
            }
            lives
        });
    }

    /// The number of the current life, 0 before the first.
    pub(crate) fn incarnation(&self) -> u64 {
        self.incarnation.load(Relaxed)
    }

    /// Opens the mailbox for the next life and returns its number. What the supervisor asked of
    /// the last life is void; what was asked through a reference is not.
    pub(crate) fn begin_incarnation(&self) -> u64 {
        self.mailbox.take_control(control::BY_SUPERVISOR);
        let before = self.incarnation.fetch_add(1, Relaxed);
        if before > 0 {
            Counters::count(&self.counters.restarts);
            // A drain that was asked for between the two lives goes on in the next one.
            self.mailbox.reopen_unless(control::DRAIN);
        }
        before + 1
    }

    pub(crate) fn set_doing(&self, hook: u32) {
        self.doing.store(hook, Relaxed);
    }

    pub(crate) fn set_doing_handler(&self, index: usize) {
        let index = u32::try_from(index).unwrap_or(u32::MAX - DOING_HANDLER);
        self.doing.store(DOING_HANDLER + index, Relaxed);
    }

    /// Whether it waits for the next message, and takes one as soon as it is polled.
    #[inline]
    pub(crate) fn is_at_rest(&self) -> bool {
        self.doing.load(Relaxed) == DOING_NOTHING
    }

    pub(crate) fn set_idle(&self) {
        self.doing.store(DOING_NOTHING, Relaxed);
    }

    /// Refuses sends from now on, and sets these control bits in the same instant. Deposits in the
    /// line reach nobody.
    pub(crate) fn refuse_sends(&self, bits: u32) {
        let refused = self.mailbox.close(bits);
        self.wake_now();
        for parcel in refused {
            self.undeliverable(DeadLetterReason::Stopped, parcel.envelope);
        }
    }

    /// Ends the actor for good: what is queued becomes dead letters, its connections end, its name
    /// is free again, and only then do those who wait for its end learn of it. Doing it twice is
    /// doing it once.
    pub(crate) fn terminate(&self, reason: ExitReason) {
        if self.has_stopped() {
            return;
        }
        self.refuse_sends(0);
        self.bury_queue();
        let guards = std::mem::take(&mut *self.guards.lock());
        drop(guards);
        let keep_as = if self.keeps_stats {
            Arc::clone(&self.name)
        } else {
            "(stopped)".into()
        };
        let mut last = self.stats();
        last.stopped = true;
        self.core
            .registry
            .remove(self.id, &self.name, keep_as, last);
        tracing::debug!(target: "callboard::actor", actor = &*self.name, %reason, "stopped");
        self.set_life(Life::Stopped(reason));
        // An incarnation that was given up may have ended in between.
        self.bury_queue();
        self.task.doom();
        self.task.wake_driver();
    }

    /// Makes dead letters of what is queued, unless an incarnation that could not be ended still
    /// holds the right to receive; then it does so itself, when it ends at last.
    fn bury_queue(&self) {
        let Some(mut receiver) = self.receiver.lock().take() else {
            return;
        };
        while let Some(parcel) = receiver.drain(&self.mailbox) {
            Counters::count_alone(&self.counters.taken);
            Counters::count(&self.counters.dead_lettered);
            self.undeliverable(DeadLetterReason::Stopped, parcel.envelope);
        }
        *self.receiver.lock() = Some(receiver);
    }

    /// The right to receive, for one incarnation.
    ///
    /// # Panics
    ///
    /// If another one has it.
    pub(crate) fn lease(self: &Arc<Self>) -> Lease<A> {
        let receiver = self.receiver.lock().take();
        Lease {
            cell: Arc::clone(self),
            receiver: Some(receiver.expect("one incarnation runs at a time")),
        }
    }

    /// Notes that the actor does not end although it was killed.
    pub(crate) fn note_straggler(&self) {
        let straggler = Straggler {
            actor: Arc::clone(&self.name),
            stuck_in: self.doing(),
        };
        tracing::error!(
            target: "callboard::actor",
            actor = &*self.name,
            stuck_in = straggler.stuck_in,
            "did not stop in time"
        );
        self.core.stragglers.lock().push(straggler);
    }

    /// Makes a dead letter of an envelope, or gives it back to its asker. Counted by the caller,
    /// as only what was accepted is this mailbox's.
    pub(crate) fn undeliverable(&self, reason: DeadLetterReason, envelope: A::Envelope) {
        let message = A::HANDLERS[envelope.index()].message;
        // The message is the user's value, and dropping or sending it may panic.
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let payload = envelope.refuse();
            self.core.dead_letter(reason, &self.name, message, payload);
        }));
        if let Err(payload) = caught {
            let panic = crate::actor::exit::PanicInfo::caught(payload);
            tracing::error!(target: "callboard::actor", actor = &*self.name, message, %panic, "dropping a message panicked");
        }
    }
}

/// The right to receive from a cell's mailbox. It goes back to the cell when it is dropped.
pub(crate) struct Lease<A: Actor> {
    cell: Arc<Cell<A>>,
    /// `None` in the drop only.
    receiver: Option<Receiver>,
}

impl<A: Actor> Lease<A> {
    pub(crate) fn receiver(&mut self) -> &mut Receiver {
        self.receiver.as_mut().expect("it is there until the drop")
    }
}

impl<A: Actor> Drop for Lease<A> {
    fn drop(&mut self) {
        let mailbox = &self.cell.mailbox;
        if let Some(mut receiver) = self.receiver.take() {
            let _ = receiver.make_room(mailbox);
            *self.cell.receiver.lock() = Some(receiver);
        }
        if self.cell.has_stopped() {
            self.cell.bury_queue();
        }
    }
}

impl<A: Actor> AnyCell for Cell<A> {
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn service_type(&self) -> &'static str {
        type_name::<A>()
    }

    fn stats(&self) -> ActorStats {
        // `taken` first: it never passes `accepted`, whatever happens between the two loads.
        let taken = self.counters.taken.load(Acquire);
        let accepted = self.mailbox.accepted() + self.counters.handed.load(Relaxed);
        let busy = self.doing.load(Relaxed) >= DOING_HANDLER;
        ActorStats {
            name: Arc::clone(&self.name),
            module: Arc::clone(&self.module),
            service: A::NAME,
            accepted: accepted + self.fired.load(Relaxed),
            handled: self.counters.handled.load(Relaxed),
            failed: self.counters.failed.load(Relaxed),
            dead_lettered: self.counters.dead_lettered.load(Relaxed),
            expired: self.counters.expired.load(Relaxed),
            queued: accepted.saturating_sub(taken) + u64::from(busy),
            restarts: self.counters.restarts.load(Relaxed),
            incarnation: self.incarnation(),
            capacity: self.mailbox.capacity(),
            stopped: self.has_stopped(),
        }
    }

    fn doing(&self) -> Option<&'static str> {
        match self.doing.load(Relaxed) {
            DOING_NOTHING | DOING_OTHER => None,
            DOING_START => Some("on_start"),
            DOING_STOP => Some("on_stop"),
            index => A::HANDLERS
                .get((index - DOING_HANDLER) as usize)
                .map(|info| info.handler),
        }
    }
}
