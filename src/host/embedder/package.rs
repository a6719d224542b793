//! A package of host functions of the embedder's own.

use std::fmt;
use std::sync::Arc;

use wasmtime::Result;
use wasmtime::component::{ComponentNamedList, Lift, Linker, Lower, ResourceType};

use super::call_info::CallInfo;
use super::context::HostContext;
use super::function::{HostFuture, function, json_function, resource, waiting_function};
use super::interface::{Item, OwnInterface};
use super::state::StateFactory;
use crate::activity::HostFunction;
use crate::host::State;
use crate::host::http::own_client::{HttpFuture, HttpRequest, OwnClient, define as define_client};
use crate::host::packages::{Definition, Interface, Package};

/// A WIT package whose functions are the embedder's own: guests that name it in their `imports` may call
/// them, like those of WASI. [`ProgramOptions::package`](crate::ProgramOptions::package) gives it to a
/// program; `docs/host-functions.md` says more.
///
/// Its functions are called on the thread of whichever dispatcher runs the call, and must not block it.
/// Those that are given here are shared by all threads of the program, and so are `Send` and `Sync`. A
/// panic in one of them is a trap of its call.
///
/// ```
/// use wippy::{Arguments, Entry, HostPackage, Program, ProgramOptions, Runtime};
/// use wippy_dispatcher::RngStream;
///
/// let package = HostPackage::new("acme:game", "1.0.0").func(
///     "dice",
///     "roll",
///     |context, (sides,): (u32,)| {
///         let mut random = [0; 4];
///         context.handle().fill_random(RngStream::Insecure, &mut random)?;
///         Ok((u32::from_le_bytes(random) % sides.max(1) + 1,))
///     },
/// );
/// let guest = r#"(component
///     (import "acme:game/dice@1.0.0" (instance $dice
///         (export "roll" (func (param "sides" u32) (result u32)))))
///     (core func $roll (canon lower (func $dice "roll")))
///     (core module $m
///         (import "" "roll" (func $roll (param i32) (result i32)))
///         (func (export "play") (result i32) (call $roll (i32.const 6))))
///     (core instance $i (instantiate $m (with "" (instance (export "roll" (func $roll))))))
///     (func (export "play") (result u32) (canon lift (core func $i "play"))))"#;
/// let guest = Entry::function("app:guest").bytes(guest).import("acme:game");
/// let options = ProgramOptions::new().package(package);
/// let program = Program::builder().entry(guest).options(options).build()?;
///
/// let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let rolled = dispatcher.block_on(runtime.call("app:guest", Arguments::Wave("")))??;
/// assert!((1..=6).contains(&rolled.as_u64().unwrap()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct HostPackage {
    name: String,
    version: String,
    alias: Option<String>,
    interfaces: Vec<(String, OwnInterface)>,
    state: Option<StateFactory>,
    is_whole: bool,
}

impl HostPackage {
    /// An empty package of this name (`namespace:package`, as in WIT) and version. Guests that were made
    /// for a compatible version link to it: one with the same first number that is not 0. Functions that
    /// `bindgen!` has generated carry the version of their WIT, which has to be this one.
    ///
    /// A package of the host's name (`wasi:clocks`) takes its place: its own interfaces are used instead
    /// of the host's, and the others stay the host's unless it is [`whole`](HostPackage::whole).
    pub fn new(name: &str, version: &str) -> HostPackage {
        HostPackage {
            name: name.to_owned(),
            version: version.to_owned(),
            alias: None,
            interfaces: Vec::new(),
            state: None,
            is_whole: false,
        }
    }

    /// A shorter name for `imports`, which messages say then. A name that another package has means the
    /// other.
    pub fn alias(mut self, alias: &str) -> HostPackage {
        self.alias = Some(alias.to_owned());
        self
    }

