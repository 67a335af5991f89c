//! Stopping a system: order, bounds, the report, and what is left.
#![expect(
    clippy::disallowed_types,
    reason = "how long real threads stay blocked is for the real clock to say"
)]

use std::sync::Arc;
use std::time::Instant as WallClock;

use callboard::prelude::*;
use futures::FutureExt;
use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::support::*;

fn find(system: &System, name: &str) -> ActorRef<Puppet> {
    system.actor(name).unwrap()
}

/// Covers S3.
#[tokio::test(start_paused = true)]
async fn actors_stop_in_the_reverse_order_of_their_start() {
    let log = Log::default();
    let inner = Supervisor::one_for_one()
        .child(puppet("b", &log))
        .child(puppet("c", &log));
    let system = System::builder("t")
        .child(puppet("a", &log))
        .supervise(inner)
        .child(puppet("d", &log))
        .start()
        .await
        .unwrap();
    system.spawn(puppet("e", &log)).await.unwrap();
    assert_eq!(
        log.take(),
        [
            "a:start 1",
            "b:start 1",
            "c:start 1",
            "d:start 1",
            "e:start 1"
        ]
    );
    let report = system.shutdown(secs(1)).await;
    assert!(report.is_clean(), "{report}");
    let stops: Vec<_> = ["e", "d", "c", "b", "a"]
        .iter()
        .map(|name| format!("{name}:stop 1 shutdown"))
        .collect();
    assert_eq!(log.take(), stops);
    assert_conserved(&system);
}

/// Covers S3. An actor that drains may still ask those that started before it.
#[tokio::test(start_paused = true)]
async fn an_actor_that_drains_is_answered_by_those_that_started_before_it() {
    let log = Log::default();
    let system = System::builder("t")
        .child(puppet("stock", &log))
        .child(puppet("orders", &log))
        .start()
        .await
        .unwrap();
    let orders = find(&system, "orders");
    let gate = Gate::new();
    hold_and_fill(&orders, &gate, 0).await;
    let (tell, told) = oneshot::channel();
    orders
        .tell(Run::new(|_, ctx| {
            async move {
                let stock: ActorRef<Puppet> = ctx.actor("stock").unwrap();
                tell.send(stock.ask(Echo(3)).await.unwrap()).unwrap();
            }
            .boxed()
        }))
        .await
        .unwrap();
    let stopping = tokio::spawn(async move { conclude(system).await });
    settle().await;
    gate.open();
    stopping.await.unwrap();
    assert_eq!(told.await.unwrap(), 3);
}

