//! The routes of a project's HTTP services, as its endpoints and routers say.

use super::entry::{Entry, Kind};
use super::index::Registry;
use crate::id::Id;
use crate::routes::{InvalidPattern, RoutePattern};

/// An endpoint's route on its service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Route {
    /// The `http.service` that it belongs to.
    pub service: Id,
    /// The method in capitals. None: any.
    pub method: Option<String>,
    /// Its paths with the router's prefix; at least one.
    pub patterns: Vec<RoutePattern>,
    /// The `http.endpoint`.
    pub endpoint: Id,
    /// The function that answers.
    pub func: Id,
    /// Whether it answers.
    pub state: RouteState,
}

/// What becomes of the requests of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RouteState {
    /// Its function answers.
    Served,
    /// It would be less protected than was written, without this middleware: 503.
    WithoutMiddleware(String),
    /// Its function is of a kind that is not run here: 501.
    NotRun,
    /// It, or what it needs, has mistakes: 500. It stays a route, so that no other one takes its requests.
    Invalid,
}

impl Route {
    /// The route of an entry; `None` where it is no endpoint, or nobody knows of which service.
    pub(super) fn of<'a>(
        entry: &Entry,
        find: impl Fn(&Id) -> Option<&'a Entry>,
    ) -> Option<Result<Route, InvalidPattern>> {
        let Kind::HttpEndpoint(endpoint) = &entry.kind else {
            return None;
        };
        let router = find(endpoint.router.as_ref()?)?;
        let Kind::HttpRouter(router) = &router.kind else {
            return None;
        };
        let service = router.server.clone()?;
        let state = match router.missing_middleware() {
            Some(name) => RouteState::WithoutMiddleware(name.value.clone()),
            None => RouteState::Served,
        };
        let patterns = RoutePattern::below(&router.prefix, &endpoint.path.value);
        Some(patterns.map(|patterns| Route {
            service,
            method: endpoint.method.clone(),
            patterns,
            endpoint: entry.id.clone(),
            func: endpoint.func.clone(),
            state,
        }))
    }

    /// Its method as people read it: `any` for all.
    pub fn method_text(&self) -> &str {
        self.method.as_deref().unwrap_or("any")
    }
}

impl Registry {
    /// The routes of all services, in the order of their endpoints; those of endpoints with mistakes last.
    pub(crate) fn routes(&self) -> Vec<Route> {
        let find = |id: &Id| {
            self.get(id)
                .or_else(|| self.invalid_entry(id))
                .map(|it| &**it)
        };
        let invalid = self.invalid_entries();
        let invalid = invalid.filter_map(|(_, invalid)| invalid.entry.as_ref());
        let entries = self.entries().chain(invalid);
        let routes = entries.filter_map(|entry| Route::of(entry, find)?.ok());
        let routes = routes.map(|route| self.with_state(route));
        routes.collect()
    }

    fn with_state(&self, route: Route) -> Route {
        let id = &route.endpoint;
        let state = match &route.state {
            RouteState::Served if self.has_errors(id) => RouteState::Invalid,
            RouteState::Served if self.is_not_run(id) => RouteState::NotRun,
            state => state.clone(),
        };
        Route { state, ..route }
    }
}
