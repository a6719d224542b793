//! Rules that hold for every kind, every field of a sort, or every reference: one table each.

use super::*;
use crate::env::EnvStorage;

/// An entry of each kind that is run, without errors; `{}` is where more fields go.
const ENTRIES: [(&str, &str); 16] = [
    ("fs.directory", "directory: d{}"),
    ("function.wasm", "fs: files, path: p, hash: h, method: m{}"),
    ("function.wat", "source: s, method: m{}"),
    ("process.wasm", "fs: files, path: p, hash: h, method: m{}"),
    ("env.storage.memory", "x_: 1{}"),
    ("env.storage.os", "x_: 1{}"),
    ("env.storage.static", "values: {A: b}{}"),
    ("env.storage.file", "file_path: f{}"),
    ("env.storage.router", "storages: [memory]{}"),
    ("env.variable", "storage: memory{}"),
    ("process.host", "x_: 1{}"),
    ("terminal.host", "x_: 1{}"),
    ("process.service", "process: p, host: term{}"),
    ("http.service", "addr: ':0'{}"),
    ("http.router", "meta: {server: web}{}"),
    ("http.endpoint", "meta: {router: api}, path: /, func: f{}"),
];

/// What entries of other namespaces and of their own refer to.
const TARGETS: &str = "
- {name: files, kind: fs.directory, directory: d}
- {name: memory, kind: env.storage.memory}
- {name: var, kind: env.variable, storage: memory}
- {name: f, kind: function.wat, source: s, method: m}
- {name: p, kind: process.wasm, fs: files, path: p, hash: h, method: m}
- {name: term, kind: terminal.host}
- {name: web, kind: http.service, addr: ':0'}
- {name: api, kind: http.router, meta: {server: web}}
";

fn with(entry: &str) -> Loaded {
    yaml(&format!("namespace: n\nentries:{TARGETS}- {entry}\n"))
}

/// `severity field: message` of what is said of the entry `n:x`.
fn said(loaded: &Loaded) -> Vec<String> {
    let of_x = found(loaded).filter(|d| d.entry == Some(Id::new("n", "x")));
    let field = |d: &Diagnostic| d.field.clone().unwrap_or_default();
    of_x.map(|d| format!("{} {}: {}", d.severity, field(d), d.message))
        .collect()
}

/// The entry `x` of a kind, with more fields.
fn entry(kind: &str, fields: &str, more: &str) -> String {
    let fields = fields.replace("{}", more).replace("x_: 1", "version: '1'");
    format!("{{name: x, kind: {kind}, {fields}}}")
}

#[test]
fn every_kind_has_a_lifecycle_and_a_version() {
    let kinds: Vec<_> = ENTRIES.iter().map(|(kind, _)| *kind).collect();
    for kind in KINDS {
        assert!(kinds.contains(&kind), "{kind} is not in the table");
    }
    for (kind, fields) in ENTRIES {
        let good = ", lifecycle: {auto_start: true, start_timeout: 1s, requires: [files]}";
        let loaded = with(&entry(kind, fields, good));
        assert_eq!(said(&loaded), [""; 0], "{kind}");
        let x = loaded.registry.get(&Id::new("n", "x")).expect(kind);
        assert!(x.lifecycle.auto_start, "{kind}");
        assert_eq!(x.lifecycle.depends_on, [Id::new("n", "files")], "{kind}");
        let plain = with(&entry(kind, fields, ""));
        let x = plain.registry.get(&Id::new("n", "x")).expect(kind);
        assert_eq!(x.lifecycle, Lifecycle::default(), "{kind}");
        let bad = with(&entry(kind, fields, ", lifecycle: {auto_start: perhaps}"));
        let expected =
            "error lifecycle.auto_start: expected true or false, found the string \"perhaps\"";
        assert_eq!(said(&bad), [expected], "{kind}");
    }
}

#[test]
fn unknown_fields_of_every_kind_are_warnings_or_strictly_errors() {
    for (kind, fields) in ENTRIES {
        // What hosts are reported besides is for other schedulers.
        if kind.ends_with(".host") {
            continue;
        }
        let text = entry(kind, fields, ", lifecylce: {}");
        let expected = "lifecylce: unknown field \"lifecylce\"";
        let loaded = with(&text);
        // Of an HTTP entry it says what becomes of the routes, too.
        let effect = match kind {
            "http.endpoint" => ": until it is removed or corrected the route answers 503",
            "http.router" => {
                ": until it is removed or corrected the routes of the router answer 503"
            }
            "http.service" => {
                ": until it is removed or corrected all routes of the service answer 503"
            }
            _ => "",
        };
        let warning = format!("warning {expected}{effect}");
        assert_eq!(said(&loaded), [warning], "{kind}");
        let hint = loaded.diagnostics.iter().find_map(|d| {
            let of_x = d.entry == Some(Id::new("n", "x"));
            d.hint.clone().filter(|_| of_x)
        });
        assert_eq!(
            hint.as_deref(),
            Some("did you mean \"lifecycle\"?"),
            "{kind}"
        );
        let text = format!("namespace: n\nentries:{TARGETS}- {text}\n");
        let strict = from_yaml(&text, None, &LoadOptions::default().strict(true));
        assert_eq!(said(&strict), [format!("error {expected}")], "{kind}");
    }
}

