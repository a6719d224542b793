//! The routes of one service: which endpoint answers a request, or which status.

use std::rc::Rc;
use std::sync::Arc;

use wippy_dispatcher::Handle;

use super::endpoint::{Endpoints, FunctionRequest};
use super::error_id::ErrorId;
use super::log_text::{LogText, described};
use super::reply::Reply;
use crate::http::Response;
use crate::http::server::{Failure, IncomingRequest};
use crate::registry::{Entry, Id, Registry, Route, RoutePaths, RouteState};
use crate::routes::{RouteTable, Routed};

/// The target of an `OPTIONS` request about the server as a whole.
const WHOLE_SERVER: &str = "*";

/// A service's routes, and what answers them.
pub(super) struct Site {
    table: RouteTable<Rc<Target>>,
    /// Routes whose mistakes hide where they are: what they may be is no other route's.
    hidden: RouteTable<Rc<Target>>,
    endpoints: Endpoints,
}

/// What a route leads to.
struct Target {
    endpoint: Id,
    answer: RouteAnswer,
}

/// How a route answers.
enum RouteAnswer {
    Function(Arc<Entry>),
    Refusal(u16, String),
    /// 500; the log says this.
    Mistake(String),
}

impl Site {
    /// The routes that a project has on a service.
    pub(super) fn new(registry: &Registry, service: &Id, endpoints: Endpoints) -> Site {
        let (mut table, mut hidden) = (RouteTable::new(), RouteTable::new());
        let mut routes = registry.routes();
        routes.retain(|route| route.service == *service);
        // Of routes that are the same the first counts, and one that answers never hides another.
        routes.sort_by_key(|route| route.state == RouteState::Served);
        for route in routes {
            let target = Rc::new(Target {
                answer: RouteAnswer::of(registry, &route),
                endpoint: route.endpoint,
            });
            let method = route.method.as_deref();
            match &route.paths {
                RoutePaths::Below(prefix) => {
                    hidden.insert_below(method, prefix.as_ref(), target);
                }
                RoutePaths::Known(patterns) => {
                    for pattern in patterns {
                        let _ = table.insert(method, pattern, target.clone());
                    }
                }
            }
        }
        Site {
            table,
            hidden,
            endpoints,
        }
    }

    /// Answers a request.
    ///
    /// # Errors
    /// `INTERNAL` when the dispatcher has no room for the answer, or has ended.
    pub(super) async fn answer(&self, request: IncomingRequest) -> Result<Response, Failure> {
        let handle = self.endpoints.runtime.handle();
        let method = request.head.method.as_str();
        let path = request.target.path.split('?').next().unwrap_or_default();
        if path == WHOLE_SERVER {
            return Reply::empty(204).into_response(handle);
        }
        let found = self.table.find(method, path);
        let is_certain = matches!(&found, Routed::Malformed)
            || matches!(&found, Routed::Found(it) if it.is_exact);
        if !is_certain && let Routed::Found(hidden) = self.hidden.find(method, path) {
            return hidden.target.refuse(&request, handle);
        }
        let reply = match found {
            Routed::Malformed => Reply::text(
                400,
                "the path has a segment . or .., or an escape that is no text",
            ),
            Routed::NotFound => Reply::text(404, "no route has this path"),
            Routed::MethodNotAllowed { allow } => {
                Reply::text(405, format!("this path takes {allow}")).field("Allow", allow)
            }
            Routed::Options { allow } => Reply::empty(204).field("Allow", allow),
            Routed::Found(found) => match &found.target.answer {
                RouteAnswer::Refusal(..) | RouteAnswer::Mistake(_) => {
                    return found.target.refuse(&request, handle);
                }
                RouteAnswer::Function(function) => {
                    let parameters = found.parameters.into_iter();
                    let parameters = parameters.map(|(name, value)| (name.to_owned(), value));
                    let request = FunctionRequest {
                        endpoint: found.target.endpoint.clone(),
                        function: function.clone(),
                        parameters: parameters.collect(),
                        request,
                    };
                    return self.endpoints.answer(request).await;
                }
            },
        };
        reply.into_response(handle)
    }
}

impl Target {
    /// The answer of a route that is not served.
    fn refuse(&self, request: &IncomingRequest, handle: &Handle) -> Result<Response, Failure> {
        let reply = match &self.answer {
            RouteAnswer::Refusal(status, text) => Reply::text(*status, text.as_str()),
            RouteAnswer::Mistake(why) => {
                let what = described(&self.endpoint, request);
                let id = ErrorId::new(handle);
                tracing::error!(target: "http", "{what}: error ID {id}: {}", LogText(why));
                Reply::text(500, format!("500, error ID {id}"))
            }
            // It is served, and nobody refuses it.
            RouteAnswer::Function(_) => return Err(Failure::INTERNAL),
        };
        reply.into_response(handle)
    }
}

impl RouteAnswer {
    fn of(registry: &Registry, route: &Route) -> RouteAnswer {
        let refused = |status: u16, text: String| RouteAnswer::Refusal(status, text);
        match &route.state {
            RouteState::WithoutMiddleware(name) => {
                refused(503, format!("the middleware {name:?} does not exist here"))
            }
            RouteState::InDoubt(..) => refused(
                503,
                "this route is not served: it, its router or its server asks for something that is not known here"
                    .to_owned(),
            ),
            RouteState::NotRun => refused(501, "the function is not run here".to_owned()),
            RouteState::Invalid => RouteAnswer::Mistake(mistake(registry, route)),
            RouteState::Served => match route.func.as_ref().and_then(|id| registry.get(id)) {
                Some(entry) => RouteAnswer::Function(entry.clone()),
                None => RouteAnswer::Mistake(mistake(registry, route)),
            },
        }
    }
}

/// Why a route cannot be served, for the log.
fn mistake(registry: &Registry, route: &Route) -> String {
    let own = registry.errors_of(&route.endpoint);
    let first = own.first().map(|error| format!(": {error}"));
    format!(
        "{} cannot be used, and no other route takes {} {}{}",
        route.endpoint,
        route.method_text(),
        route.paths,
        first.unwrap_or_default()
    )
}
