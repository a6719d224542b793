//! `http.service`, `http.router`, `http.endpoint`: functions over HTTP.

use std::collections::HashSet;
use std::time::Duration;

use crate::id::Id;
use crate::registry::context::Context;
use crate::registry::describe::Shape;
use crate::registry::duration;
use crate::registry::fields::Fields;
use crate::registry::tree::{Node, Spanned};

/// An `http.service` entry: a server.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpService {
    /// `host:port`; an empty host is every address.
    pub addr: Spanned<String>,
    /// How long it waits.
    pub timeouts: HttpTimeouts,
    /// `tls` as written.
    pub tls: Option<Node>,
    /// `network` as written.
    pub network: Option<Node>,
}

/// `timeouts` of an `http.service`. None: not written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HttpTimeouts {
    /// For a whole request.
    pub read: Option<Duration>,
    /// For a whole response.
    pub write: Option<Duration>,
    /// Between two requests of a connection.
    pub idle: Option<Duration>,
}

/// An `http.router` entry: a prefix, and what stands before its endpoints.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRouter {
    /// `meta.server`, or the project's only server.
    pub server: Option<Id>,
    /// What the paths of its endpoints begin with; empty or beginning with `/`.
    pub prefix: String,
    /// `middleware`, then `post_middleware`.
    pub middleware: Vec<Spanned<String>>,
}

/// An `http.endpoint` entry: a function at a path.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpEndpoint {
    /// `meta.router`, or the project's only router.
    pub router: Option<Id>,
    /// The request method, in capitals. None: any.
    pub method: Option<String>,
    /// The path with its parameters, as written.
    pub path: Spanned<String>,
    /// The function that answers.
    pub func: Id,
}

impl HttpService {
    pub(crate) fn decode(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<Self> {
        let addr = fields.required("addr", "addr is required", cx);
        if let Some(addr) = &addr
            && !is_address(&addr.value)
        {
            let message = format!("expected host:port, found {:?}", addr.value);
            cx.error(&addr.place, "addr", message);
        }
        let mut timeouts = HttpTimeouts::default();
        if let Some(mut section) = fields.section("timeouts", cx) {
            timeouts.read = duration::read(&mut section, "read", cx);
            timeouts.write = duration::read(&mut section, "write", cx);
            timeouts.idle = duration::read(&mut section, "idle", cx);
            section.finish(cx);
        }
        let tls = fields.node("tls", Shape::Any, cx).cloned();
        let network = fields.node("network", Shape::Any, cx).cloned();
        Some(Self {
            addr: addr?,
            timeouts,
            tls,
            network,
        })
    }
}

impl HttpRouter {
    pub(crate) fn decode(fields: &mut Fields<'_>, meta: &Node, cx: &mut Context<'_>) -> Self {
        let prefix = fields.string("prefix", cx);
        let prefix = prefix.filter(|prefix| !prefix.value.is_empty());
        if let Some(prefix) = &prefix
            && !prefix.value.starts_with('/')
        {
            cx.error(&prefix.place, "prefix", "prefix must begin with /");
        }
        let mut middleware = fields.strings("middleware", cx).unwrap_or_default();
        middleware.extend(fields.strings("post_middleware", cx).unwrap_or_default());
        fields.accept("options", cx);
        fields.accept("post_options", cx);
        Self {
            server: meta_reference(meta, "server", cx),
            prefix: prefix.map_or_else(String::new, |prefix| prefix.value),
            middleware,
        }
    }
}

impl HttpEndpoint {
    pub(crate) fn decode(
        fields: &mut Fields<'_>,
        meta: &Node,
        cx: &mut Context<'_>,
    ) -> Option<Self> {
        let method = fields.string("method", cx);
        let method = method.filter(|method| !method.value.is_empty());
        if let Some(method) = &method
            && !method.value.bytes().all(is_token)
        {
            let message = format!("expected a request method, found {:?}", method.value);
            cx.error(&method.place, "method", message);
        }
        let path = fields.required("path", "path is required", cx);
        if let Some(path) = &path
            && let Err(message) = check_path(&path.value)
        {
            cx.error(&path.place, "path", message);
        }
        let func = fields.required("func", "func is required", cx);
        let func = func.and_then(|func| cx.reference(&func, "func"));
        let router = meta_reference(meta, "router", cx);
        Some(Self {
            router,
            method: method.map(|method| method.value.to_ascii_uppercase()),
            path: path?,
            func: func?,
        })
    }
}

fn meta_reference(meta: &Node, name: &str, cx: &mut Context<'_>) -> Option<Id> {
    let field = format!("meta.{name}");
    cx.describe(field.clone(), Shape::String, false);
    let node = meta.get(name).filter(|node| !node.is_null())?;
    let Some(text) = node.as_str() else {
        cx.expected(node, &field, "a string");
        return None;
    };
    let text = Spanned {
        value: text.to_owned(),
        place: node.place.clone(),
    };
    cx.reference(&text, &field)
}

fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let host = match bare {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.contains([':', '/', '[', ']']) && !host.contains(char::is_whitespace),
        };
        host && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
    })
}

fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

/// Checks a path with `{x}`, `:x` and a final `{x...}`.
fn check_path(path: &str) -> Result<(), String> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err("path must begin with /".into());
    };
    let mut names = HashSet::new();
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        let braced = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
        let parameter = braced.or_else(|| segment.strip_prefix(':'));
        let Some(parameter) = parameter else {
            if segment.contains(['{', '}']) {
                return Err(format!("{segment:?} is neither text nor one {{parameter}}"));
            }
            continue;
        };
        let name = match braced.and_then(|name| name.strip_suffix("...")) {
            Some(_) if segments.peek().is_some() => {
                return Err(format!("{segment:?} must stand at the end of the path"));
            }
            Some(name) => name,
            None => parameter,
        };
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(word) {
            return Err(format!("{segment:?} is no parameter"));
        }
        if !names.insert(name) {
            return Err(format!("the parameter {name:?} stands twice in the path"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for text in [":8080", "localhost:0", "127.0.0.1:80", "[::1]:443"] {
            assert!(is_address(text), "{text}");
        }
        for text in [
            "8080",
            "a:b",
            "a:70000",
            "a:+1",
            "::1:80",
            "http://a:80",
            "a b:1",
            "[x]:1",
        ] {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn paths() {
        for path in ["/", "/a/b", "/a/{x}/:y/{z...}", "/{x}", "/a/"] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
        let cases = [
            ("a", "path must begin with /"),
            ("/{x...}/b", "\"{x...}\" must stand at the end of the path"),
            ("/{x}/{x}", "the parameter \"x\" stands twice in the path"),
            ("/{}", "\"{}\" is no parameter"),
            ("/:", "\":\" is no parameter"),
            ("/{x...y}", "\"{x...y}\" is no parameter"),
            ("/a{x}", "\"a{x}\" is neither text nor one {parameter}"),
            ("/{x", "\"{x\" is neither text nor one {parameter}"),
        ];
        for (path, message) in cases {
            assert_eq!(check_path(path), Err(message.to_owned()), "{path}");
        }
    }
}
