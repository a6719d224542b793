//! Settings, overrides, and the options of the command line.

use super::*;
use crate::env::OsEnvironment;

const ENTRIES: &str = "namespace: app
entries:
- {name: f, kind: function.wat, source: (module), method: m, pool: {size: 1}, wasi: {args: [a, b]}}
- {name: g, kind: function.wat, source: s, method: m}
- {name: v, kind: env.variable, storage: os, variable: V, default: x}
- {name: os, kind: env.storage.os}
---
namespace: extra
name: bad
kind: function.wat
";

fn load(settings: &str, options: LoadOptions) -> Loaded {
    let dir = tempfile::tempdir().expect("a directory");
    write(dir.path(), "_index.yaml", ENTRIES);
    write(dir.path(), ".wippy.yaml", settings);
    let os = OsEnvironment::fixed([("WHERE", "/os"), ("SIZE", "3")]);
    super::super::load(dir.path(), &options.os(os))
}

/// What is said beside the one error of `extra:bad`, files without their directory.
fn said(loaded: &Loaded) -> Vec<String> {
    let others = found(loaded).filter(|d| d.entry != Some(Id::new("extra", "bad")));
    let line = |line: String| match line.split_once(".yaml:") {
        Some((_, rest)) => rest.to_owned(),
        None => line,
    };
    others.map(|d| line(d.to_string())).collect()
}

fn f(loaded: &Loaded) -> Function {
    let entry = loaded.registry.resolve("app:f");
    let entry = entry.unwrap_or_else(|e| panic!("{e}"));
    entry.function().cloned().expect("a function")
}

#[test]
fn overrides_reach_every_part_of_an_entry() {
    let settings = "version: '1.0'
vars: {cwd: '${env:WHERE}/x', size: '${env:SIZE}'}
logger: {level: debug, at: '${env:WHERE}'}
override:
  app:f:pool.size: ${size}
  app:f:data.wasi.cwd: ${cwd}
  app:f:wasi.args[1]: 'cost $${env:V}'
  app:f:wasi.args.0: ${env:NONE|d}
  app:f:limits: {max_resources: 9}
  app:f:meta.note: hello
  app:g:kind: function.lua
";
    let loaded = load(settings, LoadOptions::default());
    assert_eq!(said(&loaded), [""; 0]);
    let f = f(&loaded);
    assert_eq!((f.pool.size, f.wasi.cwd.as_str()), (3, "/os/x"));
    let args = ["d".to_owned(), "cost ${env:V}".to_owned()];
    assert_eq!(f.wasi.args.as_deref(), Some(&args[..]));
    assert_eq!(f.limits.max_resources, Some(9));
    let entry = |name| {
        loaded
            .registry
            .get(&Id::new("app", name))
            .expect("there")
            .clone()
    };
    let note = entry("f")
        .meta
        .at("note")
        .and_then(|n| n.as_str().map(str::to_owned));
    assert_eq!(note.as_deref(), Some("hello"));
    assert_eq!(entry("g").kind_name(), "function.lua");
    let logged = loaded.settings.at("logger.at").and_then(Node::as_str);
    assert_eq!(logged, Some("/os"));
    assert_eq!(loaded.errors().count(), 2, "those of extra:bad alone");
}

