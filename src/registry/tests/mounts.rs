//! What guests can write is never configuration: which directories a mount may let them write, and
//! that nothing is read there or on a way through it.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;
use crate::env::OsEnvironment;

/// A project's files, a writable directory beside it, and what loading says.
struct World {
    outer: tempfile::TempDir,
}

/// The entry that a guest writes for itself.
const EVIL: &str = "namespace: evil\nentries:\n- {name: root, kind: fs.directory, directory: /}\n";

impl World {
    fn new(files: &[(&str, &str)]) -> World {
        let outer = tempfile::tempdir().expect("a directory");
        let world = World { outer };
        for (name, text) in files {
            write(&world.dir(), name, text);
        }
        world
    }

    fn dir(&self) -> PathBuf {
        self.outer.path().join("p")
    }

    fn write(&self, name: &str, text: &str) {
        write(&self.dir(), name, text);
    }

    fn link(&self, name: &str, target: &str) {
        symlink(target, self.dir().join(name)).expect("linked");
    }

    fn load(&self, options: &LoadOptions) -> Loaded {
        let loaded = super::super::load(&self.dir(), options);
        let evil = loaded.registry.entries().find(|e| e.id.namespace == "evil");
        assert!(evil.is_none(), "{evil:?}\n{:#?}", self.said(&loaded));
        let broken = loaded
            .registry
            .broken()
            .find(|(id, _)| id.namespace == "evil");
        assert!(broken.is_none(), "{broken:?}");
        loaded
    }

    /// What is said, with the project's directory as `p`.
    fn said(&self, loaded: &Loaded) -> Vec<String> {
        let outer = format!("{}/", self.outer.path().display());
        let lines = lines(loaded).into_iter();
        lines.map(|line| line.replace(&outer, "")).collect()
    }

    fn skipped(&self, loaded: &Loaded) -> Vec<String> {
        let skipped = loaded.skipped.iter();
        let name = |path: &PathBuf| {
            path.strip_prefix(self.dir())
                .map(|p| p.display().to_string())
        };
        skipped.filter_map(|path| name(path).ok()).collect()
    }

    /// Loads without a single thing to say; what was skipped.
    fn clean(&self) -> Vec<String> {
        let loaded = self.load(&LoadOptions::default());
        assert_eq!(self.said(&loaded), [""; 0]);
        self.skipped(&loaded)
    }

    /// Loads, and exactly the entry `n:f` is mistaken, once, with this text.
    fn mistake(&self, text: &str) {
        let loaded = self.load(&LoadOptions::default());
        let said = self.said(&loaded);
        let [line] = &said[..] else {
            panic!("{said:#?}")
        };
        assert!(line.contains(": error: n:f: wasi.mounts[0].fs: "), "{line}");
        assert!(line.contains(text), "{line}\n{text}");
        assert!(line.contains("read_only: true"), "{line}");
        assert!(loaded.registry.resolve("n:f").is_err());
    }
}

fn directory(path: &str) -> String {
    format!("- {{name: d, kind: fs.directory, directory: {path}}}\n")
}

fn guest(more: &str) -> String {
    format!(
        "- {{name: f, kind: function.wat, source: s, method: m, wasi: {{mounts: [{{fs: 'n:d', guest: /d{more}}}]}}}}\n"
    )
}

fn both(path: &str) -> String {
    format!("namespace: n\nentries:\n{}{}", directory(path), guest(""))
}

const FIRST: &str = "namespace: n\nentries:\n";
const OTHER: &str = "namespace: o\nentries:\n";

