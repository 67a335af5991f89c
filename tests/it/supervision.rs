//! Supervisors: strategies, restart types, intensity, backoff, nesting.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use callboard::prelude::*;
use callboard::{Certainty, SpawnError};
use futures::FutureExt;
use tokio::time::Instant;

use crate::support::*;

/// A system with one supervisor of the puppets a, b and c.
async fn three(supervisor: Supervisor, log: &Log) -> System {
    let supervisor = ["a", "b", "c"]
        .into_iter()
        .fold(supervisor, |supervisor, name| {
            supervisor.child(puppet(name, log))
        });
    let system = System::builder("t")
        .supervise(supervisor)
        .start()
        .await
        .unwrap();
    log.take();
    system
}

fn find(system: &System, name: &str) -> ActorRef<Puppet> {
    system.actor(name).unwrap()
}

async fn crash(system: &System, name: &str) {
    find(system, name).tell(Run::panic("x")).await.unwrap();
    settle().await;
}

/// Covers L5.
#[tokio::test(start_paused = true)]
async fn one_for_one_restarts_the_failed_child_alone() {
    let log = Log::default();
    let system = three(Supervisor::one_for_one(), &log).await;
    crash(&system, "b").await;
    assert_eq!(log.take(), ["b:stop 1 panicked: x", "b:start 2"]);
    conclude(system).await;
}

/// Covers L5.
#[tokio::test(start_paused = true)]
async fn one_for_all_restarts_all_in_reverse_order_of_stopping() {
    let log = Log::default();
    let system = three(Supervisor::one_for_all(), &log).await;
    crash(&system, "b").await;
    assert_eq!(
        log.take(),
        [
            "b:stop 1 panicked: x",
            "c:stop 1 shutdown",
            "a:stop 1 shutdown",
            "a:start 2",
            "b:start 2",
            "c:start 2",
        ]
    );
    conclude(system).await;
}

/// Covers L5.
#[tokio::test(start_paused = true)]
async fn rest_for_one_restarts_the_failed_child_and_those_after_it() {
    let log = Log::default();
    let system = three(Supervisor::rest_for_one(), &log).await;
    crash(&system, "b").await;
    assert_eq!(
        log.take(),
        [
            "b:stop 1 panicked: x",
            "c:stop 1 shutdown",
            "b:start 2",
            "c:start 2"
        ]
    );
    conclude(system).await;
}

/// Covers L5. Covers L3. Siblings that are restarted keep what is queued.
#[tokio::test(start_paused = true)]
async fn a_sibling_that_is_restarted_with_the_group_keeps_its_mailbox() {
    let log = Log::default();
    let system = three(Supervisor::one_for_all(), &log).await;
    let gate = Gate::new();
    let a = find(&system, "a");
    hold_and_fill(&a, &gate, 2).await;
    let mut ask = a.ask(Echo(7));
    assert!(poll_once(&mut ask).is_pending());
    crash(&system, "b").await;
    // The group waits for the handler of `a`, and `b` has not started before.
    assert_eq!(log.take(), ["b:stop 1 panicked: x", "c:stop 1 shutdown"]);
    gate.open();
    assert_eq!(ask.await.unwrap(), 7);
    settle().await;
    // `a` may handle what it has before the others have started.
    let (hooks, notes): (Vec<_>, Vec<_>) = log
        .take()
        .into_iter()
        .partition(|entry| entry.contains(' '));
    assert_eq!(
        hooks,
        ["a:stop 1 shutdown", "a:start 2", "b:start 2", "c:start 2"]
    );
    assert_eq!(notes, ["a:1", "a:2"]);
    conclude(system).await;
}

