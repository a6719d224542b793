//! Checks of HTTP entries against each other, and what they ask for and is not there.

use std::collections::{HashMap, HashSet};

use super::diagnostic::Diagnostic;
use super::entry::{Entry, Kind};
use super::kinds::HttpRouter;
use super::load::Loader;
use super::route::{Route, RoutePaths};
use crate::id::Id;
use crate::routes::RouteTable;

impl Loader<'_> {
    /// Reports routes that are the same, middleware that does not exist, and settings of servers that cannot be
    /// done without.
    pub(super) fn check_routes(&mut self) {
        let mut known: HashMap<&Id, &Entry> = HashMap::new();
        for (_, read) in self.entries() {
            if let Some(entry) = &read.entry {
                known.entry(&read.id).or_insert(entry);
            }
        }
        let mut tables: HashMap<Id, RouteTable<(usize, &Entry, String)>> = HashMap::new();
        let mut found = Vec::new();
        for (i, read) in self.entries() {
            let Some(entry) = &read.entry else { continue };
            found.extend(about(entry).into_iter().map(|diagnostic| (i, diagnostic)));
            let route = match Route::of(entry, |id| known.get(id).copied()) {
                None => continue,
                Some(Ok(route)) => route,
                Some(Err(error)) => {
                    let message = format!("below the router's prefix: {error}");
                    found.push((i, entry.error_at("path", message)));
                    continue;
                }
            };
            let text = text(&route);
            let table = tables.entry(route.service.clone()).or_default();
            let mut reported = HashSet::new();
            let RoutePaths::Known(patterns) = &route.paths else {
                continue;
            };
            for pattern in patterns {
                let inserted =
                    table.insert(route.method.as_deref(), pattern, (i, entry, text.clone()));
                let Err((earlier_slot, earlier, earlier_text)) = inserted else {
                    continue;
                };
                // The same ID twice is reported as that, and two paths in common once.
                if earlier.id == entry.id || !reported.insert(&earlier.id) {
                    continue;
                }
                // Nobody knows which of them is meant, so neither is served.
                found.push((i, conflict(entry, &text, earlier)));
                found.push((*earlier_slot, conflict(earlier, earlier_text, entry)));
            }
        }
        self.report(found);
    }
}

/// A route as people read it: its method, and its paths with the prefix.
fn text(route: &Route) -> String {
    format!("{} {}", route.method_text(), route.paths)
}

fn conflict(entry: &Entry, route: &str, other: &Entry) -> Diagnostic {
    let message = format!(
        "the route {route} is not unique: {} at {} has it too",
        other.id,
        other.place_of("path"),
    );
    entry.error_at("path", message)
}

/// What an entry asks for that is not there.
fn about(entry: &Entry) -> Vec<Diagnostic> {
    match &entry.kind {
        Kind::HttpRouter(router) => middleware(entry, router),
        Kind::HttpService(service) => {
            let message = "network is not supported, and the server is not started without it";
            let network = service.network.as_ref();
            network
                .map(|_| entry.error_at("network", message))
                .into_iter()
                .collect()
        }
        Kind::FsDirectory(_)
        | Kind::FunctionWasm(_)
        | Kind::FunctionWat(_)
        | Kind::ProcessWasm(_)
        | Kind::ProcessService(_)
        | Kind::ProcessHost(_)
        | Kind::TerminalHost(_)
        | Kind::EnvVariable(_)
        | Kind::EnvStorage(_)
        | Kind::HttpEndpoint(_)
        | Kind::Data { .. }
        | Kind::NotRun { .. } => Vec::new(),
    }
}

fn middleware(entry: &Entry, router: &HttpRouter) -> Vec<Diagnostic> {
    let warnings = router.middleware.iter().map(|name| {
        let message = match HttpRouter::is_harmless(&name.value) {
            true => format!("the middleware {:?} has no effect here", name.value),
            false => format!(
                "the middleware {:?} does not exist here: the routes of the router answer 503",
                name.value
            ),
        };
        let warning = Diagnostic::warning(message).at(&name.place);
        let warning = warning.of(&entry.id).field("middleware");
        match HttpRouter::nearest_harmless(&name.value) {
            Some(near) if near != name.value => warning.hint(format!("did you mean {near:?}?")),
            _ => warning,
        }
    });
    warnings.collect()
}
