//! One actor from its start to its end: hooks, stops, kills, incarnations, children.

use callboard::prelude::*;
use callboard::{PanicInfo, SpawnError};
use futures::FutureExt;
use tokio::sync::oneshot;

use crate::support::*;

async fn empty() -> (System, Log) {
    let system = System::builder("test")
        .intensity(1000, secs(1))
        .start()
        .await
        .unwrap();
    (system, Log::default())
}

/// Covers L1.
#[tokio::test(start_paused = true)]
async fn on_start_ends_before_the_first_message_is_handled() {
    let (system, log) = empty().await;
    let gate = Gate::new();
    let (spec_log, spec_gate) = (log.clone(), gate.clone());
    let spec = ChildSpec::new("p", move || {
        let gate = spec_gate.clone();
        Puppet::new(&spec_log).starting(move |_| {
            let gate = gate.clone();
            async move {
                gate.pass().await;
                Ok(())
            }
        })
    });
    let spawning = tokio::spawn({
        let system = system.clone();
        async move { system.spawn(spec).await }
    });
    gate.entered().await;
    // The name is known and takes messages, which wait.
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    assert!(!actor.is_running());
    actor.tell(Note(1)).await.unwrap();
    settle().await;
    assert!(log.take().is_empty());
    assert!(!spawning.is_finished());
    gate.open();
    assert_eq!(spawning.await.unwrap().unwrap(), actor);
    assert!(actor.is_running());
    settle().await;
    assert_eq!(log.take(), ["p:start 1", "p:1"]);
    conclude(system).await;
}

/// Covers L1.
#[tokio::test(start_paused = true)]
async fn an_actor_that_fails_to_start_leaves_nothing_behind() {
    let (system, log) = empty().await;
    for panics in [false, true] {
        let spec_log = log.clone();
        let spec = ChildSpec::new("p", move || {
            Puppet::new(&spec_log).starting(move |_| async move {
                assert!(!panics, "no start");
                Err(StartError::new("no disk"))
            })
        });
        let error = system.spawn(spec).await.unwrap_err();
        match error {
            SpawnError::Start(ExitReason::StartFailed(error)) if !panics => {
                assert_eq!(error.to_string(), "no disk");
            }
            SpawnError::Start(ExitReason::Panicked(panic)) if panics => {
                assert_eq!(panic.message(), "no start");
            }
            other => panic!("{other}"),
        }
        assert!(system.actor::<Puppet>("p").is_err());
        assert_eq!(system.topic::<Tick>().stats().subscribers, 0);
        assert!(log.take().is_empty(), "no on_stop");
    }
    system.spawn(puppet("p", &log)).await.unwrap();
    assert_eq!(log.take(), ["p:start 1"]);
    conclude(system).await;
}

/// Covers L1. What was sent during a start that fails comes back or is a dead letter.
#[tokio::test(start_paused = true)]
async fn messages_for_an_actor_that_fails_to_start_are_not_lost_in_silence() {
    let (system, _log) = empty().await;
    let gate = Gate::new();
    let spec_gate = gate.clone();
    let spec = ChildSpec::new("p", move || {
        let gate = spec_gate.clone();
        Puppet::new(&Log::default()).starting(move |_| {
            let gate = gate.clone();
            async move {
                gate.pass().await;
                Err(StartError::new("no disk"))
            }
        })
    });
    let spawning = tokio::spawn({
        let system = system.clone();
        async move { system.spawn(spec).await }
    });
    gate.entered().await;
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    actor.tell(Note(1)).await.unwrap();
    let mut ask = actor.ask(Echo(1));
    assert!(poll_once(&mut ask).is_pending());
    gate.open();
    assert!(ask.await.unwrap_err().is_not_running());
    assert!(spawning.await.unwrap().is_err());
    assert!(matches!(
        actor.wait_for_stop().await,
        ExitReason::StartFailed(_)
    ));
    assert!(actor.wait_for_start().await.is_err());
    let stopped = system.stats().dead_letters.of(DeadLetterReason::Stopped);
    assert_eq!(stopped, 2);
    conclude(system).await;
}

