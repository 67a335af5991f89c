//! Whole runs: whatever fails, every order has one outcome, and no piece and no cent is lost.

use std::sync::Arc;

use callboard::prelude::*;
use clap::Parser;
use tokio::sync::Notify;

use crate::books::Outcomes;
use crate::cli::Options;
use crate::contracts::Order;
use crate::load::{self, DataSet};
use crate::progress::Progress;
use crate::run::{self, Report};
use crate::support::{decimal, last_of, on_stock, order, silence_injected_panics};

async fn run(data: DataSet, arguments: &[&str]) -> Report {
    silence_injected_panics();
    let options = options(arguments);
    run::process(data, &options, Progress::hidden(), &Notify::new())
        .await
        .expect("the shop opens")
}

fn options(arguments: &[&str]) -> Options {
    Options::try_parse_from(["order_processing"].iter().chain(arguments))
        .expect("the arguments are good")
}

fn sample() -> DataSet {
    load::load(&options(&[]).data, true).expect("the sample is clean")
}

fn shop(stock: Vec<load::StockItem>, orders: Vec<Order>) -> DataSet {
    DataSet {
        stock,
        orders,
        ..DataSet::default()
    }
}

/// What must hold for every run that comes to its end.
#[track_caller]
fn check_books(report: &Report) {
    assert_eq!(report.outcomes.faults, Vec::<String>::new());
    for check in &report.conservation {
        assert_eq!(check.faults, Vec::<String>::new(), "{}", check.what);
    }
    assert!(report.holds());
    assert_eq!(report.entries.outcomes.total(), report.entries.orders);
    assert_eq!(report.cut_short, None);
}

#[tokio::test(start_paused = true)]
async fn the_sample_shows_every_outcome() {
    let report = run(sample(), &[]).await;
    check_books(&report);
    assert_eq!(
        report.entries.outcomes,
        Outcomes {
            shipped: 309,
            backordered: 27,
            refused: 19,
            cancelled: 5
        }
    );
    assert_eq!(report.entries.net_value.to_string(), "166831.55");
    assert_eq!(report.stats.dead_letters.total(), 0);
    assert_eq!(
        report.parcels.iter().map(|(_, count)| count).sum::<u64>(),
        309 + 27
    );
    let notices: Vec<_> = report
        .notices
        .iter()
        .map(|(kind, count)| (*kind, *count))
        .collect();
    // Three of the refused ones had waited first.
    let expected = [
        ("cancellation", 5),
        ("confirmation", 360),
        ("delay", 30),
        ("refusal", 19),
        ("shipment", 336),
    ];
    assert_eq!(notices, expected);
}

#[tokio::test(start_paused = true)]
async fn a_shop_without_orders_closes_at_once() {
    let report = run(DataSet::default(), &[]).await;
    check_books(&report);
    assert_eq!(
        (
            report.entries.orders,
            report.entries.net_value.to_string().as_str()
        ),
        (0, "0.00")
    );
}

#[tokio::test(start_paused = true)]
async fn orders_end_as_their_goods_allow() {
    let orders = vec![
        order("from stock", &[("A", 10)]),
        order("waits", &[("A", 1)]),
        order("the last", &[("B", 2)]),
        order("too late", &[("B", 1), ("A", 5)]),
    ];
    let report = run(shop(vec![on_stock("A", 10), last_of("B", 2)], orders), &[]).await;
    check_books(&report);
    assert_eq!(
        report.entries.outcomes,
        Outcomes {
            shipped: 2,
            backordered: 1,
            refused: 0,
            cancelled: 1
        }
    );
    assert_eq!(report.audit.charged.to_string(), "19.50");
}

#[tokio::test(start_paused = true)]
async fn an_order_over_the_credit_limit_is_refused_and_its_goods_are_put_back() {
    let mut data = shop(
        vec![on_stock("A", 10)],
        vec![order("1", &[("A", 4)]), order("2", &[("A", 1)])],
    );
    data.credit_limits.insert("C1".into(), decimal("5"));
    let report = run(data, &[]).await;
    check_books(&report);
    assert_eq!(
        report.entries.outcomes,
        Outcomes {
            shipped: 1,
            backordered: 0,
            refused: 1,
            cancelled: 0
        }
    );
    assert_eq!(report.audit.charged.to_string(), "1.50");
}

