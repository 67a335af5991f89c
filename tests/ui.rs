//! What a user of the macros sees: programs that compile, and the texts of those that do not.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the texts anew. Read them as the user would before committing them.

use std::process::Command;

use trybuild::TestCases;

/// The minor version of rustc whose words are in `tests/ui/compiler`.
const RUSTC: &str = include_str!("ui/rustc-version");

#[test]
fn sound_programs_compile_and_mistakes_are_explained() {
    let cases = TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    // Our own texts: the same with every compiler.
    cases.compile_fail("tests/ui/errors/*.rs");
    // Texts of rustc around ours: they change with it.
    let running = rustc();
    if running.starts_with(&format!("{}.", RUSTC.trim())) {
        cases.compile_fail("tests/ui/compiler/*.rs");
    } else {
        println!(
            "skipped tests/ui/compiler: it holds the texts of rustc {}, and this is {running}",
            RUSTC.trim()
        );
    }
}

/// The version of the compiler that `trybuild` runs, `1.95.0`.
fn rustc() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("rustc runs");
    let words = String::from_utf8_lossy(&output.stdout);
    words
        .split_whitespace()
        .nth(1)
        .unwrap_or("of an unknown version")
        .to_owned()
}
