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

use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::task::{Context, Poll, Waker};

use crate::sync::prim::{AtomicPtr, AtomicU32, AtomicU64, Mutex, UnsafeCell, order, yield_now};

/// Slots per allocation. A mailbox allocates a block when it first reaches it.
#[cfg(not(all(test, callboard_loom)))]
const BLOCK: usize = 16;
#[cfg(all(test, callboard_loom))]
const BLOCK: usize = 2;

/// A full mailbox wakes so many waiting senders per turn of the lock.
const SERVED_AT_ONCE: usize = 8;

const EMPTY: u32 = 0;
const WAITING: u32 = 1;
const READY: u32 = 2;

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
    /// Whether the one receiver was given out.
    has_receiver: AtomicU32,
}

/// A word on a cache line of its own.
#[repr(align(64))]
struct Line64<T>(T);

struct Block<T>([Slot<T>; BLOCK]);

struct Slot<T> {
    state: AtomicU32,
    value: UnsafeCell<MaybeUninit<T>>,
}

/// The senders that wait for room.
struct Line<T> {
    waiters: VecDeque<Waiter<T>>,
    /// Places given to waiters who have not come back for them yet.
    granted: Vec<u64>,
    /// Those that `close` refused and that have not asked yet.
    refused: Vec<u64>,
    next_ticket: u64,
}

struct Waiter<T> {
    ticket: u64,
    waker: Waker,
    /// The value of a deposit; `None` for one that waits for a place.
    value: Option<T>,
}

/// A sender's place in the line. It must go back to [`Ring::cancel`] when the sender gives up.
#[derive(Debug, Default)]
pub(crate) struct Ticket(Option<u64>);

/// Whether the receiver sleeps and must be woken by who gets this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a sleeping receiver that is not woken is a lost wake-up"]
pub(crate) struct Sleeps(pub(crate) bool);

/// Why a value was not taken, with the value.
#[derive(Debug)]
pub(crate) enum PushError<V> {
    Full(V),
    Closed(V),
}

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
#[derive(Debug)]
pub(crate) enum Next<T> {
    Value(T),
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
    pub(crate) fn len(&self) -> usize {
        // `head` first: it never passes `tail`, whatever happens between the two loads.
        let head = self.head.0.load(Acquire) / HEAD_ONE;
        let tail = self.tail.0.load(Acquire) / TAIL_ONE;
        usize::try_from(tail - head).unwrap_or(usize::MAX)
    }

    // ---- sending ---------------------------------------------------------------------------

    /// Queues what `make` turns `value` into, if there is room and nobody waits. `make` must not panic.
    #[inline]
    pub(crate) fn try_push<V>(
        &self,
        value: V,
        make: impl FnOnce(V) -> T,
    ) -> Result<Sleeps, PushError<V>> {
        match self.claim() {
            Claim::Slot(position) => Ok(self.fill(position, make(value))),
            Claim::Full => Err(PushError::Full(value)),
            Claim::Closed => Err(PushError::Closed(value)),
        }
    }

    /// Claims a position on the fast path.
    #[inline]
    fn claim(&self) -> Claim {
        let mut tail = self.tail.0.load(Relaxed);
        loop {
            if tail & CLOSED != 0 {
                return Claim::Closed;
            }
            if tail & DIVERT != 0 {
                return Claim::Full;
            }
            // Acquire: the receiver has emptied the slots before it moved `head` past them.
            let head = self.head.0.load(order!(Acquire, "ring-claim-acquire")) / HEAD_ONE;
            // A stale `tail` may be behind `head`; then the compare-exchange fails.
            if tail / TAIL_ONE >= head + self.capacity {
                // `tail` may be stale as well: it is full only if both belong together.
                let again = self.tail.0.load(Relaxed);
                if again == tail {
                    return Claim::Full;
                }
                tail = again;
                continue;
            }
            // Relaxed: the claim hands nothing over; the slot's own state does.
            match self
                .tail
                .0
                .compare_exchange_weak(tail, tail + TAIL_ONE, Relaxed, Relaxed)
            {
                Ok(_) => return Claim::Slot(tail / TAIL_ONE),
                Err(current) => tail = current,
            }
        }
    }

