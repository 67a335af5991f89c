//! callboard
