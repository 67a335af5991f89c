//! [`SupervisorChild`]: a supervisor as the child of another.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use parking_lot::Mutex;

use crate::actor::ExitReason;
use crate::supervision::child::{Child, Halt, Policy, Running};
use crate::supervision::handle::SupervisorHandle;
use crate::supervision::tree::Tree;

pub(crate) struct SupervisorChild {
    name: Arc<str>,
    policy: Policy,
    /// The tree while it does not run. Its actors keep their mailboxes and names there.
    resting: Arc<Mutex<Option<Tree>>>,
    handle: Option<SupervisorHandle>,
    grace: Duration,
}

impl SupervisorChild {
    pub(crate) fn new(name: Arc<str>, policy: Policy, tree: Tree) -> Self {
        let grace = tree.grace();
        Self {
            name,
            policy,
            resting: Arc::new(Mutex::new(Some(tree))),
            handle: None,
            grace,
        }
    }
}

impl Child for SupervisorChild {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn start(&mut self) -> Running {
        let Some(tree) = self.resting.lock().take() else {
            // Its task was dropped with the tree: the runtime is ending.
            return Running {
                started: std::future::ready(Err(ExitReason::Killed)).boxed(),
                exited: std::future::pending().boxed(),
            };
        };
        let (handle, outlook) = SupervisorHandle::launch(tree);
        self.handle = Some(handle);
        let resting = Arc::clone(&self.resting);
        let ended = async move {
            match outlook.ended.await {
                Ok(ended) => {
                    *resting.lock() = Some(ended.tree);
                    ended.reason
                }
                Err(_) => ExitReason::Killed,
            }
        }
        .shared();
        let exited = ended.clone();
        let started = async move {
            match outlook.started.await {
                Ok(Ok(())) => Ok(()),
                // The tree comes back before the failure is told, so that it can start again.
                Ok(Err(failure)) => {
                    ended.await;
                    Err(ExitReason::Escalated {
                        child: failure.child,
                        reason: Arc::new(failure.reason),
                    })
                }
                Err(_) => Err(ended.await),
            }
        };
        Running {
            started: started.boxed(),
            exited: exited.boxed(),
        }
    }

    fn halt(&self, how: Halt) {
        if let Some(handle) = &self.handle {
            handle.halt(how);
        }
    }

    fn grace(&self) -> Duration {
        self.grace
    }

    fn abandon(&self) {
        // Its children have noted themselves.
        tracing::error!(target: "callboard::supervision", supervisor = &*self.name, "did not stop in time");
    }

    fn finish(&mut self, reason: &ExitReason) {
        if let Some(mut tree) = self.resting.lock().take() {
            tree.finish(reason);
        }
    }
}
