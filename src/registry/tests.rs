//! Tests of whole projects: files, references, lookups, and that one error stops little.

use std::fs;
use std::path::Path;

use super::*;

mod environment;
mod generated;
mod lock;
mod mounts;
mod routes;
mod rules;
mod services;
mod settings;
mod ways;
mod world;

fn yaml(text: &str) -> Loaded {
    from_yaml(text, None, &LoadOptions::default())
}

fn lines(loaded: &Loaded) -> Vec<String> {
    found(loaded).map(ToString::to_string).collect()
}

/// What is found, but for fields of `wasi` without effect: the entries of these tests are about
/// other things, and import nothing.
pub(super) fn found(loaded: &Loaded) -> impl Iterator<Item = &Diagnostic> {
    let all = loaded.diagnostics.iter();
    all.filter(|found| !found.message.starts_with("has no effect: `imports`"))
}

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("below dir")).expect("made");
    fs::write(path, text).expect("written");
}

fn function(name: &str, fs: &str) -> String {
    format!("- {{name: {name}, kind: function.wasm, fs: {fs}, path: p, hash: h, method: m}}\n")
}

fn process(name: &str, command: &str) -> String {
    format!(
        "- {{name: {name}, kind: process.wasm, meta: {{command: {{name: {command}}}}}, fs: d, path: p, hash: h, method: m}}\n"
    )
}

const D: &str = "namespace: n\nentries:\n- {name: d, kind: fs.directory, directory: d}\n";

#[test]
fn a_project_with_mistakes_in_several_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    write(dir, "wippy.lock", "directories: {src: ./app}\n");
    write(
        dir,
        "app/_index.yaml",
        &format!("{D}{}", function("good", "d")),
    );
    write(
        dir,
        "app/a.yaml",
        "namespace: a\nentries:\n- {name: x, kind: function.wat, source: s}\n",
    );
    write(dir, "app/b.yml", "namespace: b\nentries: [\n");
    write(
        dir,
        "app/c.json",
        "{\"namespace\": \"c\", \"name\": \"x\", \"kind\": \"fs.directory\", \"directory\": 3}",
    );
    write(dir, "app/d.yaml", "services: [not ours]\n");
    write(dir, "app/node_modules/e.yaml", "namespace: [\n");
    write(dir, "other/f.yaml", "namespace: [\n");
    let loaded = load(dir, &LoadOptions::default());
    assert_eq!(loaded.source_dir, dir.join("app"));
    assert_eq!(loaded.skipped, [dir.join("app/node_modules")]);
    let app = dir.join("app");
    let found: Vec<_> = lines(&loaded)
        .iter()
        .map(|line| line.replace(&format!("{}/", app.display()), ""))
        .collect();
    let [a, b, c] = &found[..] else {
        panic!("{found:#?}")
    };
    assert_eq!(a, "a.yaml:3:3: error: a:x: method: method is required");
    assert!(
        b.starts_with("b.yml:") && b.contains(": error: YAML syntax error: "),
        "{b}"
    );
    assert_eq!(
        c,
        "c.json:1:70: error: c:x: directory: expected a string, found the number 3 (write \"3\", in quotes)"
    );
    assert!(
        loaded.registry.resolve("n:good").is_ok(),
        "an unrelated entry works"
    );
    assert!(matches!(
        loaded.registry.resolve("c:x"),
        Err(LookupError::Invalid { .. })
    ));
}

