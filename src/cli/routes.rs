//! The routes of a project's HTTP services, as text.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::registry::{Entry, Id, Registry, Route, RouteState};

/// Which routes are shown.
pub(super) enum Of<'a> {
    /// Those of all services.
    Project,
    /// Those that an HTTP entry has to do with.
    Entry(&'a Id),
}

/// Whether an entry has to do with routes.
pub(super) fn has_routes(entry: &Entry) -> bool {
    entry.kind_name().starts_with("http.")
}

/// A line each: method, path, endpoint, function, service, and what keeps it from answering.
pub(super) fn text(registry: &Registry, of: &Of<'_>, as_json: bool) -> String {
    let mut text = String::new();
    let rows = rows(registry, of);
    if as_json {
        for row in &rows {
            let _ = writeln!(text, "{}", row.json());
        }
        return text;
    }
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row.cells()) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in &rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row.cells()) {
            let _ = write!(line, "{cell:width$}  ");
        }
        line.push_str(&row.state());
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// The same as values.
pub(super) fn json(registry: &Registry) -> Vec<Value> {
    let rows = rows(registry, &Of::Project);
    rows.iter().map(Row::json).collect()
}

/// A route at one of its paths.
struct Row {
    route: Route,
    path: String,
}

fn rows(registry: &Registry, of: &Of<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for route in registry.routes() {
        let is_shown = match of {
            Of::Project => true,
            Of::Entry(id) => has(&route, id),
        };
        if !is_shown {
            continue;
        }
        for path in route.paths.texts() {
            rows.push(Row {
                path,
                route: route.clone(),
            });
        }
    }
    // As people look for them; the order of the entries says nothing.
    rows.sort_by(|one, other| {
        let key = |row: &Row| (row.route.service.clone(), row.path.clone());
        key(one)
            .cmp(&key(other))
            .then_with(|| one.route.method.cmp(&other.route.method))
    });
    rows
}

/// Whether an entry is the route's endpoint, its router, or its service.
fn has(route: &Route, id: &Id) -> bool {
    [
        Some(&route.endpoint),
        Some(&route.service),
        route.router.as_ref(),
    ]
    .contains(&Some(id))
}

impl Row {
    fn cells(&self) -> [String; 5] {
        [
            self.route.method_text().to_owned(),
            self.path.clone(),
            self.route.endpoint.to_string(),
            self.func().unwrap_or_else(|| "-".to_owned()),
            self.route.service.to_string(),
        ]
    }

    fn func(&self) -> Option<String> {
        self.route.func.as_ref().map(Id::to_string)
    }

    /// What keeps it from answering; nothing where it answers.
    fn state(&self) -> String {
        match &self.route.state {
            RouteState::Served => String::new(),
            RouteState::WithoutMiddleware(name) => format!("503: no middleware {name:?}"),
            RouteState::InDoubt(id, field) => format!("503: unknown field {field} of {id}"),
            RouteState::NotRun => "501: not run here".to_owned(),
            RouteState::Invalid => "500: cannot be used".to_owned(),
        }
    }

    fn json(&self) -> Value {
        json!({
            "service": self.route.service.to_string(),
            "method": self.route.method,
            "path": self.path,
            "endpoint": self.route.endpoint.to_string(),
            "func": self.func(),
            "state": self.state(),
        })
    }
}
