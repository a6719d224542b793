//! JavaScript's `fetch`, where somebody has made the component (`examples/javascript`).

use std::path::Path;
use std::thread;

use serde_json::json;
use wippy::module::Digest;

use crate::support::{Project, live};

#[test]
fn javascript_fetches() {
    // Some 11 MB of engine are not committed.
    let Some(component) = std::env::var_os("WIPPY_JAVASCRIPT") else {
        return;
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
    let imports = "[wasi:cli, wasi:io, wasi:clocks, wasi:random, wasi:filesystem, wasi:http]";
    let fields: [(&str, &dyn std::fmt::Display); 5] = [
        ("fs", &"here"),
        ("path", &file),
        ("hash", &hash),
        ("method", &"fetch-text"),
        ("imports", &imports),
    ];
    project.entry("fetch", "function.wasm", &fields);
    let server = tiny_http::Server::http("127.0.0.1:0").expect("a server");
    let url = format!("http://{}/path?query", server.server_addr());
    let answering = thread::spawn(move || {
        let request = server.recv().expect("a request");
        let text = request.url().to_owned();
        let answer = tiny_http::Response::from_string(text);
        request.respond(answer).expect("a client");
    });
    let answer = project.call_on(&live(), "fetch", &[json!(url)]);
    assert_eq!(answer, Ok(json!("200 /path?query")));
    answering.join().expect("a server");
}
