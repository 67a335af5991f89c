//! What reached nobody: as a typed topic, a counter, and with the value in it.

use callboard::prelude::*;
use parking_lot::Mutex;
use std::sync::Arc;

use crate::support::*;

type Seen = Arc<Mutex<Vec<String>>>;

/// An actor that hears of dead letters like any subscriber.
struct Undertaker {
    seen: Seen,
}

#[actor(mailbox = 4)]
impl Undertaker {
    #[handler]
    fn on_letter(&mut self, letter: &DeadLetter) {
        let text = format!("{} {} {}", letter.reason, letter.recipient, letter.message);
        self.seen.lock().push(text);
    }
}

/// Covers T3. Everything undeliverable is a dead letter with its reason, recipient and type.
#[tokio::test(start_paused = true)]
async fn an_actor_hears_of_dead_letters_as_of_any_event() {
    let seen = Seen::default();
    let undertaker = Arc::clone(&seen);
    let log = Log::default();
    let system = System::builder("t")
        .actor("undertaker", move || Undertaker {
            seen: Arc::clone(&undertaker),
        })
        .child(puppet("p", &log).restart(Restart::Temporary))
        .start()
        .await
        .unwrap();
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    system.topic::<Tick>().publish(Tick(1)).await.unwrap();
    actor.stop(StopMode::Now);
    gate.open();
    actor.wait_for_stop().await;
    settle().await;
    let note = format!("stopped p {}", Note::NAME);
    assert_eq!(*seen.lock(), [note, "stopped p test.tick".to_owned()]);
    let stats = system.stats();
    assert_eq!(stats.dead_letters.total(), 2);
    let by_reason: Vec<_> = stats
        .dead_letters
        .by_reason()
        .filter(|(_, n)| *n > 0)
        .collect();
    assert_eq!(by_reason, [(DeadLetterReason::Stopped, 2)]);
    assert_eq!(
        stats.actor("(stopped)").map(|_| ()),
        None,
        "part of the plan, so it keeps its name"
    );
    assert_eq!(stats.actor("p").unwrap().dead_lettered, 2);
    conclude(system).await;
}

/// The value comes with the letter: a message once, an event to everybody.
#[tokio::test(start_paused = true)]
async fn a_dead_letter_carries_the_value_and_gives_it_out_as_what_it_is() {
    let log = Log::default();
    let system = System::builder("t")
        .child(puppet("p", &log).restart(Restart::Temporary))
        .start()
        .await
        .unwrap();
    let mut letters = system.topic::<DeadLetter>().subscribe().start();
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    system.topic::<Tick>().publish(Tick(5)).await.unwrap();
    actor.stop(StopMode::Now);
    gate.open();
    let letter = letters.next().await.unwrap().event().unwrap();
    assert_eq!(letter.take_message::<Echo>(), None);
    assert!(letter.event::<Tick>().is_none());
    assert_eq!(letter.take_message::<Note>(), Some(Note(1)));
    assert_eq!(letter.take_message::<Note>(), None);
    let letter = letters.next().await.unwrap().event().unwrap();
    assert_eq!(letter.event::<Tick>().as_deref(), Some(&Tick(5)));
    assert_eq!(letter.take_message::<Tick>(), None);
    let shown = format!("{letter:?}");
    assert!(
        shown.contains("Payload::Shared(..)"),
        "the value is not shown: {shown}"
    );
    conclude(system).await;
}

/// A dead letter that reaches nobody is not the cause of another: that could go on for ever.
#[tokio::test(start_paused = true)]
async fn dead_letters_for_an_undertaker_that_can_not_follow_are_dropped_and_counted() {
    let seen = Seen::default();
    let undertaker = Arc::clone(&seen);
    let log = Log::default();
    let system = System::builder("t")
        .actor("undertaker", move || Undertaker {
            seen: Arc::clone(&undertaker),
        })
        .child(puppet("p", &log).mailbox(64).restart(Restart::Temporary))
        .start()
        .await
        .unwrap();
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 20).await;
    actor.stop(StopMode::Now);
    gate.open();
    actor.wait_for_stop().await;
    settle().await;
    assert_eq!(seen.lock().len(), 4, "as many as its mailbox holds");
    let stats = system.stats();
    assert_eq!(stats.dead_letters.total(), 20);
    let topic = stats.topic("callboard.dead-letter").unwrap();
    assert_eq!(
        (topic.published, topic.delivered, topic.dropped),
        (20, 4, 16)
    );
    conclude(system).await;
}

/// Publishing from a handler does not fail; after the end of the topics it is a dead letter.
#[test]
fn an_event_published_after_the_end_of_the_topics_is_a_dead_letter() {
    // Only an actor that outlives its system can do that: one that blocks its thread.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(3)
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (system, actor, _log) = one_puppet(4).await;
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (tell, told) = tokio::sync::oneshot::channel();
        let script = Run::new(move |_, ctx| {
            let _ = released.recv();
            Box::pin(async move {
                let receipt = ctx.publish(Tick(1)).await;
                tell.send(receipt).unwrap();
            })
        });
        actor.tell(script).await.unwrap();
        let report = system.shutdown(Duration::from_millis(10)).await;
        assert_eq!(report.stragglers.len(), 1);
        release.send(()).unwrap();
        let receipt = told.await.unwrap();
        assert_eq!(receipt, Receipt::default());
        let letters = system.stats().dead_letters;
        assert_eq!(letters.of(DeadLetterReason::TopicClosed), 1);
    });
}
