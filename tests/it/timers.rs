//! Messages that an actor sends itself later.

use std::sync::Arc;

use callboard::TimerHandle;
use callboard::prelude::*;
use tokio::sync::oneshot;

use crate::support::*;

/// Lets time pass in steps, so that each timer of the step gets its turn.
async fn pass(milliseconds: u64) {
    for _ in 0..milliseconds {
        tokio::time::advance(ms(1)).await;
        settle().await;
    }
}

async fn started(
    actor: &ActorRef<Puppet>,
    start: impl FnOnce(&mut Context<Puppet>) -> TimerHandle + Send + 'static,
) -> TimerHandle {
    let (tell, told) = oneshot::channel();
    let script = Run::now(move |_, ctx| drop(tell.send(start(ctx))));
    actor.tell(script).await.unwrap();
    told.await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_delayed_message_is_handled_when_it_is_due_and_not_before() {
    let (system, actor, log) = one_puppet(4).await;
    drop(started(&actor, |ctx| ctx.tell_after(ms(10), Note(1))).await);
    pass(9).await;
    assert!(log.take().is_empty());
    pass(2).await;
    assert_eq!(log.take(), ["p:1"], "dropping the handle does not cancel");
    pass(50).await;
    assert!(log.take().is_empty(), "once");
    conclude(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_periodic_message_keeps_its_rhythm_until_it_is_cancelled() {
    let (system, actor, log) = one_puppet(4).await;
    let timer = started(&actor, |ctx| ctx.tell_every(ms(10), Note(1))).await;
    pass(35).await;
    assert_eq!(log.take().len(), 3);
    timer.cancel();
    pass(50).await;
    assert!(log.take().is_empty());
    conclude(system).await;
}

/// An actor that was busy for several periods gets one message, and then the rhythm of before.
#[tokio::test(start_paused = true)]
async fn ticks_that_a_busy_actor_missed_are_skipped() {
    let (system, actor, log) = one_puppet(4).await;
    started(&actor, |ctx| ctx.tell_every(ms(10), Note(1))).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 0).await;
    pass(35).await;
    gate.open();
    settle().await;
    assert_eq!(log.take(), ["p:1"]);
    pass(4).await;
    assert!(log.take().is_empty());
    pass(2).await;
    assert_eq!(log.take(), ["p:1"], "at 40");
    conclude(system).await;
}

#[tokio::test(start_paused = true)]
async fn timers_fire_in_the_order_of_their_times_and_then_of_their_making() {
    let (system, actor, log) = one_puppet(4).await;
    let script = Run::now(|_, ctx| {
        ctx.tell_after(ms(20), Note(3));
        ctx.tell_after(ms(10), Note(1));
        ctx.tell_after(ms(10), Note(2));
        ctx.tell_after(Duration::MAX, Note(99));
    });
    actor.tell(script).await.unwrap();
    pass(30).await;
    assert_eq!(log.take(), ["p:1", "p:2", "p:3"]);
    conclude(system).await;
}

/// Covers T3. A timer needs no room; what it sends is accepted when it fires.
#[tokio::test(start_paused = true)]
async fn a_timer_fires_into_a_full_mailbox_and_is_counted() {
    let (system, actor, log) = one_puppet(1).await;
    started(&actor, |ctx| ctx.tell_after(ms(5), Note(7))).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    pass(10).await;
    gate.open();
    settle().await;
    let mut seen = log.take();
    seen.sort();
    assert_eq!(seen, ["p:1", "p:7"]);
    assert_eq!(system.stats().actor("p").unwrap().accepted, 4);
    assert_conserved(&system);
    conclude(system).await;
}

/// Covers L3.
#[tokio::test(start_paused = true)]
async fn timers_of_one_incarnation_never_fire_in_the_next() {
    let (system, actor, log) = one_puppet(8).await;
    let timer = started(&actor, |ctx| {
        ctx.tell_after(ms(10), Note(1));
        ctx.tell_every(ms(10), Note(2))
    })
    .await;
    actor.tell(Run::panic("x")).await.unwrap();
    settle().await;
    assert_eq!(actor.incarnation(), 2);
    log.take();
    pass(50).await;
    assert!(log.take().is_empty());
    timer.cancel();
    conclude(system).await;
}

/// An actor with timers always due still handles its mailbox, and the other way round.
#[tokio::test(start_paused = true)]
async fn timers_and_mailbox_take_turns() {
    let (system, actor, log) = one_puppet(16).await;
    let gate = Gate::new();
    let held = gate.clone();
    let script = Run::new(move |_, ctx| {
        for number in 101..=104 {
            ctx.tell_after(Duration::ZERO, Note(number));
        }
        Box::pin(async move { held.pass().await })
    });
    actor.tell(script).await.unwrap();
    gate.entered().await;
    for number in 1..=4 {
        actor.tell(Note(number)).await.unwrap();
    }
    pass(2).await;
    gate.open();
    settle().await;
    let expected: Vec<_> = (1..=4)
        .flat_map(|n| [format!("p:{}", 100 + n), format!("p:{n}")])
        .collect();
    assert_eq!(log.take(), expected);
    conclude(system).await;
}

/// An actor that drains handles what it was sent before, and no timers.
#[tokio::test(start_paused = true)]
async fn a_draining_actor_fires_no_timers() {
    let (system, actor, log) = one_puppet(8).await;
    started(&actor, |ctx| ctx.tell_every(ms(1), Note(77))).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    pass(5).await;
    actor.stop(StopMode::Drain);
    gate.open();
    settle().await;
    assert_eq!(log.take()[..2], ["p:1", "p:stop 1 normal"]);
    conclude(system).await;
}

#[tokio::test(start_paused = true)]
async fn a_period_of_zero_is_the_callers_bug() {
    let (system, actor, _log) = one_puppet(8).await;
    let script = Run::now(|_, ctx| drop(ctx.tell_every(Duration::ZERO, Note(1))));
    assert!(matches!(
        actor.ask(script).await,
        Err(AskError::HandlerPanicked)
    ));
    conclude(system).await;
}

/// What was cancelled is dropped although it is not due for long: as soon as it is most of what there is.
#[tokio::test(start_paused = true)]
async fn cancelled_timers_do_not_hold_their_messages_until_they_are_due() {
    let (system, actor, log) = one_puppet(4).await;
    let held = Arc::new(());
    for number in 1..=1000 {
        let message = Arc::clone(&held);
        let message = Run::now(move |_, _| drop(message));
        let timer = started(&actor, |ctx| ctx.tell_after(secs(86_400), message)).await;
        // The first stays, before all others.
        if number > 1 {
            timer.cancel();
        }
        assert!(Arc::strong_count(&held) <= 5, "after {number}");
    }
    // Handles of timers that have fired count for nothing.
    for _ in 0..10 {
        let timer = started(&actor, |ctx| ctx.tell_after(ms(1), Note(1))).await;
        pass(2).await;
        timer.cancel();
    }
    let timer = started(&actor, |ctx| ctx.tell_after(ms(1), Note(2))).await;
    assert!(!format!("{timer:?}").contains("true"));
    pass(2).await;
    assert_eq!(log.take().last().map(String::as_str), Some("p:2"));
    conclude(system).await;
}
