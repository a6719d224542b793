//! `wippy run -x`, `--host`, and `wippy test`.

use super::{assert_ran, wippy};
use crate::support::{Project, hash_of};

/// Two terminal hosts, and processes that print their arguments; only one of them is a command.
fn project(hosts: &[&str]) -> Project {
    let mut project = Project::new();
    for host in hosts {
        project.entry(host, "terminal.host", &[]);
    }
    project.command("args", "args", "[wasi:cli, wasi:io]", &[]);
    let hash = hash_of("args");
    let fields: [(&str, &dyn std::fmt::Display); 5] = [
        ("fs", &"guests"),
        ("path", &"args.wasm"),
        ("hash", &hash),
        ("method", &"wasi:cli/run"),
        ("imports", &"[wasi:cli, wasi:io]"),
    ];
    project.entry("nameless", "process.wasm", &fields);
    project.function("greet", "types", "greet", "[]", &[]);
    project
}

#[test]
fn a_process_runs_by_its_id() {
    let project = project(&[]);
    for id in ["test:nameless", "nameless"] {
        let ran = wippy(&project, &["run", "-x", id, "one", "-x", "--two"]);
        let expected = "arg 0: nameless\narg 1: one\narg 2: -x\narg 3: --two\n";
        assert!(ran.out.starts_with(expected), "{ran:?}");
        assert_eq!(ran.code, Some(0));
    }
    // A command has its own name there too.
    let ran = wippy(&project, &["run", "--execute", "test:args"]);
    assert!(ran.out.starts_with("arg 0: args\n"), "{ran:?}");
    let ran = wippy(&project, &["run", "-x", "greet"]);
    assert_ran(
        &ran,
        2,
        "",
        "error: test:greet: a function.wasm is no process\n",
    );
    let ran = wippy(&project, &["run", "-x", "test:nameles"]);
    assert_ran(
        &ran,
        2,
        "",
        "error: entry \"test:nameles\" not found (did you mean test:nameless?)\n",
    );
}

#[test]
fn one_of_several_terminal_hosts_has_to_be_chosen() {
    let project = project(&["first", "second"]);
    let ran = wippy(&project, &["run", "args"]);
    let text = "error: several terminal hosts: test:first, test:second; choose one with --host\n";
    assert_ran(&ran, 2, "", text);
    for host in ["second", "test:first"] {
        let ran = wippy(&project, &["run", "--host", host, "args", "word"]);
        assert!(ran.out.starts_with("arg 0: args\narg 1: word\n"), "{ran:?}");
    }
    let ran = wippy(&project, &["run", "--host", "greet", "args"]);
    assert_ran(&ran, 2, "", "error: test:greet is no terminal.host\n");
    let ran = wippy(&project, &["run", "--host", "third", "args"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("entry \"third\" not found"), "{ran:?}");
}

#[test]
fn the_projects_tests_are_the_command_with_that_use_case() {
    let mut project = project(&[]);
    let ran = wippy(&project, &["test"]);
    let text = "error: no command of this project has `use_case: test` in its meta.command\n";
    assert_ran(&ran, 2, "", text);

    let mut add = |name: &str| {
        let meta = format!("{{command: {{name: {name}, use_case: test}}}}");
        let hash = hash_of("exits");
        let fields: [(&str, &dyn std::fmt::Display); 6] = [
            ("meta", &meta),
            ("fs", &"guests"),
            ("path", &"exits.wasm"),
            ("hash", &hash),
            ("method", &"wasi:cli/run"),
            ("imports", &"[wasi:cli, wasi:io]"),
        ];
        project.entry(name, "process.wasm", &fields);
        project.directory()
    };
    let one = add("check-all");
    let ran = super::run(&mut super::program(one.path(), &["test", "code", "4"]));
    assert_ran(&ran, 4, "", "");
    let two = add("again");
    let ran = super::run(&mut super::program(two.path(), &["test"]));
    let text =
        "error: several commands have `use_case: test`: again, check-all; run one by its name\n";
    assert_ran(&ran, 2, "", text);
}
