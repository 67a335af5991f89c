//! The result of a run, for a person and for a program.

use std::fmt::{Display, Write};

use callboard::SystemStats;
use callboard::prelude::*;
use serde_json::{Value, json};

use crate::checks::Check;
use crate::run::Report;

/// One JSON object. The keys up to `orders_per_s` are a contract, in this order.
pub fn json(report: &Report) -> String {
    let Report {
        entries,
        rejects,
        audit,
        ..
    } = report;
    let outcomes = entries.outcomes;
    let fields = [
        ("orders", json!(entries.orders)),
        ("lines", json!(entries.lines)),
        ("net_value", json!(entries.net_value.to_string())),
        ("shipped", json!(outcomes.shipped)),
        ("backordered", json!(outcomes.backordered)),
        ("refused", json!(outcomes.refused)),
        ("cancelled", json!(outcomes.cancelled)),
        ("rejected_orders", json!(rejects.orders)),
        ("rejected_rows", json!(rejects.rows)),
        ("restarts", json!(restarts(&report.stats))),
        ("retries", json!(report.retries)),
        ("dead_letters", json!(report.stats.dead_letters.total())),
        ("unaccounted", json!(entries.unaccounted())),
        ("conservation_ok", json!(report.conservation_holds())),
        (
            "elapsed_ms",
            json!(u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX)),
        ),
        (
            "orders_per_s",
            json!((orders_per_second(report) * 10.0).round() / 10.0),
        ),
        ("charged", json!(audit.charged.to_string())),
        ("refunded", json!(audit.refunded.to_string())),
        ("rejected_by_reason", json!(rejects.by_kind)),
        ("cut_short", json!(report.cut_short)),
    ];
    // `serde_json::Map` would sort them.
    let fields: Vec<_> = fields
        .iter()
        .map(|(key, value)| format!("{}:{value}", Value::from(*key)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// A page of text.
pub fn text(report: &Report) -> String {
    let mut page = Page(String::new());
    let Report {
        entries,
        rejects,
        audit,
        ..
    } = report;
    let outcomes = entries.outcomes;

    page.section("Orders");
    page.count("shipped", outcomes.shipped);
    page.count("shipped after backorder", outcomes.backordered);
    page.count("refused by payment", outcomes.refused);
    page.count("cancelled", outcomes.cancelled);
    page.count("total", entries.orders);
    page.count("lines", entries.lines);
    page.row("net value", entries.net_value);
    page.row("charged", audit.charged);
    page.row("refunded", audit.refunded);

    page.section("Parcels by shipper");
    report
        .parcels
        .iter()
        .for_each(|(shipper, count)| page.count(shipper, *count));
    page.section("Notifications");
    report
        .notices
        .iter()
        .for_each(|(kind, count)| page.count(kind, *count));

    page.section("Events");
    page.columns("", &[&"published", &"delivered", &"dropped"]);
    for topic in &report.stats.topics {
        page.columns(
            topic.name,
            &[&topic.published, &topic.delivered, &topic.dropped],
        );
    }

    page.section("Asks");
    page.columns("", &[&"number", &"p50", &"p99", &"max"]);
    for latency in &report.latencies {
        let [p50, p99, max] = [latency.p50, latency.p99, latency.max].map(short);
        page.columns(latency.service.name(), &[&latency.asks, &p50, &p99, &max]);
    }

    page.section("Failures");
    page.count("restarts", restarts(&report.stats));
    page.count("retries", report.retries);
    page.count("dead letters", report.stats.dead_letters.total());
    for (reason, count) in report
        .stats
        .dead_letters
        .by_reason()
        .filter(|(_, count)| *count > 0)
    {
        page.count(format_args!("  {reason}"), count);
    }
    page.count("rejected rows", rejects.rows);
    page.count("rejected orders", rejects.orders);
    rejects
        .by_kind
        .iter()
        .for_each(|(kind, count)| page.count(format_args!("  {kind}"), *count));

    page.section("Checks");
    page.check(&report.outcomes);
    report
        .conservation
        .iter()
        .for_each(|check| page.check(check));

    let per_second = orders_per_second(report);
    page.line(format_args!(
        "\n{} orders in {}: {per_second:.0}/s",
        entries.orders,
        short(report.elapsed)
    ));
    if let Some(reason) = report.cut_short {
        page.line(format_args!("Not all orders were processed: {reason}."));
    }
    page.0
}

struct Page(String);

impl Page {
    fn line(&mut self, text: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{text}");
    }

    fn section(&mut self, title: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.line(title);
    }

    fn row(&mut self, label: impl Display, value: impl Display) {
        self.line(format_args!("  {:<26} {value:>16}", label.to_string()));
    }

    fn count(&mut self, label: impl Display, count: u64) {
        self.row(label, count);
    }

    fn columns(&mut self, label: &str, values: &[&dyn Display]) {
        let values: String = values.iter().fold(String::new(), |mut line, value| {
            let _ = write!(line, " {:>11}", value.to_string());
            line
        });
        self.line(format_args!("  {label:<26} {values}"));
    }

    fn check(&mut self, check: &Check) {
        const SHOWN: usize = 5;
        self.line(format_args!(
            "  {} {}",
            if check.holds() { '✓' } else { '✗' },
            check.what
        ));
        check
            .faults
            .iter()
            .take(SHOWN)
            .for_each(|fault| self.line(format_args!("      {fault}")));
        if let Some(more) = check
            .faults
            .len()
            .checked_sub(SHOWN)
            .filter(|&more| more > 0)
        {
            self.line(format_args!("      … and {more} more"));
        }
    }
}

fn restarts(stats: &SystemStats) -> u64 {
    stats.actors.iter().map(|actor| actor.restarts).sum()
}

/// 0 when there were no orders.
fn orders_per_second(report: &Report) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
    let orders = report.entries.orders as f64;
    let seconds = report.elapsed.as_secs_f64();
    if seconds > 0.0 { orders / seconds } else { 0.0 }
}

/// A duration with three digits or so.
fn short(duration: Duration) -> String {
    format!("{duration:.1?}")
}
