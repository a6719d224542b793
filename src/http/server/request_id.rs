//! The names of requests, by which a client, proxies and logs speak of the same one.

use std::cell::Cell;

use wippy_dispatcher::{Error, Handle, RngStream};

use crate::http::fields::Fields;

/// The field that carries it.
pub(super) const FIELD: &str = "x-request-id";
/// The longest that is taken over, in bytes.
const LENGTH_MAX: usize = 128;

/// Makes IDs that no other server makes: a number that was drawn once, and one that is never used again.
pub(super) struct RequestIds {
    server: u64,
    next: Cell<u64>,
}

impl RequestIds {
    pub(super) fn new(handle: &Handle) -> Result<RequestIds, Error> {
        let mut bytes = [0; 16];
        handle.fill_random(RngStream::Secure, &mut bytes)?;
        let number = u128::from_ne_bytes(bytes);
        Ok(RequestIds {
            server: (number >> 64) as u64,
            next: Cell::new(number as u64),
        })
    }

    /// The ID of a request with these fields, which have it from now on.
    pub(super) fn name(&self, fields: &mut Fields) -> String {
        let given = {
            let mut values = fields.get(FIELD);
            values
                .next()
                .and_then(sane)
                .filter(|_| values.next().is_none())
        };
        if let Some(given) = given {
            return given;
        }
        let id = self.make();
        // A request whose fields are full goes without it.
        let _ = fields.set(FIELD, &[&id]);
        id
    }

    pub(super) fn make(&self) -> String {
        let next = self.next.get().wrapping_add(1);
        self.next.set(next);
        format!("{:016x}{:016x}", self.server, mixed(next))
    }
}

/// A value that may be an ID: it breaks no line, no shell and no query of a log.
fn sane(value: &[u8]) -> Option<String> {
    let is_sane = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~:+/=@".contains(byte);
    match (1..=LENGTH_MAX).contains(&value.len()) && value.iter().all(is_sane) {
        true => String::from_utf8(value.to_vec()).ok(),
        false => None,
    }
}

/// SplitMix64, which gives each number another one: two requests in a row do not look alike.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_over_if_it_can_do_no_harm() {
        let dispatcher = wippy_dispatcher::Dispatcher::simulated(1).expect("a simulation");
        let ids = RequestIds::new(&dispatcher.handle()).expect("entropy");
        let named = |values: &[&str]| {
            let mut fields = Fields::new();
            for value in values {
                fields
                    .append("X-Request-ID", value.as_bytes())
                    .expect("a field");
            }
            let id = ids.name(&mut fields);
            assert_eq!(fields.get(FIELD).collect::<Vec<_>>(), [id.as_bytes()]);
            id
        };
        for kept in ["a", "7f3c-01.b:9~=@+/_", &"x".repeat(128)] {
            assert_eq!(named(&[kept]), kept);
        }
        let long = "x".repeat(129);
        for made in [
            &[][..],
            &[""],
            &["a b"],
            &["a\"b"],
            &["ä"],
            &[&long],
            &["a", "b"],
        ] {
            let id = named(made);
            assert_eq!(id.len(), 32, "{made:?}");
            assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert_ne!(id, named(made));
        }
    }
}