/// Covers S3. A child that asks its parent while both stop is refused, and neither waits for the other.
#[tokio::test(start_paused = true)]
async fn a_child_that_asks_its_draining_parent_is_refused_at_once() {
    let (system, actor, _log) = one_puppet(8).await;
    actor
        .ask(Run::new(|puppet, ctx| {
            let child = crate::support::puppet("child", &puppet.log);
            async move {
                ctx.spawn(child).await.unwrap();
            }
            .boxed()
        }))
        .await
        .unwrap();
    let child = find(&system, "child");
    let gate = Gate::new();
    hold_and_fill(&child, &gate, 0).await;
    let (tell, told) = oneshot::channel();
    child
        .tell(Run::new(|_, ctx| {
            async move {
                let parent: ActorRef<Puppet> = ctx.actor("p").unwrap();
                tell.send(parent.ask(Echo(1)).no_timeout().await).unwrap();
            }
            .boxed()
        }))
        .await
        .unwrap();
    let start = Instant::now();
    let stopping = tokio::spawn(async move { conclude(system).await });
    settle().await;
    gate.open();
    assert!(told.await.unwrap().unwrap_err().is_not_running());
    stopping.await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

/// Covers S1. Covers S4.
#[tokio::test(start_paused = true)]
async fn a_shutdown_handles_what_is_queued_until_its_deadline_and_then_kills() {
    let log = Log::default();
    let patient = Shutdown::Unlimited;
    let system = System::builder("t")
        .child(puppet("quick", &log).shutdown(patient))
        .child(puppet("slow", &log).shutdown(patient))
        .start()
        .await
        .unwrap();
    let (quick, slow) = (find(&system, "quick"), find(&system, "slow"));
    quick.tell(Note(1)).await.unwrap();
    slow.tell(Run::hang()).await.unwrap();
    slow.tell(Note(2)).await.unwrap();
    let mut letters = system.topic::<DeadLetter>().subscribe().start();
    let start = Instant::now();
    let report = system.shutdown(ms(100)).await;
    assert!(start.elapsed() >= ms(100) && start.elapsed() <= ms(101));
    assert!(
        report.is_clean(),
        "one that is killed has stopped: {report}"
    );
    assert_eq!(log.count("quick:1"), 1);
    assert_eq!(log.count("slow:2"), 0);
    assert_eq!(log.count("slow:stop 1 shutdown"), 0);
    let letter = letters.next().await.unwrap().event().unwrap();
    assert_eq!(letter.reason, DeadLetterReason::Stopped);
    assert_eq!(letter.take_message::<Note>(), Some(Note(2)));
    assert!(letters.next().await.is_none());
    assert_eq!(report.dead_letters.total(), 1);
    assert_conserved(&system);
}

/// Covers S4. The deadline reaches the children of actors as well.
#[tokio::test(start_paused = true)]
async fn a_child_of_an_actor_does_not_hold_up_the_shutdown() {
    let (system, actor, log) = one_puppet(8).await;
    actor
        .ask(Run::new(|puppet, ctx| {
            let child = crate::support::puppet("child", &puppet.log).shutdown(Shutdown::Unlimited);
            async move {
                ctx.spawn(child).await.unwrap();
            }
            .boxed()
        }))
        .await
        .unwrap();
    find(&system, "child").tell(Run::hang()).await.unwrap();
    settle().await;
    log.take();
    let start = Instant::now();
    let report = system.shutdown(ms(50)).await;
    assert!(report.is_clean(), "{report}");
    assert!(start.elapsed() <= ms(51), "{:?}", start.elapsed());
    assert!(log.take().is_empty(), "both were killed");
    assert_conserved(&system);
}

/// Covers S4.
#[tokio::test(start_paused = true)]
async fn every_caller_of_shutdown_gets_the_same_report() {
    let (system, actor, _log) = one_puppet(8).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let system = system.clone();
            tokio::spawn(async move { system.shutdown(secs(10)).await })
        })
        .collect();
    settle().await;
    gate.open();
    let mut reports = Vec::new();
    for call in calls {
        reports.push(call.await.unwrap());
    }
    reports.push(system.shutdown(secs(1)).await);
    reports.push(system.wait_for_end().await);
    for report in &reports {
        assert!(report.is_clean());
        assert_eq!(report.elapsed, reports[0].elapsed);
        assert_eq!(report.dead_letters, reports[0].dead_letters);
    }
    assert_conserved(&system);
}

/// Covers S4. A thread that never reaches an await can't be stopped, only named.
#[test]
fn a_shutdown_returns_and_names_the_handlers_that_block_their_threads() {
    #[derive(Message)]
    struct Block(Arc<(Mutex<bool>, Condvar)>, oneshot::Sender<()>);

    struct Blocker;

    #[actor]
    impl Blocker {
        #[handler]
        fn block(&mut self, msg: Block) {
            let _ = msg.1.send(());
            let (released, condvar) = &*msg.0;
            let mut released = released.lock();
            while !*released {
                condvar.wait(&mut released);
            }
        }
    }

    const STUCK: usize = 6;
    /// Sets the threads free also when the test fails, so that it does not hang.
    struct Release(Arc<(Mutex<bool>, Condvar)>);
    impl Drop for Release {
        fn drop(&mut self) {
            *self.0.0.lock() = true;
            self.0.1.notify_all();
        }
    }

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(STUCK + 2)
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let release = Release(Arc::new((Mutex::new(false), Condvar::new())));
        let log = Log::default();
        let mut builder = System::builder("t");
        for i in 0..STUCK {
            builder = builder.actor(format!("stuck {i}"), || Blocker);
        }
        // It stops first, while there is time.
        let builder = builder.child(puppet("fine", &log));
        let system = builder.start().await.unwrap();
        let mut asks = Vec::new();
        for i in 0..STUCK {
            let actor: ActorRef<Blocker> = system.actor(&format!("stuck {i}")).unwrap();
            let (entered, has_entered) = oneshot::channel();
            let release = Arc::clone(&release.0);
            let blocked = actor.clone();
            asks.push(tokio::spawn(async move {
                blocked.ask(Block(release, entered)).await
            }));
            has_entered.await.unwrap();
        }
        let last: ActorRef<Blocker> = system.actor("stuck 0").unwrap();

        let start = WallClock::now();
        let report = system.shutdown(Duration::from_millis(100)).await;
        let elapsed = start.elapsed();
        assert!(elapsed < Duration::from_millis(1100), "{elapsed:?}");
        assert!(!report.is_clean());
        let mut stuck: Vec<_> = report.stragglers.iter().map(ToString::to_string).collect();
        stuck.sort();
        let expected: Vec<_> = (0..STUCK)
            .map(|i| format!("`stuck {i}` did not stop in time, stuck in `block`"))
            .collect();
        assert_eq!(stuck, expected);
        let again = system.shutdown(Duration::from_secs(1)).await;
        assert_eq!(again.stragglers, report.stragglers);
        assert_eq!(log.count("fine:stop 1 shutdown"), 1);
        assert_conserved(&system);

        // Set free at last, they do not come back from the dead.
        drop(release);
        for ask in asks {
            drop(ask.await.unwrap());
        }
        while tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
            > 0
        {
            tokio::task::yield_now().await;
        }
        assert!(!last.is_running());
        last.wait_for_stop().now_or_never().expect("it has stopped");
    });
}

