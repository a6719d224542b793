//! A panic of a host function ends its call and nothing else.

use serde_json::json;
use wasmtime::component::Resource;
use wippy::{Arguments, HostPackage};

use super::{call, game, generated, load, project};
use crate::support::{live, simulated};

#[test]
fn a_panic_is_a_trap_of_its_call_and_the_dispatcher_goes_on() {
    for dispatcher in [simulated(), live()] {
        let runtime = load(&dispatcher, &project("[acme:game]", &[]), game());
        for (method, argument, text) in [
            // Of generated code the name is not known.
            ("crash", json!("ouch"), "a host function panicked: ouch"),
            (
                "fall",
                json!(1),
                "the host function acme:game/players#fall panicked: ",
            ),
            (
                "fall",
                json!(2),
                "the host function acme:game/players#fall panicked: assertion `left == right` failed: fallen",
            ),
        ] {
            for _ in 0..20 {
                let trap = call(
                    &dispatcher,
                    &runtime,
                    method,
                    std::slice::from_ref(&argument),
                );
                let trap = trap.expect_err("a trap");
                assert!(trap.contains(text), "{trap}");
                let name = call(&dispatcher, &runtime, "name", &[]);
                assert_eq!(name, Ok(json!("test:name")));
            }
        }
        assert_eq!(runtime.calls(), []);
    }
}

/// One that waits meanwhile, on the same dispatcher, is not disturbed.
#[test]
fn other_calls_go_on_beside_a_panic() {
    let dispatcher = simulated();
    let runtime = load(&dispatcher, &project("[acme:game]", &[]), game());
    dispatcher
        .block_on(async {
            let waiting = runtime.clone();
            let waiting =
                async move { waiting.call("settle", Arguments::Json(&[json!(50)])).await };
            let waiting = dispatcher.spawn(waiting).expect("a task");
            for milliseconds in [5, 1, 5] {
                let arguments = [json!(milliseconds)];
                let fallen = runtime.call("fall", Arguments::Json(&arguments)).await;
                assert!(fallen.is_err());
                let crashed = runtime.call("crash", Arguments::Json(&[json!("x")])).await;
                assert!(crashed.is_err());
            }
            let waited = waiting.await.expect("not cancelled").expect("no trap");
            assert_eq!(waited, json!(50));
        })
        .expect("no deadlock");
}

#[test]
fn a_panic_of_a_state_and_of_a_drop_is_one_too() {
    let dispatcher = live();
    let state = game().state(|_| -> generated::Own { panic!("no state today") });
    let runtime = load(&dispatcher, &project("[acme:game]", &[]), state);
    let trap = call(&dispatcher, &runtime, "steps", &[json!(1), json!(1)]).expect_err("a trap");
    let text = "a host function panicked: no state today";
    assert!(trap.contains(text), "{trap}");
    let trap = call(&dispatcher, &runtime, "seats", &[json!(1)]).expect_err("a trap");
    let text = "the host function acme:game/players#sit panicked: no state today";
    assert!(trap.contains(text), "{trap}");

    let package = HostPackage::new("acme:game", "1.0.0")
        .resource::<u32>("players", "seat", |_, seat| panic!("seat {seat} stays"))
        .func("players", "sit", |mut context, (): ()| {
            Ok((context.table().push(7u32)?,))
        })
        .func(
            "players",
            "[method]seat.number",
            |_, (_,): (Resource<u32>,)| Ok((0u32,)),
        );
    let runtime = load(&dispatcher, &project("[acme:game]", &[]), package);
    let trap = call(&dispatcher, &runtime, "seats", &[json!(1)]).expect_err("a trap");
    let text = "the host function acme:game/players#[resource-drop]seat panicked: seat 7 stays";
    assert!(trap.contains(text), "{trap}");
}

#[test]
fn a_panic_while_an_entry_is_linked_is_an_error_of_its_module() {
    let dispatcher = live();
    let package =
        HostPackage::new("acme:game", "1.0.0").interface("physics", |_| panic!("not now"));
    let runtime = load(&dispatcher, &project("[acme:game]", &[]), package);
    for _ in 0..2 {
        let failed = call(&dispatcher, &runtime, "name", &[]).expect_err("not linked");
        let text = "cannot link: acme:game/physics: ";
        assert!(
            failed.contains(text) && failed.contains("not now"),
            "{failed}"
        );
    }
}