/// A factory is user code as well.
#[tokio::test(start_paused = true)]
async fn a_factory_that_panics_is_a_failed_start() {
    let (system, _log) = empty().await;
    let spec = ChildSpec::new("p", || -> Puppet { panic!("no parts") });
    let error = system.spawn(spec).await.unwrap_err();
    assert!(error.to_string().contains("no parts"), "{error}");
    conclude(system).await;
}

/// Covers L2.
#[tokio::test(start_paused = true)]
async fn a_panic_consumes_its_message_and_names_itself_in_the_exit_reason() {
    let (system, log) = empty().await;
    let spec = puppet("p", &log).restart(Restart::Temporary);
    let actor = system.spawn(spec).await.unwrap();
    actor.tell(Note(1)).await.unwrap();
    actor.tell(Run::panic("no stock")).await.unwrap();
    let ExitReason::Panicked(panic) = actor.wait_for_stop().await else {
        panic!("it panicked");
    };
    assert_eq!(panic.message(), "no stock");
    let place: &str = PanicInfo::location(&panic).unwrap();
    assert!(place.starts_with("tests/it/support.rs:"), "{place}");
    assert_eq!(
        log.take(),
        ["p:start 1", "p:1", "p:stop 1 panicked: no stock"]
    );
    conclude(system).await;
}

/// Covers L2.
#[tokio::test(start_paused = true)]
async fn ctx_fail_ends_the_actor_after_the_handler_whose_asker_gets_the_reply() {
    let (system, log) = empty().await;
    let spec = puppet("p", &log).restart(Restart::Transient);
    let actor = system.spawn(spec).await.unwrap();
    actor.ask(Run::fail("no disk")).await.unwrap();
    actor.tell(Note(1)).await.unwrap();
    settle().await;
    assert_eq!(
        log.take(),
        ["p:start 1", "p:stop 1 failed: no disk", "p:start 2", "p:1"]
    );
    conclude(system).await;
}

/// Covers L3.
#[tokio::test(start_paused = true)]
async fn a_restart_keeps_reference_mailbox_and_order_but_not_the_state() {
    let (system, actor, log) = one_puppet(16).await;
    assert_eq!(actor.ask(Add(5)).await.unwrap(), 5);
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 2).await;
    actor.tell(Run::panic("again")).await.unwrap();
    actor.tell(Note(3)).await.unwrap();
    let mut ask = actor.ask(Add(1));
    assert!(poll_once(&mut ask).is_pending());
    actor.tell(Note(4)).await.unwrap();
    let weak = actor.downgrade();
    let notes = actor.recipient::<Note>();
    gate.open();
    assert_eq!(ask.await.unwrap(), 1, "fresh state");
    settle().await;
    assert_eq!(
        log.take(),
        [
            "p:1",
            "p:2",
            "p:stop 1 panicked: again",
            "p:start 2",
            "p:3",
            "p:4"
        ]
    );
    assert_eq!(actor.incarnation(), 2);
    assert_eq!(weak.upgrade().unwrap(), actor);
    assert_eq!(system.actor::<Puppet>("p").unwrap(), actor);
    notes.tell(Note(5)).await.unwrap();
    settle().await;
    assert_eq!(log.take(), ["p:5"]);
    assert_eq!(system.stats().actor("p").unwrap().restarts, 1);
    conclude(system).await;
}

/// A reference does not keep an actor running, and a weak one not even its mailbox.
#[tokio::test(start_paused = true)]
async fn a_weak_reference_ends_with_the_actor() {
    let (system, log) = empty().await;
    let actor = system
        .spawn(puppet("p", &log).restart(Restart::Temporary))
        .await
        .unwrap();
    let weak = actor.downgrade();
    drop(actor);
    settle().await;
    let actor = weak.upgrade().expect("it runs");
    actor.stop(StopMode::Now);
    actor.wait_for_stop().await;
    drop(actor);
    settle().await;
    assert!(weak.upgrade().is_none());
    conclude(system).await;
}

