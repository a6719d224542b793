//! What a request is for: the forms of its target, and its `Host`.

use super::refusal::Refusal;
use crate::http::fields::Fields;
use crate::http::head::RequestHead;
use crate::http::method::Method;
use crate::http::target::HttpOrigin;

/// A request's target, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestTarget {
    /// Whether it names the scheme `https`; `None` where it names none.
    pub secure: Option<bool>,
    /// The server's name and port as written: the target's, or else those of `Host`. `None` where the
    /// request, of HTTP/1.0, names none, or `Host` is empty.
    pub authority: Option<String>,
    /// The path with its query; `*` for `OPTIONS` about the server as a whole.
    pub path: String,
}

impl RequestTarget {
    /// The target of a request: `/path`, `http://authority/path`, or `*` for `OPTIONS`.
    ///
    /// # Errors
    /// `Malformed` for another form, for a path with characters that the grammar has only as escapes, or with a `%`
    /// without two hexadecimal digits, for a `#`, for no `Host` in HTTP/1.1, several, or one that is no authority;
    /// `NotImplemented` for `CONNECT`, whose target is an authority.
    pub fn of(head: &RequestHead) -> Result<RequestTarget, Refusal> {
        let host = host(&head.fields, head.minor)?;
        if head.method == Method::Connect {
            return Err(match is_host(&head.target) {
                true => Refusal::NotImplemented,
                false => Refusal::Malformed,
            });
        }
        let target = head.target.as_str();
        if target.starts_with('/') || (target == "*" && head.method == Method::Options) {
            return match is_target(target) {
                true => Ok(RequestTarget {
                    secure: None,
                    authority: host,
                    path: target.to_owned(),
                }),
                false => Err(Refusal::Malformed),
            };
        }
        absolute(target, &head.method).ok_or(Refusal::Malformed)
    }
}

/// A target with a scheme. Its authority counts, not that of `Host`.
fn absolute(target: &str, method: &Method) -> Option<RequestTarget> {
    let (scheme, rest) = target.split_once("://")?;
    let secure = match scheme {
        _ if scheme.eq_ignore_ascii_case("http") => false,
        _ if scheme.eq_ignore_ascii_case("https") => true,
        _ => return None,
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = match path {
        "" if *method == Method::Options => "*".to_owned(),
        path if path.starts_with('/') => path.to_owned(),
        path => format!("/{path}"),
    };
    (is_host(authority) && is_target(&path)).then(|| RequestTarget {
        secure: Some(secure),
        authority: Some(authority.to_owned()),
        path,
    })
}

/// Whether it is a path, by the grammar of RFC 3986, with a query or without one. In the query every visible character
/// but `#` is taken, because browsers send them unescaped.
fn is_target(text: &str) -> bool {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let is_visible = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    is_path(path) && query.bytes().all(is_visible)
}

fn is_path(path: &str) -> bool {
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let is_valid = match byte {
            b'%' => {
                let mut is_digit = || bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
                is_digit() && is_digit()
            }
            byte => byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte),
        };
        if !is_valid {
            return false;
        }
    }
    true
}

/// The `Host` field: one in HTTP/1.1, at most one in HTTP/1.0.
fn host(fields: &Fields, minor: u8) -> Result<Option<String>, Refusal> {
    let mut hosts = fields.get("host");
    let Some(host) = hosts.next() else {
        return match minor {
            0 => Ok(None),
            _ => Err(Refusal::Malformed),
        };
    };
    let text = std::str::from_utf8(host).map_err(|_| Refusal::Malformed)?;
    match hosts.next() {
        Some(_) => Err(Refusal::Malformed),
        None if text.is_empty() => Ok(None),
        None if is_host(text) => Ok(Some(text.to_owned())),
        None => Err(Refusal::Malformed),
    }
}

/// A host with a port or without one, and without user information.
fn is_host(text: &str) -> bool {
    HttpOrigin::parse(false, text).is_ok()
}
