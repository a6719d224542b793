//! The rules for the kinds that are run here, each with its text: `docs/entries.md`.

use std::path::Path;

use crate::env::EnvBinding;
use crate::network::Allow;
use crate::registry::tests::found;
use crate::registry::{
    Bound, CaFile, Id, Kind, LoadOptions, Loaded, Mode, Mount, PoolType, Source, Transport,
    from_yaml,
};

const FS: &str = "namespace: n\nentries:\n- {name: data, kind: fs.directory, directory: d}\n- {name: a, kind: env.variable, storage: s}\n- {name: b, kind: env.variable, storage: s}\n- {name: s, kind: env.storage.memory}\n";

fn load(entry: &str, strict: bool) -> Loaded {
    let text = format!("{FS}- {entry}\n");
    from_yaml(&text, None, &LoadOptions::default().strict(strict))
}

/// `field: message` of every diagnostic, hints left out.
fn messages(loaded: &Loaded) -> Vec<String> {
    let field = |f: &Option<String>| f.clone().unwrap_or_default();
    let show = |d: &crate::registry::Diagnostic| format!("{}: {}", field(&d.field), d.message);
    found(loaded).map(show).collect()
}

const FILE: &str =
    "name: f, kind: function.wasm, fs: data, path: /m.wasm, hash: 'sha256:00', method: run";

#[test]
fn every_text_of_a_mistake() {
    let with = |rest: &str| format!("{{{FILE}, {rest}}}");
    let cases = [
        (
            "{name: f, kind: function.wat, method: m}".to_owned(),
            "source: source is required",
        ),
        (
            "{name: f, kind: function.wasm, path: p, hash: h, method: m}".into(),
            "fs: fs is required",
        ),
        (
            "{name: f, kind: function.wasm, fs: data, hash: h, method: m}".into(),
            "path: path is required",
        ),
        (
            "{name: f, kind: function.wasm, fs: data, path: p, method: m}".into(),
            "hash: hash is required",
        ),
        (
            "{name: f, kind: function.wasm, fs: data, path: p, hash: h}".into(),
            "method: method is required",
        ),
        (
            with("imports: ['wasi:io', '']"),
            "imports: import :name cannot be empty",
        ),
        (with("transport: http"), "transport: invalid transport type"),
        (
            with("pool: {size: -1}"),
            "pool.size: pool values cannot be negative",
        ),
        (
            with("pool: {workers: -1, max_size: -2}"),
            "pool.workers: pool values cannot be negative",
        ),
        (
            with("pool: {type: elastic}"),
            "pool.type: invalid pool type",
        ),
        (
            with("limits: {max_execution_ms: -1}"),
            "limits.max_execution_ms: limits.max_execution_ms cannot be negative",
        ),
        (
            with("wasi: {cwd: app}"),
            "wasi.cwd: wasi.cwd must be absolute",
        ),
        (
            with("wasi: {env: [{name: A}]}"),
            "wasi.env[0].id: wasi.env[].id is required",
        ),
        (
            with("wasi: {env: [{id: a}]}"),
            "wasi.env[0].name: wasi.env[].name is required",
        ),
        (
            with("wasi: {env: [{id: a, name: A}, {id: b, name: A}]}"),
            "wasi.env[1].name: wasi.env[].name must be unique",
        ),
        (
            with("wasi: {mounts: [{guest: /a}]}"),
            "wasi.mounts[0].fs: wasi.mounts[].fs is required",
        ),
        (
            with("wasi: {mounts: [{fs: data}]}"),
            "wasi.mounts[0].guest: wasi.mounts[].guest is required",
        ),
        (
            with("wasi: {mounts: [{fs: data, guest: a}]}"),
            "wasi.mounts[0].guest: wasi.mounts[].guest must be absolute",
        ),
        (
            with("wasi: {mounts: [{fs: data, guest: /data}, {fs: data, guest: /x/../data/}]}"),
            "wasi.mounts[1].guest: wasi.mounts[].guest must be unique",
        ),
        (
            "{name: f, kind: fs.directory}".into(),
            "directory: empty directory path",
        ),
        (
            "{name: f, kind: fs.directory, directory: ''}".into(),
            "directory: empty directory path",
        ),
    ];
    for (entry, expected) in cases {
        for entry in [
            entry.clone(),
            entry.replace("function.wasm", "process.wasm"),
        ] {
            let loaded = load(&entry, false);
            assert_eq!(messages(&loaded), [expected], "{entry}");
            let f = Id::new("n", "f");
            assert!(loaded.registry.get(&f).is_none(), "{entry}");
            assert_eq!(loaded.registry.errors_of(&f).len(), 1, "{entry}");
        }
    }
}

