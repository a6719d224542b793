//! Mistakes on a terminal: the lines of the file, the place in them, and what to do.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use rustix::termios::{Winsize, tcsetwinsize};

use super::program;
use crate::support::{Project, hash_of};
use crate::terminals::Terminal;

/// What the program shows on a terminal as its standard error.
fn shown(command: &mut Command) -> String {
    const END: u8 = 0;
    let Terminal { mut keyboard, tty } = Terminal::new();
    let size = Winsize {
        ws_row: 24,
        ws_col: 100,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&tty, size).expect("a size");
    // Once nobody has the other end, what was shown last may be lost: a copy writes the end after the program.
    let mut last = File::from(tty.try_clone().expect("a copy"));
    command.stderr(tty).stdout(Stdio::null());
    let mut child = command.spawn().expect("the program");
    let end = std::thread::spawn(move || {
        child.wait().expect("its end");
        last.write_all(&[END]).expect("a terminal");
    });
    let (mut shown, mut byte) = (Vec::new(), [END]);
    while keyboard.read_exact(&mut byte).is_ok() && byte != [END] {
        shown.extend(byte);
    }
    end.join().expect("no panic");
    String::from_utf8(shown)
        .expect("text")
        .replace("\r\n", "\n")
}

fn mistaken() -> tempfile::TempDir {
    let mut project = Project::new();
    project.function("f", "types", "greet", "[wasi:clock]", &[("metod", &"1")]);
    project.directory()
}

#[test]
fn a_mistake_shows_its_line_and_its_remedy() {
    let directory = mistaken();
    let mut command = program(directory.path(), &["check"]);
    let text = shown(command.env("TERM", "xterm").env("NO_COLOR", "1"));
    for part in [
        "× test:f: imports[0]: unsupported wasm host import: wasi:clock",
        "_index.yaml:13:15]",
        "13 │     imports: [wasi:clock]",
        "·               ─────────",
        "help: did you mean wasi:clocks?",
        "⚠ test:f: metod: ",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let coloured = shown(command.env_remove("NO_COLOR"));
    assert!(coloured.contains("\u{1b}["), "{coloured}");
    let dumb = shown(command.env("TERM", "dumb"));
    assert!(
        !dumb.contains('\u{1b}') && dumb.contains("help: did you mean"),
        "{dumb}"
    );
}

#[test]
fn a_hash_stays_in_one_line_to_be_copied() {
    let mut project = Project::new();
    let hash = format!("sha256:{}", "0".repeat(64));
    let fields: [(&str, &dyn std::fmt::Display); 4] = [
        ("fs", &"guests"),
        ("path", &"/types.wasm"),
        ("hash", &hash),
        ("method", &"add"),
    ];
    project.entry("add", "function.wasm", &fields);
    let directory = project.directory();
    let mut command = program(directory.path(), &["check"]);
    let text = shown(command.env("TERM", "xterm").env("NO_COLOR", "1"));
    let hint = text.split_once("help: ").expect("a hint").1;
    assert!(hint.contains(&hash_of("types")), "{text}");
}

#[test]
fn a_file_cannot_steer_the_terminal() {
    let directory = tempfile::tempdir().expect("a directory");
    let yaml =
        "namespace: app\nentries:\n  - {name: x, kind: fs.directory, \"a\\e[2J\": 1} # \u{9b}2J\n";
    std::fs::write(directory.path().join("_index.yaml"), yaml).expect("a file");
    let mut command = program(directory.path(), &["check"]);
    let text = shown(command.env("TERM", "xterm").env("NO_COLOR", "1"));
    assert!(text.contains("empty directory path"), "{text}");
    let steering = |c: char| c.is_control() && c != '\n';
    assert!(!text.contains(steering), "{text:?}");
}
