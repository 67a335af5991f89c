//! Topics and subscriptions: who gets an event, in which order, and what is lost when there is no room.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use callboard::prelude::*;
use futures::{FutureExt, StreamExt};

use crate::support::*;

/// A system without actors.
async fn bare() -> System {
    System::builder("test").start().await.unwrap()
}

/// Everything that is queued, with lags as negative numbers.
fn queued(subscription: &mut Subscription<Tick>) -> Vec<i64> {
    let mut seen = Vec::new();
    while let Some(Some(delivery)) = subscription.next().now_or_never() {
        seen.push(match delivery {
            Delivery::Event(tick) => i64::from(tick.0),
            Delivery::Lagged(n) => -i64::try_from(n).unwrap(),
        });
    }
    seen
}

async fn publish_all(topic: &Topic<Tick>, ticks: std::ops::RangeInclusive<u32>) {
    for tick in ticks {
        topic.publish(Tick(tick)).await.unwrap();
    }
}

/// Covers P1.
#[tokio::test(start_paused = true)]
async fn an_event_reaches_those_who_subscribed_before_it_once_and_nobody_else() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let mut early = topic.subscribe().start();
    let receipt = topic.publish(Tick(1)).await.unwrap();
    assert_eq!(
        (receipt.sequence, receipt.delivered, receipt.dropped),
        (1, 1, 0)
    );
    let mut late = topic.subscribe().start();
    let receipt = topic.publish(Tick(2)).await.unwrap();
    assert_eq!((receipt.sequence, receipt.delivered), (2, 2));
    assert_eq!(queued(&mut early), [1, 2]);
    assert_eq!(queued(&mut late), [2]);
    early.unsubscribe().await;
    assert_eq!(topic.publish(Tick(3)).await.unwrap().delivered, 1);
    assert_eq!(queued(&mut late), [3]);
    conclude(system).await;
}

/// Covers P1. What is published while others still start waits for them.
#[tokio::test(start_paused = true)]
async fn an_actor_gets_what_was_published_before_its_own_start() {
    let log = Log::default();
    let first = {
        let log = log.clone();
        ChildSpec::new("first", move || Publisher { log: log.clone() })
    };
    let system = System::builder("t")
        .child(first)
        .child(puppet("second", &log))
        .start()
        .await
        .unwrap();
    settle().await;
    assert_eq!(
        log.take(),
        ["published to 1", "second:start 1", "second:tick 9"]
    );
    conclude(system).await;
}

struct Publisher {
    log: Log,
}

#[actor]
impl Publisher {
    #[on_start]
    async fn begin(&mut self, ctx: &mut Context<Self>) {
        let receipt = ctx.publish(Tick(9)).await;
        self.log.add(format!("published to {}", receipt.delivered));
    }
}

/// Covers P2.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_subscribers_see_the_events_of_concurrent_publishers_in_one_order() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let subscriptions: Vec<_> = (0..3)
        .map(|i| {
            let overflow = if i == 0 {
                Overflow::Block(secs(60))
            } else {
                Overflow::DropOldest
            };
            let capacity = if i == 0 { 3 } else { 10_000 };
            topic
                .subscribe()
                .capacity(capacity)
                .overflow(overflow)
                .start()
        })
        .collect();
    let publishers: Vec<_> = (0..4)
        .map(|publisher| {
            let topic = topic.clone();
            tokio::spawn(async move {
                let mut sequences = Vec::new();
                for i in 0..200 {
                    let tick = publisher * 1000 + i;
                    let receipt = topic.publish(Tick(tick)).await.unwrap();
                    sequences.push((receipt.sequence, tick));
                }
                sequences
            })
        })
        .collect();
    let readers: Vec<_> = subscriptions
        .into_iter()
        .map(|mut subscription| {
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while seen.len() < 800 {
                    let delivery = subscription.next().await.unwrap();
                    seen.push(delivery.event().expect("nothing was lost").0);
                }
                seen
            })
        })
        .collect();
    let mut numbered = Vec::new();
    for publisher in publishers {
        numbered.extend(publisher.await.unwrap());
    }
    numbered.sort_unstable();
    let expected: Vec<_> = numbered.iter().map(|(_, tick)| *tick).collect();
    assert!(
        numbered.iter().map(|(n, _)| *n).eq(1..=800),
        "numbers without gaps"
    );
    for reader in readers {
        assert_eq!(reader.await.unwrap(), expected);
    }
    conclude(system).await;
}