#[test]
fn one_mistake_of_each_kind_in_files_of_their_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    let wat =
        |rest: &str| format!("namespace: x\nname: f\nkind: function.wat\nsource: s\n{rest}\n");
    let file =
        |name: &str, text: String| write(dir, name, &text.replace(": x\n", &format!(": {name}\n")));
    write(dir, "_index.yaml", D);
    for (name, rest) in [
        ("a.yaml", "methd: m"),
        ("b.yaml", "method: m\nwasi: {env: [{id: token, name: T}]}"),
        (
            "c.yaml",
            "method: m\nwasi: {mounts: [{fs: 'n:d', guest: /a}, {fs: 'n:d', guest: /a/}]}",
        ),
        ("d.yaml", "method: 'm"),
        ("e.yaml", "method: m\nwasi: {cwd: '${env:NONE}'}"),
        ("f.yaml", "method: m\nmethod: n"),
    ] {
        file(name, wat(rest));
    }
    let loaded = load(dir, &LoadOptions::default());
    let found: Vec<_> = loaded
        .errors()
        .map(|d| d.to_string().replace(&format!("{}/", dir.display()), ""))
        .collect();
    let [a, b, c, d, e, f] = &found[..] else {
        panic!("{found:#?}")
    };
    assert_eq!(a, "a.yaml:1:1: error: a.yaml:f: method: method is required");
    assert_eq!(
        b,
        "b.yaml:6:19: error: b.yaml:f: wasi.env[0].id: dangling env reference: unknown entry b.yaml:token (the project has no env.variable entry; d.yaml could not be read completely)"
    );
    assert_eq!(
        c,
        "c.yaml:6:60: error: c.yaml:f: wasi.mounts[1].guest: wasi.mounts[].guest must be unique"
    );
    assert!(
        d.starts_with("d.yaml:") && d.contains(": error: YAML syntax error: "),
        "{d}"
    );
    assert_eq!(
        e,
        "e.yaml:6:13: error: e.yaml:f: wasi.cwd: unknown variable \"NONE\" (${env:NAME} names a variable of the project, or write ${env:NAME|default})"
    );
    assert_eq!(
        f,
        "f.yaml:6:1: error: f.yaml:f: duplicate key \"method\": first written in line 5, column 1"
    );
}

#[test]
fn a_directory_that_is_not_there() {
    let loaded = load(Path::new("/nonexistent/project"), &LoadOptions::default());
    assert_eq!(loaded.registry.entries().len(), 0);
    let [error] = &loaded.diagnostics[..] else {
        panic!("{loaded:?}")
    };
    assert!(
        error
            .to_string()
            .starts_with("/nonexistent/project: error: the directory cannot be read: ")
    );
}

#[test]
fn duplicate_ids_name_both_places() {
    let loaded = yaml(&format!(
        "{D}- {{name: d, kind: function.lua}}\n{}",
        function("f", "d")
    ));
    assert_eq!(
        lines(&loaded),
        ["_index.yaml:4:3: error: n:d: duplicate entry ID n:d: first defined at _index.yaml:3:3"]
    );
    let d = Id::new("n", "d");
    assert!(loaded.registry.get(&d).is_none(), "neither is meant");
    assert_eq!(loaded.registry.errors_of(&d).len(), 1);
    let stopped = loaded.registry.resolve("f");
    assert!(
        matches!(&stopped, Err(LookupError::Invalid { errors, .. }) if errors.len() == 1),
        "{stopped:?}"
    );
}

#[test]
fn unknown_filesystems_come_with_candidates() {
    let two = format!("{D}- {{name: assets, kind: fs.directory, directory: a}}\n");
    let cases = [
        (
            "asets",
            "error: n:f: fs: unknown entry n:asets (did you mean n:assets?)",
        ),
        (
            "other:assets",
            "error: n:f: fs: unknown entry other:assets (did you mean n:assets?)",
        ),
        (
            "zzzzzz",
            "error: n:f: fs: unknown entry n:zzzzzz (there are n:assets, n:d)",
        ),
    ];
    for (fs, expected) in cases {
        let found = lines(&yaml(&format!("{two}{}", function("f", fs))));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found
                .first()
                .and_then(|l| l.split_once(": "))
                .map(|(_, rest)| rest),
            Some(expected)
        );
    }
    let none = lines(&yaml(&format!(
        "namespace: n\nentries:\n{}",
        function("f", "d")
    )));
    assert_eq!(
        none,
        [
            "_index.yaml:3:38: error: n:f: fs: unknown entry n:d (the project has no fs.directory entry)"
        ]
    );
    let unread = lines(&yaml(&format!(
        "namespace: n\nentries:\n{}---\n[",
        function("f", "d")
    )));
    assert!(
        unread
            .iter()
            .any(|l| l.contains("_index.yaml could not be read completely")),
        "{unread:?}"
    );
}

