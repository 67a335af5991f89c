//! The modules of the example `order_processing`, tested as a user of callboard would test theirs.

#![allow(
    unreachable_pub,
    reason = "the example is included as source, and says `pub` of what its modules share"
)]

#[path = "../../examples/order_processing/bank.rs"]
mod bank;
#[path = "../../examples/order_processing/books.rs"]
mod books;
#[path = "../../examples/order_processing/cashier.rs"]
mod cashier;
#[path = "../../examples/order_processing/chance.rs"]
mod chance;
#[path = "../../examples/order_processing/checks.rs"]
mod checks;
#[path = "../../examples/order_processing/cli.rs"]
mod cli;
#[path = "../../examples/order_processing/contracts.rs"]
mod contracts;
#[path = "../../examples/order_processing/inventory.rs"]
mod inventory;
#[path = "../../examples/order_processing/load/mod.rs"]
mod load;
#[path = "../../examples/order_processing/meter.rs"]
mod meter;
#[path = "../../examples/order_processing/money.rs"]
mod money;
#[path = "../../examples/order_processing/notifications.rs"]
mod notifications;
#[path = "../../examples/order_processing/orders.rs"]
mod orders;
#[path = "../../examples/order_processing/payments.rs"]
mod payments;
#[path = "../../examples/order_processing/progress.rs"]
mod progress;
#[path = "../../examples/order_processing/run.rs"]
mod run;
#[path = "../../examples/order_processing/shipping.rs"]
mod shipping;
#[path = "../../examples/order_processing/shop.rs"]
mod shop;
#[path = "../../examples/order_processing/summary.rs"]
mod summary;
#[path = "../../examples/order_processing/supplier.rs"]
mod supplier;

mod auditing;
mod charging;
mod exactness;
mod loading;
mod metering;
mod options;
mod stock;
mod support;
mod whole_runs;
