//! Ring and task together, as in an actor: tells, and asks that are handed over or queued.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use loom::future::block_on;
use loom::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use loom::sync::{Arc, Mutex, Notify};
use loom::thread;

use super::explore;
use crate::sync::ring::{Next, Ring};
use crate::sync::task::{Epilogue, Polled, Task};

struct Actor {
    task: Task,
    ring: Ring<Box<u32>>,
    /// Taken out of the ring. Written by the poller alone, as an actor's counters are.
    taken: AtomicU64,
    seen: Mutex<Vec<u32>>,
    count: AtomicUsize,
    /// Rung for each value that was seen.
    bell: Notify,
}

impl Actor {
    fn new() -> Arc<Self> {
        let this = Arc::new(Self {
            task: Task::new(),
            ring: Ring::new(2),
            taken: AtomicU64::new(0),
            seen: Mutex::new(Vec::new()),
            count: AtomicUsize::new(0),
            bell: Notify::new(),
        });
        assert!(
            this.task
                .install(Self::life(&this), Waker::noop().clone())
                .is_ok()
        );
        this
    }

    fn life(this: &Arc<Self>) -> Pin<Box<dyn Future<Output = Epilogue> + Send>> {
        let mut receiver = this.ring.receiver();
        let this = Arc::clone(this);
        Box::pin(poll_fn(move |_| {
            loop {
                if let Some(value) = receiver.take_handed(&this.ring) {
                    this.see(*value);
                    continue;
                }
                match receiver.look(&this.ring) {
                    Next::Value => {
                        let value = receiver.pop(&this.ring).expect("it is there");
                        this.taken.store(this.taken.load(Relaxed) + 1, Relaxed);
                        this.see(*value);
                    }
                    Next::Sleep => return Poll::Pending,
                    Next::End => return Poll::Ready(Box::new(|| ()) as Epilogue),
                }
            }
        }))
    }

    fn see(&self, value: u32) {
        self.seen.lock().unwrap().push(value);
        self.count.fetch_add(1, AcqRel);
        self.bell.notify();
    }

    fn wake(&self) {
        if self.task.wake() {
            self.task.wake_driver();
        }
    }

    fn poll_here(&self) {
        if self.task.poll() == Polled::Again {
            self.task.wake_driver();
        }
    }

    fn tell(&self, value: u32) {
        let sleeps = self.ring.try_push(Box::new(value), |value| value);
        if sleeps.expect("there is room").0 {
            self.wake();
        }
    }

    fn ask(&self, value: u32) {
        let mut value = Box::new(value);
        if self.task.take_idle() {
            let handed = self
                .ring
                .hand(self.taken.load(Relaxed), value, |value| value);
            self.poll_here();
            match handed {
                Ok(()) => return,
                Err(back) => value = back,
            }
        }
        let sleeps = self.ring.try_push(value, |value| value);
        if sleeps.expect("there is room").0 {
            if self.task.take_idle() {
                self.poll_here();
            } else {
                self.wake();
            }
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

    /// Waits until so many were seen, ends the actor, and returns them.
    fn end(&self, count: usize, driver: thread::JoinHandle<()>) -> Vec<u32> {
        while self.count.load(Acquire) < count {
            self.bell.wait();
        }
        self.task.doom();
        self.task.wake_driver();
        driver.join().unwrap();
        self.seen.lock().unwrap().clone()
    }
}

/// Whoever handles them, what one sender tells and then asks comes in this order, and none is lost.
#[test]
fn asks_after_its_tells() {
    explore("inline::asks_after_its_tells", || {
        let actor = Actor::new();
        let driver = Actor::drive(&actor);
        actor.tell(1);
        actor.ask(2);
        assert_eq!(actor.end(2, driver), [1, 2]);
    });
}

/// Two who ask at once: each is handled once, by the driver or one of the two.
#[test]
fn two_askers() {
    explore("inline::two_askers", || {
        check_two(|actor| actor.ask(1));
    });
}

/// A teller fills the slot that the receiver sleeps on while an asker polls it.
#[test]
fn teller_and_asker() {
    explore("inline::teller_and_asker", || {
        check_two(|actor| actor.tell(1));
    });
}

/// One thread does this and the other asks, and then drives what is left, so that two suffice.
fn check_two(first: impl FnOnce(&Actor) + Send + 'static) {
    let actor = Actor::new();
    let driver = Arc::clone(&actor);
    let mut is_first = true;
    let mut drive = move |cx: &Context<'_>| {
        let is_first = std::mem::replace(&mut is_first, false);
        driver.task.drive(cx, is_first, 2)
    };
    // The actor has begun and sleeps. A wake before it is driven again stays in its state.
    assert!(drive(&Context::from_waker(Waker::noop())).is_pending());
    let other = Arc::clone(&actor);
    let other = thread::spawn(move || first(&other));
    actor.ask(2);
    other.join().unwrap();
    assert!(drive(&Context::from_waker(Waker::noop())).is_pending());
    let mut seen = actor.seen.lock().unwrap().clone();
    seen.sort_unstable();
    assert_eq!(seen, [1, 2]);
    actor.task.doom();
}
