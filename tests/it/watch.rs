//! `--watch`: a command runs again when what it was read from changes; and `-v`, which says what that
//! is.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::cli::{program, run};
use crate::support::{Project, guests, hash_of};

fn module(number: u32) -> String {
    format!(r#"(module (func (export "f") (result i32) (i32.const {number})))"#)
}

const YAML: &str = "namespace: app\nentries:\n  - name: f\n    kind: function.wat\n    source: file://parts/f.wat\n    method: f\n";

/// A project of one function, whose text is another file.
fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    fs::create_dir(path.join("parts")).expect("a directory");
    fs::write(path.join("parts/f.wat"), module(1)).expect("a file");
    fs::write(path.join("_index.yaml"), YAML).expect("a file");
    directory
}

/// The program while it watches.
struct Watching {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Watching {
    fn start(command: &mut Command) -> Watching {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        Watching {
            stdin: child.stdin.take().expect("a pipe"),
            stdout: BufReader::new(child.stdout.take().expect("a pipe")),
            child,
        }
    }

    /// Waits until it has printed this line, after none but those that it has printed before.
    #[track_caller]
    fn expect(&mut self, line: &str, before: &str) {
        loop {
            let mut printed = String::new();
            self.stdout.read_line(&mut printed).expect("text");
            match printed.trim_end() {
                printed if printed == line => return,
                printed => assert_eq!(printed, before, "before {line}"),
            }
        }
    }

    /// Ends it by a signal; its exit status.
    fn end(mut self, signal: Signal) -> Option<i32> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("its ID"), signal).expect("a process");
        self.child.wait().expect("its end").code()
    }
}

#[test]
fn a_call_runs_again_when_a_file_that_was_read_changes() {
    let project = project();
    let path = project.path();
    let mut watching = Watching::start(&mut program(path, &["call", "--watch", "f"]));
    watching.expect("1", "");
    fs::write(path.join("parts/f.wat"), module(2)).expect("a file");
    watching.expect("2", "1");
    // As editors do: another file takes its place.
    fs::write(path.join("parts/.f"), module(3)).expect("a file");
    fs::rename(path.join("parts/.f"), path.join("parts/f.wat")).expect("renamed");
    watching.expect("3", "2");
    // A document that cannot be read is no end either.
    fs::write(path.join("_index.yaml"), "namespace: [").expect("a file");
    fs::write(path.join("_index.yaml"), YAML).expect("a file");
    fs::write(path.join("parts/f.wat"), module(4)).expect("a file");
    watching.expect("4", "3");
    assert_eq!(watching.end(Signal::INT), Some(130));
}

#[test]
fn a_check_sees_documents_that_appear() {
    let project = project();
    let path = project.path();
    let mut watching = Watching::start(&mut program(path, &["check", "--watch"]));
    let one = "1 entry, 1 module compiled: 0 errors, 0 warnings";
    watching.expect(one, "");
    fs::create_dir(path.join("more")).expect("a directory");
    let more = YAML.replace("app", "more").replace("parts", "/parts");
    fs::write(path.join("more/x.yaml"), more).expect("a file");
    watching.expect("2 entries, 1 module compiled: 0 errors, 0 warnings", one);
    assert_eq!(watching.end(Signal::TERM), Some(143));
}

#[test]
fn a_command_that_runs_is_ended_and_begun_anew() {
    let mut project = Project::new();
    project.command("it", "cat", "[wasi:cli, wasi:io]", &[]);
    let cat = project.directory();
    let mut other = Project::new();
    other.command("it", "args", "[wasi:cli, wasi:io, wasi:clocks]", &[]);
    let other = other.directory();
    let mut watching = Watching::start(&mut program(cat.path(), &["run", "--watch", "it"]));
    watching.stdin.write_all(b"hello\n").expect("a reader");
    watching.expect("hello", "");
    fs::copy(
        other.path().join("_index.yaml"),
        cat.path().join("_index.yaml"),
    )
    .expect("a copy");
    watching.expect("arg 0: it", "");
    assert_eq!(watching.end(Signal::INT), Some(130));
}

