//! [`SystemBuilder`]: the description of a system, and its start.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::actor::{
    Actor, DEFAULT_ASK_TIMEOUT, ExitReason, InlineAsk, SystemCore, note_panic_locations,
};
use crate::bus::Topics;
use crate::contract::Module;
use crate::supervision::{
    ChildSpec, Halt, Inspection, Plan, Site, StartFailure, Supervisor, SupervisorHandle,
};
use crate::system::error::SystemStartError;
use crate::system::handle::System;
use crate::system::module::ModuleBuilder;

/// How long `run_until` lets a system take to stop when nothing else is said.
const DEFAULT_SHUTDOWN: Duration = Duration::from_secs(30);

/// The description of a system: its modules, services and supervisors in the order of their start.
///
/// | setting | default |
/// |---|---|
/// | [`ask_timeout`](Self::ask_timeout) | 5 seconds |
/// | [`shutdown_within`](Self::shutdown_within) | 30 seconds |
/// | [`intensity`](Self::intensity) | 1 restart of a module or direct child within 5 seconds |
/// | [`inline_asks`](Self::inline_asks) | [`InlineAsk::Auto`] |
#[must_use = "a system runs after `.start().await`"]
pub struct SystemBuilder {
    name: Arc<str>,
    root: Supervisor,
    ask_timeout: Duration,
    shutdown_within: Duration,
    inline: InlineAsk,
}

impl SystemBuilder {
    pub(crate) fn new(name: Arc<str>) -> Self {
        Self {
            root: Supervisor::one_for_one().name(Arc::clone(&name)),
            name,
            inline: InlineAsk::from_environment(),
            ask_timeout: DEFAULT_ASK_TIMEOUT,
            shutdown_within: DEFAULT_SHUTDOWN,
        }
    }

    /// How long an ask waits when it does not say so itself.
    pub fn ask_timeout(mut self, timeout: Duration) -> Self {
        self.ask_timeout = timeout;
        self
    }

    /// How long [`System::run_until`] lets the system take to stop.
    pub fn shutdown_within(mut self, limit: Duration) -> Self {
        self.shutdown_within = limit;
        self
    }

    /// Whether those who ask an actor run it themselves while it is idle; [`InlineAsk::Auto`] by
    /// default. A [`ChildSpec`] may say otherwise.
    ///
    /// The environment variable `CALLBOARD_INLINE` (`never`, `auto` or `always`) changes the default, so
    /// that a whole test suite can be run in each mode.
    pub fn inline_asks(mut self, inline: InlineAsk) -> Self {
        self.inline = inline;
        self
    }

    /// How often modules and direct children may be restarted, within which time, before the system
    /// gives up: 1 restart within 5 seconds by default.
    pub fn intensity(mut self, restarts: u32, within: Duration) -> Self {
        self.root = self.root.intensity(restarts, within);
        self
    }

    /// Adds a module; the closure says what it consists of.
    #[track_caller]
    pub fn module<M: Module>(
        mut self,
        module: M,
        describe: impl FnOnce(ModuleBuilder<M>) -> ModuleBuilder<M>,
    ) -> Self {
        // The value only names its type, so that a call reads well.
        let _ = module;
        let described = describe(ModuleBuilder::new(Location::caller()));
        self.root = self.root.plan(described.into_plan());
        self
    }

    /// Adds an actor that belongs to no module, with the defaults of [`ChildSpec`].
    #[track_caller]
    pub fn actor<A: Actor>(
        self,
        name: impl Into<Arc<str>>,
        factory: impl Fn() -> A + Send + Sync + 'static,
    ) -> Self {
        self.child(ChildSpec::new(name, factory))
    }

    /// Adds an actor that belongs to no module.
    pub fn child<A: Actor>(mut self, spec: ChildSpec<A>) -> Self {
        self.root = self.root.child(spec);
        self
    }

    /// Adds a supervisor that belongs to no module, with its children.
    pub fn supervise(mut self, supervisor: Supervisor) -> Self {
        self.root = self.root.supervisor(supervisor);
        self
    }

    /// Starts everything, in the order in which it was added.
    ///
    /// Before the first `on_start` runs, all names are known and all event handlers are subscribed:
    /// what is told, asked or published during the start waits in the mailbox of whoever starts later.
    ///
    /// # Errors
    ///
    /// All faults of the wiring, or the actor that did not start. Nothing is left running.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose time is enabled.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, what has started is killed.
    pub async fn start(self) -> Result<System, SystemStartError> {
        let mut inspection = Inspection::default();
        self.root.inspect(&mut inspection);
        if !inspection.faults.is_empty() {
            return Err(SystemStartError::Wiring(inspection.faults));
        }
        note_panic_locations();
        let core = Arc::new(SystemCore::new(self.name, self.ask_timeout, self.inline));
        let topics = Topics::install(&core);
        let site = Site {
            core: Arc::clone(&core),
            module: "".into(),
            is_static: true,
        };
        let tree = self
            .root
            .attach_tree(&site)
            .map_err(|taken| SystemStartError::Actor {
                reason: ExitReason::StartFailed(crate::StartError::new(
                    "an actor of this name exists already",
                )),
                name: taken.name,
            })?;
        let (root, outlook) = SupervisorHandle::launch(tree);
        let system = System::new(core, topics, root, self.shutdown_within, outlook.ended);
        let guard = KillOnDrop(Some(&system));
        match outlook.started.await {
            Ok(Ok(())) => {
                guard.disarm();
                Ok(system)
            }
            Ok(Err(failure)) => {
                guard.disarm();
                system.wait_for_end().await;
                Err(start_error(failure))
            }
            Err(_) => Err(SystemStartError::Actor {
                name: "the system".into(),
                reason: ExitReason::Killed,
            }),
        }
    }
}

/// Finds the actor behind the supervisors that could not start because of it.
fn start_error(failure: StartFailure) -> SystemStartError {
    let StartFailure {
        child: mut name,
        mut reason,
    } = failure;
    while let ExitReason::Escalated {
        child,
        reason: deeper,
    } = reason
    {
        name = child;
        reason = Arc::unwrap_or_clone(deeper);
    }
    SystemStartError::Actor { name, reason }
}

/// Ends a system whose start is given up.
struct KillOnDrop<'a>(Option<&'a System>);

impl KillOnDrop<'_> {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for KillOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(system) = self.0 {
            system.halt(Halt::Kill);
        }
    }
}

impl fmt::Debug for SystemBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemBuilder")
            .field("name", &self.name)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}
