//! The composition root: modules, start and stop, and finding actors by name.

mod builder;
mod error;
mod handle;
mod module;
mod report;
mod stats;

pub use builder::SystemBuilder;
pub use error::SystemStartError;
pub use handle::System;
pub use module::ModuleBuilder;
pub use report::{ShutdownError, ShutdownReport};
pub use stats::SystemStats;
