//! What a guest can write is never configuration: a guest that tries, and every path that the program
//! opens for itself beside what its guests can write.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::cli::{Ran, program, run};
use crate::support::{guests, hash_of};

/// What a guest would add to its project.
const EVIL: &str =
    "namespace: evil\nentries:\n  - {name: root, kind: fs.directory, directory: /}\n";

fn write(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().expect("below it")).expect("a directory");
    std::fs::write(path, text).expect("a file");
}

/// A function that works on files, over these mounts.
fn script(mounts: &str) -> String {
    let (components, hash) = (guests().join("components"), hash_of("files"));
    format!(
        "- {{name: guests, kind: fs.directory, directory: '{}'}}
- name: script
  kind: function.wasm
  fs: guests
  path: files.wasm
  hash: {hash}
  method: test:guests/files#script
  imports: [wasi:io, wasi:filesystem]
  wasi: {{mounts: [{mounts}]}}
",
        components.display()
    )
}

#[test]
fn a_guest_does_not_enlarge_its_project() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let data = "- {name: data, kind: fs.directory, directory: data, auto_init: true}\n";
    let index = format!(
        "namespace: app\nentries:\n{data}{}",
        script("{fs: data, guest: /data}")
    );
    write(directory, "_index.yaml", &index);
    let list = || run(&mut program(directory, &["registry", "list"]));
    let before = list();
    let lines = [
        "mounts".to_owned(),
        "mkdir\t/data\tdeep".to_owned(),
        "open\tf\t/data\tdeep/x.yaml\tcw".to_owned(),
        format!("write\tf\t0\t{EVIL}"),
        "open\tg\t/data\tx.json\tcw".to_owned(),
        "write\tg\t0\t{\"namespace\": [".to_owned(),
        "open\th\t/data\tCACHEDIR.TAG\tcw".to_owned(),
    ];
    let lines = json!([lines]).to_string();
    let lines = lines.trim_start_matches('[').trim_end_matches(']');
    let ran = run(&mut program(
        directory,
        &["call", "script", &format!("[{lines}]")],
    ));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let written = std::fs::read_to_string(directory.join("data/deep/x.yaml"));
    assert_eq!(written.expect("the guest's file"), EVIL);
    let after = list();
    assert_eq!((&after.out, &after.err), (&before.out, &before.err));
    let Ran { code, out, err } = run(&mut program(directory, &["check"]));
    assert!(code == Some(0) && !err.contains("error"), "{err}");
    let skipped = format!("skipped {}\n", directory.join("data").display());
    assert!(out.starts_with(&skipped), "{out}");
}

