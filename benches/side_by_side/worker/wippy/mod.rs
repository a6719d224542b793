//! Guests on this project's runtime, through its library.

mod calls;
mod package;
mod project;

use std::path::Path;

use wippy::project::{LoadOptions, from_yaml};
use wippy::{Arguments, Program, ProgramOptions, Runtime};
use wippy_dispatcher::Builder;

use crate::fallible::Fallible;
use crate::files::guests_directory;
use crate::plan;
use crate::protocol::{self, Answer};

/// Serves requests; `many`: with room for as many instances as the largest crowd has.
///
/// # Errors
/// When the guests or the machine do not let the runtime start.
pub fn serve(files: &Path, builder: Builder, settings: &str, many: bool) -> Fallible<()> {
    let functions = plan::functions();
    let loaded = from_yaml(
        &project::document(&functions, files)?,
        Some(guests_directory()),
        &LoadOptions::default(),
    );
    if let Some(error) = loaded.errors().next() {
        return Err(error.to_string().into());
    }
    let dispatcher = builder.build()?;
    let handle = dispatcher.handle();
    let mut options = ProgramOptions::new().package(package::package());
    if many {
        options = options.max_instances(project::MANY);
    }
    let program = Program::builder().project(loaded.registry).options(options);
    let runtime = Runtime::on(handle.clone(), program.build()?)?;
    Ok(protocol::serve(|request| {
        if request.function == "about" {
            return Ok(Answer {
                value: format!("this project's runtime on its dispatcher, one thread{settings}")
                    .into(),
                ..Answer::default()
            });
        }
        let entry = project::entry(&functions, request)?;
        let beside = match &request.beside {
            Some(beside) => Some((project::entry(&functions, beside)?, beside.args.clone())),
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
            .block_on(calls::answer(&runtime, &handle, &entry, request))
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string());
        drop(working);
        answered
    })?)
}