#[test]
fn data_below_its_documents_is_never_entered() {
    // In the project's directory and in a source directory, written in every way.
    for (index, path, data) in [
        ("_index.yaml", "data", "data"),
        ("_index.yaml", "./data/", "data"),
        ("_index.yaml", "x/../data", "data"),
        ("_index.yaml", "a/b/data", "a/b/data"),
        ("src/_index.yaml", "src/data", "src/data"),
        ("src/a/_index.yaml", "src/a/data", "src/a/data"),
        ("src/a/index.json", "src/a/b/data", "src/a/b/data"),
    ] {
        let world = World::new(&[(index, &both(path))]);
        if path.starts_with("x/") {
            world.write("x/other.txt", "");
        }
        world.clean();
        for name in ["x.yaml", "x.json", "deep/er/x.yml", "CACHEDIR.TAG"] {
            world.write(&format!("{data}/{name}"), EVIL);
        }
        world.write(&format!("{data}/log.json"), "{\"a\": 1}\n{\"b\": 2}\n");
        world.write(&format!("{data}/k.yaml"), "namespace: [");
        assert_eq!(world.clean(), [data], "{index} {path}");
    }
}

#[test]
fn data_is_known_by_what_it_is_and_not_by_its_name() {
    let world = World::new(&[("_index.yaml", &both("link")), ("real/x.yaml", EVIL)]);
    world.link("link", "real");
    assert_eq!(world.clean(), ["link", "real"]);
}

#[test]
fn documents_above_declare_what_is_below() {
    let top = format!("{FIRST}{}", directory("a/b/data"));
    let middle = format!("{FIRST}{}", guest(""));
    let world = World::new(&[
        ("_index.yaml", &top),
        ("a/_index.yaml", &middle),
        ("a/b/data/x.yaml", EVIL),
    ]);
    assert_eq!(world.clean(), ["a/b/data"]);
}

#[test]
fn other_places_in_a_source_directory_are_mistakes() {
    let fs_only = format!("{FIRST}{}", directory("src/b/data"));
    let fs_below = format!("{FIRST}{}", directory("src/b"));
    let mount_only = format!("{FIRST}{}", guest(""));
    let not_below = "but not below p/src/";
    let cases: [(&[(&str, &str)], &str); 8] = [
        (
            &[("_index.yaml", &both("."))],
            "is or holds the source directory p",
        ),
        (
            &[("_index.yaml", &both(".."))],
            "is or holds the source directory p",
        ),
        (
            &[("_index.yaml", &both("/"))],
            "is or holds the source directory p",
        ),
        (
            &[("src/_index.yaml", &both("."))],
            "is or holds the source directory p/src",
        ),
        (&[("src/a/_index.yaml", &both("src/a"))], not_below),
        (&[("src/a/_index.yaml", &both("src/b"))], not_below),
        (
            &[
                ("src/a/_index.yaml", &mount_only),
                ("src/_index.yaml", &fs_only),
            ],
            "but not below p/src/a, the directory of the document that mounts it",
        ),
        (
            &[
                ("src/_index.yaml", &mount_only),
                ("src/b/_index.yaml", &fs_below),
            ],
            "but not below p/src/b, the directory of the document that declares its fs",
        ),
    ];
    for (files, text) in cases {
        World::new(files).mistake(text);
    }
}

#[test]
fn what_holds_something_of_the_project_is_a_mistake() {
    let lock = "directories: {src: app/src, modules: mods}\nreplacements: [{from: x, to: lib}]\n";
    for path in ["app", "mods", "."] {
        let world = World::new(&[
            ("wippy.lock", lock),
            ("app/src/_index.yaml", &both(path)),
            ("lib/src/_index.yaml", "namespace: lib\n"),
        ]);
        world.mistake("is or holds the ");
    }
    // A module is not even read where a guest may have written it.
    for path in ["mods/../lib", "lib", "lib/src"] {
        let world = World::new(&[
            ("wippy.lock", lock),
            ("app/src/_index.yaml", &both(path)),
            ("lib/src/_index.yaml", EVIL),
        ]);
        let said = world.said(&world.load(&LoadOptions::default()));
        let is_or_holds = |line: &String| line.contains("n:f: ") && line.contains(" is or holds ");
        assert!(said.iter().any(is_or_holds), "{path}: {said:#?}");
    }
    // The file itself is none of the project's only while nobody names it.
    let world = World::new(&[
        ("src/_index.yaml", &both("conf")),
        ("conf/x/c.yaml", "a: b\n"),
    ]);
    assert_eq!(world.clean(), [""; 0]);
    let options = LoadOptions::default().config_files([world.dir().join("conf/x/c.yaml")]);
    let said = world.said(&world.load(&options));
    assert!(said.iter().any(|line| line.contains("n:f: wasi.mounts[0].fs: guests may write p/conf, which is or holds the settings file p/conf/x/c.yaml")), "{said:#?}");
    assert!(
        said.iter()
            .any(|line| line.starts_with("command line: error: --config ")),
        "{said:#?}"
    );
    // What is missing is held by what is missing.
    let lock = "directories: {src: src, modules: some/mods}\n";
    let world = World::new(&[("wippy.lock", lock), ("src/_index.yaml", &both("some"))]);
    world.mistake("is or holds the modules directory p/some/mods");
}

