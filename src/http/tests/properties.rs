//! Any split of the bytes gives the same; arbitrary bytes never panic.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Messages that are nearly right, from parts that are often right.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        8 => Just("HTTP/1.1 200 OK\r\n"),
        2 => Just("HTTP/1.1 100 Continue\r\n\r\n"),
        4 => Just("Content-Length: 7\r\n"),
        4 => Just("Transfer-Encoding: chunked\r\n"),
        3 => Just("A: b\r\n"),
        6 => Just("\r\n"),
        4 => Just("3\r\nabc\r\n"),
        2 => Just("b;x=y\r\n0123456789a\r\n"),
        4 => Just("0\r\n\r\n"),
        2 => Just("0\r\nT: v\r\n\r\n"),
        1 => Just("\n"),
        1 => Just("\r"),
        1 => Just(" "),
        1 => Just("fffffffffffffffff\r\n"),
        1 => Just("garbage"),
    ];
    vec(part, 0..12).prop_map(|parts| parts.concat().into_bytes())
}

fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
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
        begins in any::<bool>(),
        rest in message(),
        cuts in vec(0usize..500, 0..10),
        head in any::<bool>(),
        closes in any::<bool>(),
    ) {
        let mut bytes = if begins { b"HTTP/1.1 200 OK\r\n".to_vec() } else { Vec::new() };
        bytes.extend_from_slice(&rest);
        let method = if head { Method::Head } else { Method::Get };
        let whole = decode(method.clone(), [&bytes[..]], closes);
        let split = decode(method.clone(), pieces(&bytes, &cuts), closes);
        prop_assert_eq!(&whole, &split);
        let single = decode(method, bytes.chunks(1), closes);
        prop_assert_eq!(&whole, &single);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..400), closes in any::<bool>()) {
        decode(Method::Get, [&bytes[..]], closes);
        let mut behind = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        behind.extend_from_slice(&bytes);
        decode(Method::Get, [&behind[..]], closes);
        let _ = RequestHead::parse(&bytes, FieldLimits::DEFAULT);
    }

    #[test]
    fn what_is_written_is_read(
        status in 200u16..600,
        body in vec(vec(any::<u8>(), 0..50), 0..6),
        chunked in any::<bool>(),
        values in vec("[ -~]{0,12}", 0..5),
        cuts in vec(0usize..1000, 0..8),
    ) {
        prop_assume!(status != 204 && status != 304);
        let mut fields = Fields::new();
        for (index, value) in values.iter().enumerate() {
            fields.append(&format!("X-{index}"), value.trim().as_bytes()).expect("valid");
        }
        let all = body.concat();
        let framing = if chunked { Framing::Chunked } else { Framing::Length(all.len() as u64) };
        let mut wire = Vec::new();
        ResponseHead { status, minor: 1, fields: fields.clone() }.write(framing, &mut wire);
        let mut encoder = BodyEncoder::new(framing);
        for piece in &body {
            encoder.data(piece, &mut wire).expect("declared");
        }
        encoder.end(chunked.then_some(&fields), &mut wire).expect("declared");
        let said = decode(Method::Get, pieces(&wire, &cuts), false);
        prop_assert_eq!(said.error, None);
        prop_assert!(said.ended && said.keeps_alive);
        prop_assert_eq!(said.body, all);
        let head = said.head.expect("a head");
        prop_assert_eq!(head.status, status);
        for (name, value) in fields.iter() {
            prop_assert!(head.fields.get(name).any(|other| other == value));
        }
        let trailers = said.trailers.map_or(0, |trailers| trailers.len());
        prop_assert_eq!(trailers, if chunked { fields.len() } else { 0 });
    }
}
