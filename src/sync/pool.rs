//! Memory for reply slots, kept by each thread for the next ones.
//!
//! Slots of all types share a few sizes of block. A block that was taken on one thread may be given
//! back on another; each thread keeps some and frees the rest.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::RefCell;
use std::ptr::NonNull;

/// The sizes of block, in bytes. A larger slot has an allocation of its own.
const SIZES: [usize; 3] = [64, 128, 256];

/// The alignment of all blocks; a slot that needs more has an allocation of its own.
const ALIGN: usize = 16;

/// How many free blocks of one size a thread keeps.
const KEPT: usize = 64;

thread_local! {
    static FREE: RefCell<Free> = const { RefCell::new(Free([const { Vec::new() }; SIZES.len()])) };
}

/// The free blocks of a thread, by size.
struct Free([Vec<NonNull<u8>>; SIZES.len()]);

impl Drop for Free {
    fn drop(&mut self) {
        for (class, blocks) in self.0.iter_mut().enumerate() {
            for block in blocks.drain(..) {
                // SAFETY: every kept block was allocated with the layout of its class.
                unsafe { dealloc(block.as_ptr(), class_layout(class)) };
            }
        }
    }
}

const fn class_layout(class: usize) -> Layout {
    match Layout::from_size_align(SIZES[class], ALIGN) {
        Ok(layout) => layout,
        Err(_) => panic!("the sizes are small and the alignment a power of two"),
    }
}

/// The smallest class whose blocks can hold a `T`.
const fn class_of<T>() -> Option<usize> {
    let mut class = 0;
    while class < SIZES.len() {
        if size_of::<T>() <= SIZES[class] && align_of::<T>() <= ALIGN {
            return Some(class);
        }
        class += 1;
    }
    None
}

/// Puts a value into a block.
#[inline]
pub(super) fn allocate<T>(value: T) -> NonNull<T> {
    // loom's types are tracked by address, which must not be reused behind its back.
    let Some(class) = class_of::<T>().filter(|_| !cfg!(callboard_loom)) else {
        return NonNull::from(Box::leak(Box::new(value)));
    };
    // A thread that is ending has no pool any more.
    let kept = FREE
        .try_with(|free| free.borrow_mut().0[class].pop())
        .ok()
        .flatten();
    let block = kept.unwrap_or_else(|| fresh(class)).cast::<T>();
    // SAFETY: the block is ours, and large and aligned enough for a `T`, as `class_of` has checked.
    unsafe { block.write(value) };
    block
}

#[cold]
fn fresh(class: usize) -> NonNull<u8> {
    let layout = class_layout(class);
    // SAFETY: the size is not zero.
    let block = unsafe { alloc(layout) };
    NonNull::new(block).unwrap_or_else(|| handle_alloc_error(layout))
}

/// Drops a value and keeps its block for the next one.
///
/// # Safety
///
/// It came from [`allocate`], and nobody can reach it any more.
#[inline]
pub(super) unsafe fn release<T>(place: NonNull<T>) {
    let Some(class) = class_of::<T>().filter(|_| !cfg!(callboard_loom)) else {
        // SAFETY: `allocate` has boxed what fits no class.
        drop(unsafe { Box::from_raw(place.as_ptr()) });
        return;
    };
    // SAFETY: by the caller's word.
    unsafe { place.drop_in_place() };
    let block = place.cast::<u8>();
    let kept = FREE.try_with(|free| {
        let blocks = &mut free.borrow_mut().0[class];
        let has_room = blocks.len() < KEPT;
        if has_room {
            blocks.push(block);
        }
        has_room
    });
    if kept != Ok(true) {
        // SAFETY: the block was allocated with the layout of its class.
        unsafe { dealloc(block.as_ptr(), class_layout(class)) };
    }
}