#[test]
fn every_reference_is_a_full_id_or_a_bare_name_of_its_own_namespace() {
    let file = "kind: function.wasm, path: p, hash: h, method: m";
    let wat = "kind: function.wat, source: s, method: m";
    let cases = [
        (format!("{file}, fs: @"), "files", "fs"),
        (
            format!("{wat}, wasi: {{mounts: [{{guest: /a, fs: @}}]}}"),
            "files",
            "wasi.mounts[0].fs",
        ),
        (
            format!("{wat}, wasi: {{env: [{{name: A, id: @}}]}}"),
            "var",
            "wasi.env[0].id",
        ),
        ("kind: env.variable, storage: @".into(), "memory", "storage"),
        (
            "kind: env.storage.router, storages: [@]".into(),
            "memory",
            "storages[0]",
        ),
        (
            "kind: http.endpoint, path: /, meta: {router: api}, func: @".into(),
            "f",
            "func",
        ),
        (
            "kind: http.endpoint, path: /, func: f, meta: {router: @}".into(),
            "api",
            "meta.router",
        ),
        (
            "kind: http.router, meta: {server: @}".into(),
            "web",
            "meta.server",
        ),
        (
            "kind: process.service, host: term, process: @".into(),
            "p",
            "process",
        ),
        (
            "kind: process.service, process: p, host: @".into(),
            "term",
            "host",
        ),
    ];
    for (fields, target, field) in cases {
        let entry = |reference: &str| {
            let fields = fields.replace('@', reference);
            format!("{{name: x, {fields}}}")
        };
        for reference in [target.to_owned(), format!("'n:{target}'")] {
            let loaded = with(&entry(&reference));
            assert_eq!(said(&loaded), [""; 0], "{field}: {reference}");
            assert!(loaded.registry.resolve("n:x").is_ok(), "{field}");
        }
        // A bare name means no entry of another namespace.
        let targets = TARGETS.replace(&format!("name: {target},"), "name: other,");
        let text = format!(
            "namespace: n\nentries:{targets}- {}\n---\nnamespace: m\nentries:{TARGETS}",
            entry(target)
        );
        let found = said(&yaml(&text));
        let [only] = &found[..] else {
            panic!("{field}: {found:?}")
        };
        let unknown = format!("unknown entry n:{target}");
        assert!(
            only.starts_with(&format!("error {field}: ")) && only.ends_with(&unknown),
            "{only}"
        );
    }
}

#[test]
fn every_pool_value_is_checked() {
    for value in ["workers", "size", "max_size", "buffer"] {
        let pool = format!(", pool: {{{value}: -1}}");
        let found = said(&with(&entry(
            "function.wat",
            "source: s, method: m{}",
            &pool,
        )));
        let expected = format!("error pool.{value}: pool values cannot be negative");
        assert_eq!(found, [expected]);
    }
}

#[test]
fn mistakes_of_one_entry_stand_in_the_order_of_the_documentation() {
    // Written backwards, so that the order of the file is not the order of the texts.
    let found = said(&with(
        "{wasi: {mounts: [{fs: files, guest: a}, {fs: files, guest: /a}, {fs: files, guest: /a/.}], \
         env: [{id: var, name: A}, {id: var, name: A}], cwd: x}, limits: {max_execution_ms: -1}, \
         pool: {type: x, size: -1}, transport: x, imports: [''], kind: function.wat, name: x}",
    ));
    let texts: Vec<_> = found
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(_, text)| text)
        .collect();
    assert_eq!(
        texts,
        [
            "source is required",
            "method is required",
            "import :name cannot be empty",
            "invalid transport type",
            "pool values cannot be negative",
            "invalid pool type",
            "limits.max_execution_ms cannot be negative",
            "wasi.cwd must be absolute",
            "wasi.env[].name must be unique",
            "wasi.mounts[].guest must be absolute",
            "wasi.mounts[].guest must be unique",
        ]
    );
}