    /// Nothing of the host's package of the same name is left: guests that import more of it trap.
    pub fn whole(mut self) -> HostPackage {
        self.is_whole = true;
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes what the package keeps of each call, for [`HostContext::data`]: when a function of the call first
    /// asks for it, on the thread of that call. A package has one; more than the last that is given here
    /// belong into one type.
    pub fn state<T: Send + 'static>(
        mut self,
        make: impl Fn(&CallInfo<'_>) -> T + Send + Sync + 'static,
    ) -> HostPackage {
        self.state = Some(StateFactory::new(make));
        self
    }

    /// An interface whose functions wasmtime's `bindgen!` has generated: `define` adds them to the linker
    /// of an entry, each time that one which uses the interface is linked, on any thread.
    ///
    /// ```
    /// use wippy::{HostContext, HostPackage, HostState};
    ///
    /// wasmtime::component::bindgen!({
    ///     inline: "
    ///         package acme:game@1.0.0;
    ///         interface physics { step: func(by: u32) -> u32; }
    ///         world host { import physics; }
    ///     ",
    ///     imports: { default: trappable },
    /// });
    /// use acme::game::physics;
    ///
    /// #[derive(Default)]
    /// struct World(u32);
    ///
    /// impl physics::Host for HostContext<'_> {
    ///     fn step(&mut self, by: u32) -> wasmtime::Result<u32> {
    ///         let world: &mut World = self.data()?;
    ///         world.0 += by;
    ///         Ok(world.0)
    ///     }
    /// }
    ///
    /// let package = HostPackage::new("acme:game", "1.0.0")
    ///     .state(|_| World::default())
    ///     .interface("physics", |linker| {
    ///         physics::add_to_linker::<_, HostContext>(linker, HostState::context)
    ///     });
    /// ```
    pub fn interface(
        self,
        interface: &str,
        define: impl Fn(&mut Linker<State>) -> Result<()> + Send + Sync + 'static,
    ) -> HostPackage {
        self.item(interface, Item::Generated(Arc::new(define)))
    }

    /// A function that is a closure and answers at once. Its parameters and its results are tuples of
    /// the engine's component types; one result is `(result,)`, none is `()`. An error ends the call with
    /// a trap that says it.
    ///
    /// ```
    /// use wippy::HostPackage;
    ///
    /// let package = HostPackage::new("acme:game", "1.0.0").func(
    ///     "texts",
    ///     "repeat",
    ///     |mut context, (text, times): (String, u32)| {
    ///         let repeated = text.repeat(times.min(100) as usize);
    ///         context.spend(repeated.len());
    ///         Ok((repeated,))
    ///     },
    /// );
    /// ```
    pub fn func<P, R>(
        self,
        interface: &str,
        name: &str,
        function: impl Fn(HostContext<'_>, P) -> Result<R> + Send + Sync + 'static,
    ) -> HostPackage
    where
        P: ComponentNamedList + Lift + 'static,
        R: ComponentNamedList + Lower + 'static,
    {
        let define = self::function(self.full(interface, name), name.to_owned(), function);
        let name = name.to_owned();
        self.item(interface, Item::Function { name, define })
    }

    /// The same of a function that may wait, on the dispatcher of its call ([`HostContext::handle`]) or for
    /// whatever wakes its task. Its guest is suspended meanwhile, other calls go on, and reports of the
    /// call say what it waits for. Where the call is dropped or its deadline passes, the future is dropped.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wippy::HostPackage;
    ///
    /// let package = HostPackage::new("acme:game", "1.0.0").func_async(
    ///     "turns",
    ///     "wait",
    ///     |context, (turns,): (u32,)| {
    ///         Box::pin(async move {
    ///             let turn = Duration::from_millis(16);
    ///             context.handle().sleep(turn * turns).await?;
    ///             Ok(())
    ///         })
    ///     },
    /// );
    /// ```
    pub fn func_async<P, R>(
        self,
        interface: &str,
        name: &str,
        function: impl for<'a> Fn(HostContext<'a>, P) -> HostFuture<'a, R> + Send + Sync + 'static,
    ) -> HostPackage
    where
        P: ComponentNamedList + Lift + Send + 'static,
        R: ComponentNamedList + Lower + Send + 'static,
    {
        let full = self.full(interface, name);
        let define = waiting_function(full, name.to_owned(), function);
        let name = name.to_owned();
        self.item(interface, Item::Function { name, define })
    }

    /// A function of whatever types a guest imports it with, which may wait as those of
    /// [`func_async`](HostPackage::func_async): its arguments are JSON values, one a parameter, and so is its
    /// result, `null` for none (`docs/values.md`). For hosts that learn of their functions when they run. A
    /// result that does not fit is a trap; so is an argument without a JSON form, such as a resource.
    ///
    /// ```
    /// use wippy::HostPackage;
    ///
    /// let package = HostPackage::new("acme:game", "1.0.0").func_json(
    ///     "texts",
    ///     "count",
    ///     |_, arguments| Box::pin(async move { Ok(arguments.len().into()) }),
    /// );
    /// ```
    pub fn func_json(
        self,
        interface: &str,
        name: &str,
        function: impl for<'a> Fn(
            HostContext<'a>,
            Vec<serde_json::Value>,
        ) -> HostFuture<'a, serde_json::Value>
        + Send
        + Sync
        + 'static,
    ) -> HostPackage {
        let define = json_function(self.full(interface, name), name.to_owned(), function);
        let name = name.to_owned();
        self.item(interface, Item::Function { name, define })
    }

