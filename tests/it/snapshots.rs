//! What the program says when something goes wrong, as a person reads it: `snapshots/NAME.txt` holds
//! what each case prints. `UPDATE_SNAPSHOTS=1` writes them anew.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;

use serde_json::json;
use wippy::Digest;

use crate::cli::program;
use crate::support::{guests, hash_of};

/// Component text that imports a function with a type that it does not have.
const UNLINKABLE: &str = r#"(component
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
        (export "now" (func (result string)))))
    (core module $m (func (export "f")))
    (core instance $i (instantiate $m))
    (func (export "f") (canon lift (core func $i "f"))))"#;

/// Functions named as a compiler of Rust names them, and a panic in the end.
const TRAP: &str = r#"(module
    (func $_ZN4core9panicking5panic17h0123456789abcdefE unreachable)
    (func $_ZN7example7compute17h0123456789abcdefE
        call $_ZN4core9panicking5panic17h0123456789abcdefE)
    (func $_start (export "f") call $_ZN7example7compute17h0123456789abcdefE))"#;

const ADD: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// Leaves a line open on standard error, and traps.
const OPEN_LINE: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\09\00\00\00half done")
    (func $main (export "_start")
        (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 32)))
        unreachable))"#;

/// An entry of a `function.wat`.
fn text(name: &str, source: &str, rest: &str) -> String {
    let source = json!(source);
    format!("  - {{name: {name}, kind: function.wat, source: {source}, {rest}}}\n")
}

/// An entry over a guest.
fn guest(name: &str, guest: &str, rest: &str) -> String {
    let hash = hash_of(guest);
    format!(
        "  - {{name: {name}, kind: function.wasm, fs: guests, path: {guest}.wasm, hash: \"{hash}\", {rest}}}\n"
    )
}

struct Case {
    name: &'static str,
    /// Below `entries:`.
    entries: String,
    words: &'static [&'static str],
}

