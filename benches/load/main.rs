//! Loading a large project: 1,000 entries over the guests of the tests, from files to modules that
//! are hashed and decoded. Nothing is compiled.
// A benchmark is what the real clock and the standard output are for.
#![allow(clippy::disallowed_methods)]

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wippy::Digest;
use wippy::Runtime;
use wippy::project::{LoadOptions, load};
use wippy_dispatcher::Dispatcher;

/// Entries of the project.
const ENTRIES: usize = 1000;
/// Entries in a file.
const FILE: usize = 50;
/// Modules at most.
const MODULES: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let quick = std::env::args().any(|word| word == "--quick");
    let rounds = if quick { 1 } else { 15 };
    let directory = tempfile::tempdir()?;
    let modules = write(directory.path())?;
    let (mut parsing, mut decoding) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let begun = Instant::now();
        let loaded = load(directory.path(), &LoadOptions::default());
        parsing.push(begun.elapsed());
        if let Some(mistake) = loaded.errors().next() {
            return Err(mistake.to_string().into());
        }
        let dispatcher = Dispatcher::new()?;
        let runtime = Runtime::new(dispatcher.handle(), loaded.registry)?;
        let begun = Instant::now();
        let mistakes = dispatcher.block_on(runtime.load())??;
        decoding.push(begun.elapsed());
        assert!(
            mistakes.is_empty() && runtime.compilations() == 0,
            "{mistakes:?}"
        );
    }
    println!(
        "{ENTRIES} entries over {modules} modules: YAML {:?}, modules {:?} (medians of {rounds})",
        median(&mut parsing),
        median(&mut decoding)
    );
    Ok(())
}

/// Writes the project and says how many modules it has.
fn write(directory: &Path) -> Result<usize, Box<dyn Error>> {
    let components = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/components");
    let mut paths: Vec<PathBuf> = Vec::new();
    for file in fs::read_dir(&components)? {
        paths.push(file?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "wasm"));
    paths.sort();
    paths.truncate(MODULES);
    let mut modules = Vec::new();
    for path in &paths {
        let bytes = fs::read(path)?;
        let name = path.file_name().unwrap_or_default().display().to_string();
        // Any of its exports, as the message about a method that it has not lists them.
        let method = exported(&bytes)?;
        modules.push((name, Digest::of(&bytes), method));
    }
    for file in 0..ENTRIES / FILE {
        let mut yaml = format!(
            "namespace: app.n{file}\nentries:\n  - {{name: files, kind: fs.directory, directory: {:?}}}\n",
            components
        );
        for number in 0..FILE - 1 {
            let at = (file * FILE + number) % modules.len();
            let (name, digest, method) = &modules[at];
            writeln!(
                yaml,
                "  - name: f{number}\n    kind: function.wasm\n    fs: files\n    path: /{name}\n    \
                 hash: sha256:{digest}\n    method: {method:?}\n    imports: [wasi:io, wasi:clocks]\n    \
                 pool: {{type: lazy, max_size: 4}}"
            )?;
        }
        fs::write(directory.join(format!("n{file}.yaml")), yaml)?;
    }
    Ok(modules.len())
}

/// The first function that a module exports.
fn exported(bytes: &[u8]) -> Result<String, Box<dyn Error>> {
    let described = wippy::internals::describe(bytes, None, &wippy::internals::PACKAGES)?.to_json();
    let method = described["exports"][0]["method"].as_str();
    Ok(method.ok_or("a module without exports")?.to_owned())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
