//! A path's segments, percent-decoded.

/// Why a path has no segments that can be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct MalformedPath;

/// The segments behind each slash of a path, decoded. `/` has one, which is empty.
///
/// # Errors
/// For a path that does not begin with a slash, has a segment `.` or `..`, or one that [`decode`] refuses.
pub(super) fn segments(path: &str) -> Result<Vec<String>, MalformedPath> {
    let rest = path.strip_prefix('/').ok_or(MalformedPath)?;
    let decoded = rest.split('/').map(|segment| {
        let segment = decode(segment).ok_or(MalformedPath)?;
        match segment.as_str() {
            "." | ".." => Err(MalformedPath),
            _ => Ok(segment),
        }
    });
    decoded.collect()
}

/// A segment without its escapes. `None` where an escape is broken, or what comes out is no UTF-8 or holds a control
/// character.
pub(super) fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let ([high, low], behind) = rest.split_first_chunk()?;
        bytes.push(hex(*high)? << 4 | hex(*low)?);
        rest = behind;
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains(char::is_control)).then_some(text)
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}