#[test]
fn what_becomes_a_source_once_it_exists_is_a_mistake() {
    let text = "p/src, the source directory as soon as it exists";
    for path in ["src", "src/data", "./x/../src/a/b"] {
        let world = World::new(&[("_index.yaml", &both(path)), ("x/y", "")]);
        world.mistake(text);
    }
    // A link that leads nowhere yet.
    let world = World::new(&[("_index.yaml", &both("data/new"))]);
    world.link("src", "data/new");
    world.mistake(text);
    // Replacements and modules have a `src/`, too.
    for (lock, dir) in [
        ("replacements: [{from: a, to: m}]", "m"),
        ("modules: [{name: a/m}]", ".wippy/a/m"),
    ] {
        let index = both("src").replace("directory: ", "base: module, directory: ");
        let world = World::new(&[
            ("wippy.lock", lock),
            ("src/_index.yaml", OTHER),
            (&format!("{dir}/_index.yaml"), &index),
        ]);
        world.mistake(&format!(
            "p/{dir}/src, the source directory as soon as it exists"
        ));
    }
    // So do those that are not there at all.
    for (lock, dir) in [
        ("replacements: [{from: a, to: libs/m}]", "libs/m"),
        ("modules: [{name: a/m}]", ".wippy/a/m"),
        ("modules: [{name: a/m}]", ".wippy/vendor/a/m"),
    ] {
        let world = World::new(&[
            ("wippy.lock", lock),
            ("src/_index.yaml", &both(&format!("{dir}/data"))),
        ]);
        let text = format!(
            "n:f: wasi.mounts[0].fs: guests may write p/{dir}/data, which is or lies in p/{dir}, the source directory as soon as it exists"
        );
        let loaded = world.load(&LoadOptions::default());
        let said = world.said(&loaded);
        assert!(said.iter().any(|line| line.contains(&text)), "{said:#?}");
        assert!(loaded.registry.resolve("n:f").is_err());
    }
    // The first place of a module that is in the second.
    let world = World::new(&[
        ("wippy.lock", "modules: [{name: a/m}]"),
        (".wippy/vendor/a/m/x.yaml", OTHER),
        ("src/_index.yaml", &both(".wippy/a/m/data")),
    ]);
    world.mistake("p/.wippy/a/m, the source directory as soon as it exists");
    // One that is named stays what it is.
    let world = World::new(&[
        ("wippy.lock", "directories: {src: .}"),
        ("_index.yaml", &both("src")),
    ]);
    world.clean();
    world.write("src/x.yaml", EVIL);
    assert_eq!(world.clean(), ["src"]);
}

#[test]
fn directories_outside_of_the_source_are_nobodys_business() {
    for path in ["data", "../data", "/nowhere/data", "src/../data"] {
        let world = World::new(&[("src/_index.yaml", &both(path)), ("data/x.yaml", EVIL)]);
        assert_eq!(world.clean(), [""; 0], "{path}");
    }
}

