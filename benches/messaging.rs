//! What the three verbs cost, each beside the tokio channels that one would use without callboard.
//!
//! | pair | callboard | its twin |
//! |---|---|---|
//! | `tell` | one producer tells a counter, until the last message is handled | bounded `mpsc` to a task |
//! | `ask` | one ask after the other, with the default deadline | `mpsc` with a `oneshot` per request, without a deadline |
//! | `publish/N` | N streams, in rounds of 64 events that everyone receives | `broadcast` with N receivers, in the same rounds |
//!
//! Both sides of a pair run one after the other in the same process, on a runtime of their own: a
//! current-thread one, and one with 2 workers. The ratios at the end are what to look at; absolute
//! times belong to the machine. `cargo bench --bench messaging` takes about two minutes, and
//! `cargo bench --bench messaging -- --quick` a few seconds per pair.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use callboard::prelude::*;
use criterion::Criterion;
use futures::future::BoxFuture;
use tokio::runtime::{self, Runtime};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::Instant;

/// Of mailboxes, channels and subscriptions, in messages.
const CAPACITY: usize = 256;

/// How many events are published before the publisher waits for the subscribers. Less than the
/// capacity, so that neither side loses any.
const ROUND: u64 = 64;

/// Does something so many times and says how long that took.
type Work = Box<dyn Fn(u64) -> BoxFuture<'static, Duration> + Send + Sync>;

fn work<F>(run: impl Fn(u64) -> F + Send + Sync + 'static) -> Work
where
    F: Future<Output = Duration> + Send + 'static,
{
    Box::new(move |times| Box::pin(run(times)))
}

// ---- tell and ask ------------------------------------------------------------------------------

#[derive(Message)]
struct Add(u64);

#[derive(Message)]
#[message(reply = u64)]
struct Total;

#[derive(Default)]
struct Counter {
    total: u64,
}

#[actor(mailbox = 256)]
impl Counter {
    #[handler]
    fn add(&mut self, msg: Add) {
        self.total += msg.0;
    }

    #[handler]
    fn total(&mut self, _: Total) -> u64 {
        self.total
    }
}

async fn counter() -> ActorRef<Counter> {
    let system = System::builder("bench").actor("counter", Counter::default);
    let system = system.start().await.expect("the system starts");
    system.actor("counter").expect("it was just registered")
}

/// The twin of [`Counter`]: a task with a channel, and the enum that one writes by hand.
enum Command {
    Add(u64),
    Total(oneshot::Sender<u64>),
}

fn counter_task() -> mpsc::Sender<Command> {
    let (sender, mut receiver) = mpsc::channel(CAPACITY);
    tokio::spawn(async move {
        let mut total = 0;
        while let Some(command) = receiver.recv().await {
            match command {
                Command::Add(n) => total += n,
                // Whoever asked may have gone.
                Command::Total(reply) => drop(reply.send(total)),
            }
        }
    });
    sender
}

async fn total(counter: &mpsc::Sender<Command>) -> u64 {
    let (reply, answer) = oneshot::channel();
    let sent = counter.send(Command::Total(reply)).await;
    assert!(sent.is_ok(), "the counter runs");
    answer.await.expect("the counter answers")
}

async fn tell() -> Work {
    let counter = counter().await;
    work(move |times| {
        let counter = counter.clone();
        async move {
            let start = Instant::now();
            for n in 0..times {
                counter.tell(Add(n)).await.expect("the counter runs");
            }
            black_box(counter.ask(Total).await.expect("the counter answers"));
            start.elapsed()
        }
    })
}

async fn tell_twin() -> Work {
    let counter = counter_task();
    work(move |times| {
        let counter = counter.clone();
        async move {
            let start = Instant::now();
            for n in 0..times {
                assert!(counter.send(Command::Add(n)).await.is_ok());
            }
            black_box(total(&counter).await);
            start.elapsed()
        }
    })
}

async fn ask() -> Work {
    let counter = counter().await;
    work(move |times| {
        let counter = counter.clone();
        async move {
            let start = Instant::now();
            for _ in 0..times {
                black_box(counter.ask(Total).await.expect("the counter answers"));
            }
            start.elapsed()
        }
    })
}

async fn ask_twin() -> Work {
    let counter = counter_task();
    work(move |times| {
        let counter = counter.clone();
        async move {
            let start = Instant::now();
            for _ in 0..times {
                black_box(total(&counter).await);
            }
            start.elapsed()
        }
    })
}

// ---- publish -----------------------------------------------------------------------------------

#[derive(Event, Debug)]
struct Tick(u64);

/// Waits until all subscribers together have received so many events.
async fn wait_for(received: &AtomicU64, expected: u64) {
    while received.load(Relaxed) < expected {
        yield_now().await;
    }
}

async fn publish(subscribers: u64) -> Work {
    let system = System::builder("bench").start().await;
    let topic = system.expect("the system starts").topic::<Tick>();
    let received = Arc::new(AtomicU64::new(0));
    for _ in 0..subscribers {
        let mut ticks = topic.subscribe().capacity(CAPACITY).start();
        let received = Arc::clone(&received);
        tokio::spawn(async move {
            while let Some(Delivery::Event(tick)) = ticks.next().await {
                black_box(tick.0);
                received.fetch_add(1, Relaxed);
            }
        });
    }
    work(move |times| {
        let (topic, received) = (topic.clone(), Arc::clone(&received));
        async move {
            let before = received.load(Relaxed);
            let start = Instant::now();
            for n in 1..=times {
                black_box(topic.publish(Tick(n)).await.expect("the topic is open"));
                if n % ROUND == 0 || n == times {
                    wait_for(&received, before + n * subscribers).await;
                }
            }
            start.elapsed()
        }
    })
}

#[expect(clippy::unused_async, reason = "it is set up as its twin is")]
async fn publish_twin(subscribers: u64) -> Work {
    let (topic, unused) = broadcast::channel::<Arc<Tick>>(CAPACITY);
    drop(unused);
    let received = Arc::new(AtomicU64::new(0));
    for _ in 0..subscribers {
        let mut ticks = topic.subscribe();
        let received = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok(tick) = ticks.recv().await {
                black_box(tick.0);
                received.fetch_add(1, Relaxed);
            }
        });
    }
    work(move |times| {
        let (topic, received) = (topic.clone(), Arc::clone(&received));
        async move {
            let before = received.load(Relaxed);
            let start = Instant::now();
            for n in 1..=times {
                // Without receivers this is an error that gives the event back.
                black_box(topic.send(Arc::new(Tick(n)))).ok();
                if n % ROUND == 0 || n == times {
                    wait_for(&received, before + n * subscribers).await;
                }
            }
            start.elapsed()
        }
    })
}

