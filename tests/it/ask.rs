//! Ask: one answer in every case, deadlines, and asks that are given up.

use std::sync::Arc;
use std::task::Poll;

use callboard::Certainty;
use callboard::prelude::*;
use futures::FutureExt;
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::support::*;

/// Covers A1.
#[tokio::test(start_paused = true)]
async fn an_ask_resolves_to_the_reply_of_its_handler() {
    let (system, actor, _log) = one_puppet(4).await;
    assert_eq!(actor.ask(Echo(7)).await.unwrap(), 7);
    assert_eq!(actor.try_ask(Echo(8)).await.unwrap(), 8);
    assert_eq!(actor.ask(Refuse(9)).await.unwrap(), Err(Refused(9)));
    conclude(system).await;
}

/// Covers A1. An error of the handler is the answer, and no failure.
#[tokio::test(start_paused = true)]
async fn an_asker_gets_the_error_of_the_handler_and_the_actor_lives() {
    let (system, actor, _log) = one_puppet(4).await;
    assert_eq!(actor.ask(Refuse(9)).await.unwrap(), Err(Refused(9)));
    let stats = system.stats();
    let stats = stats.actor("p").unwrap();
    assert_eq!((stats.handled, stats.failed, stats.restarts), (1, 0, 0));
    conclude(system).await;
}

/// Covers A1. Covers A2. Covers A3.
#[tokio::test(start_paused = true)]
async fn an_ask_without_options_times_out_after_five_seconds() {
    let (system, actor, _log) = one_puppet(4).await;
    let gate = Gate::new();
    actor.tell(Run::hold(&gate)).await.unwrap();
    let start = Instant::now();
    let error = actor.ask(Echo(1)).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.certainty(), Certainty::MayHaveRun);
    assert_eq!(error.into_inner(), None);
    assert_within_a_tick(start, secs(5));
    gate.open();
    conclude(system).await;
}

/// Covers A2.
#[tokio::test(start_paused = true)]
async fn the_default_deadline_is_the_one_of_the_builder() {
    let log = Log::default();
    let system = System::builder("t")
        .ask_timeout(ms(70))
        .child(puppet("p", &log))
        .start()
        .await
        .unwrap();
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    let gate = Gate::new();
    actor.tell(Run::hold(&gate)).await.unwrap();
    let start = Instant::now();
    assert!(actor.ask(Echo(1)).await.unwrap_err().is_timeout());
    assert_within_a_tick(start, ms(70));
    let start = Instant::now();
    let own = actor.ask(Echo(1)).timeout(ms(10)).await;
    assert!(own.unwrap_err().is_timeout());
    assert_within_a_tick(start, ms(10));
    gate.open();
    conclude(system).await;
}

/// Covers A1. The deadline covers the wait for room as well.
#[tokio::test(start_paused = true)]
async fn an_ask_that_waits_for_room_times_out_and_sends_nothing() {
    let (system, actor, _log) = one_puppet(1).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    let start = Instant::now();
    let error = actor.ask(Echo(1)).timeout(ms(30)).await.unwrap_err();
    assert!(error.is_timeout());
    assert_within_a_tick(start, ms(30));
    gate.open();
    settle().await;
    assert_eq!(system.stats().actor("p").unwrap().accepted, 2);
    conclude(system).await;
}

/// Covers A1.
#[tokio::test(start_paused = true)]
async fn an_ask_without_timeout_waits_as_long_as_it_takes() {
    let (system, actor, _log) = one_puppet(4).await;
    let gate = Gate::new();
    actor.tell(Run::hold(&gate)).await.unwrap();
    let mut ask = actor.ask(Echo(1)).no_timeout();
    assert!(poll_once(&mut ask).is_pending());
    tokio::time::advance(secs(3600)).await;
    assert!(poll_once(&mut ask).is_pending());
    gate.open();
    assert_eq!(ask.await.unwrap(), 1);
    conclude(system).await;
}

