//! Compiled code on disk: the second start compiles nothing, and whatever is wrong with the directory or
//! a file, the next start is right and says it in one warning at most.

mod bound;
mod compile;
mod damage;
mod directory;
mod guests;
mod progress;
mod racing;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use wippy::Digest;

use crate::cli::{Ran, run};
use crate::support::{Project, binary};

/// A component of one function, which adds a number to its argument.
pub fn adder(number: u32) -> String {
    format!(
        r#"(component
        (core module $m (func (export "f") (param i32) (result i32)
            (i32.add (local.get 0) (i32.const {number}))))
        (core instance $i (instantiate $m))
        (func (export "f") (param "a" s32) (result s32) (canon lift (core func $i "f"))))"#
    )
}

/// Projects of `count` such functions, named f0 and so on.
pub fn adders(count: u32) -> Project {
    let mut project = Project::new();
    for number in 0..count {
        project.text(&format!("f{number}"), &adder(number), "f", "[]");
    }
    project
}

/// A project, and the directory in which its user's caches are.
pub struct World {
    outer: tempfile::TempDir,
    project: tempfile::TempDir,
}

impl World {
    pub fn new(project: &Project) -> World {
        World {
            outer: tempfile::tempdir().expect("a directory"),
            project: project.directory(),
        }
    }

    /// The directory of `XDG_CACHE_HOME`.
    pub fn caches(&self) -> &Path {
        self.outer.path()
    }

    /// The directory of compiled code.
    pub fn cache(&self) -> PathBuf {
        self.outer.path().join("wippy")
    }

    pub fn project(&self) -> &Path {
        self.project.path()
    }

    pub fn program(&self, words: &[&str]) -> Command {
        let mut command = self.without_cache(words);
        command.env("XDG_CACHE_HOME", self.caches());
        command
    }

    /// The program where nothing names a directory.
    pub fn without_cache(&self, words: &[&str]) -> Command {
        let mut command = binary();
        command
            .arg("-C")
            .arg(self.project())
            .args(words)
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, words: &[&str]) -> Ran {
        run(&mut self.program(words))
    }

    /// That f0 can be called, and that nothing else is said.
    #[track_caller]
    pub fn call_silently(&self) {
        assert_called(&self.run(&["call", "f0", "41"]), 0);
    }

    /// How many modules a check has compiled, and how many it has found compiled.
    pub fn check(&self) -> (u64, u64) {
        let ran = self.run(&["check", "--json"]);
        let summary: Value = serde_json::from_str(&ran.out).expect("JSON");
        let number = |name: &str| summary[name].as_u64().expect("a number");
        (number("compiled") - number("cached"), number("cached"))
    }

    /// The files whose names end like this.
    pub fn files(&self, end: &str) -> Vec<PathBuf> {
        let Ok(list) = fs::read_dir(self.cache()) else {
            return Vec::new();
        };
        let paths = list.map(|entry| entry.expect("an entry").path());
        let mut paths: Vec<PathBuf> = paths
            .filter(|path| path.to_str().expect("text").ends_with(end))
            .collect();
        paths.sort();
        paths
    }

    /// The only file of compiled code.
    #[track_caller]
    pub fn only(&self) -> PathBuf {
        let files = self.files(".code");
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

/// That f0 gave its result, and that so many warnings were said.
#[track_caller]
pub fn assert_called(ran: &Ran, warnings: usize) {
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "41\n"), "{ran:?}");
    let lines: Vec<&str> = ran.err.lines().collect();
    let warned = lines.iter().filter(|line| line.contains("WARN")).count();
    assert_eq!((lines.len(), warned), (warnings, warnings), "{}", ran.err);
}

/// Long ago.
fn past(hours: u64) -> SystemTime {
    SystemTime::now() - Duration::from_secs(hours * 3600)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

fn set_used(path: &Path, time: SystemTime) {
    let file = fs::File::options().append(true).open(path).expect("a file");
    file.set_modified(time).expect("a time");
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).expect("metadata").ino()
}

#[test]
fn the_second_start_compiles_nothing() {
    let mut project = adders(2);
    project.function("greet", "types", "greet", "[]", &[]);
    let world = World::new(&project);
    assert_eq!(world.check(), (3, 0));
    assert_eq!(world.check(), (0, 3));
    world.call_silently();
    let ran = world.run(&["call", "greet", "\"you\""]);
    assert_eq!(
        (ran.out.as_str(), ran.err.as_str()),
        ("\"Hello, you!\"\n", "")
    );
}

