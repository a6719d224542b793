//! No guest keeps a thread to itself by calling the host, whatever it calls.

mod core_looper;
mod given;
mod looper;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Val};
use wippy_dispatcher::Dispatcher;

use core_looper::CoreLooper;

use super::{Capabilities, Engine, Method, Profile, link};
use crate::fs::DeferredClose;
use crate::host::state::tests::mounted;
use crate::host::{Exit, PACKAGES, State};

/// How often a guest loops at most: many times the calls that it may make before others run.
const TIMES: u32 = 10_000;

/// The end of a call cannot be looped over.
const ENDS: [&str; 2] = ["wasi:cli/exit#exit", "wasi:cli/exit#exit-with-code"];

/// What a simulation does not have yet.
const LIVE_ONLY: [&str; 5] = [
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

/// The guest that sleeps.
const SLEEPER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/guests/components/sleeper.wasm"
);

/// A component that is linked, with the function that is called.
struct Guest {
    engine: Engine,
    pre: InstancePre<State>,
    method: Method,
    index: ComponentExportIndex,
}

impl Guest {
    fn new(engine: &Engine, bytes: &[u8], method: &str, imports: &[&str]) -> Guest {
        let component = Component::new(engine.inner(), bytes).expect("a component");
        let capabilities = Capabilities::parse(imports.iter().copied()).expect("known");
        let mut linker = link(&component, &capabilities).expect("linked");
        given::define(&mut linker).expect("the test's own functions");
        let (method, index) = Method::find(&component, method).expect("a function");
        Guest {
            engine: engine.clone(),
            pre: linker.instantiate_pre(&component).expect("linked"),
            method,
            index,
        }
    }

    async fn call(&self, state: State, arguments: &[Val]) -> wasmtime::Result<()> {
        let mut store: Store<State> = self.engine.store(self.engine.inner(), state)?;
        let instance = self.pre.instantiate_async(&mut store).await?;
        let function = instance.get_func(&mut store, self.index).expect("exported");
        let mut results = vec![Val::Bool(false); usize::from(self.method.result.is_some())];
        function
            .call_async(&mut store, arguments, &mut results)
            .await
    }
}

/// What the calls of these tests begin as.
fn prototype(dispatcher: &Dispatcher, directory: &tempfile::TempDir) -> State {
    let mut state = mounted(dispatcher, directory.path(), DeferredClose::inline());
    // Sockets that a loop leaves are none that another test has to do without.
    state.call.limits.descriptors = 64;
    state
}

/// Loops over each of the functions that `includes`, beside a guest that sleeps for a microsecond,
/// and names those whose loop came to its end before the sleep did.
fn greedy(
    dispatcher: &Dispatcher,
    profile: Profile,
    imports: &[&str],
    includes: impl Fn(&str) -> bool,
) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = Engine::new(profile).expect("an engine");
    let looper = looper::looper();
    let spinning = Rc::new(Guest::new(&engine, &looper.bytes, "spin", imports));
    let sleeping = sleeper(&engine);
    let prototype = prototype(dispatcher, &directory);
    let mut greedy = Vec::new();
    for (which, name) in (0u32..).zip(&looper.functions) {
        if !includes(name) {
            continue;
        }
        let (guest, state) = (spinning.clone(), prototype.fresh());
        let looping = async move {
            let arguments = [Val::U32(which), Val::U32(TIMES)];
            guest.call(state, &arguments).await
        };
        // It is at it after one turn.
        let ended = beside_sleep(dispatcher, (&sleeping, prototype.fresh()), looping, || true);
        greedy.extend(verdict(
            name,
            ENDS.contains(&unversioned(name).as_str()),
            ended,
        ));
    }
    greedy
}

/// The same over each function of preview 1.
fn greedy_core(dispatcher: &Dispatcher, profile: Profile) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = Engine::new(profile).expect("an engine");
    let prototype = prototype(dispatcher, &directory);
    let looper = Rc::new(CoreLooper::new(&engine, &everything(), prototype.fresh()));
    let sleeping = sleeper(&engine);
    let mut greedy = Vec::new();
    for (which, name) in (0u32..).zip(&looper.functions) {
        let (guest, state) = (looper.clone(), prototype.fresh());
        let begins = Rc::new(Cell::new(false));
        let begun = begins.clone();
        let looping = async move { guest.spin(state, (which, TIMES), &begins).await };
        let sleeper = (&sleeping, prototype.fresh());
        let ended = beside_sleep(dispatcher, sleeper, looping, || begun.get());
        greedy.extend(verdict(name, name.starts_with("proc_exit"), ended));
    }
    greedy
}

