//! What guests can write is no place for machine code.

use std::fs;
use std::path::Path;

use super::{World, adder, adders, assert_called};
use crate::support::{Project, binary};

/// A project of f0, and of an entry with a mount of this directory.
fn mounting(directory: &Path, read_only: bool) -> Project {
    let mut project = adders(1);
    project.entry(
        "data",
        "fs.directory",
        &[("directory", &directory.display())],
    );
    let wasi = format!("{{mounts: [{{fs: data, guest: /data, read_only: {read_only}}}]}}");
    let imports = "[wasi:filesystem, wasi:cli, wasi:io]";
    project.function("other", "types", "greet", imports, &[("wasi", &wasi)]);
    project
}

#[test]
fn a_directory_that_a_guest_of_the_project_can_write_is_not_used() {
    let world = World::new(&adders(1));
    fs::create_dir(world.cache()).expect("a directory");
    let above = world.caches().to_owned();
    // The directory itself, and one above it.
    for mounted in [world.cache(), above] {
        let project = mounting(&mounted, false);
        fs::write(world.project().join("_index.yaml"), project.yaml()).expect("a file");
        let ran = world.run(&["call", "f0", "41"]);
        assert_called(&ran, 1);
        assert!(
            ran.err.contains("guests of test:other may write"),
            "{}",
            ran.err
        );
        assert_eq!(world.files("").len(), 0);
        let project = mounting(&mounted, true);
        fs::write(world.project().join("_index.yaml"), project.yaml()).expect("a file");
        world.call_silently();
        assert_eq!(world.files(".code").len(), 1);
        fs::remove_file(world.only()).expect("removed");
    }
}

#[test]
fn one_that_is_not_there_yet_is_not_made_where_a_guest_can_write() {
    let world = World::new(&adders(1));
    let project = mounting(world.caches(), false);
    fs::write(world.project().join("_index.yaml"), project.yaml()).expect("a file");
    assert_called(&world.run(&["call", "f0", "41"]), 1);
    assert!(!world.cache().exists());
}

#[test]
fn a_directory_that_the_guest_of_a_file_can_write_is_not_used() {
    let world = World::new(&adders(1));
    let module = world.project().join("f.wat");
    fs::write(&module, adder(0)).expect("a file");
    let call = |grant: &str| {
        let mut command = binary();
        command
            .args([
                "call",
                "--dir",
                &format!("{}{grant}", world.caches().display()),
            ])
            .arg(&module)
            .args(["f", "41"])
            .env("XDG_CACHE_HOME", world.caches());
        crate::cli::run(&mut command)
    };
    let ran = call("::/data");
    assert_called(&ran, 1);
    assert!(ran.err.contains("may write"), "{}", ran.err);
    assert!(!world.cache().exists());
    assert_called(&call("::/data:ro"), 0);
    assert_eq!(world.files(".code").len(), 1);
}
