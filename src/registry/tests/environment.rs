//! Variables, storages and placeholders in whole projects.

use super::*;
use crate::env::OsEnvironment;

/// Storages and variables that every test here may use.
const ENV: &str = "namespace: n
entries:
- {name: d, kind: fs.directory, directory: d}
- {name: os, kind: env.storage.os}
- {name: fixed, kind: env.storage.static, values: {PORT: 8080, ON: true, MODE: '0700', WORD: w}}
- {name: all, kind: env.storage.router, storages: [fixed, n:os]}
- {name: port, kind: env.variable, variable: PORT, storage: fixed}
- {name: on, kind: env.variable, variable: ON, storage: all}
- {name: mode, kind: env.variable, variable: MODE, storage: all}
- {name: word, kind: env.variable, variable: WORD, storage: all, default: other}
- {name: home, kind: env.variable, variable: HOME, storage: all}
- {name: unset, kind: env.variable, variable: UNSET, storage: all}
- {name: own, kind: env.variable, storage: os, default: own default, readonly: true}
";

fn load(entries: &str) -> Loaded {
    let options = LoadOptions::default().os(OsEnvironment::fixed([("HOME", "/h")]));
    from_yaml(&format!("{ENV}{entries}"), None, &options)
}

fn wat(fields: &str) -> Loaded {
    load(&format!(
        "- {{name: f, kind: function.wat, source: s, method: m, {fields}}}\n"
    ))
}

/// What is said, without file and place.
fn said(loaded: &Loaded) -> Vec<String> {
    let text = |line: String| match line.split_once(": ") {
        Some((_, text)) => text.to_owned(),
        None => line,
    };
    lines(loaded).into_iter().map(text).collect()
}

#[test]
fn placeholders_give_what_variables_have() {
    let cases = [
        ("${env:WORD}", "w"),
        ("${env:n:word}", "w"),
        ("a ${env:HOME}/${env:WORD|x} b", "a /h/w b"),
        ("${env:UNSET|inline}", "inline"),
        ("${env:UNSET|}", ""),
        ("${env:NOWHERE|inline}", "inline"),
        ("${env:n:own|inline}", "own default"),
        ("${WORD|x}", "w"),
        ("${UNSET|x}", "x"),
        ("${WORD}", "${WORD}"),
        ("${word|x}", "${word|x}"),
        ("$${env:WORD}", "${env:WORD}"),
        ("$WORD", "$WORD"),
    ];
    for (text, expected) in cases {
        let loaded = wat(&format!("wasi: {{args: ['{text}']}}"));
        assert_eq!(said(&loaded), [""; 0], "{text}");
        let entry = loaded.registry.resolve("n:f").expect("it is there");
        let args = entry.function().and_then(|f| f.wasi.args.clone());
        assert_eq!(args, Some(vec![expected.to_owned()]), "{text}");
        let written = entry.config.at("wasi.args[0]").and_then(Node::as_str);
        assert_eq!(written, Some(text), "kept as written");
    }
}

#[test]
fn single_placeholders_take_the_type_of_their_field() {
    let loaded = load(
        "- {name: e, kind: fs.directory, directory: '${env:PORT}', auto_init: '${env:ON}', mode: '${env:MODE}'}
- {name: f, kind: function.wat, source: s, method: '${env:PORT}', pool: {size: '${env:PORT}', max_size: '${env:X|7}'}}\n",
    );
    assert_eq!(said(&loaded), [""; 0]);
    let e = loaded.registry.resolve("n:e").expect("it is there");
    let directory = e.fs_directory().expect("a directory");
    assert_eq!(
        (
            directory.directory.to_str(),
            directory.auto_init,
            directory.mode.bits
        ),
        (Some("8080"), true, 0o700)
    );
    let f = loaded.registry.resolve("n:f").expect("it is there");
    let f = f.function().expect("a function");
    assert_eq!(
        (f.method.as_str(), f.pool.size, f.pool.max_size),
        ("8080", 8080, 7)
    );
    let cases = [
        (
            "pool: {size: '${env:WORD}'}",
            "error: n:f: pool.size: expected an integer, found the string \"w\"",
        ),
        (
            "pool: {size: '1${env:PORT}'}",
            "error: n:f: pool.size: expected an integer, found the string \"18080\"",
        ),
        (
            "imports: '${env:WORD}'",
            "error: n:f: imports: expected a list of strings, found the string \"w\"",
        ),
    ];
    for (fields, expected) in cases {
        assert_eq!(said(&wat(fields)), [expected], "{fields}");
    }
}