    /// Writes a value into a claimed slot and publishes it.
    #[inline]
    fn fill(&self, position: u64, value: T) -> Sleeps {
        let slot = self.slot(position);
        slot.value.with_mut(|place| {
            // SAFETY: the slot is ours alone: its position was claimed by moving `tail`, and the
            // receiver had emptied it before it moved `head` within one round of it, which the
            // claim has acquired (ring::wraps_around).
            unsafe { (*place).write(value) };
        });
        // Release: the value goes with it. Acquire: what the receiver did before it went to sleep.
        let before = slot.state.swap(READY, order!(AcqRel, "ring-publish"));
        debug_assert_ne!(before, READY, "a slot was filled twice");
        Sleeps(before == WAITING && !cfg!(callboard_mutant = "ring-no-wake"))
    }

    /// Queues the value once there is room, in the order of first polls.
    ///
    /// `Ready(Err)` hands the value back because the ring is closed. While this is pending, the value
    /// stays in `value`, and the ticket stays in the line.
    ///
    /// # Panics
    ///
    /// If `value` is empty.
    pub(crate) fn poll_push<V>(
        &self,
        ticket: &mut Ticket,
        cx: &Context<'_>,
        value: &mut Option<V>,
        make: impl FnOnce(V) -> T,
    ) -> Poll<Result<Sleeps, V>> {
        if ticket.0.is_none() {
            let claim = self.claim();
            if let Claim::Slot(position) = claim {
                let value = value.take().expect("polled after it was ready");
                return Poll::Ready(Ok(self.fill(position, make(value))));
            }
        }
        let mut guard = self.line.lock();
        let line = guard.get_or_insert_default();
        // Refused by a close, after which the ring may be open again.
        let was_refused = ticket
            .0
            .is_some_and(|number| remove(&mut line.refused, number));
        if was_refused || self.is_closed() {
            ticket.0 = None;
            return Poll::Ready(Err(value.take().expect("polled after it was ready")));
        }
        let admitted = match ticket.0 {
            None => {
                self.divert();
                line.waiters.is_empty() && self.room(line) > 0
            }
            Some(number) => remove(&mut line.granted, number),
        };
        if admitted {
            ticket.0 = None;
            let value = make(value.take().expect("polled after it was ready"));
            let sleeps = self.fill(self.claim_diverted(), value);
            self.undivert(line);
            return Poll::Ready(Ok(sleeps));
        }
        let replaced = match ticket.0 {
            None => {
                *ticket = line.enqueue(cx.waker().clone(), None);
                None
            }
            Some(number) => line.renew(number, cx),
        };
        drop(guard);
        drop(replaced);
        Poll::Pending
    }

    /// Queues the value now, or puts it into the line, where it keeps its place whatever becomes of
    /// the caller. `waker` is woken when it was queued, or refused by [`Ring::close`].
    pub(crate) fn deposit(&self, value: T, waker: &Waker) -> Deposit<T> {
        match self.claim() {
            Claim::Slot(position) => return Deposit::Taken(self.fill(position, value)),
            Claim::Closed => return Deposit::Closed(value),
            Claim::Full => {}
        }
        let mut guard = self.line.lock();
        if self.is_closed() {
            return Deposit::Closed(value);
        }
        let line = guard.get_or_insert_default();
        self.divert();
        if line.waiters.is_empty() && self.room(line) > 0 {
            let sleeps = self.fill(self.claim_diverted(), value);
            self.undivert(line);
            return Deposit::Taken(sleeps);
        }
        Deposit::Waiting(line.enqueue(waker.clone(), Some(value)))
    }

    /// Whether a deposit was queued (`true`) or refused by [`Ring::close`]; else the waker is renewed.
    pub(crate) fn poll_deposit(&self, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<bool> {
        let Some(number) = ticket.0 else {
            return Poll::Ready(true);
        };
        let mut guard = self.line.lock();
        let Some(line) = guard.as_mut() else {
            return Poll::Ready(true);
        };
        if line.find(number).is_none() {
            ticket.0 = None;
            return Poll::Ready(!remove(&mut line.refused, number));
        }
        let replaced = line.renew(number, cx);
        drop(guard);
        drop(replaced);
        Poll::Pending
    }

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
        let passes_on = was_granted && !cfg!(callboard_mutant = "ring-cancel-keeps-grant");
        (
            None,
            if passes_on {
                self.serve()
            } else {
                Sleeps(false)
            },
        )
    }

