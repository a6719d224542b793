//! The routes of one service: which endpoint answers a request, or which status.

use std::rc::Rc;
use std::sync::Arc;

use super::endpoint::{Endpoints, FunctionRequest};
use super::reply::Reply;
use crate::http::Response;
use crate::http::server::{Failure, IncomingRequest};
use crate::registry::{Entry, Id, Registry, RouteState};
use crate::routes::{RouteTable, Routed};

/// The target of an `OPTIONS` request about the server as a whole.
const WHOLE_SERVER: &str = "*";

/// A service's routes, and what answers them.
pub(super) struct Site {
    table: RouteTable<Rc<Target>>,
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
}

impl Site {
    /// The routes that a project has on a service.
    pub(super) fn new(registry: &Registry, service: &Id, endpoints: Endpoints) -> Site {
        let mut table = RouteTable::new();
        let routes = registry.routes().into_iter();
        for route in routes.filter(|route| route.service == *service) {
            let target = Rc::new(Target {
                answer: RouteAnswer::of(registry, &route.func, &route.state),
                endpoint: route.endpoint,
            });
            for pattern in &route.patterns {
                // Of routes that are the same all have mistakes, and the answer is one.
                let _ = table.insert(route.method.as_deref(), pattern, target.clone());
            }
        }
        Site { table, endpoints }
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
        let reply = match self.table.find(method, path) {
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
                RouteAnswer::Refusal(status, text) => Reply::text(*status, text.as_str()),
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

impl RouteAnswer {
    fn of(registry: &Registry, function: &Id, state: &RouteState) -> RouteAnswer {
        let refused = |status: u16, text: String| RouteAnswer::Refusal(status, text);
        match state {
            RouteState::WithoutMiddleware(name) => {
                refused(503, format!("the middleware {name:?} does not exist here"))
            }
            RouteState::NotRun => refused(501, "the function is not run here".to_owned()),
            RouteState::Invalid => refused(500, "the endpoint has mistakes".to_owned()),
            RouteState::Served => match registry.get(function) {
                Some(entry) => RouteAnswer::Function(entry.clone()),
                None => refused(500, "the endpoint has mistakes".to_owned()),
            },
        }
    }
}
