//! The guest on this project's runtime, through its library.

use std::time::Duration;

use wippy::Runtime;
use wippy::function::Arguments;
use wippy::module::Digest;
use wippy::registry::{self, LoadOptions};
use wippy_dispatcher::Dispatcher;

use crate::protocol::{self, Answer};
use crate::{Fallible, guest};

/// How long the one that spins polls before it parks.
const SPIN: Duration = Duration::from_micros(200);

/// Serves requests.
///
/// # Errors
/// When the guest or the machine does not let the runtime start.
pub fn serve(spins: bool) -> Fallible<()> {
    let path = guest();
    let bytes = std::fs::read(&path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let folder = path.trim_end_matches("/http-client.wasm");
    let mut yaml = format!(
        "namespace: bench\nentries:\n  - {{name: guests, kind: fs.directory, directory: '{folder}'}}\n"
    );
    for name in ["sequential", "together", "download"] {
        yaml.push_str(&format!(
            "  - {{name: {name}, kind: function.wasm, fs: guests, path: /http-client.wasm, \
             hash: 'sha256:{}', method: 'http-client#{name}', \
             imports: ['wasi:io', 'wasi:clocks', 'wasi:http']}}\n",
            Digest::of(&bytes)
        ));
    }
    let loaded = registry::from_yaml(&yaml, None, &LoadOptions::default());
    if let Some(error) = loaded.errors().next() {
        return Err(error.to_string().into());
    }
    let spin = if spins { SPIN } else { Duration::ZERO };
    let dispatcher = Dispatcher::builder().spin(spin).build()?;
    let handle = dispatcher.handle();
    let runtime = Runtime::new(handle.clone(), loaded.registry)?;
    Ok(protocol::serve(|request| {
        if request.function == "about" {
            return Ok(Answer {
                value: "this project's runtime on its dispatcher (one thread)".into(),
                ..Answer::default()
            });
        }
        let name = request.function.rsplit('#').next().unwrap_or_default();
        let calls = async {
            let mut answer = Answer::default();
            for _ in 0..request.calls {
                let start = handle.now()?;
                let value = runtime.call(name, Arguments::Json(&request.args)).await?;
                let time = handle.now()? - start;
                answer.call_ns.push(u64::try_from(time.as_nanos())?);
                answer.value = value;
            }
            Fallible::Ok(answer)
        };
        dispatcher
            .block_on(calls)
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())
    })?)
}