/// Covers P3.
#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_lags_or_goes_changes_nothing_for_the_others() {
    let log = Log::default();
    let system = System::builder("t")
        .intensity(100, secs(1))
        .child(puppet("good", &log))
        .actor("bad", || Bad)
        .start()
        .await
        .unwrap();
    log.take();
    let topic = system.topic::<Tick>();
    let mut steady = topic.subscribe().start();
    let mut slow = topic.subscribe().capacity(1).start();
    let gone = topic.subscribe().start();
    topic.publish(Tick(1)).await.unwrap();
    drop(gone);
    topic.publish(Tick(2)).await.unwrap();
    settle().await;
    topic.publish(Tick(3)).await.unwrap();
    settle().await;
    assert_eq!(log.take(), ["good:tick 1", "good:tick 2", "good:tick 3"]);
    assert_eq!(queued(&mut steady), [1, 2, 3]);
    assert_eq!(queued(&mut slow), [-2, 3]);
    assert_eq!(system.stats().actor("bad").unwrap().failed, 3);
    conclude(system).await;
}

struct Bad;

#[actor]
impl Bad {
    #[handler]
    fn on_tick(&mut self, _event: &Tick) {
        panic!("as always");
    }
}

/// Covers P4.
#[tokio::test(start_paused = true)]
async fn a_lag_tells_exactly_how_many_events_were_dropped_before_the_next() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let mut subscription = topic.subscribe().capacity(3).start();
    publish_all(&topic, 1..=2).await;
    assert_eq!(queued(&mut subscription), [1, 2]);
    publish_all(&topic, 3..=8).await;
    assert_eq!(queued(&mut subscription), [-3, 6, 7, 8]);
    publish_all(&topic, 9..=12).await;
    assert!(matches!(
        subscription.next().await,
        Some(Delivery::Lagged(1))
    ));
    // The event behind the lag is the subscriber's already: it is not pushed out any more.
    publish_all(&topic, 13..=15).await;
    assert_eq!(queued(&mut subscription), [10, -2, 13, 14, 15]);
    conclude(system).await;
}

proptest::proptest! {
    /// Covers P4. Received + Σ lags = published, at every point and in every interleaving of publishing
    /// and receiving, and each lag is exact.
    #[test]
    fn nothing_is_lost_uncounted_by_a_subscription_that_drops(
        capacity in 1_usize..5,
        policy in 0_usize..3,
        steps in proptest::collection::vec(proptest::bool::ANY, 1..60),
    ) {
        let policy = [Overflow::DropOldest, Overflow::DropNewest, Overflow::Latest][policy];
        run_paused(async {
            let system = bare().await;
            let topic = system.topic::<Tick>();
            let mut subscription = topic.subscribe().capacity(capacity).overflow(policy).start();
            let (mut published, mut accounted) = (0, 0);
            for publishes in steps {
                if publishes {
                    published += 1;
                    let _ = topic.publish(Tick(published)).await.unwrap();
                } else {
                    match subscription.next().now_or_never().flatten() {
                        Some(Delivery::Event(tick)) => {
                            accounted += 1;
                            assert_eq!(tick.0, accounted, "a gap that no lag has told of");
                        }
                        Some(Delivery::Lagged(n)) => accounted += u32::try_from(n).unwrap(),
                        None => assert_eq!(accounted, published),
                    }
                }
            }
            for seen in queued(&mut subscription) {
                accounted += if seen > 0 { 1 } else { u32::try_from(-seen).unwrap() };
                assert!(seen < 0 || seen == i64::from(accounted));
            }
            assert_eq!(accounted, published);
            conclude(system).await;
        });
    }
}

fn run_paused<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test)
}

/// Covers P5.
#[tokio::test(start_paused = true)]
async fn drop_oldest_keeps_the_newest_events() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let mut subscription = topic
        .subscribe()
        .capacity(2)
        .overflow(Overflow::DropOldest)
        .start();
    publish_all(&topic, 1..=2).await;
    let receipt = topic.publish(Tick(3)).await.unwrap();
    assert_eq!((receipt.delivered, receipt.dropped), (1, 1));
    assert_eq!(queued(&mut subscription), [-1, 2, 3]);
    let stats = topic.stats();
    assert_eq!((stats.published, stats.delivered, stats.dropped), (3, 3, 1));
    conclude(system).await;
}