/// Covers L5. The nine cells of OTP's table, each through real actors.
#[tokio::test(start_paused = true)]
async fn restart_types_answer_each_kind_of_exit_as_otp_does() {
    #[derive(Clone, Copy, Debug)]
    enum Exit {
        Normal,
        Shutdown,
        Failure,
    }
    let table = [
        (Restart::Permanent, [true, true, true]),
        (Restart::Transient, [false, false, true]),
        (Restart::Temporary, [false, false, false]),
    ];
    for (restart, cells) in table {
        for (exit, restarted) in [Exit::Normal, Exit::Shutdown, Exit::Failure]
            .into_iter()
            .zip(cells)
        {
            let log = Log::default();
            let supervisor = match exit {
                // A shutdown is what a supervisor does to the siblings of a failed child. There OTP
                // restarts a transient one as well, since it was not the child's own end.
                Exit::Shutdown => Supervisor::one_for_all(),
                _ => Supervisor::one_for_one(),
            };
            let supervisor = supervisor
                .child(puppet("it", &log).restart(restart))
                .child(puppet("sibling", &log));
            let system = System::builder("t")
                .supervise(supervisor)
                .start()
                .await
                .unwrap();
            let it = find(&system, "it");
            match exit {
                Exit::Normal => it.tell(Run::stop()).await.unwrap(),
                Exit::Shutdown => find(&system, "sibling")
                    .tell(Run::panic("x"))
                    .await
                    .unwrap(),
                Exit::Failure => it.tell(Run::panic("x")).await.unwrap(),
            }
            settle().await;
            let restarted = match (restart, exit) {
                (Restart::Transient, Exit::Shutdown) => true,
                _ => restarted,
            };
            assert_eq!(it.is_running(), restarted, "{restart:?} after {exit:?}");
            assert_eq!(system.actor::<Puppet>("it").is_ok(), restarted);
            let sent = it.tell(Note(1)).await;
            assert_eq!(
                sent.is_ok(),
                restarted,
                "no reference that lives but refuses"
            );
            conclude(system).await;
        }
    }
}

/// Covers L4.
#[tokio::test(start_paused = true)]
async fn as_many_restarts_as_allowed_are_served_and_the_next_one_ends_the_supervisor() {
    for allowed in 0..4 {
        let log = Log::default();
        let system = three(Supervisor::one_for_one().intensity(allowed, secs(10)), &log).await;
        for _ in 0..allowed {
            crash(&system, "b").await;
        }
        assert_eq!(find(&system, "b").incarnation(), u64::from(allowed) + 1);
        assert_eq!(find(&system, "a").incarnation(), 1);
        log.take();
        crash(&system, "b").await;
        // The supervisor itself is permanent: the one above starts it again, all children in order.
        let b = allowed + 1;
        assert_eq!(
            log.take(),
            [
                format!("b:stop {b} panicked: x"),
                "c:stop 1 shutdown".to_owned(),
                "a:stop 1 shutdown".to_owned(),
                "a:start 2".to_owned(),
                format!("b:start {}", b + 1),
                "c:start 2".to_owned(),
            ]
        );
        conclude(system).await;
    }
}

/// Covers L4. The window slides: what counts is the number of restarts in any period, not since the first.
#[tokio::test(start_paused = true)]
async fn restarts_that_are_older_than_the_period_do_not_count() {
    let log = Log::default();
    let system = three(Supervisor::one_for_one().intensity(2, secs(10)), &log).await;
    for _ in 0..10 {
        crash(&system, "a").await;
        tokio::time::advance(ms(5_001)).await;
    }
    assert_eq!(find(&system, "a").incarnation(), 11);
    assert_eq!(
        find(&system, "b").incarnation(),
        1,
        "the supervisor did not give up"
    );
    crash(&system, "a").await;
    crash(&system, "a").await;
    assert_eq!(
        find(&system, "b").incarnation(),
        2,
        "three within ten seconds are too many"
    );
    conclude(system).await;
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    /// Covers L4. A supervisor gives up exactly when more restarts than allowed fall into one period,
    /// by the definition, whatever the times of the failures.
    #[test]
    fn a_supervisor_gives_up_exactly_when_the_window_is_full(
        allowed in 0_u32..4,
        within in 1_u64..100,
        gaps in proptest::collection::vec(0_u64..60, 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let log = Log::default();
            let supervisor = Supervisor::one_for_one()
                .intensity(allowed, ms(within))
                .restart(Restart::Temporary)
                .child(puppet("a", &log));
            let system = System::builder("t").supervise(supervisor).start().await.unwrap();
            let a = find(&system, "a");
            let (mut now, mut failures) = (0, Vec::new());
            for gap in gaps {
                tokio::time::advance(ms(gap)).await;
                now += gap;
                failures.push(now);
                a.tell(Run::panic("x")).await.unwrap();
                settle().await;
                let counting = failures.iter().filter(|&&then| now - then <= within).count();
                let lives = counting <= allowed as usize;
                assert_eq!(a.is_running(), lives, "{failures:?}");
                if !lives {
                    break;
                }
            }
            conclude(system).await;
        });
    }
}