/// Covers S1.
#[tokio::test(start_paused = true)]
async fn a_drain_handles_what_is_queued_and_refuses_what_comes_later() {
    let (system, log) = empty().await;
    let actor = system
        .spawn(puppet("p", &log).restart(Restart::Temporary))
        .await
        .unwrap();
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 3).await;
    actor.stop(StopMode::Drain);
    // The stop has happened, whatever the actor is doing.
    assert!(actor.try_tell(Note(4)).unwrap_err().is_not_running());
    assert!(actor.tell(Note(5)).await.unwrap_err().is_not_running());
    let ask = actor.ask(Echo(6)).await.unwrap_err();
    assert_eq!(ask.into_inner(), Some(Echo(6)));
    gate.open();
    let reason = actor.wait_for_stop().await;
    assert!(matches!(reason, ExitReason::Normal));
    assert_eq!(
        log.take(),
        ["p:start 1", "p:1", "p:2", "p:3", "p:stop 1 normal"]
    );
    conclude(system).await;
}

/// Covers S1. The stop overtakes the messages, so that one that waits for room is refused at once.
#[tokio::test(start_paused = true)]
async fn a_drain_refuses_those_who_wait_for_room() {
    let (system, log) = empty().await;
    let actor = system
        .spawn(puppet("p", &log).mailbox(1).restart(Restart::Temporary))
        .await
        .unwrap();
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    let mut waiting = actor.tell(Note(2));
    assert!(poll_once(&mut waiting).is_pending());
    actor.stop(StopMode::Drain);
    assert!(waiting.await.unwrap_err().is_not_running());
    gate.open();
    actor.wait_for_stop().await;
    assert_eq!(log.count("p:1"), 1);
    conclude(system).await;
}

/// Covers S2.
#[tokio::test(start_paused = true)]
async fn a_stop_now_finishes_the_handler_and_makes_dead_letters_of_the_queue() {
    let (system, log) = empty().await;
    let mut letters = system.topic::<DeadLetter>().subscribe().start();
    let actor = system
        .spawn(puppet("p", &log).restart(Restart::Temporary))
        .await
        .unwrap();
    let gate = Gate::new();
    let held = gate.clone();
    let handler = Run::new(move |puppet, _| {
        async move {
            held.pass().await;
            puppet.log.add("finished");
        }
        .boxed()
    });
    actor.tell(handler).await.unwrap();
    gate.entered().await;
    actor.tell(Note(1)).await.unwrap();
    actor.tell(Note(2)).await.unwrap();
    actor.stop(StopMode::Now);
    gate.open();
    assert!(matches!(actor.wait_for_stop().await, ExitReason::Normal));
    assert_eq!(log.take(), ["p:start 1", "finished", "p:stop 1 normal"]);
    for number in 1..=2 {
        let letter = letters.next().await.unwrap().event().unwrap();
        assert_eq!(letter.reason, DeadLetterReason::Stopped);
        assert_eq!(&*letter.recipient, "p");
        assert_eq!(letter.take_message::<Note>(), Some(Note(number)));
        assert_eq!(letter.take_message::<Note>(), None);
    }
    conclude(system).await;
}

/// Covers S2. The control lane needs no room and waits behind nothing.
#[tokio::test(start_paused = true)]
async fn a_stop_overtakes_messages_and_timers() {
    let (system, log) = empty().await;
    let actor = system
        .spawn(puppet("p", &log).mailbox(1).restart(Restart::Temporary))
        .await
        .unwrap();
    let gate = Gate::new();
    let held = gate.clone();
    let handler = Run::new(move |_, ctx| {
        async move {
            ctx.tell_after(ms(1), Note(77));
            held.pass().await;
        }
        .boxed()
    });
    actor.tell(handler).await.unwrap();
    gate.entered().await;
    actor.tell(Note(1)).await.unwrap();
    tokio::time::advance(ms(5)).await;
    actor.stop(StopMode::Now);
    gate.open();
    actor.wait_for_stop().await;
    assert_eq!(log.take(), ["p:start 1", "p:stop 1 normal"]);
    conclude(system).await;
}

