//! Asks that are handled on the asker's stack: nobody can tell, except by a clock.
#![expect(
    clippy::disallowed_types,
    reason = "whether handlers run at once is for real threads and the real clock to say"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::task::Poll;
use std::time::Instant as WallClock;

use callboard::prelude::*;
use callboard::{DeadLetterReason, InlineAsk};
use futures::FutureExt;
use tokio::runtime;

use crate::support::*;

const MODES: [InlineAsk; 3] = [InlineAsk::Never, InlineAsk::Auto, InlineAsk::Always];

/// A system of puppets with these names, who may be restarted as often as it takes.
async fn puppets(
    mode: InlineAsk,
    names: &[&str],
    mailbox: usize,
) -> (System, Vec<ActorRef<Puppet>>, Log) {
    let log = Log::default();
    let mut builder = System::builder("t")
        .inline_asks(mode)
        .intensity(1000, secs(1));
    for name in names {
        builder = builder.child(puppet(name, &log).mailbox(mailbox));
    }
    let system = builder.start().await.unwrap();
    let actors = names.iter().map(|name| system.actor(name).unwrap());
    let actors = actors.collect();
    log.take();
    (system, actors, log)
}

async fn one(mode: InlineAsk, mailbox: usize) -> (System, ActorRef<Puppet>, Log) {
    let (system, mut actors, log) = puppets(mode, &["p"], mailbox).await;
    (system, actors.remove(0), log)
}

/// Covers A5. The handler is not the asker's: it goes on without it.
#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_goes_on_when_its_asker_is_dropped() {
    for mode in MODES {
        let (system, actor, _log) = one(mode, 4).await;
        let gate = Gate::new();
        let mut ask = actor.ask(Run::hold(&gate));
        assert!(poll_once(&mut ask).is_pending());
        gate.entered().await;
        drop(ask);
        gate.open();
        assert_eq!(actor.ask(Echo(1)).await.unwrap(), 1);
        let stats = system.stats();
        let late: u64 = stats
            .dead_letters
            .by_reason()
            .filter(|(reason, _)| *reason == DeadLetterReason::LateReply)
            .map(|(_, count)| count)
            .sum();
        assert_eq!(late, 1, "{mode:?}");
        assert_eq!(stats.actor("p").unwrap().handled, 2);
        conclude(system).await;
    }
}

/// Covers L2. Covers A4. The panic stays with the actor, its asker is told, and both go on.
#[tokio::test(start_paused = true)]
async fn a_panic_of_a_handler_reaches_its_supervisor_and_its_asker_as_such() {
    for mode in MODES {
        let (system, actor, log) = one(mode, 4).await;
        for number in 1..=3 {
            let error = actor.ask(Run::panic("on purpose")).await.unwrap_err();
            assert!(error.is_handler_panicked(), "{mode:?}: {error}");
            assert_eq!(actor.ask(Echo(number)).await.unwrap(), number);
        }
        assert_eq!(system.stats().actor("p").unwrap().restarts, 3);
        let starts = log.take();
        assert_eq!(
            starts
                .iter()
                .filter(|entry| entry.contains("start"))
                .count(),
            3
        );
        conclude(system).await;
    }
}

/// Covers T9.
#[tokio::test(start_paused = true)]
async fn an_actor_that_asks_itself_is_told_so() {
    for mode in MODES {
        let (system, actor, log) = one(mode, 4).await;
        let itself = actor.clone();
        let script = Run::new(move |puppet, _| {
            async move {
                let error = itself.ask(Echo(1)).await.unwrap_err();
                puppet.log.add(format!("{}", error.is_deadlock()));
            }
            .boxed()
        });
        actor.ask(script).await.unwrap();
        assert_eq!(log.take(), ["true"], "{mode:?}");
        conclude(system).await;
    }
}

/// A script that asks the first of these to ask the next, and so on.
fn chain(mut actors: std::vec::IntoIter<ActorRef<Puppet>>) -> Run {
    Run::new(move |puppet, ctx| {
        async move {
            puppet.log.add(ctx.name());
            if let Some(next) = actors.next() {
                next.ask(chain(actors)).await.unwrap();
            }
            puppet.log.add(ctx.name());
        }
        .boxed()
    })
}

#[tokio::test(start_paused = true)]
async fn a_chain_longer_than_the_stack_is_allowed_to_grow_is_answered_all_the_same() {
    let names: Vec<String> = (0..20).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for mode in MODES {
        let (system, actors, log) = puppets(mode, &names, 4).await;
        let mut rest = actors.into_iter();
        let first = rest.next().unwrap();
        first.ask(chain(rest)).await.unwrap();
        let expected: Vec<&str> = names.iter().chain(names.iter().rev()).copied().collect();
        assert_eq!(log.take(), expected, "{mode:?}");
        conclude(system).await;
    }
}

