//! Output that cannot be written ends every command with status 1 and the reason; where only its
//! reader has gone, quietly and at once.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, pipe};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use wippy::Digest;

use crate::cli::program;
use crate::support::{Project, guests, hash_of};

/// What is given to a command for it to print something, by the command's path. Every command that
/// the program has needs at least one.
const RECIPES: [(&str, &[&str]); 32] = [
    ("call", &["add", "1", "2"]),
    (
        "call",
        &["add", "1", "2", "--repeat", "50", "--concurrent", "3"],
    ),
    ("call", &["add", "1", "2", "--simulate", "7"]),
    ("sim", &["PROJECT/scenario.yaml"]),
    ("sim diff", &["PROJECT/one.log", "PROJECT/other.log"]),
    ("run", &["list"]),
    ("run", &["list", "--json"]),
    // The services.
    ("run", &[]),
    // What a guest prints and does not look after, and what it returns.
    ("run", &["heedless"]),
    ("run", &["-x", "heedless"]),
    ("run", &["greet", "you"]),
    ("test", &[]),
    ("check", &[]),
    ("check", &["--strict"]),
    ("compile", &["--cache", FRESH]),
    ("cache show", &["--cache", FRESH]),
    ("cache clear", &["--cache", FRESH]),
    ("inspect", &["add"]),
    ("inspect", &["add", "--json"]),
    ("hash", &["/dev/null"]),
    ("hash", &["--write"]),
    (
        "call",
        &["tests/guests/components/types.wasm", "greet(\"x\")"],
    ),
    ("run", &["tests/guests/components/args.wasm"]),
    ("add", &["tests/guests/components/args.wasm"]),
    ("new", &[FRESH]),
    ("man", &["call"]),
    ("registry list", &[]),
    ("registry show", &["add"]),
    ("registry routes", &[]),
    ("schema", &[]),
    ("completions", &["bash"]),
    ("help", &["call"]),
];

/// Stands for a directory that is not there; `PROJECT` in front of a path for the project's.
const FRESH: &str = "FRESH";

/// Prints two bytes and does not ask whether they were written.
const HEEDLESS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\02\00\00\00hi")
    (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#;

/// Adds two numbers.
const ADD: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// One of its entries in a simulation.
const SCENARIO: &str = "
version: \"1.0\"
project: .
hosts: {one: {run: [{entry: heedless}]}}
";

/// A project for all of the recipes.
fn project() -> tempfile::TempDir {
    let mut project = Project::new();
    let module = wat::parse_str(HEEDLESS).expect("a module");
    let hash = format!("sha256:{}", Digest::of(&module));
    project.entry("modules", "fs.directory", &[("directory", &"modules")]);
    let meta = "{command: {name: heedless, use_case: test}}";
    project.entry(
        "heedless",
        "process.wasm",
        &[
            ("meta", &meta),
            ("fs", &"modules"),
            ("path", &"heedless.wasm"),
            ("hash", &hash),
            ("method", &"_start"),
            ("imports", &"[wasi1, wasi:cli, wasi:io]"),
        ],
    );
    project.entry(
        "greet",
        "process.wasm",
        &[
            ("meta", &"{command: {name: greet}}"),
            ("fs", &"guests"),
            ("path", &"types.wasm"),
            ("hash", &hash_of("types")),
            ("method", &"greet"),
            ("imports", &"[wasi:cli, wasi:io, wasi:filesystem]"),
        ],
    );
    project.command("cat", "cat", "[wasi:cli, wasi:io]", &[]);
    project.command("chatter", "chatter", "[wasi:cli, wasi:io]", &[]);
    project.command("stream-errors", "stream-errors", "[wasi:cli, wasi:io]", &[]);
    project.text("add", ADD, "add", "[]");
    project.entry("terminal", "terminal.host", &[]);
    project.entry(
        "service",
        "process.service",
        &[
            ("process", &"heedless"),
            ("host", &"terminal"),
            ("lifecycle", &"{auto_start: true}"),
        ],
    );
    // It is not started with the project.
    project.entry("web", "http.service", &[("addr", &"'127.0.0.1:0'")]);
    project.entry("api", "http.router", &[]);
    project.entry(
        "adds",
        "http.endpoint",
        &[("path", &"/add"), ("func", &"add")],
    );
    let directory = project.directory();
    let modules = directory.path().join("modules");
    std::fs::create_dir(&modules).expect("a directory");
    std::fs::write(modules.join("heedless.wasm"), module).expect("a file");
    std::fs::write(directory.path().join("scenario.yaml"), SCENARIO).expect("a file");
    for log in ["one.log", "other.log"] {
        let scenario = directory.path().join("scenario.yaml");
        let log = directory.path().join(log);
        let words =
            [scenario.to_str(), Some("--log"), log.to_str()].map(|word| word.expect("text"));
        let logged = program(directory.path(), &[&["sim"][..], &words].concat()).output();
        let logged = logged.expect("the program");
        assert_eq!(logged.status.code(), Some(0), "{logged:?}");
    }
    directory
}

/// Where standard output goes, and what becomes of a command that writes to it.
struct Lost {
    to: &'static str,
    code: i32,
    told: &'static str,
}

const LOST: [Lost; 3] = [
    Lost {
        to: "/dev/full",
        code: 1,
        told: "error: standard output: No space left on device (os error 28)\n",
    },
    Lost {
        to: "closed",
        code: 1,
        told: "error: standard output: Bad file descriptor (os error 9)\n",
    },
    Lost {
        to: "a pipe without a reader",
        code: 141,
        told: "",
    },
];

impl Lost {
    fn start(&self, directory: &Path, words: &[&str]) -> Output {
        let mut command = program(directory, words);
        match self.to {
            "closed" => {
                let inner = command;
                command = Command::new("sh");
                command.args(["-c", "exec \"$@\" >&-", "sh"]);
                command.arg(inner.get_program()).args(inner.get_args());
                command.stdin(Stdio::null());
            }
            "/dev/full" => {
                let full = File::options().write(true).open("/dev/full");
                command.stdout(full.expect("a device"));
            }
            _ => {
                command.stdout(pipe().expect("a pipe").1);
            }
        }
        command.stderr(Stdio::piped());
        let child = command.spawn().expect("the program");
        child.wait_with_output().expect("its end")
    }
}

/// Standard error without the lines of the log, and with `--json` the messages in it.
fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().filter(|line| !line.contains(" service: "));
    lines
        .map(|line| match serde_json::from_str::<Value>(line) {
            Ok(error) if error.is_object() => {
                format!("error: {}\n", error["message"].as_str().expect("text"))
            }
            _ => format!("{line}\n"),
        })
        .collect()
}

