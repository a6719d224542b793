//! Bytes that may be requests, decoded whole and in pieces. `fuzz/` uses this file too.

use wippy::internals::http_server::{
    Buffer, FieldLimits, Refusal, RequestDecoder, RequestEvent, RequestLimits,
};

/// What a decoder has made of its bytes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Decoded {
    /// Whole requests.
    pub requests: usize,
    heads: Vec<String>,
    bodies: Vec<Vec<u8>>,
    trailers: Vec<String>,
    refusal: Option<Refusal>,
}

/// Decodes bytes, of which the first say what the bounds are and where the rest is cut. Whatever they are, it is the same
/// whole and in pieces, within its bounds, and nothing panics.
pub fn decode_any(bytes: &[u8]) -> Decoded {
    let (settings, text) = bytes.split_at(bytes.len().min(4));
    let setting = |at: usize| usize::from(settings.get(at).copied().unwrap_or(0xff));
    let limits = RequestLimits {
        line: 16 + setting(0) * 8,
        fields: FieldLimits {
            count: 1 + setting(1) / 4,
            bytes: 32 + setting(1) * 16,
        },
        body: setting(2) as u64 * 4,
    };
    let whole = decode(limits, [text]);
    let step = 1 + setting(3) % 31;
    let pieces = decode(limits, text.chunks(step));
    assert_eq!(whole, pieces, "in pieces of {step}");
    for body in &whole.bodies {
        assert!(body.len() as u64 <= limits.body);
    }
    whole
}

fn decode<'a>(limits: RequestLimits, pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoder = RequestDecoder::new(limits);
    let (mut input, mut decoded) = (Buffer::default(), Decoded::default());
    for piece in pieces {
        input.extend(piece);
        loop {
            match decoder.next(&mut input) {
                Ok(RequestEvent::More) => break,
                Ok(RequestEvent::Head(head)) => {
                    assert!(head.head.fields.len() <= limits.fields.count);
                    decoded.heads.push(format!("{head:?}"));
                    decoded.bodies.push(Vec::new());
                }
                Ok(RequestEvent::Data(_)) if input.is_empty() => break,
                Ok(RequestEvent::Data(most)) => {
                    assert!(most > 0);
                    let count = usize::try_from(most).unwrap_or(usize::MAX).min(input.len());
                    let body = decoded.bodies.last_mut().expect("a head came before");
                    body.extend_from_slice(&input.as_slice()[..count]);
                    input.consume(count);
                    decoder.took(count);
                }
                Ok(RequestEvent::End(trailers)) => {
                    decoded.trailers.push(format!("{trailers:?}"));
                    decoded.requests += 1;
                    decoder = RequestDecoder::new(limits);
                }
                Err(refusal) => {
                    assert!((400..=599).contains(&refusal.status()));
                    decoded.refusal = Some(refusal);
                    return decoded;
                }
            }
        }
    }
    decoded
}
