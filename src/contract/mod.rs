//! What modules agree on: messages, events, the keys of events, and module names.
//!
//! These traits describe plain types. They say nothing of mailboxes or topics, so that a crate of
//! contracts shared by several modules depends on no mechanism. All of them are meant to be derived.

mod event;
mod key;
mod message;
mod module;

pub use event::Event;
pub use key::{AsKey, Key};
pub use message::Message;
pub use module::{Module, NoModule};
