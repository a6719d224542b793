//! Any split of the bytes gives the same; arbitrary bytes never panic.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Messages that are nearly right, from parts that are often right.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        6 => Just("GET / HTTP/1.1\r\nHost: a\r\n"),
        6 => Just("POST /x HTTP/1.1\r\nHost: a\r\n"),
        2 => Just("PUT /old HTTP/1.0\r\n"),
        4 => Just("Content-Length: 7\r\n"),
        4 => Just("Transfer-Encoding: chunked\r\n"),
        3 => Just("A: b\r\n"),
        1 => Just("Expect: 100-continue\r\n"),
        8 => Just("\r\n"),
        4 => Just("3\r\nabc\r\n"),
        2 => Just("b;x=y\r\n0123456789a\r\n"),
        4 => Just("0\r\n\r\n"),
        2 => Just("0\r\nT: v\r\n\r\n"),
        2 => Just("1234567"),
        1 => Just("\n"),
        1 => Just("\r"),
        1 => Just(" "),
        1 => Just("fffffffffffffffff\r\n"),
        1 => Just("garbage"),
        1 => Just("GET /a-path-that-is-longer-than-the-bound-on-lines HTTP/1.1\r\n"),
        1 => Just("Long: 0123456789012345678901234567890123456789\r\n"),
    ];
    vec(part, 0..14).prop_map(|parts| parts.concat().into_bytes())
}

/// Bounds that such messages reach.
fn limits() -> impl Strategy<Value = RequestLimits> {
    (20usize..60, 1usize..8, 20usize..120, 0u64..20).prop_map(|(line, count, bytes, body)| {
        RequestLimits {
            line,
            fields: FieldLimits { count, bytes },
            body,
        }
    })
}

pub fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.push(bytes.len());
    cuts.sort_unstable();
    let mut from = 0;
    cuts.into_iter()
        .map(|to| {
            let piece = bytes.get(from..to).expect("in order");
            from = to;
            piece
        })
        .collect()
}

proptest! {
    #[test]
    fn any_split_gives_the_same(
        bytes in messages(),
        cuts in vec(0usize..500, 0..10),
        narrow in limits(),
        is_narrow in any::<bool>(),
    ) {
        let limits = if is_narrow { narrow } else { RequestLimits::default() };
        let whole = decode_within(limits, [&bytes[..]]);
        let split = decode_within(limits, pieces(&bytes, &cuts));
        prop_assert_eq!(&whole, &split);
        let single = decode_within(limits, bytes.chunks(1));
        prop_assert_eq!(&whole, &single);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..400), narrow in limits()) {
        decode(&bytes);
        decode_within(narrow, [&bytes[..]]);
        for before in [
            &b"GET / HTTP/1.1\r\nHost: a\r\n"[..],
            b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"GET ",
        ] {
            let all = [before, &bytes].concat();
            let whole = decode(&all);
            prop_assert_eq!(whole, decode_within(RequestLimits::default(), all.chunks(1)));
        }
    }

    /// What is taken is at most what the bounds allow.
    #[test]
    fn bounds_hold(bytes in messages(), narrow in limits()) {
        for request in decode_within(narrow, [&bytes[..]]).requests {
            prop_assert!(request.head.head.fields.bytes() <= narrow.fields.bytes);
            prop_assert!(request.head.head.fields.len() <= narrow.fields.count);
            prop_assert!(request.body.len() as u64 <= narrow.body);
        }
    }
}
