//! `wasi:http`: what a guest sends and receives, beside well-kept servers and hostile ones.

mod bodies;
mod delivery;
mod example;
mod hostile;
mod keeping;
mod refusing;
mod rules;
mod server;
mod simulated;
mod simulated_tls;
mod timeouts;
mod tls;
mod transfer;
mod well_kept;

use std::fmt::Display;

use serde_json::{Value, json};
use wippy::Arguments;
use wippy::Runtime;
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, live};

const METHODS: [&str; 16] = [
    "fetch",
    "sequential",
    "together",
    "download",
    "upload",
    "leave",
    "abandon",
    "abandon-body",
    "check-fields",
    "check-messages",
    "check-once",
    "too-many-fields",
    "drop-body-before-stream",
    "drop-future-before-pollable",
    "drop-incoming-body-before-stream",
    "drop-message-before-headers",
];

/// A guest that sends requests, on a dispatcher of its own.
pub struct Guest {
    dispatcher: Dispatcher,
    runtime: Runtime,
}

impl Guest {
    pub fn new() -> Guest {
        Guest::with(&[])
    }

    /// One whose entries have these fields too.
    pub fn with(extra: &[(&str, &dyn Display)]) -> Guest {
        Guest::of(&mut Project::new(), extra)
    }

    /// One among other entries.
    pub fn of(project: &mut Project, extra: &[(&str, &dyn Display)]) -> Guest {
        let imports = "[wasi:clocks, wasi:io, wasi:http]";
        for method in METHODS {
            let export = format!("http-client#{method}");
            project.function(method, "http-client", &export, imports, extra);
        }
        let dispatcher = live();
        let runtime = project.load(&dispatcher);
        Guest {
            dispatcher,
            runtime,
        }
    }

    pub fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, String> {
        self.dispatcher
            .block_on(self.runtime.call(method, Arguments::Json(arguments)))
            .expect("a running dispatcher")
            .map_err(|error| error.to_string())
    }

    /// One exchange: the reply, or the error code's name.
    pub fn fetch(&self, request: Value) -> Result<Value, String> {
        let result = self
            .call("fetch", &[request])
            .expect("the guest itself is well");
        match result.get("ok") {
            Some(reply) => Ok(reply.clone()),
            None => Err(result
                .get("err")
                .and_then(Value::as_str)
                .expect("a result")
                .to_owned()),
        }
    }

    /// The code that a GET fails with.
    pub fn refused(&self, authority: &str) -> String {
        self.fetch(get(authority)).expect_err("a refusal")
    }
}

/// A GET of `/` over plain HTTP, to be changed by [`with`].
pub fn get(authority: &str) -> Value {
    json!({
        "method": "GET",
        "scheme": "http",
        "authority": authority,
        "path": "/",
        "headers": [],
        "trailers": [],
        "body-first": false,
        "unfinished": false,
    })
}

/// The same with other fields.
pub fn with(mut request: Value, changes: Value) -> Value {
    let (Some(request_fields), Value::Object(changes)) = (request.as_object_mut(), changes) else {
        panic!("objects");
    };
    request_fields.extend(changes);
    request
}

/// The values of a header in a reply.
pub fn header<'a>(reply: &'a Value, name: &str) -> Vec<&'a str> {
    let list = reply["headers"].as_array().expect("a list");
    list.iter()
        .filter(|pair| {
            pair[0]
                .as_str()
                .is_some_and(|it| it.eq_ignore_ascii_case(name))
        })
        .filter_map(|pair| pair[1].as_str())
        .collect()
}