/// The paths of all commands below one, as the program's help has them.
fn commands(directory: &Path, path: &[&str]) -> Vec<String> {
    let help = program(directory, &[path, &["--help"]].concat()).output();
    let help = String::from_utf8(help.expect("the program").stdout).expect("text");
    let Some((_, section)) = help.split_once("Commands:\n") else {
        return vec![path.join(" ")];
    };
    let names = section.lines().take_while(|line| !line.is_empty());
    let names = names.filter_map(|line| line.split_whitespace().next());
    let mut found = Vec::new();
    for name in names {
        match (name, path.is_empty()) {
            ("help", true) => found.push(name.to_owned()),
            ("help", false) => {}
            _ => found.extend(commands(directory, &[path, &[name]].concat())),
        }
    }
    found
}

#[test]
fn every_command_says_that_its_output_is_lost() {
    let directory = project();
    let directory = directory.path();
    let commands = commands(directory, &[]);
    assert!(commands.iter().any(|command| command == "registry list"));
    for command in &commands {
        assert!(
            RECIPES.iter().any(|(path, _)| path == command),
            "no recipe makes `wippy {command}` print something"
        );
    }
    let mut runs: Vec<Vec<&str>> = vec![vec!["--help"], vec!["--version"], vec!["run", "--help"]];
    runs.extend(RECIPES.iter().map(|(path, words)| {
        let path = path.split(' ');
        path.chain(words.iter().copied()).collect()
    }));
    let fresh = tempfile::tempdir().expect("a directory");
    let mut made = 0;
    let mut fresh = |words: &[&str]| -> Vec<String> {
        made += 1;
        let path = fresh.path().join(made.to_string());
        let words = words.iter().map(|&word| match word {
            FRESH => path.to_str().expect("text").to_owned(),
            word => match word.strip_prefix("PROJECT") {
                Some(file) => format!("{}{file}", directory.display()),
                None => word.to_owned(),
            },
        });
        words.collect()
    };
    for recipe in runs {
        let words = fresh(&recipe);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let printed = program(directory, &words).output().expect("the program");
        assert_eq!(printed.status.code(), Some(0), "{words:?}: {printed:?}");
        assert!(!printed.stdout.is_empty(), "{words:?}");
        for lost in &LOST {
            let words = fresh(&recipe);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let output = lost.start(directory, &words);
            let (code, told) = (output.status.code(), told(&output));
            let told = told.as_str();
            // A summary or a trace of what was done may stand before the reason.
            let ends = told.ends_with(lost.told) && (lost.code == 1 || told.is_empty());
            assert!(
                code == Some(lost.code) && ends && !told.contains("panicked"),
                "{words:?} to {}: {code:?}, {told:?}",
                lost.to
            );
        }
    }
}

/// A guest that says itself that it failed keeps its status, and the reason is told all the same.
#[test]
fn a_guest_sees_the_error_of_its_stream_and_keeps_its_status() {
    let directory = project();
    let [full, closed, _] = LOST;
    for lost in [full, closed] {
        let output = lost.start(directory.path(), &["run", "chatter", "10", "1000"]);
        assert_eq!(
            (output.status.code(), told(&output).as_str()),
            (Some(1), lost.told)
        );
        let output = lost.start(directory.path(), &["run", "stream-errors", "stdout"]);
        let seen = told(&output);
        let (seen, reason) = seen.split_once('\n').expect("two lines");
        assert!(
            seen.starts_with("stdout: failed: ") && seen.ends_with(", then closed"),
            "{}: {seen}",
            lost.to
        );
        assert_eq!((output.status.code(), reason), (Some(1), lost.told));
    }
}