#[test]
fn what_a_placeholder_cannot_have_is_said_once() {
    let cases = [
        (
            "wasi: {cwd: '${env:UNSET}'}",
            "error: n:f: wasi.cwd: the variable \"UNSET\" is not set and has no default",
        ),
        (
            "wasi: {cwd: '${env:WROD}'}",
            "error: n:f: wasi.cwd: unknown variable \"WROD\" (did you mean \"WORD\"?)",
        ),
        (
            "pool: {size: '${env:}'}",
            "error: n:f: pool.size: \"${env:}\" is no placeholder (write ${env:NAME} or ${env:NAME|default}; $${ is a literal ${)",
        ),
    ];
    for (fields, expected) in cases {
        assert_eq!(said(&wat(fields)), [expected], "{fields}");
    }
}

#[test]
fn only_what_is_run_is_searched_for_placeholders() {
    let loaded = load(
        "- {name: l, kind: function.lua, source: '${env:NOWHERE}'}\n- {name: r, kind: registry.entry, data: {x: '${env:NOWHERE}'}}\n",
    );
    assert_eq!(said(&loaded), [""; 0]);
}

#[test]
fn values_of_placeholders_are_not_read_again() {
    let dir = tempfile::tempdir().expect("a directory");
    write(dir.path(), "x.wat", "(module) ${env:NOWHERE}");
    let text = format!(
        "{ENV}- {{name: v, kind: env.storage.static, values: {{V: 'file://x.wat'}}}}
- {{name: vv, kind: env.variable, variable: V, storage: v}}
- {{name: n, kind: env.storage.static, values: {{N: x}}}}
- {{name: nn, kind: env.variable, variable: N, storage: n}}
- {{name: f, kind: function.wat, source: '${{env:V}}', method: m}}
- {{name: g, kind: function.wat, source: 'file://${{env:N}}.wat', method: m}}\n"
    );
    write(dir.path(), "_index.yaml", &text);
    let loaded = super::super::load(dir.path(), &LoadOptions::default());
    // The static storage's own value is text of an entry, so that it is a reference.
    let source = |name: &str| match loaded.registry.resolve(name).map(|e| e.function()) {
        Ok(Some(Function {
            source: Source::Text(text),
            ..
        })) => text.clone(),
        other => panic!("{name}: {other:?}, {:?}", lines(&loaded)),
    };
    assert_eq!(source("n:f"), "(module) ${env:NOWHERE}");
    assert_eq!(source("n:g"), "(module) ${env:NOWHERE}");
}

#[test]
fn the_older_form_resolves_with_a_warning() {
    let loaded = wat("method_env: WORD, wasi: {cwd_env: n:home, zzz_env: ZZZ}");
    assert_eq!(
        said(&loaded),
        [
            "warning: n:f: method_env: method_env is an older form (write method: ${env:WORD})",
            "warning: n:f: wasi.cwd_env: cwd_env is an older form (write cwd: ${env:n:home})",
            "warning: n:f: wasi.zzz_env: unknown field \"zzz_env\"",
        ]
    );
    let entry = loaded.registry.resolve("n:f").expect("it is there");
    let f = entry.function().expect("a function");
    assert_eq!((f.method.as_str(), f.wasi.cwd.as_str()), ("w", "/h"));
    let unset = wat("wasi: {cwd_env: UNSET}");
    assert_eq!(
        said(&unset).last().map(String::as_str),
        Some("error: n:f: wasi.cwd_env: the variable \"UNSET\" is not set and has no default")
    );
    assert_eq!(unset.errors().count(), 1, "{:?}", said(&unset));
    let kept = wat("method_env: UNSET");
    assert_eq!(kept.errors().count(), 0, "the field itself is there");
}

#[test]
fn a_storage_that_needs_itself_is_an_error() {
    let loaded = load(
        "- {name: file, kind: env.storage.file, file_path: '${env:PATH_OF}/.env'}
- {name: v, kind: env.variable, variable: PATH_OF, storage: file}
- {name: f, kind: function.wat, source: s, method: '${env:PATH_OF}'}\n",
    );
    assert_eq!(
        said(&loaded),
        [
            "error: n:file: file_path: the variable \"PATH_OF\": n:file needs itself through this placeholder",
            "error: n:f: method: the variable \"PATH_OF\": n:file has mistakes",
        ]
    );
    let long: String = (0..40)
        .map(|i| {
            let next = i + 1;
            format!("- {{name: v{i}, kind: env.variable, variable: V{i}, storage: os, default: '${{env:V{next}}}'}}\n")
        })
        .collect();
    let loaded = load(&long);
    assert!(
        said(&loaded)
            .iter()
            .any(|l| l.contains("needs more than 16 entries")),
        "{:?}",
        said(&loaded)
    );
}

