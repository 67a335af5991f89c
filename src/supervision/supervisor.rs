//! [`Supervisor`]: the description of a supervisor and its children.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::actor::{Actor, NameTaken};
use crate::supervision::child::{Child, Policy};
use crate::supervision::fault::{Fault, Place};
use crate::supervision::nested::SupervisorChild;
use crate::supervision::spec::{ChildSpec, Inspection, Plan, Restart, Shutdown, Site};
use crate::supervision::strategy::{Intensity, Strategy};
use crate::supervision::tree::Tree;
use crate::time::Backoff;

/// The description of a supervisor: its strategy, how many restarts it allows, and its children in
/// the order of their start.
///
/// ```
/// use callboard::prelude::*;
///
/// # struct Inventory;
/// # #[actor] impl Inventory {}
/// let supervisor = Supervisor::one_for_one()
///     .intensity(5, secs(10))
///     .child(ChildSpec::new("inventory", || Inventory).restart(Restart::Permanent));
/// ```
///
/// A supervisor that gives up ends as a failure, which the supervisor above it answers. Its own
/// default is to be permanent, and to be given all the time it needs to stop, as in OTP.
pub struct Supervisor {
    name: Arc<str>,
    strategy: Strategy,
    intensity: Intensity,
    policy: Policy,
    children: Vec<Box<dyn Plan>>,
    place: Place,
}

impl Supervisor {
    /// A supervisor of this strategy, without children.
    #[track_caller]
    pub fn new(strategy: Strategy) -> Self {
        Self {
            name: "supervisor".into(),
            strategy,
            intensity: Intensity::default(),
            policy: Policy {
                shutdown: Shutdown::Unlimited,
                ..Policy::default()
            },
            children: Vec::new(),
            place: Location::caller(),
        }
    }

    /// Restarts a failed child alone.
    #[track_caller]
    pub fn one_for_one() -> Self {
        Self::new(Strategy::OneForOne)
    }

    /// Restarts all children when one fails.
    #[track_caller]
    pub fn one_for_all() -> Self {
        Self::new(Strategy::OneForAll)
    }

    /// Restarts a failed child and those that were started after it.
    #[track_caller]
    pub fn rest_for_one() -> Self {
        Self::new(Strategy::RestForOne)
    }

    /// A name for logs and errors; `supervisor` by default. It need not be unique.
    #[must_use]
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Gives up at more than `restarts` restarts within this time; by default 1 within 5 seconds.
    ///
    /// The window slides: restarts that are longer ago do not count. With a backoff, it should be
    /// longer than the delays, or it never counts two.
    #[must_use]
    pub fn intensity(mut self, restarts: u32, within: Duration) -> Self {
        self.intensity = Intensity { restarts, within };
        self
    }

    /// Whether the supervisor itself is started again after it gave up; permanent by default.
    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.policy.restart = restart;
        self
    }

    /// How long the supervisor above waits before it starts this one again.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.policy.backoff = backoff;
        self
    }

    /// How long the supervisor and its children may take to stop; unlimited by default.
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.policy.shutdown = shutdown;
        self
    }

    /// Adds a child, which starts after those before it and stops before them.
    #[must_use]
    pub fn child<A: Actor>(self, spec: ChildSpec<A>) -> Self {
        self.plan(Box::new(spec))
    }

    /// Adds a supervisor as a child.
    #[must_use]
    pub fn supervisor(self, supervisor: Self) -> Self {
        self.plan(Box::new(supervisor))
    }

    pub(crate) fn plan(mut self, plan: Box<dyn Plan>) -> Self {
        self.children.push(plan);
        self
    }

    /// Registers all children and returns the tree that will run them.
    pub(crate) fn attach_tree(self, site: &Site) -> Result<Tree, NameTaken> {
        let mut tree = Tree::new(self.name, self.strategy, self.intensity);
        for child in self.children {
            tree.add(child.attach(site)?);
        }
        Ok(tree)
    }
}

impl Plan for Supervisor {
    fn inspect(&self, inspection: &mut Inspection) {
        let (name, place) = (&self.name, self.place);
        if self.intensity.within.is_zero() && self.intensity.restarts > 0 {
            inspection.faults.push(Fault::ZeroIntensityWindow {
                name: Arc::clone(name),
                place,
            });
        }
        if let Err(error) = self.policy.backoff.validate() {
            inspection.faults.push(Fault::Backoff {
                name: Arc::clone(name),
                error,
                place,
            });
        }
        for child in &self.children {
            child.inspect(inspection);
        }
    }

    fn attach(self: Box<Self>, site: &Site) -> Result<Box<dyn Child>, NameTaken> {
        let (name, policy) = (Arc::clone(&self.name), self.policy);
        let tree = self.attach_tree(site)?;
        Ok(Box::new(SupervisorChild::new(name, policy, tree)))
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("name", &self.name)
            .field("strategy", &self.strategy)
            .field("intensity", &self.intensity)
            .field("children", &self.children.len())
            .finish_non_exhaustive()
    }
}