/// Covers T4. Neither what is queued nor what waits in the line is overtaken.
#[tokio::test(start_paused = true)]
async fn an_ask_does_not_overtake_what_its_sender_has_told_before() {
    for mode in MODES {
        for mailbox in [1, 2, 16] {
            let (system, actor, log) = one(mode, mailbox).await;
            for round in 0..10 {
                actor.tell(Note(round)).await.unwrap();
                // Deposited in the line, if there is no room.
                let ticks = system.topic::<Tick>();
                let mut publish = ticks.publish(Tick(round));
                let published = poll_once(&mut publish);
                actor
                    .ask(Run::now(|puppet, _| puppet.log.add("ask")))
                    .await
                    .unwrap();
                if published.is_pending() {
                    publish.await.unwrap();
                }
                let expected = [
                    format!("p:{round}"),
                    format!("p:tick {round}"),
                    "ask".into(),
                ];
                assert_eq!(log.take(), expected, "{mode:?}, {mailbox}");
            }
            conclude(system).await;
        }
    }
}

/// Covers T6. Covers A1. An actor that waits for its children to end is idle, but takes nothing.
#[tokio::test(start_paused = true)]
async fn asks_of_an_actor_between_two_lives_are_queued_within_its_capacity() {
    for mode in MODES {
        let (system, actor, log) = one(mode, 2).await;
        let gate = Gate::new();
        let held = gate.clone();
        let script = Run::new(move |puppet, ctx| {
            let log = puppet.log.clone();
            async move {
                let child = ChildSpec::new("c", move || {
                    let gate = held.clone();
                    Puppet::new(&log).stopping(move || {
                        let gate = gate.clone();
                        async move { gate.pass().await }
                    })
                });
                ctx.spawn(child).await.unwrap();
            }
            .boxed()
        });
        actor.ask(script).await.unwrap();
        actor.stop(StopMode::Now);
        gate.entered().await;
        let mut asks: Vec<_> = (0..4).map(|number| actor.ask(Echo(number))).collect();
        for ask in &mut asks {
            assert!(poll_once(ask).is_pending());
        }
        assert_eq!(system.stats().actor("p").unwrap().queued, 2, "{mode:?}");
        gate.open();
        for (number, ask) in (0..).zip(asks) {
            assert_eq!(ask.await.unwrap(), number);
        }
        assert!(log.take().contains(&"p:start 2".to_owned()));
        conclude(system).await;
    }
}

/// Covers T6. Nor does one that gives way to others.
#[tokio::test(start_paused = true)]
async fn asks_of_an_actor_that_has_used_up_its_turn_are_queued_within_its_capacity() {
    for mode in MODES {
        let (system, actor, _log) = one(mode, 2).await;
        // All in one poll of this task, which has one turn for all actors that it polls itself.
        let mut pending = None;
        for number in 0..10_000 {
            let mut ask = Box::pin(actor.ask(Echo(number)));
            if futures::poll!(&mut ask).is_pending() {
                pending = Some((number, ask));
                break;
            }
        }
        let (number, ask) = pending.expect("a turn is shorter than this");
        while actor.try_tell(Note(0)).is_ok() {}
        let queued = system.stats().actor("p").unwrap().queued;
        assert!(queued <= 2, "{mode:?}: {queued}");
        assert_eq!(ask.await.unwrap(), number);
        conclude(system).await;
    }
}

/// Covers A1. Asks race with stops and restarts, and each is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asks_that_race_with_stops_are_all_answered() {
    for mode in MODES {
        let (system, actor, _log) = one(mode, 2).await;
        let done = Arc::new(AtomicBool::new(false));
        let askers: Vec<_> = (0..3)
            .map(|_| {
                let (actor, done) = (actor.clone(), Arc::clone(&done));
                tokio::spawn(async move {
                    let mut answered = 0;
                    while !done.load(SeqCst) {
                        match actor.ask(Echo(7)).timeout(secs(60)).await {
                            Ok(7) => answered += 1,
                            Err(error) if error.is_not_running() => {}
                            other => panic!("{other:?}"),
                        }
                        tokio::task::yield_now().await;
                    }
                    answered
                })
            })
            .collect();
        for round in 0..200 {
            actor.stop(if round % 2 == 0 {
                StopMode::Now
            } else {
                StopMode::Drain
            });
            tokio::task::yield_now().await;
            drop(actor.ask(Echo(1)).await);
        }
        done.store(true, SeqCst);
        for asker in askers {
            asker.await.unwrap();
        }
        conclude(system).await;
    }
}

/// Tells which thread handled it.
#[derive(Message)]
#[message(reply = std::thread::ThreadId)]
struct WhichThread;

/// Runs until both of two have come here, or for too long. Answers whether both came.
#[derive(Message)]
#[message(reply = bool)]
struct Meet(Arc<AtomicU32>);

/// Keeps the processor busy.
#[derive(Message)]
struct Compute;