#[test]
fn mounts_and_certificates_are_references_too() {
    let text = format!(
        "{D}- {{name: f, kind: function.wat, source: s, method: m, wasi: {{mounts: [{{fs: d, guest: /a}}, {{fs: x, guest: /b}}], http: {{ca: ['y:/c']}}}}}}\n"
    );
    let loaded = yaml(&text);
    let fields: Vec<_> = found(&loaded).filter_map(|d| d.field.as_deref()).collect();
    assert_eq!(fields, ["wasi.mounts[1].fs", "wasi.http.ca[0]"]);
}

#[test]
fn a_filesystem_must_be_one() {
    let found = lines(&yaml(&format!(
        "{D}{}{}",
        function("f", "d"),
        function("g", "f")
    )));
    let expected = "_index.yaml:5:38: error: n:g: fs: expected an fs.directory entry, but n:f is function.wasm";
    assert_eq!(found, [expected]);
}

#[test]
fn what_needs_a_kind_that_is_not_run_is_not_run_either() {
    let text = format!(
        "{D}- {{name: s3, kind: fs.s3, any: [x]}}\n{}",
        function("f", "s3")
    );
    let loaded = yaml(&text);
    let expected = "warning: n:f: fs: n:s3 is of kind fs.s3, which is not run here";
    assert_eq!(lines(&loaded), [format!("_index.yaml:5:38: {expected}")]);
    assert!(
        loaded.registry.get(&Id::new("n", "f")).is_some(),
        "it is listed"
    );
    assert!(
        matches!(
            loaded.registry.resolve("f"),
            Err(LookupError::NotRun { .. })
        ),
        "but cannot be called"
    );
    let strict = from_yaml(&text, None, &LoadOptions::default().strict(true));
    assert_eq!(strict.errors().count(), 1);
}

#[test]
fn a_mistaken_filesystem_stops_what_needs_it() {
    let text = format!(
        "{D}- {{name: bad, kind: fs.directory}}\n{}{}",
        function("f", "bad"),
        function("g", "d")
    );
    let loaded = yaml(&text);
    assert_eq!(
        lines(&loaded),
        ["_index.yaml:4:3: error: n:bad: directory: empty directory path"],
        "said once"
    );
    let Err(error) = loaded.registry.resolve("f") else {
        panic!("f needs bad")
    };
    assert_eq!(
        error.to_string(),
        "_index.yaml:4:3: error: n:bad: directory: empty directory path"
    );
    assert!(loaded.registry.resolve("g").is_ok());
}

#[test]
fn kinds_that_are_not_run_are_kept_as_written() {
    let text = "namespace: n\nentries:\n- {name: a, kind: function.lua, source: 'file://none.lua', pool: x}\n- {name: b, kind: env.storage.vault}\n- {name: c, kind: registry.entry, data: [1]}\n- {name: d, kind: function.wsam}\n";
    let loaded = yaml(text);
    let warning = "_index.yaml:6:3: warning: n:d: kind: the kind \"function.wsam\" is not run here (did you mean \"function.wasm\"?)";
    assert_eq!(lines(&loaded), [warning]);
    let kinds: Vec<_> = loaded.registry.entries().map(|e| e.kind_name()).collect();
    assert_eq!(
        kinds,
        [
            "function.lua",
            "env.storage.vault",
            "registry.entry",
            "function.wsam"
        ]
    );
    let a = loaded.registry.resolve("a").expect("listed");
    assert!(
        matches!(&a.kind, Kind::NotRun { config, .. } if config.at("source").and_then(Node::as_str) == Some("file://none.lua"))
    );
}

