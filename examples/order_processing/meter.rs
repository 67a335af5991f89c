//! What is measured where the asks are made.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use callboard::prelude::*;
use hdrhistogram::Histogram;
use parking_lot::Mutex;
use tokio::time::Instant;

/// A service that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Inventory,
    Payments,
    Shipping,
}

impl Service {
    pub const ALL: [Self; 3] = [Self::Inventory, Self::Payments, Self::Shipping];

    pub fn name(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Payments => "payments",
            Self::Shipping => "shipping",
        }
    }
}

/// An hour, in nanoseconds. What takes longer is noted as that.
const LONGEST: u64 = 3_600_000_000_000;

/// Counts retries and times asks, from the sending of the message to the answer or the error.
pub struct Meter {
    /// Of nanoseconds, by service. One lock per service, so that the busy ones do not wait for each
    /// other.
    latencies: [Mutex<Histogram<u64>>; Service::ALL.len()],
    retries: AtomicU64,
}

/// The answer times of one service.
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    pub service: Service,
    pub asks: u64,
    pub p50: Duration,
    pub p99: Duration,
    pub max: Duration,
}

impl Meter {
    pub fn new() -> Self {
        let histogram = || {
            let histogram = Histogram::new_with_max(LONGEST, 3);
            Mutex::new(histogram.expect("3 significant digits are allowed"))
        };
        Self {
            latencies: [histogram(), histogram(), histogram()],
            retries: AtomicU64::new(0),
        }
    }

    /// Awaits an ask and notes how long it took.
    pub async fn ask<T>(&self, service: Service, ask: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let answer = ask.await;
        let nanos = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.latencies[service as usize]
            .lock()
            .saturating_record(nanos);
        answer
    }

    pub fn count_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    pub fn latencies(&self) -> Vec<Latency> {
        Service::ALL
            .into_iter()
            .map(|service| {
                let histogram = self.latencies[service as usize].lock();
                let at = |quantile| Duration::from_nanos(histogram.value_at_quantile(quantile));
                let max = Duration::from_nanos(histogram.max());
                Latency {
                    service,
                    asks: histogram.len(),
                    p50: at(0.5),
                    p99: at(0.99),
                    max,
                }
            })
            .collect()
    }
}