/// Covers P5.
#[tokio::test(start_paused = true)]
async fn drop_newest_keeps_the_oldest_events() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let mut subscription = topic
        .subscribe()
        .capacity(2)
        .overflow(Overflow::DropNewest)
        .start();
    publish_all(&topic, 1..=2).await;
    let receipt = topic.publish(Tick(3)).await.unwrap();
    assert_eq!((receipt.delivered, receipt.dropped), (0, 1));
    assert!(!receipt.is_unrouted());
    assert_eq!(queued(&mut subscription), [1, 2, -1]);
    publish_all(&topic, 4..=6).await;
    assert!(matches!(
        subscription.next().await,
        Some(Delivery::Event(_))
    ));
    publish_all(&topic, 7..=7).await;
    assert_eq!(queued(&mut subscription), [5, -1, 7]);
    let stats = topic.stats();
    assert_eq!((stats.published, stats.delivered, stats.dropped), (7, 5, 2));
    conclude(system).await;
}

/// Covers P5.
#[tokio::test(start_paused = true)]
async fn latest_keeps_one_event_whatever_the_capacity() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let mut subscription = topic
        .subscribe()
        .capacity(50)
        .overflow(Overflow::Latest)
        .start();
    publish_all(&topic, 1..=4).await;
    assert_eq!(subscription.len(), 1);
    assert_eq!(queued(&mut subscription), [-3, 4]);
    assert_eq!(topic.stats().dropped, 3);
    conclude(system).await;
}

/// Covers P5.
#[tokio::test(start_paused = true)]
async fn disconnect_ends_a_subscription_that_can_not_follow_after_what_it_has() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let mut subscription = topic
        .subscribe()
        .capacity(2)
        .overflow(Overflow::Disconnect)
        .start();
    let mut other = topic.subscribe().start();
    publish_all(&topic, 1..=2).await;
    let receipt = topic.publish(Tick(3)).await.unwrap();
    assert_eq!((receipt.delivered, receipt.dropped), (1, 1));
    assert_eq!(topic.stats().subscribers, 1);
    publish_all(&topic, 4..=4).await;
    let mut seen = Vec::new();
    while let Some(delivery) = subscription.next().await {
        seen.push(match delivery {
            Delivery::Event(tick) => i64::from(tick.0),
            Delivery::Lagged(n) => -i64::try_from(n).unwrap(),
        });
    }
    assert_eq!(seen, [1, 2, -1], "the loss that ended it is told");
    assert!(subscription.next().await.is_none());
    assert_eq!(queued(&mut other), [1, 2, 3, 4]);
    conclude(system).await;
}

/// Covers P5.
#[tokio::test(start_paused = true)]
async fn block_makes_the_publisher_wait_for_room() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let mut subscription = topic
        .subscribe()
        .capacity(1)
        .overflow(Overflow::Block(secs(1)))
        .start();
    publish_all(&topic, 1..=1).await;
    let mut publish = topic.publish(Tick(2));
    assert!(poll_once(&mut publish).is_pending());
    let mut next = topic.publish(Tick(3));
    assert!(poll_once(&mut next).is_pending());
    assert!(matches!(
        subscription.next().await,
        Some(Delivery::Event(_))
    ));
    let receipt = publish.await.unwrap();
    assert_eq!((receipt.delivered, receipt.dropped), (1, 0));
    assert!(poll_once(&mut next).is_pending());
    assert_eq!(queued(&mut subscription), [2, 3]);
    assert!(matches!(poll_once(&mut next), Poll::Ready(Ok(_))));
    assert_eq!(topic.stats().dropped, 0);
    conclude(system).await;
}

/// Covers P5. Covers P4.
#[tokio::test(start_paused = true)]
async fn block_gives_up_after_its_limit_and_counts_every_loss() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let mut subscription = topic
        .subscribe()
        .capacity(1)
        .overflow(Overflow::Block(ms(10)))
        .start();
    publish_all(&topic, 1..=1).await;
    for tick in 2..=4 {
        let receipt = topic.publish(Tick(tick)).await.unwrap();
        assert_eq!((receipt.delivered, receipt.dropped), (0, 1));
    }
    assert_eq!(topic.stats().dropped, 3);
    assert_eq!(queued(&mut subscription), [1, -3]);
    conclude(system).await;
}

