//! [`Tree`]: the loop of one supervisor.
//!
//! It does one thing at a time, as OTP's does: while it stops or starts children it takes no
//! requests, and exits of other children wait. Only a halt is heard at every await, so that a
//! supervisor can be stopped while a child hangs in `on_start` or waits out its backoff.

mod restart;
mod stop;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::actor::ExitReason;
use crate::supervision::child::{BoxFuture, Child, Halt};
use crate::supervision::handle::{Inbox, StartChild, StartFailure};
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
