//! What tests share: projects made on the spot, and a dispatcher to call their entries on.

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wippy::Arguments;
use wippy::Digest;
use wippy::Program;
use wippy::ProgramOptions;
use wippy::Runtime;
use wippy::Status;
use wippy::project::{LoadOptions, from_yaml};
use wippy::stdio::Stdio;
use wippy_dispatcher::Dispatcher;

/// The program.
pub const BINARY: &str = env!("CARGO_BIN_EXE_wippy");

/// The program, to be started by a test.
pub fn binary() -> Command {
    command(BINARY)
}

/// Something that starts the program, such as a shell. It keeps no compiled code, because it knows no
/// directory for it: what one test leaves is not there for the next.
pub fn command(first: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(first);
    command.env_remove("XDG_CACHE_HOME").env_remove("HOME");
    command
}

/// The folder of the guests.
pub fn guests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests")
}

/// A project as YAML, entry by entry.
pub struct Project {
    yaml: String,
}

impl Project {
    /// Holds the guests' filesystem, `guests`, and nothing else. Its namespace is `test`.
    pub fn new() -> Project {
        let components = guests().join("components");
        let mut project = Project {
            yaml: "version: \"1.0\"\nnamespace: test\nentries:\n".to_owned(),
        };
        project.entry(
            "guests",
            "fs.directory",
            &[("directory", &components.display())],
        );
        project
    }

    /// Adds an entry of any kind; values are YAML in flow style.
    pub fn entry(
        &mut self,
        name: &str,
        kind: &str,
        fields: &[(&str, &dyn Display)],
    ) -> &mut Project {
        self.yaml
            .push_str(&format!("  - name: {name}\n    kind: {kind}\n"));
        for (key, value) in fields {
            self.yaml.push_str(&format!("    {key}: {value}\n"));
        }
        self
    }

    /// Adds a `function.wasm` over a guest component; `extra` are further lines.
    pub fn function(
        &mut self,
        name: &str,
        guest: &str,
        method: &str,
        imports: &str,
        extra: &[(&str, &dyn Display)],
    ) -> &mut Project {
        self.module(name, "function.wasm", guest, method, imports, extra)
    }

    /// Adds a `process.wasm` over a guest component that is the command of its own name.
    pub fn command(
        &mut self,
        name: &str,
        guest: &str,
        imports: &str,
        extra: &[(&str, &dyn Display)],
    ) -> &mut Project {
        self.command_at(name, guest, "wasi:cli/run", imports, extra)
    }

    /// The same, of another method.
    pub fn command_at(
        &mut self,
        name: &str,
        guest: &str,
        method: &str,
        imports: &str,
        extra: &[(&str, &dyn Display)],
    ) -> &mut Project {
        let meta = format!("{{command: {{name: {name}}}}}");
        let mut fields: Vec<(&str, &dyn Display)> = vec![("meta", &meta)];
        fields.extend(extra);
        self.module(name, "process.wasm", guest, method, imports, &fields)
    }

    fn module(
        &mut self,
        name: &str,
        kind: &str,
        guest: &str,
        method: &str,
        imports: &str,
        extra: &[(&str, &dyn Display)],
    ) -> &mut Project {
        let path = format!("/{guest}.wasm");
        let hash = hash_of(guest);
        let method = format!("\"{method}\"");
        let mut fields: Vec<(&str, &dyn Display)> = vec![
            ("fs", &"guests"),
            ("path", &path),
            ("hash", &hash),
            ("method", &method),
            ("imports", &imports),
        ];
        fields.extend(extra);
        self.entry(name, kind, &fields)
    }

    /// Adds a `function.wat`.
    pub fn text(&mut self, name: &str, source: &str, method: &str, imports: &str) -> &mut Project {
        let source = serde_json::to_string(source).expect("a string");
        self.entry(
            name,
            "function.wat",
            &[
                ("source", &source),
                ("method", &method),
                ("imports", &imports),
            ],
        )
    }

    /// Its YAML.
    pub fn yaml(&self) -> String {
        self.yaml.clone()
    }

    /// Writes it as `_index.yaml` of a new directory.
    pub fn directory(&self) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("_index.yaml"), &self.yaml).expect("a file");
        directory
    }

    /// Loads it; it must be without errors and warnings, except for fields that have no effect on
    /// purpose.
    pub fn load(&self, dispatcher: &Dispatcher) -> Runtime {
        let program = self.program(ProgramOptions::new());
        Runtime::on(dispatcher.handle(), program).expect("an engine")
    }

    /// The same for any number of dispatchers.
    pub fn program(&self, options: ProgramOptions) -> Program {
        let loaded = from_yaml(&self.yaml, None, &LoadOptions::default());
        let found = loaded.diagnostics.iter();
        let found = found.filter(|it| !it.message.starts_with("has no effect: `imports`"));
        let found: Vec<String> = found.map(ToString::to_string).collect();
        assert!(found.is_empty(), "{found:#?}\n{}", self.yaml);
        Program::with_options(loaded.registry, options)
    }

    /// Calls one function on a dispatcher of its own in simulated time.
    pub fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        self.call_on(&simulated(), name, arguments)
    }

    /// Calls one function.
    pub fn call_on(
        &self,
        dispatcher: &Dispatcher,
        name: &str,
        arguments: &[Value],
    ) -> Result<Value, String> {
        let runtime = self.load(dispatcher);
        dispatcher
            .block_on(runtime.call(name, Arguments::Json(arguments)))
            .expect("a running dispatcher")
            .map_err(|error| error.to_string())
    }

    /// Runs one command.
    pub fn run_on(
        &self,
        dispatcher: &Dispatcher,
        name: &str,
        stdio: Stdio,
        words: &[&str],
    ) -> Result<Status, String> {
        let runtime = self.load(dispatcher);
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        dispatcher
            .block_on(runtime.run(name, stdio, &words))
            .expect("a running dispatcher")
            .map_err(|error| error.to_string())
    }
}

/// A guest's hash as an entry writes it.
pub fn hash_of(guest: &str) -> String {
    let path = guests().join("components").join(format!("{guest}.wasm"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    format!("sha256:{}", Digest::of(&bytes))
}

/// A dispatcher on virtual time.
pub fn simulated() -> Dispatcher {
    Dispatcher::simulated(1).expect("a simulation")
}

/// A dispatcher on the system.
pub fn live() -> Dispatcher {
    Dispatcher::new().expect("a dispatcher")
}
