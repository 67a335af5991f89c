//! The line before a full ring: who waits, in which order, and how they are served.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Waker};

use crate::sync::Ticket;
use crate::sync::locked::remove;
use crate::sync::prim::{mutant, order};
use crate::sync::ring::{CLOSED, DIVERT, HEAD_ONE, Ring, Sleeps, TAIL_ONE, WAITERS};

/// A full ring wakes so many waiting senders per turn of the lock.
const SERVED_AT_ONCE: usize = 8;

/// The senders that wait for room.
pub(super) struct Line<T> {
    pub(super) waiters: VecDeque<Waiter<T>>,
    /// Places given to waiters who have not come back for them yet.
    pub(super) granted: Vec<u64>,
    /// Those that `close` refused and that have not asked yet.
    pub(super) refused: Vec<u64>,
    next_ticket: u64,
}

pub(super) struct Waiter<T> {
    pub(super) ticket: u64,
    pub(super) waker: Waker,
    /// The value of a deposit; `None` for one that waits for a place.
    pub(super) value: Option<T>,
}

impl<T> Ring<T> {
    /// Leaves the line. A place that was already granted goes to the next in it; a deposited value
    /// that was not taken comes back.
    pub(crate) fn cancel(&self, ticket: &mut Ticket) -> (Option<T>, Sleeps) {
        let Some(number) = ticket.0.take() else {
            return (None, Sleeps(false));
        };
        let mut guard = self.line.lock();
        let Some(line) = guard.as_mut() else {
            return (None, Sleeps(false));
        };
        if let Some(index) = line.find(number) {
            let removed = line.waiters.remove(index);
            if !self.is_closed() {
                self.undivert(line);
            }
            drop(guard);
            return (removed.and_then(|waiter| waiter.value), Sleeps(false));
        }
        let was_granted = remove(&mut line.granted, number);
        remove(&mut line.refused, number);
        drop(guard);
        let passes_on = was_granted && !mutant!("ring-cancel-keeps-grant");
        (
            None,
            if passes_on {
                self.serve()
            } else {
                Sleeps(false)
            },
        )
    }

    /// Refuses sends from now on, sets these control bits in the same step, and returns the deposits in the line, which nobody will handle.
    /// The receiver must be woken by the caller, so that it can see the end.
    pub(crate) fn close(&self, bits: u32) -> Vec<T> {
        let mut guard = self.line.lock();
        self.signal(bits);
        // Relaxed: the claims before and after it are told apart by the one word.
        self.tail.0.fetch_or(CLOSED, Relaxed);
        let Some(line) = guard.as_mut() else {
            return Vec::new();
        };
        let granted = std::mem::take(&mut line.granted);
        let waiters = std::mem::take(&mut line.waiters);
        line.refused.extend(
            granted
                .into_iter()
                .chain(waiters.iter().map(|waiter| waiter.ticket)),
        );
        drop(guard);
        waiters
            .into_iter()
            .filter_map(|waiter| {
                waiter.waker.wake();
                waiter.value
            })
            .collect()
    }

    /// Accepts sends again, if it was closed, unless one of these control bits is set: what has set
    /// it has closed the ring in the same step.
    pub(crate) fn reopen_unless(&self, bits: u32) {
        let _guard = self.line.lock();
        // An open ring may have a line, which must keep its flags.
        if !self.is_closed() {
            return;
        }
        if self.control.load(Relaxed) & bits != 0 {
            return;
        }
        self.head.0.fetch_and(!WAITERS, Relaxed);
        self.tail.0.fetch_and(!(CLOSED | DIVERT), Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.tail.0.load(Relaxed) & CLOSED != 0
    }

    pub(super) fn is_diverted(&self) -> bool {
        self.tail.0.load(Relaxed) & DIVERT != 0
    }

    /// Sends every sender through the line, and has the receiver serve it. Under the lock.
    pub(super) fn divert(&self) {
        self.tail.0.fetch_or(DIVERT, Relaxed);
        if !mutant!("ring-no-waiters-flag") {
            // A receiver that moves `head` after this sees the flag and serves the line; one that
            // moved it before is seen by `room`, since both change the one word. Relaxed: what is
            // in the line is under the lock.
            self.head.0.fetch_or(WAITERS, Relaxed);
        }
    }

    /// Opens the fast path again if nobody is left in the line. Under the lock.
    pub(super) fn undivert(&self, line: &Line<T>) {
        if line.waiters.is_empty() && line.granted.is_empty() {
            self.head.0.fetch_and(!WAITERS, Relaxed);
            self.tail.0.fetch_and(!DIVERT, Relaxed);
        }
    }

    /// Free places that nobody was granted. Under the lock and diverted, when only `head` moves.
    pub(super) fn room(&self, line: &Line<T>) -> u64 {
        let tail = self.tail.0.load(Relaxed) / TAIL_ONE;
        let head = self.head.0.load(order!(Acquire, "ring-room-acquire")) / HEAD_ONE;
        self.capacity
            .saturating_sub(tail - head + line.granted.len() as u64)
    }

    /// Claims a position under the lock and diverted, when nobody else does.
    pub(super) fn claim_diverted(&self) -> u64 {
        self.tail.0.fetch_add(TAIL_ONE, Relaxed) / TAIL_ONE
    }

    /// Gives free places to those who wait, in order, and wakes them.
    pub(super) fn serve(&self) -> Sleeps {
        let mut sleeps = Sleeps(false);
        loop {
            let mut served: [Option<Waker>; SERVED_AT_ONCE] = Default::default();
            let mut guard = self.line.lock();
            let Some(line) = guard.as_mut() else {
                return sleeps;
            };
            if self.is_closed() {
                return sleeps;
            }
            let mut count = 0;
            while count < SERVED_AT_ONCE && self.room(line) > 0 {
                let Some(first) = line.waiters.pop_front() else {
                    break;
                };
                match first.value {
                    Some(value) => {
                        let filled = self.fill(self.claim_diverted(), || value);
                        sleeps = Sleeps(sleeps.0 | filled.0);
                    }
                    None => line.granted.push(first.ticket),
                }
                served[count] = Some(first.waker);
                count += 1;
            }
            self.undivert(line);
            drop(guard);
            for waker in served.into_iter().flatten() {
                waker.wake();
            }
            if count < SERVED_AT_ONCE {
                return sleeps;
            }
        }
    }
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            waiters: VecDeque::new(),
            granted: Vec::new(),
            refused: Vec::new(),
            next_ticket: 0,
        }
    }
}

impl<T> Line<T> {
    pub(super) fn enqueue(&mut self, waker: Waker, value: Option<T>) -> Ticket {
        let number = self.next_ticket;
        self.next_ticket += 1;
        self.waiters.push_back(Waiter {
            ticket: number,
            waker,
            value,
        });
        Ticket(Some(number))
    }

    /// Tickets grow along the line, so that it can be searched by halving.
    pub(super) fn find(&self, number: u64) -> Option<usize> {
        self.waiters
            .binary_search_by_key(&number, |waiter| waiter.ticket)
            .ok()
    }

    /// Renews the waker of one in the line; the old one is dropped by the caller, after the lock.
    pub(super) fn renew(&mut self, number: u64, cx: &Context<'_>) -> Option<Waker> {
        let index = self.find(number)?;
        let waker = &mut self.waiters[index].waker;
        (!waker.will_wake(cx.waker())).then(|| std::mem::replace(waker, cx.waker().clone()))
    }
}
