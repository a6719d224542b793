//! What an HTTP entry asks for that is not known: it may be meant to protect routes, which are not served then.

use crate::nearest::within;
use crate::registry::context::Context;
use crate::registry::entry::Kind;
use crate::registry::tree::{Node, Spanned, is_extension};

/// Names in `meta` that look like protection. `meta` is free, and nothing there protects.
const PROTECTIVE: [&str; 17] = [
    "acl",
    "auth",
    "authentication",
    "authorization",
    "basic_auth",
    "endpoint_firewall",
    "firewall",
    "options",
    "permissions",
    "policies",
    "post_options",
    "rate_limit",
    "ratelimit",
    "resource_firewall",
    "scopes",
    "security",
    "token_auth",
];
/// The names of lists of middleware, which `meta` may hold misspelt.
const LISTS: [&str; 2] = ["middleware", "post_middleware"];

/// What becomes of an entry of this kind that has an unknown field; `None` where it is a warning and no more.
pub(crate) fn effect_of_unknown(kind: &str) -> Option<&'static str> {
    match kind {
        "http.endpoint" => Some("until it is removed or corrected the route answers 503"),
        "http.router" => {
            Some("until it is removed or corrected the routes of the router answer 503")
        }
        "http.service" => {
            Some("until it is removed or corrected all routes of the service answer 503")
        }
        _ => None,
    }
}

/// Reports what stands in an entry's `meta` and looks like protection.
pub(crate) fn check_meta(meta: &Node, cx: &mut Context<'_>) {
    let entries = meta.as_mapping().into_iter().flat_map(|it| &it.entries);
    for (key, _) in entries {
        if !is_extension(&key.text) && is_protective(&key.text) {
            let message =
                "nothing in meta protects a route (middleware is a field of an http.router)";
            cx.without_protection(key, "meta", message);
        }
    }
}

fn is_protective(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    name.contains("middleware")
        || PROTECTIVE.contains(&name.as_str())
        || within(&name, LISTS, 2).is_some()
}

/// Has an entry know the first field that is not known.
pub(crate) fn note_unknown(kind: &mut Kind, field: Option<Spanned<String>>) {
    if let Kind::HttpEndpoint(endpoint) = kind {
        endpoint.unknown = field;
    } else if let Kind::HttpRouter(router) = kind {
        router.unknown = field;
    } else if let Kind::HttpService(service) = kind {
        service.unknown = field;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_like_protection() {
        for name in [
            "middleware",
            "Middleware",
            "middlewares",
            "middlware",
            "midleware",
            "post-middleware",
            "pre_middleware",
            "auth",
            "security",
            "token_auth",
            "options",
        ] {
            assert!(is_protective(name), "{name}");
        }
        for name in [
            "router",
            "server",
            "comment",
            "title",
            "description",
            "type",
            "author",
            "order",
            "tags",
            "public",
        ] {
            assert!(!is_protective(name), "{name}");
        }
    }
}
