//! Mistakes in a project: where they are told, and what they stop.

use std::path::Path;

use serde_json::Value;

use super::{functions, program, run, wippy};
use crate::support::{Project, hash_of};

/// A project with a mistaken entry in a known place.
fn mistaken() -> Project {
    let mut project = functions();
    project.entry(
        "bad",
        "function.wasm",
        &[
            ("fs", &"guests"),
            ("path", &"/types.wasm"),
            ("method", &"add"),
        ],
    );
    project
}

/// Line and column of the mistaken entry in its file.
fn place_of_bad(directory: &Path) -> String {
    let file = directory.join("_index.yaml");
    let text = std::fs::read_to_string(&file).expect("a file");
    let line = text
        .lines()
        .position(|line| line == "  - name: bad")
        .expect("a line")
        + 1;
    format!("{}:{line}:5: error: test:bad: ", file.display())
}

/// The line that tells of one mistake at `place`, such as `file:line:column`.
fn others(place: &str) -> String {
    format!("warning: another entry has a mistake (at {place}); 'wippy check' shows it\n")
}

#[test]
fn a_mistake_is_told_with_its_place_and_stops_nothing_else() {
    let directory = mistaken().directory();
    let place = place_of_bad(directory.path());
    let good = run(&mut program(directory.path(), &["call", "add", "2", "40"]));
    assert_eq!(
        (good.code, good.out.as_str()),
        (Some(0), "42\n"),
        "{good:?}"
    );
    let at = place.split_once(": ").expect("a place").0;
    assert_eq!(good.err, others(at));
    let bad = run(&mut program(directory.path(), &["call", "bad", "2", "40"]));
    assert_eq!((bad.code, bad.out.as_str()), (Some(2), ""), "{bad:?}");
    let told: Vec<&str> = bad.err.lines().collect();
    let [mistake, outcome] = told[..] else {
        panic!("{}", bad.err);
    };
    assert!(
        mistake.starts_with(&place) && mistake.contains("hash is required"),
        "{place}\n{mistake}"
    );
    assert_eq!(
        outcome,
        "error: test:bad cannot be used: its mistakes are listed above"
    );
}

#[test]
fn text_that_is_no_yaml_is_told_with_its_place() {
    let directory = functions().directory();
    std::fs::write(
        directory.path().join("other.yaml"),
        "namespace: other\nentries: [\n",
    )
    .expect("a file");
    let ran = run(&mut program(directory.path(), &["call", "add", "2", "40"]));
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "42\n"), "{ran:?}");
    let rest = ran.err.split_once("other.yaml:").expect("the file").1;
    let mut place = rest.split(':');
    for _ in ["line", "column"] {
        place
            .next()
            .expect("a place")
            .parse::<u32>()
            .expect("a number");
    }
    assert_eq!(place.next(), Some(" error"), "{}", ran.err);
}

