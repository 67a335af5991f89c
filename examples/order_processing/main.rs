//! Order processing: five modules of one process that talk through callboard.
//!
//! ```text
//! cargo run --release --example order_processing -- --help
//! ```
//!
//! | file | what it is |
//! |---|---|
//! | `contracts` | every message and event the modules exchange |
//! | `orders`, `cashier` | the process manager, and its workers that collect payments |
//! | `inventory`, `supplier` | stock, reservations and backorders |
//! | `payments`, `bank` | charges and refunds by an actor that may crash, and the ledger that does not |
//! | `shipping`, `notifications` | parcels by shipper, and what the customer hears of |
//! | `shop`, `run` | how the modules are assembled, and how a set of orders is put through them |
//! | `books`, `checks`, `meter` | what is written down during a run, and what must hold at its end |
//! | `load`, `money`, `chance` | CSV files, exact amounts, repeatable luck |
//! | `cli`, `progress`, `summary` | what the user sees |

#![allow(
    unreachable_pub,
    reason = "in a program of modules, `pub` is what a module shows to the others"
)]

mod bank;
mod books;
mod cashier;
mod chance;
mod checks;
mod cli;
mod contracts;
mod inventory;
mod load;
mod meter;
mod money;
mod notifications;
mod orders;
mod payments;
mod progress;
mod run;
mod shipping;
mod shop;
mod summary;
mod supplier;

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use tokio::sync::Notify;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::cli::Options;
use crate::progress::Progress;

/// Runs, prints, and says with the exit code how it went.
#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    silence_injected_panics();
    if options.trace {
        log_to_stderr();
    }
    let data = match load::load(&options.data, options.strict) {
        Ok(data) => data,
        Err(error) => {
            say(error);
            return ExitCode::from(2);
        }
    };
    data.rejects.report().for_each(say);
    data.warnings.report().for_each(say);

    let progress = Progress::new(
        &options,
        data.orders.len() as u64 * u64::from(options.repeat),
    );
    let report = match run::process(data, &options, progress, &interrupts()).await {
        Ok(report) => report,
        Err(error) => {
            say(error);
            return ExitCode::FAILURE;
        }
    };
    let text = if options.json {
        summary::json(&report)
    } else {
        summary::text(&report)
    };
    match writeln!(stdout(), "{}", text.trim_end()) {
        // Whoever reads may have gone away, as `head` does. That is not a failure of the run.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            say(error);
            ExitCode::FAILURE
        }
        _ if report.holds() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Notified at each ctrl-c.
fn interrupts() -> Arc<Notify> {
    let interrupt = Arc::new(Notify::new());
    let notifier = interrupt.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            notifier.notify_one();
        }
    });
    interrupt
}

/// Panics that were asked for are counted, and in the log of `--trace`; all others are shown as
/// ever.
fn silence_injected_panics() {
    let show = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !payments::is_injected(panic) {
            show(panic);
        }
    }));
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("debug"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        // A line for each handler that has ended, with the time that it took.
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .compact()
        .init();
}

/// As `eprintln!`, which would panic when nobody can be told.
fn say(text: impl Display) {
    let _ = writeln!(stderr(), "{text}");
}
