//! Preview 1 programs, as their compilers make them.

use std::fs;

use wippy::Runtime;
use wippy::stdio::Stdio;
use wippy::stdio::pipe;
use wippy::stdio::{InputSource, Sink};
use wippy_dispatcher::Dispatcher;

use super::World;
use crate::support::{Project, live};

/// Adds a function `script` that answers the lines of a script over preview 1.
pub fn script(project: &mut Project, extra: &[(&str, &dyn std::fmt::Display)]) {
    let wit = "'script: func(lines: list<string>) -> list<string>;'";
    let mut fields: Vec<(&str, &dyn std::fmt::Display)> = vec![("wit", &wit)];
    fields.extend(extra);
    project.function("script", "files-1", "script", "[wasi1]", &fields);
}

/// The commands that preview 1 has something for.
const KNOWN: [&str; 25] = [
    "mounts",
    "open",
    "drop",
    "repeat",
    "read",
    "write",
    "fill",
    "stat",
    "stat-at",
    "flags",
    "type",
    "size",
    "times",
    "times-at",
    "advise",
    "advise-from",
    "sync",
    "mkdir",
    "rmdir",
    "unlink",
    "symlink",
    "readlink",
    "rename",
    "link",
    "list",
];

/// Whether a line of a script can be answered over preview 1.
pub fn knows(line: &str, answer: &str) -> bool {
    let word = line.split([' ', '\t']).next().unwrap_or_default();
    // A copy's times are its own.
    let is_status = word.starts_with("stat") && answer.contains('.');
    // What 0.2 has for a hash is an inode's number here: only its errors are the same.
    let is_refused = word == "hash-at" && answer == "not-permitted";
    is_refused || KNOWN.contains(&word) && !is_status
}

/// Whether it asks for what a descriptor of preview 1 does not tell: whether a directory may be changed.
fn is_about_changes((line, answer): &(&str, &str)) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["flags", name] => *answer == "read" && (name.starts_with('/') || *name == "d"),
        ["open", .., letters] => letters.contains('m'),
        _ => false,
    }
}

/// Runs those lines of a script that preview 1 has something for, whose answers of 0.2 are known.
pub fn expect(dispatcher: &Dispatcher, runtime: &Runtime, lines: &[(&str, &str)]) {
    let known = lines.iter().filter(|(line, answer)| knows(line, answer));
    let known = known.filter(|line| !is_about_changes(line));
    let answers: Vec<(&str, String)> = known
        .map(|(line, told)| (*line, answer(line, told)))
        .collect();
    assert!(!answers.is_empty(), "preview 1 has nothing for any of them");
    let lines: Vec<(&str, &str)> = answers
        .iter()
        .map(|(line, answer)| (*line, &**answer))
        .collect();
    super::expect(dispatcher, runtime, &lines);
}

/// What a line is answered over preview 1, where 0.2 answers `answer`: it has no type for a FIFO, and
/// a descriptor of the wrong kind is none at all.
pub fn answer(line: &str, answer: &str) -> String {
    let word = line.split([' ', '\t']).next().unwrap_or_default();
    match (word, answer) {
        ("advise", "is-directory") | ("list", "not-directory") => "bad-descriptor".to_owned(),
        // No offset of the system reaches there.
        ("size", "file-too-large") if line.ends_with("18446744073709551615") => {
            "invalid".to_owned()
        }
        // It ends at once, as libc's own.
        ("list", "no-entry") => "nothing".to_owned(),
        (_, answer) => answer.replace("=Fifo", "=Unknown"),
    }
}

/// Runs a command over the world's root at `/data`, and returns its status and what it printed.
fn run(world: &World, guest: &str, words: &[&str]) -> (u8, String) {
    let mut project = Project::new();
    let root = serde_json::json!(world.root());
    project.entry("data", "fs.directory", &[("directory", &root)]);
    let wasi = "{mounts: [{fs: data, guest: /data}]}";
    project.command_at(guest, guest, "_start", "[wasi1]", &[("wasi", &wasi)]);
    let dispatcher = live();
    let (printed, stdout) = pipe(&dispatcher.handle(), 1 << 20).expect("a pipe");
    let stdio = Stdio::new(
        InputSource::Empty,
        Sink::Pipe(stdout.clone()),
        Sink::Pipe(stdout),
    );
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
    let one = world.outer().join("secret");
    for index in 0..10_000 {
        fs::hard_link(&one, many.join(format!("n{index}"))).expect("a link");
    }
}

#[test]
fn a_rust_program_does_what_programs_do_with_files() {
    let world = World::new();
    many(&world);
    let (status, printed) = run(&world, "filer", &["check", "/data"]);
    // Numbers of preview 1: 20 exist, 32 loop, 44 no entry, 54 not a directory, 55 not empty,
    // 63 not permitted.
    let expected = [
        "create: ok",
        "append: hello and more",
        "seek: hEllo more 5",
        "truncate: [104, 69, 108, 0, 0] of 5",
        "exclusive: errno 20",
        "rename over: other",
        "renamed: errno 44",
        "symlink: ok",
        "through a link: other",
        "the link itself: a",
        "its type: true",
        "dangling: ok",
        "through it: errno 44",
        "loop: ok",
        "through the loop: errno 32",
        "outwards: ok",
        "through it: errno 63",
        "absolute link: errno 63",
        "hard link: other",
        "slash behind a file: errno 54",
        "slash behind a directory: ok",
        "file in a directory: ok",
        "remove a full directory: errno 55",
        "remove its file: ok",
        "remove it: ok",
        "unicode: true ja",
        // No mount holds it: the program's own library finds nothing to ask.
        "absolute: errno 44",
        "above: errno 63",
        "times: true",
        "many: 10000 entries, 10000 names",
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
    assert_eq!(status, 0);
}

#[test]
fn a_c_program_does_what_programs_do_with_files() {
    let world = World::new();
    many(&world);
    let (status, printed) = run(&world, "filer-c", &["/data"]);
    let expected = [
        "appended: hello and more",
        "seek: more at 14",
        "truncate: ok",
        "truncated: hEl",
        "rename over: ok",
        "renamed: other",
        "exclusive: File exists",
        "missing: No such file or directory",
        "symlink: ok",
        "through a link: other",
        "the link itself: a",
        "dangling: ok",
        "through it: No such file or directory",
        "loop: ok",
        "through the loop: Symbolic link loop",
        "not following: Symbolic link loop",
        "outwards: ok",
        "through it: Operation not permitted",
        "hard link: ok",
        "links: 2, one inode: 1",
        "slash behind a file: Not a directory",
        "mkdir: ok",
        "remove a full directory: Directory not empty",
        "unlink a directory: Is a directory",
        "unlink: ok",
        "rmdir: ok",
        "unicode: ja",
        "many: 10000",
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
    assert_eq!(status, 0);
}