#[test]
fn all_mistakes_in_the_order_of_the_documentation() {
    let entry = "{wasi: {mounts: [{}], env: [{}], cwd: x}, limits: {max_execution_ms: -1}, pool: {type: x, size: -1}, transport: x, imports: [''], kind: function.wasm, name: f}";
    assert_eq!(
        messages(&load(entry, false)),
        [
            "fs: fs is required",
            "path: path is required",
            "hash: hash is required",
            "method: method is required",
            "imports: import :name cannot be empty",
            "transport: invalid transport type",
            "pool.size: pool values cannot be negative",
            "pool.type: invalid pool type",
            "limits.max_execution_ms: limits.max_execution_ms cannot be negative",
            "wasi.cwd: wasi.cwd must be absolute",
            "wasi.env[0].id: wasi.env[].id is required",
            "wasi.env[0].name: wasi.env[].name is required",
            "wasi.mounts[0].fs: wasi.mounts[].fs is required",
            "wasi.mounts[0].guest: wasi.mounts[].guest is required",
        ]
    );
}

#[test]
fn mistakes_of_other_fields() {
    let with = |rest: &str| format!("{{{FILE}, {rest}}}");
    let cases = [
        (with("pool: {size: x}"), "pool.size: expected an integer, found the string \"x\""),
        (with("pool: {size: 4294967296}"), "pool.size: expected an integer up to 4294967295"),
        (with("pool: 3"), "pool: expected a mapping, found the number 3"),
        (with("limits: {max_memory_bytes: -1}"), "limits.max_memory_bytes: limits.max_memory_bytes cannot be negative"),
        (with("limits: {delivery_ms: -1}"), "limits.delivery_ms: limits.delivery_ms cannot be negative"),
        (with("limits: {max_resources: 1.5}"), "limits.max_resources: expected an integer, found the number 1.5"),
        (with("wasi: {args: [--port, 80]}"), "wasi.args[1]: expected a string, found the number 80"),
        (with("wasi: {env: [{id: ':x', name: A}]}"), "wasi.env[0].id: \":x\" is not an entry ID: expected namespace:name"),
        (with("wasi: {http: {ca: [x]}}"), "wasi.http.ca[0]: expected fs-entry:/path.pem, found \"x\""),
        (with("lifecycle: {auto_start: 1}"), "lifecycle.auto_start: expected true or false, found the number 1"),
        (with("lifecycle: {stop_timeout: []}"), "lifecycle.stop_timeout: expected a duration such as \"10s\", found a list"),
        (with("data: 1").replace("data, path", "d, path"), "data: unused"),
        ("{name: f, kind: fs.directory, directory: d, base: home}".into(), "base: expected project or module, found \"home\""),
        ("{name: f, kind: fs.directory, directory: d, mode: 755}".into(), "mode: expected an octal mode such as \"0755\", found the number 755"),
        ("{name: f, kind: fs.directory, directory: d, mode: '0788'}".into(), "mode: expected an octal mode such as \"0755\", found the string \"0788\""),
        ("{name: f, kind: process.wasm, meta: {command: {short: x}}, fs: data, path: p, hash: h, method: m}".into(), "meta.command.name: meta.command.name is required"),
    ];
    for (entry, expected) in cases {
        let found = messages(&load(&entry, false));
        if expected == "data: unused" {
            assert!(
                found.contains(&": expected a mapping, found the number 1".into()),
                "{found:?}"
            );
        } else {
            assert_eq!(found, [expected], "{entry}");
        }
    }
}

