//! What proxies say of their clients: `Forwarded`, `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Real-IP`.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::http::fields::Fields;

/// The field in which proxies say for whom they forward.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum ForwardedField {
    /// `X-Forwarded-For`, and `X-Forwarded-Proto`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// `X-Real-IP`, and `X-Forwarded-Proto`.
    XRealIp,
}

/// One proxy's word: for whom, and whether that one speaks TLS.
pub(super) struct Hop {
    /// `None` where it does not say, or hides it.
    pub(super) address: Option<IpAddr>,
    /// `None` where it does not say.
    pub(super) secure: Option<bool>,
}

impl ForwardedField {
    /// What proxies have said in it, in their order: the last has written behind the others.
    pub(super) fn hops(self, fields: &Fields) -> Vec<Hop> {
        match self {
            ForwardedField::Forwarded => forwarded(fields),
            ForwardedField::XForwardedFor => x_forwarded(fields, "x-forwarded-for"),
            ForwardedField::XRealIp => x_forwarded(fields, "x-real-ip"),
        }
    }
}

impl FromStr for ForwardedField {
    type Err = String;

    fn from_str(text: &str) -> Result<ForwardedField, String> {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(ForwardedField::XForwardedFor),
            "forwarded" => Ok(ForwardedField::Forwarded),
            "x-real-ip" => Ok(ForwardedField::XRealIp),
            _ => Err(format!(
                "expected x-forwarded-for, forwarded or x-real-ip, found {text:?}"
            )),
        }
    }
}

/// The elements of lists, in order; commas in quotes separate nothing.
fn elements<'a>(fields: &'a Fields, name: &'a str) -> Vec<&'a [u8]> {
    fields
        .get(name)
        .flat_map(|value| split(value, b','))
        .collect()
}

fn split(value: &[u8], at: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = value.split(move |&byte| {
        let is_end = byte == at && !quoted;
        if !escaped && byte == b'"' {
            quoted = !quoted;
        }
        escaped = quoted && !escaped && byte == b'\\';
        is_end
    });
    parts.map(<[u8]>::trim_ascii)
}

fn x_forwarded(fields: &Fields, name: &str) -> Vec<Hop> {
    let addresses = elements(fields, name);
    let schemes = elements(fields, "x-forwarded-proto");
    // Proxies that write one for each add one to both lists; others write only who is first.
    let scheme_of = |index: usize| match schemes.len() == addresses.len() {
        true => schemes.get(index).copied(),
        false => schemes.last().copied(),
    };
    let hops = addresses.iter().enumerate().map(|(index, text)| Hop {
        address: node(text),
        secure: scheme_of(index).and_then(is_secure),
    });
    let mut hops: Vec<Hop> = hops.collect();
    if hops.is_empty() {
        hops.extend(schemes.last().map(|scheme| Hop {
            address: None,
            secure: is_secure(scheme),
        }));
    }
    hops
}

fn forwarded(fields: &Fields) -> Vec<Hop> {
    let of = |element: &[u8]| {
        let mut hop = Hop {
            address: None,
            secure: None,
        };
        for pair in split(element, b';') {
            let Some(at) = pair.iter().position(|&byte| byte == b'=') else {
                continue;
            };
            let (name, value) = pair.split_at(at);
            let value = value.get(1..).unwrap_or_default();
            let value = value.strip_prefix(b"\"").unwrap_or(value);
            let value = value.strip_suffix(b"\"").unwrap_or(value);
            match name.to_ascii_lowercase().as_slice() {
                b"for" => hop.address = node(value),
                b"proto" => hop.secure = is_secure(value),
                _ => {}
            }
        }
        hop
    };
    elements(fields, "forwarded").into_iter().map(of).collect()
}

fn is_secure(scheme: &[u8]) -> Option<bool> {
    match scheme.to_ascii_lowercase().as_slice() {
        b"https" => Some(true),
        b"http" => Some(false),
        _ => None,
    }
}

/// An address, with a port or without one, with brackets or without; `None` for a name that hides it.
fn node(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse::<IpAddr>().ok();
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}
