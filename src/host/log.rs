//! A function's standard output and error: log lines that carry its entry's ID, with control
//! characters escaped.

use std::sync::{Arc, Mutex, PoisonError};

use crate::one_line::OneLine;

/// The longest line that is logged in one piece, in bytes.
const LINE_MAX: usize = 8 * 1024;

/// Cuts what a guest writes into log lines.
#[derive(Debug)]
pub struct Lines {
    entry: Arc<str>,
    stream: &'static str,
    partial: Mutex<Vec<u8>>,
}

impl Lines {
    /// The lines of one call's stream (`stdout` or `stderr`).
    pub fn new(entry: impl Into<Arc<str>>, stream: &'static str) -> Lines {
        Lines {
            entry: entry.into(),
            stream,
            partial: Mutex::new(Vec::new()),
        }
    }

    /// Takes bytes and logs the lines that they complete.
    pub fn write(&self, bytes: &[u8]) {
        let mut partial = self.partial.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            for chunk in piece.chunks(LINE_MAX) {
                partial.extend_from_slice(chunk);
                if chunk.ends_with(b"\n") || partial.len() >= LINE_MAX {
                    self.log(&mut partial);
                }
            }
        }
    }

    fn log(&self, line: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\n', '\r']);
        let text = OneLine(text);
        tracing::info!(target: "guest", entry = %self.entry, stream = self.stream, "{text}");
        line.clear();
    }
}

/// Logs a last line that is not complete.
impl Drop for Lines {
    fn drop(&mut self) {
        let partial = self
            .partial
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let mut rest = std::mem::take(partial);
        if !rest.is_empty() {
            self.log(&mut rest);
        }
    }
}
