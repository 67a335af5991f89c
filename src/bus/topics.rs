//! [`Topics`]: the topics of one system, made when they are first used.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::RwLock;

use crate::actor::SystemCore;
use crate::bus::dead_letters::DeadLetterPublisher;
use crate::bus::topic::{TopicCore, TopicStats};
use crate::contract::Event;

pub(crate) struct Topics {
    /// The topics do not keep the system; the system keeps them.
    core: Weak<SystemCore>,
    by_type: RwLock<HashMap<TypeId, Arc<dyn AnyTopic>>>,
}

/// A topic whose event type is not known.
pub(crate) trait AnyTopic: Send + Sync {
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    fn stats(&self) -> TopicStats;
    fn close(&self);
}

impl Topics {
    /// Gives a system its topics, and dead letters their publisher.
    pub(crate) fn install(core: &Arc<SystemCore>) -> Arc<Self> {
        let topics = Arc::new(Self {
            core: Arc::downgrade(core),
            by_type: RwLock::new(HashMap::new()),
        });
        let publisher = DeadLetterPublisher(topics.topic());
        let installed = core.bus.set(Arc::clone(&topics) as _).is_ok();
        debug_assert!(installed, "a system gets its topics once");
        drop(core.observer.set(Arc::new(publisher)));
        topics
    }

    /// The topics of a system.
    pub(crate) fn of(core: &SystemCore) -> Arc<Self> {
        let bus = core.bus.get().expect("every system is built with topics");
        Arc::clone(bus)
            .downcast()
            .expect("the slot holds topics only")
    }

    pub(crate) fn topic<E: Event>(&self) -> Arc<TopicCore<E>> {
        let known = self.by_type.read().get(&TypeId::of::<E>()).cloned();
        let topic = known.unwrap_or_else(|| {
            let mut topics = self.by_type.write();
            let topic = topics.entry(TypeId::of::<E>()).or_insert_with(|| {
                let core = self
                    .core
                    .upgrade()
                    .expect("a topic is made by its own system");
                Arc::new(TopicCore::<E>::new(&core))
            });
            Arc::clone(topic)
        });
        topic
            .into_any()
            .downcast()
            .expect("the map holds each topic under its own type")
    }

    /// The counters of all topics, by name.
    pub(crate) fn stats(&self) -> Vec<TopicStats> {
        let mut stats: Vec<_> = self
            .by_type
            .read()
            .values()
            .map(|topic| topic.stats())
            .collect();
        stats.sort_by_key(|stats| stats.name);
        stats
    }

    /// Refuses all further events and ends the streams, after what they have queued.
    pub(crate) fn close(&self) {
        let topics: Vec<_> = self.by_type.read().values().cloned().collect();
        for topic in topics {
            topic.close();
        }
    }
}
