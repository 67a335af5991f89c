//! [`Task`]: a future that anyone may poll, one at a time.
//!
//! An ordinary task's future belongs to its executor. Here it belongs to the actor's cell: the
//! executor's task, the *driver*, polls it when it was woken, and an asker who finds it idle polls it
//! on its own stack. One word of bits decides who may:
//!
//! ```text
//!            wake: fetch_or                 driver: take
//!   idle ──────────────────▶ AWAKE ──────────────────────▶ RUNNING
//!   │                                                     │     │ wake
//!   │ helper: take                                        │     ▼
//!   ├────────────────────────────────────────▶ RUNNING    │  RUNNING|AWAKE
//!   ▲                                             │       │     │
//!   └───────────── end: nobody has woken it ──────┴───────┘     ▼ end
//!                                                             AWAKE: runs again, or the driver is woken
//! ```
//!
//! A wake is one read-modify-write, whatever the state: its writer's memory is visible to the poll
//! that follows, without a fence. Only the wake that finds the future idle has to wake the driver.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::task::{Context, Poll, Waker};

use crate::sync::prim::{AtomicU32, UnsafeCell, mutant, order};

/// There is something to do since the last poll began.
const AWAKE: u32 = 1;
/// Somebody polls, and has the future to itself.
const RUNNING: u32 = 1 << 1;
/// There is no future.
const VACANT: u32 = 1 << 2;
/// It is over: whoever has the future drops it, and there will be no other.
const DOOMED: u32 = 1 << 3;
/// The driver has left its waker. Set once and for ever.
const DRIVEN: u32 = 1 << 4;

/// What a future leaves to be done when it is gone, such as telling others that it is.
pub(crate) type Epilogue = Box<dyn FnOnce() + Send>;

type Erased = Pin<Box<dyn Future<Output = Epilogue> + Send>>;

pub(crate) struct Task {
    state: AtomicU32,
    /// Accessed by whoever has set `RUNNING`, and by `install` while it is `VACANT`.
    future: UnsafeCell<Option<(Erased, Waker)>>,
    /// Written once, by the driver's first poll before it sets `DRIVEN`; read by those who have seen
    /// that.
    driver: UnsafeCell<Option<Waker>>,
}

/// What a poll has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Polled {
    /// It waits, and will be woken.
    Idle,
    /// It was woken while it was polled: the driver must go on with it.
    Again,
    /// It is finished and gone.
    Done,
}

// SAFETY: the future is `Send`, and only who has set `RUNNING` touches it (task::one_at_a_time); the
// driver's waker is `Send` and `Sync` and written once before it is read (task::driver_is_woken).
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}

impl Task {
    pub(crate) fn new() -> Self {
        Self {
            state: AtomicU32::new(VACANT),
            future: UnsafeCell::new(None),
            driver: UnsafeCell::new(None),
        }
    }

    /// Puts a future in, which is polled with `waker`. The caller then starts the driver, if this is
    /// the first future, or wakes it.
    ///
    /// One caller at a time, and only when there is no future: the cell's supervisor.
    ///
    /// # Errors
    ///
    /// The task is doomed; the future comes back.
    pub(crate) fn install(&self, future: Erased, waker: Waker) -> Result<(), Erased> {
        // Relaxed: the caller has learned of the last future's end from its epilogue, and is after it.
        let mut state = self.state.load(Relaxed);
        if state & DOOMED != 0 {
            return Err(future);
        }
        assert!(state & VACANT != 0, "a task has one future at a time");
        self.future.with_mut(|slot| {
            // SAFETY: while it is `VACANT` nobody else touches the slot: takes fail, and installs
            // are the one supervisor's (task::installs_again).
            unsafe { *slot = Some((future, waker)) };
        });
        // What can have been added meanwhile: `AWAKE`, by a late wake, `DRIVEN`, and `DOOMED`.
        while state & DOOMED == 0 {
            let after = AWAKE | (state & DRIVEN);
            // Release: the future goes with it.
            match self
                .state
                .compare_exchange(state, after, order!(AcqRel, "task-install"), Acquire)
            {
                Ok(_) => return Ok(()),
                Err(current) => state = current,
            }
        }
        let taken = self.future.with_mut(|slot| {
            // SAFETY: as above; it is still `VACANT`.
            unsafe { (*slot).take() }
        });
        Err(taken.expect("it was put there above").0)
    }

    /// Notes that there is something to do. `true` means that the caller must have it driven.
    #[inline]
    pub(crate) fn wake(&self) -> bool {
        // Release: what the caller wrote before. Acquire: the driver's waker.
        self.state.fetch_or(AWAKE, order!(AcqRel, "task-wake")) == DRIVEN
    }

    /// Wakes the driver. For those whom [`Task::wake`] or [`Task::poll`] told to, and who put another
    /// future in or doomed the task. A driver that was never polled sees by itself what there is to do.
    pub(crate) fn wake_driver(&self) {
        // Acquire: the waker.
        if self.state.load(order!(Acquire, "task-driver-acquire")) & DRIVEN == 0 {
            return;
        }
        let waker = self.driver.with(|driver| {
            // SAFETY: it was written before `DRIVEN` was set, and is not written again
            // (task::driver_is_woken, task::doom_races_a_helper).
            unsafe { (*driver).clone() }
        });
        if let Some(waker) = waker
            && !mutant!("task-forget-driver")
        {
            waker.wake();
        }
    }

    /// Takes an idle future, to poll it here and now.
    #[inline]
    pub(crate) fn take_idle(&self) -> bool {
        // Acquire: what the last poll wrote. Relaxed on failure: nothing is touched.
        self.state
            .compare_exchange(
                DRIVEN,
                DRIVEN | RUNNING,
                order!(Acquire, "task-help"),
                Relaxed,
            )
            .is_ok()
    }

