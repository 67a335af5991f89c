//! [`ModuleBuilder`]: what a module consists of.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::actor::{Actor, NameTaken};
use crate::contract::Module;
use crate::supervision::{Child, ChildSpec, Fault, Inspection, Place, Plan, Site, Supervisor};

/// The services of one module, in the order of their start.
///
/// A module has a one-for-one supervisor of its own. When that gives up, the module is started
/// anew, as often as the system's own intensity allows; then the system ends. Both allow 1 restart
/// within 5 seconds unless told otherwise, which is little for a service that may crash under load:
/// see [`intensity`](Self::intensity).
///
/// ```
/// use callboard::prelude::*;
///
/// # struct Payments;
/// # #[actor(module = PaymentsModule)]
/// # impl Payments {}
/// # struct Ledger;
/// # #[actor(module = PaymentsModule)]
/// # impl Ledger {}
/// #[derive(Module)]
/// struct PaymentsModule;
///
/// let builder = System::builder("shop").module(PaymentsModule, |module| {
///     module
///         .actor("ledger", || Ledger) // starts first, stops last
///         .child(
///             ChildSpec::new("payments", || Payments)
///                 .backoff(Backoff::exponential(ms(10), secs(1)).jitter(0.2))
///                 .mailbox(1024),
///         )
///         .intensity(20, secs(60))
/// });
/// ```
#[must_use = "a module is described by what the closure returns"]
pub struct ModuleBuilder<M: Module> {
    supervisor: Supervisor,
    place: Place,
    module: PhantomData<fn() -> M>,
}

impl<M: Module> ModuleBuilder<M> {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            supervisor: Supervisor::one_for_one().name(M::NAME),
            place,
            module: PhantomData,
        }
    }

    /// Adds an actor with the defaults of [`ChildSpec`].
    #[track_caller]
    pub fn actor<A: Actor>(
        self,
        name: impl Into<Arc<str>>,
        factory: impl Fn() -> A + Send + Sync + 'static,
    ) -> Self {
        self.child(ChildSpec::new(name, factory))
    }

    /// Adds an actor.
    pub fn child<A: Actor>(mut self, spec: ChildSpec<A>) -> Self {
        self.supervisor = self.supervisor.child(spec);
        self
    }

    /// Adds a supervisor with its children.
    pub fn supervise(mut self, supervisor: Supervisor) -> Self {
        self.supervisor = self.supervisor.supervisor(supervisor);
        self
    }

    /// Gives up at more than `restarts` restarts within this time, counted over the actors and
    /// supervisors that are added here directly; by default 1 within 5 seconds.
    pub fn intensity(mut self, restarts: u32, within: Duration) -> Self {
        self.supervisor = self.supervisor.intensity(restarts, within);
        self
    }

    pub(crate) fn into_plan(self) -> Box<dyn Plan> {
        Box::new(ModulePlan {
            name: M::NAME.into(),
            supervisor: self.supervisor,
            place: self.place,
        })
    }
}

impl<M: Module> fmt::Debug for ModuleBuilder<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModuleBuilder")
            .field("module", &M::NAME)
            .field("supervisor", &self.supervisor)
            .finish_non_exhaustive()
    }
}

struct ModulePlan {
    name: Arc<str>,
    supervisor: Supervisor,
    place: Place,
}

impl Plan for ModulePlan {
    fn inspect(&self, inspection: &mut Inspection) {
        if let Some(first) = inspection
            .modules
            .insert(Arc::clone(&self.name), self.place)
        {
            let name = Arc::clone(&self.name);
            inspection.faults.push(Fault::DuplicateModule {
                name,
                first,
                place: self.place,
            });
        }
        let outer = std::mem::replace(&mut inspection.module, Arc::clone(&self.name));
        self.supervisor.inspect(inspection);
        inspection.module = outer;
    }

    fn attach(self: Box<Self>, site: &Site) -> Result<Box<dyn Child>, NameTaken> {
        let site = Site {
            module: self.name,
            ..site.clone()
        };
        Box::new(self.supervisor).attach(&site)
    }
}