#[test]
fn mistakes_of_settings_have_their_places() {
    let cases = [
        (
            "override: {'app:h:pool.size': 1}",
            "1:12: error: override: override of the unknown entry app:h (did you mean app:f?)",
        ),
        (
            "override: {'app:f': 1}",
            "1:12: error: override: expected namespace:entry:path, found \"app:f\"",
        ),
        (
            "override: {'app:f:method.x': 1}",
            "1:12: error: app:f: method.x: cannot be overridden: the string \"m\" has no field \"x\"",
        ),
        (
            "override: {'app:f:wasi.args[5]': 1}",
            "1:12: error: app:f: wasi.args[5]: cannot be overridden: \"5\" is no index of a list of 2",
        ),
        (
            "override: {'app:f:pool.size': many}",
            "1:31: error: app:f: pool.size: expected an integer, found the string \"many\"",
        ),
        (
            "override: {'app:f:meta': 1}",
            "1:12: error: app:f: meta: cannot be overridden: expected a mapping, found the number 1",
        ),
        (
            "override: {'app:f:kind': []}",
            "1:12: error: app:f: kind: cannot be overridden: expected a kind, found a list",
        ),
        (
            "override: [1]",
            "1:11: error: override: expected a mapping, found a list",
        ),
        (
            "disable: {entries: [1]}",
            "1:20: error: disable.entries: expected a list of strings, found a list",
        ),
        (
            "disable: {entries: [f]}",
            "1:21: error: disable.entries: \"f\" is not an entry ID: expected namespace:name",
        ),
        (
            "disable: {entries: ['app:x']}",
            "1:21: warning: disable.entries: unknown entry app:x",
        ),
        (
            "disable: {namespaces: [ap]}",
            "1:24: warning: disable.namespaces: no entry is in the namespace \"ap\"",
        ),
        (
            "version: '2'",
            "1:10: warning: version: expected version \"1.0\", found the string \"2\"",
        ),
        (
            "x: '${env:NONE}'",
            "1:4: error: x: the environment variable \"NONE\" is not set",
        ),
        (
            "x: '${nothing}'",
            "1:4: error: x: vars has no value \"nothing\"",
        ),
        ("- x", "1:1: error: expected a mapping, found a list"),
        (
            "{a: 1, a: 2}",
            "1:8: error: duplicate key \"a\": first written in line 1, column 2",
        ),
    ];
    for (settings, expected) in cases {
        let loaded = load(settings, LoadOptions::default());
        assert_eq!(said(&loaded), [expected], "{settings}");
    }
    let invalid = load("a: [", LoadOptions::default());
    assert_eq!(said(&invalid).len(), 1, "said once: {:?}", said(&invalid));
}

#[test]
fn disabled_entries_are_not_there() {
    let settings = "disable: {namespaces: [extra], entries: ['app:os', 'app:g']}\noverride: {'app:g:method': x}\n";
    let loaded = load(settings, LoadOptions::default());
    let disabled: Vec<_> = loaded.disabled.iter().map(Id::to_string).collect();
    assert_eq!(disabled, ["app:g", "app:os", "extra:bad"]);
    assert_eq!(
        said(&loaded),
        ["5:42: error: app:v: storage: unknown entry app:os (app:os is disabled by the settings)"]
    );
    assert!(loaded.registry.resolve("app:f").is_ok());
}

#[test]
fn profiles_lie_over_the_rest() {
    let settings = "override: {'app:f:pool.size': 5, 'app:f:method': base}
profiles:
  dev: {vars: {size: 7}, override: {'app:f:pool.size': '${size}'}}
  prod: {override: {'app:f:pool.size': '${env:NOT_SET_HERE}'}}
";
    let plain = load(settings, LoadOptions::default());
    assert_eq!(said(&plain), [""; 0]);
    assert_eq!(
        (f(&plain).pool.size, f(&plain).method.as_str()),
        (5, "base")
    );
    let dev = load(settings, LoadOptions::default().profile(Some("dev".into())));
    assert_eq!((f(&dev).pool.size, f(&dev).method.as_str()), (7, "base"));
    let unknown = load(
        settings,
        LoadOptions::default().profile(Some("staging".into())),
    );
    assert_eq!(
        said(&unknown),
        ["command line: error: --profile staging: there is no such profile (there are dev, prod)"]
    );
}

#[test]
fn the_command_line_comes_last() {
    let settings = "vars: {size: 2}\noverride: {'app:f:pool.size': '${size}'}\n";
    let options = LoadOptions::default();
    let set = load(settings, options.clone().settings(["vars.size=4"]));
    assert_eq!((said(&set), f(&set).pool.size), (vec![], 4));
    let set = load(
        settings,
        options.clone().settings(["override.app:f:pool.size=6"]),
    );
    assert_eq!((said(&set), f(&set).pool.size), (vec![], 6));
    let overrides = [
        "app:f:pool.size=8",
        "app:f:wasi.args=[x, y=z]",
        "app:f:method=12",
    ];
    let given = load(settings, options.clone().overrides(overrides));
    assert_eq!((said(&given), f(&given).pool.size), (vec![], 8));
    assert_eq!(f(&given).method, "12", "a text for a text");
    let args = ["x".to_owned(), "y=z".to_owned()];
    assert_eq!(f(&given).wasi.args.as_deref(), Some(&args[..]));
    let cases = [
        (
            "app:f",
            "command line: error: -o app:f: expected namespace:entry:path=value",
        ),
        (
            "app:x:y=1",
            "command line: error: override: override of the unknown entry app:x (did you mean app:f?)",
        ),
        (
            "app:f:pool.size=x",
            "command line: error: app:f: pool.size: expected an integer, found the string \"x\"",
        ),
    ];
    for (text, expected) in cases {
        let loaded = load(settings, options.clone().overrides([text]));
        assert_eq!(said(&loaded), [expected], "{text}");
    }
    let wrong = load(settings, options.settings(["vars"]));
    assert_eq!(
        said(&wrong),
        ["command line: error: --set vars: expected section.path=value"]
    );
}

