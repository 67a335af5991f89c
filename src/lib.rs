//! callboard

pub mod actor;
pub mod bus;
pub mod contract;
pub mod observe;
pub mod supervision;
mod sync;
pub mod time;

pub use actor::*;
