//! Packages that take the place of the host's.

use serde_json::json;
use wippy::HostPackage;

use super::{call, load};
use crate::support::{Project, simulated};

/// A wall clock that stands at `seconds`.
fn clock(seconds: u64) -> HostPackage {
    HostPackage::new("wasi:clocks", "0.2.6")
        .func("wall-clock", "now", move |_, (): ()| {
            Ok((Datetime {
                seconds,
                nanoseconds: 7,
            },))
        })
        .func("wall-clock", "resolution", |_, (): ()| {
            Ok((Datetime {
                seconds: 1,
                nanoseconds: 0,
            },))
        })
}

#[derive(wasmtime::component::ComponentType, wasmtime::component::Lower, Clone, Copy)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

fn calendar() -> Project {
    let mut project = Project::new();
    for method in [
        "wall-now",
        "wall-resolution",
        "monotonic-now",
        "monotonic-check",
    ] {
        let export = format!("calendar#{method}");
        project.function(method, "calendar", &export, "[wasi:clocks]", &[]);
    }
    project
}

#[test]
fn an_own_wall_clock_stands_beside_the_hosts_monotonic_one() {
    let dispatcher = simulated();
    let runtime = load(&dispatcher, &calendar(), clock(42));
    let call = |name| call(&dispatcher, &runtime, name, &[]);
    assert_eq!(call("wall-now"), Ok(json!([42, 7])));
    assert_eq!(call("wall-resolution"), Ok(json!([1, 0])));
    let now = dispatcher.handle().now().expect("a clock").as_nanos();
    assert!(call("monotonic-now").expect("the host's").as_u64() >= Some(now));
}

#[test]
fn nothing_of_the_host_stays_in_a_whole_package() {
    let dispatcher = simulated();
    let runtime = load(&dispatcher, &calendar(), clock(42).whole());
    let call = |name| call(&dispatcher, &runtime, name, &[]);
    assert_eq!(call("wall-now"), Ok(json!([42, 7])));
    let trap = call("monotonic-now").expect_err("nobody's");
    assert!(trap.contains("wasi:clocks/monotonic-clock@"), "{trap}");
    assert!(trap.contains("#now is not known here"), "{trap}");
}

#[test]
fn what_an_own_interface_lacks_traps_by_name() {
    let dispatcher = simulated();
    let clock = HostPackage::new("wasi:clocks", "0.2.12").func("wall-clock", "now", |_, (): ()| {
        Ok((Datetime {
            seconds: 1,
            nanoseconds: 0,
        },))
    });
    let runtime = load(&dispatcher, &calendar(), clock);
    let trap = call(&dispatcher, &runtime, "wall-resolution", &[]).expect_err("not there");
    let text = "wasi:clocks/wall-clock#resolution is not part of wasi:clocks@0.2.12";
    assert!(trap.contains(text), "{trap}");
}

/// The line of `imports` still decides.
#[test]
fn an_own_clock_is_not_enabled_by_itself() {
    let dispatcher = simulated();
    let mut project = Project::new();
    project.function(
        "wall-now",
        "calendar",
        "calendar#wall-now",
        "[wasi:io]",
        &[],
    );
    let runtime = load(&dispatcher, &project, clock(42));
    let trap = call(&dispatcher, &runtime, "wall-now", &[]).expect_err("not enabled");
    let text = "wasi:clocks/wall-clock#now is not enabled; add `- wasi:clocks` to its imports";
    assert!(trap.contains(text), "{trap}");
}

#[test]
fn random_numbers_can_be_the_embedders() {
    let dispatcher = simulated();
    let mut project = Project::new();
    for method in ["random-bytes", "random-u64", "insecure-u64"] {
        let export = format!("dice#{method}");
        project.function(method, "dice", &export, "[wasi:random]", &[]);
    }
    let package = HostPackage::new("wasi:random", "0.2.12")
        .func("random", "get-random-u64", |_, (): ()| Ok((4u64,)))
        .func("random", "get-random-bytes", |_, (length,): (u64,)| {
            Ok((vec![4u8; usize::try_from(length)?],))
        });
    let runtime = load(&dispatcher, &project, package);
    let random = call(&dispatcher, &runtime, "random-u64", &[]);
    assert_eq!(random, Ok(json!(4)));
    let bytes = call(&dispatcher, &runtime, "random-bytes", &[json!(3)]);
    assert_eq!(bytes, Ok(json!([4, 4, 4])));
    let insecure = call(&dispatcher, &runtime, "insecure-u64", &[]);
    assert_ne!(insecure, Ok(json!(4)), "that interface is the host's");
}

/// A core module's clock would be the host's all the same: it is refused rather than given.
#[test]
fn preview_1_does_not_get_around_an_own_clock() {
    let dispatcher = simulated();
    let module = r#"(module
        (import "wasi_snapshot_preview1" "clock_time_get"
            (func $time (param i32 i64 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "realtime") (result i32) (call $time (i32.const 0) (i64.const 0) (i32.const 0)))
        (func (export "monotonic") (result i32) (call $time (i32.const 1) (i64.const 0) (i32.const 0))))"#;
    let mut project = Project::new();
    for method in ["realtime", "monotonic"] {
        project.text(method, module, method, "[wasi1]");
    }
    let runtime = load(&dispatcher, &project, clock(42));
    let trap = call(&dispatcher, &runtime, "realtime", &[]).expect_err("refused");
    let text =
        "does not work here: this program has a package of its own for wasi:clocks/wall-clock";
    assert!(trap.contains(text), "{trap}");
    let monotonic = call(&dispatcher, &runtime, "monotonic", &[]);
    assert_eq!(monotonic, Ok(json!(0)));
}