#[test]
fn a_wrong_hash_is_told_with_both_hashes() {
    let mut project = Project::new();
    let zeroes = "0".repeat(64);
    let hash = format!("sha256:{zeroes}");
    let fields: [(&str, &dyn std::fmt::Display); 4] = [
        ("fs", &"guests"),
        ("path", &"/types.wasm"),
        ("hash", &hash),
        ("method", &"add"),
    ];
    project.entry("add", "function.wasm", &fields);
    let actual = hash_of("types").replace("sha256:", "");
    let text = format!(
        "error: test:add: hash: hash mismatch: expected {zeroes}, got {actual} \
         (if the file is as it should be, sha256:{actual})\n"
    );
    let refused = "error: test:add cannot be used: its mistakes are listed above\n";
    let ran = wippy(&project, &["call", "add", "1", "2"]);
    let (place, told) = ran.err.split_once(": ").expect("a place");
    assert!(place.ends_with("_index.yaml:11:11"), "{place}");
    assert_eq!(
        (ran.code, told),
        (Some(2), format!("{text}{refused}").as_str())
    );

    // Nobody else reads that file.
    project.function("greet", "types", "greet", "[]", &[]);
    let ran = wippy(&project, &["call", "greet", "\"you\""]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
}

#[test]
fn with_json_every_error_is_a_line_of_json() {
    let directory = mistaken().directory();
    let cases: [(&[&str], i32); 6] = [
        (&["call", "panic"], 1),
        (&["call", "nothing"], 2),
        (&["call", "add", "x"], 2),
        (&["call", "add", "1"], 2),
        (&["call", "bad"], 2),
        (&["run", "nothing"], 2),
    ];
    for (words, code) in cases {
        let ran = run(&mut program(
            directory.path(),
            &[&["--json"], words].concat(),
        ));
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{words:?}");
        // Log lines of a guest are no errors.
        let errors: Vec<&str> = ran
            .err
            .lines()
            .filter(|line| line.starts_with('{'))
            .collect();
        let errors: Vec<Value> = errors
            .iter()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect();
        let (last, before) = errors.split_last().expect("an error");
        assert_eq!(last["severity"], "error", "{words:?}");
        assert!(last["message"].is_string(), "{last}");
        for mistake in before {
            match words.contains(&"bad") {
                true => {
                    assert_eq!(mistake["entry"], "test:bad");
                    assert_eq!(mistake["column"], 5);
                    assert!(
                        mistake["line"].is_u64() && mistake["file"].is_string(),
                        "{mistake}"
                    );
                }
                // Those of others are a number.
                false => assert!(
                    mistake["severity"] == "warning"
                        && mistake["message"].as_str().is_some_and(
                            |text| text.starts_with("another entry has a mistake (at ")
                        ),
                    "{mistake}"
                ),
            }
        }
        assert!(!before.is_empty() || words.contains(&"x"), "{words:?}");
    }
    let ran = run(&mut program(
        directory.path(),
        &["--json", "call", "add", "1"],
    ));
    let last: Value = serde_json::from_str(ran.err.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["entry"], "test:add");
    assert_eq!(
        last["message"],
        "parameter count mismatch: expected 2, got 1; \
         the function is add: func(a: s32, b: s32) -> s32"
    );
}

#[test]
fn a_name_that_is_none_leads_to_what_is_meant() {
    let project = functions();
    let directory = project.directory();
    let err = |words: &[&str]| {
        let ran = run(&mut program(directory.path(), words));
        assert_eq!(ran.code, Some(2), "{words:?}: {ran:?}");
        ran.err
    };
    assert!(
        err(&["run", "add"])
            .contains("(test:add is a function; call it with 'wippy call test:add')")
    );
    assert!(err(&["run", "guests"]).contains("(test:guests is an fs.directory)"));
    assert_eq!(
        err(&["hash", "add"]),
        "error: add: no such file (test:add is an entry: 'wippy hash --write test:add' writes its hash)\n"
    );
    assert_eq!(
        err(&["hash", "addd"]),
        "error: addd: no such file (did you mean the entry test:add?)\n"
    );
    std::fs::write(
        directory.path().join(".wippy.yaml"),
        "overide: {}\nlogger: {}\n",
    )
    .expect("a file");
    let ran = run(&mut program(directory.path(), &["call", "add", "1", "2"]));
    let told: Vec<&str> = ran
        .err
        .lines()
        .filter(|line| line.contains(".wippy.yaml"))
        .collect();
    let [line] = told[..] else { panic!("{ran:?}") };
    assert!(
        line.ends_with("unknown section \"overide\" (did you mean \"override\"?)"),
        "{line}"
    );
}

#[test]
fn a_refused_address_is_told_with_the_rule_that_permits_it() {
    let mut project = Project::new();
    let wasi = "{network: {allow: ['tcp:10.0.0.1:80']}}";
    let imports = "[wasi:cli, wasi:io, wasi:clocks, wasi:sockets]";
    project.function("ask", "sockets", "sockets#may", imports, &[("wasi", &wasi)]);
    let ran = wippy(&project, &["call", "ask", "\"tcp\"", "1", "9"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), "\"access-denied\"\n"),
        "{ran:?}"
    );
    assert_eq!(
        ran.err,
        " WARN network: test:ask: 127.0.0.1:9 is refused; \
         add `- \"tcp:127.0.0.1:9\"` to its wasi.network.allow\n"
    );
    let fetch = "http-client#fetch";
    let wasi = "{network: {allow: []}}";
    project.function(
        "get",
        "http-client",
        fetch,
        "[wasi:io, wasi:clocks, wasi:http]",
        &[("wasi", &wasi)],
    );
    let request = r#"{"method": "GET", "scheme": "http", "authority": "localhost:8080", "path": "/secret", "headers": [], "trailers": [], "body-first": false, "unfinished": false}"#;
    let ran = wippy(&project, &["call", "get", request]);
    assert!(
        ran.err
            .contains("test:get: localhost:8080 is refused; add `- \"http:localhost:8080\"`"),
        "{ran:?}"
    );
    assert!(!ran.err.contains("secret"), "{ran:?}");
}