#[test]
fn a_storage_may_need_a_variable_of_another() {
    let dir = tempfile::tempdir().expect("a directory");
    write(dir.path(), "h/.env", "SECRET='s # 3'\n");
    let entries = "- {name: f, kind: function.wat, source: s, method: '${env:SECRET}'}
- {name: v, kind: env.variable, variable: SECRET, storage: n:file}
- {name: file, kind: env.storage.file, file_path: '${env:DIR}/.env'}
- {name: dir, kind: env.variable, variable: DIR, storage: os}\n";
    write(dir.path(), "x.yaml", &format!("{ENV}{entries}"));
    let options = LoadOptions::default().os(OsEnvironment::fixed([("DIR", "h")]));
    let loaded = super::super::load(dir.path(), &options);
    assert_eq!(lines(&loaded), [""; 0]);
    let entry = loaded.registry.resolve("n:f").expect("it is there");
    assert_eq!(entry.function().map(|f| f.method.as_str()), Some("s # 3"));
    let environment = loaded.registry.environment();
    assert_eq!(environment.get_named("SECRET"), Ok(Some("s # 3".into())));
    fs::remove_file(dir.path().join("h/.env")).expect("removed");
    assert!(environment.get_named("SECRET").is_err(), "asked each time");
}

#[test]
fn mistakes_of_variables_and_storages() {
    let cases = [
        (
            "{name: x, kind: env.variable}",
            "error: n:x: storage: storage is required",
        ),
        (
            "{name: x, kind: env.variable, storage: o}",
            "error: n:x: storage: unknown entry n:o (did you mean n:os?)",
        ),
        (
            "{name: x, kind: env.variable, storage: d}",
            "error: n:x: storage: expected an env.storage.* entry, but n:d is fs.directory",
        ),
        (
            "{name: x, kind: env.variable, storage: os, variable: a-b}",
            "error: n:x: variable: expected letters, digits and underscores, found \"a-b\"",
        ),
        (
            "{name: x, kind: env.variable, storage: os, variable: '${env:WORD}'}",
            "error: n:x: variable: expected letters, digits and underscores, found \"${env:WORD}\"",
        ),
        (
            "{name: x, kind: env.variable, storage: os, variable: PORT}",
            "error: n:x: variable: variable name \"PORT\" is not unique: n:port at _index.yaml:7:3 has it",
        ),
        (
            "{name: x, kind: env.variable, storage: os, raedonly: true}",
            "warning: n:x: raedonly: unknown field \"raedonly\" (did you mean \"readonly\"?)",
        ),
        (
            "{name: x, kind: env.variable, storage: os, default: [1]}",
            "error: n:x: default: expected a single value, found a list",
        ),
        (
            "{name: x, kind: env.storage.file}",
            "error: n:x: file_path: file_path is required",
        ),
        (
            "{name: x, kind: env.storage.file, file_path: f, file_mode: 644}",
            "error: n:x: file_mode: expected an octal mode such as \"0755\", found the number 644",
        ),
        (
            "{name: x, kind: env.storage.static, values: [1]}",
            "error: n:x: values: expected a mapping, found a list",
        ),
        (
            "{name: x, kind: env.storage.static, values: {A: {}}}",
            "error: n:x: values.A: expected a single value, found a mapping",
        ),
        (
            "{name: x, kind: env.storage.router}",
            "error: n:x: storages: storages is required",
        ),
        (
            "{name: x, kind: env.storage.router, storages: []}",
            "error: n:x: storages: storages is required",
        ),
        (
            "{name: x, kind: env.storage.router, storages: [os, word]}",
            "error: n:x: storages[1]: expected an env.storage.* entry, but n:word is env.variable",
        ),
        (
            "{name: x, kind: env.storage.router, storages: [os, x]}",
            "error: n:x: storages[1]: n:x leads to itself",
        ),
    ];
    for (entry, expected) in cases {
        let loaded = load(&format!("- {entry}\n"));
        let mut found = said(&loaded);
        assert_eq!(found.len(), 1, "{entry}: {found:?}");
        assert_eq!(found.pop().as_deref(), Some(expected), "{entry}");
    }
}

