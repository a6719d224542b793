//! Request methods.

use super::fields::is_name;

/// `wasi:http/types#method`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    /// Any other token.
    Other(String),
}

const KNOWN: [(Method, &str); 9] = [
    (Method::Get, "GET"),
    (Method::Head, "HEAD"),
    (Method::Post, "POST"),
    (Method::Put, "PUT"),
    (Method::Delete, "DELETE"),
    (Method::Connect, "CONNECT"),
    (Method::Options, "OPTIONS"),
    (Method::Trace, "TRACE"),
    (Method::Patch, "PATCH"),
];

impl Method {
    /// From its name on the wire. Names are compared with regard to case.
    ///
    /// `None` when it is no token.
    pub fn parse(name: &str) -> Option<Method> {
        let known = KNOWN.iter().find(|(_, known)| *known == name);
        match known {
            Some((method, _)) => Some(method.clone()),
            None => is_name(name).then(|| Method::Other(name.to_owned())),
        }
    }

    /// Its name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Method::Other(name) => name,
            method => KNOWN
                .iter()
                .find(|(known, _)| known == method)
                .map_or("", |(_, name)| name),
        }
    }

    /// Whether it is idempotent: a request may be sent again if its connection failed before a response.
    pub fn is_idempotent(&self) -> bool {
        !matches!(
            self,
            Method::Post | Method::Patch | Method::Connect | Method::Other(_)
        )
    }

    /// Whether a server expects a body, so that a request without one says `content-length: 0`.
    pub fn has_body(&self) -> bool {
        matches!(self, Method::Post | Method::Put | Method::Patch)
    }
}