#[test]
fn read_only_is_what_is_literally_so() {
    let index = |more: &str| format!("{FIRST}{}{}", directory("."), guest(more));
    for more in [", read_only: true", ", read_only: True"] {
        let world = World::new(&[("_index.yaml", &index(more))]);
        assert_eq!(world.clean(), [""; 0], "{more}");
    }
    for more in [
        "",
        ", read_only: false",
        ", read_only: '${env:NO|true}'",
        ", read_only: true, read_only_env: NO",
    ] {
        let storage = format!(
            "{}- {{name: v, kind: env.variable, variable: NO, storage: s}}\n- {{name: s, kind: env.storage.memory}}\n",
            index(more)
        );
        let world = World::new(&[("_index.yaml", &storage)]);
        let loaded = world.load(&LoadOptions::default());
        let said = world.said(&loaded);
        let text = "error: n:f: wasi.mounts[0].fs: guests may write p/., which is or holds the source directory";
        assert!(
            said.iter().any(|line| line.contains(text)),
            "{more}: {said:#?}"
        );
        assert!(loaded.registry.resolve("n:f").is_err());
    }
    // A mask is of the filesystem, and may be another tomorrow.
    let masked = directory(".").replace("directory: .", "directory: ., mode: '0555'");
    let index = format!("{FIRST}{masked}{}", guest(""));
    World::new(&[("_index.yaml", &index)]).mistake("is or holds the source directory");
}

#[test]
fn a_directory_in_the_source_is_written_literally() {
    let variable = "- {name: v, kind: env.variable, variable: WHERE, storage: s, default: data}\n- {name: s, kind: env.storage.memory}\n";
    for directory in [
        "directory: '${env:WHERE}'",
        "directory: '${WHERE|x}'",
        "directory: 'file://where.txt'",
    ] {
        let fs = format!("- {{name: d, kind: fs.directory, {directory}}}\n");
        let index = format!("{FIRST}{fs}{}{variable}", guest(""));
        let world = World::new(&[("_index.yaml", &index), ("where.txt", "data")]);
        world.mistake("is not written literally");
    }
    let index = format!(
        "{FIRST}- {{name: d, kind: fs.directory, directory: '${{env:WHERE}}'}}\n{}{}",
        guest(""),
        variable.replace("default: data", "default: ../data"),
    );
    assert_eq!(World::new(&[("_index.yaml", &index)]).clean(), [""; 0]);
    // An override is not what the document says.
    let world = World::new(&[("_index.yaml", &both("data"))]);
    world.write(
        ".wippy.yaml",
        "version: '1.0'\noverride: {'n:d:directory': other}\n",
    );
    world.mistake(
        "guests may write p/other, which lies in the source directory p and is not written",
    );
    world.write(
        ".wippy.yaml",
        "version: '1.0'\noverride: {'n:d:directory': ../other}\n",
    );
    world.write("data/x.yaml", EVIL);
    assert_eq!(world.clean(), ["data"], "it counts as written, too");
}

#[test]
fn disabled_overridden_and_mistaken_entries_count() {
    let evil = ("data/x.yaml", EVIL);
    let settings = [
        "disable: {entries: ['n:f', 'n:d']}",
        "disable: {namespaces: [n]}",
        "override: {'n:f:wasi.mounts[0].read_only': true}",
        "override: {'n:f:wasi.mounts': []}",
        "override: {'n:f:data': {source: s, method: m}}",
        "override: {'n:f:kind': registry.entry}",
    ];
    for settings in settings {
        let settings = format!("version: '1.0'\n{settings}\n");
        let world = World::new(&[
            ("_index.yaml", &both("data")),
            (".wippy.yaml", &settings),
            evil,
        ]);
        let loaded = world.load(&LoadOptions::default());
        assert_eq!(world.skipped(&loaded), ["data"], "{settings}");
        assert_eq!(world.said(&loaded), [""; 0], "{settings}");
    }
    let read_only = guest(", read_only: true");
    let index = format!("{FIRST}{}{read_only}", directory("data"));
    let settings = "version: '1.0'\noverride: {'n:f:wasi.mounts[0].read_only': false}\n";
    let world = World::new(&[("_index.yaml", &index), (".wippy.yaml", settings), evil]);
    assert_eq!(world.clean(), ["data"]);
    // An entry may lack anything, and so may the document.
    let index = both("data");
    for (part, mistaken) in [
        ("source: s, ", ""),
        ("method: m", "method: [m]"),
        ("name: f, ", ""),
        ("name: f, ", "name: 1.5, "),
        ("kind: function.wat, ", ""),
        ("kind: function.wat, ", "kind: function.watt, "),
        ("guest: /d", "guest: d"),
        ("guest: /d", ""),
        ("namespace: n", "namspace: n"),
        ("entries:", "entires:"),
        ("fs: 'n:d'", "fs: 'n:d', fs: 'n:e'"),
        ("wasi: {", "pool: {size: x}, wasi: {"),
    ] {
        assert!(index.contains(part), "{part}");
        let index = index.replace(part, mistaken).replace("fs: 'n:d'", "fs: d");
        let world = World::new(&[("_index.yaml", &index), evil]);
        let loaded = world.load(&LoadOptions::default());
        assert_eq!(world.skipped(&loaded), ["data"], "{index}");
    }
    // A mistake of its place is told of a disabled entry, too.
    let world = World::new(&[("_index.yaml", &both("."))]);
    world.write(
        ".wippy.yaml",
        "version: '1.0'\ndisable: {entries: ['n:f', 'n:d']}\n",
    );
    let said = world.said(&world.load(&LoadOptions::default()));
    assert!(
        said.iter()
            .any(|line| line.contains("n:f: wasi.mounts[0].fs: guests may write")),
        "{said:#?}"
    );
}

