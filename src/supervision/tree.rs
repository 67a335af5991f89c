//! [`Tree`]: the loop of one supervisor.
//!
//! It does one thing at a time, as OTP's does: while it stops or starts children it takes no
//! requests, and exits of other children wait. Only a halt is heard at every await, so that a
//! supervisor can be stopped while a child hangs in `on_start` or waits out its backoff.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::actor::ExitReason;
use crate::supervision::child::{BoxFuture, Child, Halt};
use crate::supervision::handle::{Inbox, StartChild, StartFailure};
use crate::supervision::spec::{Restart, Shutdown};
use crate::supervision::strategy::{Intensity, Strategy};
use crate::supervision::window::RestartWindow;

/// A child's place in the start order. Never used twice.
type Key = u64;

pub(crate) struct Tree {
    name: Arc<str>,
    strategy: Strategy,
    intensity: Intensity,
    window: RestartWindow,
    /// In start order.
    slots: BTreeMap<Key, Slot>,
    next_key: Key,
    /// One future per running child.
    exits: FuturesUnordered<BoxFuture<(Key, ExitReason)>>,
    /// Exits that came while another was waited for.
    early: VecDeque<(Key, ExitReason)>,
    /// Children whose backoff ends at a time.
    due: BTreeSet<(Instant, Key)>,
    /// When all children were killed, if they were.
    killed: Option<Instant>,
}

struct Slot {
    child: Box<dyn Child>,
    running: bool,
    /// Failures in a row, for the backoff.
    failures: u32,
    started: Instant,
}

/// How a supervisor ended. The tree can run again.
pub(crate) struct Ended {
    pub(crate) reason: ExitReason,
    pub(crate) tree: Tree,
}

/// What a supervisor waits for.
enum Event {
    Exit((Key, ExitReason)),
    Due,
    Start(StartChild),
}

/// Why the supervisor can't go on as before.
enum Trouble {
    /// It was asked to end.
    Halted,
    /// More failed than is allowed.
    TooMany { child: Arc<str>, reason: ExitReason },
}

impl Tree {
    pub(crate) fn new(name: Arc<str>, strategy: Strategy, intensity: Intensity) -> Self {
        Self {
            name,
            strategy,
            intensity,
            window: RestartWindow::new(intensity),
            slots: BTreeMap::new(),
            next_key: 0,
            exits: FuturesUnordered::new(),
            early: VecDeque::new(),
            due: BTreeSet::new(),
            killed: None,
        }
    }

