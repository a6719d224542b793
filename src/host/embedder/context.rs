//! What a host function of the embedder's works on.

use std::fmt;
use std::future::Future;

use wasmtime::Result;
use wasmtime::component::{HasData, Resource};
use wippy_dispatcher::{Event, Handle};

use super::wait::noting;
use crate::activity::{HostFunction, Wait, WaitKind};
use crate::host::State;
use crate::host::io::{InputSource, InputStream, OutputStream, Sink};
use crate::host::pollable::Pollable;
use crate::host::table::Table;
use crate::id::Id;

/// What a host function of the embedder's works on: one call, and what its packages keep of it.
///
/// It stands for the data of functions that `bindgen!` generates, too: their traits are implemented for
/// `HostContext<'_>`, and it is given to their `add_to_linker` with [`HostState::context`](crate::HostState::context).
///
/// ```
/// use wippy::HostPackage;
///
/// #[derive(Default)]
/// struct Score(u32);
///
/// let package = HostPackage::new("acme:game", "1.0.0")
///     .state(|_| Score::default())
///     .func("points", "add", |mut context, (points,): (u32,)| {
///         let score: &mut Score = context.data()?;
///         score.0 += points;
///         Ok((score.0,))
///     });
/// ```
pub struct HostContext<'a> {
    state: &'a mut State,
}

impl HasData for HostContext<'static> {
    type Data<'a> = HostContext<'a>;
}

impl State {
    /// What a host function works on. It is one call of a host function and counts against what a guest
    /// may do before others run, so that each function asks for it once.
    pub fn context(&mut self) -> HostContext<'_> {
        self.counted().uncounted_context()
    }

    /// The same for a function that was counted already.
    pub(super) fn uncounted_context(&mut self) -> HostContext<'_> {
        HostContext { state: self }
    }
}

impl HostContext<'_> {
    /// The dispatcher on which the call runs: its clock, timers, sockets and tasks. In a simulation it is
    /// the simulated one, and a function that waits for nothing else is as deterministic as the guest.
    pub fn handle(&self) -> &Handle {
        &self.state.call.handle
    }

    /// The entry that is called.
    pub fn entry(&self) -> &Id {
        &self.state.own.shared().entry
    }

    /// The state that a package keeps of this call, found by its type. It is made when it is first asked
    /// for, by what [`HostPackage::state`](crate::HostPackage::state) was given, and dropped at the
    /// call's end. Packages whose states have one type share one.
    ///
    /// # Errors
    /// When no package of the program has a state of this type.
    pub fn data<T: Send + 'static>(&mut self) -> Result<&mut T> {
        self.state.own.get(&self.state.call.handle)
    }

    /// The resources of the call.
    pub fn table(&mut self) -> HostTable<'_> {
        HostTable(&mut self.state.call.table)
    }

    /// A stream of `wasi:io` for the guest to read, from anything that its standard input may be: a pipe in
    /// memory, say, whose other end a task of the embedder's writes.
    ///
    /// ```
    /// use wippy::HostPackage;
    /// use wippy::stdio::{InputSource, pipe};
    ///
    /// // Each guest has a standard input of its own that says hello.
    /// let package = HostPackage::new("wasi:cli", "0.2.12").func(
    ///     "stdin",
    ///     "get-stdin",
    ///     |mut context, (): ()| {
    ///         let (reader, writer) = pipe(context.handle(), 1024)?;
    ///         // It fails only where nothing reads any more.
    ///         let _ = writer.write(b"hello");
    ///         Ok((context.input_stream(InputSource::Pipe(reader))?,))
    ///     },
    /// );
    /// ```
    ///
    /// # Errors
    /// When the bound on the call's resources is reached.
    pub fn input_stream(&mut self, source: InputSource) -> Result<Resource<InputStream>> {
        self.state.call.table.push(InputStream::new(source))
    }

    /// A stream of `wasi:io` for the guest to write, to anything that its standard output may be.
    ///
    /// # Errors
    /// When the bound on the call's resources is reached.
    pub fn output_stream(&mut self, sink: Sink) -> Result<Resource<OutputStream>> {
        self.state.call.table.push(OutputStream::new(sink))
    }

    /// A pollable of `wasi:io` that is ready while an event of this dispatcher is set.
    ///
    /// # Errors
    /// When the bound on the call's resources is reached.
    pub fn pollable(&mut self, event: &Event) -> Result<Resource<Pollable>> {
        let pollable = Pollable::Event(event.clone(), WaitKind::HostEvent);
        self.state.call.table.push(pollable)
    }

    /// Counts bytes that the function copies or goes through on the dispatcher's thread: 1,024 of them
    /// cost as much as a call. A guest that moves many lets others run sooner.
    pub fn spend(&mut self, bytes: usize) {
        self.state.call.spend(bytes);
    }

    /// Lets other tasks run where the guest has done as much as it may. For functions that wait, before
    /// they begin and between the parts of long work; those of [`HostPackage::func_async`] begin with it.
    ///
    /// [`HostPackage::func_async`]: crate::HostPackage::func_async
    ///
    /// # Errors
    /// When the dispatcher has ended.
    pub async fn consume_budget(&mut self) -> Result<()> {
        self.state.call.consume_budget().await
    }

    /// Waits for a future. Meanwhile reports of the call ([`activity`](crate::activity)) say that it waits
    /// for this function. Those of [`HostPackage::func_async`] are named by themselves.
    ///
    /// [`HostPackage::func_async`]: crate::HostPackage::func_async
    pub async fn waiting<F: Future>(&mut self, function: HostFunction, future: F) -> F::Output {
        let call = &mut self.state.call;
        let mut waited = false;
        let future = noting(&mut waited, future);
        let output = call.parked(Wait::Host(function), future).await;
        if waited {
            call.reset_budget();
        }
        output
    }
}