#[test]
fn meta_of_the_document_reaches_what_is_read_of_it() {
    let text = format!(
        "namespace: n\nentries:{TARGETS}\
         ---\nnamespace: n\nmeta: {{router: api, command: {{name: one}}}}\nentries:\n\
         - {{name: x, kind: http.endpoint, path: /, func: f}}\n\
         - {{name: y, kind: process.wasm, fs: files, path: p, hash: h, method: m}}\n\
         - {{name: z, kind: process.wasm, fs: files, path: p, hash: h, method: m, meta: {{command: {{name: two}}}}}}\n"
    );
    let loaded = yaml(&text);
    assert_eq!(said(&loaded), [""; 0]);
    let names: Vec<_> = loaded
        .registry
        .commands()
        .map(|(command, entry)| (command.name.as_str(), entry.id.name.as_str()))
        .collect();
    assert_eq!(names, [("one", "y"), ("two", "z")]);
    let x = loaded.registry.resolve("n:x").expect("it is there");
    let Kind::HttpEndpoint(endpoint) = &x.kind else {
        panic!("{x:?}")
    };
    assert_eq!(endpoint.router, Some(Id::new("n", "api")));
}

#[test]
fn files_are_included_in_strings_at_any_depth_of_any_document() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    write(dir, "a/word.txt", "word ${env:NOBODY}");
    write(
        dir,
        "a/x.json",
        r#"{"namespace": "n", "name": "x", "kind": "function.wat", "source": "s", "method": "file://word.txt",
            "wasi": {"args": ["a", "file:///a/word.txt", "not file://word.txt"]}}"#,
    );
    write(
        dir,
        "a/y.yml",
        "namespace: n\nname: y\nkind: env.storage.static\nvalues: {K: 'file://word.txt'}\n",
    );
    let loaded = load(dir, &LoadOptions::default());
    assert_eq!(lines(&loaded), [""; 0]);
    let x = loaded.registry.resolve("n:x").expect("it is there");
    let x = x.function().expect("a function");
    let word = "word ${env:NOBODY}".to_owned();
    assert_eq!(x.method, word);
    let args = ["a".to_owned(), word.clone(), "not file://word.txt".into()];
    assert_eq!(x.wasi.args.as_deref(), Some(&args[..]));
    let y = loaded.registry.resolve("n:y").expect("it is there");
    let values = std::collections::BTreeMap::from([("K".to_owned(), word)]);
    assert_eq!(y.kind, Kind::EnvStorage(EnvStorage::Static(values)));
}

#[test]
fn duplicates_are_found_across_files_and_kinds() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    write(dir, "a.yaml", "namespace: n\nname: x\nkind: function.lua\n");
    write(
        dir,
        "b.json",
        r#"{"namespace": "n", "name": "x", "kind": "ns.definition"}"#,
    );
    write(
        dir,
        "c.yml",
        "\nnamespace: n\nentries:\n- {name: x, kind: terminal.host}\n",
    );
    let loaded = load(dir, &LoadOptions::default());
    let found: Vec<_> = lines(&loaded)
        .iter()
        .map(|line| line.replace(&format!("{}/", dir.display()), ""))
        .collect();
    let text = "error: n:x: duplicate entry ID n:x: first defined at a.yaml:1:1";
    assert_eq!(
        found,
        [format!("b.json:1:1: {text}"), format!("c.yml:4:3: {text}")]
    );
}

#[test]
fn what_is_data_is_neither_searched_nor_refused() {
    for kind in ["registry.entry", "ns.definition", "ns.requirement"] {
        let text = format!(
            "namespace: n\nname: x\nkind: {kind}\nany: [1, '${{env:NOBODY}}']\npool: {{size: -1}}\n"
        );
        let loaded = from_yaml(&text, None, &LoadOptions::default().strict(true));
        assert_eq!(lines(&loaded), [""; 0], "{kind}");
        let x = loaded.registry.resolve("n:x").expect(kind);
        assert!(!x.kind.is_not_run(), "{kind}");
        assert_eq!(
            x.config.at("pool.size").map(Node::describe),
            Some("the number -1".into())
        );
    }
}

#[test]
fn what_is_not_run_says_why_when_it_is_asked_for() {
    let text = format!(
        "{D}- {{name: s3, kind: fs.s3}}\n- {{name: vault, kind: env.storage.vault}}\n\
         - {{name: v, kind: env.variable, storage: vault}}\n{}{}\
         - {{name: g, kind: function.wat, source: s, method: m, wasi: {{env: [{{id: v, name: V}}]}}}}\n\
         - {{name: h, kind: function.wasm, fs: s3, path: p, hash: h, method: m, wasi: {{mounts: [{{fs: invalid, guest: /}}]}}}}\n\
         - {{name: invalid, kind: fs.directory}}\n",
        function("e", "s3"),
        function("f", "s3"),
    );
    let registry = yaml(&text).registry;
    let why = |name: &str| match registry.resolve(name) {
        Err(error @ LookupError::NotRun { .. }) => error.to_string(),
        other => panic!("{name}: {other:?}"),
    };
    for name in ["e", "f"] {
        assert_eq!(
            why(name),
            format!(
                "n:{name} is not run here: n:{name}: fs: n:s3 is of kind fs.s3, which is not run here"
            )
        );
    }
    assert_eq!(
        why("g"),
        "n:g is not run here: n:v: storage: n:vault is of kind env.storage.vault, which is not run here"
    );
    // What needs a invalid entry too is invalid.
    assert!(matches!(
        registry.resolve("h"),
        Err(LookupError::Invalid { .. })
    ));
}

