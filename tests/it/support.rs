//! What the tests share: an actor that does what it is told, a gate to hold it at, a log, and polling by hand.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};

use callboard::prelude::*;
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

/// What happened, in order, over all actors and incarnations that share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, entry: impl Into<String>) {
        self.0.lock().push(entry.into());
    }

    /// The entries so far, which are then forgotten.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock())
    }

    pub(crate) fn count(&self, entry: &str) -> usize {
        self.0.lock().iter().filter(|other| *other == entry).count()
    }
}

/// Holds handlers: a handler passes it only after the test has opened it, once per opening.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    entered: Arc<Semaphore>,
    opened: Arc<Semaphore>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self {
            entered: Arc::new(Semaphore::new(0)),
            opened: Arc::new(Semaphore::new(0)),
        }
    }

    /// For handlers: says that it is here, and waits.
    pub(crate) async fn pass(&self) {
        self.entered.add_permits(1);
        self.opened.acquire().await.expect("never closed").forget();
    }

    /// For tests: waits until a handler has come to the gate.
    pub(crate) async fn entered(&self) {
        self.entered.acquire().await.expect("never closed").forget();
    }

    pub(crate) fn open(&self) {
        self.opened.add_permits(1);
    }
}

/// Polls once, with a waker that wakes nobody: what is not polled again makes no progress.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut TaskContext::from_waker(Waker::noop()))
}

/// Lets all other tasks of a current-thread runtime run until none of them can go on.
///
/// No task here needs more turns than this, and no time passes meanwhile.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

type Script =
    Box<dyn for<'a> FnOnce(&'a mut Puppet, &'a mut Context<Puppet>) -> BoxFuture<'a, ()> + Send>;

/// Runs a closure as the handler.
#[derive(Message)]
pub(crate) struct Run(Script);

impl Run {
    pub(crate) fn new<F>(script: F) -> Self
    where
        F: for<'a> FnOnce(&'a mut Puppet, &'a mut Context<Puppet>) -> BoxFuture<'a, ()>
            + Send
            + 'static,
    {
        Self(Box::new(script))
    }

    /// A closure that does not wait.
    pub(crate) fn now(
        script: impl FnOnce(&mut Puppet, &mut Context<Puppet>) + Send + 'static,
    ) -> Self {
        Self::new(move |puppet, ctx| {
            script(puppet, ctx);
            std::future::ready(()).boxed()
        })
    }

    /// A handler that waits at a gate.
    pub(crate) fn hold(gate: &Gate) -> Self {
        let gate = gate.clone();
        Self::new(move |_, _| async move { gate.pass().await }.boxed())
    }

    /// A handler that never ends by itself.
    pub(crate) fn hang() -> Self {
        Self::new(|_, _| std::future::pending().boxed())
    }

    pub(crate) fn panic(text: &'static str) -> Self {
        Self::now(move |_, _| panic!("{text}"))
    }

    pub(crate) fn fail(text: &'static str) -> Self {
        Self::now(move |_, ctx| ctx.fail(StartError::new(text)))
    }

    pub(crate) fn stop() -> Self {
        Self::now(|_, ctx| ctx.stop())
    }
}

/// Notes a number in the log, as `name:number`.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Note(pub(crate) u32);

/// Is answered with the same number.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
#[message(reply = u32)]
pub(crate) struct Echo(pub(crate) u32);

/// Adds to the actor's own state and is answered with the sum.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
#[message(reply = u32)]
pub(crate) struct Add(pub(crate) u32);

/// Is answered with an error, which says the same.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
#[message(reply = Result<(), Refused>)]
pub(crate) struct Refuse(pub(crate) u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) u32);

/// An event that puppets note as `name:tick number`.
#[derive(Event, Debug, PartialEq, Eq)]
#[event(name = "test.tick")]
pub(crate) struct Tick(pub(crate) u32);

type StartHook =
    Arc<dyn Fn(u64) -> BoxFuture<'static, Result<(), StartError>> + Send + Sync + 'static>;
type StopHook = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static>;

/// The actor of most tests. It logs its starts and stops.
pub(crate) struct Puppet {
    pub(crate) log: Log,
    pub(crate) state: u32,
    start: Option<StartHook>,
    stop: Option<StopHook>,
}