/// Covers L4.
#[tokio::test(start_paused = true)]
async fn a_system_whose_actors_fail_too_often_gives_up_and_says_why() {
    let log = Log::default();
    let supervisor = Supervisor::one_for_one()
        .name("inner")
        .intensity(0, secs(1));
    let supervisor = supervisor.child(puppet("p", &log));
    let system = System::builder("t")
        .intensity(0, secs(1))
        .child(puppet("first", &log))
        .supervise(supervisor)
        .start()
        .await
        .unwrap();
    let p = find(&system, "p");
    p.tell(Run::panic("no stock")).await.unwrap();
    let report = system.wait_for_end().await;
    assert!(!report.is_clean());
    let ExitReason::Escalated { child, reason } = report.failure.clone().unwrap() else {
        panic!("{report}");
    };
    assert_eq!(&*child, "inner");
    let ExitReason::Escalated { child, reason } = &*reason else {
        panic!("{report}");
    };
    assert_eq!(&**child, "p");
    assert!(matches!(&**reason, ExitReason::Panicked(panic) if panic.message() == "no stock"));
    assert!(report.to_string().starts_with("the system gave up: "));
    // Everything has stopped, and the references know.
    assert!(p.tell(Note(1)).await.unwrap_err().is_not_running());
    assert_eq!(log.count("first:stop 1 shutdown"), 1);
    let error = system
        .run_until(std::future::pending::<()>())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no stock"));
    assert_eq!(
        system.shutdown(secs(1)).await.to_string(),
        report.to_string()
    );
    assert_conserved(&system);
}

/// Covers L4.
#[tokio::test(start_paused = true)]
async fn restarts_wait_for_their_backoff_which_grows_with_each_failure() {
    let log = Log::default();
    let backoff = Backoff::exponential(ms(100), ms(400));
    let system = System::builder("t")
        .intensity(100, ms(50))
        .child(puppet("p", &log).backoff(backoff))
        .start()
        .await
        .unwrap();
    let p = find(&system, "p");
    for (n, delay) in [100, 200, 400, 400].into_iter().enumerate() {
        crash(&system, "p").await;
        let start = Instant::now();
        assert!(!p.is_running());
        p.wait_for_start().await.unwrap();
        let waited = start.elapsed();
        assert!(
            waited >= ms(delay) && waited <= ms(delay + 1),
            "{n}: {waited:?}"
        );
    }
    // One that ran longer than the period begins anew.
    tokio::time::advance(ms(51)).await;
    crash(&system, "p").await;
    let start = Instant::now();
    p.wait_for_start().await.unwrap();
    assert!(start.elapsed() <= ms(101));
    conclude(system).await;
}

/// Covers L4.
#[tokio::test(start_paused = true)]
async fn jitter_shortens_a_backoff_by_its_fraction_at_most() {
    let log = Log::default();
    let system = System::builder("t")
        .intensity(100, ms(50))
        .child(puppet("p", &log).backoff(Backoff::constant(ms(1000)).jitter(0.5)))
        .start()
        .await
        .unwrap();
    let p = find(&system, "p");
    for _ in 0..20 {
        crash(&system, "p").await;
        let start = Instant::now();
        p.wait_for_start().await.unwrap();
        let waited = start.elapsed();
        assert!(waited >= ms(500) && waited <= ms(1001), "{waited:?}");
    }
    conclude(system).await;
}

