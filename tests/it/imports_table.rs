//! The table of groups in `docs/imports.md`, name by name.

use std::path::Path;

use wippy::internals::{Capabilities, PACKAGES};

/// Each group with its interfaces, as the page lists them. Its rows for other names (`wasi:poll`,
/// `funcs`) have text beside their interfaces.
fn table() -> Vec<(String, Vec<String>)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/imports.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let rows = page.lines().skip_while(|line| !line.starts_with("|---"));
    let rows = rows.skip(1).take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells: Vec<Vec<String>> = line
            .trim_matches('|')
            .split('|')
            .map(|cell| names(cell).unwrap_or_default())
            .collect();
        match &cells[..] {
            [group, interfaces] if group.len() == 1 && !interfaces.is_empty() => {
                Some((group[0].clone(), interfaces.clone()))
            }
            _ => None,
        }
    };
    rows.filter_map(row).collect()
}

/// The names in a cell that holds names alone, between backquotes and separated by commas.
fn names(cell: &str) -> Option<Vec<String>> {
    let names = cell.trim().split(", ");
    let name = |text: &str| Some(text.strip_prefix('`')?.strip_suffix('`')?.to_owned());
    names.map(name).collect()
}

/// The full names of all interfaces on the page.
fn all() -> Vec<String> {
    let full = |(group, names): (String, Vec<String>)| {
        let full = names.into_iter().map(move |name| format!("{group}/{name}"));
        full.collect::<Vec<_>>()
    };
    table().into_iter().flat_map(full).collect()
}

/// The interfaces that a list of one name enables.
#[track_caller]
fn enabled(name: &str, preview1: bool) -> Vec<String> {
    let mut capabilities = Capabilities::parse([name]).expect("a known name");
    assert_eq!(capabilities.preview1, preview1, "{name}");
    capabilities.extend_preview1();
    let all = PACKAGES
        .iter()
        .flat_map(|package| package.interface_names());
    all.filter(|interface| capabilities.allows(interface))
        .collect()
}

#[test]
fn a_group_enables_its_interfaces_and_no_other() {
    let listed: Vec<String> = table().into_iter().map(|(group, _)| group).collect();
    let names: Vec<&str> = PACKAGES.iter().map(|package| &*package.name).collect();
    assert_eq!(listed, names);
    for (group, interfaces) in table() {
        let expected: Vec<String> = interfaces
            .iter()
            .map(|name| format!("{group}/{name}"))
            .collect();
        let shouted = format!("{}@0.2.999", group.to_uppercase());
        for name in [&group, &shouted] {
            assert_eq!(enabled(name, false), expected, "{name}");
        }
    }
    assert_eq!(enabled("wasi:poll", false), ["wasi:io/poll"]);
    for name in ["funcs", "Funcs@1"] {
        assert_eq!(enabled(name, false), ["wippy:runtime/funcs"], "{name}");
    }
}

#[test]
fn an_interface_enables_itself_alone() {
    for name in all() {
        assert_eq!(enabled(&name, false), [name.as_str()]);
        let shouted = format!("{}@0.2.0", name.to_uppercase());
        assert_eq!(enabled(&shouted, false), [name]);
    }
}

#[test]
fn preview_1_enables_what_its_functions_stand_for() {
    let expected: Vec<String> = all()
        .into_iter()
        .filter(|name| !name.starts_with("wasi:http/") && !name.starts_with("wippy:"))
        .collect();
    for name in [
        "wasi1",
        "preview1",
        "wasi-preview1",
        "wasi_snapshot_preview1",
        "WASI1",
    ] {
        assert_eq!(enabled(name, true), expected, "{name}");
    }
}

#[test]
fn what_is_in_no_table_is_unknown() {
    for name in [
        "",
        "wasi",
        "wasi:",
        "wasi:cli/",
        "wasi:cli/run",
        "wasi:http/incoming-handler",
        "cli",
        "wasi:io/poll#block",
        "@0.2.0",
        "wasi:nn",
    ] {
        let error = Capabilities::parse([name]).expect_err(name).to_string();
        assert!(
            error.starts_with(&format!("unsupported wasm host import: {name}")),
            "{error}"
        );
    }
}
