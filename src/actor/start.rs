//! [`StartError`]: why `on_start` refused, with whatever error the user had.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// The error of an `on_start` hook, made from any error with `?` or from a text.
///
/// ```
/// use callboard::prelude::*;
///
/// fn read_port(text: &str) -> Result<u16, StartError> {
///     let port: u16 = text.parse()?;
///     if port == 0 {
///         return Err(StartError::new("the port must not be 0"));
///     }
///     Ok(port)
/// }
///
/// assert_eq!(read_port("0").unwrap_err().to_string(), "the port must not be 0");
/// assert!(read_port("x").unwrap_err().source_error().is_some());
/// ```
#[derive(Clone)]
pub struct StartError(Content);

#[derive(Clone)]
enum Content {
    Text(Arc<str>),
    Error(Arc<dyn StdError + Send + Sync>),
}

impl StartError {
    /// An error that consists of a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Content::Text(text.into().into()))
    }

    /// The error that this was made from, if it was not a text.
    pub fn source_error(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Content::Text(_) => None,
            Content::Error(error) => Some(&**error),
        }
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for StartError {
    fn from(error: E) -> Self {
        Self(Content::Error(Arc::new(error)))
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Text(text) => f.write_str(text),
            Content::Error(error) => {
                error.fmt(f)?;
                let mut cause = error.source();
                while let Some(error) = cause {
                    write!(f, ": {error}")?;
                    cause = error.source();
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Text(text) => text.fmt(f),
            Content::Error(error) => error.fmt(f),
        }
    }
}

/// What `on_start` may return: nothing, or a `Result` whose error becomes a [`StartError`].
#[diagnostic::on_unimplemented(
    message = "`on_start` can't return `{Self}`",
    note = "return nothing, or `Result<(), E>` where `E` is `StartError` or any error type"
)]
pub trait StartResult {
    /// Turns it into the one form that the run loop knows.
    ///
    /// # Errors
    ///
    /// The hook's own.
    fn into_start(self) -> Result<(), StartError>;
}

impl StartResult for () {
    fn into_start(self) -> Result<(), StartError> {
        Ok(())
    }
}

impl<E: Into<StartError>> StartResult for Result<(), E> {
    fn into_start(self) -> Result<(), StartError> {
        self.map_err(Into::into)
    }
}
