//! [`Message`]: what is told to or asked of one actor.

/// A value that is sent to one actor, with the type of its answer.
///
/// Derive it; the reply is `()` unless `reply` says otherwise:
///
/// ```
/// use callboard::prelude::*;
///
/// #[derive(Message)]
/// #[message(reply = Result<u32, OutOfStock>)]
/// pub struct Reserve {
///     pub sku: String,
///     pub quantity: u32,
/// }
///
/// #[derive(Debug)]
/// pub struct OutOfStock;
///
/// assert!(Reserve::NAME.ends_with("::Reserve"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "sent or handled as a message here",
    note = "add `#[derive(Message)]` to `{Self}`, with `#[message(reply = ..)]` when it has an answer",
    note = "a handler takes a message by value (`msg: T`) and an event by reference (`event: &T`)"
)]
pub trait Message: Send + 'static {
    /// What an [`ask`](crate::ActorRef::ask) of this message resolves to.
    type Reply: Send + 'static;

    /// The stable name, by default the module path and the type's name.
    const NAME: &'static str;

    /// The version of the message's shape, 1 by default.
    const VERSION: u32 = 1;
}
