//! The command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{Parser, value_parser};

/// The sample that comes with the example; used when `--data` is not given.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/order_processing/data"
);

/// Processes a set of orders through five modules of one process: orders, inventory, payments,
/// shipping and notifications.
///
/// Each order is reserved, charged and shipped. What is short comes from a supplier, so the order
/// ships after a wait; what is discontinued and short cancels the order; a payment that is declined
/// refuses it. At the end the books are checked: every order has exactly one outcome, every unit of
/// stock and every cent is where it should be, and no message is missing.
///
/// Exit codes: 0 all checks hold, 1 a check failed, 2 wrong usage, unusable data, or bad data with
/// --strict.
#[derive(Clone, Debug, Parser)]
// A negative number is out of range, which says more than that it is not an option.
#[command(
    name = "order_processing",
    version,
    verbatim_doc_comment,
    allow_negative_numbers = true
)]
pub struct Options {
    /// Folder with orders.csv, order-details.csv, products.csv and customers.csv
    #[arg(long, value_name = "DIR", default_value = SAMPLE, hide_default_value = true)]
    pub data: PathBuf,

    /// Probability, 0 to 1, that the payment of an order is declined, whatever its amount; a
    /// declined order is refused and not tried again
    #[arg(long, verbatim_doc_comment, value_name = "P", default_value = "0")]
    pub payment_failures: Probability,

    /// Probability, 0 to 1, that an attempt to charge makes the payments actor panic, half of the
    /// time after the money was taken; attempts are repeated, and an order that has used up all of
    /// them is cancelled and refunded
    #[arg(long, verbatim_doc_comment, value_name = "P", default_value = "0")]
    pub payment_panics: Probability,

    /// How long a parcel is under way, in milliseconds
    #[arg(long, value_name = "MS", default_value = "0", value_parser = milliseconds)]
    pub shipping_delay: Duration,

    /// How long the supplier takes to deliver, in milliseconds
    #[arg(long, value_name = "MS", default_value = "5", value_parser = milliseconds)]
    pub supplier_delay: Duration,

    /// Decides which payments are declined and which attempts panic, together with the id of the
    /// order
    #[arg(long, verbatim_doc_comment, value_name = "N", default_value = "1")]
    pub seed: u64,

    /// How many orders may be under way at once, 1 to 1000000
    #[arg(long, value_name = "N", default_value = "64", value_parser = places())]
    pub concurrency: usize,

    /// How many orders are taken in per second, such as 200 or 200/s; as many as possible when
    /// absent
    #[arg(long, verbatim_doc_comment, value_name = "N/s")]
    pub rate: Option<Rate>,

    /// Process the set N times over, with distinct order ids. Orders, lines and amounts are counted
    /// N times, rejected rows and rejected orders once, as the files are read once
    #[arg(long, verbatim_doc_comment)]
    #[arg(value_name = "N", default_value = "1", value_parser = value_parser!(u32).range(1..))]
    pub repeat: u32,

    /// Write a log of all handlers to standard error
    #[arg(long)]
    pub trace: bool,

    /// Write the result as one JSON object to standard output, and nothing else
    #[arg(long)]
    pub json: bool,

    /// Stop at the first row or order that has to be rejected, with exit code 2; warnings do not
    /// count
    #[arg(long, verbatim_doc_comment)]
    pub strict: bool,
}

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probability(pub f64);

impl FromStr for Probability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            // The range does not contain NaN.
            Ok(value) if (0.0..=1.0).contains(&value) => Ok(Self(value)),
            _ => Err("a probability is a number from 0 to 1".to_owned()),
        }
    }
}

/// Orders per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// When order number `index` is due, counted from the start. It is computed anew for each
    /// order, so errors do not add up.
    pub fn due(self, index: u64) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2⁵³ orders")]
        let seconds = index as f64 / self.0;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_suffix("/s").unwrap_or(text).trim_end().parse() {
            Ok(rate) if (0.001..=1e9).contains(&rate) => Ok(Self(rate)),
            _ => {
                Err("a rate is a number from 0.001 to 1000000000, such as 200 or 200/s".to_owned())
            }
        }
    }
}

fn places() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=1_000_000)
}

/// A day is more than anyone waits for an example, and keeps all sums of delays in range.
fn milliseconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(ms @ 0..=86_400_000) => Ok(Duration::from_millis(ms)),
        _ => Err("a delay is a whole number of milliseconds from 0 to 86400000".to_owned()),
    }
}
