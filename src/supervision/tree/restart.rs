//! What follows from the end of a child: nothing, a restart of it or its group, or giving up.

use std::time::Duration;

use tokio::time::Instant;

use crate::actor::ExitReason;
use crate::supervision::child::Halt;
use crate::supervision::handle::Inbox;
use crate::supervision::spec::Restart;
use crate::supervision::strategy::Strategy;
use crate::supervision::tree::{Key, StartTrouble, Tree, Trouble};

impl Tree {
    /// Decides what follows from the end of a child.
    pub(super) async fn on_exit(
        &mut self,
        key: Key,
        reason: ExitReason,
        inbox: &mut Inbox,
    ) -> Result<(), Trouble> {
        let Some(slot) = self.slots.get_mut(&key) else {
            return Ok(());
        };
        slot.running = false;
        if slot.started.elapsed() > self.intensity.within {
            slot.failures = 0;
        }
        if !slot.child.policy().restarts_after(&reason) {
            self.forget(key, &reason);
            return Ok(());
        }
        self.restart(key, reason, inbox).await
    }

    /// Restarts a child, and with it those that its strategy names, now or after the backoff.
    pub(super) async fn restart(
        &mut self,
        key: Key,
        reason: ExitReason,
        inbox: &mut Inbox,
    ) -> Result<(), Trouble> {
        let mut failed = (key, reason);
        loop {
            let (key, reason) = failed;
            let child = self.name_of(key);
            if !self.window.allows(Instant::now()) {
                return Err(Trouble::TooMany { child, reason });
            }
            tracing::warn!(
                target: "callboard::supervision",
                supervisor = &*self.name,
                child = &*child,
                %reason,
                "restarts a child"
            );
            self.retire_group(key, inbox).await?;
            let delay = self.next_delay(key);
            if !delay.is_zero() {
                if self.strategy != Strategy::OneForOne {
                    // The group waits for the latest failure only.
                    self.due.clear();
                }
                self.due.insert((Instant::now() + delay, key));
                return Ok(());
            }
            match self.start_group(key, inbox).await {
                Ok(()) => return Ok(()),
                Err((_, StartTrouble::Halted)) => return Err(Trouble::Halted),
                Err((key, StartTrouble::Failed(reason))) => failed = (key, reason),
            }
        }
    }

    /// Goes on with a restart whose backoff is over.
    pub(super) async fn start_again(&mut self, key: Key, inbox: &mut Inbox) -> Result<(), Trouble> {
        match self.start_group(key, inbox).await {
            Ok(()) => Ok(()),
            Err((_, StartTrouble::Halted)) => Err(Trouble::Halted),
            Err((key, StartTrouble::Failed(reason))) => self.restart(key, reason, inbox).await,
        }
    }

    pub(super) fn next_delay(&mut self, key: Key) -> Duration {
        let Some(slot) = self.slots.get_mut(&key) else {
            return Duration::ZERO;
        };
        slot.failures = slot.failures.saturating_add(1);
        slot.child
            .policy()
            .backoff
            .delay(slot.failures, fastrand::f64())
    }

    /// Those that stop and start together with this child, without it, in start order.
    pub(super) fn group(&self, key: Key) -> Vec<Key> {
        match self.strategy {
            Strategy::OneForOne => Vec::new(),
            Strategy::OneForAll => self
                .slots
                .keys()
                .copied()
                .filter(|&other| other != key)
                .collect(),
            Strategy::RestForOne => self.slots.range(key + 1..).map(|(&key, _)| key).collect(),
        }
    }

    /// Stops the rest of the group. Temporary children are not started again, so that they end here.
    pub(super) async fn retire_group(
        &mut self,
        key: Key,
        inbox: &mut Inbox,
    ) -> Result<(), Trouble> {
        for other in self.group(key).into_iter().rev() {
            self.stop(other, Halt::Retire, inbox).await;
            let is_temporary = self
                .slots
                .get(&other)
                .is_some_and(|slot| slot.child.policy().restart == Restart::Temporary);
            if is_temporary {
                self.forget(other, &ExitReason::Shutdown);
            }
        }
        if *inbox.halt.borrow() == Halt::No {
            Ok(())
        } else {
            Err(Trouble::Halted)
        }
    }

    /// Starts the failed child, or all of the group that do not run, in start order.
    pub(super) async fn start_group(
        &mut self,
        key: Key,
        inbox: &mut Inbox,
    ) -> Result<(), (Key, StartTrouble)> {
        let keys: Vec<Key> = match self.strategy {
            Strategy::OneForOne => vec![key],
            _ => self
                .slots
                .iter()
                .filter(|(_, slot)| !slot.running)
                .map(|(&key, _)| key)
                .collect(),
        };
        for key in keys {
            self.start(key, inbox)
                .await
                .map_err(|trouble| (key, trouble))?;
        }
        Ok(())
    }
}
