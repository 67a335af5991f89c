use callboard::prelude::*;

#[derive(Message, Debug)]
#[message(reply = u32)]
struct Add(u32);

#[derive(Message, Debug)]
struct Boom;

#[derive(Event, Debug)]
struct Added {
    total: u32,
}

struct Counter {
    total: u32,
}

#[actor]
impl Counter {
    #[handler]
    async fn add(&mut self, msg: Add, ctx: &mut Context<Self>) -> u32 {
        self.total += msg.0;
        let _ = ctx.publish(Added { total: self.total }).await;
        self.total
    }

    #[handler]
    fn boom(&mut self, _msg: Boom) {
        panic!("boom");
    }
}

struct Listener {
    seen: u32,
}

#[derive(Message)]
#[message(reply = u32)]
struct Seen;

#[actor]
impl Listener {
    #[handler]
    fn on_added(&mut self, event: &Added) {
        self.seen += event.total;
    }

    #[handler]
    fn seen(&mut self, _msg: Seen) -> u32 {
        self.seen
    }
}

#[tokio::test(start_paused = true)]
async fn the_whole_works() -> Result<(), callboard::Error> {
    let system = System::builder("t")
        .actor("counter", || Counter { total: 0 })
        .actor("listener", || Listener { seen: 0 })
        .start()
        .await?;
    let counter: ActorRef<Counter> = system.actor("counter")?;
    let listener: ActorRef<Listener> = system.actor("listener")?;
    assert_eq!(counter.ask(Add(2)).await?, 2);
    assert_eq!(counter.ask(Add(3)).await?, 5);
    assert_eq!(listener.ask(Seen).await?, 7);
    assert!(matches!(
        counter.ask(Boom).await,
        Err(AskError::HandlerPanicked)
    ));
    assert_eq!(counter.ask(Add(3)).await?, 3);
    let report = system.shutdown(secs(1)).await;
    assert!(report.is_clean(), "{report}");
    system.stats().conservation().unwrap();
    println!("{:#?}", system.stats());
    Ok(())
}
