//! Dead letters as a topic.

use std::sync::Arc;

use crate::bus::topic::TopicCore;
use crate::contract::Event;
use crate::observe::{DeadLetter, Observer};

impl Event for DeadLetter {
    const NAME: &'static str = DeadLetter::TOPIC;
}

/// Publishes dead letters without waiting for anyone.
pub(crate) struct DeadLetterPublisher(pub(crate) Arc<TopicCore<DeadLetter>>);

impl Observer for DeadLetterPublisher {
    fn dead_letter(&self, letter: DeadLetter) {
        self.0.publish_now(letter);
    }
}
