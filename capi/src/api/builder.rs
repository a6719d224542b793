//! Programs, and how they are put together.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::path::Path;
use std::time::Duration;

use wippy::project::{LoadOptions, load};
use wippy::{CodeCache, Program, ProgramOptions};

use crate::failure::Failure;
use crate::guard::guarded;
use crate::handles::{Handle, wippy_builder, wippy_entry, wippy_program};
use crate::objects::{BuilderObject, ProgramObject};
use crate::pointers::{Text, given, wippy_buffer};
use crate::status::wippy_status;

/// Begins a program: no entries, and the defaults.
///
/// Errors: TOO_MANY, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_builder_new(
    builder: Option<&mut MaybeUninit<wippy_builder>>,
) -> wippy_status {
    guarded(|| {
        let builder = given(builder, "builder")?;
        builder.write(wippy_builder::add(BuilderObject::default())?);
        Ok(())
    })
}

/// Destroys a builder. Programs that it has built stay.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_builder_destroy(builder: wippy_builder) -> wippy_status {
    guarded(|| builder.remove().map(drop))
}

/// Adds a copy of an entry as it is now.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_builder_entry(builder: wippy_builder, entry: wippy_entry) -> wippy_status {
    guarded(|| {
        let (builder, entry) = (builder.get()?, entry.get()?);
        let entry = entry.entry.borrow().clone();
        builder.0.borrow_mut().entries.push(entry);
        Ok(())
    })
}

/// Reads the project in a directory and adds its entries and settings. The last project counts. Its calls run on the thread
/// of their runtime, whatever `wasm.threads` says, except those of entries with a `pool.worker_class`. It blocks while it reads.
///
/// Errors: INVALID_PROJECT where the project has errors, after which the builder is as before except for its diagnostics;
/// INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_builder_project(
    builder: wippy_builder,
    directory: Text<'_>,
) -> wippy_status {
    guarded(|| {
        let object = builder.get()?;
        let directory = directory.get("directory")?;
        let loaded = load(Path::new(directory), &LoadOptions::default());
        let lines: Vec<String> = loaded.diagnostics.iter().map(ToString::to_string).collect();
        let errors = loaded.errors().count();
        let mut builder = object.0.borrow_mut();
        builder.diagnostics = lines.join("\n");
        if errors > 0 {
            let message = format!(
                "{directory}: {errors} errors; wippy_builder_diagnostics has all of them. The first: {}",
                lines.first().map_or("", String::as_str)
            );
            return Err(Failure::new(wippy_status::InvalidProject, message));
        }
        let options = std::mem::take(&mut builder.options);
        builder.options = options.settings(&loaded.settings.wasm()).threads(1);
        builder.project = loaded.registry;
        Ok(())
    })
}

/// What was found in the project that was read last, errors and warnings, one a line.
///
/// Errors: TOO_SMALL (the length is written), INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_builder_diagnostics(
    builder: wippy_builder,
    mut buffer: wippy_buffer<'_>,
    length: Option<&mut MaybeUninit<usize>>,
) -> wippy_status {
    guarded(|| {
        let object = builder.get()?;
        let text = object.0.borrow().diagnostics.clone();
        buffer.write_text(text.as_bytes(), length)
    })
}

fn change(
    builder: wippy_builder,
    change: impl FnOnce(ProgramOptions) -> Result<ProgramOptions, Failure>,
) -> wippy_status {
    guarded(|| {
        let object = builder.get()?;
        let changed = change(object.0.borrow().options.clone())?;
        object.0.borrow_mut().options = changed;
        Ok(())
    })
}

/// How long a guest may compute before the other tasks of its dispatcher run, in nanoseconds, at least 100 µs. Default: 1 ms.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_builder_preemption_tick(
    builder: wippy_builder,
    nanoseconds: u64,
) -> wippy_status {
    change(builder, |it| {
        Ok(it.preemption_tick(Duration::from_nanos(nanoseconds)))
    })
}

/// How many instances may live at once over all entries, 1 to 12,000; each takes 8 GiB of address space, whether it lives or
/// not. Default: 4,096.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_builder_max_instances(
    builder: wippy_builder,
    instances: u32,
) -> wippy_status {
    change(builder, |it| Ok(it.max_instances(instances)))
}

/// Whether the metrics say how long calls take. Default: no.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_builder_metrics(builder: wippy_builder, count: bool) -> wippy_status {
    change(builder, |it| Ok(it.metrics(count)))
}

/// The directory where compiled code is kept for the next program, and taken from (`docs/compiled-code.md`). Nobody else may be
/// able to write it. Default: none.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_builder_code_cache(
    builder: wippy_builder,
    directory: Text<'_>,
) -> wippy_status {
    change(builder, |it| {
        Ok(it.code_cache(CodeCache::at(directory.get("directory")?)))
    })
}

/// Builds a program of what the builder has. Files of modules are read, and nothing is compiled yet. The builder stays as it
/// is.
///
/// Errors: INVALID_ENTRY for the first entry that cannot be added, TOO_MANY, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_builder_build(
    builder: wippy_builder,
    program: Option<&mut MaybeUninit<wippy_program>>,
) -> wippy_status {
    guarded(|| {
        let out = given(program, "program")?;
        let parts = builder.get()?.0.borrow().clone();
        let mut options = parts.options;
        for own in parts.packages {
            options = options.package(own.package);
        }
        let mut program = Program::builder().project(parts.project).options(options);
        for entry in parts.entries {
            program = program.entry(entry);
        }
        out.write(wippy_program::add(ProgramObject(program.build()?))?);
        Ok(())
    })
}

/// Destroys a program. Its runtimes go on.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_program_destroy(program: wippy_program) -> wippy_status {
    guarded(|| program.remove().map(drop))
}
