//! Topics: typed publish and subscribe, in order and without silent loss.
//!
//! An event is published once and shared by all subscribers. A subscriber is an actor with a
//! `#[handler]` for `&Event`, whose mailbox the event goes into directly, or a [`Subscription`],
//! which is a stream with a queue of its own. What happens when a queue is full is said per
//! subscription by its [`Overflow`].

mod actors;
mod context;
mod dead_letters;
mod overflow;
mod publish;
mod subscriber;
mod subscription;
mod topic;
mod topics;

pub use overflow::Overflow;
pub use publish::{Publish, PublishError, Receipt};
pub use subscription::{Delivery, Subscribe, Subscription};
pub use topic::{Topic, TopicStats};

pub(crate) use topics::Topics;

/// For the code that `#[actor]` generates.
#[doc(hidden)]
pub mod generated {
    pub use super::actors::bind_event;
}