    /// Polls the future once. The caller has taken it.
    #[inline]
    pub(crate) fn poll(&self) -> Polled {
        let poll = self.future.with_mut(|slot| {
            // SAFETY: `RUNNING` is set by the caller alone (task::one_at_a_time).
            match unsafe { &mut *slot } {
                Some((future, waker)) => future.as_mut().poll(&mut Context::from_waker(waker)),
                None => Poll::Pending,
            }
        });
        if let Poll::Ready(epilogue) = poll {
            self.vacate();
            // Only now may others learn of it, who might put the next future in.
            epilogue();
            return Polled::Done;
        }
        // Release: what this poll wrote goes to the next. Acquire: what those wrote who woke it.
        let end = self.state.compare_exchange(
            DRIVEN | RUNNING,
            DRIVEN,
            order!(AcqRel, "task-end"),
            Acquire,
        );
        match end {
            Ok(_) => Polled::Idle,
            Err(_) if mutant!("task-lose-wake") => {
                self.state.store(DRIVEN, order!(Release, "task-end"));
                Polled::Idle
            }
            Err(state) if state & DOOMED != 0 => {
                self.vacate();
                Polled::Done
            }
            Err(_) => {
                // Woken meanwhile: stays `AWAKE`, for whoever takes it next.
                let before = self.state.fetch_and(!RUNNING, order!(AcqRel, "task-again"));
                if before & DOOMED != 0 {
                    // Doomed between the two steps, by one who saw somebody running.
                    self.doom();
                    return Polled::Done;
                }
                Polled::Again
            }
        }
    }

    /// Drops the future. The caller has it.
    fn vacate(&self) {
        let gone = self.future.with_mut(|slot| {
            // SAFETY: `RUNNING` is set by the caller alone (task::one_at_a_time).
            unsafe { (*slot).take() }
        });
        // What the future still held is the user's, whose panic is not the caller's: that may be a
        // supervisor, or a helper who found the task doomed.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(gone))) {
            // Even its drop may panic; what a panic carries is small.
            std::mem::forget(payload);
        }
        let mut state = self.state.load(Relaxed);
        loop {
            let after = VACANT | (state & (DOOMED | DRIVEN));
            // Relaxed: the next future is put in after the epilogue, which orders it after this.
            match self.state.compare_exchange(state, after, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(current) => state = current,
            }
        }
    }

    /// The driver's poll. Takes the future if there is something to do, and polls it up to `budget`
    /// times. Ready when the task is doomed.
    pub(crate) fn drive(&self, cx: &Context<'_>, is_first: bool, budget: u32) -> Poll<()> {
        if is_first {
            self.driver.with_mut(|driver| {
                // SAFETY: this is the first poll of the one driver, and nobody reads this before
                // `DRIVEN` is set below (task::driver_is_woken).
                unsafe { *driver = Some(cx.waker().clone()) };
            });
            // Release: the waker. Whatever was done before this and needed a driver is seen below,
            // since all of it is in this one word.
            self.state
                .fetch_or(DRIVEN, order!(AcqRel, "task-driver-release"));
        }
        for _ in 0..budget {
            // Acquire: what those wrote who woke it, and what the last poll wrote.
            let taken = self.state.compare_exchange(
                DRIVEN | AWAKE,
                DRIVEN | RUNNING,
                order!(AcqRel, "task-take"),
                Acquire,
            );
            match taken {
                Ok(_) => {}
                Err(state) if state & DOOMED != 0 => return Poll::Ready(()),
                // Idle, or polled by a helper, who wakes this driver if it has to go on.
                Err(_) => return Poll::Pending,
            }
            match self.poll() {
                Polled::Idle => return Poll::Pending,
                Polled::Again => {}
                Polled::Done if self.state.load(Acquire) & DOOMED != 0 => return Poll::Ready(()),
                Polled::Done => return Poll::Pending,
            }
        }
        // Still awake: give way to others and come back.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Ends the task: drops the future, or has its poller do so. Called when the executor drops the
    /// driver, and when the cell ends for good; in the latter case the driver must be woken as well.
    pub(crate) fn doom(&self) {
        let mut state = self.state.load(Relaxed);
        loop {
            // Somebody polls, and drops it afterwards; or there is none; or it is ours to drop.
            let is_ours = state & (RUNNING | VACANT) == 0;
            let after = if is_ours {
                RUNNING | DOOMED | (state & DRIVEN)
            } else {
                state | DOOMED
            };
            match self
                .state
                .compare_exchange(state, after, order!(AcqRel, "task-doom"), Acquire)
            {
                Ok(_) if is_ours => return self.vacate(),
                Ok(_) => return,
                Err(current) => state = current,
            }
        }
    }
}

#[cfg(all(test, not(callboard_loom)))]
mod tests {
    use super::*;

    struct PanicsWhenDropped;

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }

    /// Else the supervisor that gives a task up would end with it.
    #[test]
    fn a_panic_in_the_drop_of_a_future_is_not_that_of_who_dooms_it() {
        let task = Task::new();
        let held = PanicsWhenDropped;
        let future = async move {
            std::future::pending::<()>().await;
            drop(held);
            Box::new(|| ()) as Epilogue
        };
        assert!(
            task.install(Box::pin(future), Waker::noop().clone())
                .is_ok()
        );
        let cx = Context::from_waker(Waker::noop());
        assert!(task.drive(&cx, true, 1).is_pending());
        task.doom();
        assert!(task.drive(&cx, false, 1).is_ready());
    }
}
