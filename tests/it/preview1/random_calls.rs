//! A guest that calls functions of preview 1 at random. The fuzz target `preview1` of `fuzz/` includes
//! this file too.

#[path = "functions.rs"]
pub mod functions;

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;
use wippy::project::{LoadOptions, from_yaml};
use wippy::{Arguments, Program, Runtime};
use wippy_dispatcher::Dispatcher;

use functions::FUNCTIONS;

/// The most numbers of a script.
pub const MAX_NUMBERS: usize = 8192;

/// Traps that such a guest causes on purpose.
const TRAPS: [&str; 3] = ["guest's memory", "subscriptions, where", "memory limit"];

/// What became of a call of the guest.
#[derive(Debug)]
pub enum Outcome {
    /// It made so many calls.
    Done(u64),
    /// A call was one of [`TRAPS`].
    Trapped,
    /// It waits for what never comes, and with it all of the dispatcher.
    WaitsForEver,
}

/// The guest, compiled once, and its directory.
pub struct RandomCalls {
    program: Program,
    directory: TempDir,
}

impl RandomCalls {
    /// Compiles the guest.
    pub fn new() -> RandomCalls {
        let directory = tempfile::tempdir().expect("a directory");
        let entry = |name: &str, wit: &str| {
            json!({
                "name": name,
                "kind": "function.wat",
                "source": module(),
                "method": name,
                "wit": wit,
                "imports": ["wasi1"],
                "wasi": {"mounts": [{"fs": "data", "guest": "/"}]},
            })
        };
        let project = json!({
            "version": "1.0",
            "namespace": "test",
            "entries": [
                {"name": "data", "kind": "fs.directory", "directory": directory.path()},
                entry("calls", "calls: func(seed: u64, count: u64) -> u64;"),
                entry("script", "script: func(numbers: list<u32>) -> u64;"),
            ],
        });
        // JSON is YAML.
        let loaded = from_yaml(&project.to_string(), None, &LoadOptions::default());
        let errors: Vec<String> = loaded.errors().map(ToString::to_string).collect();
        assert!(errors.is_empty(), "{errors:?}");
        RandomCalls {
            program: Program::new(loaded.registry),
            directory,
        }
    }

    /// A runtime in virtual time over the directory as it is at first.
    pub fn runtime(&self) -> (Dispatcher, Runtime) {
        let root = self.directory.path();
        for entry in fs::read_dir(root).expect("a directory") {
            let path = entry.expect("an entry").path();
            match path.is_dir() && !path.is_symlink() {
                true => fs::remove_dir_all(path).expect("a directory"),
                false => fs::remove_file(path).expect("a file"),
            }
        }
        fs::create_dir(root.join("dir")).expect("a directory");
        for name in ["file", "dir/in"] {
            fs::write(root.join(name), "0123456789").expect("a file");
        }
        std::os::unix::fs::symlink("file", root.join("link")).expect("a link");
        let dispatcher = Dispatcher::simulated(1).expect("a simulation");
        let runtime = Runtime::on(dispatcher.handle(), self.program.clone()).expect("a runtime");
        (dispatcher, runtime)
    }
}

/// So many calls, the numbers of which follow from a seed.
pub fn calls((dispatcher, runtime): &(Dispatcher, Runtime), seed: u64, count: u64) -> Outcome {
    call(dispatcher, runtime, "calls", &[json!(seed), json!(count)])
}

/// As many calls as these numbers are enough for, of which [`MAX_NUMBERS`] are used.
// The test takes seeds, the fuzz target scripts.
#[allow(dead_code)]
pub fn script((dispatcher, runtime): &(Dispatcher, Runtime), numbers: &[u32]) -> Outcome {
    let numbers = numbers.get(..MAX_NUMBERS).unwrap_or(numbers);
    call(dispatcher, runtime, "script", &[json!(numbers)])
}

fn call(dispatcher: &Dispatcher, runtime: &Runtime, name: &str, arguments: &[Value]) -> Outcome {
    match dispatcher.block_on(runtime.call(name, Arguments::Json(arguments))) {
        Err(_) => Outcome::WaitsForEver,
        Ok(Ok(made)) => Outcome::Done(made.as_u64().expect("a number")),
        Ok(Err(error)) => {
            let text = error.to_string();
            assert!(TRAPS.iter().any(|it| text.contains(it)), "{text}");
            Outcome::Trapped
        }
    }
}

/// Where the guest has something that a function takes: names, buffers, subscriptions. All are 64 bytes
/// apart, from `PLACES` on.
const PLACES: u32 = 1024;