impl fmt::Debug for HostContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostContext")
            .field("entry", self.entry())
            .finish_non_exhaustive()
    }
}

/// The resources of a call: values of any types that stand behind the handles of its guest. There are at
/// most `limits.max_resources` of them, those of WASI included, and all are dropped at the call's end.
///
/// ```
/// use wasmtime::component::Resource;
/// use wippy::HostPackage;
///
/// struct Counter(u32);
///
/// let package = HostPackage::new("acme:game", "1.0.0")
///     .resource::<Counter>("counters", "counter", |_, _| Ok(()))
///     .func("counters", "make", |mut context, (from,): (u32,)| {
///         Ok((context.table().push(Counter(from))?,))
///     })
///     .func("counters", "next", |mut context, (counter,): (Resource<Counter>,)| {
///         let mut table = context.table();
///         let counter = table.get_mut(&counter)?;
///         counter.0 += 1;
///         Ok((counter.0,))
///     });
/// ```
#[derive(Debug)]
pub struct HostTable<'a>(&'a mut Table);

impl HostTable<'_> {
    /// Adds a value. The handle is to be given to the guest.
    ///
    /// # Errors
    /// When the bound is reached: `too many resources`.
    pub fn push<T: Send + 'static>(&mut self, value: T) -> Result<Resource<T>> {
        self.0.push_any(value)
    }

    /// The value of a handle.
    ///
    /// # Errors
    /// When there is none of this type.
    pub fn get<T: Send + 'static>(&self, handle: &Resource<T>) -> Result<&T> {
        self.0.any(handle)
    }

    /// The value of a handle, to change it.
    ///
    /// # Errors
    /// When there is none of this type.
    pub fn get_mut<T: Send + 'static>(&mut self, handle: &Resource<T>) -> Result<&mut T> {
        self.0.any_mut(handle)
    }

    /// Takes a value out.
    ///
    /// # Errors
    /// When there is none of this type.
    pub fn delete<T: Send + 'static>(&mut self, handle: Resource<T>) -> Result<T> {
        self.0.delete_any(handle)
    }

    /// Whether there is no room for one more.
    pub fn is_full(&self) -> bool {
        self.0.is_full()
    }
}
