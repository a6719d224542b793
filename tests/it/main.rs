//! The program and its library from outside: one module per behaviour.

// Tests compare with the system itself, and stand in for peers outside of the dispatcher.
#![allow(clippy::disallowed_methods)]

#[path = "../guests/check.rs"]
mod check;
mod support;

mod arbitrary;
mod bare_file;
mod benchmarks;
mod bounds;
mod calls;
mod calls_with_options;
mod check_command;
mod children;
mod cli;
mod clocks;
mod code_cache;
mod conformance;
mod core_modules;
mod deadlines;
mod dropped_calls;
mod echo;
mod entries_in_code;
mod environment;
mod errors;
mod fairness;
mod features;
mod files;
mod frames;
mod funcs;
mod guests;
mod hash_write;
mod host_packages;
mod hostile;
mod http;
mod http_server;
mod imports;
mod imports_table;
mod inspect;
mod leaks;
mod live_instances;
mod many;
mod modules;
mod new_project;
mod observability;
mod output;
mod planted_bugs;
mod polling;
mod pools;
mod preview1;
mod processes;
mod projects;
mod random;
mod readme;
mod schema;
mod scripts;
mod semantics;
mod services;
mod simulated_disks;
mod simulated_world;
mod simulation;
mod simulation_logs;
mod snapshots;
mod sockets;
mod spares;
mod stdio;
mod streams;
mod terminals;
mod threads;
mod threads_alone;
mod tour;
mod trust;
mod versions;
mod watch;
mod wave;
