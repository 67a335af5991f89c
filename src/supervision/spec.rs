//! [`ChildSpec`]: how one child is made, restarted and stopped.

use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::actor::{Actor, ActorRef, Cell, CellOptions, InlineAsk, NameTaken, SystemCore};
use crate::contract::Module;
use crate::supervision::child::{ActorChild, Child, Policy};
use crate::supervision::fault::{Fault, Place};
use crate::time::Backoff;

/// Whether a child that has ended is started again.
///
/// # Source
///
/// The restart types of Erlang/OTP's `supervisor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Restart {
    /// Always. The default.
    #[default]
    Permanent,
    /// Only after a failure: when the exit reason is neither normal nor a shutdown.
    Transient,
    /// Never.
    Temporary,
}

/// How a child is stopped by its supervisor.
///
/// # Source
///
/// The shutdown values of Erlang/OTP's `supervisor`: `brutal_kill`, a time, `infinity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// Killed at once: `on_stop` does not run.
    Immediately,
    /// Asked to stop, and killed when this time has passed. The default, with 5 seconds.
    Within(Duration),
    /// Asked to stop, and waited for as long as it takes. The deadline of a system's shutdown
    /// still holds.
    Unlimited,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::Within(Duration::from_secs(5))
    }
}

/// The description of a child: its name, how to make it, and its policies.
///
/// | setting | default |
/// |---|---|
/// | [`restart`](Self::restart) | [`Restart::Permanent`] |
/// | [`backoff`](Self::backoff) | none: restarts follow at once |
/// | [`shutdown`](Self::shutdown) | within 5 seconds |
/// | [`inline_asks`](Self::inline_asks) | what the system's builder says, else [`InlineAsk::Auto`] |
/// | [`mailbox`](Self::mailbox) | what `#[actor(mailbox = ..)]` says, else 256 messages |
///
/// ```
/// use callboard::prelude::*;
///
/// # struct Inventory;
/// # #[actor] impl Inventory {}
/// let spec = ChildSpec::new("inventory", || Inventory)
///     .restart(Restart::Transient)
///     .backoff(Backoff::exponential(ms(100), secs(10)).jitter(0.2))
///     .shutdown(Shutdown::Within(secs(2)))
///     .mailbox(1024);
/// ```
pub struct ChildSpec<A: Actor> {
    name: Arc<str>,
    factory: Arc<dyn Fn() -> A + Send + Sync>,
    policy: Policy,
    capacity: usize,
    inline: Option<InlineAsk>,
    place: Place,
}

impl<A: Actor> ChildSpec<A> {
    /// A child of this name. The factory runs at each start, and must not block: what takes time
    /// belongs into `#[on_start]`.
    #[track_caller]
    pub fn new(name: impl Into<Arc<str>>, factory: impl Fn() -> A + Send + Sync + 'static) -> Self {
        Self {
            name: name.into(),
            factory: Arc::new(factory),
            policy: Policy::default(),
            capacity: A::MAILBOX,
            inline: None,
            place: Location::caller(),
        }
    }

    /// Whether it is started again after it has ended.
    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.policy.restart = restart;
        self
    }

    /// How long to wait before each restart.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.policy.backoff = backoff;
        self
    }

    /// How it is stopped.
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.policy.shutdown = shutdown;
        self
    }

    /// The mailbox's capacity in messages, 1 or more.
    #[must_use]
    pub fn mailbox(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }

    /// Whether those who ask it run it themselves while it is idle; by default as the system says.
    #[must_use]
    pub fn inline_asks(mut self, inline: InlineAsk) -> Self {
        self.inline = Some(inline);
        self
    }

    /// Says what is wrong with this child alone.
    pub(crate) fn faults(&self, faults: &mut Vec<Fault>) {
        let (name, place) = (&self.name, self.place);
        if name.is_empty() {
            faults.push(Fault::EmptyName { place });
        }
        if self.capacity == 0 {
            faults.push(Fault::ZeroMailbox {
                name: Arc::clone(name),
                place,
            });
        }
        if let Err(error) = self.policy.backoff.validate() {
            faults.push(Fault::Backoff {
                name: Arc::clone(name),
                error,
                place,
            });
        }
    }

    /// Registers the actor and returns its reference with the child that will run it.
    pub(crate) fn attach_ref(
        self,
        site: &Site,
    ) -> Result<(ActorRef<A>, Box<dyn Child>), NameTaken> {
        let options = CellOptions {
            name: self.name,
            module: Arc::clone(&site.module),
            capacity: self.capacity,
            keeps_stats: site.is_static,
            inline: self.inline.unwrap_or(site.core.inline),
        };
        let cell = Cell::attach(&site.core, options)?;
        let child = ActorChild::new(Arc::clone(&cell), self.factory, self.policy);
        Ok((ActorRef::new(cell), Box::new(child)))
    }
}

impl<A: Actor> fmt::Debug for ChildSpec<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("name", &self.name)
            .field("service", &A::NAME)
            .field("policy", &self.policy)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// Where children are put.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) core: Arc<SystemCore>,
    /// The name of the module; empty for none.
    pub(crate) module: Arc<str>,
    /// Whether they are part of the plan that the system started with.
    pub(crate) is_static: bool,
}

/// The description of a child of any type, or of a supervisor.
pub(crate) trait Plan: Send {
    /// Notes what is wrong, without changing anything.
    fn inspect(&self, inspection: &mut Inspection);
    /// Registers everything that is described.
    fn attach(self: Box<Self>, site: &Site) -> Result<Box<dyn Child>, NameTaken>;
}

/// What is gathered while plans are inspected.
#[derive(Default)]
pub(crate) struct Inspection {
    /// The module being inspected; empty for none.
    pub(crate) module: Arc<str>,
    pub(crate) names: HashMap<Arc<str>, Place>,
    pub(crate) modules: HashMap<Arc<str>, Place>,
    pub(crate) faults: Vec<Fault>,
}

impl<A: Actor> Plan for ChildSpec<A> {
    fn inspect(&self, inspection: &mut Inspection) {
        self.faults(&mut inspection.faults);
        if let Some(first) = inspection.names.insert(Arc::clone(&self.name), self.place) {
            let name = Arc::clone(&self.name);
            inspection.faults.push(Fault::DuplicateName {
                name,
                first,
                place: self.place,
            });
        }
        let declared = <A::Module as Module>::NAME;
        if !declared.is_empty() && *declared != *inspection.module {
            inspection.faults.push(Fault::ForeignModule {
                name: Arc::clone(&self.name),
                service: A::NAME,
                declared,
                registered: Arc::clone(&inspection.module),
                place: self.place,
            });
        }
    }

    fn attach(self: Box<Self>, site: &Site) -> Result<Box<dyn Child>, NameTaken> {
        self.attach_ref(site).map(|(_, child)| child)
    }
}
