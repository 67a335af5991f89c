//! [`Error`]: any error at all, for `main` and tests.

use std::error::Error as StdError;
use std::fmt;

/// Any error, made with `?` from every other.
///
/// callboard's own functions return precise errors; this type is for the top of a program, where
/// they only have to be shown. `{}` prints the error, `{:?}`, which `main` uses, also its causes.
/// As it is made from every error, it is none itself; [`into_boxed`](Self::into_boxed) turns it into one.
///
/// An error that gives a message back, such as [`TellError`](crate::TellError), holds the message, so
/// that `?` asks it to be `Sync`. For one that is not, say what to keep:
/// `.map_err(|error| Error::new(error.to_string()))`.
///
/// ```
/// fn read(text: &str) -> Result<u32, callboard::Error> {
///     let number: u32 = text.parse()?;
///     if number == 0 {
///         return Err(callboard::Error::new("the number must not be 0"));
///     }
///     Ok(number)
/// }
///
/// assert!(read("x").unwrap_err().downcast_ref::<std::num::ParseIntError>().is_some());
/// assert_eq!(read("0").unwrap_err().to_string(), "the number must not be 0");
/// ```
pub struct Error(Box<dyn StdError + Send + Sync>);

impl Error {
    /// An error that consists of a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// The error itself, if it is of this type.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }

    /// The error as the standard library's box, for callers that want one.
    pub fn into_boxed(self) -> Box<dyn StdError + Send + Sync> {
        self.0
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By its text. `self.0.fmt(f)` would be the `fmt` of this very trait.
        fmt::Display::fmt(&self.0, f)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, "\ncaused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::actor::{ExitReason, StartError};
    use crate::system::SystemStartError;

    use super::*;

    #[test]
    fn main_shows_the_text_of_an_error_and_not_its_fields() {
        let error = Error::from(SystemStartError::Actor {
            name: "stock".into(),
            reason: ExitReason::StartFailed(StartError::new("no database")),
        });
        assert_eq!(
            format!("{error:?}"),
            "`stock` did not start: start failed: no database"
        );
    }
}