/// A project that names its guests' directories in every way that it could be led through them.
struct World {
    outer: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let outer = tempfile::tempdir().expect("a directory");
        let world = World { outer };
        let top = world.outer.path();
        let out = top.join("out").display().to_string();
        // Documents, data and other files, wherever guests can write.
        for dir in world.writable() {
            if dir.ends_with("later") {
                continue;
            }
            for name in ["x.yaml", "sub/x.yaml", "sub/deep/x.json", "m/src/x.yaml"] {
                write(&dir, name, EVIL);
            }
            write(&dir, "bad.yaml", "namespace: [");
            write(&dir, "env", "ROOT=/\n");
            write(&dir, "ca.pem", "");
            write(&dir, "x.wat", "(component)");
            symlink("../elsewhere", dir.join("hop")).expect("a link");
        }
        for name in ["x.yaml", "sub/x.yaml", "env", "x.wat"] {
            write(&top.join("elsewhere"), name, EVIL);
            write(&top.join("p/src/elsewhere"), name, "a: b\n");
        }
        let module = std::fs::read(guests().join("components/types.wasm")).expect("a module");
        std::fs::write(top.join("p/src/data/types.wasm"), module).expect("a file");
        let p = top.join("p");
        write(
            &p,
            "wippy.lock",
            "directories: {src: src, modules: mods}
replacements:
- {from: a, to: lib}
- {from: b, to: src/held/m}
modules:
- {name: org/sub}
",
        );
        symlink(format!("{out}/hop"), p.join("lib")).expect("a link");
        std::fs::create_dir(p.join("mods")).expect("a directory");
        symlink("../src/held", p.join("mods/org")).expect("a link");
        write(
            &p,
            ".wippy.yaml",
            "version: '1.0'
disable: {entries: ['app:off']}
override:
  'app:over:wasi.mounts[0].read_only': true
  'app:moved:directory': /nowhere
",
        );
        write(&p, ".wippyignore", "ignored/\n");
        write(&p, "src/ignored/x.yaml", EVIL);
        let mounts = "{fs: data, guest: /data}, {fs: out, guest: /out}, {fs: later, guest: /later}";
        let mut index = format!(
            "namespace: app
entries:
{}- {{name: data, kind: fs.directory, directory: src/data}}
- {{name: out, kind: fs.directory, directory: '${{env:OUT}}'}}
- {{name: later, kind: fs.directory, directory: src/a/later, auto_init: true}}
- {{name: v, kind: env.variable, variable: OUT, storage: plain, default: '{out}'}}
- {{name: plain, kind: env.storage.file, file_path: src/plain.env, auto_create: true}}
- {{name: exits, kind: process.wasm, meta: {{command: {{name: exits}}}}, fs: guests, path: exits.wasm, hash: '{}', method: wasi:cli/run, imports: [wasi:cli], wasi: {{mounts: [{mounts}]}}}}
- {{name: pinned, kind: function.wasm, fs: data, path: types.wasm, hash: '{}', method: add}}
",
            script(mounts),
            hash_of("exits"),
            hash_of("types"),
        );
        // Guests of entries that do not run now have run before.
        for (name, more, field) in [
            ("off", "source: s, method: m", ""),
            ("over", "source: s, method: m", ""),
            ("moved", "source: s, method: m", ""),
            ("mistaken", "hash: [", ""),
            ("unnamed", "source: s, method: m", "x-"),
            ("held", "source: s, method: m", ""),
        ] {
            let more = more.replace('[', "[]");
            let fs = match name {
                "moved" => "moved".to_owned(),
                name => format!("{name}-dir"),
            };
            index.push_str(&format!(
                "- {{name: {fs}, kind: fs.directory, directory: src/{name}}}
- {{{field}name: {}, kind: function.wat, {more}, wasi: {{mounts: [{{fs: {fs}, guest: /d}}]}}}}
",
                match name {
                    "moved" => "mover",
                    name => name,
                },
            ));
        }
        // Every way of the host, through what guests write and out of it again.
        for (n, way) in [
            "src/data/sub",
            "src/data/hop",
            "src/link",
            "src/data/none/x",
            &out,
            "src/a/later/x",
        ]
        .into_iter()
        .enumerate()
        {
            let inside = way.strip_prefix("src/").unwrap_or("link");
            index.push_str(&format!(
                "- {{name: dir{n}, kind: fs.directory, directory: '{way}/sub', auto_init: true}}
- {{name: mount{n}, kind: function.wat, source: '(component)', method: m, wasi: {{mounts: [{{fs: dir{n}, guest: /d, read_only: true}}]}}}}
- {{name: ca{n}, kind: function.wat, source: '(component)', method: m, wasi: {{http: {{ca: ['dir{n}:/ca.pem', 'src:/{inside}/ca.pem']}}}}}}
- {{name: text{n}, kind: function.wat, source: 'file://{inside}/x.wat', method: m}}
- {{name: env{n}, kind: env.storage.file, file_path: '{way}/env', auto_create: true}}
- {{name: var{n}, kind: env.variable, variable: V{n}, storage: env{n}, default: d}}
- {{name: uses{n}, kind: registry.entry, x: '${{env:V{n}}}'}}
- {{name: root{n}, kind: fs.directory, directory: '${{env:V{n}}}'}}
"
            ));
        }
        index.push_str("- {name: src, kind: fs.directory, directory: src}\n");
        write(&p, "src/_index.yaml", &index);
        write(&p, "src/a/empty.yaml", "namespace: a\n");
        symlink(format!("{out}/sub"), p.join("src/link")).expect("a link");
        symlink("data/x.yaml", p.join("src/link.yaml")).expect("a link");
        symlink("data/hop/x.yaml", p.join("src/hop.yaml")).expect("a link");
        symlink(format!("{out}/x.yaml"), p.join("src/out.yaml")).expect("a link");
        // Below a document with a mistake elsewhere, and below one that does not parse.
        for (name, more) in [("errors", "- {kind: 3}\n- 4\n"), ("broken", "- [\n")] {
            let index = format!(
                "namespace: {name}\nentries:\n- {{name: d, kind: fs.directory, directory: src/{name}/data}}
- {{name: f, kind: function.wat, source: s, method: m, wasi: {{mounts: [{{fs: d, guest: /d}}]}}}}\n{more}"
            );
            write(&p, &format!("src/{name}/_index.yaml"), &index);
        }
        world
    }

    /// What guests of the project can write, or could before.
    fn writable(&self) -> Vec<PathBuf> {
        let top = self.outer.path();
        let names = [
            "out",
            "p/src/data",
            "p/src/a/later",
            "p/src/off",
            "p/src/over",
            "p/src/moved",
            "p/src/mistaken",
            "p/src/unnamed",
            "p/src/held",
            "p/src/errors/data",
            "p/src/broken/data",
        ];
        names.iter().map(|name| top.join(name)).collect()
    }

    fn project(&self) -> PathBuf {
        self.outer.path().join("p")
    }
}