/// Covers S4. One that is stuck while its group restarts is named once.
#[test]
fn a_straggler_is_named_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(3)
        .enable_time()
        .build()
        .unwrap();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = Mutex::new(released);
    runtime.block_on(async {
        let log = Log::default();
        let supervisor = Supervisor::one_for_all()
            .child(puppet("a", &log))
            .child(puppet("b", &log).shutdown(Shutdown::Immediately))
            .child(puppet("c", &log));
        let system = System::builder("t")
            .supervise(supervisor)
            .start()
            .await
            .unwrap();
        let (entered, has_entered) = oneshot::channel();
        find(&system, "b")
            .tell(Run::now(move |_, _| {
                entered.send(()).unwrap();
                let _ = released.lock().recv();
            }))
            .await
            .unwrap();
        has_entered.await.unwrap();
        let a = find(&system, "a");
        a.tell(Run::panic("x")).await.unwrap();
        // The siblings are stopped in reverse order, so that `b` comes after `c`.
        while log.count("c:stop 1 shutdown") == 0 {
            tokio::task::yield_now().await;
        }
        settle().await;
        let report = system.shutdown(Duration::from_millis(100)).await;
        let stuck: Vec<_> = report.stragglers.iter().map(|s| &*s.actor).collect();
        assert_eq!(stuck, ["b"]);
        drop(release);
    });
}

/// Covers S5.
#[tokio::test(start_paused = true)]
async fn no_task_is_left_after_a_shutdown() {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = tasks();
    let log = Log::default();
    let system = System::builder("t")
        .child(puppet("a", &log))
        .supervise(Supervisor::rest_for_one().child(puppet("b", &log)))
        .start()
        .await
        .unwrap();
    let actor = find(&system, "a");
    actor
        .ask(Run::new(|puppet, ctx| {
            let child = crate::support::puppet("child", &puppet.log);
            async move {
                ctx.tell_after(secs(3600), Note(1));
                ctx.tell_every(secs(3600), Note(2));
                ctx.spawn(child).await.unwrap();
            }
            .boxed()
        }))
        .await
        .unwrap();
    assert!(tasks() > before);
    conclude(system).await;
    settle().await;
    assert_eq!(tasks(), before);
}

/// Covers S6. A runtime that is dropped with everything running: nothing hangs or panics, and those
/// who wait outside learn of it.
#[test]
fn dropping_the_runtime_tells_everyone_who_waits() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let (system, actor, mut subscription, log) = runtime.block_on(async {
        let (system, actor, log) = one_puppet(2).await;
        let gate = Gate::new();
        hold_and_fill(&actor, &gate, 1).await;
        let subscription = system.topic::<Tick>().subscribe().start();
        (system, actor, subscription, log)
    });
    let mut queued = actor.ask(Echo(1)).no_timeout();
    let mut waiting = actor.tell(Note(2));
    assert!(poll_once(&mut queued).is_pending());
    assert!(poll_once(&mut waiting).is_pending());
    drop(runtime);
    let error = queued.now_or_never().expect("at once").unwrap_err();
    assert_eq!(error.into_inner(), Some(Echo(1)));
    assert!(
        waiting
            .now_or_never()
            .expect("at once")
            .unwrap_err()
            .is_not_running()
    );
    let reason = actor.wait_for_stop().now_or_never().expect("at once");
    assert!(matches!(reason, ExitReason::Killed));
    assert!(actor.try_tell(Note(3)).unwrap_err().is_not_running());
    assert!(log.take().is_empty(), "no on_stop");
    drop(system.stats());
    assert!(subscription.next().now_or_never().is_none());
}

