//! Preview 1 programs, as their compilers make them.

use std::fs;

use wippy::host::io::{Feed, Sink};
use wippy::host::pipe::pipe;
use wippy::host::stdio::Stdio;

use super::World;
use crate::support::{Project, live};

/// Runs a command over the world's root at `/data`, and returns its status and what it printed.
fn run(world: &World, guest: &str, words: &[&str]) -> (u8, String) {
    let mut project = Project::new();
    let root = serde_json::json!(world.root());
    project.entry("data", "fs.directory", &[("directory", &root)]);
    let wasi = "{mounts: [{fs: data, guest: /data}]}";
    project.command_at(guest, guest, "_start", "[wasi1]", &[("wasi", &wasi)]);
    let dispatcher = live();
    let (printed, stdout) = pipe(&dispatcher.handle(), 1 << 20).expect("a pipe");
    let stdio = Stdio::new(Feed::Empty, Sink::Pipe(stdout.clone()), Sink::Pipe(stdout));
    let status = project
        .run_on(&dispatcher, guest, stdio, words)
        .expect("a status");
    let mut bytes = Vec::new();
    while let Ok(Some(more)) = dispatcher
        .block_on(printed.next(1 << 20))
        .expect("no deadlock")
    {
        bytes.extend(more);
    }
    (status.code, String::from_utf8(bytes).expect("text"))
}

fn many(world: &World) {
    let many = world.root().join("many");
    fs::create_dir(&many).expect("a directory");
    for index in 0..10_000 {
        fs::write(many.join(format!("n{index}")), "").expect("a file");
    }
}

#[test]
fn a_rust_program_does_what_programs_do_with_files() {
    let world = World::new();
    many(&world);
    let (status, printed) = run(&world, "filer", &["check", "/data"]);
    assert_eq!(printed, "");
    assert_eq!(status, 0);
}

#[test]
fn a_c_program_does_what_programs_do_with_files() {
    let world = World::new();
    many(&world);
    let (status, printed) = run(&world, "filer-c", &["/data"]);
    assert_eq!(printed, "");
    assert_eq!(status, 0);
}
