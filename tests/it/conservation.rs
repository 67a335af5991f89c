//! What was accepted is accounted for, whatever happens to actors, askers and subscribers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use callboard::prelude::*;
use futures::FutureExt;
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};

use crate::support::*;

#[derive(Clone, Debug)]
enum Step {
    Tell,
    Fail,
    Panic,
    CtxFail,
    Ask,
    DropAsk,
    DropTell,
    Publish,
    Timer,
    StopNow,
    Drain,
    Kill,
    Advance(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Tell),
        2 => Just(Step::Fail),
        1 => Just(Step::Panic),
        1 => Just(Step::CtxFail),
        3 => Just(Step::Ask),
        3 => Just(Step::DropAsk),
        2 => Just(Step::DropTell),
        3 => Just(Step::Publish),
        1 => Just(Step::Timer),
        1 => Just(Step::StopNow),
        1 => Just(Step::Drain),
        1 => Just(Step::Kill),
        3 => (0_u64..30).prop_map(Step::Advance),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// Covers T3. Covers T6. Any sequence of sends, failures, stops and cancellations, with the law
    /// checked whenever the system is at rest, and at the end.
    #[test]
    fn every_accepted_message_is_accounted_for_after_any_sequence(
        steps in proptest::collection::vec(step(), 1..80),
        capacity in 1_usize..6,
        backoff in 0_u64..20,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let log = Log::default();
            let spec = puppet("p", &log).mailbox(capacity).backoff(Backoff::constant(ms(backoff)));
            let system = System::builder("t").intensity(u32::MAX, secs(1)).child(spec).start().await.unwrap();
            let actor: ActorRef<Puppet> = system.actor("p").unwrap();
            let topic = system.topic::<Tick>();
            let mut accepted = 0;
            let mut published = 0;
            for step in steps {
                match step {
                    Step::Tell => accepted += u64::from(actor.try_tell(Note(1)).is_ok()),
                    Step::Fail => accepted += u64::from(actor.try_tell(Refuse(1)).is_ok()),
                    Step::Panic => accepted += u64::from(actor.try_tell(Run::panic("x")).is_ok()),
                    Step::CtxFail => accepted += u64::from(actor.try_tell(Run::fail("x")).is_ok()),
                    Step::Ask => {
                        let reply = actor.ask(Echo(5)).timeout(ms(5)).await;
                        assert!(reply.is_err() || reply.is_ok_and(|reply| reply == 5));
                        accepted = read_accepted(&system);
                    }
                    Step::DropAsk => {
                        let mut ask = actor.ask(Echo(5));
                        let _ = poll_once(&mut ask);
                        drop(ask);
                        accepted = read_accepted(&system);
                    }
                    Step::DropTell => {
                        let mut tell = actor.tell(Note(2));
                        let was_sent = matches!(poll_once(&mut tell), std::task::Poll::Ready(Ok(())));
                        drop(tell);
                        accepted += u64::from(was_sent);
                    }
                    Step::Publish => {
                        published += 1;
                        let mut publish = topic.publish(Tick(1));
                        let _ = poll_once(&mut publish);
                        drop(publish);
                        accepted = read_accepted(&system);
                    }
                    Step::Timer => {
                        let script = Run::now(|_, ctx| {
                            ctx.tell_after(ms(3), Note(3));
                        });
                        accepted += u64::from(actor.try_tell(script).is_ok());
                    }
                    Step::StopNow => actor.stop(StopMode::Now),
                    Step::Drain => actor.stop(StopMode::Drain),
                    Step::Kill => actor.kill(),
                    Step::Advance(milliseconds) => {
                        tokio::time::advance(ms(milliseconds)).await;
                        settle().await;
                        // Timers that fired were accepted as well.
                        accepted = read_accepted(&system);
                        assert_conserved(&system);
                    }
                }
                assert_eq!(read_accepted(&system), accepted);
                let stats = system.stats();
                let queued = stats.actor("p").unwrap().queued;
                assert!(queued <= capacity as u64 + 1, "the mailbox, and one in its handler");
            }
            let topic = topic.stats();
            assert_eq!(topic.published, published);
            assert_eq!(topic.delivered + topic.dropped, published, "one subscriber");
            conclude(system.clone()).await;
            let stats = system.stats();
            let actor = stats.actor("p").unwrap();
            assert_eq!(actor.queued, 0);
            assert!(actor.stopped);
        });
    }
}

