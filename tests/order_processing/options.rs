//! The command line, and the JSON that is a contract.

use callboard::prelude::*;
use clap::{CommandFactory, Parser};

use crate::cli::{Options, Probability, Rate};
use crate::load;
use crate::progress::Progress;
use crate::run;
use crate::summary;
use crate::support::Folder;

fn parse(arguments: &[&str]) -> Result<Options, clap::Error> {
    Options::try_parse_from(["order_processing"].iter().chain(arguments))
}

#[test]
fn the_command_line_is_consistent() {
    Options::command().debug_assert();
}

#[test]
fn without_arguments_the_sample_is_processed() {
    let options = parse(&[]).expect("no argument is needed");
    assert!(options.data.join("orders.csv").is_file());
    assert_eq!(
        (options.payment_failures, options.payment_panics),
        (Probability(0.0), Probability(0.0))
    );
    assert_eq!(
        (options.rate, options.repeat, options.shipping_delay),
        (None, 1, Duration::ZERO)
    );
}

#[test]
fn a_rate_is_accepted_with_and_without_its_unit() {
    let rate = |text| parse(&["--rate", text]).expect("it is a rate").rate;
    assert_eq!(rate("200"), rate("200/s"));
    assert_eq!(rate("0.5").map(|rate: Rate| rate.due(3)), Some(secs(6)));
    assert_eq!(rate("100000").map(|rate| rate.due(100)), Some(ms(1)));
}

#[test]
fn values_out_of_range_are_usage_errors() {
    let cases = [
        ["--payment-failures", "1.1"],
        ["--payment-failures", "-0.1"],
        ["--payment-panics", "NaN"],
        ["--payment-panics", "inf"],
        ["--payment-panics", "half"],
        ["--shipping-delay", "-1"],
        ["--shipping-delay", "1.5"],
        ["--shipping-delay", "86400001"],
        ["--seed", "-1"],
        ["--concurrency", "0"],
        ["--concurrency", "1000001"],
        ["--rate", "0"],
        ["--rate", "-5/s"],
        ["--rate", "NaN"],
        ["--rate", "1e300"],
        ["--rate", "5/m"],
        ["--repeat", "0"],
        ["--repeat", "4294967296"],
    ];
    for [flag, value] in cases {
        let error = parse(&[&format!("{flag}={value}")]).expect_err("it is out of range");
        assert_eq!(error.exit_code(), 2, "{flag} {value}");
        assert!(error.to_string().contains(flag), "{error}");
    }
}

#[test]
fn a_negative_number_is_a_value_and_not_an_option() {
    let error = parse(&["--payment-failures", "-0.1"]).expect_err("it is out of range");
    assert!(
        error
            .to_string()
            .contains("a probability is a number from 0 to 1"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_result_as_json_has_the_keys_of_the_contract() {
    let folder = Folder::good().with(
        "orders.csv",
        "orderID,customerID,shipVia\nO1,C1,1\nO2,C2,2\nO3,C1,1\nO1,C1,1\n",
    );
    let data = load::load(folder.path(), false).expect("the files can be used");
    let options = parse(&["--json"]).expect("the arguments are good");
    let progress = Progress::new(&options, data.orders.len() as u64);
    let report = run::process(data, &options, progress, &tokio::sync::Notify::new())
        .await
        .expect("it runs");

    let json: serde_json::Value =
        serde_json::from_str(&summary::json(&report)).expect("it is JSON");
    let expected = serde_json::json!({
        "orders": 2, "lines": 2, "net_value": "10.00",
        "shipped": 2, "backordered": 0, "refused": 0, "cancelled": 0,
        "rejected_orders": 1, "rejected_rows": 1,
        "restarts": 0, "retries": 0, "dead_letters": 0, "unaccounted": 0, "conservation_ok": true,
        "charged": "10.00", "refunded": "0.00",
    });
    for (key, value) in expected.as_object().expect("it is an object") {
        assert_eq!(&json[key], value, "{key}");
    }
    assert!(json["elapsed_ms"].is_u64() && json["orders_per_s"].is_number());
    assert!(report.holds());

    let text = summary::text(&report);
    for expected in [
        "shipped after backorder",
        "orders.closed",
        "inventory",
        "duplicate id",
        "✓ every order",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
}