/// The module. Its arguments are small numbers, places in its memory, its end, and anything; between
/// the calls its memory grows. It goes on until its calls or its numbers end, or a call is a trap.
fn module() -> String {
    let (mut imports, mut cases) = (String::new(), String::new());
    for (index, (name, ty)) in FUNCTIONS.iter().enumerate() {
        let _ = writeln!(
            imports,
            "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} {ty}))"
        );
        // It would be the end of every run.
        if *name == "proc_exit" {
            continue;
        }
        let params = ty
            .split("(param ")
            .nth(1)
            .and_then(|rest| rest.split(')').next());
        let arguments: Vec<&str> = params
            .unwrap_or_default()
            .split_whitespace()
            .map(|ty| match ty {
                "i64" => "(call $wide)",
                _ => "(call $argument)",
            })
            .collect();
        let _ = writeln!(
            cases,
            "(if (i32.eq (local.get $which) (i32.const {index})) (then (drop (call ${name} {})) (return)))",
            arguments.join(" ")
        );
    }
    // One case more: the memory grows.
    let count = FUNCTIONS.len() + 1;
    format!(
        r#"(module {imports}
        (memory (export "memory") 2 6)
        (data (i32.const {PLACES}) "file")
        (data (i32.const 1088) "dir/in")
        (data (i32.const 1152) "link")
        ;; Two buffers: one that is whole, one that is the end of the first memory.
        (data (i32.const 1216) "\00\08\00\00\10\00\00\00\fe\ff\01\00\02\00\00\00")
        ;; A buffer that is its own description, and one that reaches beyond the memory by one.
        (data (i32.const 1280) "\00\05\00\00\08\00\00\00\ff\ff\01\00\02\00\00\00")
        ;; A timer of a millisecond, and what is to be read from standard input.
        (data (i32.const 1352) "\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\40\42\0f\00")
        (data (i32.const 1424) "\01")
        (data (i32.const 1472) "../x")
        (global $seed (mut i64) (i64.const 1))
        (global $at (mut i32) (i32.const 0))
        (global $end (mut i32) (i32.const 0))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (i32.const 81920))
        (func $random (result i64)
            (if (global.get $end) (then (return (call $next))))
            (global.set $seed (i64.xor (global.get $seed) (i64.shl (global.get $seed) (i64.const 13))))
            (global.set $seed (i64.xor (global.get $seed) (i64.shr_u (global.get $seed) (i64.const 7))))
            (global.set $seed (i64.xor (global.get $seed) (i64.shl (global.get $seed) (i64.const 17))))
            (global.get $seed))
        (func $next (result i64) (local $number i64)
            (if (i32.ge_u (global.get $at) (global.get $end)) (then (return (i64.const 0))))
            (local.set $number (i64.load32_s (global.get $at)))
            (global.set $at (i32.add (global.get $at) (i32.const 4)))
            (local.get $number))
        (func $argument (result i32) (local $kind i32) (local $bits i32)
            (local.set $kind (i32.and (i32.wrap_i64 (call $random)) (i32.const 1023)))
            (local.set $bits (i32.wrap_i64 (call $random)))
            (if (i32.lt_u (local.get $kind) (i32.const 600))
                (then (return (i32.and (local.get $bits) (i32.const 7)))))
            (if (i32.lt_u (local.get $kind) (i32.const 850))
                (then (return (i32.add (i32.const {PLACES})
                    (i32.shl (i32.and (local.get $bits) (i32.const 7)) (i32.const 6))))))
            (if (i32.lt_u (local.get $kind) (i32.const 1010))
                (then (return (i32.add (i32.const 2048) (i32.and (local.get $bits) (i32.const 4095))))))
            (if (i32.lt_u (local.get $kind) (i32.const 1018))
                (then (return (i32.and (local.get $bits) (i32.const 65535)))))
            (if (i32.lt_u (local.get $kind) (i32.const 1021))
                (then (return (i32.sub (i32.mul (memory.size) (i32.const 65536))
                    (i32.and (local.get $bits) (i32.const 31))))))
            (local.get $bits))
        (func $wide (result i64)
            (if (result i64) (i32.and (i32.wrap_i64 (call $random)) (i32.const 3))
                (then (i64.and (call $random) (i64.const 127)))
                (else (i64.mul (call $random) (i64.const 0x100000001)))))
        (func $one (param $which i32)
            {cases}
            (drop (memory.grow (i32.const 1))))
        (func $step
            (call $one (i32.wrap_i64 (i64.rem_u (call $random) (i64.const {count})))))
        (func (export "calls") (param $seed i64) (param $count i64) (result i64)
            (local $done i64)
            (global.set $seed (i64.or (local.get $seed) (i64.const 1)))
            (loop $again
                (call $step)
                (local.set $done (i64.add (local.get $done) (i64.const 1)))
                (br_if $again (i64.lt_u (local.get $done) (local.get $count))))
            (local.get $done))
        (func (export "script") (param $at i32) (param $count i32) (result i64)
            (local $done i64)
            (global.set $at (local.get $at))
            (global.set $end (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 4))))
            (loop $again
                (call $step)
                (local.set $done (i64.add (local.get $done) (i64.const 1)))
                (br_if $again (i32.lt_u (global.get $at) (global.get $end))))
            (local.get $done)))"#
    )
}
