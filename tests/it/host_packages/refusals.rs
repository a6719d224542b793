//! What is not enabled, not there, or does not fit.

use serde_json::json;
use wippy::{CheckOptions, Entry, HostPackage, Program, ProgramOptions, check};

use super::{call, game, generated, load, on, project};
use crate::support::{Project, guests, simulated};

#[test]
fn what_is_not_enabled_traps_with_the_line_to_add() {
    let dispatcher = simulated();
    let refused = |imports, package| {
        let runtime = load(&dispatcher, &project(imports, &[]), package);
        call(&dispatcher, &runtime, "name", &[]).expect_err("not enabled")
    };
    let trap = refused("[wasi:clocks]", game());
    let text = "acme:game/players#name is not enabled; add `- acme:game` to its imports";
    assert!(trap.contains(text), "{trap}");
    let trap = refused("[acme:game/physics]", game());
    assert!(trap.contains(text), "{trap}");
    let trap = refused("[]", game().alias("game"));
    assert!(trap.contains("add `- game` to its imports"), "{trap}");
    // An interface that the package does not have is one that nobody has.
    let trap = refused("[acme:game]", generated::physics());
    let text = "acme:game/players@1.0.0#name is not known here; nothing in imports enables it";
    assert!(trap.contains(text), "{trap}");
}

#[test]
fn an_entry_in_code_is_told_how_to_import_it() {
    let dispatcher = simulated();
    let called = |entry: Entry| {
        let program = Program::builder().package(game()).entry(entry).build();
        let program = program.expect("an entry");
        call(&dispatcher, &on(&dispatcher, program), "a:game", &[])
    };
    let file = guests().join("components/game.wasm");
    let entry = Entry::function("a:game").file(file).method("game#name");
    let trap = called(entry.clone()).expect_err("not enabled");
    let text = "acme:game/players#name is not enabled; add `- acme:game` to its imports";
    assert!(trap.contains(text), "{trap}");
    assert_eq!(called(entry.import("acme:game")), Ok(json!("a:game")));
}

/// What is enabled of a package works although the resources of the rest are not.
#[test]
fn an_interface_works_without_the_others() {
    let dispatcher = simulated();
    let runtime = load(&dispatcher, &project("[acme:game/physics]", &[]), game());
    let speed = call(&dispatcher, &runtime, "speed", &[json!(1), json!(7)]);
    assert_eq!(speed, Ok(json!(7)));
    let runtime = load(&dispatcher, &project("[acme:game/players]", &[]), game());
    let seats = call(&dispatcher, &runtime, "seats", &[json!(2)]);
    assert_eq!(seats, Ok(json!([2, 2])));
}

#[test]
fn an_unknown_name_is_compared_with_those_of_the_program() {
    let dispatcher = simulated();
    let runtime = load(&dispatcher, &project("[acme:gane]", &[]), game());
    let refused = call(&dispatcher, &runtime, "name", &[]).expect_err("unknown");
    let text = "unsupported wasm host import: acme:gane (did you mean acme:game?)";
    assert!(refused.contains(text), "{refused}");
    let found = dispatcher.block_on(runtime.load()).expect("no deadlock");
    let found = found.expect("loaded");
    assert_eq!(found[0].message, "unsupported wasm host import: acme:gane");
    assert_eq!(found[0].hint.as_deref(), Some("did you mean acme:game?"));
}

#[test]
fn check_and_inspect_know_the_programs_packages() {
    let dispatcher = simulated();
    let mut some = Project::new();
    some.function("name", "game", "game#name", "[acme:game/physics]", &[]);
    some.function(
        "nap",
        "sleeper",
        "sleeper#sleep-poll",
        "[wasi:clocks, wasi:io, acme:game]",
        &[],
    );
    let program = some.program(ProgramOptions::new().package(game()));
    let runtime = on(&dispatcher, program.clone());
    let found = dispatcher.block_on(check(&runtime, CheckOptions { strict: true }));
    let found = found.expect("no deadlock").expect("checked");
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].contains("the module imports what is not enabled: acme:game/players#{"),
        "{found:#?}"
    );
    assert!(found[0].contains("add `- acme:game`"), "{found:#?}");
    assert!(
        found[1].contains("acme:game is enabled, and the module imports nothing of it"),
        "{found:#?}"
    );

    let bytes = std::fs::read(guests().join("components/game.wasm")).expect("the guest");
    let described = program.inspect(&bytes, None).expect("a module");
    assert_eq!(described["groups"], json!(["acme:game"]));
    let of_nobody = Project::new().program(ProgramOptions::new());
    let described = of_nobody.inspect(&bytes, None).expect("a module");
    assert_eq!(described["groups"], json!([]));
    assert_eq!(described["imports"][0]["group"], json!(null));
}

#[test]
fn a_function_of_another_type_or_twice_is_an_error_that_names_it() {
    let dispatcher = simulated();
    let failed = |package| {
        let runtime = load(&dispatcher, &project("[acme:game]", &[]), package);
        call(&dispatcher, &runtime, "name", &[]).expect_err("it does not fit")
    };
    let error =
        failed(
            HostPackage::new("acme:game", "1.0.0").func("players", "name", |_, (): ()| Ok((1u32,))),
        );
    assert!(error.contains("cannot link: "), "{error}");
    assert!(
        error.contains("acme:game/players@1.0.0") && error.contains("name"),
        "{error}"
    );
    let error = failed(game().func("players", "name", |_, (): ()| Ok(("twice",))));
    assert!(
        error.contains("cannot link: acme:game/players: name: "),
        "{error}"
    );
}

/// Guests of a compatible version link, those of another have no package.
#[test]
fn versions_are_compared() {
    let dispatcher = simulated();
    let package = |version| super::players(HostPackage::new("acme:game", version));
    let name = |version| {
        let runtime = load(&dispatcher, &project("[acme:game]", &[]), package(version));
        call(&dispatcher, &runtime, "name", &[])
    };
    assert_eq!(name("1.4.2"), Ok(json!("test:name")));
    let trap = name("2.0.0").expect_err("another");
    assert!(
        trap.contains("acme:game/players@1.0.0#name is not known here"),
        "{trap}"
    );
}