/// Covers P5. An actor has no stream to see a gap in: what it lost is a dead letter.
#[tokio::test(start_paused = true)]
async fn an_event_that_an_actor_has_no_room_for_becomes_a_dead_letter_after_five_seconds() {
    let (system, actor, log) = one_puppet(1).await;
    let mut letters = system.topic::<DeadLetter>().subscribe().start();
    let topic = system.topic::<Tick>();
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    let start = tokio::time::Instant::now();
    let receipt = topic.publish(Tick(5)).await.unwrap();
    assert_eq!((receipt.delivered, receipt.dropped), (0, 1));
    assert!(start.elapsed() >= secs(5) && start.elapsed() <= secs(5) + ms(1));
    let letter = letters.next().await.unwrap().event().unwrap();
    assert_eq!(letter.reason, DeadLetterReason::NoRoom);
    assert_eq!(&*letter.recipient, "p");
    assert_eq!(letter.message, "test.tick");
    assert_eq!(*letter.event::<Tick>().unwrap(), Tick(5));
    gate.open();
    settle().await;
    assert_eq!(log.take(), ["p:1"]);
    conclude(system).await;
}

/// A handler that publishes to its own full mailbox does not wait for itself.
#[tokio::test(start_paused = true)]
async fn an_event_for_the_publishers_own_full_mailbox_is_a_dead_letter_at_once() {
    let (system, actor, log) = one_puppet(1).await;
    let start = tokio::time::Instant::now();
    let script = Run::new(|puppet, ctx| {
        async move {
            ctx.actor_ref().try_tell(Note(1)).unwrap();
            let receipt = ctx.publish(Tick(1)).await;
            puppet
                .log
                .add(format!("{}/{}", receipt.delivered, receipt.dropped));
        }
        .boxed()
    });
    actor.ask(script).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    settle().await;
    assert_eq!(log.take(), ["0/1", "p:1"]);
    let letters = system.stats().dead_letters;
    assert_eq!(letters.of(DeadLetterReason::WouldDeadlock), 1);
    conclude(system).await;
}

/// Covers P6.
#[tokio::test(start_paused = true)]
async fn nothing_is_delivered_to_a_subscription_after_unsubscribe_or_drop() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let first = topic.subscribe().start();
    let second = topic
        .subscribe()
        .overflow(Overflow::Block(secs(60)))
        .capacity(1)
        .start();
    assert_eq!(topic.stats().subscribers, 2);
    first.unsubscribe().await;
    assert_eq!(topic.stats().subscribers, 1);
    publish_all(&topic, 1..=1).await;
    // A publisher that waits for the subscriber is set free when it goes.
    let waiting = tokio::spawn({
        let topic = topic.clone();
        async move { topic.publish(Tick(2)).await }
    });
    settle().await;
    assert!(!waiting.is_finished());
    drop(second);
    let receipt = waiting.await.unwrap().unwrap();
    assert_eq!((receipt.delivered, receipt.dropped), (0, 1));
    let receipt = topic.publish(Tick(3)).await.unwrap();
    assert!(receipt.is_unrouted());
    conclude(system).await;
}

/// Covers P6. The handler of an actor that has stopped does not start again, and the topic forgets it.
#[tokio::test(start_paused = true)]
async fn an_actor_that_has_stopped_for_good_is_no_subscriber_any_more() {
    let log = Log::default();
    let system = System::builder("t")
        .child(puppet("p", &log).restart(Restart::Temporary))
        .start()
        .await
        .unwrap();
    let topic = system.topic::<Tick>();
    assert_eq!(topic.stats().subscribers, 1);
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    actor.stop(StopMode::Now);
    actor.wait_for_stop().await;
    assert_eq!(topic.stats().subscribers, 0);
    assert!(topic.publish(Tick(1)).await.unwrap().is_unrouted());
    conclude(system).await;
}

/// Covers P7.
#[tokio::test(start_paused = true)]
async fn an_event_without_subscribers_is_counted_as_unrouted() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let receipt = topic.publish(Tick(1)).await.unwrap();
    assert_eq!((receipt.delivered, receipt.dropped), (0, 0));
    assert!(receipt.is_unrouted());
    let stats = system.stats();
    let stats = stats.topic("test.tick").unwrap();
    assert_eq!((stats.published, stats.unrouted), (1, 1));
    conclude(system).await;
}

/// Counts its drops, and panics in them when it is told to.
#[derive(Event)]
#[event(name = "test.fragile")]
struct Fragile {
    drops: Arc<AtomicU32>,
    panics: bool,
}

impl Drop for Fragile {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics, "dropped, and not amused");
    }
}