    /// Adds a child behind all others.
    pub(crate) fn add(&mut self, child: Box<dyn Child>) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        self.slots.insert(
            key,
            Slot {
                child,
                running: false,
                failures: 0,
                started: Instant::now(),
            },
        );
        key
    }

    /// How long the tree may take to be gone after a kill: a little more than its slowest child.
    pub(crate) fn grace(&self) -> Duration {
        let slowest = self.slots.values().map(|slot| slot.child.grace()).max();
        slowest.unwrap_or_default() + Duration::from_millis(50)
    }

    /// Ends all children for good, the last one first. None of them may be running.
    pub(crate) fn finish(&mut self, reason: &ExitReason) {
        while let Some((_, mut slot)) = self.slots.pop_last() {
            slot.child.finish(reason);
        }
    }

    /// Starts the children and looks after them until there is a reason to end.
    pub(crate) async fn run(
        mut self,
        mut inbox: Inbox,
        started: oneshot::Sender<Result<(), StartFailure>>,
    ) -> Ended {
        self.window.clear();
        for slot in self.slots.values_mut() {
            slot.failures = 0;
        }
        let keys: Vec<Key> = self.slots.keys().copied().collect();
        for key in keys {
            if let Err(failure) = self.start(key, &mut inbox).await {
                let failure = match failure {
                    StartTrouble::Failed(reason) => StartFailure {
                        child: self.name_of(key),
                        reason,
                    },
                    StartTrouble::Halted => StartFailure {
                        child: Arc::clone(&self.name),
                        reason: ExitReason::Shutdown,
                    },
                };
                let reason = failure.reason.clone();
                let how = match *inbox.halt.borrow() {
                    Halt::No => Halt::Retire,
                    halt => halt,
                };
                self.stop_all(how, &mut inbox).await;
                drop(started.send(Err(failure)));
                return Ended { reason, tree: self };
            }
        }
        drop(started.send(Ok(())));

        let trouble = loop {
            if let Err(trouble) = self.step(&mut inbox).await {
                break trouble;
            }
        };
        let (how, reason) = match trouble {
            Trouble::Halted => (*inbox.halt.borrow(), ExitReason::Shutdown),
            Trouble::TooMany { child, reason } => {
                tracing::error!(
                    target: "callboard::supervision",
                    supervisor = &*self.name,
                    child = &*child,
                    %reason,
                    restarts = self.intensity.restarts,
                    within = ?self.intensity.within,
                    "gives up: too many restarts"
                );
                (
                    Halt::Retire,
                    ExitReason::Escalated {
                        child,
                        reason: Arc::new(reason),
                    },
                )
            }
        };
        self.stop_all(how, &mut inbox).await;
        Ended { reason, tree: self }
    }

    /// Waits for the next thing to happen and answers it.
    async fn step(&mut self, inbox: &mut Inbox) -> Result<(), Trouble> {
        if let Some((key, reason)) = self.early.pop_front() {
            return self.on_exit(key, reason, inbox).await;
        }
        let due = self.due.first().copied();
        let Inbox { halt, requests } = inbox;
        let event = tokio::select! {
            biased;
            () = halted(halt) => return Err(Trouble::Halted),
            Some(exit) = self.exits.next(), if !self.exits.is_empty() => Event::Exit(exit),
            () = until(due) => Event::Due,
            Some(request) = requests.recv() => Event::Start(request),
        };
        match event {
            Event::Exit((key, reason)) => self.on_exit(key, reason, inbox).await,
            Event::Due => match self.due.pop_first() {
                Some((_, key)) => self.start_again(key, inbox).await,
                None => Ok(()),
            },
            Event::Start(StartChild { child, answer }) => {
                self.start_new(child, answer, inbox).await
            }
        }
    }

    async fn start_new(
        &mut self,
        child: Box<dyn Child>,
        answer: oneshot::Sender<Result<(), ExitReason>>,
        inbox: &mut Inbox,
    ) -> Result<(), Trouble> {
        let key = self.add(child);
        match self.start(key, inbox).await {
            Ok(()) => {
                drop(answer.send(Ok(())));
                Ok(())
            }
            Err(StartTrouble::Failed(reason)) => {
                self.forget(key, &reason);
                drop(answer.send(Err(reason)));
                Ok(())
            }
            Err(StartTrouble::Halted) => {
                // If it runs already, it is stopped with the others.
                if self.slots.get(&key).is_some_and(|slot| !slot.running) {
                    self.forget(key, &ExitReason::Shutdown);
                }
                Err(Trouble::Halted)
            }
        }
    }

    /// Decides what follows from the end of a child.
    async fn on_exit(
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
    async fn restart(
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
    async fn start_again(&mut self, key: Key, inbox: &mut Inbox) -> Result<(), Trouble> {
        match self.start_group(key, inbox).await {
            Ok(()) => Ok(()),
            Err((_, StartTrouble::Halted)) => Err(Trouble::Halted),
            Err((key, StartTrouble::Failed(reason))) => self.restart(key, reason, inbox).await,
        }
    }

    fn next_delay(&mut self, key: Key) -> Duration {
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
    fn group(&self, key: Key) -> Vec<Key> {
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
    async fn retire_group(&mut self, key: Key, inbox: &mut Inbox) -> Result<(), Trouble> {
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
    async fn start_group(
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

    /// Starts one child and waits until it runs. A halt kills it, even in its `on_start`.
    async fn start(&mut self, key: Key, inbox: &mut Inbox) -> Result<(), StartTrouble> {
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
    async fn stop_all(&mut self, how: Halt, inbox: &mut Inbox) {
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
    async fn stop(&mut self, key: Key, how: Halt, inbox: &mut Inbox) {
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
    fn kill_all(&mut self) -> Instant {
        *self.killed.get_or_insert_with(|| {
            for slot in self.slots.values().filter(|slot| slot.running) {
                slot.child.halt(Halt::Kill);
            }
            Instant::now()
        })
    }

    /// Waits for the exit of one child; those of others are kept for later.
    async fn wait_for_exit(&mut self, key: Key) {
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

    /// Ends a child for good and forgets it.
    fn forget(&mut self, key: Key, reason: &ExitReason) {
        if let Some(mut slot) = self.slots.remove(&key) {
            slot.child.finish(reason);
        }
        self.due.retain(|(_, other)| *other != key);
    }

    fn name_of(&self, key: Key) -> Arc<str> {
        self.slots
            .get(&key)
            .map_or_else(|| "?".into(), |slot| Arc::clone(slot.child.name()))
    }
}

/// Why a child does not run.
enum StartTrouble {
    Failed(ExitReason),
    /// The supervisor was asked to end meanwhile.
    Halted,
}

async fn halted(halt: &mut watch::Receiver<Halt>) {
    // Without a sender nobody can ask any more.
    if halt.wait_for(|halt| *halt != Halt::No).await.is_err() {
        future::pending::<()>().await;
    }
}

async fn killed(halt: &mut watch::Receiver<Halt>) {
    if halt.wait_for(|halt| *halt == Halt::Kill).await.is_err() {
        future::pending::<()>().await;
    }
}

async fn until(due: Option<(Instant, Key)>) {
    match due {
        Some((instant, _)) => sleep_until(instant).await,
        None => future::pending().await,
    }
}
