//! What guests can write is never configuration: no path of the host leads through it.

use std::path::PathBuf;

use super::world::*;
use super::*;
use crate::env::OsEnvironment;

/// What the host opens for itself, each through a directory that guests of `n:f` may write: `p/data`,
/// or `out` beside the project, which links lead into and out of again.
#[test]
fn no_way_of_the_host_leads_through_it() {
    let index = format!(
        "{}- {{name: out, kind: fs.directory, directory: ../out}}\n- {{name: g, kind: function.wat, source: s, method: m, wasi: {{mounts: [{{fs: out, guest: /o}}]}}}}\n",
        both("data")
    );
    let cases = [
        (
            "- {name: x, kind: fs.directory, directory: @}\n- {name: y, kind: function.wat, source: s, method: m, wasi: {mounts: [{fs: x, guest: /x, read_only: true}]}}\n",
            "n:y: wasi.mounts[0].fs: ",
        ),
        (
            "- {name: x, kind: function.wat, source: 'file://@', method: m}\n",
            "n:x: source: ",
        ),
        (
            "- {name: x, kind: env.storage.file, file_path: '@'}\n",
            "n:x: file_path: ",
        ),
        (
            "- {name: x, kind: fs.directory, directory: .}\n- {name: y, kind: function.wat, source: s, method: m, wasi: {http: {ca: ['x:/@']}}}\n",
            "n:y: wasi.http.ca[0]: ",
        ),
    ];
    let ways = [
        "data/sub",
        "data/../data/sub",
        "data/missing/deep",
        "tosub",
        "data/back/x",
        "toback/x",
    ];
    for (entry, field) in cases {
        for way in ways {
            // `file://` does not leave the source, and neither follows `..` through what is there.
            let entry = entry.replace('@', way);
            let world = World::new(&[
                ("_index.yaml", &format!("{index}{entry}")),
                ("data/sub/x", "A=1\n"),
                ("x/x", "A=1\n"),
                ("../out/x", ""),
            ]);
            world.link("data/back", "../x");
            world.link("tosub", "data/sub");
            world.link("toback", "data/back");
            let lexical = way.contains("..") && entry.contains("file://");
            let loaded = world.load(&LoadOptions::default());
            let said = world.said(&loaded);
            let refused = said.iter().filter(|line| {
                line.contains(field)
                    && line
                        .contains("its path passes through p/data, which guests of n:f may write")
            });
            assert_eq!(refused.count(), 1, "{way} {lexical} {entry}: {said:#?}");
        }
    }
    // The directory itself may be mounted by others, and modules are pinned by their hashes.
    let more = "- {name: y, kind: function.wat, source: s, method: m, wasi: {mounts: [{fs: d, guest: /x}]}}\n- {name: sub, kind: fs.directory, directory: data/sub}\n- {name: z, kind: function.wasm, fs: sub, path: p, hash: h, method: m}\n";
    let world = World::new(&[
        ("_index.yaml", &format!("{index}{more}")),
        ("data/sub/x.yaml", EVIL),
    ]);
    assert_eq!(world.clean(), ["data"]);
}

/// A storage is not read before everything is known that guests may write.
#[test]
fn values_that_a_guest_wrote_replace_no_placeholder() {
    let index = "namespace: n
entries:
- {name: v, kind: env.variable, variable: ROOT, storage: file, default: /safe}
- {name: file, kind: env.storage.file, file_path: '../out/env'}
- {name: secret, kind: fs.directory, directory: '${env:ROOT}'}
- {name: d, kind: fs.directory, directory: '${env:OUT}'}
- {name: w, kind: env.variable, variable: OUT, storage: os}
- {name: os, kind: env.storage.os}
- {name: f, kind: function.wat, source: s, method: m, wasi: {mounts: [{fs: d, guest: /d}]}}
";
    let world = World::new(&[("_index.yaml", index), ("../out/env", "ROOT=/\n")]);
    let out = world.outer.path().join("out").display().to_string();
    let options = LoadOptions::default().os(OsEnvironment::fixed([("OUT", out.as_str())]));
    let loaded = world.load(&options);
    let said = world.said(&loaded);
    assert!(
        loaded.registry.get(&Id::new("n", "secret")).is_none(),
        "{said:#?}"
    );
    assert!(
        said.iter()
            .any(|line| line.contains("n:file: file_path: its path passes through")),
        "{said:#?}"
    );
    // Somewhere else it is read.
    let elsewhere = OsEnvironment::fixed([("OUT", "/nowhere")]);
    let loaded = world.load(&LoadOptions::default().os(elsewhere));
    assert_eq!(world.said(&loaded), [""; 0]);
    let secret = loaded.registry.get(&Id::new("n", "secret"));
    let directory = secret
        .and_then(|e| e.fs_directory())
        .map(|d| d.directory.clone());
    assert_eq!(directory, Some(PathBuf::from("/")));
}

