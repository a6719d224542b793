//! Names of certificate authorities, as their certificates have them (X.501 in DER).

/// The object identifier of `commonName`, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SET: u8 = 0x31;
const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;

/// The first common name in the contents of a name; `None` where there is none, and where it is text of a kind that
/// certificates do not use any more.
pub fn common_name(mut name: &[u8]) -> Option<String> {
    while let Some((SET, mut attributes)) = take(&mut name) {
        while let Some((SEQUENCE, mut attribute)) = take(&mut attributes) {
            let kind = take(&mut attribute)?;
            let (tag, text) = take(&mut attribute)?;
            let is_text = matches!(tag, UTF8_STRING | PRINTABLE_STRING | IA5_STRING);
            if kind == (OBJECT_IDENTIFIER, COMMON_NAME) && is_text {
                return String::from_utf8(text.to_vec()).ok();
            }
        }
    }
    None
}

/// Takes an element: its tag and its contents.
fn take<'a>(bytes: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let tag = *bytes.split_off_first()?;
    let length = match *bytes.split_off_first()? {
        short @ ..=0x7f => usize::from(short),
        0x81 => usize::from(*bytes.split_off_first()?),
        0x82 => usize::from(u16::from_be_bytes(*bytes.split_off(..2)?.first_chunk()?)),
        // No name is that long.
        _ => return None,
    };
    Some((tag, bytes.split_off(..length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C=DE, CN=a root.
    const NAME: &[u8] = b"\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02DE\
        \x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x0c\x06a root";

    #[test]
    fn the_common_name_is_found_behind_others() {
        assert_eq!(common_name(NAME).as_deref(), Some("a root"));
        assert_eq!(common_name(&NAME[..13]), None);
        assert_eq!(common_name(b""), None);
    }

    #[test]
    fn what_is_cut_short_has_none() {
        for length in 0..NAME.len() {
            assert_eq!(common_name(&NAME[..length]), None, "{length}");
        }
    }
}
