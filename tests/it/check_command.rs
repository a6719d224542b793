//! `wippy check`: everything at once, and nothing called.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Output;

use crate::support::{Project, guests, hash_of};

fn check(directory: &Path, options: &[&str]) -> Output {
    crate::support::binary()
        .arg("-C")
        .arg(directory)
        .arg("check")
        .args(options)
        .output()
        .expect("the program")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_project_without_mistakes_passes_strictly() {
    let mut project = Project::new();
    let imports = "[wasi:clocks, wasi:io]";
    project.function("nap", "sleeper", "sleeper#sleep-series", imports, &[]);
    let directory = project.directory();
    let output = check(directory.path(), &["--strict"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(
        stdout(&output),
        "2 entries, 1 module compiled: 0 errors, 0 warnings\n"
    );
}

#[test]
fn imports_are_compared_with_what_is_enabled() {
    let mut project = Project::new();
    let imports = "[wasi:io, wasi:random, wasi:http]";
    project.function("nap", "sleeper", "sleeper#sleep-series", imports, &[]);
    let directory = project.directory();
    let output = check(directory.path(), &[]);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    for part in [
        "test:nap: imports: the module imports what is not enabled: wasi:clocks/monotonic-clock#{now, subscribe-instant, subscribe-duration} (add `- wasi:clocks`)",
        "wasi:random is enabled, and the module imports nothing of it (remove `- wasi:random`)",
        "wasi:http is enabled, and the module imports nothing of it (remove `- wasi:http`)",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    assert!(!told.contains("wasi:io"), "{told}");
    assert_eq!(told.matches("is not enabled").count(), 1, "{told}");
    let strict = check(directory.path(), &["--strict"]);
    assert_eq!(strict.status.code(), Some(2));
    assert!(
        stderr(&strict).contains(
            "error: test:nap: imports: the module imports what is not enabled: wasi:clocks"
        )
    );
}

/// Five files, five mistakes of different kinds, and each is told with its place.
#[test]
fn every_mistake_of_every_file_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let components = guests().join("components");
        let head = format!(
            "namespace: {name}\nentries:\n  - name: files\n    kind: fs.directory\n    directory: {}\n",
            components.display()
        );
        let path = directory.path().join(format!("{name}.yaml"));
        std::fs::write(path, format!("{head}{text}")).expect("a file");
    };
    let entry = |hash: &str, imports: &str, more: &str| {
        format!(
            "  - name: f\n    kind: function.wasm\n    fs: files\n    path: /types.wasm\n    hash: {hash}\n    \
             method: add\n    imports: {imports}\n{more}"
        )
    };
    let good = hash_of("types");
    write(
        "hash",
        &entry(&format!("sha256:{}", "0".repeat(64)), "[]", ""),
    );
    write("import", &entry(&good, "[wasi:clokcs]", ""));
    write("typo", &entry(&good, "[]", "    trnsport: payload\n"));
    let mounts = "    wasi:\n      mounts:\n        - {fs: files, guest: /data}\n        - {fs: files, guest: /data/}\n";
    write("mount", &entry(&good, "[]", mounts));
    write("syntax", "  - name: [\n");
    let output = check(directory.path(), &[]);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    for (file, place, text) in [
        ("hash", ":10:", "hash mismatch: expected 0000"),
        (
            "import",
            ":12:",
            "unsupported wasm host import: wasi:clokcs (did you mean wasi:clocks?)",
        ),
        ("typo", ":13:", "transport"),
        ("mount", ":16:", "wasi.mounts[].guest must be unique"),
        ("syntax", ":", ""),
    ] {
        let line = told
            .lines()
            .find(|line| line.contains(&format!("{file}.yaml{place}")));
        let line = line.unwrap_or_else(|| panic!("{file}{place}\n{told}"));
        assert!(line.contains(text), "{line}");
    }
}

/// Component text that differs from the next one's.
fn answer(number: usize) -> String {
    format!(
        "(component (core module $m (func (export \"f\") (result i32) i32.const {number})) \
         (core instance $i (instantiate $m)) \
         (func (export \"f\") (result s32) (canon lift (core func $i \"f\"))))"
    )
}

#[test]
fn a_thousand_entries_over_twenty_modules_compile_twenty_times() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut yaml = "namespace: many\nentries:\n".to_owned();
    for number in 0..1000 {
        let source = serde_json::to_string(&answer(number % 20)).expect("a string");
        let _ = writeln!(
            yaml,
            "  - {{name: f{number}, kind: function.wat, method: f, source: {source}}}"
        );
    }
    std::fs::write(directory.path().join("_index.yaml"), yaml).expect("a file");
    let output = check(directory.path(), &["--strict"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(
        stdout(&output),
        "1000 entries, 20 modules compiled: 0 errors, 0 warnings\n"
    );
}

#[test]
fn json_diagnostics_are_a_line_each() {
    let mut project = Project::new();
    project.function("f", "types", "nothing", "[]", &[]);
    let directory = project.directory();
    let output = check(directory.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    let first: serde_json::Value =
        serde_json::from_str(told.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["severity"], "error");
    assert_eq!(first["entry"], "test:f");
    assert_eq!(first["field"], "method");
    assert!(
        first["line"].is_u64()
            && first["message"]
                .as_str()
                .expect("text")
                .contains("not found"),
        "{first}"
    );
}

/// What a call would fail with before its guest runs.
#[test]
fn mounts_files_of_variables_and_certificates_are_opened() {
    let mut project = Project::new();
    project.entry("here", "fs.directory", &[("directory", &".")]);
    project.entry(
        "later",
        "fs.directory",
        &[("directory", &"./later"), ("auto_init", &true)],
    );
    project.entry("nowhere", "fs.directory", &[("directory", &"./nowhere")]);
    project.entry(
        "made",
        "env.storage.file",
        &[("file_path", &"made.env"), ("auto_create", &true)],
    );
    project.entry(
        "missing",
        "env.storage.file",
        &[("file_path", &"missing.env")],
    );
    project.entry(
        "a",
        "env.variable",
        &[("variable", &"A"), ("storage", &"made")],
    );
    project.entry(
        "b",
        "env.variable",
        &[("variable", &"B"), ("storage", &"missing")],
    );
    let wasi = |wasi: &'static str| -> [(&'static str, &'static dyn std::fmt::Display); 1] {
        [("wasi", Box::leak(Box::new(wasi)))]
    };
    let imports = "[wasi:http, wasi:io]";
    let mut add = |name: &str, fields: &'static str| {
        project.function(name, "http-client", "fetch", imports, &wasi(fields));
    };
    add(
        "fine",
        "{mounts: [{fs: later, guest: /}], env: [{id: a, name: A}]}",
    );
    add("mount", "{mounts: [{fs: nowhere, guest: /data}]}");
    add("env", "{env: [{id: b, name: B}]}");
    add("ca", "{http: {ca: [\"here:/_index.yaml\"]}}");
    let directory = project.directory();
    let output = check(directory.path(), &[]);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    for part in [
        "error: test:mount: wasi.mounts: /data: cannot open ",
        "error: test:env: wasi.env: ",
        "error: test:ca: wasi.http.ca: no certificate in PEM",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    assert_eq!(told.matches("error: ").count(), 3, "{told}");
    // Looking made nothing.
    for name in ["later", "made.env"] {
        assert!(!directory.path().join(name).exists(), "{name}");
    }
}

/// A missing field hides none of the other mistakes.
#[test]
fn all_that_is_wrong_with_an_entry_is_told_at_once() {
    let mut project = Project::new();
    let zeroes = format!("sha256:{}", "0".repeat(64));
    let fields: [(&str, &dyn std::fmt::Display); 5] = [
        ("fs", &"guests"),
        ("path", &"types.wasm"),
        ("hash", &zeroes),
        ("imports", &"[wasi:io, wasi:clokcs]"),
        (
            "wasi",
            &"{mounts: [{fs: nowhere, guest: /}], env: [{id: guests, name: A}]}",
        ),
    ];
    project.entry("f", "function.wasm", &fields);
    let directory = project.directory();
    let told = stderr(&check(directory.path(), &[]));
    for part in [
        "test:f: method: method is required",
        "test:f: hash: hash mismatch: expected 0000",
        "test:f: imports[1]: unsupported wasm host import: wasi:clokcs (did you mean wasi:clocks?)",
        "test:f: wasi.mounts[0].fs: unknown entry test:nowhere",
        "test:f: wasi.env[0].id: expected an env.variable entry, but test:guests is fs.directory",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}

#[test]
fn json_says_something_also_when_all_is_well() {
    let mut project = Project::new();
    project.text("f", &answer(1), "f", "[]");
    project.text(
        "refused",
        "(module (type $f (func)) (type $c (cont $f)) (func (export \"g\")))",
        "g",
        "[]",
    );
    let directory = project.directory();
    std::fs::create_dir(directory.path().join("node_modules")).expect("a directory");
    let output = check(directory.path(), &["--json"]);
    let summary: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    // What the compiler refuses is not compiled.
    assert_eq!(summary["compiled"], 1, "{summary}");
    assert_eq!(
        (&summary["errors"], &summary["warnings"]),
        (&1.into(), &0.into())
    );
    let skipped = summary["skipped"].as_array().expect("a list");
    assert!(skipped.len() == 1 && skipped[0].as_str().expect("text").ends_with("node_modules"));
}
