//! A module names only lower layers, `unsafe` stays in one folder, and files stay short.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The layer of each module. Modules of one layer do not see each other.
const LAYERS: &[(&str, u32)] = &[
    ("contract", 0),
    ("sync", 0),
    ("time", 0),
    ("observe", 0),
    ("actor", 1),
    ("supervision", 2),
    ("bus", 2),
    ("system", 3),
];

/// What everybody may name, because it names nobody.
const LEAVES: &[&str] = &["error"];

/// What only gathers the others.
const FREE: &[&str] = &["lib", "prelude"];

const LONGEST: usize = 500;

fn layer(module: &str) -> Option<u32> {
    let found = LAYERS.iter().find(|(name, _)| *name == module);
    found.map(|(_, layer)| *layer)
}

/// The source without comments, strings and character literals, whose words mean nothing here.
fn code_of(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            0
        };
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push(' ');
            rest = &rest[skipped..];
        }
    }
    code
}

/// The first names of all paths that begin with `crate::`, also those in braces.
fn named(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for after in code.split("crate::").skip(1) {
        if let Some(group) = after.strip_prefix('{') {
            let mut depth = 0_i32;
            let mut at_start = true;
            let mut name = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        names.push(std::mem::take(&mut name));
                        at_start = true;
                    }
                    ':' if depth == 0 => at_start = false,
                    c if at_start && depth == 0 && !c.is_whitespace() => name.push(c),
                    _ => {}
                }
            }
            names.push(name);
        } else {
            names.push(
                after
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// What `lib.rs` re-exports, with the module that it comes from.
fn re_exports(lib: &str) -> BTreeMap<String, String> {
    let mut origins = BTreeMap::new();
    for statement in code_of(lib).split("pub use ").skip(1) {
        let statement = statement.split(';').next().unwrap_or_default();
        let path = statement.trim_start_matches("crate::");
        if let Some((module, items)) = path.split_once("::") {
            for item in items.split(['{', '}', ',']) {
                origins.insert(item.trim().to_owned(), module.trim().to_owned());
            }
        }
    }
    origins
}

/// What is wrong with one file of the library; its path is relative to `src`.
fn faults(path: &str, source: &str, origins: &BTreeMap<String, String>) -> Vec<String> {
    let mut faults = Vec::new();
    let module = path.split(['/', '.']).next().unwrap_or_default();
    // Unit tests, which are at the end, may use whatever they need.
    let code = code_of(source.split("#[cfg(test)]").next().unwrap_or_default());
    let has_unsafe = code
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == "unsafe");
    if has_unsafe && module != "sync" {
        faults.push(format!("{path}: `unsafe` belongs into src/sync"));
    }
    let lines = source.lines().count();
    if lines > LONGEST {
        faults.push(format!("{path}: {lines} lines, look for a seam"));
    }
    if FREE.contains(&module) {
        return faults;
    }
    let own = layer(module);
    if own.is_none() && !LEAVES.contains(&module) {
        faults.push(format!("{path}: module `{module}` has no layer"));
    }
    for name in named(&code) {
        // A macro may have the name of a module, which is meant then.
        let other = match layer(&name) {
            Some(_) => &name,
            None => origins.get(&name).unwrap_or(&name),
        };
        if other == module || LEAVES.contains(&other.as_str()) {
            continue;
        }
        let is_below = matches!((own, layer(other)), (Some(own), Some(other)) if other < own);
        if !is_below {
            faults.push(format!("{path}: `crate::{name}` is not in a lower layer"));
        }
    }
    faults
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn modules_name_only_lower_layers_and_files_keep_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let origins = re_exports(&std::fs::read_to_string(root.join("lib.rs")).unwrap());
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 30, "the sources are there");
    let mut all = Vec::new();
    for file in files {
        let path = file
            .strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        all.extend(faults(
            &path,
            &std::fs::read_to_string(&file).unwrap(),
            &origins,
        ));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn a_name_of_the_same_or_a_higher_layer_is_found() {
    let origins = re_exports("pub use system::{System, SystemStats};\npub use time::Backoff;");
    let check = |path: &str, source: &str| faults(path, source, &origins);
    assert!(
        check(
            "bus/topic.rs",
            "use crate::actor::Cell;\nuse crate::bus::x;"
        )
        .is_empty()
    );
    assert!(
        check(
            "actor/cell.rs",
            "fn f() -> crate::Backoff { crate::error::x() }"
        )
        .is_empty()
    );
    for (path, source, name) in [
        (
            "bus/topic.rs",
            "use crate::supervision::Tree;",
            "supervision",
        ),
        ("supervision/tree.rs", "\nuse crate::bus::Topic;\n", "bus"),
        (
            "actor/cell.rs",
            "use crate::{contract::{Event, Message}, bus};",
            "bus",
        ),
        ("actor/cell.rs", "fn f(x: crate::System) {}", "System"),
        ("time/mod.rs", "use crate::contract::Key;", "contract"),
        ("error.rs", "use crate::actor::Cell;", "actor"),
    ] {
        let expected = format!("{path}: `crate::{name}` is not in a lower layer");
        let found = check(path, source);
        assert!(found.contains(&expected), "{source}: {found:?}");
    }
    assert_eq!(
        check("new/mod.rs", ""),
        ["new/mod.rs: module `new` has no layer"]
    );
    assert!(check("lib.rs", "use crate::bus::Topic;").is_empty());
    // Comments and strings name nothing.
    let prose = "//! See [`x`](crate::system::System).\nconst T: &str = \"crate::bus \\\" unsafe\"; // unsafe";
    assert!(check("actor/mod.rs", prose).is_empty());
}

#[test]
fn unsafe_code_and_long_files_are_found() {
    let none = BTreeMap::new();
    let block = "fn f() { unsafe { g() } }";
    assert_eq!(
        faults("actor/run.rs", block, &none),
        ["actor/run.rs: `unsafe` belongs into src/sync"]
    );
    assert!(faults("sync/ring/send.rs", block, &none).is_empty());
    assert!(faults("lib.rs", "#![deny(unsafe_code)]", &none).is_empty());
    let long = "\n".repeat(LONGEST + 1);
    assert_eq!(
        faults("actor/run.rs", &long, &none),
        ["actor/run.rs: 501 lines, look for a seam"]
    );
}
