//! [`ExitReason`]: why an actor ended, and how a panic is caught with its place.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::PanicHookInfo;
use std::sync::{Arc, Once};

use crate::actor::current;
use crate::actor::start::StartError;

/// Why one incarnation of an actor, or a supervisor, ended.
///
/// | reason | OTP's word | a transient child is |
/// |---|---|---|
/// | `Normal` | `normal` | not restarted |
/// | `Shutdown` | `shutdown` | not restarted |
/// | all others | any other term | restarted |
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ExitReason {
    /// It stopped itself, or was asked to by someone with its reference.
    Normal,
    /// Its supervisor stopped it.
    Shutdown,
    /// It was killed: its handler was dropped at an await, and `on_stop` did not run.
    Killed,
    /// A handler or hook panicked.
    Panicked(PanicInfo),
    /// It failed on purpose, through `ctx.fail(..)`.
    Failed(StartError),
    /// Its `on_start` returned an error.
    StartFailed(StartError),
    /// Its children failed more often than their supervisor allows.
    Escalated {
        /// The child whose failure was one too many.
        child: Arc<str>,
        /// Why that child ended.
        reason: Arc<ExitReason>,
    },
}

impl ExitReason {
    /// Whether this is an ordinary end, after which a transient child is not restarted.
    pub const fn is_normal(&self) -> bool {
        matches!(self, Self::Normal | Self::Shutdown)
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("normal"),
            Self::Shutdown => f.write_str("shutdown"),
            Self::Killed => f.write_str("killed"),
            Self::Panicked(panic) => panic.fmt(f),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::StartFailed(error) => write!(f, "start failed: {error}"),
            Self::Escalated { child, reason } => {
                write!(
                    f,
                    "too many restarts of `{child}`, the last after: {reason}"
                )
            }
        }
    }
}

/// What a panic said and where it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanicInfo {
    message: Arc<str>,
    location: Option<Arc<str>>,
}

impl PanicInfo {
    /// The panic's message; a payload that is not text is named as such.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// `file:line:column` of the panic, unless another panic hook has hidden it.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// Describes a payload that `catch_unwind` has caught on this thread, and drops it.
    pub(crate) fn caught(payload: Box<dyn Any + Send>) -> Self {
        let message: Arc<str> = if let Some(text) = payload.downcast_ref::<&str>() {
            (*text).into()
        } else if let Some(text) = payload.downcast_ref::<String>() {
            text.as_str().into()
        } else {
            "a panic whose payload is not text".into()
        };
        // The payload is the user's value: its drop may panic as well. That second payload is
        // forgotten, since dropping it might go on like this for ever.
        if let Err(second) =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(payload)))
        {
            std::mem::forget(second);
        }
        Self {
            message,
            location: LOCATION.with_borrow_mut(Option::take),
        }
    }
}

impl fmt::Display for PanicInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.message)?;
        match &self.location {
            Some(location) => write!(f, " at {location}"),
            None => Ok(()),
        }
    }
}

thread_local! {
    /// Where the last panic of an actor on this thread happened.
    static LOCATION: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// Makes panics of actors leave their place behind.
///
/// A panic's place is known to the panic hook only, and that is one per process. This one notes
/// the place if an actor is running on the thread, and then calls the hook that was there before,
/// so nothing else changes. It is installed once, when the first system starts.
pub(crate) fn note_panic_locations() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            if current::get().is_some() {
                let location = info.location().map(|place| place.to_string().into());
                LOCATION.with_borrow_mut(|slot| *slot = location);
            }
            previous(info);
        }));
    });
}
