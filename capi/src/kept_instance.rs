//! An instance that is kept: made by its first call.

use std::cell::Cell;

use serde_json::Value;
use wippy::{Arguments, CallError, CallErrorKind, Instance};
use wippy_dispatcher::Error;

use crate::arguments::call_options;
use crate::failure::Failure;
use crate::objects::KeptInstance;
use crate::status::wippy_status;

impl KeptInstance {
    /// Calls one of its functions.
    ///
    /// # Errors
    /// Those of making it, and of the call.
    pub async fn call(&self, function: &str, arguments: &[Value]) -> Result<Value, CallError> {
        let instance = self.made().await?;
        instance.call(function, Arguments::Json(arguments)).await
    }

    /// Puts a new instance in its place.
    ///
    /// # Errors
    /// Those of making it.
    pub async fn reset(&self) -> Result<Value, CallError> {
        let known = self.instance.borrow().clone();
        match known {
            Some(instance) => instance.reset().await?,
            None => drop(self.made().await?),
        }
        Ok(Value::Null)
    }

    /// The instance, made if there is none yet.
    async fn made(&self) -> Result<Instance, CallError> {
        if let Some(instance) = &*self.instance.borrow() {
            return Ok(instance.clone());
        }
        if self.is_making.replace(true) {
            return Err(self.error(CallErrorKind::InstanceBusy));
        }
        let _making = Making(&self.is_making);
        let options = call_options(self.runtime.handle(), &self.entry, &self.options);
        let options = options.map_err(|failure| self.error(dispatcher_error(failure)))?;
        let made = self.runtime.with(options).instance(&self.entry).await?;
        *self.instance.borrow_mut() = Some(made.clone());
        Ok(made)
    }

    fn error(&self, kind: CallErrorKind) -> CallError {
        CallError {
            entry: self.entry.clone(),
            kind,
        }
    }
}

/// A pipe for its input could not be made.
fn dispatcher_error(failure: Failure) -> CallErrorKind {
    CallErrorKind::Dispatcher(match failure.status {
        wippy_status::Closed => Error::Closed,
        _ => Error::Io(std::io::Error::other(failure.message)),
    })
}

/// Sets it to false when it is dropped.
struct Making<'a>(&'a Cell<bool>);

impl Drop for Making<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
