//! The actor cell's scheduling: one poll at a time, no lost wake, helpers, restart and end.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Poll, Waker};

use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use loom::sync::{Arc, Notify};
use loom::thread;

use super::explore;
use crate::sync::task::{Epilogue, Polled, Task};

/// State that only the poller may touch, as an actor's is.
struct Actor {
    task: Task,
    flag: AtomicUsize,
    state: UnsafeCell<usize>,
    drops: AtomicUsize,
    /// Epilogues that have run.
    ends: AtomicUsize,
    /// Rung by them.
    gone: Notify,
}

// SAFETY: `state` is touched by the poller alone, which is what the models are about.
unsafe impl Sync for Actor {}
// SAFETY: as above.
unsafe impl Send for Actor {}

struct NotesItsDrop(Arc<Actor>);

impl Drop for NotesItsDrop {
    fn drop(&mut self) {
        self.0.drops.fetch_add(1, Relaxed);
    }
}

impl Actor {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            task: Task::new(),
            flag: AtomicUsize::new(0),
            state: UnsafeCell::new(0),
            drops: AtomicUsize::new(0),
            ends: AtomicUsize::new(0),
            gone: Notify::new(),
        })
    }

    /// A future that is ready when the flag has reached a number.
    fn until(this: &Arc<Self>, flag: usize) -> Pin<Box<dyn Future<Output = Epilogue> + Send>> {
        let guard = NotesItsDrop(Arc::clone(this));
        Box::pin(poll_fn(move |_| {
            // loom sees two of these overlap.
            // SAFETY: the task polls one at a time, which is what the model is about.
            guard.0.state.with_mut(|state| unsafe { *state += 1 });
            if guard.0.flag.load(Relaxed) < flag {
                return Poll::Pending;
            }
            let actor = Arc::clone(&guard.0);
            let epilogue: Epilogue = Box::new(move || {
                actor.ends.fetch_add(1, AcqRel);
                actor.gone.notify();
            });
            Poll::Ready(epilogue)
        }))
    }

    fn install(this: &Arc<Self>, flag: usize) -> bool {
        this.task
            .install(Self::until(this, flag), Waker::noop().clone())
            .is_ok()
    }

    fn raise(&self) {
        self.flag.fetch_add(1, Relaxed);
        self.wake();
    }

    fn wake(&self) {
        if self.task.wake() {
            self.task.wake_driver();
        }
    }

    /// What an asker does: polls the actor here, if it is idle, and else wakes it.
    fn help(&self) {
        if self.task.take_idle() {
            if self.task.poll() == Polled::Again {
                self.task.wake_driver();
            }
        } else {
            self.wake();
        }
    }

    fn drive(this: &Arc<Self>) -> thread::JoinHandle<()> {
        let actor = Arc::clone(this);
        thread::spawn(move || {
            let mut is_first = true;
            block_on(poll_fn(|cx| {
                let first = std::mem::replace(&mut is_first, false);
                actor.task.drive(cx, first, 2)
            }));
        })
    }

    fn end(&self) {
        self.task.doom();
        self.task.wake_driver();
    }

    /// The bell may ring for nothing.
    fn wait_for_ends(&self, ends: usize) {
        while self.ends.load(Acquire) < ends {
            self.gone.wait();
        }
    }

    fn drops(&self) -> usize {
        self.drops.load(Relaxed)
    }
}

/// A wake at any moment reaches the future.
#[test]
fn driver_is_woken() {
    explore("task::driver_is_woken", || {
        let actor = Actor::new();
        assert!(Actor::install(&actor, 1));
        let driver = Actor::drive(&actor);
        let waker = Arc::clone(&actor);
        let waker = thread::spawn(move || waker.raise());
        waker.join().unwrap();
        actor.wait_for_ends(1);
        actor.end();
        driver.join().unwrap();
    });
}

/// Driver and helper never poll at once, and what one leaves the other goes on with.
#[test]
fn one_at_a_time() {
    explore("task::one_at_a_time", || {
        let actor = Actor::new();
        assert!(Actor::install(&actor, 1));
        let driver = Actor::drive(&actor);
        let helper = Arc::clone(&actor);
        let helper = thread::spawn(move || {
            helper.flag.fetch_add(1, Relaxed);
            helper.help();
        });
        helper.join().unwrap();
        actor.wait_for_ends(1);
        actor.end();
        driver.join().unwrap();
    });
}

/// Two who wake and help: the last flag is seen by some poll.
#[test]
fn helper_and_waker() {
    explore("task::helper_and_waker", || {
        let actor = Actor::new();
        assert!(Actor::install(&actor, 2));
        let driver = Actor::drive(&actor);
        let helper = Arc::clone(&actor);
        let helper = thread::spawn(move || {
            helper.flag.fetch_add(1, Relaxed);
            helper.help();
        });
        actor.raise();
        helper.join().unwrap();
        actor.wait_for_ends(1);
        actor.end();
        driver.join().unwrap();
    });
}

/// A restart: the same driver runs the next future.
#[test]
fn installs_again() {
    explore("task::installs_again", || {
        let actor = Actor::new();
        assert!(Actor::install(&actor, 0));
        let driver = Actor::drive(&actor);
        let late = Arc::clone(&actor);
        let late = thread::spawn(move || late.wake());
        actor.wait_for_ends(1);
        assert!(Actor::install(&actor, 0));
        actor.task.wake_driver();
        actor.wait_for_ends(2);
        actor.end();
        late.join().unwrap();
        driver.join().unwrap();
    });
}

/// The executor drops the driver while a helper polls: the future is dropped once, by one of them.
#[test]
fn doom_races_a_helper() {
    explore("task::doom_races_a_helper", || {
        let actor = Actor::new();
        assert!(Actor::install(&actor, 9));
        let driver = Actor::drive(&actor);
        let helper = Arc::clone(&actor);
        let helper = thread::spawn(move || {
            helper.help();
            helper.wake();
        });
        actor.end();
        helper.join().unwrap();
        driver.join().unwrap();
        assert_eq!(actor.drops(), 1);
        assert!(!Actor::install(&actor, 0), "nothing runs after the end");
    });
}
