//! The clients: 64 connections, driven by one thread.

mod client;
mod clients;
mod response;

pub use clients::{Load, Outcome, run};