#[test]
fn sources_that_a_lock_file_names_are_reached_past_guests() {
    let lock =
        "directories: {src: app}\nreplacements: [{from: a, to: link}, {from: b, to: app/mods/b}]\n";
    let index = format!(
        "{}- {{name: mods, kind: fs.directory, directory: app/mods}}\n- {{name: g, kind: function.wat, source: s, method: m, wasi: {{mounts: [{{fs: mods, guest: /o}}]}}}}\n",
        both("out")
    );
    let world = World::new(&[
        ("wippy.lock", lock),
        ("app/_index.yaml", &index),
        ("real/x.yaml", EVIL),
        ("app/mods/b/x.yaml", EVIL),
        ("out/y", ""),
    ]);
    world.link("link", "out/hop");
    world.link("out/hop", "../real");
    let loaded = world.load(&LoadOptions::default());
    let said = world.said(&loaded);
    for text in [
        "p/link: error: the directory is not read: its path passes through p/out, which guests of n:f may write",
        "p/app/mods/b: error: the directory is not read: its path passes through p/app/mods, which guests of n:g may write",
        "n:g: wasi.mounts[0].fs: guests may write p/app/mods, which is or holds the source directory p/app/mods/b",
    ] {
        assert!(
            said.iter().any(|line| line.contains(text)),
            "{text}: {said:#?}"
        );
    }
    assert!(loaded.registry.resolve("n:f").is_ok());
    // Whatever steers the loading, all of what it steers.
    let world = World::new(&[
        ("src/_index.yaml", &both("out")),
        ("out/y", ""),
        ("real.lock", "directories: {src: src}\n"),
        ("c.yaml", "disable: {entries: ['n:f']}\n"),
    ]);
    world.link("out/hop", "../real.lock");
    world.link("wippy.lock", "out/hop");
    let loaded = world.load(&LoadOptions::default());
    assert_eq!(loaded.registry.entries().len(), 0);
    world.link("out/settings", "../c.yaml");
    fs::remove_file(world.dir().join("wippy.lock")).expect("removed");
    world.link(".wippy.yaml", "out/settings");
    let loaded = world.load(&LoadOptions::default());
    let said = world.said(&loaded);
    assert!(
        said.iter().any(|line| line.starts_with(
            "p/.wippy.yaml: error: the file is not read: its path passes through p/out"
        )),
        "{said:#?}"
    );
    assert!(
        loaded.registry.resolve("n:f").is_ok(),
        "what it disables is not"
    );
}

#[test]
fn directories_that_are_made_later_are_known_before() {
    let index = format!(
        "{}- {{name: x, kind: env.storage.file, file_path: data/new/env, auto_create: true}}\n",
        both("data/new")
    );
    let world = World::new(&[("_index.yaml", &index)]);
    let loaded = world.load(&LoadOptions::default());
    let said = world.said(&loaded);
    assert!(
        said.iter()
            .any(|line| line.contains("n:x: file_path: its path passes through p/data/new")),
        "{said:#?}"
    );
    // The guard that was made then knows it when it is there.
    let guard = loaded.registry.guard().clone();
    assert!(
        guard
            .read(&world.dir().join("_index.yaml"), 1 << 20)
            .is_ok()
    );
    world.write("data/new/env", "A=1\n");
    world.link("link", "data/new/env");
    for name in ["data/new/env", "link"] {
        let error = guard
            .read(&world.dir().join(name), 10)
            .expect_err("refused");
        assert!(
            error.starts_with("is not read: its path passes through "),
            "{error}"
        );
    }
    write(&world.dir(), "data/new/x.yaml", EVIL);
    let loaded = world.load(&LoadOptions::default());
    assert_eq!(world.skipped(&loaded), ["data/new"]);
}

