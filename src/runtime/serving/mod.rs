//! Entries that answer HTTP requests: a project's routes, answered by its functions, and components that answer requests
//! themselves.
//!
//! `operations` is what those who run them say about all services, and see of them. `http_service` listens and stops,
//! with the `certificate` of its entry, `site` finds the route of a request and has it answered, `endpoint` does that
//! with a function: `request_body` is read as far as `body_memory` permits, `arguments` are made of it, `waiting_room`
//! bounds who waits for a place, and `reply` makes a response of what comes out. `component_handler` hands requests to a component that exports
//! `wasi:http/incoming-handler`.

mod arguments;
mod body_memory;
mod certificate;
mod component_call;
mod component_calls;
mod component_failure;
mod component_handler;
mod component_handlers;
mod component_request;
mod endpoint;
mod entry_handler;
mod error_id;
mod forwarded_fields;
mod http_service;
mod listen;
mod log_text;
mod operations;
mod reply;
mod request_body;
mod site;
mod waiting_room;

pub use body_memory::BodyMemory;
pub use component_handler::ComponentHandler;
pub use entry_handler::EntryHandler;
pub(super) use http_service::{ServiceTimes, serve};
pub use operations::Operations;
