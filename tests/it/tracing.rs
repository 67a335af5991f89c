//! What the library traces: one span per handler, tied to its cause.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use callboard::prelude::*;
use futures::FutureExt;
use parking_lot::Mutex;
use tracing::Dispatch;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::support::*;

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    spans: HashMap<u64, SpanRecord>,
    /// In the order of their making.
    handlers: Vec<u64>,
    events: Vec<EventRecord>,
}

#[derive(Clone, Debug)]
struct SpanRecord {
    id: u64,
    has_parent: bool,
    fields: Fields,
    follows: Option<u64>,
}

#[derive(Clone, Debug)]
struct EventRecord {
    target: &'static str,
    fields: Fields,
    inside: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct Fields(HashMap<&'static str, String>);

impl Fields {
    fn of(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Recorder {
    /// Records what happens on this thread until the guard is dropped.
    fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        /// While there is one subscriber only, tracing asks that of the current thread what it wants,
        /// and keeps the answer for all. A test on another thread would turn things off for good.
        static OTHERS: OnceLock<[Dispatch; 2]> = OnceLock::new();
        OTHERS.get_or_init(|| [(); 2].map(|()| Dispatch::new(Registry::default())));
        let recorder = Self::default();
        let subscriber = Registry::default().with(recorder.clone());
        (recorder, tracing::subscriber::set_default(subscriber))
    }

    /// The spans of handlers, in order.
    fn handlers(&self) -> Vec<SpanRecord> {
        let recorded = self.0.lock();
        recorded
            .handlers
            .iter()
            .map(|id| recorded.spans[id].clone())
            .collect()
    }

    fn events(&self, target: &str) -> Vec<EventRecord> {
        let recorded = self.0.lock();
        recorded
            .events
            .iter()
            .filter(|event| event.target == target)
            .cloned()
            .collect()
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: LayerContext<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let id = id.into_u64();
        let has_parent = ctx
            .span(&Id::from_u64(id))
            .is_some_and(|span| span.parent().is_some());
        let span = SpanRecord {
            id,
            has_parent,
            fields,
            follows: None,
        };
        let mut recorded = self.0.lock();
        recorded.spans.insert(id, span);
        if attributes.metadata().target() == "callboard::handler" {
            recorded.handlers.push(id);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: LayerContext<'_, S>) {
        if let Some(span) = self.0.lock().spans.get_mut(&id.into_u64()) {
            values.record(&mut span.fields);
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, _: LayerContext<'_, S>) {
        if let Some(span) = self.0.lock().spans.get_mut(&id.into_u64()) {
            span.follows = Some(follows.into_u64());
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, ctx: LayerContext<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let record = EventRecord {
            target: event.metadata().target(),
            fields,
            inside: ctx.lookup_current().map(|span| span.id().into_u64()),
        };
        self.0.lock().events.push(record);
    }
}

#[tokio::test(start_paused = true)]
async fn every_handler_runs_in_a_span_that_names_actor_handler_and_message() {
    let (system, actor, _log) = one_puppet(8).await;
    let (recorder, guard) = Recorder::start();
    actor.ask(Echo(1)).await.unwrap();
    system.topic::<Tick>().publish(Tick(1)).await.unwrap();
    let script = Run::new(|_, _| {
        async {
            tracing::info!(target: "mine", "before");
            tokio::task::yield_now().await;
            tracing::info!(target: "mine", "after");
        }
        .boxed()
    });
    actor.ask(script).await.unwrap();
    settle().await;

    let spans = recorder.handlers();
    let named: Vec<_> = spans
        .iter()
        .map(|span| {
            [
                span.fields.of("actor"),
                span.fields.of("handler"),
                span.fields.of("message"),
            ]
        })
        .collect();
    assert_eq!(
        named,
        [
            ["p", "echo", Echo::NAME],
            ["p", "on_tick", "test.tick"],
            ["p", "run", Run::NAME]
        ]
    );
    let ids: std::collections::HashSet<_> = spans.iter().map(|span| span.fields.of("id")).collect();
    assert_eq!(ids.len(), 3, "each message has an id of its own");
    // What the handler traces, before and after an await, is inside its span.
    let mine = recorder.events("mine");
    assert_eq!(mine.len(), 2);
    assert!(mine.iter().all(|event| event.inside == Some(spans[2].id)));
    drop(guard);
    conclude(system).await;
}

/// The spans of a chain of actors do not nest; each follows from the one that sent its message.
#[tokio::test(start_paused = true)]
async fn the_span_of_a_handler_follows_from_the_senders_span_and_names_its_cause() {
    let log = Log::default();
    let system = System::builder("t")
        .child(puppet("a", &log))
        .child(puppet("b", &log))
        .start()
        .await
        .unwrap();
    let a: ActorRef<Puppet> = system.actor("a").unwrap();
    let (recorder, guard) = Recorder::start();
    let outer = tracing::info_span!("request");
    let script = Run::new(|_, ctx| {
        async move {
            let b: ActorRef<Puppet> = ctx.actor("b").unwrap();
            b.tell(Note(1)).await.unwrap();
            ctx.topic::<Tick>().publish(Tick(1)).await.unwrap();
        }
        .boxed()
    });
    {
        let _entered = outer.enter();
        a.try_tell(script).unwrap();
    }
    settle().await;
    let spans = recorder.handlers();
    let mut handlers: Vec<_> = spans.iter().map(|span| span.fields.of("handler")).collect();
    assert_eq!(handlers[0], "run");
    handlers.sort_unstable();
    assert_eq!(handlers, ["note", "on_tick", "on_tick", "run"]);
    assert!(spans.iter().all(|span| !span.has_parent));
    let run = &spans[0];
    assert_eq!(run.follows, outer.id().map(|id| id.into_u64()));
    assert_eq!(run.fields.of("cause"), "");
    for span in &spans[1..] {
        assert_eq!(span.follows, Some(run.id));
        assert_eq!(span.fields.of("cause"), run.fields.of("id"));
    }
    drop(guard);
    conclude(system).await;
}

#[tokio::test(start_paused = true)]
async fn errors_panics_restarts_and_dead_letters_are_traced_with_their_actor() {
    let (recorder, guard) = Recorder::start();
    let (system, actor, _log) = one_puppet(8).await;
    actor.tell(Refuse(7)).await.unwrap();
    actor.tell(Run::panic("no stock")).await.unwrap();
    settle().await;
    let failures = recorder.events("callboard::handler");
    assert_eq!(failures.len(), 2);
    assert_eq!(failures[0].fields.of("error"), "Refused(7)");
    assert!(failures[1].fields.of("panic").contains("no stock"));
    assert!(failures.iter().all(|event| event.fields.of("actor") == "p"));
    let restarts = recorder.events("callboard::supervision");
    assert_eq!(restarts.len(), 1);
    assert_eq!(restarts[0].fields.of("child"), "p");
    assert!(restarts[0].fields.of("reason").contains("no stock"));

    let gate = Gate::new();
    hold_and_fill(&actor, &gate, 1).await;
    system.shutdown(Duration::ZERO).await;
    let letters = recorder.events("callboard::dead_letter");
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].fields.of("reason"), "stopped");
    assert_eq!(letters[0].fields.of("recipient"), "p");
    assert_eq!(letters[0].fields.of("message"), Note::NAME);
    drop(guard);
    assert_conserved(&system);
}
