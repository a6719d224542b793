//! Projects whose lock file names modules and replacements.

use super::*;

fn entry(namespace: &str) -> String {
    format!("namespace: {namespace}\nname: d\nkind: fs.directory\ndirectory: x\nbase: module\n")
}

#[test]
fn replacements_and_modules_are_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    let lock = "directories: {src: ., modules: .mods}
replacements:
- {from: org/a, to: libs/a}
- {from: org/b, to: libs/b/}
- {from: org/none, to: libs/none}
- {from: org/again, to: ./libs/a/src}
modules:
- {name: org/a, version: 1.0.0}
- {name: org/c}
- {name: org/d}
- {name: org/e}
- {name: ../libs/b}
";
    write(dir, "wippy.lock", lock);
    write(dir, "_index.yaml", &entry("own"));
    write(dir, "libs/a/src/x.yaml", &entry("a"));
    write(dir, "libs/a/other.yaml", "namespace: o\nentries: 3\n");
    write(dir, "libs/b/x.yaml", &entry("b"));
    write(dir, ".mods/org/c/x.yaml", &entry("c"));
    write(dir, ".mods/vendor/org/d/src/x.yaml", &entry("d"));
    write(dir, ".mods/org/unnamed/x.yaml", "namespace: [");
    let loaded = super::super::load(dir, &LoadOptions::default());
    let found: Vec<_> = loaded
        .diagnostics
        .iter()
        .map(|d| {
            let line = d.place.as_ref().map_or(0, |place| place.line);
            let field = d.field.clone().unwrap_or_default();
            format!("{line} {} {field}: {}", d.severity, d.message)
        })
        .collect();
    let errors: Vec<_> = found
        .iter()
        .filter(|line| line.contains(" error "))
        .collect();
    assert_eq!(
        errors,
        ["2 error entries: expected a list of entries, found the number 3"],
        "libs/a belongs to the project itself, too"
    );
    let warnings: Vec<_> = found
        .iter()
        .filter(|line| line.contains("warning"))
        .collect();
    assert_eq!(
        warnings,
        [
            "5 warning replacements[2].to: the directory \"libs/none\" of a replacement does not exist",
            "11 warning modules[3].name: the module \"org/e\" is not there",
            "12 warning modules[4].name: the module \"../libs/b\" is not there",
        ]
    );
    let base = |namespace: &str| {
        let entry = loaded.registry.get(&Id::new(namespace, "d"));
        let directory = entry
            .and_then(|e| e.fs_directory())
            .map(|d| d.directory.clone());
        directory.and_then(|d| d.strip_prefix(dir).map(|d| d.display().to_string()).ok())
    };
    assert_eq!(loaded.registry.entries().len(), 5, "each once");
    assert_eq!(base("own").as_deref(), Some("x"));
    assert_eq!(base("a").as_deref(), Some("libs/a/x"));
    assert_eq!(base("b").as_deref(), Some("libs/b/x"));
    assert_eq!(base("c").as_deref(), Some(".mods/org/c/x"));
    assert_eq!(base("d").as_deref(), Some(".mods/vendor/org/d/x"));
    assert_eq!(loaded.module_dirs.len(), 4);
    assert_eq!(loaded.skipped, [dir.join(".mods")]);
}

#[test]
fn mistakes_of_a_lock_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let lock = "directories: {src: ., modules: 3}
replacements: [{from: a}, {from: [], to: .}, 7]
modules: {a: b}
";
    write(dir.path(), "wippy.lock", lock);
    let loaded = super::super::load(dir.path(), &LoadOptions::default());
    let found: Vec<_> = loaded
        .errors()
        .map(|d| {
            let field = d.field.clone().unwrap_or_default();
            format!("{field}: {}", d.message)
        })
        .collect();
    assert_eq!(
        found,
        [
            "directories.modules: expected a string, found the number 3",
            "replacements[0]: replacements[].to is required",
            "replacements[1].from: expected a string, found a list",
            "replacements[2]: replacements[].to is required",
            "modules: expected a list, found a mapping",
        ]
    );
}
