//! All routes of a project: those of well-formed endpoints, and the places of those that have mistakes, so that no other
//! route takes their requests.

use super::entry::{Entry, Kind};
use super::index::Registry;
use super::kinds::{HttpEndpoint, HttpRouter, meant, method_of, prefix_of};
use super::route::{Route, RoutePaths, RouteState};
use super::tree::Node;
use crate::id::Id;

const ENDPOINT: &str = "http.endpoint";
const ROUTER: &str = "http.router";
const SERVICE: &str = "http.service";

/// An HTTP entry, as far as it can be read.
struct Draft<'a> {
    id: &'a Id,
    /// As written, or as it was probably meant.
    kind: &'a str,
    config: &'a Node,
    meta: &'a Node,
    /// Where its own fields are as they should be.
    entry: Option<&'a Entry>,
    is_valid: bool,
}

/// What is known of a router.
struct RouterPlace<'a> {
    id: &'a Id,
    /// Its services: one, or all where nobody knows which; none where that one is disabled.
    services: Vec<&'a Id>,
    /// `None`: nobody knows.
    prefix: Option<String>,
    /// What it makes of its routes.
    state: RouteState,
    is_valid: bool,
}

impl Registry {
    /// The routes of all services, in the order of their endpoints; those with mistakes last.
    pub(crate) fn routes(&self) -> Vec<Route> {
        let drafts = self.http_drafts();
        let services: Vec<&Id> = drafts
            .iter()
            .filter(|draft| draft.kind == SERVICE && draft.is_valid)
            .map(|draft| draft.id)
            .collect();
        let routers: Vec<RouterPlace<'_>> = drafts
            .iter()
            .filter(|draft| draft.kind == ROUTER)
            .map(|draft| self.router_place(draft, &drafts, &services))
            .collect();
        let endpoints = drafts.iter().filter(|draft| draft.kind == ENDPOINT);
        let mut routes: Vec<Route> = endpoints
            .flat_map(|draft| self.routes_of(draft, &routers, &services))
            .collect();
        for router in routers.iter().filter(|router| !router.is_valid) {
            routes.extend(router.everything());
        }
        routes
    }