#[test]
fn text_obeys_the_same_rule() {
    let dir = tempfile::tempdir().expect("a directory");
    let load = |path: &str| from_yaml(&both(path), Some(dir.path()), &LoadOptions::default());
    assert_eq!(lines(&load("data")), [""; 0]);
    assert_eq!(lines(&load("../data")), [""; 0]);
    assert_eq!(load(".").errors().count(), 1);
    assert_eq!(load("..").errors().count(), 1);
}

#[test]
fn what_a_project_is_and_is_not() {
    let none =
        "no document below it has a `namespace`; `wippy new DIR` makes a project, -C DIR names one";
    let world = World::new(&[("readme.txt", "")]);
    let said = |world: &World| world.said(&world.load(&LoadOptions::default()));
    assert_eq!(
        said(&world),
        [
            format!("error: no project in {} ({none})", world.dir().display())
                .replace(&format!("{}/", world.outer.path().display()), "")
        ]
    );
    world.write("x.yaml", "services: {web: {}}\n");
    assert_eq!(said(&world).len(), 1);
    // Where it is forgotten that is said.
    world.write("x.yaml", "entries:\n- {name: x, kind: registry.entry}\n");
    let lines = said(&world);
    assert!(lines.contains(&"p/x.yaml:1:1: warning: namespace is missing (without it nothing of this document is read)".to_owned()), "{lines:#?}");
    assert_eq!(lines.len(), 2);
    world.write("x.yaml", "name: x\nkind: fs.directory\n");
    assert_eq!(said(&world).len(), 2);
    world.write("x.yaml", "name: x\nkind: Deployment\n");
    assert_eq!(said(&world).len(), 1);
    world.write("x.yaml", "namespace: [\n");
    assert_eq!(said(&world).len(), 1, "the syntax error is enough");
    let world = World::new(&[("src/a.yaml", "namespace: a\n"), ("_index.yaml", OTHER)]);
    assert_eq!(
        said(&world),
        ["p/_index.yaml: warning: the file is not read: the source is p/src (move it there)"]
    );
}

#[test]
fn what_is_ignored_is_not_looked_at() {
    let bad = "namespace: [";
    let world = World::new(&[
        (
            ".wippyignore",
            "# comment\nbuild/\n*.tmp.yaml\n/src/only\n!keep.tmp.yaml\n",
        ),
        ("src/_index.yaml", "namespace: a\n"),
        ("src/build/x.yaml", bad),
        ("src/a/build/x.yaml", bad),
        ("src/x.tmp.yaml", bad),
        ("src/keep.tmp.yaml", "namespace: k\n"),
        ("src/only/x.yaml", bad),
        ("src/a/only/x.yaml", "namespace: o\n"),
    ]);
    assert_eq!(
        world.clean(),
        ["src/a/build", "src/build", "src/only", "src/x.tmp.yaml"]
    );
    world.write(".wippyignore", "[z-a]\n");
    let said = world.said(&world.load(&LoadOptions::default()));
    assert!(
        said.iter()
            .any(|line| line.starts_with("p/.wippyignore:1:1: error: no pattern: ")),
        "{said:#?}"
    );
    fs::remove_file(world.dir().join(".wippyignore")).expect("removed");
    world.write("patterns", "src\n");
    world.link(".wippyignore", "patterns");
    let said = world.said(&world.load(&LoadOptions::default()));
    assert!(
        said.iter()
            .any(|line| line == "p/.wippyignore: error: the file must not be a symbolic link"),
        "{said:#?}"
    );
}