/// The directories in which the names of a path are looked up, as the kernel would.
fn lookups(start: &Path, path: &Path) -> Vec<PathBuf> {
    let mut dir = start.to_owned();
    let mut visited = Vec::new();
    let mut pending = vec![path.to_owned()];
    let mut steps = 0;
    while let Some(path) = pending.pop() {
        let mut components = path.components();
        let Some(first) = components.next() else {
            continue;
        };
        pending.push(components.as_path().to_owned());
        steps += 1;
        assert!(steps < 10_000, "{start:?} {path:?}");
        match first {
            Component::RootDir => dir = PathBuf::from("/"),
            Component::ParentDir => {
                visited.push(dir.clone());
                dir.pop();
            }
            Component::Normal(name) => {
                visited.push(dir.clone());
                match std::fs::read_link(dir.join(name)) {
                    Ok(target) => pending.push(target),
                    Err(_) => dir.push(name),
                }
            }
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
    visited
}

/// The directory that a line of the trace starts from, and the path.
fn opened(line: &str) -> Option<(PathBuf, PathBuf)> {
    let at = ["openat(", "openat2(", "mkdirat("]
        .into_iter()
        .find_map(|call| {
            let at = line.find(call)?;
            line.get(at + call.len()..)
        })?;
    let (fd, rest) = at.split_once(", \"")?;
    let dir = fd.split_once('<')?.1.strip_suffix('>')?;
    let (path, _) = rest.split_once('"')?;
    Some((dir.into(), path.into()))
}

/// Runs the program under a tracer; the paths that it opened through what guests can write.
fn hits(world: &World, words: &[&str]) -> (Ran, BTreeSet<PathBuf>) {
    let trace = world.outer.path().join("trace");
    let project = world.project();
    let mut command = crate::support::command("strace");
    command
        .args([
            "-f",
            "-y",
            "-e",
            "trace=openat,openat2,mkdirat,open,creat,mkdir",
            "-o",
        ])
        .arg(&trace)
        .arg(crate::support::BINARY)
        .args(words)
        .current_dir(&project)
        .stdin(Stdio::null());
    let ran = run(&mut command);
    let trace = std::fs::read_to_string(&trace).expect("a trace");
    let writable = world.writable();
    let mut seen = 0;
    let mut hits = BTreeSet::new();
    for line in trace.lines().filter(|line| !line.contains(" resumed>")) {
        let Some((dir, path)) = opened(line) else {
            let is_call = ["open", "creat(", "mkdir"]
                .iter()
                .any(|call| line.contains(call));
            assert!(!is_call, "{line}");
            continue;
        };
        seen += 1;
        let through = lookups(&dir, &path);
        if through
            .iter()
            .any(|dir| writable.iter().any(|own| dir.starts_with(own)))
        {
            hits.insert(dir.join(path));
        }
    }
    assert!(seen > 20, "{trace}");
    (ran, hits)
}

/// Whether the tracer works here. Where it must, it does.
fn is_traceable() -> bool {
    let traced = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .stderr(Stdio::null())
        .status();
    let works = traced.is_ok_and(|status| status.success());
    if !works {
        let required = std::env::var_os("WIPPY_TEST_STRACE").is_some();
        assert!(!required, "strace does not work here");
        eprintln!("NOT TESTED: strace does not work here, so nothing watched what is opened");
    }
    works
}

#[test]
fn nothing_is_opened_that_guests_can_write() {
    let world = World::new();
    let top = world.outer.path().canonicalize().expect("a directory");
    assert_eq!(top, world.outer.path(), "names are compared");
    // The tracer's reader is not itself blind.
    let seen = lookups(&world.project(), Path::new("src/link/../x"));
    assert!(
        seen.contains(&world.outer.path().join("out/sub")),
        "{seen:?}"
    );
    let project = world.project();
    let absolute = project.to_str().expect("text");
    let list = run(&mut program(&project, &["registry", "list"]));
    assert!(!list.out.contains("evil"), "{list:?}");
    for id in ["script", "exits", "pinned"] {
        let line = list
            .out
            .lines()
            .find(|line| line.starts_with(&format!("app:{id} ")));
        let line = line.unwrap_or_else(|| panic!("{id}: {list:?}"));
        assert!(line.ends_with(".wasm"), "{line}: {}", list.err);
    }
    for (n, id) in (0..6).flat_map(|n| ["mount", "ca", "text", "env"].map(|id| (n, id))) {
        let line = list
            .out
            .lines()
            .find(|line| line.starts_with(&format!("app:{id}{n} ")));
        assert!(
            line.is_some_and(|line| line.ends_with("mistaken")),
            "{id}{n}: {line:?} {}",
            list.err
        );
    }
    if !is_traceable() {
        return;
    }
    let mounts = r#"["mounts"]"#;
    let pinned = BTreeSet::from([PathBuf::from("types.wasm")]);
    for words in [
        &["-C", ".", "check"][..],
        &["-C", absolute, "check"],
        &["-C", ".", "call", "script", mounts],
        // What the call made is there by now, and so is what its guest may have put there.
        &["-C", ".", "run", "exits", "ok"],
    ] {
        let (ran, hits) = hits(&world, words);
        let expected = if words.contains(&"check") { 2 } else { 0 };
        assert_eq!(ran.code, Some(expected), "{words:?}: {ran:?}");
        let hits: BTreeSet<_> = hits
            .iter()
            .filter_map(|path| path.file_name())
            .map(PathBuf::from)
            .collect();
        // A module that is pinned by its hash may come from anywhere; a check reads all.
        match words.contains(&"check") {
            true => assert_eq!(hits, pinned, "{words:?}"),
            false => assert!(hits.is_subset(&pinned), "{words:?}: {hits:?}"),
        }
        let later = world.project().join("src/a/later");
        if later.is_dir() {
            write(&later, "x.yaml", EVIL);
            write(&later, "sub/bad.json", "{");
        }
    }
    assert!(world.project().join("src/a/later").is_dir());
    let list = run(&mut program(&project, &["registry", "list"]));
    assert!(
        !list.out.contains("evil") && !list.err.contains("later/sub"),
        "{list:?}"
    );
}
