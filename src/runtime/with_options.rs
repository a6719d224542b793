//! A runtime's calls with options of the caller's.

use wasmtime::component::{ComponentNamedList, Lift, Lower, Val};

use super::Runtime;
use super::arguments::Arguments;
use super::call_handle::Call;
use super::error::CallError;
use super::options::CallOptions;

/// A runtime whose next call has options of the caller's: the same calls as those of [`Runtime`], and
/// the calls that are started without waiting for them.
///
/// ```
/// use std::time::Duration;
/// use wippy::{CallErrorKind, CallOptions, Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let entry = Entry::function("app:spin").bytes(r#"(module (func (export "spin") (loop $on br $on)))"#);
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let options = CallOptions::new().timeout(Duration::from_millis(20));
/// let call = runtime.with(options).call_typed::<(), ()>("app:spin", ());
/// let error = dispatcher.block_on(call)?.unwrap_err();
/// assert!(matches!(error.kind, CallErrorKind::DeadlineExceeded));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it is for one call"]
pub struct WithOptions<'a> {
    runtime: &'a Runtime,
    options: CallOptions,
}

impl Runtime {
    /// The same runtime, whose next call has these options.
    pub fn with(&self, options: CallOptions) -> WithOptions<'_> {
        WithOptions {
            runtime: self,
            options,
        }
    }

    /// Starts a call as a task of the dispatcher and does not wait for it. For hosts without async,
    /// which turn the dispatcher and ask the [`Call`].
    ///
    /// # Errors
    /// `Dispatcher` where it has no room for a task, or has ended. What the call itself ends with is
    /// the [`Call`]'s to say.
    pub fn start(
        &self,
        name: &str,
        options: CallOptions,
        arguments: Arguments<'_>,
    ) -> Result<Call, CallError> {
        self.with(options).start(name, arguments)
    }
}

impl<'a> WithOptions<'a> {
    pub(super) fn into_parts(self) -> (&'a Runtime, CallOptions) {
        (self.runtime, self.options)
    }
    /// As [`Runtime::call`].
    ///
    /// # Errors
    /// As [`Runtime::call`].
    pub async fn call(
        self,
        name: &str,
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, CallError> {
        self.runtime.json_call(name, self.options, arguments).await
    }

    /// As [`Runtime::call_values`].
    ///
    /// # Errors
    /// As [`Runtime::call`].
    pub async fn call_values(
        self,
        name: &str,
        arguments: &[Val],
    ) -> Result<Option<Val>, CallError> {
        let Self { runtime, options } = self;
        runtime.values_call(name, options, arguments).await
    }

    /// As [`Runtime::call_typed`].
    ///
    /// # Errors
    /// As [`Runtime::call_typed`].
    pub async fn call_typed<P, R>(self, name: &str, params: P) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        self.runtime.typed_call(name, self.options, params).await
    }

    /// As [`Runtime::start`].
    ///
    /// # Errors
    /// As [`Runtime::start`].
    pub fn start(self, name: &str, arguments: Arguments<'_>) -> Result<Call, CallError> {
        let (runtime, options) = (self.runtime.clone(), self.options);
        let (entry, arguments) = (name.to_owned(), arguments.into_owned());
        Call::spawn(self.runtime.handle(), name, async move {
            let arguments = arguments.as_arguments();
            runtime.json_call(&entry, options, arguments).await
        })
    }

    /// As [`Runtime::start`], with the values of [`Runtime::call_values`].
    ///
    /// # Errors
    /// As [`Runtime::start`].
    pub fn start_values(
        self,
        name: &str,
        arguments: Vec<Val>,
    ) -> Result<Call<Option<Val>>, CallError> {
        let (runtime, options) = (self.runtime.clone(), self.options);
        let entry = name.to_owned();
        Call::spawn(self.runtime.handle(), name, async move {
            runtime.values_call(&entry, options, &arguments).await
        })
    }

    /// As [`Runtime::start`], with the types of [`Runtime::call_typed`].
    ///
    /// # Errors
    /// As [`Runtime::start`].
    pub fn start_typed<P, R>(self, name: &str, params: P) -> Result<Call<R>, CallError>
    where
        P: ComponentNamedList + Lower + 'static,
        R: ComponentNamedList + Lift + 'static,
    {
        let (runtime, options) = (self.runtime.clone(), self.options);
        let entry = name.to_owned();
        Call::spawn(self.runtime.handle(), name, async move {
            runtime.typed_call(&entry, options, params).await
        })
    }
}