fn case(name: &'static str, entries: String, words: &'static [&'static str]) -> Case {
    Case {
        name,
        entries,
        words,
    }
}

fn cases() -> Vec<Case> {
    let add = || text("add", ADD, "method: add");
    let types = |rest: &str| guest("add", "types", rest);
    let wrong_hash = types("method: add").replace("sha256:", "sha256:00");
    let unreachable = r#"{"method":"get","scheme":"http","authority":"127.0.0.1:1","headers":[],"trailers":[],"body-first":false,"unfinished":false}"#;
    let open = wat::parse_str(OPEN_LINE).expect("a module");
    let open = format!(
        "  - {{name: modules, kind: fs.directory, directory: modules}}\n  - {{name: open, kind: process.wasm, \
         meta: {{command: {{name: open}}}}, fs: modules, path: open.wasm, hash: \"sha256:{}\", method: _start, \
         imports: [wasi1, wasi:cli, wasi:io]}}\n",
        Digest::of(&open)
    );
    let several = "  - {name: several, kind: function.wasm, fs: nowhere, path: x.wasm, hash: \"md5:1\", \
                   imports: [wasi:clokcs], trnsport: payload}\n";
    vec![
        case("trap", text("f", TRAP, "method: f"), &["call", "f"]),
        case("trap-in-an-open-line", open, &["run", "open"]),
        case(
            "exit",
            guest(
                "f",
                "exits",
                "method: \"wasi:cli/run\", imports: [wasi:cli], wasi: {args: [exits, code, '7']}",
            ),
            &["call", "f"],
        ),
        case(
            "compile-error",
            text(
                "f",
                "(module (type $f (func)) (type $c (cont $f)) (func (export \"f\")))",
                "method: f",
            ),
            &["call", "f"],
        ),
        case(
            "link-error",
            text("f", UNLINKABLE, "method: f, imports: [wasi:clocks]"),
            &["call", "f"],
        ),
        case("wrong-hash", wrong_hash, &["call", "add", "1", "2"]),
        case(
            "missing-import",
            guest("nap", "sleeper", "method: sleep-series, imports: [wasi:io]"),
            &["call", "nap", "[1]"],
        ),
        case(
            "missing-import-check",
            guest("nap", "sleeper", "method: sleep-series, imports: [wasi:io]"),
            &["check"],
        ),
        case("wrong-argument", add(), &["call", "add", "1", "\"x\""]),
        case("wrong-count", add(), &["call", "add", "1"]),
        case("no-json", add(), &["call", "add", "one", "2"]),
        case("open-parenthesis", add(), &["call", "add(1, 2"]),
        case(
            "missing-mount",
            format!(
                "  - {{name: data, kind: fs.directory, directory: ./nowhere}}\n{}",
                types("method: add, wasi: {mounts: [{fs: data, guest: /data}]}")
            ),
            &["call", "add", "1", "2"],
        ),
        case(
            "missing-mount-check",
            format!(
                "  - {{name: data, kind: fs.directory, directory: ./nowhere}}\n{}",
                types("method: add, wasi: {mounts: [{fs: data, guest: /data}]}")
            ),
            &["check"],
        ),
        case(
            "unreachable-host",
            guest(
                "fetch",
                "http-client",
                "method: fetch, imports: [wasi:http, wasi:io]",
            ),
            Vec::leak(vec!["call", "fetch", unreachable]),
        ),
        case("full-disk", add(), &["call", "add", "1", "2"]),
        case(
            "typo-in-a-field",
            text("add", ADD, "method: add, trnsport: payload"),
            &["call", "add", "1", "2"],
        ),
        case("several-mistakes", several.to_owned(), &["call", "several"]),
        case(
            "mistakes-of-others",
            format!("{several}{}", add()),
            &["call", "add", "1", "2"],
        ),
        case("unknown-entry", add(), &["call", "ad", "1", "2"]),
        case("unknown-command", add(), &["run", "add"]),
        case("wrong-option", add(), &["call", "add", "--repaet", "3"]),
        case(
            "option-before-a-command",
            add(),
            &["run", "--dirs", ".", "add"],
        ),
        case("no-such-file", add(), &["inspect", "nowhere.wasm"]),
    ]
}

/// What a case prints, and its status.
fn said(case: &Case) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let components = guests().join("components");
    let yaml = format!(
        "namespace: app\nentries:\n  - {{name: guests, kind: fs.directory, directory: \"{}\"}}\n{}",
        components.display(),
        case.entries
    );
    std::fs::write(directory.path().join("_index.yaml"), yaml).expect("a file");
    let modules = directory.path().join("modules");
    std::fs::create_dir(&modules).expect("a directory");
    let open = wat::parse_str(OPEN_LINE).expect("a module");
    std::fs::write(modules.join("open.wasm"), open).expect("a file");
    let mut command = program(directory.path(), case.words);
    if case.name == "full-disk" {
        let full = File::options().write(true).open("/dev/full");
        command.stdout(full.expect("a device"));
    }
    let output = command.output().expect("the program");
    let text = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        let directory = directory.path().display().to_string();
        text.replace(&directory, "DIR")
    };
    let mut said = format!("$ wippy {}\n", case.words.join(" "));
    said.push_str(&text(&output.stdout));
    said.push_str(&text(&output.stderr));
    let _ = writeln!(said, "status {}", output.status.code().expect("a status"));
    said
}

#[test]
fn what_goes_wrong_is_said_as_a_person_reads_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    let mut wrong = String::new();
    for case in cases() {
        let (said, file) = (said(&case), folder.join(case.name).with_extension("txt"));
        if update {
            std::fs::write(&file, &said).expect("a file");
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        if said != expected {
            let _ = writeln!(wrong, "{}, said:\n{said}expected:\n{expected}", case.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What is printed for no case any more is not kept.
#[test]
fn every_snapshot_has_its_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the snapshots")
        .map(|file| {
            file.expect("a file")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    files.sort();
    let mut names: Vec<String> = cases()
        .iter()
        .map(|case| format!("{}.txt", case.name))
        .collect();
    names.sort();
    assert_eq!(files, names);
}
