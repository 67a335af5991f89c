//! Behaviour through the public API, with paused time.

mod ask;
mod publish;
mod support;
mod tell;
