//! Guests on this project's runtime, through its library.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use wippy::Arguments;
use wippy::Digest;
use wippy::Runtime;
use wippy::project::{self, LoadOptions};
use wippy_dispatcher::{Dispatcher, Handle};

use crate::cpu;
use crate::fallible::Fallible;
use crate::files::guests_directory;
use crate::plan;
use crate::protocol::{self, Answer, Request};

/// Serves requests.
///
/// # Errors
/// When the guests or the machine do not let the runtime start.
pub fn serve(files: &Path, spin: Option<Duration>) -> Fallible<()> {
    let functions = plan::functions();
    let loaded = project::from_yaml(
        &project(&functions, files)?,
        Some(Path::new(&guests_directory())),
        &LoadOptions::default(),
    );
    if let Some(error) = loaded.errors().next() {
        return Err(error.to_string().into());
    }
    let builder = Dispatcher::builder();
    let dispatcher = match spin {
        Some(spin) => builder.spin(spin),
        None => builder,
    }
    .build()?;
    let handle = dispatcher.handle();
    let runtime = Runtime::new(handle.clone(), loaded.registry)?;
    Ok(protocol::serve(|request| {
        if request.function == "about" {
            return Ok(Answer {
                value: "this project's runtime on its dispatcher (one thread)".into(),
                ..Answer::default()
            });
        }
        let entry = entry(&functions, request)?;
        let beside = match &request.beside {
            Some(beside) => Some((self::entry(&functions, beside)?, beside.args.clone())),
            None => None,
        };
        let working = beside.map(|(entry, args)| {
            let runtime = runtime.clone();
            // It ends with the task, when the answer is there.
            handle.spawn(async move {
                while runtime.call(&entry, Arguments::Json(&args)).await.is_ok() {}
            })
        });
        let answered = dispatcher
            .block_on(answer(&runtime, &handle, &entry, request))
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string());
        drop(working);
        answered
    })?)
}

/// The entry of a request's function.
fn entry(functions: &[(&str, &str)], request: &Request) -> Result<String, String> {
    let guest = Path::new(&request.guest)
        .file_stem()
        .and_then(|stem| stem.to_str());
    let known =
        |&(name, function): &(&str, &str)| Some(name) == guest && function == request.function;
    match functions.iter().position(known) {
        Some(at) => Ok(format!("bench:f{at}")),
        None => Err("no entry for this function".to_owned()),
    }
}

async fn answer(
    runtime: &Runtime,
    handle: &Handle,
    entry: &str,
    request: &Request,
) -> Fallible<Answer> {
    let mut answer = Answer::default();
    let computed = cpu::now();
    for _ in 0..request.calls {
        let start = handle.now()?;
        let value = runtime.call(entry, Arguments::Json(&request.args)).await?;
        let time = handle.now()? - start;
        answer.call_ns.push(u64::try_from(time.as_nanos())?);
        answer.value = value;
    }
    answer.cpu_ns = cpu::now() - computed;
    Ok(answer)
}

/// What the guests may use.
const IMPORTS: &str = "['wasi:io', 'wasi:clocks', 'wasi:filesystem', 'wasi:sockets', 'wasi:http']";

/// A project with an entry `f0`, `f1`, … for each function.
fn project(functions: &[(&str, &str)], files: &Path) -> Fallible<String> {
    let files = Value::from(
        files
            .to_str()
            .ok_or("the files are nowhere that YAML can name")?,
    );
    let mut yaml = format!(
        "namespace: bench\nentries:\n  - {{name: components, kind: fs.directory, directory: .}}\n  \
         - {{name: files, kind: fs.directory, directory: {files}}}\n"
    );
    for (at, (guest, function)) in functions.iter().enumerate() {
        let path = format!("{}/{guest}.wasm", guests_directory());
        let bytes = std::fs::read(&path).map_err(|error| format!("cannot read {path}: {error}"))?;
        writeln!(
            yaml,
            "  - {{name: f{at}, kind: function.wasm, fs: components, path: {guest}.wasm, hash: 'sha256:{}', \
             method: {}, imports: {IMPORTS}, wasi: {{mounts: [{{fs: files, guest: /}}]}}}}",
            Digest::of(&bytes),
            Value::from(*function),
        )?;
    }
    Ok(yaml)
}