    /// A resource type whose values stand in the call's [table](crate::HostContext::table). When the guest
    /// drops a handle, the value is taken out and `drop` gets it. What the guest keeps until the call ends
    /// is dropped then, without `drop`.
    pub fn resource<T: Send + 'static>(
        self,
        interface: &str,
        name: &str,
        drop: impl Fn(HostContext<'_>, T) -> Result<()> + Send + Sync + 'static,
    ) -> HostPackage {
        let full = self.full(interface, &format!("[resource-drop]{name}"));
        let define = resource(full, name.to_owned(), drop);
        let item = Item::Resource {
            name: name.to_owned(),
            ty: ResourceType::host::<T>(),
            define,
        };
        self.item(interface, item)
    }

    /// For a package named `wasi:http`: a client of the embedder's that answers the requests of guests
    /// instead of the host's own, on a task of the dispatcher of their call. Guests see the resource types of
    /// the host's `wasi:http/types`; what `network.allow` of their entries refuses is refused before. What
    /// it panics with is an `internal-error` of the exchange.
    ///
    /// ```
    /// use wippy::HostPackage;
    /// use wippy::http_client::{ErrorCode, HttpResponse};
    ///
    /// let package = HostPackage::new("wasi:http", "0.2.12").http_client(|mut request| {
    ///     Box::pin(async move {
    ///         if request.authority() != "store.local" {
    ///             return Err(ErrorCode::DestinationNotFound);
    ///         }
    ///         let mut length = 0;
    ///         while let Some(piece) = request.read_body().await? {
    ///             length += piece.len();
    ///         }
    ///         Ok(HttpResponse::new(200).body(format!("{length} bytes")))
    ///     })
    /// });
    /// ```
    pub fn http_client(
        self,
        client: impl Fn(HttpRequest) -> HttpFuture + Send + Sync + 'static,
    ) -> HostPackage {
        let client: OwnClient = Arc::new(client);
        let item = Item::Function {
            name: "handle".to_owned(),
            define: Arc::new(move |instance| define_client(instance, &client)),
        };
        self.item("outgoing-handler", item)
    }

    fn full(&self, interface: &str, name: &str) -> HostFunction {
        HostFunction::shared(format!("{}/{interface}#{name}", self.name))
    }

    fn item(mut self, interface: &str, item: Item) -> HostPackage {
        let mut interfaces = self.interfaces.iter_mut();
        match interfaces.find(|(name, _)| name == interface) {
            Some((_, own)) => own.items.push(item),
            None => {
                let own = OwnInterface {
                    name: format!("{}/{interface}", self.name),
                    items: vec![item],
                };
                self.interfaces.push((interface.to_owned(), own));
            }
        }
        self
    }
}

impl From<HostPackage> for Package {
    fn from(own: HostPackage) -> Package {
        let version = own.version;
        let interfaces = own.interfaces.into_iter().map(|(name, own)| Interface {
            name: name.into(),
            version: version.clone().into(),
            definition: Definition::Own(Arc::new(own)),
        });
        Package {
            interfaces: interfaces.collect(),
            name: own.name.into(),
            alias: own.alias.map(Into::into),
            preview1: false,
            wit: None,
            state: own.state,
            is_whole: own.is_whole,
        }
    }
}

impl fmt::Debug for HostPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostPackage")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("alias", &self.alias)
            .field("interfaces", &self.interfaces)
            .field("is_whole", &self.is_whole)
            .finish_non_exhaustive()
    }
}
