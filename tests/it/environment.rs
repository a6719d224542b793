//! What a guest is told of the world it runs in: arguments, environment, where it starts.

use std::time::Duration;

use wippy::stdio::Stdio;
use wippy::stdio::{InputSource, Sink};

use crate::cli::{program, run, wippy};
use crate::support::{Project, simulated};

/// What the adapter of preview 1 asks for when it starts.
const IMPORTS: &str = "[wasi:cli, wasi:io, wasi:clocks]";

fn args(extra: &[(&str, &dyn std::fmt::Display)]) -> Project {
    let mut project = Project::new();
    project.command("args", "args", IMPORTS, extra);
    project
}

#[test]
fn a_command_gets_its_name_and_the_words_after_it() {
    let ran = wippy(&args(&[]), &["run", "args", "a", "b c", "--json", "-C", ""]);
    let lines = [
        "arg 0: args",
        "arg 1: a",
        "arg 2: b c",
        "arg 3: --json",
        "arg 4: -C",
        "arg 5: ",
        "cwd: /",
        "initial-cwd: /",
        "",
    ];
    assert_eq!(
        (ran.code, ran.out, ran.err.as_str()),
        (Some(0), lines.join("\n"), "")
    );
}

#[test]
fn nothing_of_the_hosts_own_environment_gets_in() {
    let directory = args(&[]).directory();
    let mut command = program(directory.path(), &["run", "args"]);
    let ran = run(command.env("SECRET_OF_THE_HOST", "1"));
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), "arg 0: args\ncwd: /\ninitial-cwd: /\n"),
        "{}",
        ran.err
    );
}

#[test]
fn the_entry_says_where_a_guest_starts() {
    let ran = wippy(&args(&[("wasi", &"{cwd: /srv/data}")]), &["run", "args"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.ends_with("initial-cwd: /srv/data\n"), "{}", ran.out);
}

#[test]
fn arguments_of_the_entry_stand_in_place_of_all_others() {
    let ran = wippy(
        &args(&[("wasi", &"{args: [one, 'two three']}")]),
        &["run", "args", "ignored"],
    );
    let text = "arg 0: one\narg 1: two three\ncwd: /\ninitial-cwd: /\n";
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), text), "{}", ran.err);
    let ran = wippy(
        &args(&[("wasi", &"{args: []}")]),
        &["run", "args", "ignored"],
    );
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), "cwd: /\ninitial-cwd: /\n"),
        "{}",
        ran.err
    );
}

#[test]
fn the_adapter_knows_two_ways_to_exit() {
    for (status, code) in [("0", 0), ("1", 1), ("7", 1)] {
        let ran = wippy(&args(&[]), &["run", "args", "--exit", status]);
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(
            ran.out.starts_with("arg 0: args\n") && ran.out.ends_with("initial-cwd: /\n"),
            "{}",
            ran.out
        );
    }
}

/// The same with a variable that nothing sets.
fn args_and_token(wasi: &str) -> Project {
    let mut project = args(&[("wasi", &wasi)]);
    project
        .entry("TOKEN", "env.variable", &[("storage", &"memory")])
        .entry("memory", "env.storage.memory", &[]);
    project
}

#[test]
fn a_required_variable_that_is_not_set_fails_the_call() {
    let wasi = "{env: [{id: 'test:TOKEN', name: TOKEN, required: true}]}";
    let ran = wippy(&args_and_token(wasi), &["run", "args"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
    assert!(
        ran.err
            .contains("required wasi env variable not found: test:TOKEN\n"),
        "{}",
        ran.err
    );
}

#[test]
fn a_variable_that_is_not_required_is_left_out() {
    let wasi = "{env: [{id: 'test:TOKEN', name: TOKEN}]}";
    let ran = wippy(&args_and_token(wasi), &["run", "args"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), "arg 0: args\ncwd: /\ninitial-cwd: /\n"),
        "{}",
        ran.err
    );
}

/// A guest of another compiler, which sleeps through the adapter: five milliseconds of virtual time.
#[test]
fn a_guest_in_c_prints_its_arguments_and_sleeps() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let mut project = Project::new();
    project.command("hello-c", "hello-c", IMPORTS, &[]);
    let runtime = project.load(&dispatcher);
    let (printed, stdout) = wippy::stdio::pipe(&handle, 4096).expect("a pipe");
    let (_said, stderr) = wippy::stdio::pipe(&handle, 4096).expect("a pipe");
    let stdio = Stdio::new(InputSource::Empty, Sink::Pipe(stdout), Sink::Pipe(stderr));
    let (slept, text) = dispatcher
        .block_on(async {
            let entry = runtime
                .registry()
                .command("hello-c")
                .expect("a command")
                .clone();
            runtime
                .prepare(&entry.id.to_string())
                .await
                .expect("compiled");
            let begun = handle.now().expect("a clock");
            let words = ["x".to_owned(), "y z".to_owned()];
            let status = runtime
                .run("hello-c", stdio, &words)
                .await
                .expect("a status");
            assert_eq!(status.code, 0);
            let slept = handle.now().expect("a clock") - begun;
            (
                slept,
                printed.next(4096).await.expect("a pipe").expect("text"),
            )
        })
        .expect("no deadlock");
    assert_eq!(
        String::from_utf8_lossy(&text),
        "arg 0: hello-c\narg 1: x\narg 2: y z\nslept 5 ms\n"
    );
    // Yields cost virtual time too, microseconds of it.
    assert!(
        (Duration::from_millis(5)..Duration::from_millis(6)).contains(&slept),
        "{slept:?}"
    );
}

/// One variable from each kind of storage, under names of the guest's own.
#[test]
fn variables_come_from_their_storages() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("values.env");
    std::fs::write(&file, "# a comment\nFROM_FILE=\"a b\"\n").expect("a file");
    let wasi = "{env: [{id: fixed, name: A}, {id: kept, name: B}, {id: routed, name: C}, {id: other, name: D}]}";
    let mut project = args(&[("wasi", &wasi)]);
    project
        .entry(
            "static",
            "env.storage.static",
            &[("values", &"{FIXED: one}")],
        )
        .entry(
            "file",
            "env.storage.file",
            &[("file_path", &file.display())],
        )
        .entry(
            "router",
            "env.storage.router",
            &[("storages", &"[static, file]")],
        )
        .entry(
            "fixed",
            "env.variable",
            &[("variable", &"FIXED"), ("storage", &"static")],
        )
        .entry(
            "kept",
            "env.variable",
            &[("variable", &"FROM_FILE"), ("storage", &"file")],
        )
        .entry(
            "routed",
            "env.variable",
            &[
                ("variable", &"NOWHERE"),
                ("storage", &"router"),
                ("default", &"three"),
            ],
        )
        .entry(
            "other",
            "env.variable",
            &[("variable", &"ABSENT"), ("storage", &"static")],
        );
    let ran = wippy(&project, &["run", "args"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (
            Some(0),
            "arg 0: args\nenv A=one\nenv B=a b\nenv C=three\ncwd: /\ninitial-cwd: /\n"
        ),
        "{ran:?}"
    );
}

#[test]
fn an_override_on_the_command_line_changes_an_entry() {
    let project = args(&[]);
    let ran = wippy(
        &project,
        &["-o", "test:args:wasi.cwd=/elsewhere", "run", "args"],
    );
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), "arg 0: args\ncwd: /\ninitial-cwd: /elsewhere\n"),
        "{ran:?}"
    );
    let ran = wippy(&project, &["-o", "test:nobody:wasi.cwd=/x", "run", "args"]);
    assert!(ran.err.contains("nobody"), "{ran:?}");
}
