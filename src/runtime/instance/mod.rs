//! Live instances: an instance that is kept, and called again and again with the state that it has.

mod dynamic;
mod func;
mod run;
mod shared;
mod slot;

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use wasmtime::component::ResourceAny;

use shared::Shared;
use slot::Slot;

use super::Runtime;
use super::error::{CallError, CallErrorKind};
use super::observe::outcome;
use super::options::CallOptions;
use super::with_options::WithOptions;

pub use func::Func;

/// An instance of an entry that is kept, whose functions are called again and again with the state that
/// they leave. One call runs at a time. After a trap, a deadline or a dropped call it is dead until it is
/// [reset](Instance::reset). Clones are the same instance; it ends with the last of them and of its
/// [`Func`]s. It belongs to its dispatcher's thread.
///
/// It has one of the places that the program has for instances, and none in its entry's pool. What its
/// entry and its options say holds as for a call: imports, memory, environment, directories. What is
/// said of time holds for each of its calls.
///
/// ```
/// use wippy::{CallErrorKind, Entry, Program, Runtime};
/// use wippy_dispatcher::Dispatcher;
///
/// let text = r#"(module (global $count (mut i32) (i32.const 0))
///     (func (export "tick") (result i32)
///         (global.set $count (i32.add (global.get $count) (i32.const 1)))
///         (global.get $count))
///     (func (export "fail") unreachable))"#;
/// let program = Program::builder().entry(Entry::function("app:game").method("tick").bytes(text)).build()?;
/// let dispatcher = Dispatcher::new()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// dispatcher.block_on(async {
///     let game = runtime.instance("app:game").await?;
///     let tick = game.func::<(), (u32,)>("tick");
///     assert!(matches!(tick.unwrap_err().kind, CallErrorKind::Type { .. }));
///     let tick = game.func::<(), (i32,)>("tick")?;
///     assert_eq!((tick.call(()).await?, tick.call(()).await?), ((1,), (2,)));
///     game.func::<(), ()>("fail")?.call(()).await.unwrap_err();
///     let error = tick.call(()).await.unwrap_err();
///     assert!(matches!(error.kind, CallErrorKind::InstanceDead(_)));
///     game.reset().await?;
///     assert_eq!(tick.call(()).await?, (1,));
///     Ok::<(), wippy::CallError>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Instance {
    shared: Rc<Shared>,
}

impl Runtime {
    /// Makes an instance of an entry's module that is kept, under the entry's ID or its bare name where
    /// that is unambiguous. A static pool's spare is used where there is one.
    ///
    /// # Errors
    /// As [`Runtime::call`]; `Untyped` for a core module that imports preview 1.
    pub async fn instance(&self, name: &str) -> Result<Instance, CallError> {
        self.with(CallOptions::new()).instance(name).await
    }
}

impl WithOptions<'_> {
    /// As [`Runtime::instance`].
    ///
    /// # Errors
    /// As [`Runtime::instance`].
    pub async fn instance(self, name: &str) -> Result<Instance, CallError> {
        let (runtime, options) = self.into_parts();
        let (entry, known) = runtime.named(name)?;
        let made = async {
            let mut first = options.clone();
            let permit = options.group_permit()?;
            let visible = runtime.begin(&entry, &mut first)?.of_instance();
            let record = visible.record().clone();
            first.record = Some(record.clone());
            let made = async {
                let function = runtime.function_named(name, &entry, known, &first).await?;
                let options = CallOptions {
                    record: Some(record.clone()),
                    ..options
                };
                let shared = Shared {
                    runtime: runtime.clone(),
                    function,
                    options,
                    slot: Slot::new(),
                    generation: Cell::new(0),
                    visible,
                    _permit: permit,
                };
                let live = shared.make().await?;
                shared.slot.fill(live);
                Ok(Instance {
                    shared: Rc::new(shared),
                })
            };
            let made = made.await;
            if made.is_err() {
                record.end_call(outcome(&made), || runtime.handle().now().ok());
            }
            made
        };
        made.await.map_err(|kind: CallErrorKind| kind.of(&entry.id))
    }
}

impl Instance {
    /// Puts a new instance in its place, with fresh memory, for what a fresh instance costs. The
    /// environment and the directories are looked at again. Its [`Func`]s go on with it; resources of
    /// the old one are gone. What the old one has handed over and is not delivered is given up.
    ///
    /// # Errors
    /// `InstanceBusy` while a call of it runs, and those of [`Runtime::instance`], after which it is
    /// dead.
    pub async fn reset(&self) -> Result<(), CallError> {
        let made = async {
            let place = self.shared.slot.clear()?;
            match self.shared.make().await {
                Ok(live) => place.fill(live),
                Err(error) => {
                    place.end(error.to_string());
                    return Err(error);
                }
            }
            Ok(())
        };
        made.await.map_err(|kind| self.error(kind))
    }

    /// Whether calls of it are refused until it is reset.
    pub fn is_dead(&self) -> bool {
        self.shared.slot.is_dead()
    }

    /// Drops a resource that the guest has given out. Its destructor is a call of the guest.
    ///
    /// # Errors
    /// As [`Func::call`]; `Trap` for what is no resource of this instance, which is dead then.
    pub async fn drop_resource(&self, resource: ResourceAny) -> Result<(), CallError> {
        let run = self.shared.run(None, async |live| {
            resource.resource_drop_async(&mut live.kept.store).await
        });
        run.await.map_err(|kind| self.error(*kind))
    }

    /// Ends it, and waits until what it has handed over is delivered, as at the end of a call
    /// (`limits.delivery_ms`). Dropping it gives that up.
    ///
    /// # Errors
    /// `InstanceBusy` and `InstanceDead`.
    pub async fn close(self) -> Result<(), CallError> {
        let taken = self.shared.slot.take();
        let live = taken.map_err(|kind| self.error(*kind))?.remove();
        let outstanding = live.and_then(|mut live| live.kept.store.data_mut().end());
        if let Some(outstanding) = outstanding {
            outstanding.delivered(None).await;
        }
        Ok(())
    }

    fn error(&self, kind: CallErrorKind) -> CallError {
        kind.of(&self.shared.function.linked.entry.id)
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("entry", &self.shared.function.linked.entry.id)
            .field("is_dead", &self.is_dead())
            .finish_non_exhaustive()
    }
}