/// Covers S2.
#[tokio::test(start_paused = true)]
async fn a_kill_drops_the_handler_at_its_await_and_runs_no_on_stop() {
    let (system, log) = empty().await;
    let actor = system
        .spawn(puppet("p", &log).restart(Restart::Temporary))
        .await
        .unwrap();
    let dropped = log.clone();
    let handler = Run::new(move |_, _| {
        let on_drop = OnDrop(dropped, "dropped");
        async move {
            let _on_drop = on_drop;
            std::future::pending::<()>().await;
        }
        .boxed()
    });
    actor.tell(handler).await.unwrap();
    actor.tell(Note(1)).await.unwrap();
    settle().await;
    actor.kill();
    assert!(matches!(actor.wait_for_stop().await, ExitReason::Killed));
    assert_eq!(log.take(), ["p:start 1", "dropped"]);
    conclude(system).await;
}

struct OnDrop(Log, &'static str);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}

/// Covers S2. Covers T3. The future of a handler that is dropped at a kill may panic in its drop.
#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_while_a_kill_drops_it_is_still_counted() {
    struct Grumpy;
    impl Drop for Grumpy {
        fn drop(&mut self) {
            panic!("not yet");
        }
    }
    let (system, log) = empty().await;
    let actor = system
        .spawn(puppet("p", &log).restart(Restart::Temporary))
        .await
        .unwrap();
    let child = log.clone();
    let handler = Run::new(move |_, ctx| {
        async move {
            ctx.spawn(puppet("child", &child)).await.unwrap();
            let _grumpy = Grumpy;
            std::future::pending::<()>().await;
        }
        .boxed()
    });
    actor.tell(handler).await.unwrap();
    settle().await;
    actor.kill();
    actor.wait_for_stop().await;
    settle().await;
    assert!(system.actor::<Puppet>("child").is_err(), "no child is left");
    assert_conserved(&system);
    conclude(system).await;
}

/// Name freed and subscriptions closed before those who wait for the end learn of it.
#[tokio::test(start_paused = true)]
async fn the_name_is_free_and_the_subscriptions_closed_when_wait_for_stop_returns() {
    let (system, log) = empty().await;
    for _ in 0..3 {
        let actor = system
            .spawn(puppet("p", &log).restart(Restart::Temporary))
            .await
            .unwrap();
        assert!(matches!(
            system.spawn(puppet("p", &log)).await,
            Err(SpawnError::NameTaken(name)) if &*name == "p"
        ));
        actor.stop(StopMode::Drain);
        actor.wait_for_stop().await;
        assert_eq!(system.topic::<Tick>().stats().subscribers, 0);
        assert!(system.actor::<Puppet>("p").is_err());
    }
    conclude(system).await;
}

/// A stop through its own reference is a normal exit, which the restart type judges.
#[tokio::test(start_paused = true)]
async fn a_permanent_actor_that_is_stopped_by_reference_starts_again() {
    let (system, actor, log) = one_puppet(4).await;
    for (n, mode) in [(1, StopMode::Drain), (2, StopMode::Now)] {
        actor.stop(mode);
        settle().await;
        assert_eq!(
            log.take(),
            [format!("p:stop {n} normal"), format!("p:start {}", n + 1)]
        );
        assert_eq!(actor.ask(Echo(n)).await.unwrap(), n);
    }
    actor.tell(Run::stop()).await.unwrap();
    settle().await;
    assert_eq!(log.take(), ["p:stop 3 normal", "p:start 4"]);
    actor.kill();
    settle().await;
    assert_eq!(log.take(), ["p:start 5"]);
    assert_eq!(actor.ask(Echo(9)).await.unwrap(), 9);
    conclude(system).await;
}

