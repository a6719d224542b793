//! Whole projects through the program: what is listed, skipped, told and run.

use std::path::Path;

use crate::cli::{Ran, program, run};
use crate::support::{Project, guests, hash_of};

fn write(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().expect("below it")).expect("a directory");
    std::fs::write(path, text).expect("a file");
}

/// A web application in Lua with a function and a command in WebAssembly.
fn lua_heavy() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let components = guests().join("components");
    let mut text = format!(
        "version: \"1.0\"
namespace: app
entries:
- {{name: server, kind: http.service, addr: \":8080\"}}
- {{name: api, kind: http.router, prefix: /api}}
- {{name: db, kind: db.sql.sqlite, file: ./app.db, pool: {{max_open: 5}}}}
- {{name: store, kind: fs.s3, bucket: b}}
- {{name: processes, kind: process.host, host: {{workers: 32}}}}
- {{name: work, kind: process.lua, source: file://work.lua, method: main}}
- {{name: worker, kind: process.service, process: work, host: processes, lifecycle: {{auto_start: true}}}}
- {{name: guests, kind: fs.directory, directory: '{}'}}
- {{name: add, kind: function.wasm, fs: guests, path: types.wasm, hash: '{}', method: add}}
- {{name: exits, kind: process.wasm, meta: {{command: {{name: exits}}}}, fs: guests, path: exits.wasm, hash: '{}', method: wasi:cli/run, imports: [wasi:cli]}}
- {{name: done, kind: process.service, process: exits, host: processes, input: [ok], lifecycle: {{auto_start: true}}}}
- {{name: far, kind: function.wasm, fs: store, path: x.wasm, hash: 'sha256:00', method: add}}
- {{name: farther, kind: function.wasm, fs: store, path: x.wasm, hash: 'sha256:00', method: add}}
",
        components.display(),
        hash_of("types"),
        hash_of("exits"),
    );
    for number in 0..100 {
        text.push_str(&format!(
            "- {{name: page{number}, kind: function.lua, source: file://page.lua, modules: [http, sql], pool: {{size: many}}}}\n\
             - {{name: page{number}.get, kind: http.endpoint, method: GET, path: /{number}, func: page{number}}}\n"
        ));
    }
    write(directory.path(), "src/_index.yaml", &text);
    directory
}

#[test]
fn a_project_that_is_mostly_lua_loads_lists_and_runs_what_is_wasm() {
    let directory = lua_heavy();
    let start = |words: &[&str]| run(&mut program(directory.path(), words));
    let code = |words: &[&str]| {
        let Ran { code, out, err } = start(words);
        assert!(!err.contains("error: "), "{words:?}: {err}");
        (code, out)
    };
    assert_eq!(code(&["call", "add", "2", "40"]), (Some(0), "42\n".into()));
    assert_eq!(code(&["run", "exits", "code", "7"]), (Some(7), "".into()));
    let commands = "Available commands:\n  exits\n";
    assert_eq!(code(&["run", "list"]), (Some(0), commands.into()));
    assert_eq!(code(&["check"]).0, Some(0));
    // The service in Lua is passed over, the other one runs to its end.
    assert_eq!(code(&["run"]), (Some(0), "".into()));

    let (_, list) = code(&["registry", "list"]);
    let state = |id: &str| {
        let line = list.lines().find(|line| line.split(' ').next() == Some(id));
        let line = line.unwrap_or_else(|| panic!("{id}: {list}"));
        line.ends_with("  not run here")
    };
    for id in [
        "db",
        "work",
        "page7",
        "page7.get",
        "worker",
        "far",
        "farther",
    ] {
        assert!(state(&format!("app:{id}")), "{id}: {list}");
    }
    for id in ["server", "api", "add", "exits", "done", "processes"] {
        assert!(!state(&format!("app:{id}")), "{id}: {list}");
    }

    // An error only when it is asked for, and then with its reason, whichever of many it is.
    let refused: [(&[&str], &str); 5] = [
        (
            &["call", "page7"],
            "app:page7: a function.lua cannot be called",
        ),
        (
            &["call", "page7.get"],
            "app:page7.get is not run here: app:page7.get: func: app:page7 is of kind function.lua, which is not run here",
        ),
        (
            &["call", "far"],
            "app:far is not run here: app:far: fs: app:store is of kind fs.s3, which is not run here",
        ),
        (
            &["call", "farther"],
            "app:farther is not run here: app:farther: fs: app:store is of kind fs.s3, which is not run here",
        ),
        (
            &["run", "-x", "work"],
            "app:work: a process.lua is no process",
        ),
    ];
    for (words, text) in refused {
        let Ran { code, out, err } = start(words);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{words:?}");
        assert_eq!(err.lines().last(), Some(format!("error: {text}").as_str()));
    }
    let strict = start(&["check", "--strict"]);
    assert_eq!(strict.code, Some(2), "{strict:?}");
    let text =
        "error: app:page7.get: func: app:page7 is of kind function.lua, which is not run here";
    assert!(strict.err.contains(text), "{strict:?}");
}

#[test]
fn check_lists_what_it_skipped() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    for name in ["node_modules/x.yaml", "a/.git/x.yaml", "b/cache/x.yaml"] {
        write(directory, name, "namespace: [\n");
    }
    write(directory, "b/cache/CACHEDIR.TAG", "");
    write(directory, "other.yaml", "services: {not: ours}\n");
    write(directory, "ours.yaml", "namespace: empty\n");
    let ran = run(&mut program(directory, &["check"]));
    let path = |name: &str| directory.join(name).display().to_string();
    let [git, cache, modules] = ["a/.git", "b/cache", "node_modules"].map(path);
    let expected = format!(
        "skipped {git}\nskipped {cache}\nskipped {modules}\n0 entries, 0 modules compiled: 0 errors, 0 warnings\n"
    );
    assert_eq!((ran.code, ran.out, ran.err), (Some(0), expected, "".into()));
}

/// A command that works beside one mistake of each step: form, reference, module.
#[test]
fn mistakes_stop_neither_calls_nor_commands_of_others() {
    let mut project = Project::new();
    project.function("add", "types", "add", "[]", &[]);
    project.command("exits", "exits", "[wasi:cli]", &[]);
    project.entry("form", "fs.directory", &[]);
    project.text(
        "reference",
        "(module)",
        "f",
        "[]\n    wasi: {mounts: [{fs: nowhere, guest: /}]}",
    );
    project.function("module", "types", "nothing", "[]", &[]);
    let directory = project.directory();
    let start = |words: &[&str]| run(&mut program(directory.path(), words));
    let told = [
        "error: test:form: directory: empty directory path",
        "error: test:reference: wasi.mounts[0].fs: unknown entry test:nowhere",
        "error: test:module: method: method \"nothing\" not found",
    ];
    let cases: [(&[&str], i32, &str); 4] = [
        (&["call", "add", "1", "2"], 0, "3\n"),
        (&["run", "exits", "code", "5"], 5, ""),
        (&["run", "-x", "exits", "ok"], 0, ""),
        (
            &["check"],
            2,
            "6 entries, 2 modules compiled: 3 errors, 0 warnings\n",
        ),
    ];
    for (words, code, out) in cases {
        let ran = start(words);
        assert_eq!(ran.code, Some(code), "{words:?}: {ran:?}");
        match words {
            ["check"] => {
                for text in told {
                    assert_eq!(ran.err.matches(text).count(), 1, "{words:?}: {ran:?}");
                }
            }
            _ => {
                // The modules of other entries are not read.
                let told = "warning: other entries have 2 mistakes (the first at ";
                assert!(ran.err.starts_with(told), "{words:?}: {ran:?}");
                assert_eq!(ran.err.lines().count(), 1, "{words:?}: {ran:?}");
            }
        }
        assert!(words == ["check"] || ran.out == out, "{words:?}: {ran:?}");
        assert!(
            words != ["check"] || ran.out.contains(": 3 errors, "),
            "{ran:?}"
        );
    }
}

#[test]
fn settings_come_from_files_profiles_and_the_command_line() {
    let mut project = Project::new();
    project.command("exits", "exits", "[wasi:cli]", &[]);
    let directory = project.directory();
    let settings =
        |status: u8| format!("override: {{'test:exits:wasi.args': [exits, code, '{status}']}}\n");
    let profile =
        "profiles: {dev: {override: {'test:exits:wasi.args': [exits, code, '${env:STATUS}']}}}\n";
    write(
        directory.path(),
        ".wippy.yaml",
        &format!(
            "version: \"1.0\"\n{}{profile}unknown: {{section: 1}}\n",
            settings(3)
        ),
    );
    write(directory.path(), "a.yml", &settings(4));
    write(directory.path(), "b.yml", &settings(5));
    let file = |name: &str| directory.path().join(name).display().to_string();
    let (a, b) = (file("a.yml"), file("b.yml"));
    let code = |options: &[&str]| {
        let mut command = program(directory.path(), options);
        let ran = run(command.args(["run", "exits"]).env("STATUS", "7"));
        assert_eq!(
            (ran.out.as_str(), ran.err.as_str()),
            ("", ""),
            "{options:?}"
        );
        ran.code
    };
    assert_eq!(code(&[]), Some(3));
    assert_eq!(code(&["--config", &a]), Some(4));
    assert_eq!(code(&["--config", &a, "--config", &b]), Some(5));
    assert_eq!(code(&["--profile", "dev"]), Some(7));
    let set = "override.test:exits:wasi.args=[exits, code, '8']";
    assert_eq!(code(&["--profile", "dev", "--set", set]), Some(8));
    let over = "test:exits:wasi.args=[exits, code, '9']";
    assert_eq!(code(&["--set", set, "-o", over]), Some(9));
}

/// Running with other settings than were asked for is worse than not running.
#[test]
fn a_mistaken_option_is_a_usage_error_and_nothing_runs() {
    let mut project = Project::new();
    project.function("add", "types", "add", "[]", &[]);
    let directory = project.directory();
    let call = |options: &[&str]| {
        let words = [options, &["call", "add", "1", "2"]].concat();
        run(&mut program(directory.path(), &words))
    };
    let cases: [(&[&str], &str); 6] = [
        (
            &["-o", "add"],
            "-o add: expected namespace:entry:path=value",
        ),
        (
            &["-o", "test:ad:method=add"],
            "override: override of the unknown entry test:ad (did you mean test:add?)",
        ),
        (
            &["--set", "vars"],
            "--set vars: expected section.path=value",
        ),
        (
            &["--set", "vars=1"],
            "vars: expected a mapping, found the string \"1\"",
        ),
        (
            &["--profile", "dev"],
            "--profile dev: there is no such profile (the settings have no profiles)",
        ),
        (&["--config", "/nowhere"], "--config /nowhere: no such file"),
    ];
    for (options, text) in cases {
        let ran = call(options);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{options:?}");
        assert_eq!(ran.err, format!("command line: error: {text}\n"));
    }
    // What does not fit an entry stops that entry.
    let other = call(&["-o", "test:guests:mode=x"]);
    assert_eq!((other.code, other.out.as_str()), (Some(2), ""), "{other:?}");
    let own = call(&["-o", "test:add:pool.size=x"]);
    assert!(
        own.err
            .ends_with("error: test:add cannot be used: its mistakes are listed above\n")
    );
}
