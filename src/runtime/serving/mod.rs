//! Entries that answer HTTP requests.

mod component_call;
mod component_calls;
mod component_failure;
mod component_handler;
mod component_request;

pub use component_handler::ComponentHandler;