/// Also where the actor is waiting for its restart when it is told to drain.
#[tokio::test(start_paused = true)]
async fn a_drain_during_the_backoff_refuses_sends_until_the_drain_is_over() {
    let (system, log) = empty().await;
    let actor = system
        .spawn(puppet("p", &log).backoff(Backoff::constant(secs(1))))
        .await
        .unwrap();
    actor.tell(Run::panic("x")).await.unwrap();
    settle().await;
    actor.tell(Note(1)).await.unwrap();
    actor.stop(StopMode::Drain);
    assert!(actor.try_tell(Note(2)).unwrap_err().is_not_running());
    log.take();
    tokio::time::advance(secs(1)).await;
    settle().await;
    assert_eq!(log.take(), ["p:start 2", "p:1", "p:stop 2 normal"]);
    tokio::time::advance(secs(1)).await;
    settle().await;
    assert_eq!(log.take(), ["p:start 3"]);
    assert_eq!(actor.ask(Echo(1)).await.unwrap(), 1);
    conclude(system).await;
}

/// A panic in `on_stop` is no reason to forget the stop.
#[tokio::test(start_paused = true)]
async fn a_panic_in_on_stop_is_the_exit_reason_of_a_normal_stop_only() {
    for (script, expected) in [
        (Run::stop(), "panicked: late"),
        (Run::panic("early"), "panicked: early"),
    ] {
        let (system, log) = empty().await;
        let spec_log = log.clone();
        let spec = ChildSpec::new("p", move || {
            Puppet::new(&spec_log).stopping(|| async { panic!("late") })
        });
        let actor = system
            .spawn(spec.restart(Restart::Temporary))
            .await
            .unwrap();
        actor.tell(script).await.unwrap();
        let reason = actor.wait_for_stop().await;
        assert!(reason.to_string().starts_with(expected), "{reason}");
        conclude(system).await;
    }
}

/// Covers S3. The children of an actor stop before it does, the last one first.
#[tokio::test(start_paused = true)]
async fn the_children_of_an_actor_stop_before_it_and_do_not_outlive_its_incarnation() {
    let (system, actor, log) = one_puppet(8).await;
    let spawn_two = || {
        Run::new(move |puppet, ctx| {
            async move {
                for name in ["one", "two"] {
                    ctx.spawn(puppet_of(puppet, name)).await.unwrap();
                }
            }
            .boxed()
        })
    };
    actor.ask(spawn_two()).await.unwrap();
    actor.tell(Run::panic("x")).await.unwrap();
    settle().await;
    assert_eq!(
        log.take(),
        [
            "one:start 1",
            "two:start 1",
            "two:stop 1 shutdown",
            "one:stop 1 shutdown",
            "p:stop 1 panicked: x",
            "p:start 2",
        ]
    );
    assert!(system.actor::<Puppet>("one").is_err());
    actor.ask(spawn_two()).await.unwrap();
    log.take();
    conclude(system).await;
    assert_eq!(
        log.take(),
        [
            "two:stop 1 shutdown",
            "one:stop 1 shutdown",
            "p:stop 2 shutdown"
        ]
    );
}

fn puppet_of(parent: &Puppet, name: &str) -> ChildSpec<Puppet> {
    puppet(name, &parent.log)
}

/// Covers L4.
#[tokio::test(start_paused = true)]
async fn an_actor_whose_child_fails_too_often_fails_itself_and_names_it() {
    let (system, log) = empty().await;
    let actor = system
        .spawn(puppet("p", &log).restart(Restart::Temporary))
        .await
        .unwrap();
    actor
        .ask(Run::new(|puppet, ctx| {
            async move {
                ctx.spawn(puppet_of(puppet, "child")).await.unwrap();
            }
            .boxed()
        }))
        .await
        .unwrap();
    let child: ActorRef<Puppet> = system.actor("child").unwrap();
    child.tell(Run::panic("once")).await.unwrap();
    settle().await;
    assert_eq!(child.incarnation(), 2);
    child.tell(Run::panic("twice")).await.unwrap();
    let ExitReason::Escalated { child, reason } = actor.wait_for_stop().await else {
        panic!("its child failed too often");
    };
    assert_eq!(&*child, "child");
    assert!(reason.to_string().contains("twice"));
    let last = log.take().pop().unwrap();
    assert!(
        last.starts_with("p:stop 1 too many restarts of `child`"),
        "{last}"
    );
    conclude(system).await;
}

