//! What guests can write is never configuration: which directories a mount may let them write, and
//! that nothing is read there.

use std::os::unix::fs::symlink;

use super::world::*;
use super::*;

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
        World::new(files).expect_error(text);
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
        world.expect_error("is or holds the ");
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
    world.expect_error("is or holds the modules directory p/some/mods");
}

#[test]
fn what_becomes_a_source_once_it_exists_is_a_mistake() {
    let text = "p/src, the source directory as soon as it exists";
    for path in ["src", "src/data", "./x/../src/a/b"] {
        let world = World::new(&[("_index.yaml", &both(path)), ("x/y", "")]);
        world.expect_error(text);
    }
    // A link that leads nowhere yet.
    let world = World::new(&[("_index.yaml", &both("data/new"))]);
    world.link("src", "data/new");
    world.expect_error(text);
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
        world.expect_error(&format!(
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
    world.expect_error("p/.wippy/a/m, the source directory as soon as it exists");
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
    World::new(&[("_index.yaml", &index)]).expect_error("is or holds the source directory");
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
        world.expect_error("is not written literally");
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
    world.expect_error(
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
    for (part, invalid) in [
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
        let index = index.replace(part, invalid).replace("fs: 'n:d'", "fs: d");
        let world = World::new(&[("_index.yaml", &index), evil]);
        let loaded = world.load(&LoadOptions::default());
        assert_eq!(world.skipped(&loaded), ["data"], "{index}");
    }
    // A error of its place is reported of a disabled entry, too.
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
    world.expect_error("guests may write p/data, which lies in the source directory p");
    // One that mounts nothing here is a document like others.
    let world = World::new(&[
        ("_index.yaml", "namespace: a\n"),
        ("../shared/x.yaml", &both("../out")),
    ]);
    world.link("x.yaml", "../shared/x.yaml");
    assert_eq!(world.clean(), [""; 0]);
}
