//! [`Wiring`]: an actor that is being connected, and what disconnects it again.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Weak};

use crate::actor::cell::Cell;
use crate::actor::core::SystemCore;
use crate::actor::traits::Actor;

/// An actor whose subscriptions are being made, before it starts for the first time.
pub struct Wiring<'a, A: Actor> {
    cell: &'a Arc<Cell<A>>,
    guards: Vec<Guard>,
}

/// Something that ends a connection when it is dropped.
pub(crate) type Guard = Box<dyn Any + Send>;

impl<'a, A: Actor> Wiring<'a, A> {
    pub(crate) fn new(cell: &'a Arc<Cell<A>>) -> Self {
        Self {
            cell,
            guards: Vec::new(),
        }
    }

    pub(crate) fn core(&self) -> &Arc<SystemCore> {
        self.cell.core()
    }

    /// The actor, weakly, as all who send to it on their own account must hold it.
    pub(crate) fn cell(&self) -> Weak<Cell<A>> {
        Arc::downgrade(self.cell)
    }

    /// Keeps the connection until the actor stops for good.
    pub(crate) fn keep(&mut self, guard: Guard) {
        self.guards.push(guard);
    }

    pub(crate) fn into_guards(self) -> Vec<Guard> {
        self.guards
    }
}

impl<A: Actor> fmt::Debug for Wiring<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wiring")
            .field("actor", self.cell.name())
            .finish_non_exhaustive()
    }
}
