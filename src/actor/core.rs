//! [`SystemCore`]: what all actors of one system share.

use std::any::Any;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime;

use crate::actor::drive::InlineAsk;
use crate::actor::id::ActorId;
use crate::actor::registry::Registry;
use crate::observe::{DeadLetter, DeadLetterReason, DeadLetterTally, Observer, Payload, Straggler};

/// How long an ask waits when nothing else is said.
pub const DEFAULT_ASK_TIMEOUT: Duration = Duration::from_secs(5);

/// Shared by all actors of a system. Upper layers put their own shared state into the two slots,
/// which this layer carries without knowing what they are.
pub(crate) struct SystemCore {
    pub(crate) name: Arc<str>,
    pub(crate) ask_timeout: Duration,
    pub(crate) inline: InlineAsk,
    pub(crate) registry: Registry,
    pub(crate) dead_letters: DeadLetterTally,
    /// Actors that did not end although they were killed.
    pub(crate) stragglers: Mutex<Vec<Straggler>>,
    next_id: AtomicU64,
    /// Message numbers that were given out.
    pub(crate) message_ids: Arc<AtomicU64>,
    /// The runtime that the system was started in.
    pub(crate) runtime: Option<runtime::Id>,
    pub(crate) observer: OnceLock<Arc<dyn Observer>>,
    /// The topics, put there by the bus.
    pub(crate) bus: OnceLock<Arc<dyn Any + Send + Sync>>,
    /// The system that this is the core of, weakly, put there by the composition root.
    pub(crate) system: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl SystemCore {
    pub(crate) fn new(name: Arc<str>, ask_timeout: Duration, inline: InlineAsk) -> Self {
        Self {
            name,
            ask_timeout,
            inline,
            registry: Registry::default(),
            dead_letters: DeadLetterTally::default(),
            stragglers: Mutex::new(Vec::new()),
            next_id: AtomicU64::new(1),
            message_ids: Arc::default(),
            runtime: runtime::Handle::try_current()
                .ok()
                .map(|handle| handle.id()),
            observer: OnceLock::new(),
            bus: OnceLock::new(),
            system: OnceLock::new(),
        }
    }

    /// A number for a new actor or topic.
    pub(crate) fn next_id(&self) -> ActorId {
        let number = self.next_id.fetch_add(1, Relaxed);
        ActorId(NonZeroU64::new(number).expect("2^64 actors and topics are never reached"))
    }

    /// What tells this system from others on the same thread.
    pub(crate) fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Counts, traces and publishes a message that reached nobody.
    pub(crate) fn dead_letter(
        &self,
        reason: DeadLetterReason,
        recipient: &Arc<str>,
        message: &'static str,
        payload: Option<Payload>,
    ) {
        self.dead_letters.count(reason);
        tracing::warn!(
            target: "callboard::dead_letter",
            system = &*self.name,
            reason = reason.as_str(),
            recipient = &**recipient,
            message,
            "dead letter"
        );
        // A dead letter that reaches nobody is counted and traced, but is not the cause of another.
        if message != DeadLetter::TOPIC
            && let Some(observer) = self.observer.get()
        {
            observer.dead_letter(DeadLetter::new(
                reason,
                Arc::clone(recipient),
                message,
                payload,
            ));
        }
    }
}
