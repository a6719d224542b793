//! The `traceparent` field of W3C Trace Context.

use crate::http::fields::Fields;

const FIELD: &str = "traceparent";
/// Of version 00: `00-` trace, `-`, parent, `-`, flags.
const LENGTH: usize = 55;

/// Which trace a request belongs to, and which part of it has sent it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceParent {
    /// The trace's ID; never zero.
    pub trace: u128,
    /// The ID of the part that has sent the request; never zero.
    pub parent: u64,
    /// Flags; the lowest bit says that the trace is recorded.
    pub flags: u8,
}

impl TraceParent {
    /// What a value says. Of versions after 00 it is what 00 has of it.
    pub fn parse(value: &[u8]) -> Option<TraceParent> {
        let text = std::str::from_utf8(value).ok()?;
        let version = hexadecimal(text.get(..2)?)?;
        let rest = text.get(LENGTH..)?;
        let is_whole = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        let mut parts = text.get(3..LENGTH)?.split('-');
        let mut part = |length| parts.next().filter(|part| part.len() == length);
        let (trace, parent, flags) = (part(32)?, part(16)?, part(2)?);
        let of = TraceParent {
            trace: hexadecimal(trace)?,
            parent: u64::try_from(hexadecimal(parent)?).ok()?,
            flags: u8::try_from(hexadecimal(flags)?).ok()?,
        };
        let is_valid = is_whole && text.get(2..3) == Some("-") && of.trace != 0 && of.parent != 0;
        is_valid.then_some(of)
    }

    /// That of a request. Fields that say none, or several, are taken out, with `tracestate`, which means nothing without
    /// it.
    pub(super) fn take_over(fields: &mut Fields) -> Option<TraceParent> {
        let (found, several) = {
            let mut values = fields.get(FIELD);
            (
                values.next().map(TraceParent::parse),
                values.next().is_some(),
            )
        };
        match found {
            Some(Some(parent)) if !several => Some(parent),
            Some(_) => {
                fields.delete(FIELD);
                fields.delete("tracestate");
                None
            }
            None => None,
        }
    }
}

/// A number in lower-case hexadecimal digits.
fn hexadecimal(text: &str) -> Option<u128> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    match text.bytes().all(is_digit) {
        true => u128::from_str_radix(text, 16).ok(),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn the_rules_of_w3c() {
        let zeros = |count| "0".repeat(count);
        let valid = [
            format!("00-{TRACE}-{PARENT}-01"),
            format!("00-{TRACE}-{PARENT}-ff"),
            format!("01-{TRACE}-{PARENT}-01"),
            format!("cc-{TRACE}-{PARENT}-01-what-will-be"),
        ];
        for text in valid {
            let parsed = TraceParent::parse(text.as_bytes()).expect(&text);
            assert_eq!(parsed.trace, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
            assert_eq!(parsed.parent, 0x00f0_67aa_0ba9_02b7);
        }
        let invalid = [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE}-{PARENT}-0"),
            format!("00-{TRACE}-{PARENT}-01-"),
            format!("00-{TRACE}-{PARENT}-01x"),
            format!("01-{TRACE}-{PARENT}-01x"),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("0g-{TRACE}-{PARENT}-01"),
            format!("00_{TRACE}-{PARENT}-01"),
            format!("00-{TRACE}_{PARENT}-01"),
            format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            format!("00-{}-{PARENT}-01", zeros(32)),
            format!("00-{TRACE}-{}-01", zeros(16)),
            format!("00-{TRACE}é{PARENT}-1"),
        ];
        for text in invalid {
            assert_eq!(TraceParent::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_says_none_is_taken_out() {
        let good = format!("00-{TRACE}-{PARENT}-01");
        for (values, is_kept) in [
            (vec![good.as_str()], true),
            (vec!["x"], false),
            (vec![good.as_str(), good.as_str()], false),
        ] {
            let mut fields = Fields::new();
            for value in values {
                fields.append(FIELD, value.as_bytes()).expect("a field");
            }
            fields.append("tracestate", b"a=1").expect("a field");
            assert_eq!(TraceParent::take_over(&mut fields).is_some(), is_kept);
            assert_eq!(fields.has(FIELD), is_kept);
            assert_eq!(fields.has("tracestate"), is_kept);
        }
    }
}
