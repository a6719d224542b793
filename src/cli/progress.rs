//! A line on the terminal that says what takes so long, for as long as it does.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::stdio::stderr;
use rustix::termios::{isatty, tcgetwinsize};

use crate::one_line::OneLine;

/// To the beginning of the line, which is emptied.
const ERASE: &str = "\r\u{1b}[2K";
/// The columns of a terminal that does not say how many it has.
const COLUMNS: usize = 80;

/// What takes long at the moment, shown on standard error if that is a terminal. Clones are the same
/// line. Whoever writes there meanwhile does so through [`Progress::beside`].
#[derive(Clone, Default, Debug)]
pub struct Progress {
    is_shown: bool,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Progress {
    /// Shows nothing for programs, or on a terminal that cannot take a line back.
    pub(super) fn new(json: bool) -> Progress {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        Progress {
            is_shown: !json && !is_dumb && isatty(stderr()),
            lines: Arc::default(),
        }
    }

    /// Whether there is a terminal to show it on.
    pub(super) fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Shows what has begun in place of what is shown.
    pub(super) fn begin(&self, line: &str) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line.to_owned());
        draw(&lines);
    }

    /// Takes it back; what began before it and goes on is shown again.
    pub(super) fn end(&self, line: &str) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = lines.iter().position(|it| it == line) {
            lines.remove(at);
        }
        draw(&lines);
    }

    /// Writes something else to standard error: the line is away meanwhile.
    pub(super) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return write();
        }
        draw(&[]);
        let written = write();
        draw(&lines);
        written
    }
}

/// Nowhere is left to say that standard error is closed.
fn draw(lines: &[String]) {
    let columns = tcgetwinsize(stderr()).map_or(COLUMNS, |size| usize::from(size.ws_col));
    let text = lines
        .last()
        .map_or(String::new(), |line| shown(line, columns));
    let _ = write!(io::stderr(), "{ERASE}{text}");
}

/// What fits one line: a second could not be taken back.
fn shown(line: &str, columns: usize) -> String {
    let columns = match columns {
        0 => COLUMNS,
        columns => columns,
    };
    // A character may take two columns.
    let most = (columns - 1) / 2;
    let line = OneLine(line).to_string();
    match line.is_ascii() || line.chars().count() <= most {
        true => line.chars().take(columns - 1).collect(),
        false => line.chars().take(most).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_line_fits_the_terminal() {
        assert_eq!(shown("compiling app:add", 80), "compiling app:add");
        assert_eq!(shown("compiling app:add", 10), "compiling");
        assert_eq!(shown("a\u{1b}b\nc", 80), "a\\u{1b}b\\nc");
        assert_eq!(shown("ääääää", 9), "ääää");
        assert_eq!(shown("x", 0), "x");
    }
}
