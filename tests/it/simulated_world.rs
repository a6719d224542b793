//! Entries on simulated hosts: the library, and `wippy sim`.

mod command;
mod determinism;
mod engine;
mod library;
mod page;
mod pictures;
mod scenario;
mod server;
mod shrink_command;
mod ten_guests;

use wippy::{Program, ProgramOptions};

use crate::support::Project;

/// The guests of these tests.
fn project() -> Project {
    let mut project = Project::new();
    let waits = "[wasi:clocks, wasi:io]";
    project.function("nap", "sleeper", "sleeper#sleep-series", waits, &[]);
    let http = "[wasi:clocks, wasi:io, wasi:http]";
    for method in ["fetch", "sequential", "together"] {
        let export = format!("http-client#{method}");
        project.function(method, "http-client", &export, http, &[]);
    }
    let sockets = "[wasi:cli, wasi:clocks, wasi:io, wasi:sockets]";
    for method in [
        "look-up-and-connect",
        "churn",
        "udp-flood",
        "udp-mistakes",
        "serve",
    ] {
        let export = format!("sockets#{method}");
        project.function(method, "sockets", &export, sockets, &[]);
    }
    project.function("random", "dice", "dice#random-u64", "[wasi:random]", &[]);
    project.command("cat", "cat", "[wasi:cli, wasi:io]", &[]);
    let whole = "[wasi:cli, wasi:io, wasi:clocks, wasi:filesystem]";
    project.command("args", "args", whole, &[]);
    project.command("hello", "hello-c", whole, &[]);
    project
}

fn program() -> Program {
    project().program(ProgramOptions::new())
}