/// Covers P8.
#[tokio::test(start_paused = true)]
async fn an_event_is_dropped_once_after_its_last_subscriber() {
    let system = bare().await;
    let topic = system.topic::<Fragile>();
    let drops = Arc::new(AtomicU32::new(0));
    let mut first = topic.subscribe().start();
    let mut second = topic.subscribe().start();
    let fragile = || Fragile {
        drops: Arc::clone(&drops),
        panics: false,
    };
    topic.publish(fragile()).await.unwrap();
    drop(first.next().await);
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    drop(second.next().await);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    // Queued in a subscription that goes.
    topic.publish(fragile()).await.unwrap();
    drop((first, second));
    assert_eq!(drops.load(Ordering::SeqCst), 2);
    // For nobody.
    topic.publish(fragile()).await.unwrap();
    assert_eq!(drops.load(Ordering::SeqCst), 3);
    conclude(system).await;
}

struct Listener;

#[actor]
impl Listener {
    #[handler]
    fn on_fragile(&mut self, _event: &Fragile) {}
}

/// Covers P8. Covers P3.
#[tokio::test(start_paused = true)]
async fn an_event_that_panics_in_its_drop_poisons_neither_topic_nor_subscribers() {
    let system = System::builder("t")
        .intensity(100, secs(1))
        .actor("listener", || Listener)
        .start()
        .await
        .unwrap();
    let topic = system.topic::<Fragile>();
    let drops = Arc::new(AtomicU32::new(0));
    let fragile = |panics| Fragile {
        drops: Arc::clone(&drops),
        panics,
    };
    let mut newest = topic.subscribe().overflow(Overflow::Latest).start();
    topic.publish(fragile(true)).await.unwrap();
    settle().await;
    // It is pushed out by the next one, so that the publisher has the last hold of it.
    let pushed = std::panic::AssertUnwindSafe(topic.publish(fragile(false)))
        .catch_unwind()
        .await;
    assert!(pushed.is_err(), "the panic is the publisher's own");
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    settle().await;
    assert!(matches!(newest.next().await, Some(Delivery::Lagged(1))));
    assert!(matches!(newest.next().await, Some(Delivery::Event(_))));
    drop(newest);
    // Now the actor has the last hold.
    topic.publish(fragile(true)).await.unwrap();
    settle().await;
    topic.publish(fragile(false)).await.unwrap();
    settle().await;
    let stats = system.stats();
    let listener = stats.actor("listener").unwrap();
    assert_eq!((listener.accepted, listener.queued), (4, 0));
    assert_eq!(listener.restarts, 1);
    let topic = stats.topic("test.fragile").unwrap();
    assert_eq!((topic.published, topic.delivered, topic.dropped), (4, 6, 1));
    conclude(system).await;
}

/// Covers P9. Two event types of one shape are two topics.
#[tokio::test(start_paused = true)]
async fn a_subscriber_gets_events_of_its_own_type_only() {
    #[derive(Event, Debug)]
    struct Tock(#[expect(dead_code, reason = "of the same shape as `Tick`")] u32);
    fn shared_across_threads<T: Send + Sync>(_: &T) {}

    let (system, _actor, log) = one_puppet(8).await;
    let mut ticks = system.topic::<Tick>().subscribe().start();
    assert!(
        system
            .topic::<Tock>()
            .publish(Tock(1))
            .await
            .unwrap()
            .is_unrouted()
    );
    let receipt = system.topic::<Tick>().publish(Tick(2)).await.unwrap();
    shared_across_threads(&ticks);
    shared_across_threads(&system.topic::<Tick>());
    assert_eq!(receipt.delivered, 2);
    settle().await;
    assert_eq!(queued(&mut ticks), [2]);
    assert_eq!(log.take(), ["p:tick 2"]);
    conclude(system).await;
}

/// Covers C1. Covers C2. Dropped before its first poll, a publish publishes nothing; dropped while it
/// waits, it withdraws the copies that still wait.
#[tokio::test(start_paused = true)]
async fn a_publish_dropped_after_any_poll_leaves_every_queue_intact() {
    for polls in 0..4 {
        let (system, actor, log) = one_puppet(1).await;
        let topic = system.topic::<Tick>();
        let mut free = topic.subscribe().start();
        let mut blocked = topic
            .subscribe()
            .capacity(1)
            .overflow(Overflow::Block(secs(9)))
            .start();
        let gate = Gate::new();
        hold_and_fill(&actor, &gate, 0).await;
        publish_all(&topic, 1..=1).await;
        let mut publish = topic.publish(Tick(2));
        for _ in 0..polls {
            assert!(poll_once(&mut publish).is_pending());
        }
        drop(publish);
        gate.open();
        settle().await;
        let was_polled = polls > 0;
        let expected: &[i64] = if was_polled { &[1, 2] } else { &[1] };
        assert_eq!(queued(&mut free), expected);
        let expected: &[i64] = if was_polled { &[1, -1] } else { &[1] };
        assert_eq!(queued(&mut blocked), expected);
        assert_eq!(log.take(), ["p:tick 1"]);
        let letters = system
            .stats()
            .dead_letters
            .of(DeadLetterReason::PublisherGone);
        assert_eq!(letters, u64::from(was_polled));
        let stats = topic.stats();
        let lost = if was_polled { 2 } else { 0 };
        assert_eq!(
            (stats.published, stats.dropped),
            (1 + u64::from(was_polled), lost)
        );
        // The places are free again.
        let receipt = topic.publish(Tick(3)).await.unwrap();
        assert_eq!((receipt.delivered, receipt.dropped), (3, 0));
        conclude(system).await;
    }
}

/// Covers C1. A `next` that is dropped takes nothing with it.
#[tokio::test(start_paused = true)]
async fn a_next_dropped_while_it_waits_loses_no_event() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let mut subscription = topic.subscribe().capacity(1).start();
    for tick in 1..=3 {
        {
            let mut next = std::pin::pin!(subscription.next());
            assert!(futures::poll!(next.as_mut()).is_pending());
            publish_all(&topic, tick..=tick).await;
        }
        assert_eq!(queued(&mut subscription), [i64::from(tick)]);
    }
    conclude(system).await;
}

