//! Tell and `try_tell`: acceptance, order, room, and waiting for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Poll;

use callboard::prelude::*;
use futures::FutureExt;

use crate::support::*;

/// Covers T1.
#[tokio::test(start_paused = true)]
async fn a_tell_that_returns_ok_has_queued_exactly_one_message() {
    let (system, actor, log) = one_puppet(4).await;
    actor.tell(Note(1)).await.unwrap();
    assert_eq!(system.stats().actor("p").unwrap().accepted, 1);
    actor.try_tell(Note(2)).unwrap();
    assert_eq!(system.stats().actor("p").unwrap().accepted, 2);
    settle().await;
    assert_eq!(log.take(), ["p:1", "p:2"]);
    conclude(system).await;
}

/// Covers T1. Covers T7.
#[tokio::test(start_paused = true)]
async fn a_message_that_was_refused_comes_back_and_is_never_handled() {
    let (system, actor, log) = one_puppet(1).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;

    let refused = actor.try_tell(Note(2)).unwrap_err();
    assert!(refused.is_full());
    assert_eq!(refused.into_inner(), Note(2));
    let late = actor.tell(Note(3)).timeout(ms(10)).await.unwrap_err();
    assert!(late.is_timeout());
    assert_eq!(late.into_inner(), Note(3));

    gate.open();
    settle().await;
    assert_eq!(log.take(), ["p:1"]);
    let report = system.shutdown(secs(1)).await;
    assert!(report.is_clean());
    let gone = actor.tell(Note(4)).await.unwrap_err();
    assert!(gone.is_not_running());
    assert_eq!(gone.into_inner(), Note(4));
    let gone = actor.try_tell(Note(5)).unwrap_err();
    assert!(gone.is_not_running());
    assert_eq!(gone.into_inner(), Note(5));
    assert_eq!(log.count("p:4") + log.count("p:5"), 0);
    assert_eq!(system.stats().actor("p").unwrap().accepted, 2);
    assert_conserved(&system);
}

/// Covers T2. The message that failed is consumed; those behind it are handled by the next incarnation.
#[tokio::test(start_paused = true)]
async fn no_message_is_handled_twice_across_restarts_and_shutdown() {
    let (system, actor, log) = one_puppet(16).await;
    for number in 0..3 {
        actor.tell(Note(number)).await.unwrap();
        actor
            .tell(Run::now(move |puppet, _| {
                puppet.log.add(format!("panics {number}"));
                panic!("once")
            }))
            .await
            .unwrap();
    }
    actor.tell(Note(3)).await.unwrap();
    settle().await;
    conclude(system).await;
    for number in 0..4 {
        assert_eq!(log.count(&format!("p:{number}")), 1);
    }
    for number in 0..3 {
        assert_eq!(log.count(&format!("panics {number}")), 1);
    }
}

/// Covers T4.
#[tokio::test(start_paused = true)]
async fn messages_of_one_sender_are_handled_in_the_order_of_sending() {
    let (system, actor, log) = one_puppet(3).await;
    for number in 0..100 {
        if number % 2 == 0 {
            actor.tell(Note(number)).await.unwrap();
        } else if let Err(refused) = actor.try_tell(Note(number)) {
            actor.tell(refused.into_inner()).await.unwrap();
        }
    }
    actor.ask(Echo(0)).await.unwrap();
    let expected: Vec<_> = (0..100).map(|number| format!("p:{number}")).collect();
    assert_eq!(log.take(), expected);
    conclude(system).await;
}

/// Covers T4. The senders are in different tasks; what orders them is that one waits for the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_send_returned_before_another_began_is_handled_first_across_threads() {
    let (system, actor, log) = one_puppet(16).await;
    for round in 0..200 {
        let first = actor.clone();
        tokio::spawn(async move { first.tell(Note(2 * round)).await })
            .await
            .unwrap()
            .unwrap();
        let second = actor.clone();
        tokio::spawn(async move { second.tell(Note(2 * round + 1)).await })
            .await
            .unwrap()
            .unwrap();
    }
    actor.ask(Echo(0)).await.unwrap();
    let expected: Vec<_> = (0..400).map(|number| format!("p:{number}")).collect();
    assert_eq!(log.take(), expected);
    conclude(system).await;
}

