//! Guests on this project's runtime, through its library.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;
use wippy::Runtime;
use wippy::function::Arguments;
use wippy::module::Digest;
use wippy::registry::{self, LoadOptions};
use wippy_dispatcher::{Dispatcher, Handle};

use super::guests_directory;
use crate::Fallible;
use crate::plan;
use crate::protocol::{self, Answer, Request};
use crate::section;

/// Serves requests.
///
/// # Errors
/// When the guests or the machine do not let the runtime start.
pub fn serve(mount: Option<&Path>) -> Fallible<()> {
    let functions = section::functions(&plan::sections(true));
    let loaded = registry::from_yaml(
        &project(&functions, mount)?,
        Some(Path::new(&guests_directory())),
        &LoadOptions::default(),
    );
    if let Some(error) = loaded.errors().next() {
        return Err(error.to_string().into());
    }
    let dispatcher = Dispatcher::new()?;
    let handle = dispatcher.handle();
    let runtime = Runtime::new(handle.clone(), loaded.registry)?;
    Ok(protocol::serve(|request| {
        if request.function == "about" {
            return Ok(Answer {
                value: "this project's runtime on its dispatcher (one thread)".into(),
                ..Answer::default()
            });
        }
        let entry = |guest: Option<&str>, function: &str| {
            let known = |&(name, known): &(&str, &str)| Some(name) == guest && known == function;
            let at = functions.iter().position(known);
            at.map(|at| format!("bench:f{at}"))
                .ok_or("no entry for this function")
        };
        let stem = Path::new(&request.guest).file_stem();
        let asked = entry(stem.and_then(|stem| stem.to_str()), &request.function)?;
        let beside = match &request.beside {
            Some(beside) => {
                let other = entry(Some("files"), &beside.function)?;
                let (runtime, args) = (runtime.clone(), beside.args.clone());
                let repeating = async move {
                    while runtime.call(&other, Arguments::Json(&args)).await.is_ok() {}
                };
                Some(handle.spawn(repeating).map_err(|error| error.to_string())?)
            }
            None => None,
        };
        let answered = dispatcher
            .block_on(answer(&runtime, &handle, &asked, request))
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string());
        // What runs beside it ends here.
        drop(beside);
        answered
    })?)
}

async fn answer(
    runtime: &Runtime,
    handle: &Handle,
    entry: &str,
    request: &Request,
) -> Fallible<Answer> {
    let mut answer = Answer::default();
    for _ in 0..request.calls {
        let start = handle.now()?;
        let value = runtime.call(entry, Arguments::Json(&request.args)).await?;
        let time = handle.now()? - start;
        answer.call_ns.push(u64::try_from(time.as_nanos())?);
        answer.value = value;
    }
    Ok(answer)
}

/// A project with an entry `f0`, `f1`, … for each function.
fn project(functions: &[(&str, &str)], mount: Option<&Path>) -> Fallible<String> {
    let mut yaml = String::from(
        "namespace: bench\nentries:\n  - {name: components, kind: fs.directory, directory: .}\n",
    );
    yaml += &plan::entries(mount);
    for (at, (guest, function)) in functions.iter().enumerate() {
        let path = format!("{}/{guest}.wasm", guests_directory());
        let bytes = std::fs::read(&path).map_err(|error| format!("cannot read {path}: {error}"))?;
        writeln!(
            yaml,
            "  - {{name: f{at}, kind: function.wasm, fs: components, path: {guest}.wasm, hash: 'sha256:{}', \
             method: {}, {}}}",
            Digest::of(&bytes),
            Value::from(*function),
            plan::ENTRY,
        )?;
    }
    Ok(yaml)
}
