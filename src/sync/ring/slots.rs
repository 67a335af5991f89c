//! The slots of a ring, in blocks that are allocated when they are first reached.

use std::mem::MaybeUninit;
use std::sync::atomic::Ordering::Relaxed;

use crate::sync::prim::{AtomicPtr, AtomicU32, UnsafeCell, mutant, order};
use crate::sync::ring::Ring;

/// Slots per block.
#[cfg(not(all(test, callboard_loom)))]
pub(super) const BLOCK: usize = 16;
#[cfg(all(test, callboard_loom))]
pub(super) const BLOCK: usize = 2;

pub(super) const EMPTY: u32 = 0;
pub(super) const WAITING: u32 = 1;
pub(super) const READY: u32 = 2;

pub(super) struct Block<T>(pub(super) [Slot<T>; BLOCK]);

pub(super) struct Slot<T> {
    pub(super) state: AtomicU32,
    pub(super) value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Ring<T> {
    /// Where the block of a position is, and the slot's index in it.
    #[inline]
    pub(super) fn locate(&self, position: u64) -> (&AtomicPtr<Block<T>>, usize) {
        // The mask keeps it below the number of slots, which is a `usize`.
        #[expect(clippy::cast_possible_truncation, reason = "see above")]
        let index = (position & self.mask) as usize;
        (&self.blocks[index / BLOCK], index % BLOCK)
    }

    /// The slot of a claimed position.
    #[inline]
    pub(super) fn slot(&self, position: u64) -> &Slot<T> {
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
    pub(super) fn slot_if_any(&self, position: u64) -> Option<&Slot<T>> {
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
            let first = if seen == asleep() && !mutant!("ring-forget-sleeper") {
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
pub(super) fn asleep<T>() -> *mut Block<T> {
    std::ptr::without_provenance_mut(1)
}

/// Whether there is a block: neither nothing nor [`asleep`].
#[inline]
pub(super) fn is_block<T>(block: *mut Block<T>) -> bool {
    block.addr() > 1
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
