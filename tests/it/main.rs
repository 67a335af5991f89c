//! Behaviour through the public API, with paused time.

mod ask;
mod lifecycle;
mod publish;
mod shutdown;
mod supervision;
mod support;
mod tell;
mod tracing;
