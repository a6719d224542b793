//! What C calls, a file for each kind of object. The header has them in the order of this list.

mod library;

mod dispatcher;

mod entry;

mod builder;

mod host_function;

mod runtime;

mod pipe;

mod options;

mod call;

mod instance;

pub use builder::*;
pub use call::*;
pub use dispatcher::*;
pub use entry::*;
pub use host_function::*;
pub use instance::*;
pub use library::*;
pub use options::*;
pub use pipe::*;
pub use runtime::*;
