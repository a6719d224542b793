//! What a list of imports enables of preview 1: each function belongs to a group.

use super::random_calls::functions::FUNCTIONS;
use crate::support::Project;

/// A module that imports one function and calls it with zeros, but for the number of a descriptor.
fn calling(name: &str, ty: &str, fd: i32) -> String {
    let params = ty
        .split("(param ")
        .nth(1)
        .and_then(|rest| rest.split(')').next());
    let params: Vec<&str> = params
        .unwrap_or_default()
        .split(' ')
        .filter(|it| !it.is_empty())
        .collect();
    let zeros = params.iter().enumerate().map(|(index, ty)| match index {
        0 => format!("({ty}.const {fd})"),
        _ => format!("({ty}.const 0)"),
    });
    let zeros: Vec<String> = zeros.collect();
    let call = format!("(call $f {})", zeros.join(" "));
    let body = match ty.contains("result") {
        true => call,
        false => format!("{call} (i32.const 0)"),
    };
    format!(
        r#"(module (import "wasi_snapshot_preview1" "{name}" (func $f {ty}))
            (memory (export "memory") 1)
            (func (export "f") (result i32) {body}))"#
    )
}

fn call(name: &str, ty: &str, fd: i32, imports: &str) -> Result<i64, String> {
    let mut project = Project::new();
    project.text("f", &calling(name, ty, fd), "f", imports);
    let called = project.call("f", &[]);
    called.map(|value| value.as_i64().unwrap_or(-1))
}

/// The group of each function, as `docs/preview1.md` has it; none for those that always answer.
fn group(name: &str) -> Option<&'static str> {
    Some(match name {
        "args_get" | "args_sizes_get" | "environ_get" | "environ_sizes_get" | "proc_exit" => {
            "wasi:cli"
        }
        "fd_fdstat_get"
        | "fd_fdstat_set_flags"
        | "fd_fdstat_set_rights"
        | "fd_filestat_get"
        | "fd_seek"
        | "fd_tell" => "wasi:cli",
        "fd_read" | "fd_write" | "poll_oneoff" => "wasi:io",
        "clock_res_get" | "clock_time_get" => "wasi:clocks",
        "random_get" => "wasi:random",
        "sock_accept" | "sock_recv" | "sock_send" | "sock_shutdown" => "wasi:sockets",
        "fd_close"
        | "fd_prestat_get"
        | "fd_prestat_dir_name"
        | "fd_renumber"
        | "proc_raise"
        | "sched_yield" => return None,
        _ => "wasi:filesystem",
    })
}

#[test]
fn what_is_not_listed_is_a_trap_that_names_its_group() {
    for (name, ty) in FUNCTIONS {
        let refused = call(name, ty, 0, "[]");
        match group(name) {
            None => assert!(refused.is_ok(), "{name}: {refused:?}"),
            Some(group) => {
                let text = format!(
                    "test:f: wasi_snapshot_preview1#{name} is not enabled; add `- {group}` to its imports"
                );
                let refused = refused.expect_err(name);
                assert!(refused.starts_with(&text), "{refused}");
            }
        }
    }
}

#[test]
fn all_of_them_work_with_one_name() {
    for (name, ty) in FUNCTIONS {
        let called = call(name, ty, 0, "[wasi1]");
        match name {
            "proc_exit" => assert_eq!(called, Ok(-1)),
            _ => assert!(called.is_ok(), "{name}: {called:?}"),
        }
    }
}

