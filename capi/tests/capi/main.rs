//! The C library from outside, in the way that C calls it.

mod calls;
mod handles;
mod host_functions;
mod instances;
mod order;
mod pipes;
mod projects;
mod support;
