//! The reply slot: one value from a responder to one awaiter, each of whom may go at any time.
//!
//! ```text
//!            awaiter: leaves its waker           responder: takes it
//!  PENDING ◀───────────────────────────▶ WAITING ──────────────────▶ TAKING
//!     │ responder                           │                           │ responder
//!     ├──────────────▶ DONE, CLOSED ◀───────┼───────────────────────────┤
//!     │                                     │ awaiter goes              │
//!     └──────────────▶ GONE ◀───────────────┴───────────────────────────┘
//! ```
//!
//! The memory is freed by whoever comes last, which the state tells: the awaiter when it finds `DONE`
//! or `CLOSED`, the responder when it finds `GONE`. Each handle exists once and is used up by its last
//! step, so that a slot that is used again can't be reached by a handle of its former life.
//!
//! Slots come from a pool of the thread, so that an ask allocates nothing in the steady state.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::task::{Context, Poll, Waker};

use crate::sync::pool;
use crate::sync::prim::{AtomicU32, UnsafeCell, mutant, order, yield_now};

/// Nobody has come yet.
const PENDING: u32 = 0;
/// The awaiter sleeps, and its waker is in the slot.
const WAITING: u32 = 1;
/// The responder takes the waker out.
const TAKING: u32 = 2;
/// The value is in the slot.
const DONE: u32 = 3;
/// The responder has gone without a value.
const CLOSED: u32 = 4;
/// The awaiter has gone.
const GONE: u32 = 5;

struct Slot<T, X> {
    state: AtomicU32,
    /// The awaiter's, except from `WAITING` to `TAKING`, when it is the responder's.
    waker: UnsafeCell<Option<Waker>>,
    /// The responder's until `DONE`, then the awaiter's.
    value: UnsafeCell<MaybeUninit<T>>,
    /// Written before the slot is shared, and only read after that.
    about: X,
}

/// The end that gives the value. Dropped without it, the awaiter learns that none will come.
pub(crate) struct Responder<T, X> {
    slot: NonNull<Slot<T, X>>,
}

/// The end that gets the value.
pub(crate) struct Awaiter<T, X> {
    /// `None` when the slot is used up.
    slot: Option<NonNull<Slot<T, X>>>,
}

// The bounds are on `reply_slot`, the only way to an end. Here they would make the compiler look into
// the value's type, and report a message without its derive once more.
//
// SAFETY: the value is `Send` and `about` is `Send` and `Sync`, as `reply_slot` asks. The two ends hand
// one value and one waker over, by the states above; neither shares anything but `about`, which is only
// read (reply::*).
unsafe impl<T, X> Send for Responder<T, X> {}
// SAFETY: a shared responder gives access to `about` and the state only.
unsafe impl<T, X> Sync for Responder<T, X> {}
// SAFETY: as for the responder.
unsafe impl<T, X> Send for Awaiter<T, X> {}
// SAFETY: a shared awaiter gives access to nothing.
unsafe impl<T, X> Sync for Awaiter<T, X> {}

/// A new slot, with what the responder is to know of the awaiter.
pub(crate) fn reply_slot<T: Send, X: Send + Sync>(about: X) -> (Responder<T, X>, Awaiter<T, X>) {
    let slot = pool::allocate(Slot {
        state: AtomicU32::new(PENDING),
        waker: UnsafeCell::new(None),
        value: UnsafeCell::new(MaybeUninit::uninit()),
        about,
    });
    (Responder { slot }, Awaiter { slot: Some(slot) })
}

/// Frees a slot.
///
/// # Safety
///
/// Nobody else can reach it any more, and no value is in it.
unsafe fn free<T, X>(slot: NonNull<Slot<T, X>>) {
    #[cfg(all(test, callboard_loom))]
    {
        // What the drop does to the cells, in a form that loom sees.
        // SAFETY: by the caller's word.
        let slot = unsafe { slot.as_ref() };
        slot.waker.with_mut(|_| ());
        slot.value.with_mut(|_| ());
    }
    // SAFETY: by the caller's word, and every slot comes from the pool.
    unsafe { pool::release(slot) };
}

impl<T, X> Responder<T, X> {
    fn slot(&self) -> &Slot<T, X> {
        // SAFETY: the slot lives until the last of the two ends frees it, and a responder that
        // exists has not yet made its last step (reply::all_orders).
        unsafe { self.slot.as_ref() }
    }

    pub(crate) fn about(&self) -> &X {
        &self.slot().about
    }

    /// Whether the awaiter has gone.
    #[inline]
    pub(crate) fn is_abandoned(&self) -> bool {
        self.slot().state.load(Relaxed) == GONE
    }

    /// Gives the value.
    ///
    /// # Errors
    ///
    /// The awaiter has gone; the value comes back.
    #[inline]
    pub(crate) fn send(self, value: T) -> Result<(), T> {
        let this = std::mem::ManuallyDrop::new(self);
        this.slot().value.with_mut(|place| {
            // SAFETY: until `DONE` the value is the responder's, and there is one responder.
            unsafe { (*place).write(value) };
        });
        if this.finish(DONE) {
            return Ok(());
        }
        let value = this.slot().value.with_mut(|place| {
            // SAFETY: written above, and the awaiter has gone without looking.
            let place = unsafe { &*place };
            // SAFETY: as above.
            unsafe { place.assume_init_read() }
        });
        // SAFETY: the awaiter has gone, this responder is used up, and the value was taken out.
        unsafe { free(this.slot) };
        Err(value)
    }