fn sleeper(engine: &Engine) -> Guest {
    let bytes = std::fs::read(SLEEPER).expect("the guest");
    let imports = ["wasi:clocks", "wasi:io"];
    Guest::new(engine, &bytes, "sleeper#sleep-series", &imports)
}

/// Runs a loop beside a guest that sleeps for a microsecond from when the loop `has_begun`, and gives
/// the loop's end, if that came before the sleep's.
fn beside_sleep(
    dispatcher: &Dispatcher,
    (sleeping, state): (&Guest, State),
    looping: impl Future<Output = wasmtime::Result<()>> + 'static,
    has_begun: impl Fn() -> bool,
) -> Option<wasmtime::Result<()>> {
    let ended = Rc::new(RefCell::new(None));
    let end = ended.clone();
    let task = dispatcher.spawn(async move {
        let result = looping.await;
        *end.borrow_mut() = Some(result);
    });
    let microsecond = [Val::List(vec![Val::U64(1)])];
    let sleep = async {
        loop {
            dispatcher.handle().yield_now().await?;
            if has_begun() {
                break;
            }
        }
        sleeping.call(state, &microsecond).await
    };
    let slept = dispatcher.block_on(sleep).expect("no deadlock");
    slept.expect("it only sleeps");
    // The end of its call comes to a guest that loops.
    drop(task);
    ended.take()
}

/// What is wrong with how a loop has ended, or not. `ends`: its function ends the call.
fn verdict(name: &str, ends: bool, ended: Option<wasmtime::Result<()>>) -> Option<String> {
    match (ended, ends) {
        (None, false) => None,
        (Some(Err(error)), true) if error.downcast_ref::<Exit>().is_some() => None,
        (Some(Err(error)), _) => Some(format!("{name}: {error:#}")),
        (Some(Ok(())), _) => Some(name.to_owned()),
        (None, true) => Some(format!("{name} does not end the call")),
    }
}

/// The name of a function without the version of its interface.
fn unversioned(function: &str) -> String {
    match function.split_once('#') {
        Some((_, name)) => format!("{}#{name}", interface(function)),
        None => function.to_owned(),
    }
}

/// The interface of a function, without its version.
fn interface(function: &str) -> &str {
    function.split(['@', '#']).next().unwrap_or_default()
}

fn everything() -> Vec<&'static str> {
    PACKAGES.iter().map(|package| &*package.name).collect()
}

#[test]
fn a_loop_over_any_function_lets_others_run() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let found = greedy(&dispatcher, Profile::Live, &everything(), |_| true);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_loop_over_any_function_lets_virtual_time_pass() {
    let dispatcher = Dispatcher::simulated(1).expect("a simulation");
    let has = |name: &str| !LIVE_ONLY.contains(&interface(name));
    let found = greedy(&dispatcher, Profile::Simulated, &everything(), has);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_loop_over_any_function_of_preview_1_lets_others_run() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let found = greedy_core(&dispatcher, Profile::Live);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_loop_over_any_function_of_preview_1_lets_virtual_time_pass() {
    let dispatcher = Dispatcher::simulated(1).expect("a simulation");
    let found = greedy_core(&dispatcher, Profile::Simulated);
    assert!(found.is_empty(), "{found:#?}");
}

/// What works without being enabled counts too.
#[test]
fn a_loop_over_what_is_not_enabled_lets_others_run() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let works = |name: &str| name.contains("[resource-drop]") || name.contains("#get-directories");
    let found = greedy(&dispatcher, Profile::Live, &[], works);
    assert!(found.is_empty(), "{found:#?}");
}

/// Each interface that a guest can import is one of those over which the loops go, and the other
/// way round.
#[test]
fn the_loops_go_over_every_interface() {
    let looper = looper::looper();
    let mut looped: Vec<&str> = looper
        .functions
        .iter()
        .map(|name| interface(name))
        .collect();
    looped.dedup();
    for interface in PACKAGES.iter().flat_map(|it| it.interface_names()) {
        let found = looped.iter().any(|looped| *looped == interface);
        assert!(
            found,
            "{interface} is neither in wit/world.wit nor in its package's own WIT"
        );
    }
    assert!(looper.resources.len() > 20, "{:?}", looper.resources);
}
