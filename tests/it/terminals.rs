//! Terminals: guests see which of their streams are some, and waiting for what somebody types holds
//! nobody else up. A pseudo-terminal stands for the real one.

use std::fs::File;
use std::io::{Read, Write, pipe};
use std::os::fd::OwnedFd;
use std::thread;

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::stdio::{is_readable, project, reading, run, sleep, start, streams, turn_until};
use crate::support::live;

/// The two ends: what is typed and shown, and the terminal that the program has.
pub struct Terminal {
    pub keyboard: File,
    pub tty: OwnedFd,
}

impl Terminal {
    pub fn new() -> Terminal {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let keyboard = openpt(flags).expect("a terminal");
        unlockpt(&keyboard).expect("a terminal");
        let tty = ioctl_tiocgptpeer(&keyboard, flags).expect("its other end");
        Terminal {
            keyboard: keyboard.into(),
            tty,
        }
    }

    fn tty(&self) -> OwnedFd {
        self.tty.try_clone().expect("a duplicate")
    }

    fn is_blocking(&self) -> bool {
        !fcntl_getfl(&self.tty)
            .expect("flags")
            .contains(OFlags::NONBLOCK)
    }
}

#[test]
fn a_guest_sees_which_of_its_streams_are_terminals() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    for which in 0..8 {
        let terminals = [which & 1 != 0, which & 2 != 0, which & 4 != 0];
        let mut terminal = Terminal::new();
        let (printed, stdout) = pipe().expect("a pipe");
        let pipes: [OwnedFd; 3] = [
            File::open("/dev/null").expect("a device").into(),
            stdout.into(),
            pipe().expect("a pipe").1.into(),
        ];
        let [stdin, stdout, stderr] = std::array::from_fn(|index| match terminals[index] {
            true => Some(terminal.tty()),
            false => Some(pipes[index].try_clone().expect("a duplicate")),
        });
        drop(pipes);
        let stdio = streams(&dispatcher, stdin, stdout, stderr);
        assert_eq!(run(&dispatcher, &runtime, stdio, &["terminals"]), 0);
        let word = |index: usize| if terminals[index] { "yes" } else { "no" };
        let expected = format!(
            "stdin {}\nstdout {}\nstderr {}\n",
            word(0),
            word(1),
            word(2)
        );
        if terminals[1] {
            // A terminal shows a carriage return before each newline.
            let expected = expected.replace('\n', "\r\n");
            let mut shown = vec![0; expected.len()];
            terminal
                .keyboard
                .read_exact(&mut shown)
                .expect("three lines");
            assert_eq!(String::from_utf8_lossy(&shown), expected);
        } else {
            let printed = reading(printed).join().expect("a reader");
            assert_eq!(String::from_utf8_lossy(&printed), expected);
        }
    }
}

#[test]
fn a_line_is_read_as_it_is_typed_while_others_go_on() {
    for way in ["--blocking", "--poll", "--splice"] {
        let dispatcher = live();
        let runtime = project().load(&dispatcher);
        let mut terminal = Terminal::new();
        let (mut printed, stdout) = pipe().expect("a pipe");
        assert!(terminal.is_blocking());
        let stdio = streams(&dispatcher, Some(terminal.tty()), Some(stdout.into()), None);
        let cat = start(&dispatcher, &runtime, stdio, &["cat", way]);
        terminal
            .keyboard
            .write_all(b"a line\n")
            .expect("a terminal");
        turn_until(&dispatcher, || is_readable(&printed));
        let mut line = [0; 7];
        printed.read_exact(&mut line).expect("a line");
        assert_eq!(&line, b"a line\n", "{way}");
        // Half a line is not there yet: the guest waits, the other one does not.
        terminal.keyboard.write_all(b"half").expect("a terminal");
        sleep(&dispatcher, &runtime);
        assert!(!cat.is_finished() && !is_readable(&printed), "{way}");
        assert!(terminal.is_blocking(), "{way}: while it waits");
        // Control-D hands over what was typed, and by itself it is the end.
        terminal
            .keyboard
            .write_all(b" a line\x04\x04")
            .expect("a terminal");
        let status = dispatcher
            .block_on(cat)
            .expect("no deadlock")
            .expect("not cancelled");
        assert_eq!(status.code, 0, "{way}");
        let mut rest = String::new();
        printed.read_to_string(&mut rest).expect("text");
        assert_eq!(rest, "half a line", "{way}");
        assert!(terminal.is_blocking(), "{way}: afterwards");
    }
}

#[test]
fn a_terminal_that_goes_away_ends_the_input() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let mut terminal = Terminal::new();
    let (printed, stdout) = pipe().expect("a pipe");
    let stdio = streams(&dispatcher, Some(terminal.tty()), Some(stdout.into()), None);
    let cat = start(&dispatcher, &runtime, stdio, &["cat"]);
    terminal.keyboard.write_all(b"x\n").expect("a terminal");
    turn_until(&dispatcher, || is_readable(&printed));
    drop(terminal.keyboard);
    let status = dispatcher
        .block_on(cat)
        .expect("no deadlock")
        .expect("not cancelled");
    assert_eq!(status.code, 0);
}

#[test]
fn a_terminal_that_shows_nothing_parks_its_writer_and_nobody_else() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let mut terminal = Terminal::new();
    // Raw: bytes are shown as they are written.
    let mut settings = tcgetattr(&terminal.tty).expect("settings");
    settings.make_raw();
    tcsetattr(&terminal.tty, OptionalActions::Now, &settings).expect("settings");
    let (said, stderr) = pipe().expect("a pipe");
    let stdio = streams(&dispatcher, None, Some(terminal.tty()), Some(stderr.into()));
    let task = start(&dispatcher, &runtime, stdio, &["chatter", "256", "5000"]);
    turn_until(&dispatcher, || is_readable(&terminal.keyboard));
    sleep(&dispatcher, &runtime);
    assert!(!task.is_finished());
    assert!(terminal.is_blocking());
    let mut screen = terminal.keyboard.try_clone().expect("a duplicate");
    let shown = thread::spawn(move || {
        let mut shown = vec![0; 256 << 10];
        screen.read_exact(&mut shown).expect("all of it");
        shown
    });
    let status = dispatcher
        .block_on(task)
        .expect("no deadlock")
        .expect("not cancelled");
    assert_eq!(status.code, 0);
    let shown = shown.join().expect("a reader");
    assert!(
        shown
            .iter()
            .zip(0u32..)
            .all(|(&byte, at)| u32::from(byte) == at % 251)
    );
    let said = reading(said).join().expect("a reader");
    assert!(said.starts_with(b"full ") && said != b"full 0\n");
    terminal.keyboard.flush().expect("open until here");
}