#[test]
fn fields_of_wasi_without_their_group_warn() {
    let wasi = ", wasi: {args: [a], cwd: /x, env: [{id: var, name: V}], \
                mounts: [{fs: files, guest: /d}], network: {allow: ['tcp:*:*']}, \
                http: {ca: ['files:/a.pem']}}";
    let warned = |imports: &str| {
        let more = format!(", imports: [{imports}]{wasi}");
        let loaded = with(&entry("function.wat", "source: s, method: m{}", &more));
        let fields = of_x(&loaded).filter_map(|d| d.field.clone());
        fields.collect::<Vec<_>>().join(" ")
    };
    let all = "wasi.network.allow wasi.http.ca wasi.args wasi.cwd wasi.env wasi.mounts";
    for (imports, expected) in [
        ("", all),
        ("wasi:io, wasi:clocks", all),
        (
            "WASI:cli@0.2.3, wasi:filesystem, wasi:sockets/tcp, wasi:http",
            "",
        ),
        ("wasi1", "wasi.http.ca"),
        ("wasi:cli/environment, wasi:http", "wasi.mounts"),
        ("wasi:cli/stdout", all),
        (
            "wasi:filesystem/preopens, wasi:http/types, wasi:cli",
            "wasi.http.ca",
        ),
    ] {
        assert_eq!(warned(imports), expected, "{imports}");
    }
    let more = ", wasi: {mounts: [{fs: files, guest: /d}]}";
    let loaded = with(&entry("function.wat", "source: s, method: m{}", more));
    let warning = of_x(&loaded).next().expect("a warning");
    assert!(
        warning.to_string().ends_with(
            "warning: n:x: wasi.mounts: has no effect: `imports` does not list `wasi:filesystem` \
         (add `- wasi:filesystem` to its imports)"
        ),
        "{warning}"
    );
}

#[test]
fn what_is_empty_has_nothing_to_warn_of() {
    let more = ", wasi: {args: [], env: [], mounts: [], cwd: ~}";
    let loaded = with(&entry("function.wat", "source: s, method: m{}", more));
    assert_eq!(said(&loaded), [""; 0]);
}

#[test]
fn a_field_at_the_wrong_level_is_shown_its_place() {
    let hints = |more: &str| {
        let loaded = with(&entry(
            "process.wasm",
            "fs: files, path: p, hash: h, method: m{}",
            more,
        ));
        let hints = of_x(&loaded).map(|d| d.hint.clone().unwrap_or_default());
        hints.collect::<Vec<_>>()
    };
    for (more, hint) in [
        (
            ", mounts: [{}]",
            "did you mean `wasi.mounts`? it belongs below `wasi`",
        ),
        (
            ", mount: [{}]",
            "did you mean `wasi.mounts`? it belongs below `wasi`",
        ),
        (
            ", wasi: {imports: []}",
            "did you mean `imports`? it belongs to the entry itself",
        ),
        (
            ", wasi: {max_execution_ms: 1}",
            "did you mean `limits.max_execution_ms`? it belongs below `limits`",
        ),
        (
            ", allow: ['tcp:*:*']",
            "did you mean `wasi.network.allow`? it belongs below `wasi.network`",
        ),
        (", mehtods: 1", "did you mean \"method\"?"),
        (", zzzzzz: 1", ""),
    ] {
        assert_eq!(hints(more), [hint], "{more}");
    }
}

#[test]
fn what_is_no_mapping_lacks_no_fields() {
    let more = ", imports: [wasi:cli, wasi:filesystem], wasi: {mounts: [/data], env: [A=b]}";
    let loaded = with(&entry("function.wat", "source: s, method: m{}", more));
    assert_eq!(
        said(&loaded),
        [
            "error wasi.env[0]: expected a mapping, found the string \"A=b\"",
            "error wasi.mounts[0]: expected a mapping, found the string \"/data\"",
        ]
    );
}

/// All that is found of the entry `n:x`.
fn of_x(loaded: &Loaded) -> impl Iterator<Item = &Diagnostic> {
    let x = Id::new("n", "x");
    let all = loaded.diagnostics.iter();
    all.filter(move |found| found.entry.as_ref() == Some(&x))
}
