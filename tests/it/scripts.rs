//! Interpreters in components, where somebody has made them (`examples/javascript`,
//! `examples/python`): tens of megabytes that are not committed.

mod simulated;

use std::path::Path;
use std::thread;

use serde_json::{Value, json};
use wippy::Digest;

use crate::support::{Project, live};

/// The method `fetch` of the component that the variable names. `None`: the variable is not set.
fn project(variable: &str, method: &str) -> Option<Project> {
    let Some(component) = std::env::var_os(variable) else {
        println!("not tested: {variable} names no component");
        return None;
    };
    let component = Path::new(&component).canonicalize().expect("a component");
    let bytes = std::fs::read(&component).expect("a component");
    let directory = component.parent().expect("a directory").display();
    let (file, hash) = (
        component.file_name().expect("a name").display(),
        format!("sha256:{}", Digest::of(&bytes)),
    );
    let mut project = Project::new();
    project.entry("here", "fs.directory", &[("directory", &directory)]);
    let imports =
        "[wasi:cli, wasi:io, wasi:clocks, wasi:random, wasi:filesystem, wasi:sockets, wasi:http]";
    let fields: [(&str, &dyn std::fmt::Display); 5] = [
        ("fs", &"here"),
        ("path", &file),
        ("hash", &hash),
        ("method", &method),
        ("imports", &imports),
    ];
    project.entry("fetch", "function.wasm", &fields);
    Some(project)
}

/// Calls a method of the component that the variable names, with the URLs of a server of its own
/// for these paths. `None`: the variable is not set.
fn fetches(
    variable: &str,
    method: &str,
    paths: &[&str],
    arguments: impl FnOnce(Vec<String>) -> Value,
) -> Option<Result<Value, String>> {
    let project = project(variable, method)?;
    let server = tiny_http::Server::http("127.0.0.1:0").expect("a server");
    let urls = paths
        .iter()
        .map(|path| format!("http://{}{path}", server.server_addr()))
        .collect();
    let count = paths.len();
    let answering = thread::spawn(move || {
        // All of them are asked before one is answered.
        let asked: Vec<_> = (0..count).map(|_| server.recv()).collect();
        for request in asked {
            let request = request.expect("a request");
            let text = request.url().to_owned();
            let answer = tiny_http::Response::from_string(text);
            request.respond(answer).expect("a client");
        }
    });
    let answer = project.call_on(&live(), "fetch", &[arguments(urls)]);
    answering.join().expect("a server");
    Some(answer)
}

#[test]
fn javascript_fetches() {
    let answer = fetches("WIPPY_JAVASCRIPT", "fetch-text", &["/path?query"], |urls| {
        json!(urls.first())
    });
    if let Some(answer) = answer {
        assert_eq!(answer, Ok(json!("200 /path?query")));
    }
}

#[test]
fn python_fetches_several_at_once() {
    let answer = fetches("WIPPY_PYTHON", "fetch-texts", &["/one", "/two?x"], |urls| {
        json!(urls)
    });
    if let Some(answer) = answer {
        assert_eq!(answer, Ok(json!(["200 /one", "200 /two?x"])));
    }
}
