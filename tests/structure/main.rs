//! The direction of imports, read from the sources.
//!
//! `ARCHITECTURE.md` says which folder may use which. These tests read every `use` line and every
//! path that begins with `crate` or `super`, follow re-exports to the file that defines the name,
//! and fail on an import against the layers, on a circle of files, and on a match over entry kinds
//! that has an arm for "all others": with such an arm a new kind would be forgotten silently.
//!
//! Code of tests is left out. `cargo test --workspace --test structure -- --nocapture` lists what is wrong.

mod crate_sources;
mod graph;
mod imports;
mod map;
mod matches;

use std::path::{Path, PathBuf};

use crate_sources::CrateSources;

/// The folders of `src/`, the lowest first. A file may use what stands in its own line or above it.
const LAYERS: &[&[&str]] = &[
    &[
        "byte_channel",
        "id",
        "io_reason",
        "nearest",
        "one_line",
        "oneshot",
        "preemption",
        "prometheus",
        "quota",
        "routes",
        "select",
        "status",
    ],
    &[
        "activity",
        "call_group",
        "delivery",
        "network",
        "trust",
        "values",
    ],
    &["env"],
    &["registry"],
    &["fs", "http"],
    &["host"],
    &["module"],
    &["program"],
    &["edits", "runtime"],
    &["benchmark", "simulation"],
    &["cli"],
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(directory: &str, crate_root: &str) -> CrateSources {
    CrateSources::read(&root().join(directory), Path::new(crate_root))
}

fn no_circle(sources: &CrateSources) {
    let circles = graph::circles(&sources.uses());
    let lines: Vec<String> = circles.iter().map(|circle| circle.join("\n    ")).collect();
    assert!(
        circles.is_empty(),
        "files that need each other in a circle:\n    {}",
        lines.join("\n  and\n    ")
    );
}

#[test]
fn no_circle_in_the_dispatcher() {
    no_circle(&sources("dispatcher/src", "lib.rs"));
}

#[test]
fn no_circle_in_the_library() {
    no_circle(&sources("src", "lib.rs"));
}

#[test]
fn no_circle_in_the_c_library() {
    no_circle(&sources("capi/src", "lib.rs"));
}

#[test]
fn no_circle_in_the_benchmarks() {
    no_circle(&sources("benches/side_by_side", "main.rs"));
    no_circle(&sources("benches/counts", "main.rs"));
    no_circle(&sources("benches/serving", "main.rs"));
    no_circle(&sources("benches/field/src", "main.rs"));
    no_circle(&sources("benches/report/src", "lib.rs"));
}

/// The folder, or the file beside the folders, that a file belongs to.
fn folder(file: &str) -> &str {
    let first = file.split('/').next().unwrap_or(file);
    first.strip_suffix(".rs").unwrap_or(first)
}

fn layer(folder: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&folder))
}

#[test]
fn folders_use_only_what_is_below_them() {
    let mut wrong = Vec::new();
    for used in sources("src", "lib.rs").uses() {
        let (from, to) = (folder(&used.file), folder(&used.used));
        if from == to || from == "lib" || from == "main" {
            continue;
        }
        let allowed = match (layer(from), layer(to)) {
            (Some(from), Some(to)) => to < from,
            _ => false,
        };
        if !allowed {
            wrong.push(format!("{}:{} uses {}", used.file, used.line, used.used));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} imports against the layers (LAYERS in tests/structure/main.rs):\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn no_match_over_entry_kinds_has_an_arm_for_all_others() {
    let wrong = matches::with_catch_all(&root().join("src"), "Kind");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_of_the_code_names_what_is_there_and_every_folder() {
    let wrong = map::compare(&root());
    assert!(wrong.is_empty(), "ARCHITECTURE.md: {}", wrong.join("\n"));
}