/// Covers L4.
#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_a_backoff() {
    let log = Log::default();
    for supervisor in [
        Supervisor::one_for_one(),
        Supervisor::one_for_all(),
        Supervisor::rest_for_one(),
    ] {
        let slow = puppet("slow", &log).backoff(Backoff::constant(secs(3600)));
        let supervisor = supervisor.child(puppet("first", &log)).child(slow);
        let system = System::builder("t")
            .supervise(supervisor)
            .start()
            .await
            .unwrap();
        crash(&system, "slow").await;
        let slow = find(&system, "slow");
        slow.tell(Note(1)).await.unwrap();
        let start = Instant::now();
        conclude(system).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(slow.tell(Note(2)).await.unwrap_err().is_not_running());
    }
}

/// Covers L4. An actor that fails in every `on_start` keeps its supervisor busy, not deaf.
#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_a_restart_loop_and_a_start_that_hangs() {
    for hangs in [false, true] {
        let log = Log::default();
        let spec_log = log.clone();
        let spec = ChildSpec::new("p", move || {
            Puppet::new(&spec_log).starting(move |incarnation| async move {
                if incarnation == 1 {
                    return Ok(());
                }
                tokio::task::yield_now().await;
                if hangs {
                    std::future::pending::<()>().await;
                }
                Err(StartError::new("still no disk"))
            })
        });
        let system = System::builder("t")
            .intensity(u32::MAX, secs(1))
            .child(spec)
            .start()
            .await
            .unwrap();
        let p = find(&system, "p");
        p.tell(Run::panic("x")).await.unwrap();
        settle().await;
        assert!(!p.is_running());
        let start = Instant::now();
        conclude(system).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}

/// Covers L4. A restart that fails counts, and the failure is what ends the supervisor.
#[tokio::test(start_paused = true)]
async fn failed_restarts_count_towards_the_intensity() {
    let starts = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&starts);
    let spec = ChildSpec::new("p", move || {
        let counter = Arc::clone(&counter);
        Puppet::new(&Log::default()).starting(move |incarnation| {
            counter.fetch_add(1, Ordering::Relaxed);
            async move {
                if incarnation == 1 {
                    return Ok(());
                }
                Err(StartError::new("no disk"))
            }
        })
    });
    let system = System::builder("t")
        .intensity(3, secs(1))
        .child(spec)
        .start()
        .await
        .unwrap();
    find(&system, "p").tell(Run::panic("x")).await.unwrap();
    let report = system.wait_for_end().await;
    assert_eq!(
        starts.load(Ordering::Relaxed),
        4,
        "the start and three restarts"
    );
    assert!(report.to_string().contains("no disk"), "{report}");
}

/// A supervisor above starts a supervisor below that gave up, and the actors keep their mailboxes.
#[tokio::test(start_paused = true)]
async fn the_actors_of_a_supervisor_that_is_started_again_keep_their_mailboxes() {
    let log = Log::default();
    let system = three(Supervisor::one_for_one().intensity(0, secs(1)), &log).await;
    let a = find(&system, "a");
    let gate = Gate::new();
    hold_and_fill(&a, &gate, 2).await;
    crash(&system, "c").await;
    gate.open();
    settle().await;
    assert_eq!(log.count("a:1"), 1);
    assert_eq!(log.count("a:2"), 1);
    assert_eq!(a.incarnation(), 2);
    conclude(system).await;
}

