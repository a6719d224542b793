//! `wippy hash --write`: the hashes of the files as they are, put where the old ones stand.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use wippy::Digest;

use crate::cli::{Ran, program, run};
use crate::terminals::Terminal;

/// A module of its own for each number.
fn module(number: u32) -> Vec<u8> {
    let text = format!(r#"(module (func (export "f") (result i32) (i32.const {number})))"#);
    wat::parse_str(text).expect("a module")
}

fn hash(number: u32) -> String {
    format!("sha256:{}", Digest::of(&module(number)))
}

/// Comments, quotes, flow style, a hash that two entries share and one that comes from elsewhere.
fn yaml(first: &str, second: &str) -> String {
    format!(
        "# A project.\nnamespace: app   # its own\nentries:\n- {{name: files, kind: fs.directory, directory: modules}}\n\
         - name: plain\n  kind: function.wasm\n  fs: files\n  path: a.wasm\n  hash:   {first}   # the first\n  method: f\n\n\
         - {{name: flow, kind: function.wasm, fs: files, path: b.wasm, hash: \"{second}\", method: f}}\n\
         # Behind it.\n- name: single\n  kind: process.wasm\n  fs: files\n  path: b.wasm\n  hash: '{second}'\n  method: f\n"
    )
}

fn project(yaml: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let modules = directory.path().join("modules");
    fs::create_dir(&modules).expect("a directory");
    fs::write(modules.join("a.wasm"), module(1)).expect("a file");
    fs::write(modules.join("b.wasm"), module(2)).expect("a file");
    fs::write(directory.path().join("_index.yaml"), yaml).expect("a file");
    directory
}

fn wippy(directory: &Path, words: &[&str]) -> Ran {
    run(&mut program(
        directory,
        &[&["hash", "--write"], words].concat(),
    ))
}

fn read(directory: &Path) -> String {
    fs::read_to_string(directory.join("_index.yaml")).expect("text")
}

#[test]
fn only_the_hashes_change() {
    let project = project(&yaml("sha256:00", &hash(7)));
    let directory = project.path();
    let path = directory.join("_index.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
    let ran = wippy(directory, &["--yes"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    assert_eq!(read(directory), yaml(&hash(1), &hash(2)));
    assert_eq!(
        fs::metadata(&path).expect("a file").permissions().mode() & 0o777,
        0o640
    );
    let first = format!(":9:11: app:plain\n  - sha256:00\n  + {}\n", hash(1));
    assert!(ran.out.contains(&first), "{ran:?}");
    assert_eq!(ran.out.lines().count(), 9, "{ran:?}");
    let called = run(&mut program(directory, &["call", "flow"]));
    assert_eq!(
        (called.code, called.out.as_str()),
        (Some(0), "2\n"),
        "{called:?}"
    );
    let ran = wippy(directory, &[]);
    let said = (ran.code, ran.out.as_str(), ran.err.as_str());
    assert_eq!(said, (Some(0), "all hashes are those of their files\n", ""));
}

#[test]
fn nothing_is_written_where_nobody_can_be_asked() {
    let before = yaml("sha256:00", &hash(2));
    let project = project(&before);
    let ran = wippy(project.path(), &[]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert_eq!(
        ran.err,
        "error: nothing is written: nobody can be asked here; --yes answers\n"
    );
    // It shows what it would have done.
    assert!(ran.out.contains(&format!("+ {}", hash(1))), "{ran:?}");
    assert_eq!(read(project.path()), before);
}

#[test]
fn the_entries_that_are_named_are_those_that_change() {
    let project = project(&yaml("new", "none"));
    let ran = wippy(project.path(), &["--yes", "app:plain", "flow"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let expected = yaml(&hash(1), "none").replacen("none", &hash(2), 1);
    assert_eq!(read(project.path()), expected);
    let ran = wippy(project.path(), &["--yes", "nothing"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

#[test]
fn a_hash_that_is_missing_is_written_behind_the_path() {
    let entry = |fields: &str| {
        format!(
            "namespace: app\nentries:\n  - {{name: files, kind: fs.directory, directory: modules}}\n  \
             - name: f\n    kind: function.wasm\n    path: a.wasm  # the module\n{fields}    fs: files\n    method: f\n"
        )
    };
    let written = format!("    hash: {}\n", hash(1));
    for fields in ["", "    hash:\n"] {
        let project = project(&entry(fields));
        let ran = wippy(project.path(), &["--yes"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(read(project.path()), entry(&written));
        let called = run(&mut program(project.path(), &["call", "f"]));
        assert_eq!(called.out, "1\n", "{called:?}");
    }
}

#[test]
fn a_hash_that_is_not_written_there_stays() {
    let before = yaml("sha256:00", &hash(2)).replace("sha256:00", "${NO_HASH|sha256:00}");
    let project = project(&before);
    let ran = wippy(project.path(), &["--yes"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.err
            .contains("\"sha256:00\" is not written here as it is"),
        "{ran:?}"
    );
    assert_eq!(read(project.path()), before);
    // What cannot be read is told, and the others change.
    let project = self::project(&yaml("sha256:00", "old"));
    fs::remove_file(project.path().join("modules/b.wasm")).expect("removed");
    let ran = wippy(project.path(), &["--yes"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.err.contains("app:flow: path: cannot read b.wasm: "),
        "{ran:?}"
    );
    assert_eq!(read(project.path()), yaml(&hash(1), "old"));
}

#[test]
fn on_a_terminal_it_asks() {
    for (answer, code, first) in [("n\n", 1, "sha256:00".to_owned()), ("y\n", 0, hash(1))] {
        let project = project(&yaml("sha256:00", &hash(2)));
        let Terminal { mut keyboard, tty } = Terminal::new();
        let mut command = program(project.path(), &["hash", "--write"]);
        command
            .stdin(tty.try_clone().expect("a copy"))
            .stderr(tty)
            .stdout(Stdio::null());
        let mut child = command.spawn().expect("the program");
        // The parent's copies of the other end would keep the terminal open.
        drop(command);
        // Once nobody has the other end, what was shown last may be lost: the answer comes after the question.
        let mut shown = String::new();
        let mut byte = [0];
        while !shown.contains("write 1 hash? [y/N] ") {
            keyboard.read_exact(&mut byte).expect(&shown);
            shown.push(char::from(byte[0]));
        }
        keyboard.write_all(answer.as_bytes()).expect("typed");
        assert_eq!(child.wait().expect("its end").code(), Some(code));
        assert_eq!(read(project.path()), yaml(&first, &hash(2)));
    }
}
