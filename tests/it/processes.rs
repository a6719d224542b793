//! Processes beside functions: no pool, hosts and their streams, and how they fail.

use std::fmt::Display;
use std::time::Duration;

use wippy::stdio::Stdio;

use crate::cli::{Ran, wippy};
use crate::support::{Project, hash_of, simulated};

fn process(
    project: &mut Project,
    name: &str,
    guest: &str,
    method: &str,
    imports: &str,
    pool: &str,
) {
    let (meta, hash) = (format!("{{command: {{name: {name}}}}}"), hash_of(guest));
    let path = format!("{guest}.wasm");
    let fields: [(&str, &dyn Display); 7] = [
        ("meta", &meta),
        ("fs", &"guests"),
        ("path", &path),
        ("hash", &hash),
        ("method", &method),
        ("imports", &imports),
        ("pool", &pool),
    ];
    project.entry(name, "process.wasm", &fields);
}

#[test]
fn the_pool_of_a_process_has_no_effect() {
    let mut project = Project::new();
    let imports = "[wasi:clocks, wasi:io]";
    process(
        &mut project,
        "nap",
        "sleeper",
        "sleep-series",
        imports,
        "{type: inline}",
    );
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    let handle = dispatcher.handle();
    let took = dispatcher
        .block_on(async {
            let entry = runtime
                .registry()
                .command("nap")
                .expect("a command")
                .clone();
            runtime
                .prepare(&entry.id.to_string())
                .await
                .expect("compiled");
            let begun = handle.now().expect("a clock");
            let mut tasks = Vec::new();
            for _ in 0..6 {
                let runtime = runtime.clone();
                let task = dispatcher.spawn(async move {
                    let words = ["[10000]".to_owned()];
                    runtime
                        .run("nap", Stdio::logged("nap"), &words)
                        .await
                        .map(drop)
                });
                tasks.push(task.expect("a task"));
            }
            for task in tasks {
                task.await.expect("not cancelled").expect("a nap");
            }
            handle.now().expect("a clock") - begun
        })
        .expect("no deadlock");
    // An inline pool would take them one after the other, for 60 ms.
    assert!((10..20).contains(&took.as_millis()), "{took:?}");
    assert!(took >= Duration::from_millis(10), "{took:?}");
}

#[test]
fn a_trap_is_a_failed_command_and_an_unfitting_word_a_usage_error() {
    let mut project = Project::new();
    process(
        &mut project,
        "panic",
        "types",
        "panic",
        "[wasi:cli, wasi:io]",
        "{}",
    );
    process(&mut project, "add", "types", "add", "[]", "{}");
    let directory = project.directory();
    let start = |words: &[&str]| {
        let words = [&["run"], words].concat();
        let Ran { code, out, err } =
            crate::cli::run(&mut crate::cli::program(directory.path(), &words));
        (code, out, err)
    };
    let (code, out, err) = start(&["panic"]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(
        err.contains("error: test:panic: ") && err.contains("unreachable"),
        "{err}"
    );
    for words in [&["add"][..], &["add", "1"], &["add", "1", "2", "3"]] {
        let (code, out, err) = start(words);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.contains("add: func(a: s32, b: s32) -> s32"), "{err}");
    }
    // Words are values of the parameters' types, not JSON.
    assert_eq!(start(&["add", "-3", "4"]), (Some(1), "".into(), "".into()));
    assert_eq!(
        start(&["add", "-4", "3"]),
        (Some(0), "-1\n".into(), "".into())
    );
}

/// A service on a terminal host has the program's own streams; on another, its output is the log's.
#[test]
fn the_host_of_a_service_decides_where_its_output_goes() {
    let ran = |host: &str| {
        let mut project = Project::new();
        project.entry("host", host, &[]);
        project.command("args", "args", "[wasi:cli, wasi:io]", &[]);
        let fields: [(&str, &dyn Display); 4] = [
            ("process", &"args"),
            ("host", &"host"),
            ("input", &"[word]"),
            ("lifecycle", &"{auto_start: true}"),
        ];
        project.entry("service", "process.service", &fields);
        wippy(&project, &["run"])
    };
    let terminal = ran("terminal.host");
    assert_eq!(terminal.code, Some(0), "{terminal:?}");
    assert!(
        terminal.out.starts_with("arg 0: args\narg 1: word\n"),
        "{terminal:?}"
    );
    let other = ran("process.host");
    assert_eq!((other.code, other.out.as_str()), (Some(0), ""), "{other:?}");
    let line = other.err.lines().find(|line| line.contains("arg 1: word"));
    assert!(
        line.is_some_and(|line| line.contains("test:service")),
        "{other:?}"
    );
}

#[test]
fn command_names_are_unique_and_the_first_keeps_its_own() {
    let mut project = Project::new();
    project.command("exits", "exits", "[wasi:cli]", &[]);
    let (meta, hash) = ("{command: {name: exits}}", hash_of("exits"));
    let fields: [(&str, &dyn Display); 6] = [
        ("meta", &meta),
        ("fs", &"guests"),
        ("path", &"exits.wasm"),
        ("hash", &hash),
        ("method", &"wasi:cli/run"),
        ("imports", &"[wasi:cli]"),
    ];
    project.entry("again", "process.wasm", &fields);
    let ran = wippy(&project, &["run", "exits", "code", "6"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(6), ""), "{ran:?}");
    let text = "error: test:again: meta.command.name: command name \"exits\" is not unique: test:exits at ";
    assert!(
        ran.err
            .starts_with("warning: another entry has a mistake (at "),
        "{ran:?}"
    );
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    let check = wippy(&project, &["check"]);
    assert!(check.err.contains(text), "{check:?}");
    let list = wippy(&project, &["run", "list"]);
    assert_eq!(list.out, "Available commands:\n  exits\n");
}
