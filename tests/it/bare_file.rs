//! A file instead of a project: `wippy run FILE`, `wippy call FILE`, and what options let it use.

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::{Ran, run};
use crate::support::guests;

const ADD: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;
const TWO: &str = r#"(module
    (func (export "one") (result i32) (i32.const 1))
    (func (export "two") (result i32) (i32.const 2)))"#;

/// The program in a directory without any project.
fn program(directory: &Path, words: &[&str]) -> Command {
    let mut command = crate::support::binary();
    command
        .args(words)
        .current_dir(directory)
        .stdin(Stdio::null());
    command
}

/// A directory with text modules.
fn files() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in [("add.wat", ADD), ("two.wat", TWO), ("junk.wasm", "junk")] {
        std::fs::write(directory.path().join(name), text).expect("a file");
    }
    directory
}

fn guest(name: &str) -> String {
    let path = guests().join("components").join(format!("{name}.wasm"));
    path.to_str().expect("text").to_owned()
}

/// Runs it with text as its standard input.
fn with_input(command: &mut Command, input: &[u8]) -> Ran {
    let stdio = [Stdio::piped(), Stdio::piped(), Stdio::piped()];
    let [stdin, stdout, stderr] = stdio;
    let mut child = command
        .stdin(stdin)
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .expect("the program");
    let mut pipe = child.stdin.take().expect("a pipe");
    // A program that does not read all of it ends the pipe.
    let _ = pipe.write_all(input);
    drop(pipe);
    let output = child.wait_with_output().expect("its end");
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

#[track_caller]
fn assert_ran(ran: &Ran, code: i32, out: &str, err: &str) {
    let was = (ran.code, ran.out.as_str(), ran.err.as_str());
    assert_eq!(was, (Some(code), out, err));
}

#[test]
fn a_functions_arguments_are_wave_or_json() {
    let directory = files();
    let call = |words: &[&str]| run(&mut program(directory.path(), &[&["call"], words].concat()));
    for words in [
        ["add.wat", "add(2, 40)"].as_slice(),
        &["add.wat", "(2, 40)"],
        &["add.wat", "add", "2", "40"],
        &["add.wat", "2", "40"],
        &["./add.wat", "-2", "44"],
    ] {
        assert_ran(&call(words), 0, "42\n", "");
    }
    let greet = guest("types");
    assert_ran(
        &call(&[&greet, "greet(\"you\")"]),
        0,
        "\"Hello, you!\"\n",
        "",
    );
    // Several calls share one compiled module.
    let ran = call(&["add.wat", "add(1, 1)", "--repeat", "3", "--concurrent", "2"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "2\n2\n2\n"));
    assert_ran(&call(&["two.wat", "two"]), 0, "2\n", "");
}

#[test]
fn what_is_called_has_to_be_there_and_to_be_one() {
    let directory = files();
    let call = |words: &[&str]| run(&mut program(directory.path(), &[&["call"], words].concat()));
    let ran = call(&["two.wat"]);
    assert_eq!(ran.code, Some(2));
    let expected = "no function is named, and the module exports one, two";
    assert!(ran.err.contains(expected), "{ran:?}");
    let ran = call(&["two.wat", "three"]);
    assert_eq!(ran.code, Some(2));
    let expected = "method \"three\" not found; the module exports one, two";
    assert!(ran.err.contains(expected), "{ran:?}");
    for name in ["none.wasm", "./none", "none/none.wasm"] {
        let expected = format!("error: {name}: no such file\n");
        assert_ran(&call(&[name, "f"]), 2, "", &expected);
        let ran = run(&mut program(directory.path(), &["run", name]));
        assert_ran(&ran, 2, "", &expected);
    }
    let ran = call(&["junk.wasm"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("file:junk.wasm: not a usable module: "),
        "{ran:?}"
    );
}

#[test]
fn a_command_runs_with_its_words_and_the_files_name() {
    let directory = files();
    let args = guest("args");
    let ran = run(&mut program(
        directory.path(),
        &["run", &args, "a", "-C", "--exit", "1"],
    ));
    let out = "arg 0: args.wasm\narg 1: a\narg 2: -C\narg 3: --exit\narg 4: 1\n\
               cwd: /\ninitial-cwd: /\n";
    assert_ran(&ran, 1, out, "");
    // A preview 1 core module.
    let hello = guest("hello-c");
    let ran = run(&mut program(directory.path(), &["run", &hello]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // A function's result is the status, and its words are its arguments.
    let ran = run(&mut program(
        directory.path(),
        &["run", "add.wat", "1", "2"],
    ));
    assert_ran(&ran, 3, "", "");
    let ran = run(&mut program(
        directory.path(),
        &["run", "--method", "two", "two.wat"],
    ));
    assert_ran(&ran, 2, "", "");
}

#[test]
fn a_module_can_come_from_standard_input() {
    let directory = files();
    let args = std::fs::read(guest("args")).expect("a component");
    let ran = with_input(&mut program(directory.path(), &["run", "-", "word"]), &args);
    assert_ran(
        &ran,
        0,
        "arg 0: -\narg 1: word\ncwd: /\ninitial-cwd: /\n",
        "",
    );
    let ran = with_input(
        &mut program(directory.path(), &["call", "-", "add(3, 4)"]),
        ADD.as_bytes(),
    );
    assert_ran(&ran, 0, "7\n", "");
    let ran = with_input(
        &mut program(directory.path(), &["call", "-", "-"]),
        ADD.as_bytes(),
    );
    let text = "error: standard input is the module already; it cannot hold arguments too\n";
    assert_ran(&ran, 2, "", text);
}

#[test]
fn arguments_can_come_from_standard_input_or_a_file() {
    let directory = files();
    std::fs::write(directory.path().join("args.json"), "[40, 2]").expect("a file");
    std::fs::write(directory.path().join("no.json"), "{}").expect("a file");
    let call = |words: &[&str], input: &str| {
        let words = [&["call", "add.wat", "add"], words].concat();
        with_input(&mut program(directory.path(), &words), input.as_bytes())
    };
    assert_ran(&call(&["-"], "[1,\n 2]"), 0, "3\n", "");
    assert_ran(&call(&["@args.json"], ""), 0, "42\n", "");
    for (words, input, text) in [
        (
            &["@none"][..],
            "",
            "error: cannot read the arguments from @none: ",
        ),
        (
            &["@no.json"],
            "",
            "error: the arguments from @no.json are not a JSON array",
        ),
        (
            &["-"],
            "1",
            "error: the arguments from - are not a JSON array",
        ),
        (&["1", "-"], "[]", "error: argument 1 is not JSON: "),
    ] {
        let ran = call(words, input);
        assert!(ran.code == Some(2) && ran.err.starts_with(text), "{ran:?}");
    }
    // An entry takes them in the same way.
    let mut project = crate::support::Project::new();
    project.text("add", ADD, "add", "[]");
    let project = project.directory();
    let mut command = crate::cli::program(project.path(), &["call", "add", "-"]);
    assert_ran(&with_input(&mut command, b"[20, 22]"), 0, "42\n", "");
}

#[test]
fn options_grant_directories_and_variables() {
    let directory = files();
    let path = directory.path();
    for name in ["in", "out"] {
        std::fs::create_dir(path.join(name)).expect("a directory");
    }
    std::fs::write(path.join("in/text"), "some text\n").expect("a file");
    let filer = guest("filer");
    let dirs = ["run", "--dir", "in:ro", "--dir", "out::/written"];
    let words = [&dirs, &[filer.as_str(), "upper", "/in", "/written"][..]].concat();
    let ran = run(&mut program(path, &words));
    let out = "text: 1 lines\n1 files written\n/in cannot be written to: ";
    assert!(ran.code == Some(0) && ran.out.starts_with(out), "{ran:?}");
    let written = std::fs::read_to_string(path.join("out/text")).expect("a file");
    assert_eq!(written, "SOME TEXT\n");

    let args = guest("args");
    let words = ["run", "--env", "A=1=2", "--env", "B", "--env", "C=", &args];
    let ran = run(program(path, &words)
        .env("B", "of the host")
        .env("D", "hidden"));
    let out = "arg 0: args.wasm\nenv A=1=2\nenv B=of the host\nenv C=\ncwd: /\ninitial-cwd: /\n";
    assert_ran(&ran, 0, out, "");
}

#[test]
fn the_network_is_granted_by_rules() {
    let directory = files();
    let sockets = guest("sockets");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    let rule = format!("tcp:127.0.0.1:{port}");
    let function = format!("look-up-and-connect(\"127.0.0.1\", {port})");
    let call = |grants: &[&str]| {
        let words = [&["call"], grants, &[&sockets, &function]].concat();
        run(&mut program(directory.path(), &words))
    };
    let allowed = call(&["--allow", "dns:127.0.0.1", "--allow", &rule]);
    assert_eq!(allowed.code, Some(0), "{allowed:?}");
    let all = call(&["--import", "wasi:sockets"]);
    assert_eq!((all.code, &all.out), (Some(0), &allowed.out), "{all:?}");
    let refused = call(&["--allow", "tcp:10.0.0.1:80"]);
    assert_ne!(refused.out, allowed.out, "{refused:?}");
    let target = format!("127.0.0.1:{port}");
    let warning = format!(
        "WARN network: file:sockets.wasm: {target} is refused; give --allow tcp:{target}\n"
    );
    assert_eq!(refused.err.matches(&warning).count(), 1, "{refused:?}");
}

#[test]
fn what_is_not_granted_traps_and_names_the_option() {
    let directory = files();
    let importing = |interface: &str, function: &str, ty: &str| {
        format!(
            r#"(component
                (import "{interface}" (instance $i (export "{function}" (func {ty}))))
                (core module $m (import "" "f" (func $f)) (func (export "go") (call $f)))
                (core func $f (canon lower (func $i "{function}")))
                (core instance $c (instantiate $m (with "" (instance (export "f" (func $f))))))
                (func (export "go") (canon lift (core func $c "go"))))"#
        )
    };
    for (interface, function, remedy) in [
        (
            "wasi:http/outgoing-handler@0.2.0",
            "later",
            "--allow https:HOST:PORT (or http:HOST:PORT), or everything with --import wasi:http",
        ),
        (
            "wasi:sockets/tcp@0.2.0",
            "later",
            "--allow tcp:HOST:PORT, or everything with --import wasi:sockets",
        ),
        ("wasi:filesystem/types@0.2.0", "later", "--dir HOST"),
    ] {
        let path = directory.path().join("import.wat");
        std::fs::write(path, importing(interface, function, "")).expect("a file");
        let ran = run(&mut program(
            directory.path(),
            &["call", "import.wat", "go"],
        ));
        assert_eq!(ran.code, Some(1), "{ran:?}");
        let name = interface.split('@').next().unwrap_or_default();
        let start = format!("error: file:import.wat: {name}#{function} is not enabled; ");
        assert!(
            ran.err.starts_with(&start) && ran.err.contains(remedy),
            "{ran:?}"
        );
    }
}

#[test]
fn options_that_cannot_be_read_are_usage_errors() {
    let directory = files();
    let run_with = |words: &[&str]| run(&mut program(directory.path(), words));
    for (words, text) in [
        (
            ["run", "--dir", "nowhere", "add.wat"],
            "error: --dir nowhere: no such directory",
        ),
        (
            ["run", "--dir", "add.wat", "add.wat"],
            "error: --dir add.wat: not a directory",
        ),
        (
            ["run", "--env", "SURELY_NOT_SET", "add.wat"],
            "error: --env SURELY_NOT_SET: ",
        ),
        (
            ["run", "--allow", "tpc:*:1", "add.wat"],
            "error: --allow tpc:*:1: unknown kind of rule",
        ),
        (
            ["run", "--import", "wasi:socket", "add.wat"],
            "error: --import wasi:socket: unsupported wasm host import",
        ),
        (
            ["run", "--max-memory", "much", "add.wat"],
            "error: invalid value 'much'",
        ),
        (
            ["run", "--max-time", "long", "add.wat"],
            "error: invalid value 'long'",
        ),
        (["call", "--dir", ".", "add"], "error: --dir is for a file"),
        (
            ["run", "--env", "A=1", "list"],
            "error: --env is for a file",
        ),
        (
            ["run", "--method", "x", "list"],
            "error: --method is for a file",
        ),
    ] {
        let ran = run_with(&words);
        assert!(
            ran.code == Some(2) && ran.err.starts_with(text),
            "{words:?}: {ran:?}"
        );
    }
    let ran = run_with(&["run", "--dir", ".::/x", "--dir", "/::/x/", "add.wat"]);
    assert_ran(
        &ran,
        2,
        "",
        "error: --dir /::/x/: two directories are /x to the guest: give one another path, as HOST::GUEST\n",
    );
    // The limit is the guest's: two pages do not fit in one.
    std::fs::write(
        directory.path().join("memory.wat"),
        r#"(module (memory 2) (func (export "f")))"#,
    )
    .expect("a file");
    let ran = run_with(&["call", "--max-memory", "64k", "memory.wat"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_ran(
        &run_with(&["call", "--max-memory", "128k", "memory.wat"]),
        0,
        "null\n",
        "",
    );
    // It computes without end.
    std::fs::write(
        directory.path().join("spin.wat"),
        r#"(module (func (export "f") (loop $on br $on)))"#,
    )
    .expect("a file");
    let ran = run_with(&["call", "--max-time", "20ms", "spin.wat"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.ends_with("context deadline exceeded\n"), "{ran:?}");
}

/// A file has no project, but how calls run is a matter of settings too.
#[test]
fn settings_of_the_command_line_hold_for_files() {
    let directory = files();
    let hello = guest("http-hello");
    let call = ["call", "add.wat", "add(2, 40)"];
    let commands: [&[&str]; 5] = [
        &call,
        &["bench", "add.wat", "add(2, 40)"],
        &["run", "two.wat"],
        &["compile", "two.wat", "--cache", "kept"],
        &["serve", &hello],
    ];
    let mistakes: [(&[&str], &str); 4] = [
        (
            &["--set", "wasm.max_instances=0"],
            "command line: error: wasm.max_instances: expected an integer from 1 to 12000\n",
        ),
        (
            &["--config", "none.yaml"],
            "command line: error: --config none.yaml: no such file\n",
        ),
        (
            &["--profile", "dev"],
            "command line: error: --profile dev: there is no such profile (the settings have no profiles)\n",
        ),
        (
            &["-o", "file:add.wat:method=two"],
            "error: -o file:add.wat:method=two: overrides change what a project's YAML says; what a file may \
             use is said by options such as --env, --dir and --allow\n",
        ),
    ];
    let ran = |words: &[&[&str]]| run(&mut program(directory.path(), &words.concat()));
    for command in commands {
        for (options, said) in mistakes {
            assert_ran(&ran(&[options, command]), 2, "", said);
        }
    }
    // As in a project, a mistake in a settings file is reported, and what can run runs.
    let settings = "version: '1.0'\nwasm: {preemption_tick_us: 1}\n";
    std::fs::write(directory.path().join("fast.yaml"), settings).expect("a file");
    let place =
        "fast.yaml:2:28: error: wasm.preemption_tick_us: expected an integer from 100 to 1000000\n";
    assert_ran(&ran(&[&["--config", "fast.yaml"], &call]), 0, "42\n", place);
}

#[test]
fn what_is_probably_meant_is_said() {
    let directory = files();
    let module = directory.path().join("add.wat");
    let module = module.to_str().expect("text");
    std::fs::create_dir(directory.path().join("a")).expect("a directory");
    for (words, expected) in [
        (
            vec!["run", "--dir", "a:/b", module],
            "behind two colons: --dir a::/b)",
        ),
        (
            vec!["run", "--dir", "a:/b:rw", module],
            "it may be written already: --dir a::/b)",
        ),
        (
            vec!["run", "--dir", "a::/b:rw", module],
            "it may be written already: --dir a::/b)",
        ),
        (
            vec!["run", "--dir", module],
            "a module stands behind the options: --dir DIR FILE",
        ),
        (
            vec!["call", "--dir", module, module, "1"],
            "(a module stands behind the options",
        ),
        (
            vec!["run", "--allow", "https://a.test/x", module],
            "give --allow https:a.test:443\n",
        ),
        (
            vec!["run", "--env", "NOT_SET_HERE", module],
            "--env NOT_SET_HERE=VALUE\n",
        ),
        (
            vec!["run", "-"],
            "error: standard input is empty; a module is expected there\n",
        ),
    ] {
        let ran = run(&mut program(directory.path(), &words));
        assert_eq!(ran.code, Some(2), "{words:?}: {ran:?}");
        assert!(ran.err.contains(expected), "{words:?}: {ran:?}");
    }
}

#[test]
fn an_option_behind_a_file_is_its_guests() {
    let directory = files();
    let args = guest("args");
    let ran = run(&mut program(
        directory.path(),
        &["run", &args, "--dir", "."],
    ));
    let warning = "warning: --dir behind the file is an argument of its guest";
    assert!(ran.err.starts_with(warning), "{ran:?}");
    assert!(
        ran.out
            .starts_with("arg 0: args.wasm\narg 1: --dir\narg 2: .\n"),
        "{ran:?}"
    );
    let words = ["run", &args, "--", "--dir", "."];
    let silent = run(&mut program(directory.path(), &words));
    assert_eq!((&silent.out, silent.err.as_str()), (&ran.out, ""));
}

#[test]
fn a_command_that_imports_nothing_runs() {
    let directory = files();
    let text = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;
    std::fs::write(directory.path().join("start.wat"), text).expect("a file");
    assert_ran(
        &run(&mut program(directory.path(), &["run", "start.wat"])),
        0,
        "",
        "",
    );
}

#[test]
fn help_has_headings_and_examples() {
    let directory = files();
    for (command, argument) in [("run", "[COMMAND|FILE]..."), ("call", "<ENTRY|FILE>")] {
        let ran = run(&mut program(directory.path(), &[command, "--help"]));
        let arguments = ran.out.split_once("\nArguments:\n").expect("a heading").1;
        assert!(arguments.trim_start().starts_with(argument), "{}", ran.out);
        assert!(ran.out.contains("\nExamples:\n  wippy "), "{}", ran.out);
    }
}