#[test]
fn unknown_fields_at_every_level() {
    let entry = format!(
        "{{{FILE}, imprts: [], pool: {{maxsize: 1}}, limits: {{max_time: 1}}, wasi: {{mount: [], env: [{{id: a, name: A, require: true}}]}}}}"
    );
    let loaded = load(&entry, false);
    let fields: Vec<_> = found(&loaded)
        .map(|d| d.field.clone().unwrap_or_default())
        .collect();
    assert_eq!(
        fields,
        [
            "pool.maxsize",
            "limits.max_time",
            "wasi.env[0].require",
            "wasi.mount",
            "imprts"
        ]
    );
    let hints: Vec<_> = found(&loaded).filter_map(|d| d.hint.clone()).collect();
    assert_eq!(
        hints,
        [
            "did you mean \"max_size\"?",
            "did you mean \"required\"?",
            "did you mean \"mounts\"?",
            "did you mean \"imports\"?"
        ]
    );
    assert_eq!(loaded.errors().count(), 0);
    assert!(loaded.registry.resolve("f").is_ok());
    let strict = load(&entry, true);
    assert_eq!(strict.errors().count(), 5);
    assert!(strict.registry.resolve("f").is_err());
}

#[test]
fn a_full_function() {
    let entry = format!(
        "{{{FILE}, wit: 'a: func();', imports: ['wasi:io', 'WASI:CLI@0.2.0'], transport: wasi-http, pool: {{type: static, workers: 2}}, version: '1.0',
          limits: {{max_execution_ms: 5, delivery_ms: 6, max_memory_bytes: 0, max_resources: 7}}, lifecycle: {{auto_start: true, stop_timeout: 5s, restart: {{max_attempts: 3}}}},
          wasi: {{args: [a], cwd: /app, env: [{{id: 'n:a', name: X, required: true}}, {{id: b, name: Y}}],
            mounts: [{{fs: data, guest: /data/, read_only: true}}, {{fs: 'n:data', guest: /data/sub}}],
            network: {{allow: ['tcp:*:443']}}, http: {{ca: ['n:data:/ca.pem', 'data:/b.pem']}}}}}}"
    );
    let loaded = load(&entry, true);
    assert_eq!(messages(&loaded), [""; 0]);
    let entry = loaded.registry.resolve("n:f").expect("it is there");
    let Kind::FunctionWasm(f) = &entry.kind else {
        panic!("{entry:?}")
    };
    let data = Id::new("n", "data");
    let source = Source::File {
        fs: data.clone(),
        path: "/m.wasm".into(),
        hash: "sha256:00".into(),
    };
    assert_eq!(
        (&f.source, f.method.as_str(), f.wit.as_deref()),
        (&source, "run", Some("a: func();"))
    );
    let imports: Vec<_> = f.imports.iter().map(|i| i.value.as_str()).collect();
    assert_eq!(imports, ["wasi:io", "WASI:CLI@0.2.0"]);
    assert_eq!(f.transport, Transport::WasiHttp);
    assert_eq!(f.pool.kind, Some(PoolType::Static));
    assert_eq!(
        f.pool.bound(),
        Bound {
            concurrent: 2,
            waiting: 128
        }
    );
    assert_eq!(
        (
            f.limits.max_execution_ms,
            f.limits.delivery_ms,
            f.limits.max_memory_bytes,
            f.limits.max_resources
        ),
        (Some(5), Some(6), None, Some(7))
    );
    assert_eq!(
        (f.wasi.args.as_deref(), f.wasi.cwd.as_str()),
        (Some(&["a".to_owned()][..]), "/app")
    );
    assert_eq!(
        f.wasi.env,
        [
            EnvBinding {
                id: Id::new("n", "a"),
                name: "X".into(),
                required: true
            },
            EnvBinding {
                id: Id::new("n", "b"),
                name: "Y".into(),
                required: false
            },
        ]
    );
    assert_eq!(
        f.wasi.mounts,
        [
            Mount {
                fs: data.clone(),
                guest: "/data".into(),
                read_only: true
            },
            Mount {
                fs: data.clone(),
                guest: "/data/sub".into(),
                read_only: false
            },
        ]
    );
    let https = "tcp:*:443".parse().expect("a rule");
    assert_eq!(f.wasi.network_allow, Allow::only(vec![https]));
    assert_eq!(
        f.wasi.http_ca,
        [
            CaFile {
                fs: data.clone(),
                path: "/ca.pem".into()
            },
            CaFile {
                fs: data,
                path: "/b.pem".into()
            }
        ]
    );
    assert_eq!(entry.place_of("wasi.mounts[1].fs").line, 10);
    assert_eq!(
        entry.place_of("wasi.mounts[9].fs").line,
        10,
        "the list, where the item is not"
    );
    assert_eq!(entry.place_of("nothing"), &entry.place);
}

