//! Primitives that wait: generic over what they carry, knowing nothing of actors or topics.
//!
//! Hand-written protocols live here and nowhere else.

mod mailbox;
mod prim;
#[allow(unsafe_code)]
mod ring;
#[allow(unsafe_code)]
mod task;

pub(crate) use mailbox::{Deposit, Mailbox, Next, PushError, Ticket, Wakes};

#[cfg(all(test, callboard_loom))]
mod tests;
