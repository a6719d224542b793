//! Patterns of paths.

/// A pattern with `*`, `**` and `?`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Piece {
    Byte(u8),
    /// One byte that is no slash.
    One,
    /// Any bytes that are no slashes.
    Many,
    /// Any bytes.
    All,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Pattern {
        let mut pieces = Vec::new();
        for byte in text.bytes() {
            match (byte, pieces.last()) {
                (b'*', Some(Piece::Many | Piece::All)) => {
                    pieces.pop();
                    pieces.push(Piece::All);
                }
                (b'*', _) => pieces.push(Piece::Many),
                (b'?', _) => pieces.push(Piece::One),
                (byte, _) => pieces.push(Piece::Byte(byte)),
            }
        }
        Pattern(pieces)
    }

    /// Whether a path matches. It takes as many steps as pieces times bytes at most.
    pub(super) fn matches(&self, path: &str) -> bool {
        // Which beginnings of the pattern match what has been read.
        let mut reached = vec![false; self.0.len() + 1];
        reached[0] = true;
        self.skip_empty(&mut reached);
        for byte in path.bytes() {
            let mut next = vec![false; reached.len()];
            for (place, piece) in self.0.iter().enumerate().filter(|(at, _)| reached[*at]) {
                match piece {
                    Piece::Byte(wanted) if *wanted == byte => next[place + 1] = true,
                    Piece::One if byte != b'/' => next[place + 1] = true,
                    Piece::Many if byte != b'/' => next[place] = true,
                    Piece::All => next[place] = true,
                    _ => {}
                }
            }
            self.skip_empty(&mut next);
            reached = next;
        }
        reached.last().copied().unwrap_or(false)
    }

    /// What may match nothing is passed.
    fn skip_empty(&self, reached: &mut [bool]) {
        for (place, piece) in self.0.iter().enumerate() {
            if reached[place] && matches!(piece, Piece::Many | Piece::All) {
                reached[place + 1] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match_what_they_say() {
        let matches = |pattern: &str, path: &str| Pattern::new(pattern).matches(path);
        assert!(matches("", "") && !matches("", "a"));
        assert!(matches("*.log", "a.log") && matches("*.log", ".log"));
        assert!(!matches("*.log", "wal/a.log") && matches("**.log", "wal/a.log"));
        assert!(matches("wal/*", "wal/1") && !matches("wal/*", "wal/1/2"));
        assert!(matches("**", "") && matches("**", "a/b/c"));
        assert!(matches("a?c", "abc") && !matches("a?c", "a/c") && !matches("a?c", "ac"));
        assert!(matches("*a*b*", "xaxbx") && !matches("*a*b*", "xbxax"));
        assert!(!matches("a", "A") && !matches("a", "aa"));
    }
}