    /// Moves to the last state, and wakes the awaiter. `false` when that has gone.
    #[inline]
    fn finish(&self, last: u32) -> bool {
        let slot = self.slot();
        // Release: the value. Acquire: the awaiter's waker, or its going.
        let Err(mut state) =
            slot.state
                .compare_exchange(PENDING, last, order!(AcqRel, "reply-done"), Acquire)
        else {
            return true;
        };
        loop {
            let next = match state {
                PENDING => last,
                WAITING => TAKING,
                _ => return false,
            };
            match slot
                .state
                .compare_exchange(state, next, order!(AcqRel, "reply-finish"), Acquire)
            {
                Ok(PENDING) => return true,
                Ok(_) => break,
                Err(current) => state = current,
            }
        }
        let waker = slot.waker.with_mut(|waker| {
            // SAFETY: `WAITING` was left for `TAKING` by this responder, whose the waker is now
            // (reply::asleep).
            unsafe { (*waker).take() }
        });
        // Release: the value, and the end of our hold on the waker's place.
        let finished = slot
            .state
            .compare_exchange(TAKING, last, order!(AcqRel, "reply-taken"), Acquire)
            .is_ok();
        // The slot may be gone from here on, if it was finished; the waker is not in it any more.
        if let Some(waker) = waker
            && finished
            && !mutant!("reply-no-wake")
        {
            waker.wake();
        }
        finished
    }
}

impl<T, X> Drop for Responder<T, X> {
    fn drop(&mut self) {
        if !self.finish(CLOSED) {
            // SAFETY: the awaiter has gone, this responder is used up, and there is no value.
            unsafe { free(self.slot) };
        }
    }
}

impl<T, X> Awaiter<T, X> {
    /// What the responder knows of the awaiter; `None` when the slot is used up.
    pub(crate) fn about(&self) -> Option<&X> {
        let pointer = self.slot.as_ref()?;
        // SAFETY: as in `poll`; `about` is only read.
        let slot = unsafe { pointer.as_ref() };
        Some(&slot.about)
    }

    /// The value; `None` when the responder has gone without giving one.
    ///
    /// # Panics
    ///
    /// When polled after it was ready.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let pointer = self.slot.expect("polled after it was ready");
        // SAFETY: an awaiter that has the pointer has not yet made its last step
        // (reply::all_orders).
        let slot = unsafe { pointer.as_ref() };
        // Acquire: the value.
        let mut state = slot.state.load(order!(Acquire, "reply-poll-acquire"));
        loop {
            match state {
                DONE | CLOSED => return Poll::Ready(self.take(pointer, state)),
                TAKING => {
                    // The responder is between two instructions, about to wake a waker that may not
                    // be ours any more: its value is as good as there.
                    yield_now();
                    state = slot.state.load(order!(Acquire, "reply-poll-acquire"));
                }
                WAITING => {
                    // Back to `PENDING`, to look at the waker. Acquire: that, if it fails, the value.
                    let back = slot.state.compare_exchange(
                        WAITING, PENDING, // The waker is our own.
                        Relaxed, Acquire,
                    );
                    state = back.map_or_else(|current| current, |_| PENDING);
                }
                _ => {
                    slot.waker.with_mut(|place| {
                        // SAFETY: in `PENDING` the waker's place is the awaiter's (reply::asleep).
                        let place = unsafe { &mut *place };
                        match place {
                            Some(waker) if waker.will_wake(cx.waker()) => {}
                            _ => *place = Some(cx.waker().clone()),
                        }
                    });
                    // Release: the waker.
                    let left = slot.state.compare_exchange(
                        PENDING,
                        WAITING,
                        order!(AcqRel, "reply-wait"),
                        Acquire,
                    );
                    match left {
                        Ok(_) => return Poll::Pending,
                        Err(current) => state = current,
                    }
                }
            }
        }
    }

    /// The last step: takes the value out, if there is one, and frees the slot.
    #[inline]
    fn take(&mut self, pointer: NonNull<Slot<T, X>>, state: u32) -> Option<T> {
        self.slot = None;
        // SAFETY: as in `poll`.
        let slot = unsafe { pointer.as_ref() };
        let value = (state == DONE).then(|| {
            slot.value.with_mut(|place| {
                // SAFETY: `DONE` says that the value is there and the awaiter's (reply::awake).
                let place = unsafe { &*place };
                // SAFETY: as above.
                unsafe { place.assume_init_read() }
            })
        });
        // SAFETY: the responder has made its last step, this is the awaiter's, and the value is out.
        unsafe { free(pointer) };
        value
    }
}

impl<T, X> Drop for Awaiter<T, X> {
    fn drop(&mut self) {
        let Some(pointer) = self.slot else {
            return;
        };
        // SAFETY: as in `poll`.
        let slot = unsafe { pointer.as_ref() };
        // Release: what we did to the waker's place. Acquire: the value, to be dropped here.
        match slot.state.swap(GONE, order!(AcqRel, "reply-gone")) {
            // The value is dropped, or there is none.
            state @ (DONE | CLOSED) => drop(self.take(pointer, state)),
            // The responder comes last. It also drops the waker that may still be in the slot.
            _ => self.slot = None,
        }
    }
}
