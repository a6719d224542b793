//! `wippy inspect`, `hash`, `registry` and `completions`: what the program says of a project.

use std::path::Path;
use std::process::Output;

use crate::support::{Project, guests, hash_of};

fn wippy(directory: &Path, words: &[&str]) -> Output {
    crate::support::binary()
        .arg("-C")
        .arg(directory)
        .args(words)
        .output()
        .expect("the program")
}

fn printed(directory: &Path, words: &[&str]) -> String {
    let output = wippy(directory, words);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What is printed to be pasted, pasted.
#[test]
fn the_entry_of_every_guest_passes_a_strict_check() {
    let mut yaml = "namespace: pasted\nentries:\n".to_owned();
    let here = Path::new(".");
    let mut count = 0;
    for component in std::fs::read_dir(guests().join("components")).expect("the components") {
        let path = component.expect("a file").path();
        // It imports the package of an embedder, which the command line does not have.
        if path.ends_with("game.wasm") {
            continue;
        }
        let text = printed(here, &["inspect", path.to_str().expect("text")]);
        let (_, entries) = text.split_once("entries:\n").expect("entries");
        let own = format!("files{count}");
        let entries = entries.replace("name: files\n", &format!("name: {own}\n"));
        yaml.push_str(&entries.replace("fs: files\n", &format!("fs: {own}\n")));
        count += 1;
    }
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("_index.yaml"), &yaml).expect("a file");
    let output = wippy(directory.path(), &["check", "--strict"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{yaml}");
    let summary = String::from_utf8_lossy(&output.stdout);
    assert!(
        summary.contains(&format!("{count} modules compiled: 0 errors")),
        "{summary}"
    );
}

#[test]
fn exports_come_with_their_types_and_imports_with_their_groups() {
    let path = guests().join("components/types.wasm");
    let text = printed(Path::new("."), &["inspect", path.to_str().expect("text")]);
    assert!(text.contains("add: func(a: s32, b: s32) -> s32"), "{text}");
    assert!(text.contains(&hash_of("types")), "{text}");
    let path = guests().join("components/dice.wasm");
    let json = printed(
        Path::new("."),
        &["--json", "inspect", path.to_str().expect("text")],
    );
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["groups"], serde_json::json!(["wasi:random"]));
}

#[test]
fn an_entry_is_inspected_by_its_name() {
    let mut project = Project::new();
    let core = r#"(module (func (export "add_one") (param i32) (result i32) local.get 0))"#;
    project.text("f", core, "add_one", "[]");
    let directory = project.directory();
    let text = printed(directory.path(), &["inspect", "f"]);
    assert!(
        text.contains("core module") && text.contains("add-one: func(p0: s32) -> s32"),
        "{text}"
    );
    let output = wippy(directory.path(), &["inspect", "g"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not found"));
}

#[test]
fn hash_prints_what_an_entry_wants() {
    let path = guests().join("components/types.wasm");
    let path = path.to_str().expect("text");
    assert_eq!(
        printed(Path::new("."), &["hash", path]),
        format!("{}  {path}\n", hash_of("types"))
    );
    let output = wippy(Path::new("."), &["hash", "/nowhere/at/all"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_registry_lists_what_is_not_run_too() {
    let mut project = Project::new();
    project.function("f", "types", "add", "[]", &[]);
    project.entry("script", "function.lua", &[("source", &"file://x.lua")]);
    project.entry("bad", "function.wasm", &[("path", &"/x")]);
    let directory = project.directory();
    let list = printed(directory.path(), &["registry", "list"]);
    let line = |id: &str| {
        list.lines()
            .find(|line| line.starts_with(id))
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        line("test:f").split_whitespace().last(),
        Some("function.wasm")
    );
    assert!(line("test:script").ends_with("not run here"), "{list}");
    assert!(line("test:bad").ends_with("mistaken"), "{list}");
    let shown = printed(directory.path(), &["registry", "show", "f"]);
    assert!(
        shown.contains("id: test:f") && shown.contains(&hash_of("types")),
        "{shown}"
    );
}

#[test]
fn the_schema_knows_the_kinds_and_their_fields() {
    let schema = printed(Path::new("."), &["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    let text = schema.to_string();
    for word in [
        "function.wasm",
        "fs.directory",
        "imports",
        "max_memory_bytes",
        "read_only",
    ] {
        assert!(text.contains(&format!("\"{word}\"")), "{word}");
    }
}

#[test]
fn completions_name_the_commands() {
    let script = printed(Path::new("."), &["completions", "bash"]);
    for command in ["call", "check", "inspect"] {
        assert!(script.contains(command), "{command}");
    }
}

/// Text modules, in an entry and in a file, are entries of text again.
#[test]
fn the_entry_of_a_text_module_passes_a_strict_check_where_it_is_pasted() {
    let source = "(module\n  (func (export \"f\") (result i32) i32.const 7))\n";
    let mut project = Project::new();
    project.text("f", source, "f", "[]");
    let directory = project.directory();
    std::fs::write(directory.path().join("g.wat"), source).expect("a file");
    let file = directory.path().join("g.wat");
    for (what, name) in [("f", "f"), (file.to_str().expect("text"), "g")] {
        let text = printed(directory.path(), &["inspect", what]);
        assert!(text.contains("core module, as text"), "{text}");
        let (_, pasted) = text.split_once("\nnamespace:").expect("a document");
        let pasted = format!("namespace:{pasted}");
        let other = tempfile::tempdir().expect("a directory");
        std::fs::write(other.path().join("_index.yaml"), &pasted).expect("a file");
        std::fs::write(other.path().join("g.wat"), source).expect("a file");
        assert_eq!(
            printed(other.path(), &["check", "--strict"]),
            "1 entry, 1 module compiled: 0 errors, 0 warnings\n",
            "{pasted}"
        );
        assert_eq!(printed(other.path(), &["call", name]), "7\n", "{pasted}");
    }
}

#[test]
fn a_file_that_is_not_there_is_said_so() {
    let directory = Project::new().directory();
    for (what, text) in [
        ("nowhere.wasm", "error: nowhere.wasm: no such file\n"),
        ("./nowhere", "error: ./nowhere: no such file\n"),
        ("/", "error: / is a directory\n"),
        ("nowhere", "error: entry \"nowhere\" not found\n"),
    ] {
        let output = wippy(directory.path(), &["inspect", what]);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8_lossy(&output.stderr), text);
    }
}

#[test]
fn a_file_that_is_called_files_has_another_directory_entry() {
    let path = guests().join("components/files.wasm");
    let text = printed(Path::new("."), &["inspect", path.to_str().expect("text")]);
    assert_eq!(text.matches("name: files\n").count(), 0, "{text}");
    assert!(
        text.contains("- name: modules\n") && text.contains("- name: \"files\"\n"),
        "{text}"
    );
    assert!(text.contains("fs: modules\n"), "{text}");
}
