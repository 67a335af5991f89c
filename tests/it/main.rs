//! Behaviour through the public API, with paused time.

mod support;
mod tell;