#[test]
fn a_document_that_cannot_be_read_keeps_what_is_below_it_closed() {
    let index = format!("{}- [\n", both("data"));
    let world = World::new(&[
        ("_index.yaml", &index),
        ("data/x.yaml", EVIL),
        ("other/x.yaml", OTHER),
    ]);
    let loaded = world.load(&LoadOptions::default());
    assert_eq!(world.skipped(&loaded), ["data", "other"]);
    let said = world.said(&loaded);
    assert!(
        said.iter().any(|line| line.starts_with(
            "p/_index.yaml: error: the directories beside this document are not entered"
        )),
        "{said:#?}"
    );
    // Nor is a source directory below it, which might hold what guests can write.
    let world = World::new(&[
        ("wippy.lock", "replacements: [{from: a, to: src/mods/b}]"),
        ("src/_index.yaml", "a: ["),
        ("src/mods/b/_index.yaml", OTHER),
        ("src/mods/b/data/x.yaml", EVIL),
    ]);
    let loaded = world.load(&LoadOptions::default());
    let said = world.said(&loaded);
    let text = "p/src/mods/b: error: the directory is not read: p/src/_index.yaml above it";
    assert!(said.iter().any(|line| line.starts_with(text)), "{said:#?}");
}

#[test]
fn a_document_behind_a_link_comes_last() {
    // Through what guests may write, wherever that is and whoever says so.
    let top = both("../out");
    let world = World::new(&[
        ("_index.yaml", "namespace: a\n"),
        ("b/_index.yaml", &top),
        ("../out/x.yaml", EVIL),
    ]);
    world.link("direct.yaml", "../out/x.yaml");
    world.link("hop", "../out/elsewhere");
    world.link("through.yaml", "hop/x.yaml");
    write(world.outer.path(), "real/x.yaml", EVIL);
    symlink("../real", world.outer.path().join("out/elsewhere")).expect("linked");
    let loaded = world.load(&LoadOptions::default());
    let said = world.said(&loaded);
    let refused: Vec<_> = said
        .iter()
        .filter(|line| line.contains("passes through p/../out, which guests of n:f may write"))
        .collect();
    assert_eq!(refused.len(), 2, "{said:#?}");
    // What it mounts was entered before: it cannot make it data any more.
    let world = World::new(&[
        ("_index.yaml", "namespace: a\n"),
        ("../shared/x.yaml", &both("data")),
    ]);
    world.link("x.yaml", "../shared/x.yaml");
    world.mistake("guests may write p/data, which lies in the source directory p");
    // One that mounts nothing here is a document like others.
    let world = World::new(&[
        ("_index.yaml", "namespace: a\n"),
        ("../shared/x.yaml", &both("../out")),
    ]);
    world.link("x.yaml", "../shared/x.yaml");
    assert_eq!(world.clean(), [""; 0]);
}

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