/// A temporary supervisor that gives up ends for good, and its actors with it.
#[tokio::test(start_paused = true)]
async fn the_actors_of_a_temporary_supervisor_that_gave_up_are_gone() {
    let log = Log::default();
    let supervisor = Supervisor::one_for_one()
        .intensity(0, secs(1))
        .restart(Restart::Temporary)
        .child(puppet("a", &log))
        .child(puppet("b", &log));
    let system = System::builder("t")
        .supervise(supervisor)
        .start()
        .await
        .unwrap();
    let a = find(&system, "a");
    let b = find(&system, "b");
    let gate = Gate::new();
    hold_and_fill(&a, &gate, 0).await;
    let mut ask = a.ask(Echo(1));
    assert!(poll_once(&mut ask).is_pending());
    b.tell(Run::panic("x")).await.unwrap();
    settle().await;
    gate.open();
    assert_eq!(ask.await.unwrap_err().certainty(), Certainty::NotHandled);
    assert!(matches!(
        b.wait_for_stop().await,
        ExitReason::Escalated { .. }
    ));
    assert!(system.actor::<Puppet>("a").is_err());
    assert_eq!(system.topic::<Tick>().stats().subscribers, 0);
    conclude(system).await;
}

/// A child that stops on its own leaves its supervisor and siblings alone.
#[tokio::test(start_paused = true)]
async fn a_transient_child_that_stops_normally_leaves_the_group_alone() {
    let log = Log::default();
    let supervisor = Supervisor::one_for_all()
        .child(puppet("a", &log))
        .child(puppet("b", &log).restart(Restart::Transient));
    let system = System::builder("t")
        .supervise(supervisor)
        .start()
        .await
        .unwrap();
    log.take();
    find(&system, "b").stop(StopMode::Drain);
    settle().await;
    assert_eq!(log.take(), ["b:stop 1 normal"]);
    crash(&system, "a").await;
    assert_eq!(log.take(), ["a:stop 1 panicked: x", "a:start 2"]);
    conclude(system).await;
}

/// A child is killed when its own time to stop is over, and the restart of the group goes on.
#[tokio::test(start_paused = true)]
async fn a_sibling_that_does_not_stop_in_its_own_time_is_killed() {
    let log = Log::default();
    let supervisor = Supervisor::one_for_all()
        .child(puppet("a", &log))
        .child(puppet("b", &log).shutdown(Shutdown::Within(ms(300))))
        .child(puppet("c", &log).shutdown(Shutdown::Immediately));
    let system = System::builder("t")
        .supervise(supervisor)
        .start()
        .await
        .unwrap();
    log.take();
    find(&system, "b").tell(Run::hang()).await.unwrap();
    let start = Instant::now();
    let a = find(&system, "a");
    a.tell(Run::panic("x")).await.unwrap();
    settle().await;
    a.wait_for_start().await.unwrap();
    assert!(start.elapsed() >= ms(300) && start.elapsed() <= ms(301));
    settle().await;
    // Neither of the killed ones ran its `on_stop`.
    assert_eq!(
        log.take(),
        [
            "a:stop 1 panicked: x",
            "a:start 2",
            "b:start 2",
            "c:start 2"
        ]
    );
    conclude(system).await;
}

/// A spawned child is supervised by the system as those of the builder are.
#[tokio::test(start_paused = true)]
async fn an_actor_that_is_spawned_later_is_restarted_by_its_own_type() {
    let log = Log::default();
    let system = System::builder("t")
        .intensity(5, secs(1))
        .start()
        .await
        .unwrap();
    let p = system.spawn(puppet("p", &log)).await.unwrap();
    let q = system
        .spawn(puppet("q", &log).restart(Restart::Temporary))
        .await
        .unwrap();
    p.tell(Run::panic("x")).await.unwrap();
    q.tell(Run::panic("x")).await.unwrap();
    settle().await;
    assert_eq!(p.incarnation(), 2);
    assert!(matches!(q.wait_for_stop().await, ExitReason::Panicked(_)));
    system.shutdown(secs(1)).await;
    let error = system.spawn(puppet("late", &log)).await.unwrap_err();
    assert!(matches!(error, SpawnError::Stopping));
    assert!(system.actor::<Puppet>("late").is_err());
    assert!(p.wait_for_start().now_or_never().unwrap().is_err());
    assert_conserved(&system);
}