#[test]
fn bindings_lead_to_variables() {
    let cases = [
        (
            "wrod",
            "error: n:f: wasi.env[0].id: dangling env reference: unknown entry n:wrod (did you mean n:word?)",
        ),
        (
            "os",
            "error: n:f: wasi.env[0].id: expected an env.variable entry, but n:os is env.storage.os",
        ),
    ];
    for (id, expected) in cases {
        let loaded = wat(&format!("wasi: {{env: [{{id: {id}, name: A}}]}}"));
        assert_eq!(said(&loaded), [expected], "{id}");
    }
    let loaded = wat(
        "wasi: {env: [{id: word, name: A, required: true}, {id: HOME, name: B}, {id: unset, name: C}]}",
    );
    assert_eq!(said(&loaded), [""; 0]);
    let entry = loaded.registry.resolve("n:f").expect("it is there");
    let bindings = &entry.function().expect("a function").wasi.env;
    let bound = loaded.registry.environment().bind(bindings);
    let expected = [("A", "w"), ("B", "/h")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert_eq!(bound, Ok(expected.to_vec()));
    let required = wat("wasi: {env: [{id: unset, name: C, required: true}]}");
    let entry = required.registry.resolve("n:f").expect("it is there");
    let bindings = &entry.function().expect("a function").wasi.env;
    let failed = required.registry.environment().bind(bindings);
    assert_eq!(
        failed.map_err(|e| e.to_string()),
        Err("required wasi env variable not found: n:unset".into())
    );
}

#[test]
fn what_needs_a_storage_that_is_not_run_is_not_run_either() {
    let loaded = load(
        "- {name: vault, kind: env.storage.vault}
- {name: v, kind: env.variable, storage: vault}
- {name: f, kind: function.wat, source: s, method: m, wasi: {env: [{id: v, name: V}]}}\n",
    );
    assert_eq!(
        said(&loaded),
        ["warning: n:v: storage: n:vault is of kind env.storage.vault, which is not run here"]
    );
    assert!(loaded.registry.is_not_run(&Id::new("n", "f")));
    assert!(!loaded.registry.is_not_run(&Id::new("n", "word")));
    let Err(error) = loaded.registry.resolve("n:f") else {
        panic!("f needs v")
    };
    assert!(
        error
            .to_string()
            .contains("n:v: storage: n:vault is of kind")
    );
}

#[test]
fn routers_that_lead_to_each_other() {
    let loaded = load(
        "- {name: r1, kind: env.storage.router, storages: [os, r2]}
- {name: r2, kind: env.storage.router, storages: [r3]}
- {name: r3, kind: env.storage.router, storages: [r2, os]}
- {name: v, kind: env.variable, variable: V, storage: r1, default: x}
- {name: f, kind: function.wat, source: s, method: '${env:V}'}\n",
    );
    assert_eq!(
        said(&loaded),
        [
            "error: n:r3: storages[0]: n:r2 leads to itself",
            "error: n:f: method: the variable \"V\": the router n:r3 leads to itself, or to more than 1024 storages or 16 routers",
        ]
    );
    assert!(loaded.registry.resolve("n:r1").is_err(), "it needs r3");
}

#[test]
fn hostile_environments_end_soon() {
    let big = "x".repeat(1 << 20);
    let many: String = (0..2000).map(|_| "'${env:BIG}', ").collect();
    let loaded = load(&format!(
        "- {{name: s, kind: env.storage.static, values: {{BIG: {big}}}}}
- {{name: v, kind: env.variable, variable: BIG, storage: s}}
- {{name: f, kind: function.wat, source: s, method: m, wasi: {{args: [{many}]}}}}\n"
    ));
    let found = said(&loaded);
    let first = found.first().map(String::as_str);
    assert_eq!(
        first,
        Some("error: n:f: wasi.args[16]: the project's placeholders give more than 16777216 bytes")
    );
    let older: String = (0..20_000).map(|i| format!("x{i}_env: WORD, ")).collect();
    let loaded = wat(&older);
    assert_eq!(loaded.errors().count(), 0);
    let routers = "os, ".repeat(65);
    let loaded = load(&format!(
        "- {{name: r, kind: env.storage.router, storages: [{routers}]}}\n"
    ));
    assert_eq!(
        said(&loaded),
        ["error: n:r: storages: a router has at most 64 storages"]
    );
}
