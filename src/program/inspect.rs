//! A module described for a program.

use super::Program;
use crate::module::{ModuleError, describe};

impl Program {
    /// What `wippy inspect --json` says of a module, over the packages of this program: its exports with
    /// their signatures, the functions that it imports, and the names that enable them. `wit` is what an
    /// entry's `wit` says of a core module. Compiles it, which blocks.
    ///
    /// # Errors
    /// `Invalid` and `Wit`, as when the module is loaded; `Engine` when the machine cannot run the engine.
    ///
    /// ```
    /// use wippy::{Program, ProgramOptions};
    /// use wippy::project::Registry;
    ///
    /// let program = Program::with_options(Registry::default(), ProgramOptions::new());
    /// let text = br#"(module (func (export "twice") (param i32) (result i32) local.get 0))"#;
    /// let described = program.inspect(text, None)?;
    /// assert_eq!(described["exports"][0]["method"], "twice");
    /// # Ok::<(), wippy::ModuleError>(())
    /// ```
    pub fn inspect(
        &self,
        module: &[u8],
        wit: Option<&str>,
    ) -> Result<serde_json::Value, ModuleError> {
        let described = describe(module, wit, &self.options().packages)?;
        Ok(described.to_json())
    }
}