impl Puppet {
    pub(crate) fn new(log: &Log) -> Self {
        Self {
            log: log.clone(),
            state: 0,
            start: None,
            stop: None,
        }
    }

    /// Runs this in `on_start`; it is given the incarnation's number.
    pub(crate) fn starting<F, R>(mut self, hook: F) -> Self
    where
        F: Fn(u64) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), StartError>> + Send + 'static,
    {
        self.start = Some(Arc::new(move |incarnation| hook(incarnation).boxed()));
        self
    }

    /// Runs this in `on_stop`.
    pub(crate) fn stopping<F, R>(mut self, hook: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.stop = Some(Arc::new(move || hook().boxed()));
        self
    }
}

#[actor(mailbox = 16)]
impl Puppet {
    #[on_start]
    async fn begin(&mut self, ctx: &mut Context<Self>) -> Result<(), StartError> {
        if let Some(hook) = self.start.clone() {
            hook(ctx.incarnation()).await?;
        }
        self.log
            .add(format!("{}:start {}", ctx.name(), ctx.incarnation()));
        Ok(())
    }

    #[on_stop]
    async fn end(&mut self, reason: &ExitReason, ctx: &mut Context<Self>) {
        if let Some(hook) = self.stop.clone() {
            hook().await;
        }
        let entry = format!("{}:stop {} {reason}", ctx.name(), ctx.incarnation());
        // The place of a panic is not the test's business here.
        self.log
            .add(entry.split(" at tests").next().unwrap_or_default());
    }

    #[handler]
    async fn run(&mut self, msg: Run, ctx: &mut Context<Self>) {
        (msg.0)(self, ctx).await;
    }

    #[handler]
    fn note(&mut self, msg: Note, ctx: &mut Context<Self>) {
        self.log.add(format!("{}:{}", ctx.name(), msg.0));
    }

    #[handler]
    fn echo(&mut self, msg: Echo) -> u32 {
        msg.0
    }

    #[handler]
    fn add(&mut self, msg: Add) -> u32 {
        self.state += msg.0;
        self.state
    }

    #[handler]
    fn refuse(&mut self, msg: Refuse) -> Result<(), Refused> {
        Err(Refused(msg.0))
    }

    #[handler]
    fn on_tick(&mut self, event: &Tick, ctx: &mut Context<Self>) {
        self.log.add(format!("{}:tick {}", ctx.name(), event.0));
    }
}

/// A child that logs to `log`, permanent and without backoff.
pub(crate) fn puppet(name: &str, log: &Log) -> ChildSpec<Puppet> {
    let log = log.clone();
    ChildSpec::new(name, move || Puppet::new(&log))
}

/// A system of one puppet named `p`, which may be restarted as often as it takes.
pub(crate) async fn one_puppet(mailbox: usize) -> (System, ActorRef<Puppet>, Log) {
    let log = Log::default();
    let system = System::builder("test")
        .intensity(1000, secs(1))
        .child(puppet("p", &log).mailbox(mailbox))
        .start()
        .await
        .expect("a puppet starts");
    let actor = system.actor("p").expect("it is there");
    log.take();
    (system, actor, log)
}

/// Fills a puppet's mailbox behind a handler that waits at the gate, with notes 1, 2, ...
pub(crate) async fn hold_and_fill(actor: &ActorRef<Puppet>, gate: &Gate, notes: u32) {
    actor.tell(Run::hold(gate)).await.expect("there is room");
    gate.entered().await;
    for number in 1..=notes {
        actor.try_tell(Note(number)).expect("there is room");
    }
}

/// Shuts down and checks what holds at the end of every test: all of it stopped, and every message
/// is accounted for.
#[track_caller]
pub(crate) fn conclude(system: System) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let report = system.shutdown(secs(60)).await;
        assert!(report.is_clean(), "{place}: {report}");
        assert_conserved(&system);
    }
}

/// Checks the law of conservation of every mailbox.
#[track_caller]
pub(crate) fn assert_conserved(system: &System) {
    if let Err(imbalances) = system.stats().conservation() {
        panic!("{imbalances:?}");
    }
}