/// Covers A2. `no_timeout` and a longer timeout of its own do not let a nested ask outlive its asker.
#[tokio::test(start_paused = true)]
async fn a_nested_ask_waits_no_longer_than_its_asker() {
    for nested in [None, Some(secs(60)), Some(ms(40))] {
        let log = Log::default();
        let system = System::builder("t")
            .child(puppet("outer", &log))
            .child(puppet("inner", &log))
            .start()
            .await
            .unwrap();
        let outer: ActorRef<Puppet> = system.actor("outer").unwrap();
        let inner: ActorRef<Puppet> = system.actor("inner").unwrap();
        let gate = Gate::new();
        inner.tell(Run::hold(&gate)).await.unwrap();
        let (tell, told) = oneshot::channel();
        let start = Instant::now();
        let script = Run::new(move |_, ctx| {
            async move {
                let inner: ActorRef<Puppet> = ctx.actor("inner").unwrap();
                // It inherits the deadline wherever it is asked, also in a later poll of the handler.
                tokio::task::yield_now().await;
                let ask = inner.ask(Echo(1));
                let ask = match nested {
                    Some(timeout) => ask.timeout(timeout),
                    None => ask.no_timeout(),
                };
                let error = ask.await.unwrap_err();
                tell.send((error.is_timeout(), Instant::now())).unwrap();
            }
            .boxed()
        });
        let asked = outer.ask(script).timeout(ms(100));
        // An ask without any deadline would hang here.
        let told = tokio::time::timeout(secs(3600), told);
        let (_, told) = tokio::join!(asked, told);
        let (timed_out, at) = told.expect("the nested ask ends").unwrap();
        assert!(timed_out);
        let expected = nested.unwrap_or(ms(100)).min(ms(100));
        assert!(at - start >= expected && at - start <= expected + ms(1));
        gate.open();
        conclude(system).await;
    }
}

/// Covers A2. The message after an ask does not inherit its deadline.
#[tokio::test(start_paused = true)]
async fn a_deadline_is_not_inherited_by_the_next_message() {
    let log = Log::default();
    let system = System::builder("t")
        .child(puppet("outer", &log))
        .child(puppet("inner", &log))
        .start()
        .await
        .unwrap();
    let outer: ActorRef<Puppet> = system.actor("outer").unwrap();
    let inner: ActorRef<Puppet> = system.actor("inner").unwrap();
    outer.ask(Echo(1)).timeout(ms(10)).await.unwrap();
    let gate = Gate::new();
    inner.tell(Run::hold(&gate)).await.unwrap();
    let start = Instant::now();
    let (tell, told) = oneshot::channel();
    let script = Run::new(move |_, ctx| {
        async move {
            let inner: ActorRef<Puppet> = ctx.actor("inner").unwrap();
            let error = inner.ask(Echo(1)).timeout(ms(80)).await.unwrap_err();
            tell.send(error.is_timeout()).unwrap();
        }
        .boxed()
    });
    outer.tell(script).await.unwrap();
    assert!(told.await.unwrap());
    assert_within_a_tick(start, ms(80));
    gate.open();
    conclude(system).await;
}

/// Covers A3. Covers A1.
#[tokio::test(start_paused = true)]
async fn an_ask_that_no_handler_has_seen_gives_its_message_back() {
    let (system, actor, _log) = one_puppet(1).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    let full = actor.try_ask(Echo(5)).await.unwrap_err();
    assert!(full.is_full());
    assert_eq!(full.certainty(), Certainty::NotHandled);
    assert_eq!(full.into_inner(), Some(Echo(5)));

    // One waits for room, and is refused when the actor ends.
    let mut waiting = actor.ask(Echo(6));
    assert!(poll_once(&mut waiting).is_pending());
    let stopping = tokio::spawn({
        let system = system.clone();
        async move { system.shutdown(ms(10)).await }
    });
    let refused = waiting.await.unwrap_err();
    assert!(refused.is_not_running());
    assert_eq!(refused.certainty(), Certainty::NotHandled);
    assert_eq!(refused.into_inner(), Some(Echo(6)));
    stopping.await.unwrap();
    let gone = actor.ask(Echo(7)).await.unwrap_err();
    assert!(gone.is_not_running());
    assert_eq!(gone.into_inner(), Some(Echo(7)));
    let gone = actor.try_ask(Echo(8)).await.unwrap_err();
    assert_eq!(gone.into_inner(), Some(Echo(8)));
    assert_conserved(&system);
}

