//! A place beside the ring, for one value that is handed over directly.
//!
//! Whoever has taken the sleeping receiver's task, and polls it himself, need not go through the ring:
//! he puts the value here, if nothing was sent that the receiver has not taken. The receiver looks
//! here before it looks into the ring, so that the order is that of sending.

use std::mem::MaybeUninit;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::sync::prim::{AtomicU32, UnsafeCell, order};
use crate::sync::ring::{Receiver, Ring, TAIL_ONE};

const EMPTY: u32 = 0;
const FILLING: u32 = 1;
const FULL: u32 = 2;

pub(super) struct Hand<T> {
    state: AtomicU32,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Hand<T> {
    pub(super) fn new() -> Self {
        Self {
            state: AtomicU32::new(EMPTY),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }
}

impl<T> Ring<T> {
    /// Hands a value to the receiver, if it has taken `taken` values and no other was sent, and the
    /// ring is open. The caller then has the receiver look.
    #[inline]
    pub(crate) fn hand<V>(&self, taken: u64, value: V, make: impl FnOnce(V) -> T) -> Result<(), V> {
        // An open ring without a line, whose every claimed position is taken.
        if self.tail.0.load(Acquire) != taken * TAIL_ONE {
            return Err(value);
        }
        let hand = &self.hand;
        // Acquire: the receiver has taken the value before this one out.
        let claimed = hand.state.compare_exchange(
            EMPTY,
            FILLING,
            order!(Acquire, "ring-hand-claim"),
            Relaxed,
        );
        if claimed.is_err() {
            return Err(value);
        }
        hand.value.with_mut(|place| {
            // SAFETY: `FILLING` was set by this caller alone (ring::handed_over).
            let place = unsafe { &mut *place };
            place.write(make(value));
        });
        // Release: the value.
        hand.state.store(FULL, order!(Release, "ring-hand-fill"));
        Ok(())
    }
}

impl Receiver {
    /// The value that was handed over.
    #[inline]
    pub(crate) fn handed<'a, T>(&'a self, ring: &'a Ring<T>) -> Option<&'a T> {
        self.check(ring);
        // Acquire: the value.
        if ring.hand.state.load(order!(Acquire, "ring-hand-look")) != FULL {
            return None;
        }
        ring.hand.value.with(|place| {
            // SAFETY: `FULL` says that the value is there and its sender gone; only this receiver
            // takes it out, which it can't while it is borrowed (ring::handed_over).
            let place = unsafe { &*place };
            // SAFETY: as above.
            Some(unsafe { place.assume_init_ref() })
        })
    }

    /// Takes the value that was handed over.
    #[inline]
    pub(crate) fn take_handed<T>(&mut self, ring: &Ring<T>) -> Option<T> {
        self.handed(ring)?;
        let value = ring.hand.value.with(|place| {
            // SAFETY: as in `handed`; the state says below that it is out.
            let place = unsafe { &*place };
            // SAFETY: as above.
            unsafe { place.assume_init_read() }
        });
        // Release: the place is free for the next one.
        ring.hand
            .state
            .store(EMPTY, order!(Release, "ring-hand-take"));
        Some(value)
    }
}

impl<T> Drop for Hand<T> {
    fn drop(&mut self) {
        if self.state.load(Relaxed) == FULL {
            let value = self.value.with(|place| {
                // SAFETY: `FULL` says that a value is there, which nobody has taken.
                let place = unsafe { &*place };
                // SAFETY: as above.
                unsafe { place.assume_init_read() }
            });
            drop(value);
        }
    }
}