/// A child that can't start is an error for its parent, which lives on.
#[tokio::test(start_paused = true)]
async fn a_child_that_does_not_start_is_an_error_of_spawn_alone() {
    let (system, actor, log) = one_puppet(4).await;
    let (tell, told) = oneshot::channel();
    actor
        .tell(Run::new(|puppet, ctx| {
            async move {
                let bad = ChildSpec::new("bad", || {
                    Puppet::new(&Log::default())
                        .starting(|_| async { Err(StartError::new("no disk")) })
                });
                let failed = ctx.spawn(bad).await.unwrap_err().to_string();
                let taken = ctx
                    .spawn(puppet_of(puppet, "p"))
                    .await
                    .unwrap_err()
                    .to_string();
                let invalid = puppet_of(puppet, "").mailbox(0);
                let invalid = ctx.spawn(invalid).await.unwrap_err();
                tell.send((failed, taken, invalid)).unwrap();
            }
            .boxed()
        }))
        .await
        .unwrap();
    let (failed, taken, invalid) = told.await.unwrap();
    assert_eq!(failed, "the child did not start: start failed: no disk");
    assert_eq!(taken, "an actor named `p` exists already");
    let SpawnError::Invalid(faults) = invalid else {
        panic!("{invalid}");
    };
    assert_eq!(faults.len(), 2, "an empty name and an empty mailbox");
    assert_eq!(actor.ask(Echo(1)).await.unwrap(), 1);
    assert!(log.take().is_empty());
    conclude(system).await;
}

/// Covers C1. Whenever it is dropped, a spawn leaves a supervised actor or none, and no name without one.
#[tokio::test(start_paused = true)]
async fn a_spawn_dropped_after_any_poll_leaves_a_supervised_actor_or_none() {
    for polls in 0..5 {
        let (system, log) = empty().await;
        {
            let mut spawning = Box::pin(system.spawn(puppet("p", &log)));
            for _ in 0..polls {
                if poll_once(&mut spawning).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        settle().await;
        match system.actor::<Puppet>("p") {
            Ok(actor) => assert_eq!(actor.ask(Echo(1)).await.unwrap(), 1),
            Err(_) => drop(system.spawn(puppet("p", &log)).await.unwrap()),
        }
        conclude(system).await;
        assert_eq!(log.take(), ["p:start 1", "p:stop 1 shutdown"]);
    }
}

/// Covers S1. A failure does not open the mailbox again; the next life goes on with the drain.
#[tokio::test(start_paused = true)]
async fn a_drain_that_a_panic_interrupts_goes_on_in_the_next_life() {
    let log = Log::default();
    let system = System::builder("t")
        .child(puppet("p", &log).restart(Restart::Transient))
        .start()
        .await
        .unwrap();
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    actor.tell(Run::panic("on purpose")).await.unwrap();
    actor.tell(Note(2)).await.unwrap();
    actor.stop(StopMode::Drain);
    gate.open();
    while log.count("p:start 2") == 0 {
        assert!(actor.try_tell(Note(3)).unwrap_err().is_not_running());
        tokio::task::yield_now().await;
    }
    assert!(actor.try_tell(Note(3)).unwrap_err().is_not_running());
    let reason = tokio::time::timeout(secs(1), actor.wait_for_stop()).await;
    assert!(reason.unwrap().is_normal());
    assert_eq!(
        [log.count("p:1"), log.count("p:2"), log.count("p:3")],
        [1, 1, 0]
    );
    conclude(system).await;
}