/// Covers T5. The state is not atomic, so that an overlap would also lose additions.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handlers_of_one_actor_never_overlap_and_see_each_others_writes() {
    let (system, actor, _log) = one_puppet(8).await;
    let inside = Arc::new(AtomicBool::new(false));
    let senders = (0..4).map(|_| {
        let (actor, inside) = (actor.clone(), Arc::clone(&inside));
        tokio::spawn(async move {
            for _ in 0..100 {
                let inside = Arc::clone(&inside);
                let script = Run::new(move |puppet, _| {
                    async move {
                        assert!(!inside.swap(true, Ordering::SeqCst), "two handlers at once");
                        let before = puppet.state;
                        tokio::task::yield_now().await;
                        puppet.state = before + 1;
                        inside.store(false, Ordering::SeqCst);
                    }
                    .boxed()
                });
                actor.tell(script).await.unwrap();
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.unwrap();
    }
    assert_eq!(actor.ask(Add(0)).await.unwrap(), 400);
    assert_eq!(system.stats().actor("p").unwrap().restarts, 0);
    conclude(system).await;
}

/// Covers T5.
#[tokio::test(start_paused = true)]
async fn the_next_incarnation_starts_after_the_on_stop_of_the_last_has_ended() {
    let log = Log::default();
    let gate = Gate::new();
    let spec = {
        let (log, gate) = (log.clone(), gate.clone());
        ChildSpec::new("p", move || {
            let gate = gate.clone();
            Puppet::new(&log).stopping(move || {
                let gate = gate.clone();
                async move { gate.pass().await }
            })
        })
    };
    let system = System::builder("t").child(spec).start().await.unwrap();
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    actor.tell(Run::panic("again")).await.unwrap();
    gate.entered().await;
    settle().await;
    assert_eq!(log.take(), ["p:start 1"]);
    assert!(!actor.is_running());
    gate.open();
    actor.wait_for_start().await.unwrap();
    assert_eq!(log.take(), ["p:stop 1 panicked: again", "p:start 2"]);
    gate.open();
    conclude(system).await;
}

/// Covers T6.
#[tokio::test(start_paused = true)]
async fn a_mailbox_never_holds_more_than_its_capacity() {
    let (system, actor, _log) = one_puppet(3).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 3).await;
    assert!(actor.try_tell(Note(4)).unwrap_err().is_full());
    let mut waiting: Vec<_> = (5..9).map(|number| actor.tell(Note(number))).collect();
    for tell in &mut waiting {
        assert!(poll_once(tell).is_pending());
    }
    let stats = system.stats();
    let stats = stats.actor("p").unwrap();
    // The fourth is in its handler.
    assert_eq!((stats.queued, stats.accepted, stats.capacity), (4, 4, 3));
    gate.open();
    settle().await;
    // Three of the four were given the places that became free, and nobody else gets them.
    assert!(actor.try_tell(Note(9)).unwrap_err().is_full());
    drop(waiting);
    for number in 10..13 {
        actor.try_tell(Note(number)).unwrap();
    }
    assert!(actor.try_tell(Note(13)).unwrap_err().is_full());
    conclude(system).await;
}

/// Covers T7.
#[tokio::test(start_paused = true)]
async fn senders_that_wait_for_room_are_admitted_in_the_order_in_which_they_came() {
    let (system, actor, log) = one_puppet(1).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    let mut waiting = Vec::new();
    for number in 2..8 {
        let actor = actor.clone();
        waiting.push(tokio::spawn(async move { actor.tell(Note(number)).await }));
        settle().await;
    }
    gate.open();
    for tell in waiting {
        tell.await.unwrap().unwrap();
    }
    settle().await;
    let expected: Vec<_> = (1..8).map(|number| format!("p:{number}")).collect();
    assert_eq!(log.take(), expected);
    conclude(system).await;
}

/// Covers T7. While somebody is in the line, a place that becomes free is theirs.
#[tokio::test(start_paused = true)]
async fn try_tell_does_not_overtake_a_sender_that_waits() {
    let (system, actor, log) = one_puppet(1).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    let mut waiting = actor.tell(Note(2));
    assert!(poll_once(&mut waiting).is_pending());
    gate.open();
    settle().await;
    // The mailbox is empty now, but its one place is promised.
    assert!(actor.try_tell(Note(3)).unwrap_err().is_full());
    assert!(matches!(poll_once(&mut waiting), Poll::Ready(Ok(()))));
    settle().await;
    assert_eq!(log.take(), ["p:1", "p:2"]);
    conclude(system).await;
}

/// Covers T8.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_is_handled_while_senders_and_actor_race_for_the_last_place() {
    let (system, actor, _log) = one_puppet(1).await;
    let handled = Arc::new(AtomicU32::new(0));
    let senders: Vec<_> = (0..4)
        .map(|_| {
            let (actor, handled) = (actor.clone(), Arc::clone(&handled));
            tokio::spawn(async move {
                for _ in 0..500 {
                    let handled = Arc::clone(&handled);
                    let count = Run::now(move |_, _| {
                        handled.fetch_add(1, Ordering::Relaxed);
                    });
                    actor.tell(count).await.unwrap();
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    // An idle actor has been woken for the last message as well: the ask behind it is answered.
    actor.ask(Echo(0)).await.unwrap();
    assert_eq!(handled.load(Ordering::Relaxed), 2000);
    conclude(system).await;
}

/// Covers T9.
#[tokio::test(start_paused = true)]
async fn a_tell_to_ones_own_full_mailbox_fails_instead_of_hanging() {
    let (system, actor, log) = one_puppet(2).await;
    let script = Run::new(|puppet, ctx| {
        async move {
            let me = ctx.actor_ref();
            me.tell(Note(1)).await.unwrap();
            me.tell(Note(2)).await.unwrap();
            let error = me.tell(Note(3)).await.unwrap_err();
            assert!(matches!(error, TellError::WouldDeadlock(Note(3))));
            let error = me.recipient().tell(Note(4)).await.unwrap_err();
            assert!(matches!(error, TellError::WouldDeadlock(Note(4))));
            puppet.log.add("done");
        }
        .boxed()
    });
    actor.tell(script).await.unwrap();
    settle().await;
    assert_eq!(log.take(), ["done", "p:1", "p:2"]);
    conclude(system).await;
}

/// Covers C1. Covers C2. Dropped after its k-th poll, a tell that had not returned has sent nothing
/// and keeps no place.
#[tokio::test(start_paused = true)]
async fn a_tell_dropped_after_any_poll_sends_nothing_and_leaves_the_capacity_intact() {
    for polls in 0..4 {
        let (system, actor, log) = one_puppet(2).await;
        let gate = Gate::new();
        hold_and_fill(&actor, &gate, 2).await;
        let mut tell = actor.tell(Note(77)).timeout(secs(60));
        for poll in 0..polls {
            if poll == 2 {
                // From here on a place is granted to it, which it does not come for.
                gate.open();
                settle().await;
                break;
            }
            assert!(poll_once(&mut tell).is_pending());
        }
        drop(tell);
        gate.open();
        settle().await;
        let again = Gate::new();
        hold_and_fill(&actor, &again, 2).await;
        assert!(actor.try_tell(Note(3)).unwrap_err().is_full());
        again.open();
        settle().await;
        assert_eq!(log.count("p:77"), 0, "after {polls} polls");
        conclude(system).await;
    }
}

/// Covers C1. The first in the line gives up, and the one behind it gets the place.
#[tokio::test(start_paused = true)]
async fn a_place_granted_to_a_tell_that_is_dropped_goes_to_the_next_in_the_line() {
    let (system, actor, log) = one_puppet(1).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    let mut first = actor.tell(Note(2));
    assert!(poll_once(&mut first).is_pending());
    let second = tokio::spawn({
        let actor = actor.clone();
        async move { actor.tell(Note(3)).await }
    });
    settle().await;
    gate.open();
    settle().await;
    assert!(!second.is_finished(), "the place is the first one's");
    drop(first);
    second.await.unwrap().unwrap();
    settle().await;
    assert_eq!(log.take(), ["p:1", "p:3"]);
    conclude(system).await;
}

/// A tell that waits while its actor stops for a restart is refused or sent, but not forgotten.
#[tokio::test(start_paused = true)]
async fn a_tell_that_waits_while_its_actor_drains_and_starts_again_is_refused() {
    let (system, actor, log) = one_puppet(1).await;
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    let mut waiting = actor.tell(Note(2));
    assert!(poll_once(&mut waiting).is_pending());
    actor.stop(StopMode::Drain);
    gate.open();
    settle().await;
    assert_eq!(actor.incarnation(), 2);
    let Poll::Ready(Err(refused)) = poll_once(&mut waiting) else {
        panic!("nobody will wake it any more");
    };
    assert!(refused.is_not_running());
    assert_eq!(refused.into_inner(), Note(2));
    assert_eq!(log.count("p:2"), 0);
    conclude(system).await;
}

/// An `Err` that nobody asked for is counted as failed; the actor lives.
#[tokio::test(start_paused = true)]
async fn an_error_of_a_told_message_is_counted_and_the_actor_lives_on() {
    let (system, actor, _log) = one_puppet(4).await;
    actor.tell(Refuse(1)).await.unwrap();
    actor.tell(Refuse(2)).await.unwrap();
    assert_eq!(actor.ask(Refuse(3)).await.unwrap(), Err(Refused(3)));
    let stats = system.stats();
    let stats = stats.actor("p").unwrap();
    assert_eq!((stats.failed, stats.handled), (2, 1));
    assert_eq!((stats.restarts, stats.incarnation), (0, 1));
    conclude(system).await;
}

/// A recipient behaves as the reference that it was made from.
#[tokio::test(start_paused = true)]
async fn a_recipient_sends_as_its_reference_does() {
    let (system, actor, log) = one_puppet(1).await;
    let notes: Recipient<Note> = actor.recipient();
    let echoes: Recipient<Echo> = actor.recipient();
    assert_eq!(notes.name(), "p");
    notes.tell(Note(1)).await.unwrap();
    assert_eq!(echoes.ask(Echo(7)).await.unwrap(), 7);
    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    assert!(notes.try_tell(Note(2)).unwrap_err().is_full());
    assert!(echoes.try_ask(Echo(2)).await.unwrap_err().is_full());
    gate.open();
    settle().await;
    assert_eq!(log.take(), ["p:1", "p:1"]);
    system.shutdown(secs(1)).await;
    assert!(notes.tell(Note(3)).await.unwrap_err().is_not_running());
    assert_conserved(&system);
}
