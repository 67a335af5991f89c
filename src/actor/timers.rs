//! [`Timers`]: messages that an actor sends itself later. They live and die with one incarnation.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The timers of one incarnation, driven by its run loop: no task of their own, and nothing to
/// reach the next incarnation with.
pub(crate) struct Timers<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    /// The one tokio timer, set to the earliest entry. Allocated with the first timer.
    sleep: Option<Pin<Box<Sleep>>>,
    next_number: u64,
    /// How many in the heap are cancelled.
    cancelled: Arc<AtomicUsize>,
    /// The message of the timer whose turn it is.
    pub(crate) fired: Option<T>,
}

struct Entry<T> {
    due: Instant,
    /// Keeps the order of timers that are due at the same instant.
    number: u64,
    what: What<T>,
    flag: Arc<Flag>,
}

/// Shared by a timer and its handles.
struct Flag {
    /// Cancelled, or fired for the last time.
    is_over: AtomicBool,
    /// How many in the heap are cancelled.
    cancelled: Arc<AtomicUsize>,
}

enum What<T> {
    Once(T),
    Every(Duration, Box<dyn FnMut() -> T + Send>),
}

/// Cancels a timer. Dropping it does not.
#[derive(Clone)]
pub struct TimerHandle(Arc<Flag>);

impl TimerHandle {
    /// Keeps the timer from firing again. A message that is in its handler already is not touched.
    pub fn cancel(&self) {
        self.0.cancelled.fetch_add(1, Relaxed);
        // Release: counted before anyone sees it, so that the count is never below what is cancelled.
        if self.0.is_over.swap(true, AcqRel) {
            self.0.cancelled.fetch_sub(1, Relaxed);
        }
    }
}

impl fmt::Debug for TimerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimerHandle")
            .field("is_over", &self.0.is_over.load(Relaxed))
            .finish()
    }
}

impl<T> Timers<T> {
    pub(crate) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            sleep: None,
            next_number: 0,
            cancelled: Arc::default(),
            fired: None,
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    pub(crate) fn after(&mut self, delay: Duration, value: T) -> TimerHandle {
        self.add(delay, What::Once(value))
    }

    pub(crate) fn every(
        &mut self,
        period: Duration,
        make: impl FnMut() -> T + Send + 'static,
    ) -> TimerHandle {
        self.add(period, What::Every(period, Box::new(make)))
    }

    fn add(&mut self, delay: Duration, what: What<T>) -> TimerHandle {
        self.sweep();
        let flag = Arc::new(Flag {
            is_over: AtomicBool::new(false),
            cancelled: Arc::clone(&self.cancelled),
        });
        let number = self.next_number;
        self.next_number += 1;
        let now = Instant::now();
        // A delay too long for the clock is as good as never: thirty years.
        let due = now
            .checked_add(delay)
            .unwrap_or_else(|| now + Duration::from_secs(946_080_000));
        self.heap.push(Reverse(Entry {
            due,
            number,
            what,
            flag: Arc::clone(&flag),
        }));
        TimerHandle(flag)
    }

    /// Drops the cancelled timers when they are most of the heap: one that is set for tomorrow must not
    /// hold its message until then.
    fn sweep(&mut self) {
        if self.cancelled.load(Relaxed) <= self.heap.len() / 2 {
            return;
        }
        let before = self.heap.len();
        self.heap
            .retain(|Reverse(entry)| !entry.flag.is_over.load(Acquire));
        self.cancelled.fetch_sub(before - self.heap.len(), Relaxed);
    }

    /// The message of a timer that is due.
    pub(crate) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<T> {
        self.sweep();
        loop {
            let Some(Reverse(first)) = self.heap.peek() else {
                return Poll::Pending;
            };
            if first.flag.is_over.load(Acquire) {
                self.cancelled.fetch_sub(1, Relaxed);
                self.heap.pop();
                continue;
            }
            let due = first.due;
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if sleep.deadline() != due {
                sleep.as_mut().reset(due);
            }
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let Some(Reverse(entry)) = self.heap.pop() else {
                return Poll::Pending;
            };
            return Poll::Ready(self.fire(entry));
        }
    }

    fn fire(&mut self, entry: Entry<T>) -> T {
        match entry.what {
            What::Once(value) => {
                if entry.flag.is_over.swap(true, AcqRel) {
                    // Cancelled since it was looked at, which is too late.
                    self.cancelled.fetch_sub(1, Relaxed);
                }
                value
            }
            What::Every(period, mut make) => {
                let value = make();
                // Missed ticks are skipped: an actor that was busy for ten periods gets one
                // message, and the rhythm stays that of the first tick.
                let behind = Instant::now()
                    .saturating_duration_since(entry.due)
                    .as_nanos();
                let missed = u32::try_from(behind / period.as_nanos()).unwrap_or(u32::MAX);
                let due = entry.due + period.saturating_mul(missed.saturating_add(1));
                let number = self.next_number;
                self.next_number += 1;
                let what = What::Every(period, make);
                self.heap.push(Reverse(Entry {
                    due,
                    number,
                    what,
                    flag: entry.flag,
                }));
                value
            }
        }
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}