#[test]
fn a_rule_of_the_network_that_means_nothing_is_shown_with_its_place() {
    let text = format!(
        "{FS}- name: f\n  kind: function.wasm\n  fs: data\n  path: /m.wasm\n  hash: h\n  method: m\n  wasi:\n    network:\n      allow:\n        - tcp:127.0.0.1:80\n        - tcp:127.0.0.1\n        - dns:a b\n"
    );
    let loaded = from_yaml(&text, None, &LoadOptions::default());
    let shown: Vec<String> = found(&loaded).map(ToString::to_string).collect();
    assert_eq!(shown.len(), 2, "{shown:#?}");
    assert!(
        shown[0].contains(":17:11: error: n:f: wasi.network.allow[1]: expected tcp:TARGET:PORT"),
        "{shown:#?}"
    );
    assert!(
        shown[1]
            .contains(":18:11: error: n:f: wasi.network.allow[2]: expected a name, *.NAME or *"),
        "{shown:#?}"
    );
    assert!(loaded.registry.resolve("f").is_err());
}

#[test]
fn defaults() {
    let loaded = load(&format!("{{{FILE}}}"), true);
    let entry = loaded.registry.resolve("f").expect("it is there");
    let f = entry.function().expect("a function");
    assert_eq!(
        (f.transport, f.wasi.cwd.as_str(), &f.wasi.args),
        (Transport::Payload, "/", &None)
    );
    assert_eq!(f.wasi.network_allow, Allow::everything());
    assert_eq!(f.pool.bound().concurrent, 100);
    let loaded = load(
        "{name: w, kind: function.wat, source: (module), method: m}",
        true,
    );
    let entry = loaded.registry.resolve("w").expect("it is there");
    assert_eq!(
        entry.function().map(|f| &f.source),
        Some(&Source::Text("(module)".into()))
    );
}

#[test]
fn a_process_and_its_command() {
    let loaded = load(
        "{name: p, kind: process.wasm, meta: {command: {name: go, short: Goes, main: true, use_case: test}}, fs: data, path: p, hash: h, method: m, pool: {type: inline}}",
        true,
    );
    assert_eq!(messages(&loaded), [""; 0]);
    let all: Vec<_> = loaded.registry.commands().collect();
    let [(command, entry)] = all[..] else {
        panic!("{all:?}")
    };
    assert_eq!(
        (command.name.as_str(), command.short.as_deref()),
        ("go", Some("Goes"))
    );
    assert_eq!(
        (command.main, command.use_case.as_deref()),
        (true, Some("test"))
    );
    assert_eq!(entry.id, Id::new("n", "p"));
}