#[test]
fn only_its_owner_can_use_it() {
    let world = World::new(&adders(1));
    world.call_silently();
    assert_eq!(mode(&world.cache()), 0o700);
    assert_eq!(mode(&world.only()), 0o600);
}

#[test]
fn a_call_keeps_the_code_of_what_it_calls_and_no_other() {
    let world = World::new(&adders(3));
    world.call_silently();
    let file = world.only();
    let before = inode(&file);
    set_used(&file, past(3));
    world.call_silently();
    // It was used, and not written again.
    assert_eq!(inode(&world.only()), before);
    let used = fs::metadata(&file).expect("metadata").modified();
    assert!(used.expect("a time") > past(1));
}

#[test]
fn without_it_nothing_is_kept() {
    let world = World::new(&adders(1));
    assert_called(&world.run(&["call", "--no-cache", "f0", "41"]), 0);
    assert!(!world.cache().exists());
    // Neither variable, or none that is absolute.
    assert_called(&run(&mut world.without_cache(&["call", "f0", "41"])), 0);
    let mut relative = world.without_cache(&["call", "f0", "41"]);
    relative.env("XDG_CACHE_HOME", "here").env("HOME", "");
    assert_called(&run(relative.current_dir(world.caches())), 0);
    assert_eq!(fs::read_dir(world.caches()).expect("a list").count(), 0);
}

#[test]
fn it_is_below_the_home_directory_where_no_other_is_named() {
    let world = World::new(&adders(1));
    let mut command = world.without_cache(&["call", "f0", "41"]);
    assert_called(&run(command.env("HOME", world.caches())), 0);
    let directory = world.caches().join(".cache/wippy");
    assert_eq!(fs::read_dir(directory).expect("a list").count(), 1);
}

#[test]
fn a_module_that_is_refused_is_refused_again() {
    let mut project = Project::new();
    project.text(
        "bad",
        "(module (func (export \"f\") (result i32)))",
        "f",
        "[]",
    );
    let world = World::new(&project);
    let first = world.run(&["call", "bad"]);
    assert_eq!(first.code, Some(2), "{first:?}");
    let second = world.run(&["call", "bad"]);
    assert_eq!((second.code, second.err), (first.code, first.err));
    assert_eq!(world.files(".code").len(), 0);
}

#[test]
fn what_does_not_fit_the_pool_is_kept_too() {
    let mut project = Project::new();
    let memories = "(memory 1)".repeat(3);
    // Three memories show only when it is compiled; a memory of 64-bit addresses before.
    for (name, memory) in [("three", memories.as_str()), ("wide", "(memory i64 1)")] {
        let text = format!(r#"(module {memory} (func (export "f") (result i32) i32.const 7))"#);
        project.text(name, &text, "f", "[]");
    }
    let world = World::new(&project);
    assert_eq!(world.check(), (2, 0));
    assert_eq!(world.check(), (0, 2));
    for name in ["three", "wide"] {
        let ran = world.run(&["call", name]);
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("7\n", ""), "{name}");
    }
}

#[test]
fn a_simulation_has_code_of_its_own_and_its_trace_does_not_know_where_it_is_from() {
    let world = World::new(&adders(1));
    world.call_silently();
    let words = ["call", "f0", "41", "--simulate", "7"];
    let without = run(&mut world.without_cache(&words));
    let first = world.run(&words);
    assert_eq!(world.files(".code").len(), 2);
    let second = world.run(&words);
    assert_eq!(world.files(".code").len(), 2);
    assert!(first.err.starts_with("trace: "), "{first:?}");
    assert_eq!((&first.out, &first.err), (&without.out, &without.err));
    assert_eq!((first.out, first.err), (second.out, second.err));
}

#[test]
fn a_call_reads_no_module_of_another_entry() {
    let mut project = adders(1);
    let none = Digest::of(b"another");
    project.entry(
        "absent",
        "function.wasm",
        &[
            ("fs", &"guests"),
            ("path", &"/absent.wasm"),
            ("hash", &format!("sha256:{none}")),
            ("method", &"f"),
        ],
    );
    project.function("greet", "types", "greet", "[]", &[]);
    let world = World::new(&project);
    world.call_silently();
    let ran = world.run(&["call", "-v", "f0", "41"]);
    assert_eq!(ran.out, "41\n");
    assert!(!ran.err.contains(".wasm"), "{}", ran.err);
    let ran = world.run(&["call", "-v", "greet", "\"you\""]);
    assert!(ran.err.contains("types.wasm"), "{}", ran.err);
    // A check reads all.
    let ran = world.run(&["check"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("cannot read /absent.wasm"), "{}", ran.err);
}