/// Covers A3. Covers A4. It was queued, and its actor stopped before it came to it.
#[tokio::test(start_paused = true)]
async fn a_queued_ask_comes_back_at_once_when_its_actor_stops_for_good() {
    let log = Log::default();
    let system = System::builder("t")
        .child(puppet("p", &log).restart(Restart::Temporary))
        .start()
        .await
        .unwrap();
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 0).await;
    let mut ask = actor.ask(Echo(3));
    assert!(poll_once(&mut ask).is_pending());
    actor.stop(StopMode::Now);
    gate.open();
    let start = Instant::now();
    let error = ask.await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(error.certainty(), Certainty::NotHandled);
    assert_eq!(error.into_inner(), Some(Echo(3)));
    let stats = system.stats();
    // It went back to its asker, so that the letter carries no payload, but it is one.
    assert_eq!(stats.dead_letters.of(DeadLetterReason::Stopped), 1);
    conclude(system).await;
}

/// Covers A4. Covers A3.
#[tokio::test(start_paused = true)]
async fn a_panic_of_the_handler_resolves_its_ask_at_once() {
    let (system, actor, _log) = one_puppet(4).await;
    let start = Instant::now();
    let error = actor.ask(Run::panic("no")).await.unwrap_err();
    assert!(matches!(error, AskError::HandlerPanicked));
    assert_eq!(error.certainty(), Certainty::MayHaveRun);
    let late = actor
        .ask(Run::new(|_, _| {
            async {
                tokio::task::yield_now().await;
                panic!("after an await")
            }
            .boxed()
        }))
        .await;
    assert!(matches!(late, Err(AskError::HandlerPanicked)));
    assert_eq!(start.elapsed(), Duration::ZERO);
    conclude(system).await;
}

/// Covers A4. Covers A3.
#[tokio::test(start_paused = true)]
async fn an_ask_whose_actor_is_killed_in_the_handler_resolves_at_once() {
    let (system, actor, _log) = one_puppet(4).await;
    let mut ask = actor.ask(Run::hang());
    assert!(poll_once(&mut ask).is_pending());
    settle().await;
    actor.kill();
    let start = Instant::now();
    let error = ask.await.unwrap_err();
    assert!(matches!(error, AskError::NoReply));
    assert_eq!(error.certainty(), Certainty::MayHaveRun);
    assert_eq!(start.elapsed(), Duration::ZERO);
    conclude(system).await;
}

/// Covers A1. Covers L3.
#[tokio::test(start_paused = true)]
async fn an_ask_that_is_queued_while_its_actor_restarts_stays_queued() {
    let log = Log::default();
    let system = System::builder("t")
        .intensity(10, secs(5))
        .child(puppet("p", &log).backoff(Backoff::constant(secs(1))))
        .start()
        .await
        .unwrap();
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    let gate = Gate::new();
    actor.tell(Run::hold(&gate)).await.unwrap();
    actor.tell(Run::panic("again")).await.unwrap();
    let mut before = actor.ask(Echo(1));
    assert!(poll_once(&mut before).is_pending());
    gate.open();
    settle().await;
    assert!(!actor.is_running());
    // Between two incarnations the mailbox takes messages as before.
    let mut between = actor.ask(Echo(2));
    assert!(poll_once(&mut between).is_pending());
    assert_eq!(before.await.unwrap(), 1);
    assert_eq!(between.await.unwrap(), 2);
    assert_eq!(actor.incarnation(), 2);
    conclude(system).await;
}

