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

#![allow(unreachable_pub, reason = "in a program of modules, `pub` is what a module shows to the others")]

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

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    run::main(cli::Options::parse()).await
}
