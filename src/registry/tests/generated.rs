//! Properties of generated projects.

use super::*;
use crate::env::OsEnvironment;
use proptest::prelude::*;

/// Documents of our shape with wild values.
fn project() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        prop::sample::select(vec![
            "~",
            "1",
            "-1",
            "x",
            "''",
            "[]",
            "{}",
            "[x, 1]",
            "{type: lazy}",
            "{size: -3}",
            "d",
            "n:d",
            ":",
            "/",
            "file://x",
            "{command: {name: c}}",
            "{env: [{id: a, name: ''}], mounts: [1, {fs: d}]}",
            "0755",
            "*a",
            "a",
            "[a, b]",
            "${env:A}",
            "'x${env:n:b|1} ${A|2} $${'",
            "{restart: {backoff_factor: '${A|2}'}, depends_on: [a]}",
            "{router: a, server: b}",
            "{read: 5s, env: 1}",
            "&a x",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    let key = prop::sample::select(vec![
        "fs",
        "path",
        "hash",
        "method",
        "source",
        "imports",
        "pool",
        "wasi",
        "limits",
        "transport",
        "meta",
        "data",
        "directory",
        "mode",
        "base",
        "name",
        "kind",
        "lifecycle",
        "storage",
        "storages",
        "variable",
        "values",
        "default",
        "file_path",
        "func",
        "addr",
        "process",
        "host",
        "timeouts",
        "method_env",
        "x",
        "<<",
    ]);
    let kind = prop::sample::select(vec![
        "function.wasm",
        "function.wat",
        "process.wasm",
        "fs.directory",
        "other",
        "env.variable",
        "env.storage.static",
        "env.storage.file",
        "env.storage.router",
        "http.service",
        "http.router",
        "http.endpoint",
        "process.service",
        "terminal.host",
        "registry.entry",
    ]);
    let entry = (kind, "[a-c]", prop::collection::vec((key, value), 0..8)).prop_map(
        |(kind, name, fields)| {
            let fields: String = fields
                .iter()
                .map(|(k, v)| format!("  {k}: {v}\n"))
                .collect();
            format!("- name: {name}\n  kind: {kind}\n{fields}")
        },
    );
    prop::collection::vec(entry, 0..5)
        .prop_map(|entries| format!("namespace: n\nentries:\n{}", entries.concat()))
}

proptest! {
    #[test]
    fn arbitrary_projects_never_panic(
        text in project(),
        strict: bool,
        path in "[a-c.0\\[\\]]{1,6}|method|wasi.env",
        value in "\\PC{0,4}|\\[[a-c, ]{0,4}\\]",
    ) {
        let options = LoadOptions::default().strict(strict).os(OsEnvironment::fixed([("A", "1")]));
        let options = options
            .overrides([format!("n:a:{path}={value}")])
            .settings([format!("{path}={value}")]);
        let loaded = from_yaml(&text, None, &options);
        for entry in loaded.registry.entries() {
            prop_assert!(loaded.registry.invalid_entries().all(|(id, _)| *id != entry.id));
        }
        for (id, invalid) in loaded.registry.invalid_entries() {
            prop_assert!(!invalid.errors.is_empty(), "{}", id);
            prop_assert!(loaded.registry.resolve(&id.to_string()).is_err());
        }
        for line in lines(&loaded) {
            prop_assert!(!line.contains('\n'));
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("x.yaml"), &bytes).expect("written");
        load(dir.path(), &LoadOptions::default());
        yaml(&String::from_utf8_lossy(&bytes));
    }
}
