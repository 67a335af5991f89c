//! The one switch between the standard library's primitives and loom's.
//!
//! Everything in `sync` takes its atomics, cells and locks from here. Under `cfg(callboard_loom)`
//! they are loom's, so that the models in `sync/tests` explore every interleaving of the real code.

#[cfg(not(all(test, callboard_loom)))]
mod imp {
    pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64};

    pub(crate) use parking_lot::Mutex;

    /// `std::cell::UnsafeCell` with loom's interface: access is confined to a closure, so that
    /// loom can see when it begins and ends.
    #[derive(Debug)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline]
        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        #[inline]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }

    pub(crate) fn yield_now() {
        std::thread::yield_now();
    }

    #[inline]
    pub(crate) const fn is_mutant(_: &str) -> bool {
        false
    }
}

#[cfg(all(test, callboard_loom))]
mod imp {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64};
    pub(crate) use loom::thread::yield_now;

    pub(crate) fn is_mutant(name: &str) -> bool {
        // Not loom's: it is the same in every execution.
        static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        let chosen = CHOSEN.get_or_init(|| std::env::var("CALLBOARD_MUTANT").ok());
        chosen.as_deref() == Some(name)
    }

    /// loom's mutex with `parking_lot`'s interface, which knows no poisoning.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
        }
    }
}

pub(crate) use imp::*;

/// Whether this is the mutant of that name: `--cfg callboard_mutant="ring-publish"`, or, in the models,
/// the environment variable `CALLBOARD_MUTANT`, which spares a build for each.
///
/// The mutants show that the models notice: `.ci/mutants` runs each and expects a failure.
macro_rules! mutant {
    ($name:literal) => {
        cfg!(callboard_mutant = $name) || $crate::sync::prim::is_mutant($name)
    };
}

/// An atomic ordering that a mutant weakens: `order!(AcqRel, "ring-publish")` is `AcqRel`, and
/// `Relaxed` in the mutant of that name.
macro_rules! order {
    ($ordering:ident, $mutant:literal) => {
        if $crate::sync::prim::mutant!($mutant) {
            std::sync::atomic::Ordering::Relaxed
        } else {
            std::sync::atomic::Ordering::$ordering
        }
    };
}

pub(crate) use {mutant, order};