/// Tells whether it is in a span.
#[derive(Message)]
#[message(reply = bool)]
struct IsInSpan;

struct Worker;

#[actor]
impl Worker {
    #[handler]
    fn which_thread(&mut self, _: WhichThread) -> std::thread::ThreadId {
        std::thread::current().id()
    }

    #[handler]
    fn meet(&mut self, msg: Meet) -> bool {
        msg.0.fetch_add(1, SeqCst);
        let begin = WallClock::now();
        while msg.0.load(SeqCst) < 2 {
            if begin.elapsed() > secs(2) {
                return false;
            }
            std::hint::spin_loop();
        }
        true
    }

    #[handler]
    fn compute(&mut self, _: Compute) {
        let begin = WallClock::now();
        while begin.elapsed() < ms(2) {
            std::hint::spin_loop();
        }
    }

    #[handler]
    fn is_in_span(&mut self, _: IsInSpan) -> bool {
        !tracing::Span::current().is_none()
    }
}

async fn workers(mode: InlineAsk) -> (System, ActorRef<Worker>, ActorRef<Worker>) {
    let system = System::builder("t")
        .inline_asks(mode)
        .actor("a", || Worker)
        .actor("b", || Worker)
        .start()
        .await
        .unwrap();
    let (a, b) = (system.actor("a").unwrap(), system.actor("b").unwrap());
    (system, a, b)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_handlers_that_are_asked_together_run_together_once_they_are_known_to_be_long() {
    for mode in [InlineAsk::Never, InlineAsk::Auto] {
        let (system, a, b) = workers(mode).await;
        let asker = tokio::spawn(async move {
            a.ask(Compute).await.unwrap();
            b.ask(Compute).await.unwrap();
            for round in 0..20 {
                let both = Arc::new(AtomicU32::new(0));
                let together = tokio::join!(a.ask(Meet(Arc::clone(&both))), b.ask(Meet(both)));
                let met = together.0.unwrap() && together.1.unwrap();
                // An actor that was still on its driver when it was first asked is known to be long
                // only after it was helped once, which may be in the first rounds.
                assert!(met || round < 2, "round {round}, {mode:?}");
            }
        });
        asker.await.unwrap();
        conclude(system).await;
    }
}

/// A handler may use its runtime, which is not that of every asker.
#[test]
fn handlers_run_on_threads_of_their_systems_runtime_only() {
    let home = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (system, actor, _) = home.block_on(workers(InlineAsk::Always));
    let here = std::thread::current().id();
    let at_home = home.block_on(async { actor.ask(WhichThread).await.unwrap() });
    assert_eq!(at_home, here, "this is what the others do not do");
    // Here, outside any runtime.
    let mut ask = actor.ask(WhichThread).no_timeout();
    let without = loop {
        match poll_once(&mut ask) {
            Poll::Ready(thread) => break thread.unwrap(),
            Poll::Pending => std::thread::yield_now(),
        }
    };
    assert_ne!(without, here);
    let foreign = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let abroad = foreign.block_on(async { actor.ask(WhichThread).await.unwrap() });
    assert_ne!(abroad, here);
    let abroad = foreign.block_on(async {
        let actor = actor.clone();
        let task = tokio::spawn(async move { actor.ask(WhichThread).await.unwrap() });
        task.await.unwrap()
    });
    assert_ne!(abroad, here);
    home.block_on(conclude(system));
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_not_in_its_askers_span() {
    use tracing_subscriber::filter::LevelFilter;
    use tracing_subscriber::layer::SubscriberExt;

    let registry = tracing_subscriber::registry().with(LevelFilter::INFO);
    let _guard = tracing::subscriber::set_default(registry);
    for mode in MODES {
        let (system, actor, _) = workers(mode).await;
        let ask = async { actor.ask(IsInSpan).await.unwrap() };
        let request = tracing::info_span!("request");
        let is_in_span = tracing::Instrument::instrument(ask, request).await;
        assert!(!is_in_span, "{mode:?}");
        conclude(system).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_asks_in_a_loop_gives_way_to_others() {
    for mode in MODES {
        let (system, actor, _log) = one(mode, 4).await;
        let done = Arc::new(AtomicBool::new(false));
        let (other, asked) = (Arc::clone(&done), Arc::new(AtomicU32::new(0)));
        let (asker, count) = (actor.clone(), Arc::clone(&asked));
        let asks = tokio::spawn(async move {
            while !done.load(SeqCst) && count.fetch_add(1, SeqCst) < 1_000_000 {
                asker.ask(Echo(1)).await.unwrap();
            }
        });
        tokio::task::yield_now().await;
        tokio::spawn(async move { other.store(true, SeqCst) })
            .await
            .unwrap();
        asks.await.unwrap();
        assert!(asked.load(SeqCst) < 100_000, "{mode:?}");
        conclude(system).await;
    }
}
