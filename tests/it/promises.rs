//! Every promise of a layer that exists is covered by a test that says so.
//!
//! A test names the promise in its doc comment, as `Covers` and the number with a full stop.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The promises of the layers that exist. Each has a test in this folder.
const EXISTING: &[&str] = &[
    "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", //
    "A1", "A2", "A3", "A4", "A5", "A6", "A8", //
    "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", //
    "L1", "L2", "L3", "L4", "L5", //
    "S1", "S2", "S3", "S4", "S5", "S6", //
    "C1", "C2",
];

/// The promises that are deliberately not covered yet, and why.
const DEFERRED: &[(&[&str], &str)] = &[
    (
        &["A7"],
        "only an ask to oneself is found; longer circles end by their deadline",
    ),
    (&["L6"], "there is no way to watch an actor yet"),
    (
        &["V1"],
        "clippy refuses unbounded channels, see clippy.toml",
    ),
    (&["V2"], "a matter of measuring, for the benches"),
    (&["V3"], "durable delivery does not exist yet"),
    (
        &["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8"],
        "durable delivery does not exist yet",
    ),
    (
        &["X1", "X2", "X3", "X4", "X5"],
        "the outbox does not exist yet",
    ),
    (
        &["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9"],
        "durable delivery, which retries, does not exist yet",
    ),
    (&["B1", "B2", "B3", "B4", "B5"], "bridges do not exist yet"),
    (&["K1", "K2"], "the console does not exist yet"),
];

/// Faults in what the tests of these sources cover.
fn faults(sources: &[String]) -> Vec<String> {
    let mut covered: BTreeMap<&str, u32> = BTreeMap::new();
    for source in sources {
        let docs = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("///"));
        for claim in docs.flat_map(|doc| doc.split("Covers ").skip(1)) {
            let number = claim.split('.').next().unwrap_or_default();
            *covered.entry(number).or_default() += 1;
        }
    }
    let deferred: BTreeSet<_> = DEFERRED.iter().flat_map(|(numbers, _)| *numbers).collect();
    let mut faults = Vec::new();
    for promise in EXISTING {
        if deferred.contains(promise) {
            faults.push(format!("{promise} is both existing and deferred"));
        }
        if !covered.contains_key(promise) {
            faults.push(format!("no test covers {promise}"));
        }
    }
    for number in covered.keys() {
        if !EXISTING.contains(number) {
            faults.push(format!(
                "a test covers {number}, which is not listed as existing"
            ));
        }
    }
    faults
}

#[test]
fn every_promise_of_a_layer_that_exists_has_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let sources: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| path.file_name().is_some_and(|name| name != "promises.rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let faults = faults(&sources);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_promise_without_a_test_and_a_test_without_a_promise_are_found() {
    let lines: Vec<String> = EXISTING
        .iter()
        .map(|n| format!("/// Covers {n}.\n"))
        .collect();
    let all = lines.concat();
    assert!(faults(std::slice::from_ref(&all)).is_empty());
    let without = all.replace("Covers T3.", "Touches T3.");
    assert_eq!(faults(&[without]), ["no test covers T3"]);
    let unknown = format!("{all}    /// Covers T3. Covers Z9.\n// Covers Z8.");
    assert_eq!(
        faults(&[unknown]),
        ["a test covers Z9, which is not listed as existing"]
    );
}