#[test]
fn names_resolve_where_they_are_unique() {
    let text = format!(
        "{D}---\nnamespace: m\nentries:\n- {{name: d, kind: x}}\n- {{name: only, kind: x}}\n"
    );
    let registry = yaml(&text).registry;
    let get = |name: &str| match registry.resolve(name) {
        Ok(entry) => entry.id.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(get("m:d"), "m:d");
    assert_eq!(get("only"), "m:only");
    assert_eq!(get("d"), "entry name \"d\" is ambiguous: n:d, m:d");
    assert_eq!(
        get("onyl"),
        "entry \"onyl\" not found (did you mean m:only?)"
    );
    assert_eq!(
        get("n:only"),
        "entry \"n:only\" not found (did you mean m:only?)"
    );
    assert_eq!(get("zzzzzz"), "entry \"zzzzzz\" not found");
    assert_eq!(get(""), "entry \"\" not found");
}

#[test]
fn command_names_are_unique() {
    let loaded = yaml(&format!("{D}{}{}", process("a", "go"), process("b", "go")));
    assert_eq!(
        lines(&loaded),
        [
            "_index.yaml:5:56: error: n:b: meta.command.name: command name \"go\" is not unique: n:a at _index.yaml:4:3 has it"
        ]
    );
    let registry = &loaded.registry;
    assert_eq!(
        registry
            .command("go")
            .map(|e| e.id.to_string())
            .ok()
            .as_deref(),
        Some("n:a")
    );
    assert_eq!(
        registry
            .command("x")
            .map_err(|e| e.to_string())
            .err()
            .as_deref(),
        Some("command \"x\" not found. Use 'wippy run list' to see available commands")
    );
    let invalid = yaml(&format!(
        "{D}{}",
        process("a", "go").replace("method: m", "methd: m")
    ));
    assert!(matches!(
        invalid.registry.command("go"),
        Err(LookupError::Invalid { .. })
    ));
    assert_eq!(invalid.registry.commands().count(), 0);
}

#[test]
fn files_are_included_where_entries_are_run() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    let entry = |name: &str, file: &str| {
        format!("- {{name: {name}, kind: function.wat, source: '{file}', method: m}}\n")
    };
    let text = format!(
        "namespace: n\nentries:\n{}{}{}",
        entry("a", "file://a.wat"),
        entry("b", "file:///sub/b.wat"),
        entry("c", "file:///../c")
    );
    write(dir, "src/sub/x.yaml", &text);
    write(dir, "src/sub/a.wat", "(module)\n");
    write(dir, "src/sub/b.wat", "(component)");
    let loaded = load(dir, &LoadOptions::default());
    let source = |name: &str| match loaded
        .registry
        .resolve(name)
        .ok()
        .and_then(|e| e.function())
        .map(|f| &f.source)
    {
        Some(Source::Text(text)) => text.clone(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(source("a"), "(module)\n");
    assert_eq!(source("b"), "(component)");
    let found = lines(&loaded);
    let [error] = &found[..] else {
        panic!("{found:?}")
    };
    assert!(
        error.ends_with(
            "x.yaml:5:41: error: n:c: source: file:///../c: leaves the source directory"
        ),
        "{error}"
    );
}

#[test]
fn diagnostics_of_a_project_are_bounded() {
    let entries: String = (0..10_010).map(|i| format!("- {{name: e{i}}}\n")).collect();
    let loaded = yaml(&format!("namespace: n\nentries:\n{entries}"));
    assert!(loaded.diagnostics.len() <= 1000);
    assert_eq!(
        loaded.diagnostics.last().map(|d| d.message.as_str()),
        Some("further mistakes here are not shown")
    );
    let entries: String = (0..10_010)
        .map(|i| format!("- {{name: e{i}, kind: fs.directory}}\n"))
        .collect();
    let loaded = yaml(&format!("namespace: n\nentries:\n{entries}"));
    assert_eq!(loaded.diagnostics.len(), 10_001);
    assert_eq!(
        loaded.diagnostics.last().map(|d| d.message.as_str()),
        Some("10 more mistakes and warnings are not shown")
    );
    assert_eq!(
        loaded.registry.errors_of(&Id::new("n", "e10009")).len(),
        1,
        "still known"
    );
}

#[test]
fn entries_serialise_as_they_were_written() {
    let loaded =
        yaml("namespace: n\nname: x\nkind: k\nmeta: {a: '1'}\nb: [1, 2.5, true, ~, text]\n");
    let entry = loaded.registry.resolve("x").expect("it is there");
    let text = |node: &Node| serde_json::to_string(node).unwrap_or_default();
    assert_eq!(text(&entry.meta), r#"{"a":"1"}"#);
    assert_eq!(text(&entry.config), r#"{"b":[1,2.5,true,null,"text"]}"#);
}

#[test]
fn loading_twice_gives_the_same() {
    let text = format!("{D}{}", function("f", "d"));
    let (a, b) = (yaml(&text), yaml(&text));
    assert_eq!(a.registry.entries().len(), 2);
    assert!(a.registry.entries().eq(b.registry.entries()));
}