#[test]
fn a_file_by_itself_is_watched_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    fs::write(path.join("f.wat"), module(1)).expect("a file");
    let here = |words: &[&str]| {
        let mut command = crate::support::binary();
        command.args(words).current_dir(path);
        command
    };
    let mut watching = Watching::start(&mut here(&["call", "--watch", "f.wat", "f"]));
    watching.expect("1", "");
    // What lies beside it is none of it.
    fs::write(path.join("g.wat"), "").expect("a file");
    fs::write(path.join("f.wat"), module(2)).expect("a file");
    watching.expect("2", "1");
    assert_eq!(watching.end(Signal::INT), Some(130));
    let ran = run(&mut here(&["call", "--watch", "-", "f"]));
    let text = "error: standard input cannot be read again and again; --watch takes a file\n";
    assert_eq!((ran.code, ran.err.as_str()), (Some(2), text));
}

/// A command that prints a variable of a file, beside a function whose text is another file.
fn with_variables() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    fs::create_dir(path.join("parts")).expect("a directory");
    fs::write(path.join("parts/f.wat"), module(1)).expect("a file");
    fs::write(path.join("variables"), "A=1\n").expect("a file");
    fs::write(path.join("package.json"), "{}").expect("a file");
    let hash = hash_of("args");
    let components = guests().join("components");
    let components = components.display();
    let yaml = format!(
        "{YAML}  - {{name: guests, kind: fs.directory, directory: {components}}}\n  \
         - {{name: store, kind: env.storage.file, file_path: variables}}\n  \
         - {{name: a, kind: env.variable, variable: A, storage: store}}\n  \
         - {{name: args, kind: process.wasm, meta: {{command: {{name: args}}}}, fs: guests, path: args.wasm, hash: \"{hash}\",\n     \
            method: \"wasi:cli/run\", imports: [wasi:cli, wasi:io, wasi:clocks], wasi: {{env: [{{id: a, name: A}}]}}}}\n"
    );
    fs::write(path.join("_index.yaml"), yaml).expect("a file");
    directory
}

#[test]
fn a_file_of_variables_is_watched_too() {
    let directory = with_variables();
    let path = directory.path();
    let mut watching = Watching::start(&mut program(path, &["run", "--watch", "args"]));
    let rest = ["cwd: /", "initial-cwd: /"];
    for (number, before) in [("1", "arg 0: args"), ("2", "initial-cwd: /")] {
        watching.expect("arg 0: args", before);
        watching.expect(&format!("env A={number}"), "");
        for line in rest {
            watching.expect(line, "");
        }
        fs::write(path.join("variables"), "A=2\n").expect("a file");
    }
    assert_eq!(watching.end(Signal::INT), Some(130));
}

#[test]
fn the_files_that_are_read_are_told_of() {
    let directory = with_variables();
    let path = directory.path();
    let ran = run(&mut program(path, &["-v", "run", "args"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("env A=1\n"), "{ran:?}");
    let read = |file: &Path| {
        ran.err
            .lines()
            .filter(|line| line.contains(" read: ") && line.ends_with(&*file.to_string_lossy()))
            .count()
    };
    for name in ["_index.yaml", "package.json", "parts/f.wat", "variables"] {
        assert_eq!(read(&path.join(name)), 1, "{name}: {}", ran.err);
    }
    assert_eq!(
        read(&guests().join("components/args.wasm")),
        1,
        "{}",
        ran.err
    );
    // Nothing but these: what libraries do comes with one more.
    assert!(
        ran.err.lines().all(|line| line.contains(" read: ")),
        "{}",
        ran.err
    );
    let ran = run(&mut program(path, &["-vv", "run", "args"]));
    assert!(ran.err.contains("wasmtime"), "{}", ran.err);
    let ran = run(&mut program(path, &["run", "args"]));
    assert_eq!(ran.err, "");
}
