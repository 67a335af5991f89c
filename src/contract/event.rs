//! [`Event`]: what is published to everyone who subscribed.

use crate::contract::Key;

/// A fact that a module publishes on a typed topic.
///
/// One value is shared by all subscribers, hence `Sync`; it need not be `Clone`.
///
/// ```
/// use callboard::prelude::*;
///
/// #[derive(Event, Debug)]
/// #[event(name = "orders.placed", version = 2, key = order_id)]
/// pub struct OrderPlaced {
///     pub order_id: u64,
/// }
///
/// assert_eq!(OrderPlaced::NAME, "orders.placed");
/// assert_eq!(OrderPlaced { order_id: 7 }.key().unwrap().to_string(), "7");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "published or handled as an event here",
    note = "add `#[derive(Event)]` to `{Self}`",
    note = "a handler takes an event by reference (`event: &T`) and a message by value (`msg: T`)"
)]
pub trait Event: Send + Sync + 'static {
    /// The stable name of the topic, by default the module path and the type's name.
    const NAME: &'static str;

    /// The version of the event's shape, 1 by default.
    const VERSION: u32 = 1;

    /// What the event is about: events with equal keys concern the same thing and keep their order
    /// wherever events are spread over several workers. `None` by default.
    fn key(&self) -> Option<Key<'_>> {
        None
    }
}
