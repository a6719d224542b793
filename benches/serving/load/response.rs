//! How far the answer of the component is.

/// What the component answers with.
const BODY: &[u8] = b"hello\n";
/// The same in one chunk.
const CHUNKED: &[u8] = b"6\r\nhello\n\r\n0\r\n\r\n";

/// How far an answer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// More of it has to come.
    Partial,
    /// All of it is here.
    Whole {
        /// The server takes no further request on this connection.
        is_last: bool,
    },
    /// It is not what the component answers with.
    Wrong,
}

/// Looks at what has arrived.
pub fn progress(bytes: &[u8]) -> Progress {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Progress::Partial;
    };
    let (head, body) = bytes.split_at(end + 4);
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Progress::Wrong;
    }
    let head = head.to_ascii_lowercase();
    let is_chunked = head
        .windows(26)
        .any(|line| line == b"transfer-encoding: chunked");
    let is_last = head.windows(17).any(|line| line == b"connection: close");
    let expected = if is_chunked { CHUNKED } else { BODY };
    match expected.strip_prefix(body) {
        Some([]) => Progress::Whole { is_last },
        Some(_) => Progress::Partial,
        None => Progress::Wrong,
    }
}
