//! Behaviour through the public API, with paused time.

mod ask;
mod conservation;
mod dead_letters;
mod errors;
mod inline;
mod layering;
mod lifecycle;
mod names;
mod promises;
mod publish;
mod shutdown;
mod supervision;
mod support;
mod tell;
mod timers;
mod tracing;