/// Covers A5.
#[tokio::test(start_paused = true)]
async fn a_reply_that_comes_too_late_is_a_dead_letter_for_its_asker() {
    let log = Log::default();
    let system = System::builder("t")
        .child(puppet("asker", &log))
        .child(puppet("slow", &log))
        .start()
        .await
        .unwrap();
    let mut letters = system.topic::<DeadLetter>().subscribe().start();
    let asker: ActorRef<Puppet> = system.actor("asker").unwrap();
    let slow: ActorRef<Puppet> = system.actor("slow").unwrap();
    let gate = Gate::new();
    let held = gate.clone();
    asker
        .tell(Run::new(move |_, ctx| {
            async move {
                let slow: ActorRef<Puppet> = ctx.actor("slow").unwrap();
                let ask = slow.ask(Run::hold(&held)).timeout(ms(10));
                assert!(ask.await.unwrap_err().is_timeout());
                // The next ask must not get the late reply of the first one.
                assert_eq!(slow.ask(Echo(5)).await.unwrap(), 5);
            }
            .boxed()
        }))
        .await
        .unwrap();
    gate.entered().await;
    tokio::time::advance(ms(20)).await;
    settle().await;
    gate.open();
    settle().await;
    let letter = letters.next().await.unwrap().event().unwrap();
    assert_eq!(letter.reason, DeadLetterReason::LateReply);
    assert_eq!(&*letter.recipient, "asker");
    assert_eq!(letter.message, Run::NAME);
    assert_eq!(letter.take_message::<()>(), Some(()));
    assert_eq!(asker.ask(Echo(1)).await.unwrap(), 1);
    assert_eq!(system.stats().actor("asker").unwrap().restarts, 0);
    assert_eq!(slow.ask(Echo(1)).await.unwrap(), 1);
    conclude(system).await;
}

/// Covers A6.
#[tokio::test(start_paused = true)]
async fn an_ask_that_nobody_waits_for_any_more_is_skipped_and_counted_as_expired() {
    let (system, actor, log) = one_puppet(8).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 0).await;
    let ran = Arc::new(Mutex::new(Vec::new()));
    let noting = |number: u32| {
        let ran = Arc::clone(&ran);
        Run::now(move |_, _| ran.lock().push(number))
    };
    let mut dropped = actor.ask(noting(1));
    let mut expired = actor.ask(noting(2)).timeout(ms(5));
    let mut kept = actor.ask(noting(3));
    assert!(poll_once(&mut dropped).is_pending());
    assert!(poll_once(&mut expired).is_pending());
    assert!(poll_once(&mut kept).is_pending());
    drop(dropped);
    assert!(expired.await.unwrap_err().is_timeout());
    gate.open();
    kept.await.unwrap();
    settle().await;
    assert_eq!(*ran.lock(), [3]);
    let stats = system.stats();
    let stats = stats.actor("p").unwrap();
    assert_eq!((stats.expired, stats.handled, stats.accepted), (2, 2, 4));
    assert!(log.take().is_empty());
    conclude(system).await;
}

/// A part of A7, as far as it goes today.
#[tokio::test(start_paused = true)]
async fn an_ask_to_oneself_fails_at_once_and_names_the_circle() {
    let (system, actor, _log) = one_puppet(4).await;
    let (tell, told) = oneshot::channel();
    actor
        .tell(Run::new(|_, ctx| {
            async move {
                let me = ctx.actor_ref();
                tell.send(me.ask(Echo(1)).await.unwrap_err()).unwrap();
            }
            .boxed()
        }))
        .await
        .unwrap();
    let error = told.await.unwrap();
    assert_eq!(error.certainty(), Certainty::NotHandled);
    let AskError::Deadlock { path } = error else {
        panic!("{error}");
    };
    assert_eq!(path, ["p", "p"]);
    conclude(system).await;
}