fn read_accepted(system: &System) -> u64 {
    system.stats().actor("p").unwrap().accepted
}

/// Covers T3. Covers T2. Many threads, crashes, a small mailbox, and counts on both sides.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_the_senders_counted_is_what_the_actor_handled_under_load() {
    let (system, actor, _log) = one_puppet(4).await;
    let handled = Arc::new(AtomicU64::new(0));
    let senders: Vec<_> = (0..4_u64)
        .map(|sender| {
            let (actor, handled) = (actor.clone(), Arc::clone(&handled));
            let topic = system.topic::<Tick>();
            tokio::spawn(async move {
                let (mut sent, mut events) = (0, 0);
                for i in 0..300 {
                    let counter = Arc::clone(&handled);
                    let script = Run::now(move |_, _| {
                        counter.fetch_add(1, Ordering::Relaxed);
                        assert!(i % 97 != 5, "now and then");
                    });
                    match (i + sender) % 4 {
                        0 => sent += u64::from(actor.try_tell(script).is_ok()),
                        1 => {
                            sent += u64::from(!matches!(
                                actor.ask(script).await,
                                Err(AskError::NotRunning(_))
                            ));
                        }
                        2 => events += topic.publish(Tick(1)).await.unwrap().delivered as u64,
                        _ => sent += u64::from(actor.tell(script).await.is_ok()),
                    }
                }
                (sent, events)
            })
        })
        .collect();
    let (mut sent, mut events) = (0, 0);
    for sender in senders {
        let counts = sender.await.unwrap();
        sent += counts.0;
        events += counts.1;
    }
    actor.ask(Echo(0)).await.unwrap();
    conclude(system.clone()).await;
    assert_eq!(handled.load(Ordering::Relaxed), sent);
    let stats = system.stats();
    let stats = stats.actor("p").unwrap();
    assert_eq!(stats.accepted, sent + events + 1);
    assert_eq!(stats.handled + stats.failed, stats.accepted);
    assert!(stats.restarts > 0);
}

/// The counters of actors that came and went are added up by service.
#[tokio::test(start_paused = true)]
async fn actors_that_have_stopped_are_still_accounted_for() {
    let log = Log::default();
    let system = System::builder("t").start().await.unwrap();
    for round in 0..3 {
        let actor = system
            .spawn(puppet("p", &log).restart(Restart::Temporary))
            .await
            .unwrap();
        actor.ask(Echo(round)).await.unwrap();
        actor.tell(Run::stop()).await.unwrap();
        actor.tell(Note(1)).await.unwrap();
        actor.wait_for_stop().await;
    }
    let stats = system.stats();
    assert_eq!(stats.actors.len(), 1);
    let sum = stats.actor("(stopped)").unwrap();
    assert_eq!(
        (sum.accepted, sum.handled, sum.dead_lettered, sum.queued),
        (9, 6, 3, 0)
    );
    assert!(sum.is_conserved() && sum.stopped);
    conclude(system).await;
}

/// The message in its handler counts as queued, so that the law holds at every await of a handler.
#[tokio::test(start_paused = true)]
async fn the_law_holds_while_a_handler_waits() {
    let (system, actor, _log) = one_puppet(4).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 3).await;
    let stats = system.stats();
    let stats = stats.actor("p").unwrap();
    assert_eq!((stats.accepted, stats.queued, stats.handled), (4, 4, 0));
    assert_conserved(&system);
    assert!(actor.ask(Echo(1)).timeout(ms(1)).now_or_never().is_none());
    gate.open();
    conclude(system).await;
}