/// The streams end with the system, after what is queued, and later events come back.
#[tokio::test(start_paused = true)]
async fn streams_end_and_publishing_fails_after_the_shutdown() {
    let system = bare().await;
    let topic = system.topic::<Tick>();
    let mut subscription = topic.subscribe().start();
    publish_all(&topic, 1..=2).await;
    system.shutdown(secs(1)).await;
    let error = topic.publish(Tick(3)).await.unwrap_err();
    assert!(error.is_closed());
    assert_eq!(error.into_inner(), Tick(3));
    let seen: Vec<_> = subscription
        .by_ref()
        .map(|delivery| delivery.event().unwrap().0)
        .collect()
        .await;
    assert_eq!(seen, [1, 2]);
    assert!(subscription.next().await.is_none());
}

/// Covers L3. An actor that drains because of a stop and starts again is a subscriber all the time;
/// what is published meanwhile can't reach it, and is a dead letter.
#[tokio::test(start_paused = true)]
async fn the_subscriptions_of_an_actor_survive_a_drain_and_restart() {
    let (system, actor, log) = one_puppet(8).await;
    let topic = system.topic::<Tick>();
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 0).await;
    actor.try_tell(Run::hold(&gate)).unwrap();
    actor.stop(StopMode::Drain);
    gate.open();
    gate.entered().await;
    // The actor is draining now.
    let receipt = topic.publish(Tick(1)).await.unwrap();
    assert_eq!((receipt.delivered, receipt.dropped), (0, 1));
    assert_eq!(topic.stats().subscribers, 1);
    assert_eq!(system.stats().dead_letters.of(DeadLetterReason::Stopped), 1);
    gate.open();
    settle().await;
    assert_eq!(actor.incarnation(), 2);
    let receipt = topic.publish(Tick(2)).await.unwrap();
    assert_eq!((receipt.delivered, receipt.dropped), (1, 0));
    settle().await;
    assert_eq!(log.take(), ["p:stop 1 normal", "p:start 2", "p:tick 2"]);
    conclude(system).await;
}

/// Covers P4. Losses are told where they were, however the stream and its publisher interleave.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_drops_the_newest_tells_each_loss_at_its_place() {
    for capacity in [1, 2, 7] {
        let system = System::builder("t").start().await.unwrap();
        let topic = system.topic::<Tick>();
        let mut stream = topic
            .subscribe()
            .capacity(capacity)
            .overflow(Overflow::DropNewest)
            .start();
        let publisher = tokio::spawn(async move {
            for number in 1..=50_000 {
                topic.publish(Tick(number)).await.unwrap();
            }
        });
        let mut seen = 0;
        while seen < 50_000 {
            match stream.next().await.unwrap() {
                Delivery::Lagged(lost) => seen += u32::try_from(lost).unwrap(),
                Delivery::Event(event) => {
                    seen += 1;
                    assert_eq!(event.0, seen, "capacity {capacity}");
                }
            }
        }
        publisher.await.unwrap();
        conclude(system).await;
    }
}
