//! [`SupervisorHandle`]: a running supervisor, as those who started it see it.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use crate::actor::ExitReason;
use crate::supervision::child::{Child, Halt};
use crate::supervision::fault::SpawnError;
use crate::supervision::tree::{Ended, Tree};

/// How many requests to start a child may wait while the supervisor is busy.
const REQUESTS: usize = 16;

/// A request to start another child.
pub(crate) struct StartChild {
    pub(crate) child: Box<dyn Child>,
    pub(crate) answer: oneshot::Sender<Result<(), ExitReason>>,
}

/// Which child kept its supervisor from starting, and why.
#[derive(Debug, Clone)]
pub(crate) struct StartFailure {
    pub(crate) child: Arc<str>,
    pub(crate) reason: ExitReason,
}

pub(crate) struct SupervisorHandle {
    halt: watch::Sender<Halt>,
    requests: mpsc::Sender<StartChild>,
}

/// The receiving ends, which the supervisor's loop polls.
pub(crate) struct Inbox {
    pub(crate) halt: watch::Receiver<Halt>,
    pub(crate) requests: mpsc::Receiver<StartChild>,
}

/// What the loop tells: first whether it has started, then how it ended, with its tree.
pub(crate) struct Outlook {
    pub(crate) started: oneshot::Receiver<Result<(), StartFailure>>,
    pub(crate) ended: oneshot::Receiver<Ended>,
}

impl SupervisorHandle {
    /// Runs a tree in a task of its own.
    pub(crate) fn launch(tree: Tree) -> (Self, Outlook) {
        let (halt, halt_rx) = watch::channel(Halt::No);
        let (requests, requests_rx) = mpsc::channel(REQUESTS);
        let (started_tx, started) = oneshot::channel();
        let (ended_tx, ended) = oneshot::channel();
        let inbox = Inbox {
            halt: halt_rx,
            requests: requests_rx,
        };
        tokio::spawn(async move {
            let result = tree.run(inbox, started_tx).await;
            drop(ended_tx.send(result));
        });
        (Self { halt, requests }, Outlook { started, ended })
    }

    /// Asks for the end of the whole tree. A request never takes back a more urgent one.
    pub(crate) fn halt(&self, how: Halt) {
        self.halt.send_if_modified(|current| {
            let changes = match (*current, how) {
                (Halt::Kill, _) | (_, Halt::No) => false,
                (Halt::Finally(_), Halt::Retire) => false,
                (before, after) => before != after,
            };
            if changes {
                *current = how;
            }
            changes
        });
    }

    /// Starts one more child, after all others.
    pub(crate) async fn start_child(&self, child: Box<dyn Child>) -> Result<(), SpawnError> {
        let (answer, result) = oneshot::channel();
        self.requests
            .send(StartChild { child, answer })
            .await
            .map_err(|_| SpawnError::Stopping)?;
        result
            .await
            .map_err(|_| SpawnError::Stopping)?
            .map_err(SpawnError::Start)
    }
}
