//! The table of groups in `docs/imports.md`, name by name.

use wippy::internals::{Capabilities, groups};

/// Each group with its interfaces, as the page lists them.
const TABLE: [(&str, &[&str]); 7] = [
    (
        "wasi:cli",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:io", &["error", "streams", "poll"]),
    ("wasi:clocks", &["wall-clock", "monotonic-clock"]),
    ("wasi:filesystem", &["types", "preopens"]),
    ("wasi:random", &["random", "insecure", "insecure-seed"]),
    (
        "wasi:sockets",
        &[
            "network",
            "instance-network",
            "ip-name-lookup",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
        ],
    ),
    ("wasi:http", &["types", "outgoing-handler"]),
];

fn all() -> Vec<String> {
    let full = |(group, names): &(&str, &'static [&'static str])| {
        let group = (*group).to_owned();
        names.iter().map(move |name| format!("{group}/{name}"))
    };
    TABLE.iter().flat_map(full).collect()
}

/// The interfaces that a list of one name enables.
#[track_caller]
fn enabled(name: &str, preview1: bool) -> Vec<String> {
    let mut capabilities = Capabilities::parse([name]).expect("a known name");
    assert_eq!(capabilities.preview1, preview1, "{name}");
    capabilities.extend_preview1();
    let all = all().into_iter();
    all.filter(|interface| capabilities.allows(interface))
        .collect()
}

#[test]
fn a_group_enables_its_interfaces_and_no_other() {
    let names: Vec<&str> = groups().iter().map(|group| group.name).collect();
    assert_eq!(names, TABLE.map(|(group, _)| group));
    for (group, interfaces) in TABLE {
        let expected: Vec<String> = interfaces
            .iter()
            .map(|name| format!("{group}/{name}"))
            .collect();
        let shouted = format!("{}@0.2.999", group.to_uppercase());
        for name in [group, &shouted] {
            assert_eq!(enabled(name, false), expected, "{name}");
        }
    }
    assert_eq!(enabled("wasi:poll", false), ["wasi:io/poll"]);
    for name in ["funcs", "wippy:runtime/funcs", "Funcs@1"] {
        assert_eq!(enabled(name, false), [""; 0]);
        assert!(Capabilities::parse([name]).expect("known").funcs, "{name}");
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
fn preview_1_enables_what_its_adapter_needs() {
    let expected: Vec<String> = all()
        .into_iter()
        .filter(|name| !name.starts_with("wasi:http/"))
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
