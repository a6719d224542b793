//! HTTP services: a project's routes, answered by its functions.
//!
//! `http_service` listens and stops, `site` finds the route of a request and has it answered, `endpoint` does that
//! with a function: `request_body` is read, `arguments` are made of it, `waiting_room` bounds who waits for a place,
//! and `reply` makes a response of what comes out.

mod arguments;
mod endpoint;
mod error_id;
mod http_service;
mod listen;
mod reply;
mod request_body;
mod site;
mod waiting_room;

pub(super) use http_service::{ServiceTimes, serve};
