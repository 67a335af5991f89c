//! The children of an actor: `ctx.spawn(..)`.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use tokio::sync::oneshot;

use crate::actor::{Actor, ActorRef, Children, Context, ExitReason};
use crate::supervision::child::Halt;
use crate::supervision::fault::SpawnError;
use crate::supervision::handle::SupervisorHandle;
use crate::supervision::spec::{ChildSpec, Site};
use crate::supervision::strategy::{Intensity, Strategy};
use crate::supervision::tree::{Ended, Tree};

/// A one-for-one supervisor that lives as long as one incarnation of its actor.
struct OwnChildren {
    handle: SupervisorHandle,
    /// `None` once the supervisor has ended.
    ended: Option<oneshot::Receiver<Ended>>,
}

impl Children for OwnChildren {
    fn poll_ended(&mut self, cx: &mut TaskContext<'_>) -> Poll<ExitReason> {
        let Some(ended) = &mut self.ended else {
            return Poll::Ready(ExitReason::Shutdown);
        };
        let ended = ready!(Pin::new(ended).poll(cx));
        self.ended = None;
        Poll::Ready(match ended {
            Ok(mut ended) => {
                ended.tree.finish(&ended.reason);
                ended.reason
            }
            Err(_) => ExitReason::Killed,
        })
    }

    fn stop(&self) {
        self.handle.halt(Halt::Finally(None));
    }

    fn kill(&self) {
        self.handle.halt(Halt::Kill);
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl Drop for OwnChildren {
    fn drop(&mut self) {
        // Where user code panics outside of any handler, nobody is left to stop them in order.
        self.kill();
    }
}

impl<A: Actor> Context<A> {
    /// Starts a child of this actor and waits until its `on_start` has ended.
    ///
    /// The child is restarted by its [`ChildSpec`], alone (one for one), 1 time within 5 seconds;
    /// more often, and this actor fails with [`ExitReason::Escalated`]. The children stop before
    /// this actor does, the last one first, and do not outlive its incarnation.
    ///
    /// The child's `on_start` must not ask this actor, which waits for it.
    ///
    /// # Errors
    ///
    /// The description is invalid, the name is taken, or the child did not start; then nothing of
    /// it is left.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, the child may or may not be started; if it is, it is supervised
    /// all the same.
    pub async fn spawn<B: Actor>(&mut self, spec: ChildSpec<B>) -> Result<ActorRef<B>, SpawnError> {
        let mut faults = Vec::new();
        spec.faults(&mut faults);
        if !faults.is_empty() {
            return Err(SpawnError::Invalid(faults));
        }
        let site = Site {
            core: Arc::clone(self.core()),
            module: Arc::clone(self.cell().module()),
            is_static: false,
        };
        let (actor_ref, child) = spec.attach_ref(&site)?;
        let name = Arc::clone(self.cell().name());
        let children = self.children().get_or_insert_with(|| {
            let tree = Tree::new(name, Strategy::OneForOne, Intensity::default());
            let (handle, outlook) = SupervisorHandle::launch(tree);
            Box::new(OwnChildren {
                handle,
                ended: Some(outlook.ended),
            })
        });
        let Some(own) = children.as_any().downcast_mut::<OwnChildren>() else {
            return Err(SpawnError::Stopping);
        };
        own.handle.start_child(child).await?;
        Ok(actor_ref)
    }
}