/// What a call needs beyond its own group depends on its descriptor or its clock.
#[test]
fn what_an_argument_needs_is_named_too() {
    let find = |name: &str| {
        FUNCTIONS
            .iter()
            .find(|it| it.0 == name)
            .expect("a function")
            .1
    };
    for (name, fd, imports, expected) in [
        (
            "fd_write",
            1,
            "[wasi:io]",
            "fd_write of standard output is not enabled; add `- wasi:cli`",
        ),
        (
            "fd_write",
            2,
            "['wasi:cli/stdout', wasi:io]",
            "fd_write of standard error is not enabled",
        ),
        (
            "fd_write",
            1,
            "[wasi:cli, wasi:filesystem]",
            "fd_write of standard output is not enabled; add `- wasi:io`",
        ),
        (
            "fd_read",
            0,
            "[wasi:io, wasi:filesystem]",
            "fd_read of standard input is not enabled; add `- wasi:cli`",
        ),
        (
            "clock_time_get",
            0,
            "['wasi:clocks/monotonic-clock']",
            "clock_time_get of the realtime clock is not enabled; add `- wasi:clocks`",
        ),
        (
            "clock_time_get",
            1,
            "['wasi:clocks/wall-clock']",
            "clock_time_get of the monotonic clock is not enabled",
        ),
        (
            "fd_fdstat_get",
            0,
            "['wasi:cli/stdout']",
            "fd_fdstat_get of standard input is not enabled",
        ),
    ] {
        let refused = call(name, find(name), fd, imports).expect_err(name);
        assert!(refused.contains(expected), "{refused}");
    }
    for (name, fd, imports, errno) in [
        ("fd_write", 1, "[wasi:cli, wasi:io]", 0),
        ("fd_write", 9, "[wasi:io]", 8),
        ("clock_time_get", 1, "['wasi:clocks/monotonic-clock']", 0),
        ("fd_prestat_get", 3, "[wasi:cli]", 8),
        ("path_open", 3, "[wasi:filesystem]", 8),
    ] {
        assert_eq!(call(name, find(name), fd, imports), Ok(errno), "{name}");
    }
}

#[test]
fn a_module_for_a_component_says_what_makes_it_one() {
    let module = r#"(module (@custom "component-type:x" "")
        (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
        (func (export "f")))"#;
    let mut project = Project::new();
    project.text("f", module, "f", "[wasi1]");
    let refused = project.call("f", &[]).expect_err("a component's types");
    let text = "it imports wasi_snapshot_preview1 and holds the types of a component that it is to be \
                made: run `wasm-tools component new` with an adapter for preview 1";
    assert!(refused.contains(text), "{refused}");
}

#[test]
fn a_module_without_a_memory_says_so() {
    let module = r#"(module (import "wasi_snapshot_preview1" "random_get" (func $f (param i32 i32) (result i32)))
        (func (export "f") (result i32) (call $f (i32.const 0) (i32.const 1))))"#;
    let mut project = Project::new();
    project.text("f", module, "f", "[wasi1]");
    let refused = project.call("f", &[]).expect_err("no memory");
    let text = "wasi_snapshot_preview1#random_get needs the guest's memory, and the module exports none as `memory`";
    assert!(refused.contains(text), "{refused}");
}

/// A name that preview 1 does not have is refused with the nearest that it has, and with what to do.
#[test]
fn a_function_that_there_is_not_is_named_with_the_nearest() {
    for (module, import, expected) in [
        (
            "wasi_snapshot_preview1",
            "(func (param i32 i32 i32 i32) (result i32))",
            "it imports wasi_snapshot_preview1#fd_raed, and preview 1 has no such function (did you \
             mean fd_read?): correct the import, or link the module with what it calls",
        ),
        (
            "wasi_unstable",
            "(func)",
            "it imports wasi_unstable#fd_raed, and preview 1 has no such function (did you mean fd_read?)",
        ),
    ] {
        let refused = refused(module, "fd_raed", import);
        assert!(refused.contains(expected), "{refused}");
    }
    let far = refused("wasi_snapshot_preview1", "path_open_by_handle", "(func)");
    let text = "preview 1 has no such function: correct the import";
    assert!(far.contains(text), "{far}");
    let later = refused("wasi_unstable", "sock_accept", "(func)");
    let text = "it imports wasi_unstable#sock_accept, which only wasi_snapshot_preview1 has: build the \
                module for that";
    assert!(later.contains(text), "{later}");
    let other = refused("wasi_snapshot_preview1", "fd_read", "(global i32)");
    let text =
        "it imports wasi_snapshot_preview1#fd_read, a function of preview 1, as something else";
    assert!(other.contains(text), "{other}");
}

/// The error of a module that imports this.
fn refused(module: &str, name: &str, import: &str) -> String {
    let text = format!(r#"(module (import "{module}" "{name}" {import}) (func (export "f")))"#);
    let mut project = Project::new();
    project.text("f", &text, "f", "[wasi1]");
    project.call("f", &[]).expect_err("an unknown import")
}
