//! A host function that is a callback in C.

use std::ffi::{CString, c_char, c_void};
use std::future::poll_fn;
use std::ptr::with_exposed_provenance_mut;
use std::sync::Arc;

use serde_json::Value;
use wippy::wasmtime::{Error, Result, bail, format_err};
use wippy::{HostContext, HostPackage};

use crate::failure::Failure;
use crate::handles::{Handle, wippy_host_call};
use crate::objects::HostCallObject;
use crate::reply::Reply;
use crate::table;

/// The callback's type, when it is there.
type Callback = extern "C" fn(*mut c_void, wippy_host_call, *const c_char, usize);

/// A callback with what it is given.
#[derive(Clone, Copy)]
pub(crate) struct HostFunction {
    callback: Callback,
    /// The address, which only the callback reads.
    userdata: usize,
    /// The thread that it is called on, and no other.
    thread: u64,
}

impl HostFunction {
    /// A function of this thread.
    ///
    /// # Errors
    /// `TooMany`.
    pub fn new(callback: Callback, userdata: *mut c_void) -> Result<HostFunction, Failure> {
        Ok(HostFunction {
            callback,
            userdata: userdata.expose_provenance(),
            thread: table::this_thread()?,
        })
    }

    /// A package with this function.
    pub fn add_to(self, package: HostPackage, interface: &str, name: &str) -> HostPackage {
        package.func_json(interface, name, move |context, arguments| {
            Box::pin(self.call(context, arguments))
        })
    }

    async fn call(self, mut context: HostContext<'_>, arguments: Vec<Value>) -> Result<Value> {
        // Threads of the library's own, which `worker_class` asks for.
        if table::this_thread().ok() != Some(self.thread) {
            bail!(
                "its host function belongs to the thread that made it, and the entry has threads of its own \
                 (pool.worker_class)"
            );
        }
        let arguments = Value::Array(arguments).to_string();
        context.spend(arguments.len());
        let reply = Arc::new(Reply::default());
        let call = wippy_host_call::add(HostCallObject(reply.clone())).map_err(trap)?;
        let _listed = Listed(call);
        self.invoke(call, arguments)?;
        let answer = poll_fn(|cx| reply.poll(cx)).await;
        answer.map_err(|message| format_err!("{message}"))
    }

    fn invoke(self, call: wippy_host_call, arguments: String) -> Result<()> {
        let length = arguments.len();
        // JSON has no zero bytes: they are escaped.
        let arguments = CString::new(arguments)?;
        let userdata = with_exposed_provenance_mut(self.userdata);
        (self.callback)(userdata, call, arguments.as_ptr(), length);
        Ok(())
    }
}

fn trap(failure: Failure) -> Error {
    format_err!("{}", failure.message)
}

/// A host call that can be answered, until its guest does not wait for it any more.
struct Listed(wippy_host_call);

impl Drop for Listed {
    fn drop(&mut self) {
        // It was answered, or the thread ends.
        let _ = self.0.remove();
    }
}