#[test]
fn directories_and_modes() {
    let directory = |rest: &str| {
        let text = format!(
            "namespace: n\nentries:\n- {{name: d, kind: fs.directory, directory: ./d{rest}}}\n"
        );
        let loaded = from_yaml(
            &text,
            Some(Path::new("proj")),
            &LoadOptions::default().strict(true),
        );
        assert_eq!(messages(&loaded), [""; 0], "{rest}");
        loaded
            .registry
            .resolve("d")
            .ok()
            .and_then(|e| e.fs_directory().cloned())
            .expect("a directory")
    };
    let plain = directory("");
    assert_eq!(plain.directory, Path::new("proj/d"));
    assert!(!plain.auto_init);
    assert_eq!(
        plain.mode,
        Mode {
            read: true,
            write: true,
            list: true,
            bits: 0o755
        }
    );
    assert!(directory(", auto_init: true, base: module").auto_init);
    let modes = [
        ("0755", true, true, true),
        ("'0755'", true, true, true),
        ("0o755", true, true, true),
        ("'755'", true, true, true),
        ("0444", true, false, true),
        ("0400", true, false, false),
        ("0500", true, false, true),
        ("0200", false, true, false),
        ("0", false, false, false),
    ];
    for (text, read, write, list) in modes {
        let mode = directory(&format!(", mode: {text}")).mode;
        assert_eq!(
            (mode.read, mode.write, mode.list),
            (read, write, list),
            "{text}"
        );
    }
}

#[test]
fn a_file_kind_with_text_names_the_kind_of_text() {
    let told = "source: a module that is text belongs to an entry of the kind function.wat";
    let alone = load(
        "{name: f, kind: function.wasm, source: (module), method: m}",
        false,
    );
    assert_eq!(messages(&alone), [told]);
    let beside = load(&format!("{{{FILE}, source: (module)}}"), false);
    assert_eq!(messages(&beside), [told]);
    let without_method = load("{name: f, kind: process.wasm, source: (module)}", false);
    assert_eq!(
        messages(&without_method),
        [told, "method: method is required"]
    );
}

#[test]
fn what_is_accepted_without_effect_is_said_once() {
    let entry = format!(
        "{{{FILE}, options: {{limits: {{max_resources: 9}}, other: 1}}, pool: {{warm_start: true}}}}\n\
         - {{{}, limits: {{max_retained_memory_bytes: 1, retained_memory_check_interval: 5s}}, \
         options: {{limits: {{max_resources: 9}}}}}}",
        FILE.replace("name: f", "name: g")
    );
    for strict in [false, true] {
        let loaded = load(&entry, strict);
        assert_eq!(
            messages(&loaded),
            [
                "options: options has no effect, except for limits in it",
                "pool.warm_start: pool.warm_start has no effect",
                "limits.max_retained_memory_bytes: limits.max_retained_memory_bytes has no effect",
                "limits.retained_memory_check_interval: limits.retained_memory_check_interval has no effect",
            ]
        );
        let limit = |name: &str| {
            let entry = loaded.registry.resolve(name).expect("it is there");
            entry.function().expect("a function").limits.max_resources
        };
        assert_eq!((limit("f"), limit("g")), (Some(9), None));
    }
}

/// Their values are for anchors: neither fields nor placeholders are looked for in them.
#[test]
fn keys_for_anchors_mean_nothing() {
    let unset = "${env:NOBODY_HAS_SET_THIS}";
    let text = format!(
        "x-pool: &pool {{type: lazy, max_size: 3}}\n{FS}- {{{FILE}, x-note: '{unset}', pool: *pool, wasi: {{x-cwd: '{unset}'}}}}\n"
    );
    let loaded = from_yaml(&text, None, &LoadOptions::default().strict(true));
    assert_eq!(messages(&loaded), Vec::<String>::new());
    let entry = loaded.registry.resolve("f").expect("it is there");
    assert_eq!(entry.function().expect("one").pool.bound().concurrent, 3);
    assert!(entry.config.get("x-note").is_none());
}