    fn http_drafts(&self) -> Vec<Draft<'_>> {
        let valid = self.entries().map(|entry| {
            // One whose kind is misspelt is well-formed as far as anybody knows.
            let kind = meant(entry.kind_name());
            Draft {
                id: &entry.id,
                kind,
                config: &entry.config,
                meta: &entry.meta,
                entry: Some(&**entry),
                is_valid: kind == entry.kind_name(),
            }
        });
        let invalid = self.all_invalid().map(|(id, invalid)| Draft {
            id,
            kind: meant(&invalid.kind),
            config: &invalid.config,
            meta: &invalid.meta,
            entry: invalid.entry.as_deref(),
            is_valid: false,
        });
        let all = valid.chain(invalid);
        all.filter(|draft| [ENDPOINT, ROUTER, SERVICE].contains(&draft.kind))
            .collect()
    }

    fn router_place<'a>(
        &self,
        draft: &Draft<'a>,
        drafts: &[Draft<'a>],
        services: &[&'a Id],
    ) -> RouterPlace<'a> {
        let (server, prefix, state) = match draft.router() {
            Some(router) => (
                router.server.clone(),
                Some(router.prefix.clone()),
                RouteState::of_router(draft.id, router),
            ),
            None => (
                draft.reference("server", SERVICE, drafts),
                prefix_of(draft.config),
                RouteState::Invalid,
            ),
        };
        let mut named = drafts.iter().filter(|it| it.kind == SERVICE);
        let named = server.as_ref().and_then(|id| named.find(|it| it.id == id));
        let services = match (named, &server) {
            (Some(service), _) => vec![service.id],
            (None, Some(id)) if self.is_disabled(id) => Vec::new(),
            (None, _) => services.to_vec(),
        };
        RouterPlace {
            id: draft.id,
            services,
            prefix,
            state,
            is_valid: draft.is_valid,
        }
    }

    fn routes_of(
        &self,
        draft: &Draft<'_>,
        routers: &[RouterPlace<'_>],
        services: &[&Id],
    ) -> Vec<Route> {
        let (router, method, path, func) = match draft.endpoint() {
            Some(endpoint) => (
                endpoint.router.clone(),
                endpoint.method.clone(),
                Some(endpoint.path.value.as_str()),
                Some(endpoint.func.clone()),
            ),
            None => (
                draft.only_or_named(routers),
                method_of(draft.config),
                draft.config.get("path").and_then(Node::as_str),
                None,
            ),
        };
        let route = |service: &Id, paths: RoutePaths, state: RouteState| Route {
            service: service.clone(),
            router: router.clone(),
            method: method.clone(),
            paths,
            endpoint: draft.id.clone(),
            func: func.clone(),
            state,
        };
        if router.as_ref().is_some_and(|id| self.is_disabled(id)) {
            return Vec::new();
        }
        let own: Vec<_> = routers
            .iter()
            .filter(|it| router.as_ref() == Some(it.id))
            .collect();
        if own.is_empty() {
            let anywhere = services
                .iter()
                .map(|service| route(service, RoutePaths::Below(None), RouteState::Invalid));
            return anywhere.collect();
        }
        let mut routes = Vec::new();
        for router in own {
            let paths = match &router.prefix {
                Some(prefix) => RoutePaths::of(prefix, path),
                None => RoutePaths::Below(None),
            };
            for service in &router.services {
                let state = router.state.clone();
                let state = state.or(|| self.own_state(draft, service));
                routes.push(route(service, paths.clone(), state));
            }
        }
        routes
    }

    /// What becomes of an endpoint's routes on a service as far as its router lets them answer.
    fn own_state(&self, draft: &Draft<'_>, service: &Id) -> RouteState {
        let Some(endpoint) = draft.endpoint() else {
            return RouteState::Invalid;
        };
        let own = endpoint.unknown.as_ref().map(|field| (draft.id, field));
        let of_service = || {
            let Kind::HttpService(it) = &self.get(service)?.kind else {
                return None;
            };
            Some((service, it.unknown.as_ref()?))
        };
        match own.or_else(of_service) {
            Some((id, field)) => RouteState::InDoubt(id.clone(), field.value.clone()),
            None if !draft.is_valid || self.has_errors(draft.id) => RouteState::Invalid,
            None if self.is_not_run(draft.id) => RouteState::NotRun,
            None => RouteState::Served,
        }
    }
}

impl<'a> Draft<'a> {
    fn router(&self) -> Option<&'a HttpRouter> {
        let Kind::HttpRouter(router) = &self.entry?.kind else {
            return None;
        };
        Some(router)
    }

    fn endpoint(&self) -> Option<&'a HttpEndpoint> {
        let Kind::HttpEndpoint(endpoint) = &self.entry?.kind else {
            return None;
        };
        Some(endpoint)
    }

    /// The entry that a field of its meta names, or the only one of the kind where it names none.
    fn reference(&self, field: &str, kind: &str, drafts: &[Draft<'_>]) -> Option<Id> {
        let candidates = drafts.iter().filter(|it| it.kind == kind);
        self.named(field, candidates.map(|it| it.id))
    }

    fn only_or_named(&self, routers: &[RouterPlace<'_>]) -> Option<Id> {
        self.named("router", routers.iter().map(|it| it.id))
    }

    fn named<'i>(&self, field: &str, mut all: impl Iterator<Item = &'i Id>) -> Option<Id> {
        match self.meta.get(field).filter(|node| !node.is_null()) {
            Some(node) => Id::reference(node.as_str()?, &self.id.namespace).ok(),
            None => {
                let only = all.next()?;
                all.all(|id| id == only).then(|| only.clone())
            }
        }
    }
}

impl RouterPlace<'_> {
    /// What a router that cannot be used keeps free: everything below its prefix.
    fn everything(&self) -> impl Iterator<Item = Route> + '_ {
        let paths = self.prefix.as_deref().unwrap_or_default();
        self.services.iter().map(move |service| Route {
            service: (*service).clone(),
            router: Some(self.id.clone()),
            method: None,
            paths: RoutePaths::below(paths),
            endpoint: self.id.clone(),
            func: None,
            state: RouteState::Invalid,
        })
    }
}
