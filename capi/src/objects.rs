//! What handles stand for.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use wippy::stdio::{PipeReader, PipeWriter};
use wippy::{Entry, Instance, Program, Runtime};
use wippy_dispatcher::Dispatcher;

use crate::builder::Builder;
use crate::reply::Reply;
use crate::running::Running;

/// A dispatcher.
pub(crate) struct DispatcherObject {
    pub dispatcher: Dispatcher,
    /// Whatever it calls may neither turn nor destroy it.
    pub in_turn: Cell<bool>,
}

/// An entry that is being made.
pub(crate) struct EntryObject {
    pub entry: RefCell<Entry>,
    /// Its arguments so far.
    pub args: RefCell<Vec<String>>,
}

/// The parts of a program.
#[derive(Default)]
pub(crate) struct BuilderObject(pub RefCell<Builder>);

/// A program.
pub(crate) struct ProgramObject(pub Program);

/// A program on a dispatcher.
pub(crate) struct RuntimeObject(pub Runtime);

/// What is decided about a call.
#[derive(Default)]
pub(crate) struct OptionsObject(pub RefCell<Options>);

/// What is decided about a call.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub timeout: Option<Duration>,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub stdin: Option<Stdin>,
    pub stdout: Option<PipeWriter>,
    pub stderr: Option<PipeWriter>,
}

/// A guest's standard input.
#[derive(Clone)]
pub(crate) enum Stdin {
    /// All of it.
    Bytes(Rc<[u8]>),
    /// What somebody writes meanwhile.
    Pipe(PipeReader),
}

/// A call that was started.
pub(crate) struct CallObject(pub RefCell<Running>);

/// An instance that is kept.
pub(crate) struct InstanceObject(pub Rc<KeptInstance>);

/// An instance that is kept: made by its first call.
pub(crate) struct KeptInstance {
    pub runtime: Runtime,
    pub entry: String,
    pub options: Options,
    pub instance: RefCell<Option<Instance>>,
    /// A call makes it.
    pub is_making: Cell<bool>,
}

/// The end of a pipe that is read.
pub(crate) struct ReaderObject(pub PipeReader);

/// The end of a pipe that is written.
pub(crate) struct WriterObject(pub PipeWriter);

/// A guest's call of a host function, which waits for its answer.
pub(crate) struct HostCallObject(pub Arc<Reply>);
