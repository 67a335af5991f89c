//! The progress bar: on standard error, and only for somebody who looks at it.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Options;

pub struct Progress(ProgressBar);

impl Progress {
    pub fn new(options: &Options, orders: u64) -> Self {
        // A trace is written to the same terminal, and the two would overwrite each other.
        if options.json || options.trace || !stderr().is_terminal() {
            return Self::hidden();
        }
        let style =
            ProgressStyle::with_template("{bar:40} {pos}/{len} orders, {per_sec}, {elapsed}");
        Self(
            ProgressBar::new(orders)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())),
        )
    }

    pub fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    pub fn advance(&self) {
        self.0.inc(1);
    }

    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
