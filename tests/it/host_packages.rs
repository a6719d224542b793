//! Host functions of an embedder's own: those of `acme:game`, which the guest `game` calls.

mod generated;
mod limits;
mod own_http;
mod panics;
mod refusals;
mod replaced;
mod streams;
mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wasmtime::component::Resource;
use wippy::{Arguments, HostPackage, Program, ProgramOptions, Runtime};
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, live, simulated};

const METHODS: [&str; 10] = [
    "steps",
    "settle",
    "settle-times",
    "speed",
    "hoard",
    "crash",
    "name",
    "seats",
    "turn",
    "fall",
];

/// A seat at the table, which counts those that were left.
struct Seat(u32);

/// What `players` keeps of a call.
#[derive(Default)]
struct Table {
    taken: u32,
    left: u32,
}

/// `acme:game/physics` as `bindgen!` makes it, and `acme:game/players` of closures.
fn game() -> HostPackage {
    players(generated::physics())
}

fn players(package: HostPackage) -> HostPackage {
    package
        .resource::<Seat>("players", "seat", |mut context, _| {
            context.data::<generated::Own>()?.table.left += 1;
            Ok(())
        })
        .func(
            "players",
            "[method]seat.number",
            |mut context, (seat,): (Resource<Seat>,)| Ok((context.table().get(&seat)?.0,)),
        )
        .func("players", "name", |context, (): ()| {
            let entry = context.entry();
            Ok((format!("{}:{}", entry.namespace, entry.name),))
        })
        .func("players", "sit", |mut context, (): ()| {
            let table = &mut context.data::<generated::Own>()?.table;
            table.taken += 1;
            let seat = Seat(table.taken);
            Ok((context.table().push(seat)?,))
        })
        .func("players", "left", |mut context, (): ()| {
            Ok((context.data::<generated::Own>()?.table.left,))
        })
        .func_async("players", "turn", |context, (milliseconds,): (u64,)| {
            Box::pin(async move {
                let handle = context.handle();
                let before = handle.now()?;
                handle.sleep(Duration::from_millis(milliseconds)).await?;
                let passed = (handle.now()? - before).as_millis();
                let passed: Result<u32, String> = match milliseconds {
                    13 => Err("not on the thirteenth".to_owned()),
                    _ => Ok(u32::try_from(passed)?),
                };
                Ok((passed,))
            })
        })
        .func_async("players", "fall", |context, (milliseconds,): (u64,)| {
            assert_ne!(milliseconds, 1, "before it waits");
            Box::pin(async move {
                let pause = Duration::from_millis(milliseconds);
                context.handle().sleep(pause).await?;
                assert_eq!(milliseconds, 0, "fallen");
                Ok(())
            })
        })
}

/// All functions of the guest, with these `imports` and further fields.
fn project(imports: &str, extra: &[(&str, &dyn std::fmt::Display)]) -> Project {
    let mut project = Project::new();
    for method in METHODS {
        project.function(method, "game", &format!("game#{method}"), imports, extra);
    }
    project
}

fn load(dispatcher: &Dispatcher, project: &Project, package: HostPackage) -> Runtime {
    let options = ProgramOptions::new().package(package);
    on(dispatcher, project.program(options))
}

fn on(dispatcher: &Dispatcher, program: Program) -> Runtime {
    Runtime::on(dispatcher.handle(), program).expect("an engine")
}

fn call(
    dispatcher: &Dispatcher,
    runtime: &Runtime,
    name: &str,
    arguments: &[Value],
) -> Result<Value, String> {
    dispatcher
        .block_on(runtime.call(name, Arguments::Json(arguments)))
        .expect("a running dispatcher")
        .map_err(|error| error.to_string())
}

#[test]
fn a_guest_calls_functions_of_both_forms() {
    for dispatcher in [simulated(), live()] {
        let runtime = load(&dispatcher, &project("[acme:game]", &[]), game());
        let call = |name, arguments: &[Value]| call(&dispatcher, &runtime, name, arguments);
        assert_eq!(call("name", &[]), Ok(json!("test:name")));
        assert_eq!(call("steps", &[json!(3), json!(2)]), Ok(json!(6)));
        assert_eq!(call("speed", &[json!(4), json!(12)]), Ok(json!(3)));
        assert_eq!(
            call("turn", &[json!(2)]).map(|it| it["ok"].as_u64() >= Some(2)),
            Ok(true)
        );
        let refused = json!({"err": "not on the thirteenth"});
        assert_eq!(call("turn", &[json!(13)]), Ok(refused));
    }
}

#[test]
fn each_call_has_a_state_of_its_own() {
    let dispatcher = simulated();
    let made = Arc::new(AtomicU32::new(0));
    let count = made.clone();
    let package = game().state(move |call| {
        assert_eq!(call.entry().namespace, "test");
        count.fetch_add(1, Ordering::SeqCst);
        generated::Own::default()
    });
    let runtime = load(&dispatcher, &project("[acme:game]", &[]), package);
    for _ in 0..2 {
        let seats = call(&dispatcher, &runtime, "seats", &[json!(3)]);
        assert_eq!(seats, Ok(json!([3, 3])), "the guest drops what it takes");
    }
    assert_eq!(made.load(Ordering::SeqCst), 2);
    // A call that asks for none has none.
    call(&dispatcher, &runtime, "name", &[]).expect("a name");
    assert_eq!(made.load(Ordering::SeqCst), 2);
}

#[test]
fn a_package_has_a_shorter_name_and_its_interfaces_have_theirs() {
    let dispatcher = simulated();
    for imports in [
        "[game]",
        "[GAME@1.0.0]",
        "[acme:game/players, acme:game/physics]",
    ] {
        let runtime = load(&dispatcher, &project(imports, &[]), game().alias("game"));
        let name = call(&dispatcher, &runtime, "name", &[]);
        assert_eq!(name, Ok(json!("test:name")), "{imports}");
    }
}

/// Programs do not know of each other's packages.
#[test]
fn a_package_is_the_programs() {
    let dispatcher = simulated();
    let own = load(&dispatcher, &project("[acme:game]", &[]), game());
    let other = project("[acme:game]", &[]).load(&dispatcher);
    assert!(call(&dispatcher, &own, "name", &[]).is_ok());
    let refused = call(&dispatcher, &other, "name", &[]).expect_err("unknown");
    assert!(
        refused.contains("unsupported wasm host import: acme:game"),
        "{refused}"
    );
}

#[test]
fn other_threads_call_the_same_functions() {
    let program = project("[acme:game]", &[]).program(ProgramOptions::new().package(game()));
    let threads = [program.clone(), program].map(|program| {
        std::thread::spawn(move || {
            let dispatcher = live();
            let runtime = on(&dispatcher, program);
            call(&dispatcher, &runtime, "steps", &[json!(2), json!(5)])
        })
    });
    for thread in threads {
        assert_eq!(thread.join().expect("no panic"), Ok(json!(10)));
    }
}
