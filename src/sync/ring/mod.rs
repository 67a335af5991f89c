//! [`Ring`]: a bounded lock-free queue of many senders and one receiver, with values inline.
//!
//! A sender *claims* a position by moving `tail`, writes its value into the slot, and *publishes* it
//! by setting the slot's state. The receiver takes slots in order and, in batches, moves `head`,
//! which is what makes room. Each slot has a state of its own:
//!
//! ```text
//!            sender: swap                 receiver: load, then store
//!  EMPTY ────────────────────▶ READY ────────────────────────────▶ EMPTY
//!    │ receiver: compare-exchange  ▲
//!    ▼                             │ sender: swap, and wakes the receiver
//! WAITING ─────────────────────────┘
//! ```
//!
//! A receiver that finds its next slot empty moves it to `WAITING` before it sleeps. Only the sender
//! that fills this very slot sees that, so that any number of senders wake a sleeping receiver once,
//! and a busy one never. Both sides agree by read-modify-writes of one word: neither needs a fence,
//! and no wake-up is lost. A receiver whose next slot is claimed but not published sleeps as well;
//! it never spins on a sender that the system has put to sleep.
//!
//! # When it is full
//!
//! Senders form a line under a mutex. While there is one, `tail` carries `DIVERT`, which fails every
//! compare-exchange of the fast path, and `head` carries `WAITERS`, which tells the receiver to serve
//! the line when it makes room. Nobody overtakes the line. A sender that waits with its value in its
//! own hands is granted a place, and claims a slot when it comes back; dropped before that, it has
//! sent nothing, and its place goes to the next. One that deposits its value in the line has its slot
//! claimed for it, in order, even if it never comes back.
//!
//! # Source
//!
//! The per-slot state follows Dmitry Vyukov's bounded queue; the sleeping receiver's mark in the
//! slot it waits for, and the diverted line, are our own.

mod hand;
mod line;
mod receive;
mod send;
mod slots;

use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::sync::Ticket;
use crate::sync::prim::{AtomicPtr, AtomicU32, AtomicU64, Mutex};
use crate::sync::ring::hand::Hand;
use crate::sync::ring::line::Line;
use crate::sync::ring::slots::{BLOCK, Block};

/// In `tail`: no sends any more.
const CLOSED: u64 = 1;
/// In `tail`: sends go through the line.
const DIVERT: u64 = 2;
/// One position in `tail`.
const TAIL_ONE: u64 = 4;
/// In `head`: there is a line to serve.
const WAITERS: u64 = 1;
/// One position in `head`.
const HEAD_ONE: u64 = 2;

pub(crate) struct Ring<T> {
    /// Claimed position · 4 | `DIVERT` | `CLOSED`. Moved by senders; on a cache line of its own.
    tail: Line64<AtomicU64>,
    /// Consumed position · 2 | `WAITERS`. Moved by the receiver, read by senders.
    head: Line64<AtomicU64>,
    blocks: Box<[AtomicPtr<Block<T>>]>,
    capacity: u64,
    /// Positions modulo this plus one are slots: a power of two, at least the capacity.
    mask: u64,
    line: Mutex<Option<Box<Line<T>>>>,
    hand: Hand<T>,
    /// The control lane: bits that need no room and overtake every value.
    control: AtomicU32,
    /// Whether the one receiver was given out.
    has_receiver: AtomicU32,
}

/// A word on a cache line of its own.
#[repr(align(64))]
struct Line64<T>(T);

/// Whether the receiver sleeps and must be woken by who gets this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a sleeping receiver that is not woken is a lost wake-up"]
pub(crate) struct Sleeps(pub(crate) bool);

/// What became of a [`Ring::deposit`].
#[derive(Debug)]
pub(crate) enum Deposit<T> {
    Taken(Sleeps),
    /// In the line, to be cancelled or polled with this ticket.
    Waiting(Ticket),
    /// Refused: the ring is closed.
    Closed(T),
}

/// The right to receive: one per ring. It carries what only the receiver knows, so that receiving
/// needs no atomic of its own.
#[derive(Debug)]
pub(crate) struct Receiver {
    /// The ring that it belongs to.
    ring: usize,
    /// The next position to take.
    next: u64,
    /// Positions taken that `head` does not show yet.
    unpublished: u64,
}

/// What the receiver finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// A value, to be taken.
    Value,
    /// Nothing, and the receiver is marked as sleeping: whoever sends next wakes it.
    Sleep,
    /// The ring is closed and empty.
    End,
}

// SAFETY: values move from senders to the receiver through the slots, never shared: `T: Send` is
// enough. A slot's value is written by the one sender that claimed its position, before it
// publishes `READY`, and read by the one receiver, after it has seen that (ring::two_senders).
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY: as above; all other fields are `Sync` by themselves.
unsafe impl<T: Send> Sync for Ring<T> {}

impl<T> Ring<T> {
    /// An open ring for at most `capacity` values. Slots are allocated when they are first used.
    pub(crate) fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "a mailbox holds at least one message");
        let slots = capacity.next_power_of_two().max(BLOCK);
        Self {
            tail: Line64(AtomicU64::new(0)),
            head: Line64(AtomicU64::new(0)),
            blocks: (0..slots / BLOCK)
                .map(|_| AtomicPtr::new(std::ptr::null_mut()))
                .collect(),
            capacity: capacity as u64,
            mask: slots as u64 - 1,
            line: Mutex::new(None),
            hand: Hand::new(),
            control: AtomicU32::new(0),
            has_receiver: AtomicU32::new(0),
        }
    }

    /// The right to receive from this ring, which must not move from now on.
    ///
    /// # Panics
    ///
    /// When asked for a second time.
    pub(crate) fn receiver(&self) -> Receiver {
        assert_eq!(
            self.has_receiver.swap(1, Relaxed),
            0,
            "a ring has one receiver"
        );
        Receiver {
            ring: self.address(),
            next: 0,
            unpublished: 0,
        }
    }

    /// Sets bits of the control lane. The caller wakes the receiver, whatever it is doing.
    ///
    /// Relaxed: the bits are all there is to say, and the wake that follows makes them visible to the
    /// poll that it causes.
    pub(crate) fn signal(&self, bits: u32) {
        self.control.fetch_or(bits, Relaxed);
    }

    /// Whether there are bits in the control lane.
    #[inline]
    pub(crate) fn has_control(&self) -> bool {
        self.control.load(Relaxed) != 0
    }

    /// Takes those bits of the control lane that are in `mask`.
    #[inline]
    pub(crate) fn take_control(&self, mask: u32) -> u32 {
        if self.control.load(Relaxed) & mask == 0 {
            return 0;
        }
        self.control.fetch_and(!mask, Relaxed) & mask
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    pub(crate) fn capacity(&self) -> usize {
        usize::try_from(self.capacity).unwrap_or(usize::MAX)
    }

    /// How many values were accepted since the beginning.
    pub(crate) fn accepted(&self) -> u64 {
        self.tail.0.load(Acquire) / TAIL_ONE
    }

    /// How many values are in the ring, as far as others can see: the receiver tells in batches.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        // `head` first: it never passes `tail`, whatever happens between the two loads.
        let head = self.head.0.load(Acquire) / HEAD_ONE;
        let tail = self.tail.0.load(Acquire) / TAIL_ONE;
        usize::try_from(tail - head).unwrap_or(usize::MAX)
    }
}
