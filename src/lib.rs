//! callboard

pub mod actor;
pub mod contract;
pub mod observe;
mod sync;
pub mod time;

pub use actor::*;
