//! What the summary says of the asks has to be what the clock said.

use callboard::prelude::*;
use tokio::time::sleep;

use crate::meter::{Meter, Service};

#[tokio::test(start_paused = true)]
async fn an_ask_is_measured_from_nanoseconds_to_minutes() {
    let meter = Meter::new();
    for took in [ms(1), ms(30), secs(90)] {
        meter.ask(Service::Payments, sleep(took)).await;
    }
    let latencies = meter.latencies();
    let payments = &latencies[Service::Payments as usize];
    // Three significant digits are kept.
    let about =
        |measured: Duration, expected: Duration| measured.abs_diff(expected) < expected / 500;
    assert_eq!(payments.asks, 3);
    assert!(about(payments.p50, ms(30)), "{payments:?}");
    assert!(about(payments.max, secs(90)), "{payments:?}");
}
