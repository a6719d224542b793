//! `wippy new` writes a project that runs, and `wippy add` adds a module's entry to one.

use std::fs;
use std::path::Path;

use crate::cli::{Ran, program, run};
use crate::support::{guests, hash_of};

#[track_caller]
fn assert_ran(ran: &Ran, code: i32, out: &str, err: &str) {
    let was = (ran.code, ran.out.as_str(), ran.err.as_str());
    assert_eq!(was, (Some(code), out, err));
}

fn new(above: &Path, name: &str) -> Ran {
    let mut command = crate::support::binary();
    run(command.args(["new", name]).current_dir(above))
}

/// A new project, made from the directory above it.
fn project() -> tempfile::TempDir {
    let above = tempfile::tempdir().expect("a directory");
    let ran = new(above.path(), "first");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    above
}

#[test]
fn a_new_project_runs_at_once() {
    let above = project();
    let project = above.path().join("first");
    let run = |words: &[&str]| run(&mut program(&project, words));
    assert_ran(
        &run(&["call", "greet", "\"you\""]),
        0,
        "\"Hello, you!\"\n",
        "",
    );
    assert_ran(&run(&["run", "note", "buy bread"]), 0, "noted\n", "");
    assert_ran(&run(&["run", "note", "and \u{e9}"]), 0, "noted\n", "");
    let notes = fs::read_to_string(project.join("data/notes.txt")).expect("a file");
    assert_eq!(notes, "buy bread\nand \u{e9}\n");
    let ran = run(&["run", "note"]);
    assert_eq!(ran.err, "usage: note TEXT\n");
    assert_ne!(ran.code, Some(0));
    // A name that does not fit in the memory as it is at first.
    let long = "x".repeat(100_000);
    let ran = run(&["call", "greet", &format!("{long:?}")]);
    assert_ran(&ran, 0, &format!("\"Hello, {long}!\"\n"), "");
    let ran = run(&["check", "--strict"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
}

#[test]
fn a_project_is_not_written_over_anything() {
    let above = project();
    let ran = new(above.path(), "first");
    let text = "error: first: the directory is not empty; name an empty one, or one to be made\n";
    assert_ran(&ran, 2, "", text);
    fs::create_dir(above.path().join("empty")).expect("a directory");
    let ran = new(above.path(), "empty");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    fs::write(above.path().join("file"), "").expect("a file");
    let ran = new(above.path(), "file");
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

fn guest(name: &str, to: &Path) {
    let from = guests().join("components").join(format!("{name}.wasm"));
    fs::copy(from, to).expect("a copy");
}

#[test]
fn an_added_module_runs() {
    let above = project();
    let project = above.path().join("first");
    let yaml = project.join("_index.yaml");
    let before = fs::read_to_string(&yaml).expect("text");
    let run = |words: &[&str]| run(&mut program(&project, words));

    // Into the directory that holds it, under a name that is free.
    let args = project.join("modules/args.wasm");
    guest("args", &args);
    let ran = run(&["add", args.to_str().expect("text")]);
    let entry = format!(
        "- name: \"args\"\n  kind: process.wasm\n  meta:\n    command: {{name: \"args\"}}\n  \
         fs: modules\n  path: \"/args.wasm\"\n  hash: {}\n  method: \"wasi:cli/run\"\n  \
         imports: [wasi:cli, wasi:io, wasi:filesystem]\n",
        hash_of("args")
    );
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), entry.as_str()),
        "{ran:?}"
    );
    assert_eq!(fs::read_to_string(&yaml).expect("text"), before);
    let ran = run(&["add", "--write", args.to_str().expect("text")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.starts_with("app:args is added to "), "{ran:?}");
    let after = fs::read_to_string(&yaml).expect("text");
    assert!(after.starts_with(&before), "{after}");
    let ran = run(&["run", "args", "word"]);
    assert!(ran.out.starts_with("arg 0: args\narg 1: word\n"), "{ran:?}");
    let ran = run(&["add", args.to_str().expect("text")]);
    assert!(ran.out.starts_with("- name: \"args-2\"\n"), "{ran:?}");
    let ran = run(&["add", "--write", args.to_str().expect("text")]);
    let expected = "error: app:args is there already, with this module and function";
    assert!(
        ran.code == Some(2) && ran.err.starts_with(expected),
        "{ran:?}"
    );
    assert_eq!(fs::read_to_string(&yaml).expect("text"), after);
    let ran = run(&["add", "--name", "args", args.to_str().expect("text")]);
    assert_ran(&ran, 2, "", "error: app:args is there already\n");

    // With a directory of its own, outside of the project; a function, which has to be named.
    let types = above.path().join("types.wasm");
    guest("types", &types);
    let types = types.to_str().expect("text");
    let ran = run(&["add", types]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.err
            .contains("no function is named, and the module exports "),
        "{ran:?}"
    );
    let ran = run(&[
        "add", types, "--method", "greet", "--name", "hello", "--write",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_ran(&run(&["call", "hello", "\"x\""]), 0, "\"Hello, x!\"\n", "");

    // Text, which the document includes.
    let text = "(module (func (export \"one\") (result i32) (i32.const 1)))";
    let (inside, outside) = (project.join("one.wat"), above.path().join("one.wat"));
    for path in [&inside, &outside] {
        fs::write(path, text).expect("a file");
    }
    let ran = run(&["add", "--write", inside.to_str().expect("text")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_ran(&run(&["call", "one"]), 0, "1\n", "");
    let ran = run(&["add", "--name", "two", outside.to_str().expect("text")]);
    assert!(
        ran.code == Some(2)
            && ran
                .err
                .contains("a module as text has to lie in the project's source directory, /"),
        "{ran:?}"
    );
    let ran = run(&["check"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn what_is_no_module_or_no_project_is_refused() {
    let above = project();
    let project = above.path().join("first");
    let run_in = |directory: &Path, words: &[&str]| run(&mut program(directory, words));
    let ran = run_in(&project, &["add", "none.wasm"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.starts_with("error: none.wasm: "), "{ran:?}");
    let yaml = project.join("_index.yaml");
    let yaml = yaml.to_str().expect("text");
    let ran = run_in(&project, &["add", yaml]);
    assert!(
        ran.code == Some(2) && ran.err.contains("not a usable module"),
        "{ran:?}"
    );
    // Nothing to append to.
    let module = project.join("modules/note.wasm");
    let module = module.to_str().expect("text");
    let empty = tempfile::tempdir().expect("a directory");
    let ran = run_in(empty.path(), &["add", "--write", module]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let expected = format!("error: no project in {}: ", empty.path().display());
    assert!(ran.err.contains(&expected), "{ran:?}");
    fs::write(
        empty.path().join("_index.yaml"),
        "namespace: n\nentries: []\n",
    )
    .expect("a file");
    let ran = run_in(empty.path(), &["add", "--write", module]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.err.contains("there is no `entries:` with a `- ` line"),
        "{ran:?}"
    );
}

#[test]
fn the_manual_is_a_page_for_each_command() {
    let mut command = crate::support::binary();
    let ran = run(command.arg("man"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.contains(".TH wippy 1") && ran.out.contains("wippy\\-call(1)"),
        "{}",
        ran.out
    );
    let mut command = crate::support::binary();
    let ran = run(command.args(["man", "registry", "show"]));
    assert!(ran.out.contains(".TH wippy-registry-show 1"), "{}", ran.out);
    let mut command = crate::support::binary();
    let ran = run(command.args(["man", "nothing"]));
    assert_ran(&ran, 2, "", "error: there is no command \"nothing\"\n");
}
