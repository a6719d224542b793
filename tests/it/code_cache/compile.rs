//! `wippy compile`, `wippy cache`, `--cache`.

use std::fs;

use serde_json::{Value, json};

use super::{World, adder, adders, assert_called, mode, set_mode};
use crate::support::{Project, guests};

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_project_is_compiled_before_it_is_needed() {
    let world = World::new(&adders(3));
    let directory = world.cache();
    let shown = directory.display();
    let ran = world.run(&["compile"]);
    let text = format!("{shown}: 3 modules compiled, 0 were there\n");
    assert_eq!((ran.code, ran.out, ran.err.as_str()), (Some(0), text, ""));
    assert_eq!(world.check(), (0, 3));
    let ran = world.run(&["compile", "--json"]);
    let summary = json!({"directory": shown.to_string(), "compiled": 0, "found": 3, "errors": 0});
    assert_eq!(json_of(&ran.out), summary);
}

#[test]
fn a_directory_is_filled_for_others_and_used_where_nothing_can_be_written() {
    let world = World::new(&adders(1));
    let image = world.caches().join("image/code");
    let named = image.to_str().expect("text");
    let project = world.project().to_str().expect("text");
    let mut compile = crate::support::binary();
    let ran = crate::cli::run(compile.args(["compile", project, "--cache", named]));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    // Others may read it, as far as the process's mask permits, and nobody else may write it.
    assert_eq!(mode(&image) & 0o722, 0o700);
    let file = fs::read_dir(&image).expect("a list").next();
    let file = file.expect("a file").expect("an entry").path();
    assert_eq!(mode(&file) & 0o622, 0o600);
    set_mode(&file, 0o444);
    set_mode(&image, 0o555);
    assert_called(&world.run(&["call", "--cache", named, "f0", "41"]), 0);
    let ran = world.run(&["check", "--json", "--cache", named]);
    assert_eq!(json_of(&ran.out)["cached"], 1);
    set_mode(&image, 0o755);
    assert!(!world.cache().exists());
}

#[test]
fn a_file_is_compiled_whatever_it_exports() {
    let world = World::new(&adders(1));
    let types = guests().join("components/types.wasm");
    let types = types.to_str().expect("text");
    let ran = world.run(&["compile", types, "--json"]);
    assert_eq!(json_of(&ran.out)["compiled"], 1, "{ran:?}");
    let file = world.only();
    super::set_used(&file, super::past(5));
    let ran = world.run(&["call", types, "greet(\"you\")"]);
    assert_eq!(
        (ran.out.as_str(), ran.err.as_str()),
        ("\"Hello, you!\"\n", "")
    );
    let used = fs::metadata(world.only()).expect("metadata").modified();
    assert!(used.expect("a time") > super::past(1));
}

#[test]
fn what_cannot_be_compiled_is_2_and_what_cannot_be_kept_is_1() {
    let mut project = adders(1);
    let text = r#"(module (func (export "f") (result i32)))"#;
    project.text("bad", text, "f", "[]");
    let world = World::new(&project);
    let ran = world.run(&["compile"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("test:bad: source: not a usable module"),
        "{}",
        ran.err
    );
    // The others are there.
    assert_eq!(world.files(".code").len(), 1);
    let file = world.project().join("a file");
    fs::write(&file, "").expect("a file");
    let world = World::new(&adders(1));
    let ran = world.run(&["compile", "--cache", file.to_str().expect("text")]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let text = "1 of 1 compiled modules could not be kept";
    assert!(ran.err.contains(text), "{}", ran.err);
    let ran = world.run(&["compile", "--no-cache"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        ran.err,
        "error: --no-cache leaves nowhere to put compiled code\n"
    );
    let ran = world.run(&["compile", "absent.wasm"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (Some(2), "error: absent.wasm: no such file\n")
    );
}

#[test]
fn what_is_kept_is_shown_and_removed() {
    let world = World::new(&adders(2));
    let directory = world.cache();
    let shown = directory.display();
    let ran = world.run(&["cache", "show"]);
    let limit = 1u64 << 30;
    let text = format!("{shown}: 0 files, 0 bytes of at most {limit}\n");
    assert_eq!((ran.code, ran.out, ran.err.as_str()), (Some(0), text, ""));
    assert!(!directory.exists());
    assert_eq!(world.check(), (2, 0));
    let bytes: u64 = world
        .files(".code")
        .iter()
        .map(|file| fs::metadata(file).expect("metadata").len())
        .sum();
    let ran = world.run(&["cache", "show", "--json"]);
    let summary = json!({
        "directory": shown.to_string(),
        "files": 2,
        "bytes": bytes,
        "limit": limit,
        "writable": true,
    });
    assert_eq!(json_of(&ran.out), summary);
    let ran = world.run(&["cache", "clear"]);
    let text = format!("{shown}: 2 files removed, {bytes} bytes\n");
    assert_eq!((ran.code, ran.out, ran.err.as_str()), (Some(0), text, ""));
    assert_eq!(world.files("").len(), 0);
    assert_eq!(world.check(), (2, 0));
    let nowhere = crate::cli::run(&mut world.without_cache(&["cache", "show"]));
    assert_eq!(nowhere.code, Some(2));
    assert!(
        nowhere.err.contains("name one with --cache DIR"),
        "{nowhere:?}"
    );
}

#[test]
fn the_same_file_in_a_project_and_by_itself_is_compiled_once() {
    let mut project = Project::new();
    project.text("f0", &adder(0), "f", "[]");
    let world = World::new(&project);
    world.call_silently();
    let module = world.project().join("f.wasm");
    fs::write(&module, wat::parse_str(adder(0)).expect("a module")).expect("a file");
    let ran = world.run(&["call", module.to_str().expect("text"), "f", "41"]);
    assert_called(&ran, 0);
    assert_eq!(world.files(".code").len(), 1);
}