// ---- pairs -------------------------------------------------------------------------------------

/// A measured run: how many times, and how long that took.
type Sample = (u64, Duration);

struct Pairs {
    criterion: Criterion,
    ratios: Vec<String>,
}

impl Pairs {
    /// Measures both sides on both runtimes.
    fn measure<C, T>(&mut self, name: &str, callboard: impl Fn() -> C, twin: impl Fn() -> T)
    where
        C: Future<Output = Work> + Send + 'static,
        T: Future<Output = Work> + Send + 'static,
    {
        for kind in ["current-thread", "2-workers"] {
            let ours = self.side(kind, &format!("{name}/{kind}/callboard"), callboard());
            let theirs = self.side(kind, &format!("{name}/{kind}/tokio"), twin());
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                let ratio = ours / theirs;
                self.ratios.push(format!(
                    "{name:<12} {kind:<15} {ours:>10.0} ns {theirs:>10.0} ns {ratio:>8.2}"
                ));
            }
        }
    }

    /// Nanoseconds per operation; nothing when the command line leaves this one out.
    fn side(
        &mut self,
        kind: &str,
        id: &str,
        setup: impl Future<Output = Work> + Send + 'static,
    ) -> Option<f64> {
        let runtime = runtime(kind);
        // In a task, since the thread that blocks is not one of the workers.
        let work = on_worker(&runtime, setup);
        let samples = RefCell::new(Vec::new());
        self.criterion.bench_function(id, |bencher| {
            bencher.iter_custom(|times| {
                let elapsed = on_worker(&runtime, work(times));
                samples.borrow_mut().push((times, elapsed));
                elapsed
            });
        });
        typical(samples.into_inner())
    }
}

fn runtime(kind: &str) -> Runtime {
    let mut builder = if kind == "current-thread" {
        runtime::Builder::new_current_thread()
    } else {
        runtime::Builder::new_multi_thread()
    };
    let runtime = builder.worker_threads(2).enable_time().build();
    runtime.expect("the runtime starts")
}

fn on_worker<T: Send + 'static>(
    runtime: &Runtime,
    future: impl Future<Output = T> + Send + 'static,
) -> T {
    let task = runtime.spawn(future);
    runtime
        .block_on(task)
        .expect("the benchmark does not panic")
}

/// The median time of one operation, in nanoseconds, over the longer half of the runs: those of the
/// warm-up are the shorter ones. Nothing when it was only tried whether it runs.
#[expect(clippy::cast_precision_loss, reason = "a figure to be looked at")]
fn typical(mut samples: Vec<Sample>) -> Option<f64> {
    samples.sort_unstable_by_key(|(times, _)| std::cmp::Reverse(*times));
    samples.truncate(samples.len().div_ceil(2));
    samples.retain(|(times, _)| *times > 1);
    let mut nanos: Vec<f64> = samples
        .into_iter()
        .map(|(times, elapsed)| elapsed.as_nanos() as f64 / times as f64)
        .collect();
    nanos.sort_unstable_by(f64::total_cmp);
    nanos.get(nanos.len() / 2).copied()
}

#[expect(clippy::print_stdout, reason = "the ratios are the result")]
fn main() {
    let mut pairs = Pairs {
        criterion: Criterion::default()
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2))
            .sample_size(30)
            .configure_from_args(),
        ratios: Vec::new(),
    };
    pairs.measure("tell", tell, tell_twin);
    pairs.measure("ask", ask, ask_twin);
    for n in [0, 1, 8, 64] {
        let name = format!("publish/{n}");
        pairs.measure(&name, || publish(n), || publish_twin(n));
    }
    if !pairs.ratios.is_empty() {
        println!(
            "{:<12} {:<15} {:>13} {:>13} {:>8}",
            "", "runtime", "callboard", "tokio", "ratio"
        );
    }
    for line in &pairs.ratios {
        println!("{line}");
    }
}