/// Until longer circles are found, their deadline breaks them.
#[tokio::test(start_paused = true)]
async fn a_circle_of_two_asks_is_broken_by_the_deadline() {
    let log = Log::default();
    let system = System::builder("t")
        .child(puppet("a", &log))
        .child(puppet("b", &log))
        .start()
        .await
        .unwrap();
    let a: ActorRef<Puppet> = system.actor("a").unwrap();
    let script = Run::new(|_, ctx| {
        async move {
            let b: ActorRef<Puppet> = ctx.actor("b").unwrap();
            let inner = Run::new(|_, ctx| {
                async move {
                    let a: ActorRef<Puppet> = ctx.actor("a").unwrap();
                    assert!(a.ask(Echo(1)).await.unwrap_err().is_timeout());
                }
                .boxed()
            });
            assert!(b.ask(inner).await.unwrap_err().is_timeout());
        }
        .boxed()
    });
    let start = Instant::now();
    assert!(a.ask(script).await.unwrap_err().is_timeout());
    assert_within_a_tick(start, secs(5));
    conclude(system).await;
}

/// Covers A8.
#[tokio::test(start_paused = true)]
async fn replies_to_one_asker_come_in_the_order_of_handling() {
    let (system, actor, _log) = one_puppet(16).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let asks = (0..10).map(|number| {
        let (actor, order) = (actor.clone(), Arc::clone(&order));
        async move {
            let reply = actor.ask(Echo(number)).await.unwrap();
            order.lock().push(reply);
        }
    });
    futures::future::join_all(asks).await;
    assert_eq!(*order.lock(), (0..10).collect::<Vec<_>>());
    conclude(system).await;
}

/// Covers C1. Whenever it is dropped, an ask leaves neither a place nor a message behind that would
/// be handled for nobody.
#[tokio::test(start_paused = true)]
async fn an_ask_dropped_after_any_poll_leaves_the_mailbox_intact() {
    for polls in 0..5 {
        let (system, actor, _log) = one_puppet(1).await;
        let gate = Gate::new();
        hold_and_fill(&actor, &gate, 1).await;
        let ran = Arc::new(Mutex::new(0));
        let counter = Arc::clone(&ran);
        let mut ask = actor.ask(Run::new(move |_, _| {
            async move {
                *counter.lock() += 1;
                tokio::task::yield_now().await;
            }
            .boxed()
        }));
        for poll in 0..polls {
            if poll == 1 {
                gate.open();
            }
            if poll_once(&mut ask).is_ready() {
                break;
            }
            // After the second poll it is queued, and not handled before the third.
            if poll != 1 {
                settle().await;
            }
        }
        drop(ask);
        gate.open();
        settle().await;
        let handled = *ran.lock();
        assert!(handled <= 1);
        if polls <= 1 {
            assert_eq!(handled, 0);
        }
        let again = Gate::new();
        hold_and_fill(&actor, &again, 1).await;
        assert!(actor.try_tell(Note(2)).unwrap_err().is_full());
        again.open();
        assert_eq!(actor.ask(Echo(3)).await.unwrap(), 3);
        conclude(system).await;
    }
}

/// An ask given up while it waits for room lets the next in the line pass.
#[tokio::test(start_paused = true)]
async fn an_ask_dropped_in_the_line_lets_the_next_pass() {
    let (system, actor, log) = one_puppet(1).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    let mut ask = actor.ask(Echo(1));
    let mut tell = actor.tell(Note(9));
    assert!(poll_once(&mut ask).is_pending());
    assert!(poll_once(&mut tell).is_pending());
    gate.open();
    settle().await;
    assert!(poll_once(&mut tell).is_pending(), "the ask is first");
    drop(ask);
    assert!(matches!(poll_once(&mut tell), Poll::Ready(Ok(()))));
    settle().await;
    assert_eq!(log.take(), ["p:1", "p:9"]);
    conclude(system).await;
}

/// The asker's deadline has passed, and one timer tick may have as well.
#[track_caller]
fn assert_within_a_tick(start: Instant, expected: Duration) {
    let elapsed = start.elapsed();
    assert!(
        elapsed >= expected && elapsed <= expected + ms(1),
        "{elapsed:?} instead of {expected:?}"
    );
}
