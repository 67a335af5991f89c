//! [`System`]: a running system.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout_at};

use crate::actor::{Actor, ActorRef, Context, LookupError, SystemCore};
use crate::bus::{Topic, Topics};
use crate::contract::Event;
use crate::error::Error;
use crate::supervision::{ChildSpec, Ended, Halt, Site, SpawnError, SupervisorHandle};
use crate::system::builder::SystemBuilder;
use crate::system::report::{ShutdownError, ShutdownReport};
use crate::system::stats::SystemStats;

/// A running system. Cheap to clone.
///
/// It runs until it is shut down, or gives up, or its runtime ends; dropping the handles does not
/// stop it.
///
/// ```
/// use callboard::prelude::*;
///
/// # struct Orders;
/// # #[actor]
/// # impl Orders {}
/// # #[derive(Module)]
/// # struct OrdersModule;
/// # async fn interrupted() {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), callboard::Error> {
/// let system = System::builder("shop")
///     .module(OrdersModule, |module| module.actor("orders", || Orders).intensity(5, secs(10)))
///     .shutdown_within(secs(10))
///     .start()
///     .await?;
/// let orders: ActorRef<Orders> = system.actor("orders")?;
/// # let _ = orders;
/// system.run_until(interrupted()).await?; // in a service: `tokio::signal::ctrl_c()`
///
/// let stats = system.stats();
/// assert!(stats.conservation().is_ok());
/// println!("{} messages handled", stats.actor("orders").map_or(0, |orders| orders.handled));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct System(Arc<Inner>);

struct Inner {
    core: Arc<SystemCore>,
    topics: Arc<Topics>,
    root: SupervisorHandle,
    shutdown_within: Duration,
    /// When the shutdown was asked for, and when it is to be over.
    asked: Mutex<Option<(Instant, Instant)>>,
    /// Set once, at the end.
    report: watch::Sender<Option<Arc<ShutdownReport>>>,
}

/// How much longer than asked a shutdown may take: killed actors are given a moment to be gone.
const GRACE: Duration = Duration::from_millis(900);

impl System {
    /// Begins the description of a system. The name is for logs; several systems can run in one
    /// process, and know nothing of each other.
    pub fn builder(name: impl Into<Arc<str>>) -> SystemBuilder {
        SystemBuilder::new(name.into())
    }

    pub(crate) fn new(
        core: Arc<SystemCore>,
        topics: Arc<Topics>,
        root: SupervisorHandle,
        shutdown_within: Duration,
        ended: oneshot::Receiver<Ended>,
    ) -> Self {
        let system = Self(Arc::new(Inner {
            core,
            topics,
            root,
            shutdown_within,
            asked: Mutex::new(None),
            report: watch::Sender::new(None),
        }));
        let weak: Weak<Inner> = Arc::downgrade(&system.0);
        drop(system.0.core.system.set(Arc::new(weak)));
        let inner = Arc::clone(&system.0);
        tokio::spawn(async move {
            if let Ok(mut ended) = ended.await {
                ended.tree.finish(&ended.reason);
                inner.end(ended);
            }
        });
        system
    }

    /// The system's name.
    pub fn name(&self) -> &str {
        &self.0.core.name
    }

    /// The actor of that name.
    ///
    /// # Errors
    ///
    /// There is none, it has stopped for good, or it is another service.
    pub fn actor<A: Actor>(&self, name: &str) -> Result<ActorRef<A>, LookupError> {
        self.0.core.registry.find(name)
    }

    /// The topic of an event type, which is made when it is first asked for.
    pub fn topic<E: Event>(&self) -> Topic<E> {
        Topic::new(self.0.topics.topic())
    }

    /// Starts one more actor, supervised by the system itself, and waits until its `on_start` has ended.
    ///
    /// # Errors
    ///
    /// The description is invalid, the name is taken, or it did not start; then nothing of it is left.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, the actor may or may not be started; if it is, it is supervised
    /// all the same.
    pub async fn spawn<A: Actor>(&self, spec: ChildSpec<A>) -> Result<ActorRef<A>, SpawnError> {
        let mut faults = Vec::new();
        spec.faults(&mut faults);
        if !faults.is_empty() {
            return Err(SpawnError::Invalid(faults));
        }
        let site = Site {
            core: Arc::clone(&self.0.core),
            module: "".into(),
            is_static: false,
        };
        let (actor_ref, child) = spec.attach_ref(&site)?;
        self.0.root.start_child(child).await?;
        Ok(actor_ref)
    }