/// Nothing is printed, so nothing is lost.
#[test]
fn commands_that_print_nothing_need_no_output() {
    let directory = project();
    for lost in LOST {
        let output = lost.start(directory.path(), &["run", "cat"]);
        assert_eq!(
            (output.status.code(), told(&output).as_str()),
            (Some(0), "")
        );
    }
}

/// Nobody waits for the calls, the guests or the services that go on without a reader.
#[test]
fn a_reader_that_goes_ends_what_would_run_for_ever() {
    let mut project = Project::new();
    project.text("add", ADD, "add", "[]");
    let forever = "{command: {name: forever}}";
    let hash = hash_of("chatter");
    let chatter: [(&str, &dyn std::fmt::Display); 6] = [
        ("meta", &forever),
        ("fs", &"guests"),
        ("path", &"chatter.wasm"),
        ("hash", &hash),
        ("method", &"wasi:cli/run"),
        ("imports", &"[wasi:cli, wasi:io]"),
    ];
    project.entry("forever", "process.wasm", &chatter);
    project.entry("terminal", "terminal.host", &[]);
    project.entry(
        "service",
        "process.service",
        &[
            ("process", &"forever"),
            ("host", &"terminal"),
            ("input", &"['1000000000', '4096']"),
            ("lifecycle", &"{auto_start: true}"),
        ],
    );
    let directory = project.directory();
    let cases: [&[&str]; 4] = [
        &["call", "add", "1", "2", "--repeat", "4000000000"],
        &[
            "call",
            "add",
            "1",
            "2",
            "--repeat",
            "4000000000",
            "--simulate",
            "1",
        ],
        &["run", "forever", "1000000000", "4096"],
        &["run"],
    ];
    for words in cases {
        let mut child = program(directory.path(), words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
        assert!(!reader.fill_buf().expect("output").is_empty(), "{words:?}");
        drop(reader);
        let output = child.wait_with_output().expect("its end");
        assert_eq!(output.status.code(), Some(141), "{words:?}: {output:?}");
        assert_eq!(told(&output), "", "{words:?}");
    }
}

/// A limit on the size of files is a reason like any other.
#[test]
fn a_file_that_may_not_grow_is_told() {
    let directory = project();
    let file = directory.path().join("output");
    let limited = "ulimit -f 0; exec \"$@\" > \"$FILE\"";
    let wippy = program(directory.path(), &["schema"]);
    let output = Command::new("sh")
        .args(["-c", limited, "sh"])
        .arg(wippy.get_program())
        .args(wippy.get_args())
        .env("FILE", &file)
        .output()
        .expect("a shell");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        (output.status.code(), &*told),
        (
            Some(1),
            "error: standard output: File too large (os error 27)\n"
        )
    );
}

/// What a non-blocking pipe does not take at once is written later.
#[test]
fn a_slow_reader_gets_everything() {
    use rustix::fs::{OFlags, fcntl_setfl};
    let (mut reader, writer) = pipe().expect("a pipe");
    fcntl_setfl(&writer, OFlags::NONBLOCK).expect("a flag");
    let components = guests().join("components");
    let mut files: Vec<_> = std::fs::read_dir(&components)
        .expect("the components")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    // Far more than a pipe holds.
    let words: Vec<&str> = files
        .iter()
        .map(|file| file.to_str().expect("text"))
        .collect();
    let words: Vec<&str> = words.iter().copied().cycle().take(2000).collect();
    let mut command = program(Path::new("."), &[&["hash"], &words[..]].concat());
    let mut child = command.stdout(writer).spawn().expect("the program");
    drop(command);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    assert_eq!(child.wait().expect("its end").code(), Some(0));
    assert_eq!(text.lines().count(), words.len());
}

/// What a guest prints to the log keeps its line and steers no terminal.
#[test]
fn log_lines_hold_no_control_characters() {
    let text = r"\1b[2J\1b]0;title\07tab\09bell\07\r\c2\9b2Jend\0a";
    let module = format!(
        r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\10\00\00\00\20\00\00\00")
        (data (i32.const 16) "{text}")
        (func (export "f") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#
    );
    let mut project = Project::new();
    project.text("f", &module, "f", "[wasi1, wasi:cli, wasi:io]");
    let directory = project.directory();
    let output = program(directory.path(), &["call", "f"]).output();
    let output = output.expect("the program");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("end") && told.contains(r"\u{1b}[2J"),
        "{told:?}"
    );
    assert!(
        !told.contains(|c: char| c.is_control() && c != '\n'),
        "{told:?}"
    );
    assert_eq!(told.lines().count(), 1, "{told:?}");
}