#[tokio::test(start_paused = true)]
async fn crashing_payments_lose_no_order_and_charge_none_twice() {
    for panics in ["0.05", "0.3", "0.9", "1"] {
        for seed in ["1", "2", "3"] {
            let report = run(sample(), &["--payment-panics", panics, "--seed", seed]).await;
            check_books(&report);
            let restarts = report
                .stats
                .actor("payments")
                .expect("it was started")
                .restarts;
            assert!(restarts > 0, "{panics}, {seed}");
            if panics == "1" {
                let outcomes = report.entries.outcomes;
                assert_eq!((outcomes.shipped, outcomes.backordered), (0, 0));
                assert_eq!(report.audit.charged, report.audit.refunded);
                assert_ne!(report.audit.charged.to_string(), "0.00");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_can_be_repeated_whatever_the_scheduling() {
    let arguments = [
        "--payment-failures",
        "0.2",
        "--payment-panics",
        "0.2",
        "--seed",
        "9",
    ];
    let numbers = |report: &Report| {
        check_books(report);
        let restarts: u64 = report.stats.actors.iter().map(|actor| actor.restarts).sum();
        (
            report.entries.outcomes,
            report.retries,
            restarts,
            report.audit.charged,
            report.audit.refunded,
        )
    };
    let one_by_one = run(
        sample(),
        &[&arguments[..], &["--concurrency", "1"]].concat(),
    )
    .await;
    let together = run(
        sample(),
        &[&arguments[..], &["--concurrency", "100"]].concat(),
    )
    .await;
    assert_eq!(numbers(&one_by_one), numbers(&together));
    assert!(one_by_one.entries.outcomes.refused > 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_numbers_come_out_on_several_threads() {
    let arguments = [
        "--payment-failures",
        "0.2",
        "--payment-panics",
        "0.2",
        "--seed",
        "9",
        "--repeat",
        "2",
    ];
    let first = run(sample(), &arguments).await;
    let second = run(sample(), &arguments).await;
    check_books(&first);
    assert_eq!(first.entries.outcomes, second.entries.outcomes);
    assert_eq!(
        (first.retries, first.audit.charged),
        (second.retries, second.audit.charged)
    );
}

#[tokio::test(start_paused = true)]
async fn a_set_repeated_counts_as_often() {
    let (once, thrice) = (
        run(sample(), &[]).await,
        run(sample(), &["--repeat", "3"]).await,
    );
    check_books(&thrice);
    assert_eq!(thrice.entries.orders, 3 * once.entries.orders);
    assert_eq!(thrice.entries.lines, 3 * once.entries.lines);
    assert_eq!(
        thrice.entries.net_value,
        once.entries
            .net_value
            .plus(once.entries.net_value)
            .plus(once.entries.net_value)
    );
}

#[tokio::test(start_paused = true)]
async fn ids_that_look_like_repeated_ones_stay_distinct() {
    let orders = vec![
        order("1", &[("A", 1)]),
        order("1#2", &[("A", 1)]),
        order("1##2", &[("A", 1)]),
    ];
    let report = run(shop(vec![on_stock("A", 100)], orders), &["--repeat", "2"]).await;
    check_books(&report);
    assert_eq!(report.entries.due.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn parcels_are_under_way_at_the_same_time() {
    let orders: Vec<_> = (0..200)
        .map(|number| order(&number.to_string(), &[("A", 1)]))
        .collect();
    let data = shop(vec![on_stock("A", 200)], orders);
    let report = run(data, &["--shipping-delay", "10000", "--concurrency", "100"]).await;
    check_books(&report);
    assert!(
        (secs(20)..secs(21)).contains(&report.elapsed),
        "{:?}",
        report.elapsed
    );
}

#[tokio::test(start_paused = true)]
async fn the_intake_keeps_to_its_rate() {
    for (rate, seconds) in [("20/s", 5), ("100", 1), ("2000/s", 0)] {
        let orders: Vec<_> = (0..101)
            .map(|number| order(&number.to_string(), &[("A", 1)]))
            .collect();
        let report = run(shop(vec![on_stock("A", 200)], orders), &["--rate", rate]).await;
        check_books(&report);
        assert_eq!(
            report.elapsed.as_secs(),
            seconds,
            "{rate}: {:?}",
            report.elapsed
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_stops_the_intake_and_finishes_what_is_under_way() {
    let orders: Vec<_> = (0..100)
        .map(|number| order(&number.to_string(), &[("A", 1)]))
        .collect();
    let data = shop(vec![on_stock("A", 200)], orders);
    let interrupt = Arc::new(Notify::new());
    let from_outside = interrupt.clone();
    tokio::spawn(async move {
        tokio::time::sleep(ms(4_550)).await;
        from_outside.notify_one();
    });
    let options = options(&["--rate", "10/s", "--shipping-delay", "1000"]);
    let report = run::process(data, &options, Progress::hidden(), &interrupt)
        .await
        .expect("the shop opens");
    assert_eq!(report.cut_short, Some("interrupted"));
    assert_eq!(
        (report.entries.orders, report.entries.outcomes.shipped),
        (46, 46)
    );
    assert!(report.holds());
}
