//! HTTP entries: a project's routes, and how functions answer them.

mod command;
mod deadlines;
mod lifecycle;
mod operators;
mod paths;
mod protection;
mod transports;
mod waiting;
mod world;