/// Covers C1. Dropped before it is ready, the shutdown goes on all the same.
#[tokio::test(start_paused = true)]
async fn a_shutdown_that_is_not_waited_for_goes_on() {
    let (system, actor, _log) = one_puppet(8).await;
    {
        let mut shutdown = Box::pin(system.shutdown(secs(1)));
        assert!(poll_once(&mut shutdown).is_pending());
    }
    actor.wait_for_stop().await;
    assert!(system.wait_for_end().await.is_clean());
    conclude(system).await;
}

/// Covers C1. A start that is given up leaves nothing running.
#[tokio::test(start_paused = true)]
async fn a_start_that_is_dropped_kills_what_has_started() {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let log = Log::default();
    let gate = Gate::new();
    let (spec_log, spec_gate) = (log.clone(), gate.clone());
    let slow = ChildSpec::new("slow", move || {
        let gate = spec_gate.clone();
        Puppet::new(&spec_log).starting(move |_| {
            let gate = gate.clone();
            async move {
                gate.pass().await;
                Ok(())
            }
        })
    });
    {
        let mut starting = Box::pin(
            System::builder("t")
                .child(puppet("first", &log))
                .child(slow)
                .start(),
        );
        assert!(poll_once(&mut starting).is_pending());
        gate.entered().await;
        assert!(poll_once(&mut starting).is_pending());
    }
    settle().await;
    assert_eq!(log.take(), ["first:start 1"]);
    assert_eq!(tasks(), 0);
}

/// A system whose actor can't start stops those that had, and names the actor.
#[tokio::test(start_paused = true)]
async fn a_start_that_fails_stops_what_has_started_and_names_the_actor() {
    let log = Log::default();
    let bad = ChildSpec::new("bad", || {
        Puppet::new(&Log::default()).starting(|_| async { Err(StartError::new("no disk")) })
    });
    let supervisor = Supervisor::one_for_one()
        .child(puppet("b", &log))
        .child(bad);
    let error = System::builder("t")
        .child(puppet("a", &log))
        .supervise(supervisor)
        .child(puppet("never", &log))
        .start()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`bad` did not start: start failed: no disk"
    );
    assert!(error.faults().is_empty());
    assert_eq!(
        log.take(),
        [
            "a:start 1",
            "b:start 1",
            "b:stop 1 shutdown",
            "a:stop 1 shutdown"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn run_until_shuts_down_when_its_future_is_ready() {
    let (system, _actor, log) = one_puppet(8).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn({
        let system = system.clone();
        async move { system.run_until(stopped).await }
    });
    settle().await;
    assert!(!running.is_finished());
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    assert_eq!(log.take(), ["p:stop 1 shutdown"]);
    conclude(system).await;
}

/// Two systems in one process do not see each other.
#[tokio::test(start_paused = true)]
async fn two_systems_share_neither_names_nor_topics() {
    let (one, first, log) = one_puppet(8).await;
    let (two, second, other_log) = one_puppet(8).await;
    assert_ne!(first, second);
    one.topic::<Tick>().publish(Tick(1)).await.unwrap();
    settle().await;
    assert_eq!(log.take(), ["p:tick 1"]);
    assert!(other_log.take().is_empty());
    conclude(one).await;
    assert_eq!(second.ask(Echo(2)).await.unwrap(), 2);
    conclude(two).await;
}

/// Covers S4. Whoever comes later, and is less patient, does not cut short what was promised.
#[tokio::test(start_paused = true)]
async fn a_second_shutdown_with_a_shorter_limit_kills_nobody_early() {
    let log = Log::default();
    let system = System::builder("t")
        .child(puppet("p", &log).shutdown(Shutdown::Unlimited))
        .start()
        .await
        .unwrap();
    let gate = Gate::new();
    find(&system, "p").tell(Run::hold(&gate)).await.unwrap();
    gate.entered().await;
    let mut first = Box::pin(system.shutdown(secs(60)));
    // At the same instant and later.
    for _ in 0..2 {
        let mut second = Box::pin(system.shutdown(ms(1)));
        assert!(poll_once(&mut first).is_pending());
        assert!(poll_once(&mut second).is_pending());
        tokio::time::advance(secs(2)).await;
        settle().await;
        assert!(poll_once(&mut second).is_pending());
    }
    gate.open();
    let report = first.await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(log.count("p:stop 1 shutdown"), 1);
    assert_conserved(&system);
}
