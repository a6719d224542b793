//! The routes of a project's HTTP services, as its endpoints and routers say.

use std::fmt;

use super::entry::{Entry, Kind};
use super::kinds::HttpRouter;
use crate::id::Id;
use crate::routes::{InvalidPattern, RoutePattern};

/// An endpoint's route on its service, or what is kept free for one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Route {
    /// The `http.service` that it belongs to.
    pub service: Id,
    /// The `http.router`, where it is known.
    pub router: Option<Id>,
    /// The method in capitals. None: any.
    pub method: Option<String>,
    /// Its paths with the router's prefix.
    pub paths: RoutePaths,
    /// The `http.endpoint`, or an `http.router` that cannot be used.
    pub endpoint: Id,
    /// The function that answers, where it is known.
    pub func: Option<Id>,
    /// Whether it answers.
    pub state: RouteState,
}

/// Where a route is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RoutePaths {
    /// At these patterns; at least one.
    Known(Vec<RoutePattern>),
    /// A mistake hides where, but it is at or below this prefix; without one it may be anywhere.
    Below(Option<RoutePattern>),
}

/// What becomes of the requests of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RouteState {
    /// Its function answers.
    Served,
    /// It would be less protected than was written, without this middleware: 503.
    WithoutMiddleware(String),
    /// This entry has a field that is not known, and may be meant to protect it: 503.
    InDoubt(Id, String),
    /// Its function is of a kind that is not run here: 501.
    NotRun,
    /// It, or what it needs, has mistakes: 500. It stays a route, so that no other one takes its requests.
    Invalid,
}

impl RouteState {
    /// That of the routes of a router, as far as the router decides it.
    pub(super) fn of_router(id: &Id, router: &HttpRouter) -> RouteState {
        match (router.missing_middleware(), &router.unknown) {
            (Some(name), _) => RouteState::WithoutMiddleware(name.value.clone()),
            (None, Some(field)) => RouteState::InDoubt(id.clone(), field.value.clone()),
            (None, None) => RouteState::Served,
        }
    }

    /// This one, or the other where this one is that the function answers.
    pub(super) fn or(self, other: impl FnOnce() -> RouteState) -> RouteState {
        match self {
            RouteState::Served => other(),
            state => state,
        }
    }
}

impl RoutePaths {
    /// Those of an endpoint below a prefix that is known.
    pub(super) fn of(prefix: &str, path: Option<&str>) -> RoutePaths {
        match path.map(|path| RoutePattern::below(prefix, path)) {
            Some(Ok(patterns)) => RoutePaths::Known(patterns),
            Some(Err(_)) | None => RoutePaths::below(prefix),
        }
    }

    /// All at or below a prefix.
    pub(super) fn below(prefix: &str) -> RoutePaths {
        // An empty prefix is no pattern: everything is below it.
        RoutePaths::Below(RoutePattern::parse(prefix.trim_end_matches('/')).ok())
    }
}

/// As people read one: a pattern each, or what is below a prefix.
impl RoutePaths {
    /// A text for each of its paths.
    pub fn texts(&self) -> Vec<String> {
        match self {
            RoutePaths::Known(patterns) => patterns.iter().map(ToString::to_string).collect(),
            RoutePaths::Below(Some(prefix)) => vec![format!("{prefix}/*")],
            RoutePaths::Below(None) => vec!["/*".to_owned()],
        }
    }
}

impl fmt::Display for RoutePaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.texts().join(" and "))
    }
}

impl Route {
    /// The route of a well-formed entry; `None` where it is no endpoint, or nobody knows of which service.
    pub(super) fn of<'a>(
        entry: &Entry,
        find: impl Fn(&Id) -> Option<&'a Entry>,
    ) -> Option<Result<Route, InvalidPattern>> {
        let Kind::HttpEndpoint(endpoint) = &entry.kind else {
            return None;
        };
        let router_id = endpoint.router.as_ref()?;
        let Kind::HttpRouter(router) = &find(router_id)?.kind else {
            return None;
        };
        let service = router.server.clone()?;
        let patterns = RoutePattern::below(&router.prefix, &endpoint.path.value);
        Some(patterns.map(|patterns| Route {
            service,
            router: Some(router_id.clone()),
            method: endpoint.method.clone(),
            paths: RoutePaths::Known(patterns),
            endpoint: entry.id.clone(),
            func: Some(endpoint.func.clone()),
            state: RouteState::of_router(router_id, router),
        }))
    }

    /// Its method as people read it: `any` for all.
    pub fn method_text(&self) -> &str {
        self.method.as_deref().unwrap_or("any")
    }
}