    /// Refuses sends from now on, and returns the deposits in the line, which nobody will handle.
    /// The receiver must be woken by the caller, so that it can see the end.
    pub(crate) fn close(&self) -> Vec<T> {
        let mut guard = self.line.lock();
        self.tail.0.fetch_or(CLOSED, order!(AcqRel, "ring-close"));
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

    /// Accepts sends again.
    pub(crate) fn reopen(&self) {
        let _guard = self.line.lock();
        self.head.0.fetch_and(!WAITERS, Relaxed);
        self.tail.0.fetch_and(!(CLOSED | DIVERT), Relaxed);
    }

    // ---- the line --------------------------------------------------------------------------

    fn is_closed(&self) -> bool {
        self.tail.0.load(Relaxed) & CLOSED != 0
    }

    /// Sends every sender through the line, and has the receiver serve it. Under the lock.
    fn divert(&self) {
        self.tail.0.fetch_or(DIVERT, Relaxed);
        if !cfg!(callboard_mutant = "ring-no-waiters-flag") {
            // A receiver that moves `head` after this sees the flag and serves the line; one that
            // moved it before is seen by `room`, since both change the one word.
            self.head.0.fetch_or(WAITERS, order!(AcqRel, "ring-divert"));
        }
    }

    /// Opens the fast path again if nobody is left in the line. Under the lock.
    fn undivert(&self, line: &Line<T>) {
        if line.waiters.is_empty() && line.granted.is_empty() {
            self.head.0.fetch_and(!WAITERS, Relaxed);
            self.tail.0.fetch_and(!DIVERT, Relaxed);
        }
    }

    /// Free places that nobody was granted. Under the lock and diverted, when only `head` moves.
    fn room(&self, line: &Line<T>) -> u64 {
        let tail = self.tail.0.load(Relaxed) / TAIL_ONE;
        let head = self.head.0.load(order!(Acquire, "ring-room-acquire")) / HEAD_ONE;
        self.capacity
            .saturating_sub(tail - head + line.granted.len() as u64)
    }

    /// Claims a position under the lock and diverted, when nobody else does.
    fn claim_diverted(&self) -> u64 {
        self.tail.0.fetch_add(TAIL_ONE, Relaxed) / TAIL_ONE
    }

    /// Gives free places to those who wait, in order, and wakes them.
    fn serve(&self) -> Sleeps {
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
                        let filled = self.fill(self.claim_diverted(), value);
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

    // ---- slots -----------------------------------------------------------------------------

    /// Where the block of a position is, and the slot's index in it.
    #[inline]
    fn locate(&self, position: u64) -> (&AtomicPtr<Block<T>>, usize) {
        // The mask keeps it below the number of slots, which is a `usize`.
        #[expect(clippy::cast_possible_truncation, reason = "see above")]
        let index = (position & self.mask) as usize;
        (&self.blocks[index / BLOCK], index % BLOCK)
    }

    /// The slot of a claimed position.
    #[inline]
    fn slot(&self, position: u64) -> &Slot<T> {
        let (place, index) = self.locate(position);
        // Acquire: the block's slots were initialised before it was put there.
        let mut block = place.load(order!(Acquire, "ring-block-acquire"));
        if !is_block(block) {
            block = Self::allocate(place, block);
        }
        // SAFETY: a block that was put into its place stays there until the ring is dropped, and
        // the pointer came from a box (ring::blocks_race).
        let block = unsafe { &*block };
        &block.0[index]
    }

    /// The slot of a position that may not be claimed yet.
    #[inline]
    fn slot_if_any(&self, position: u64) -> Option<&Slot<T>> {
        let (place, index) = self.locate(position);
        let block = place.load(order!(Acquire, "ring-block-acquire"));
        if !is_block(block) {
            return None;
        }
        // SAFETY: as in `slot`.
        let block = unsafe { &*block };
        Some(&block.0[index])
    }

    /// Puts a new block into its place, unless another sender is faster.
    #[cold]
    fn allocate(place: &AtomicPtr<Block<T>>, mut seen: *mut Block<T>) -> *mut Block<T> {
        let fresh = Box::into_raw(Box::new(Block(std::array::from_fn(|_| Slot {
            state: AtomicU32::new(EMPTY),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }))));
        loop {
            let first = if seen == asleep() && !cfg!(callboard_mutant = "ring-forget-sleeper") {
                WAITING
            } else {
                EMPTY
            };
            // SAFETY: it came from `into_raw` above, and nobody else has seen it.
            let block = unsafe { &*fresh };
            block.0[0].state.store(first, Relaxed);
            // Release: the slots go with it. Acquire on failure: those of the other block.
            let before = place.compare_exchange(
                seen,
                fresh,
                order!(AcqRel, "ring-block-release"),
                order!(Acquire, "ring-block-lost"),
            );
            match before {
                Ok(_) => return fresh,
                Err(other) if is_block(other) => {
                    // SAFETY: it came from `into_raw` above, and nobody else has seen it.
                    drop(unsafe { Box::from_raw(fresh) });
                    return other;
                }
                Err(other) => seen = other,
            }
        }
    }
}

/// Stands in the place of a block that does not exist yet, when the receiver sleeps on its first
/// slot: an actor that was never sent anything needs no block. A receiver comes to such a place
/// only at the first slot, since it takes slots in order and senders allocate what they claim.
fn asleep<T>() -> *mut Block<T> {
    std::ptr::without_provenance_mut(1)
}

/// Whether there is a block: neither nothing nor [`asleep`].
#[inline]
fn is_block<T>(block: *mut Block<T>) -> bool {
    block.addr() > 1
}

enum Claim {
    Slot(u64),
    Full,
    Closed,
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
    fn enqueue(&mut self, waker: Waker, value: Option<T>) -> Ticket {
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
    fn find(&self, number: u64) -> Option<usize> {
        self.waiters
            .binary_search_by_key(&number, |waiter| waiter.ticket)
            .ok()
    }

    /// Renews the waker of one in the line; the old one is dropped by the caller, after the lock.
    fn renew(&mut self, number: u64, cx: &Context<'_>) -> Option<Waker> {
        let index = self.find(number)?;
        let waker = &mut self.waiters[index].waker;
        (!waker.will_wake(cx.waker())).then(|| std::mem::replace(waker, cx.waker().clone()))
    }
}

fn remove(numbers: &mut Vec<u64>, number: u64) -> bool {
    let found = numbers.iter().position(|&other| other == number);
    if let Some(index) = found {
        numbers.swap_remove(index);
    }
    found.is_some()
}

// ---- receiving -----------------------------------------------------------------------------

impl Receiver {
    fn check<T>(&self, ring: &Ring<T>) {
        assert_eq!(self.ring, ring.address(), "a receiver belongs to one ring");
    }

    /// The next value, if it is there. Room is made in batches of a quarter of the capacity; the
    /// caller makes the rest with [`Receiver::make_room`] before it does anything that takes long.
    #[inline]
    pub(crate) fn pop<T>(&mut self, ring: &Ring<T>) -> Option<T> {
        self.check(ring);
        let slot = ring.slot_if_any(self.next)?;
        // Acquire: the value that the sender wrote.
        if slot.state.load(order!(Acquire, "ring-take-acquire")) != READY {
            return None;
        }
        let value = slot.value.with_mut(|place| {
            // SAFETY: `READY` says that a sender has written the value and will not come back to
            // it, and this is the one receiver, which takes each position once
            // (ring::one_sender, ring::wraps_around).
            let place = unsafe { &*place };
            // SAFETY: as above.
            unsafe { place.assume_init_read() }
        });
        // Relaxed: senders learn of it through `head`.
        slot.state.store(EMPTY, Relaxed);
        self.next += 1;
        self.unpublished += 1;
        Some(value)
    }

    /// Whether so much was taken that room should be made now.
    #[inline]
    pub(crate) fn owes_room<T>(&self, ring: &Ring<T>) -> bool {
        self.unpublished * 4 >= ring.capacity
    }

    /// Shows senders the room that was made, and serves those who wait for it.
    pub(crate) fn make_room<T>(&mut self, ring: &Ring<T>) -> Sleeps {
        self.check(ring);
        if self.unpublished == 0 {
            return Sleeps(false);
        }
        let moved = std::mem::take(&mut self.unpublished) * HEAD_ONE;
        // Release: the slots are empty. Acquire: who has set `WAITERS` is in the line.
        let before = ring
            .head
            .0
            .fetch_add(moved, order!(AcqRel, "ring-make-room"));
        if before & WAITERS != 0 {
            ring.serve()
        } else {
            Sleeps(false)
        }
    }

    /// Makes room and goes to sleep, unless there is a value or the end.
    pub(crate) fn sleep<T>(&mut self, ring: &Ring<T>) -> Next<T> {
        // The receiver itself is awake: what was deposited for it is found below.
        let _ = self.make_room(ring);
        loop {
            if let Some(value) = self.pop(ring) {
                return Next::Value(value);
            }
            // Acquire: what was sent before the close.
            let tail = ring.tail.0.load(order!(Acquire, "ring-end-acquire"));
            if tail & CLOSED != 0 && tail / TAIL_ONE == self.next {
                return Next::End;
            }
            if self.mark(ring) {
                return Next::Sleep;
            }
        }
    }

    /// Marks the next slot as the one that this receiver sleeps on. `false` when it is filled.
    fn mark<T>(&self, ring: &Ring<T>) -> bool {
        // Release: what this receiver did goes with the mark to the sender that wakes it.
        let Some(slot) = ring.slot_if_any(self.next) else {
            let (place, _) = ring.locate(self.next);
            let nothing = std::ptr::null_mut();
            let marked = place.compare_exchange(
                nothing,
                asleep(),
                order!(AcqRel, "ring-sleep-early"),
                Acquire,
            );
            return match marked {
                Ok(_) => true,
                Err(other) => other == asleep(),
            };
        };
        if cfg!(callboard_mutant = "ring-blind-sleep") {
            slot.state.store(WAITING, Relaxed);
            return true;
        }
        match slot
            .state
            .compare_exchange(EMPTY, WAITING, order!(AcqRel, "ring-sleep"), Acquire)
        {
            // Marked now, or marked before and polled for another reason.
            Ok(_) | Err(WAITING) => true,
            Err(_) => false,
        }
    }

    /// Takes a value after the close, waiting for senders that have claimed a slot and not filled it
    /// yet. `None` at the end.
    ///
    /// This is the one place that waits in a loop: such a sender is between two instructions, and
    /// nobody else is kept from running.
    pub(crate) fn drain<T>(&mut self, ring: &Ring<T>) -> Option<T> {
        loop {
            if let Some(value) = self.pop(ring) {
                return Some(value);
            }
            let tail = ring.tail.0.load(Acquire);
            debug_assert!(tail & CLOSED != 0, "only a closed ring is drained");
            if tail / TAIL_ONE == self.next {
                let _ = self.make_room(ring);
                return None;
            }
            yield_now();
        }
    }

    /// Whether nothing was sent that was not taken, not even by a sender that is still at it.
    pub(crate) fn is_caught_up<T>(&self, ring: &Ring<T>) -> bool {
        ring.tail.0.load(Acquire) / TAIL_ONE == self.next
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        for place in &self.blocks {
            let block = place.load(Relaxed);
            if !is_block(block) {
                continue;
            }
            // SAFETY: it came from `into_raw` in `allocate`, and nobody else has the ring any more.
            let block = unsafe { Box::from_raw(block) };
            for slot in &block.0 {
                if slot.state.load(Relaxed) == READY {
                    let value = slot.value.with_mut(|place| {
                        // SAFETY: `READY` says that the slot holds a value, which nobody has taken
                        // (ring::drops_what_is_left).
                        let place = unsafe { &*place };
                        // SAFETY: as above.
                        unsafe { place.assume_init_read() }
                    });
                    drop(value);
                }
            }
        }
    }
}