    /// All counters, those of stopped actors included. It can be called after the shutdown.
    pub fn stats(&self) -> SystemStats {
        SystemStats {
            actors: self.0.core.registry.stats(),
            topics: self.0.topics.stats(),
            dead_letters: self.0.core.dead_letters.read(),
        }
    }

    /// Runs until the future is ready, whatever it returns, and then shuts down within the builder's
    /// [`shutdown_within`](SystemBuilder::shutdown_within).
    ///
    /// The report is that of [`shutdown`](Self::shutdown), which can be called afterwards.
    ///
    /// # Errors
    ///
    /// A [`ShutdownError`], when the system gave up by itself, or not all of it stopped.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing, except that a shutdown that has begun goes on.
    pub async fn run_until<F: Future>(&self, until: F) -> Result<(), Error> {
        let report = tokio::select! {
            _ = until => self.shutdown(self.0.shutdown_within).await,
            report = self.wait_for_end() => report,
        };
        if report.is_clean() {
            Ok(())
        } else {
            Err(ShutdownError(Arc::new(report)).into())
        }
    }

    /// Stops everything, in the reverse order of its start, within this time: each actor handles
    /// what is queued, runs `on_stop`, and is killed when its own time or that of the whole is over.
    ///
    /// It returns after this time and 1 second at most. Doing it again changes nothing, the limit
    /// included, and returns the same report.
    ///
    /// # Cancel safety
    ///
    /// Dropping it does not take the request back.
    pub async fn shutdown(&self, within: Duration) -> ShutdownReport {
        let now = Instant::now();
        // A limit too long for the clock is as good as a year.
        let own = now
            .checked_add(within)
            .unwrap_or_else(|| now + Duration::from_secs(31_536_000));
        let mut is_first = false;
        let (_, deadline) = *self.0.asked.lock().get_or_insert_with(|| {
            is_first = true;
            (now, own)
        });
        if is_first {
            self.halt(Halt::Finally(Some(deadline)));
        }
        if let Ok(report) = timeout_at(deadline, self.wait_for_end()).await {
            return report;
        }
        self.halt(Halt::Kill);
        match timeout_at(deadline + GRACE, self.wait_for_end()).await {
            Ok(report) => report,
            // Supervisors wait for nobody after a kill, so that only a runtime without a free
            // thread gets here.
            Err(_) => self.0.describe(None),
        }
    }

    pub(crate) fn halt(&self, how: Halt) {
        self.0.root.halt(how);
    }

    /// Waits until the system has ended, by a shutdown or because it gave up.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn wait_for_end(&self) -> ShutdownReport {
        let mut report = self.0.report.subscribe();
        let ended = report.wait_for(Option::is_some).await;
        match ended.as_deref() {
            Ok(Some(report)) => ShutdownReport::clone(report),
            // The sender is in the handle that waits.
            _ => self.0.describe(None),
        }
    }
}

impl Inner {
    /// Everything has stopped.
    fn end(&self, ended: Ended) {
        self.topics.close();
        let failure = (!ended.reason.is_normal()).then_some(ended.reason);
        let report = self.describe(failure);
        if report.is_clean() {
            tracing::info!(target: "callboard::system", system = &*self.core.name, elapsed = ?report.elapsed, "stopped");
        } else {
            tracing::error!(target: "callboard::system", system = &*self.core.name, %report, "did not end well");
        }
        self.report.send_replace(Some(Arc::new(report)));
    }

    fn describe(&self, failure: Option<crate::ExitReason>) -> ShutdownReport {
        ShutdownReport {
            elapsed: self
                .asked
                .lock()
                .map_or(Duration::ZERO, |(asked, _)| asked.elapsed()),
            stragglers: self.core.stragglers.lock().clone(),
            failure,
            dead_letters: self.core.dead_letters.read(),
        }
    }
}

impl<A: Actor> Context<A> {
    /// The system that the actor runs in.
    ///
    /// # Panics
    ///
    /// In an actor that could not be stopped, once its system has ended and nobody holds a handle to it.
    pub fn system(&self) -> System {
        let slot = self
            .core()
            .system
            .get()
            .expect("every core belongs to a system");
        let weak = slot
            .downcast_ref::<Weak<Inner>>()
            .expect("the slot holds a system only");
        System(
            weak.upgrade()
                .expect("a system lives as long as its actors do"),
        )
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
