//! Starting and stopping children, and waiting for them.

use futures::stream::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::actor::ExitReason;
use crate::supervision::child::Halt;
use crate::supervision::handle::Inbox;
use crate::supervision::spec::Shutdown;
use crate::supervision::tree::{Key, StartTrouble, Tree, halted, killed, until};

impl Tree {
    /// Starts one child and waits until it runs. A halt kills it, even in its `on_start`.
    pub(super) async fn start(&mut self, key: Key, inbox: &mut Inbox) -> Result<(), StartTrouble> {
        let Some(slot) = self.slots.get_mut(&key) else {
            return Ok(());
        };
        if *inbox.halt.borrow() != Halt::No {
            return Err(StartTrouble::Halted);
        }
        let mut running = slot.child.start();
        let (result, was_halted) = tokio::select! {
            biased;
            result = &mut running.started => (result, false),
            () = halted(&mut inbox.halt) => {
                slot.child.halt(Halt::Kill);
                let grace = Instant::now() + slot.child.grace();
                let result = timeout_at(grace, running.started).await.unwrap_or_else(|_| {
                    slot.child.abandon();
                    Err(ExitReason::Killed)
                });
                (result, true)
            }
        };
        match result {
            Ok(()) => {
                slot.running = true;
                slot.started = Instant::now();
                let exited = running.exited;
                self.exits
                    .push(Box::pin(async move { (key, exited.await) }));
                if was_halted {
                    Err(StartTrouble::Halted)
                } else {
                    Ok(())
                }
            }
            Err(_) if was_halted => Err(StartTrouble::Halted),
            Err(reason) => Err(StartTrouble::Failed(reason)),
        }
    }

    /// Stops all children, the last one first; when it is for good, each is finished as it ends.
    pub(super) async fn stop_all(&mut self, how: Halt, inbox: &mut Inbox) {
        self.due.clear();
        let keys: Vec<Key> = self.slots.keys().rev().copied().collect();
        for key in keys {
            // The halt may become more urgent while the others stop.
            let how = match *inbox.halt.borrow() {
                Halt::No => how,
                halt => halt,
            };
            self.stop(key, how, inbox).await;
            if how != Halt::Retire {
                self.forget(key, &ExitReason::Shutdown);
            }
        }
        self.early.clear();
    }

    /// Asks a child to stop, waits as long as its policy and the halt allow, then kills it.
    pub(super) async fn stop(&mut self, key: Key, how: Halt, inbox: &mut Inbox) {
        let Some(slot) = self.slots.get(&key) else {
            return;
        };
        if !slot.running {
            return;
        }
        let now = Instant::now();
        let own = match slot.child.policy().shutdown {
            Shutdown::Immediately => Some(now),
            Shutdown::Within(limit) => now.checked_add(limit),
            Shutdown::Unlimited => None,
        };
        let deadline = match how {
            Halt::Kill => Some(now),
            Halt::Finally(Some(whole)) => Some(own.map_or(whole, |own| own.min(whole))),
            _ => own,
        };
        if deadline != Some(now) {
            slot.child.halt(how);
            tokio::select! {
                biased;
                () = self.wait_for_exit(key) => return,
                () = until(deadline.map(|deadline| (deadline, key))) => {}
                () = killed(&mut inbox.halt) => {}
            }
        }
        let Some(slot) = self.slots.get(&key) else {
            return;
        };
        slot.child.halt(Halt::Kill);
        let grace = slot.child.grace();
        if how == Halt::Retire {
            // The next incarnation must not overlap with this one, however long that takes. Should
            // all be halted meanwhile, it is waited for again with the others, but not for ever.
            tokio::select! {
                biased;
                () = self.wait_for_exit(key) => {}
                () = halted(&mut inbox.halt) => {}
            }
            return;
        }
        let time_is_over = match how {
            Halt::Finally(Some(whole)) => whole <= Instant::now(),
            _ => false,
        };
        let killed = if time_is_over || *inbox.halt.borrow() == Halt::Kill {
            self.kill_all()
        } else {
            Instant::now()
        };
        let gone = timeout_at(killed + grace, self.wait_for_exit(key)).await;
        if gone.is_err()
            && let Some(slot) = self.slots.get(&key)
        {
            slot.child.abandon();
        }
    }

    /// Kills all that run, so that their graces pass together. Returns when that was.
    pub(super) fn kill_all(&mut self) -> Instant {
        *self.killed.get_or_insert_with(|| {
            for slot in self.slots.values().filter(|slot| slot.running) {
                slot.child.halt(Halt::Kill);
            }
            Instant::now()
        })
    }

    /// Waits for the exit of one child; those of others are kept for later.
    pub(super) async fn wait_for_exit(&mut self, key: Key) {
        if let Some(index) = self.early.iter().position(|(other, _)| *other == key) {
            self.early.remove(index);
        } else {
            loop {
                match self.exits.next().await {
                    Some((other, _)) if other == key => break,
                    Some(exit) => self.early.push_back(exit),
                    None => return,
                }
            }
        }
        if let Some(slot) = self.slots.get_mut(&key) {
            slot.running = false;
        }
    }
}
