//! Receiving: take values in order, make room, sleep.

use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::sync::prim::{mutant, order, yield_now};
use crate::sync::ring::slots::{EMPTY, READY, WAITING, asleep};
use crate::sync::ring::{CLOSED, HEAD_ONE, Next, Receiver, Ring, Sleeps, TAIL_ONE, WAITERS};

/// The receiver shows the room that it makes after so many values at the latest: until then, senders
/// may find a ring full that is not.
const BATCH: u64 = 16;

impl Receiver {
    pub(super) fn check<T>(&self, ring: &Ring<T>) {
        assert_eq!(self.ring, ring.address(), "a receiver belongs to one ring");
    }

    /// The next value, if it is there. The caller makes room, when it is owed and before it does
    /// anything that takes long.
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

    /// Whether so much was taken that room should be made now: a quarter of the capacity, or
    /// [`BATCH`] values.
    #[inline]
    pub(crate) fn owes_room<T>(&self, ring: &Ring<T>) -> bool {
        self.unpublished >= BATCH || self.unpublished * 4 >= ring.capacity
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

    /// The value that [`pop`](Self::pop) would take.
    #[inline]
    pub(crate) fn peek<'a, T>(&'a self, ring: &'a Ring<T>) -> Option<&'a T> {
        self.check(ring);
        let slot = ring.slot_if_any(self.next)?;
        // Acquire: the value that the sender wrote.
        if slot.state.load(order!(Acquire, "ring-take-acquire")) != READY {
            return None;
        }
        slot.value.with(|place| {
            // SAFETY: `READY` says that a sender has written the value and will not come back to
            // it; only this receiver takes it out, which it can't while it is borrowed.
            let place = unsafe { &*place };
            // SAFETY: as above.
            Some(unsafe { place.assume_init_ref() })
        })
    }

    /// Whether there is a value to [`pop`](Self::pop). If there is none, this makes room and marks the
    /// receiver as sleeping.
    #[inline]
    pub(crate) fn look<T>(&mut self, ring: &Ring<T>) -> Next {
        self.check(ring);
        if self.has_next(ring) {
            Next::Value
        } else {
            self.sleep(ring)
        }
    }

    #[inline]
    fn has_next<T>(&self, ring: &Ring<T>) -> bool {
        // Acquire: the value that the sender wrote, which `pop` takes out without looking again.
        ring.slot_if_any(self.next)
            .is_some_and(|slot| slot.state.load(order!(Acquire, "ring-take-acquire")) == READY)
    }

    fn sleep<T>(&mut self, ring: &Ring<T>) -> Next {
        // The receiver itself is awake: what was deposited for it is found below.
        let _ = self.make_room(ring);
        loop {
            if self.has_next(ring) {
                return Next::Value;
            }
            // Relaxed: when all that was claimed is taken, there is nothing left to be seen.
            let tail = ring.tail.0.load(Relaxed);
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
        // Relaxed: the mark only tells the sender to wake, and the wake orders what follows.
        let Some(slot) = ring.slot_if_any(self.next) else {
            let (place, _) = ring.locate(self.next);
            let nothing = std::ptr::null_mut();
            let marked = place.compare_exchange(nothing, asleep(), Relaxed, Relaxed);
            return match marked {
                Ok(_) => true,
                Err(other) => other == asleep(),
            };
        };
        if mutant!("ring-blind-sleep") {
            slot.state.store(WAITING, Relaxed);
            return true;
        }
        // Marked before, and polled for another reason.
        if slot.state.load(Relaxed) == WAITING {
            return true;
        }
        match slot
            .state
            .compare_exchange(EMPTY, WAITING, Relaxed, Relaxed)
        {
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
        if let Some(value) = self.take_handed(ring) {
            return Some(value);
        }
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
}
