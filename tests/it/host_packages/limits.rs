//! What such functions count against.

use std::time::Duration;

use serde_json::json;
use wippy::{Arguments, HostPackage};

use super::{call, game, load, project};
use crate::support::{live, simulated};

#[test]
fn its_resources_have_the_bound_of_the_call() {
    let dispatcher = simulated();
    let limits = "{max_resources: 10}";
    let project = project("[acme:game]", &[("limits", &limits)]);
    let runtime = load(&dispatcher, &project, game());
    let hoard = |bodies| call(&dispatcher, &runtime, "hoard", &[json!(bodies)]);
    assert_eq!(hoard(10), Ok(json!(10)));
    // The guest dropped them at the end, and so may have as many again.
    assert_eq!(hoard(10), Ok(json!(10)));
    let refused = hoard(11).expect_err("one too many");
    let bound = "too many resources: the bound of this entry is 10 (limits.max_resources)";
    assert!(refused.contains(bound), "{refused}");
}

/// No form of a function that answers at once keeps others from running. A million instructions would let
/// them run as well: these loops are shorter.
#[test]
fn a_loop_over_its_functions_lets_others_run() {
    for (method, arguments) in [
        ("steps", json!([5_000, 1])),
        ("settle-times", json!([5_000, 0])),
        ("seats", json!([3_000])),
    ] {
        let dispatcher = simulated();
        let runtime = load(&dispatcher, &project("[acme:game]", &[]), game());
        let handle = dispatcher.handle();
        dispatcher
            .block_on(async {
                runtime.prepare(method).await.expect("compiled");
                let looping = runtime.clone();
                let task = async move {
                    let arguments = arguments.as_array().expect("a list");
                    looping.call(method, Arguments::Json(arguments)).await
                };
                let task = dispatcher.spawn(task).expect("a task");
                let pause = Duration::from_micros(10);
                handle.sleep(pause).await.expect("it sleeps");
                assert!(!task.is_finished(), "{method} let nobody run");
                task.await.expect("not cancelled").expect("its end");
            })
            .expect("no deadlock");
    }
}

#[test]
fn a_state_that_no_package_has_is_a_trap_that_says_how_to_give_one() {
    let dispatcher = live();
    let package = super::players(HostPackage::new("acme:game", "1.0.0"));
    let text = r#"(component
        (import "acme:game/players@1.0.0" (instance $players (export "left" (func (result u32)))))
        (core func $left (canon lower (func $players "left")))
        (core module $m
            (import "" "left" (func $left (result i32)))
            (func (export "left") (result i32) (call $left)))
        (core instance $i (instantiate $m (with "" (instance (export "left" (func $left))))))
        (func (export "left") (result u32) (canon lift (core func $i "left"))))"#;
    let mut project = crate::support::Project::new();
    project.text("left", text, "left", "[acme:game]");
    let runtime = load(&dispatcher, &project, package);
    let refused = call(&dispatcher, &runtime, "left", &[]).expect_err("no state");
    assert!(
        refused.contains("no package of this program has a state of the type"),
        "{refused}"
    );
    assert!(
        refused.contains("give it one with HostPackage::state"),
        "{refused}"
    );
}
