//! The entries that are measured.

use std::path::Path;

use wippy::project::{LoadOptions, from_yaml};
use wippy::{Digest, Program, ProgramOptions};

use crate::Fallible;

/// The bytes of a guest of the tests.
pub fn guest(name: &str) -> Fallible<Vec<u8>> {
    let components = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/components");
    Ok(std::fs::read(components.join(format!("{name}.wasm")))?)
}

/// A project's text, which begins with the filesystem of the guests.
pub struct Entries(String);

impl Entries {
    pub fn new() -> Entries {
        let components = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/components");
        Entries(format!(
            "version: \"1.0\"\nnamespace: app\nentries:\n- {{name: guests, kind: fs.directory, directory: {components:?}}}\n"
        ))
    }

    /// Adds a function of a guest of the tests.
    pub fn guest(mut self, name: &str, guest: &str, method: &str, rest: &str) -> Fallible<Entries> {
        let hash = Digest::of(&self::guest(guest)?);
        self.0.push_str(&format!(
            "- {{name: {name}, kind: function.wasm, fs: guests, path: /{guest}.wasm, hash: \"sha256:{hash}\", \
             method: \"{method}\", imports: [wasi:clocks, wasi:io, wasi:random]{rest}}}\n"
        ));
        Ok(self)
    }

    /// Adds a function written as text.
    pub fn text(mut self, name: &str, source: &str, rest: &str) -> Entries {
        let source = serde_json::Value::from(source);
        self.0.push_str(&format!(
            "- {{name: {name}, kind: function.wat, source: {source}, method: f, imports: [funcs]{rest}}}\n"
        ));
        self
    }

    /// # Errors
    /// The first mistake in the entries.
    pub fn program(self, options: ProgramOptions) -> Fallible<Program> {
        let loaded = from_yaml(&self.0, None, &LoadOptions::default());
        if let Some(error) = loaded.errors().next() {
            return Err(error.to_string().into());
        }
        Ok(Program::with_options(loaded.registry, options))
    }
}
