//! What handlers may return, and how an `Err` among it is noticed without asking anything of the type.

use std::fmt::Debug;

use crate::contract::Message;

/// A handler's result, to be looked at.
///
/// `(&&&Result(&value)).failure()` finds the first of the three traits below that fits the type:
/// a `Result` whose error can be shown, any other `Result`, anything else. The macro knows only the
/// tokens of a return type, so that an alias of `Result` would escape it; method lookup does not err.
#[derive(Debug)]
pub struct Returned<'a, T>(pub &'a T);

/// Finds failures that can be shown.
pub trait DebugFailure {
    /// The error's text, if it is one.
    fn failure(&self) -> Option<String>;
}

/// Finds failures that can't be shown.
pub trait PlainFailure {
    /// A stand-in for the error's text, if it is one.
    fn failure(&self) -> Option<String>;
}

/// Finds no failure.
pub trait NoFailure {
    /// Always `None`.
    fn failure(&self) -> Option<String>;
}

impl<T, E: Debug> DebugFailure for &&Returned<'_, Result<T, E>> {
    fn failure(&self) -> Option<String> {
        self.0.as_ref().err().map(|error| format!("{error:?}"))
    }
}

impl<T, E> PlainFailure for &Returned<'_, Result<T, E>> {
    fn failure(&self) -> Option<String> {
        self.0
            .is_err()
            .then(|| "an error without a text".to_owned())
    }
}

impl<T> NoFailure for Returned<'_, T> {
    fn failure(&self) -> Option<String> {
        None
    }
}

/// Links a handler's return type to the reply that its message declares.
#[diagnostic::on_unimplemented(
    message = "`{M}` is answered with `{Declared}`, and its handler returns `{Self}`",
    label = "expected `{Declared}`",
    note = "return `{Declared}`, or write `#[message(reply = {Self})]` on `{M}`"
)]
pub trait ReplyOf<M: Message, Declared = <M as Message>::Reply> {
    /// The same value, under the name that the message gives its type.
    fn into_reply(self) -> Declared;

    /// The way back.
    fn from_reply(reply: &Declared) -> &Self;
}

// With the reply as a parameter, a wrong one is a trait that is not implemented, which has our words.
// As an impl for `M::Reply` it would be a type mismatch, which has the compiler's.
impl<M: Message, R> ReplyOf<M, R> for R {
    fn into_reply(self) -> R {
        self
    }

    fn from_reply(reply: &R) -> &R {
        reply
    }
}

/// What the handler of an event may return.
#[diagnostic::on_unimplemented(
    message = "the handler of an event can't return `{Self}`",
    label = "nobody waits for this",
    note = "return nothing or `Result<(), E>`: an event has no reply; for one, make it a message and take it by value"
)]
pub trait EventResult {
    /// Does nothing; calling it checks the type.
    fn check(&self) {}
}

impl EventResult for () {}
impl<E> EventResult for Result<(), E> {}

#[cfg(test)]
mod tests {
    use super::*;

    struct Silent;
    type Alias = Result<(), Silent>;

    #[test]
    #[expect(
        clippy::needless_borrow,
        reason = "the references are the ranks of the three traits"
    )]
    fn an_error_is_noticed_whatever_its_type_and_alias() {
        let shown: Result<u8, &str> = Err("no stock");
        assert_eq!(
            (&&&Returned(&shown)).failure().as_deref(),
            Some("\"no stock\"")
        );
        let silent: Alias = Err(Silent);
        assert!((&&&Returned(&silent)).failure().is_some());
        let fine: Alias = Ok(());
        assert!((&&&Returned(&fine)).failure().is_none());
        assert!((&&&Returned(&5)).failure().is_none());
        assert!((&&&Returned(&None::<u8>)).failure().is_none());
    }
}
