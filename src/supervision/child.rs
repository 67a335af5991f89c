//! [`Child`]: what a supervisor sees of a child, be it an actor or a supervisor.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::time::Instant;

use crate::actor::{Actor, Cell, ExitReason, control, launch};
use crate::supervision::spec::{Restart, Shutdown};
use crate::time::Backoff;

/// What an actor gets, to reach its next await.
const KILL_GRACE: Duration = Duration::from_millis(200);

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How a child is restarted and stopped.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Policy {
    pub(crate) restart: Restart,
    pub(crate) backoff: Backoff,
    pub(crate) shutdown: Shutdown,
}

impl Policy {
    /// Whether a child that ended for this reason is started again: OTP's table of nine cells.
    pub(crate) fn restarts_after(&self, reason: &ExitReason) -> bool {
        match self.restart {
            Restart::Permanent => true,
            Restart::Transient => !reason.is_normal(),
            Restart::Temporary => false,
        }
    }
}

/// How a running child is to end. Later ones are more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    /// Not at all.
    No,
    /// Soon, keeping its mailbox for the next incarnation.
    Retire,
    /// For good: what is queued is handled, until the deadline of the whole.
    Finally(Option<Instant>),
    /// At once.
    Kill,
}

/// A child that was told to start.
pub(crate) struct Running {
    /// Resolves when it has started, or has failed to; then no exit follows.
    pub(crate) started: BoxFuture<Result<(), ExitReason>>,
    /// Resolves when nothing of it runs any more.
    pub(crate) exited: BoxFuture<ExitReason>,
}

pub(crate) trait Child: Send {
    fn name(&self) -> &Arc<str>;
    fn policy(&self) -> &Policy;
    /// Begins the first or next incarnation.
    fn start(&mut self) -> Running;
    /// Asks it to end; it tells by its exit.
    fn halt(&self, how: Halt);
    /// How long it may take to be gone after a kill, before a final stop goes on without it.
    fn grace(&self) -> Duration;
    /// It was killed and is not gone: a handler that never reaches an await can't be ended from
    /// outside.
    fn abandon(&self);
    /// It will not be started again: its mailbox is emptied, its name freed.
    fn finish(&mut self, reason: &ExitReason);
}

/// A child that is an actor.
pub(crate) struct ActorChild<A: Actor> {
    cell: Arc<Cell<A>>,
    factory: Arc<dyn Fn() -> A + Send + Sync>,
    policy: Policy,
}

impl<A: Actor> ActorChild<A> {
    pub(crate) fn new(
        cell: Arc<Cell<A>>,
        factory: Arc<dyn Fn() -> A + Send + Sync>,
        policy: Policy,
    ) -> Self {
        Self {
            cell,
            factory,
            policy,
        }
    }
}

impl<A: Actor> Child for ActorChild<A> {
    fn name(&self) -> &Arc<str> {
        self.cell.name()
    }

    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn start(&mut self) -> Running {
        let factory = Arc::clone(&self.factory);
        let incarnation = launch(&self.cell, move || factory());
        // A closed channel means that the runtime has dropped the task.
        Running {
            started: incarnation
                .started
                .map(|s| s.unwrap_or(Err(ExitReason::Killed)))
                .boxed(),
            exited: incarnation
                .exited
                .map(|e| e.unwrap_or(ExitReason::Killed))
                .boxed(),
        }
    }

    fn halt(&self, how: Halt) {
        let bits = match how {
            Halt::No => return,
            Halt::Retire => control::STOP_BY_SUPERVISOR,
            Halt::Finally(_) => control::DRAIN_BY_SUPERVISOR,
            Halt::Kill => control::KILL_BY_SUPERVISOR,
        };
        self.cell.signal(bits);
    }

    fn grace(&self) -> Duration {
        KILL_GRACE
    }

    fn abandon(&self) {
        self.cell.note_straggler();
    }

    fn finish(&mut self, reason: &ExitReason) {
        self.cell.terminate(reason.clone());
    }
}

impl<A: Actor> Drop for ActorChild<A> {
    fn drop(&mut self) {
        // Dropped by a runtime that ends, or with a plan that never started: whoever asks the
        // actor is told so instead of waiting.
        self.cell.terminate(ExitReason::Killed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::StartError;

    #[test]
    fn restart_types_answer_exit_reasons_as_otp_does() {
        let failure = ExitReason::Failed(StartError::new("x"));
        let reasons = [ExitReason::Normal, ExitReason::Shutdown, failure];
        let table = [
            (Restart::Permanent, [true, true, true]),
            (Restart::Transient, [false, false, true]),
            (Restart::Temporary, [false, false, false]),
        ];
        for (restart, expected) in table {
            let policy = Policy {
                restart,
                ..Policy::default()
            };
            let got = reasons
                .each_ref()
                .map(|reason| policy.restarts_after(reason));
            assert_eq!(got, expected, "{restart:?}");
        }
    }
}
