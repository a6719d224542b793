//! What log lines say of requests and failures: one line each, of a bounded length, whatever clients and guests write.

use std::fmt::{self, Display, Write};

use super::error_id::request_id;
use crate::http::server::IncomingRequest;
use crate::one_line::OneLine;

/// Characters of a path that a log line shows.
const PATH_SHOWN: usize = 256;
/// Characters of a method that a log line shows.
const METHOD_SHOWN: usize = 32;
/// Characters of a failure that a log line shows.
const TEXT_SHOWN: usize = 4096;

/// A request in a log, behind the ID of the entry that answers it.
pub(super) fn described(entry: impl Display, request: &IncomingRequest) -> String {
    let method = shortened(request.head.method.as_str(), METHOD_SHOWN);
    let path = shortened(&request.target.path, PATH_SHOWN);
    let id = request_id(request);
    format!("{entry}: {id}{} {}", OneLine(&method), OneLine(&path))
}

/// Why something failed, in a log: its lines one behind the other.
pub(super) struct LogText<T>(pub(super) T);

impl<T: Display> Display for LogText<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let mut joined = String::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if !joined.is_empty() {
                joined.push_str("; ");
            }
            joined.push_str(line);
        }
        write!(f, "{}", OneLine(&shortened(&joined, TEXT_SHOWN)))
    }
}

/// The first `most` characters of a text, and how many bytes are left out.
fn shortened(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text.to_owned();
    };
    let (shown, rest) = text.split_at(end);
    let mut shown = shown.to_owned();
    let _ = write!(shown, "… ({} more bytes)", rest.len());
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_of_a_bounded_length() {
        let trap = "wasm trap: unreachable\n  0: a\n\n  1: b\u{1b}[31m\n";
        assert_eq!(
            LogText(trap).to_string(),
            "wasm trap: unreachable; 0: a; 1: b\\u{1b}[31m"
        );
        let long = "ü".repeat(TEXT_SHOWN + 10);
        let shown = LogText(&long).to_string();
        assert!(shown.ends_with("ü… (20 more bytes)"), "{shown}");
        assert_eq!(shown.chars().filter(|&c| c == 'ü').count(), TEXT_SHOWN);
    }
}
