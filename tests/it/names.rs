//! Names, look-ups, modules, and the faults that keep a system from starting.

use callboard::prelude::*;
use callboard::{Fault, SystemStartError};

use crate::support::*;

#[derive(Module)]
struct OrdersModule;

#[derive(Module)]
#[module(name = "stock")]
struct Warehouse;

struct Clerk;

#[actor(module = OrdersModule, name = "clerk")]
impl Clerk {}

#[tokio::test(start_paused = true)]
async fn an_actor_is_found_by_its_name_and_type() {
    let (system, actor, _log) = one_puppet(4).await;
    let found: ActorRef<Puppet> = system.actor("p").unwrap();
    assert_eq!(found, actor);
    assert_eq!(found.id(), actor.id());
    assert_eq!(found.name(), "p");
    let error = system.actor::<Clerk>("p").unwrap_err();
    assert!(matches!(error, LookupError::OtherService { .. }));
    let text = error.to_string();
    assert!(text.contains("Puppet") && text.contains("Clerk"), "{text}");
    let error = system.actor::<Puppet>("q").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no actor is named `q`; there is one named `p`"
    );
    let error = system.actor::<Puppet>("something else").unwrap_err();
    assert_eq!(error.to_string(), "no actor is named `something else`");
    conclude(system).await;
}

/// Services find each other in `on_start`, whichever starts first.
#[tokio::test(start_paused = true)]
async fn all_names_are_known_before_the_first_on_start_runs() {
    struct First(Log);

    #[actor]
    impl First {
        #[on_start]
        fn find(&mut self, ctx: &mut Context<Self>) -> Result<(), LookupError> {
            let last: ActorRef<Puppet> = ctx.actor("last")?;
            self.0
                .add(format!("{} runs: {}", last.name(), last.is_running()));
            Ok(())
        }
    }

    let log = Log::default();
    let first = log.clone();
    let system = System::builder("t")
        .actor("first", move || First(first.clone()))
        .child(puppet("last", &log))
        .start()
        .await
        .unwrap();
    assert_eq!(log.take(), ["last runs: false", "last:start 1"]);
    conclude(system).await;
}

#[tokio::test(start_paused = true)]
async fn modules_are_started_in_order_and_named_in_the_counters() {
    let log = Log::default();
    let (stock, orders) = (log.clone(), log.clone());
    let system = System::builder("shop")
        .module(Warehouse, |m| m.child(puppet("stock", &stock)))
        .module(OrdersModule, |m| {
            m.actor("clerk", || Clerk)
                .supervise(Supervisor::one_for_all().child(puppet("orders", &orders)))
        })
        .start()
        .await
        .unwrap();
    assert_eq!(system.name(), "shop");
    assert_eq!(log.take(), ["stock:start 1", "orders:start 1"]);
    let stats = system.stats();
    for (actor, module) in [
        ("stock", "stock"),
        ("clerk", "orders"),
        ("orders", "orders"),
    ] {
        assert_eq!(&*stats.actor(actor).unwrap().module, module);
    }
    assert_eq!(stats.actor("clerk").unwrap().service, "clerk");
    conclude(system).await;
}

/// A module that gives up is started again by the system, alone.
#[tokio::test(start_paused = true)]
async fn a_module_that_gives_up_is_started_again_without_touching_the_others() {
    let log = Log::default();
    let system = System::builder("shop")
        .module(Warehouse, |m| {
            m.intensity(0, secs(1))
                .child(puppet("stock", &log))
                .child(puppet("shelf", &log))
        })
        .module(OrdersModule, |m| m.child(puppet("orders", &log)))
        .start()
        .await
        .unwrap();
    log.take();
    let stock: ActorRef<Puppet> = system.actor("stock").unwrap();
    stock.tell(Run::panic("x")).await.unwrap();
    settle().await;
    assert_eq!(
        log.take(),
        [
            "stock:stop 1 panicked: x",
            "shelf:stop 1 shutdown",
            "stock:start 2",
            "shelf:start 2"
        ]
    );
    conclude(system).await;
}

#[tokio::test(start_paused = true)]
async fn all_faults_of_the_wiring_are_returned_together_with_their_places() {
    let log = Log::default();
    let supervisor = Supervisor::one_for_one()
        .name("counting")
        .intensity(3, Duration::ZERO)
        .backoff(Backoff::exponential(secs(2), secs(1)))
        .child(puppet("twice", &log))
        .child(puppet("", &log))
        .child(puppet("jittery", &log).backoff(Backoff::none().jitter(1.5)));
    let error = System::builder("t")
        .child(puppet("twice", &log))
        .child(puppet("small", &log).mailbox(0))
        .supervise(supervisor)
        .module(Warehouse, |m| m.actor("lost", || Clerk))
        .module(Warehouse, |m| m)
        .actor("homeless", || Clerk)
        .start()
        .await
        .unwrap_err();
    let SystemStartError::Wiring(faults) = &error else {
        panic!("{error}");
    };
    let kinds: Vec<_> = faults
        .iter()
        .map(|fault| match fault {
            Fault::EmptyName { .. } => "empty name",
            Fault::DuplicateName { .. } => "duplicate name",
            Fault::ZeroMailbox { .. } => "zero mailbox",
            Fault::Backoff { .. } => "backoff",
            Fault::ZeroIntensityWindow { .. } => "zero window",
            Fault::ForeignModule { .. } => "foreign module",
            Fault::DuplicateModule { .. } => "duplicate module",
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "zero mailbox",
            "zero window",
            "backoff",
            "duplicate name",
            "empty name",
            "backoff",
            "foreign module",
            "duplicate module",
            "foreign module",
        ]
    );
    let text = error.to_string();
    assert!(
        text.starts_with("the system is wired wrongly in 9 place(s)\n"),
        "{text}"
    );
    for part in [
        "`twice` exists already",
        "the mailbox of `small` holds 0 messages",
        "supervisor `counting` counts restarts within 0 s",
        "backoff starts at 2s, which is more than its maximum 1s",
        "backoff jitter 1.5 is not between 0.0 and 1.0",
        "belongs to module `orders`, but it is registered in `stock`",
        "belongs to module `orders`, but it is registered in none",
        "a module named `stock` exists already",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    for line in text.lines().skip(1) {
        assert!(line.trim().starts_with("tests/it/"), "no place: {line}");
    }
    assert!(log.take().is_empty(), "nothing was started");
}

/// Two spawns of one name: one wins, and the loser leaves the winner alone.
#[tokio::test(start_paused = true)]
async fn of_two_spawns_of_one_name_one_wins() {
    let log = Log::default();
    let system = System::builder("t").start().await.unwrap();
    let (one, two) = tokio::join!(
        system.spawn(puppet("p", &log)),
        system.spawn(puppet("p", &log))
    );
    assert_ne!(one.is_ok(), two.is_ok());
    assert_eq!(log.take(), ["p:start 1"]);
    let actor: ActorRef<Puppet> = system.actor("p").unwrap();
    assert_eq!(actor.ask(Echo(1)).await.unwrap(), 1);
    assert_eq!(system.topic::<Tick>().stats().subscribers, 1);
    conclude(system).await;
}
