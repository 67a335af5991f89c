//! Models of the protocols in `sync`, explored by loom. `.ci/loom` runs them.
//!
//! Each model prints how many interleavings it explored. A model may not stop at a limit: none is
//! set, and loom fails when an execution takes too many branches.

#![allow(
    unsafe_code,
    reason = "models share what the protocol under test protects"
)]

mod inline;
mod reply;
mod ring;
mod task;

use std::sync::atomic::{AtomicUsize, Ordering};

/// Explores every interleaving of `f`, up to a number of preemptions: 2, or `LOOM_MAX_PREEMPTIONS`.
fn explore(name: &'static str, f: impl Fn() + Send + Sync + 'static) {
    static ITERATIONS: AtomicUsize = AtomicUsize::new(0);
    // Tests run one at a time under loom (`--test-threads=1`), so that one counter serves all.
    ITERATIONS.store(0, Ordering::Relaxed);
    let bound = std::env::var("LOOM_MAX_PREEMPTIONS").map_or(Ok(2), |text| text.parse());
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(bound.expect("LOOM_MAX_PREEMPTIONS is a number"));
    model.max_branches = 10_000;
    model.max_duration = None;
    model.max_permutations = None;
    let started = std::time::Instant::now();
    model.check(move || {
        ITERATIONS.fetch_add(1, Ordering::Relaxed);
        f();
    });
    let iterations = ITERATIONS.load(Ordering::Relaxed);
    println!(
        "model {name}: {iterations} iterations, complete, {:.1?}",
        started.elapsed()
    );
}
