//! The environment, arguments and standard streams of a call's guest.

use std::fmt;
use std::sync::Arc;

use crate::host::stdio::Stdio;
use crate::host::view::View;

/// What is `wasi:cli`'s own of a call.
pub struct CliState {
    /// What `get-environment` returns, in order.
    pub(crate) env: Arc<[(String, String)]>,
    /// What `get-arguments` returns.
    pub(crate) args: Arc<[String]>,
    /// What `initial-cwd` returns.
    pub(crate) cwd: Arc<str>,
    /// Standard input, output and error.
    pub(crate) stdio: Stdio,
}

/// Without environment and arguments, which may hold secrets.
impl fmt::Debug for CliState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CliState")
            .field("cwd", &self.cwd)
            .field("stdio", &self.stdio)
            .finish_non_exhaustive()
    }
}

/// What the functions of `wasi:cli` work on.
pub type CliView<'a> = View<'a, CliState>;