#[test]
fn named_settings_files_are_read_instead() {
    let dir = tempfile::tempdir().expect("a directory");
    write(
        dir.path(),
        "a.yml",
        "override: {'app:f:pool.size': 3, 'app:f:method': a}",
    );
    write(dir.path(), "b.yml", "override: {'app:f:pool.size': 4}");
    let files = ["a.yml", "b.yml"].map(|name| dir.path().join(name));
    let loaded = load(
        "broken: [",
        LoadOptions::default().config_files(files.clone()),
    );
    assert_eq!((f(&loaded).pool.size, f(&loaded).method.as_str()), (4, "a"));
    assert_eq!(loaded.settings.files(), files);
    let text = from_yaml(ENTRIES, None, &LoadOptions::default().config_files(files));
    assert_eq!(f(&text).pool.size, 4);
    let missing = LoadOptions::default().config_files([dir.path().join("none.yaml")]);
    let loaded = load("", missing);
    let missing = |d: &Diagnostic| {
        d.message.starts_with("--config ") && d.message.ends_with("none.yaml: no such file")
    };
    assert!(loaded.errors().any(missing), "{:?}", lines(&loaded));
    assert!(loaded.has_command_line_errors());
}

#[test]
fn large_settings_end_soon() {
    let keys: String = (0..50_000).map(|i| format!("k{i}: '${{x}}'\n")).collect();
    let text = format!("vars: {{x: {}}}\n{keys}", "y".repeat(100));
    let loaded = load(&text, LoadOptions::default());
    let found = said(&loaded);
    assert!(
        found
            .iter()
            .any(|l| l.contains("placeholders give more than 1048576 bytes")),
        "{:?}",
        found.first()
    );
}

#[test]
fn how_calls_run_is_read_with_its_mistakes() {
    let written = "version: '1.0'\nvars: {n: '3'}\nwasm:\n  threads: ${n}\n  pin_threads: true\n  \
                   preemption_tick_us: 500\n  max_waiting: 7\n";
    let loaded = load(written, LoadOptions::default());
    assert_eq!(said(&loaded), [""; 0]);
    let wasm = loaded.settings.wasm();
    assert_eq!((wasm.threads, wasm.pin_threads), (Some(3), true));
    assert_eq!(
        wasm.preemption_tick,
        Some(std::time::Duration::from_micros(500))
    );
    assert_eq!((wasm.max_waiting, wasm.max_instances), (Some(7), None));

    let over = LoadOptions {
        settings: vec!["wasm.threads=8".to_owned()],
        ..LoadOptions::default()
    };
    assert_eq!(load(written, over).settings.wasm().threads, Some(8));

    let mistaken =
        "version: '1.0'\nwasm:\n  thread: 2\n  max_instances: 0\n  resident_bytes: much\n";
    let loaded = load(mistaken, LoadOptions::default());
    assert_eq!(
        said(&loaded),
        [
            "4:18: error: wasm.max_instances: expected an integer from 1 to 12000",
            "5:19: error: wasm.resident_bytes: expected an integer, found the string \"much\"",
            "3:3: warning: wasm.thread: unknown field \"thread\" (did you mean \"threads\"?)",
        ]
    );
    let loaded = load("wasm: 3", LoadOptions::default());
    assert_eq!(
        said(&loaded),
        ["1:7: error: wasm: expected a mapping, found the number 3"]
    );
}
