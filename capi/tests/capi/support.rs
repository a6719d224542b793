//! What the tests share.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::mem::MaybeUninit;

use wippy_capi::*;

/// No options.
pub const NO_OPTIONS: wippy_call_options = wippy_call_options { id: 0 };

/// A component that calls `acme:game/table#roll` with 6 and gives what that gives.
pub const GAME: &str = r#"(component
    (import "acme:game/table@1.0.0" (instance $table
        (export "roll" (func (param "sides" u32) (result u32)))))
    (core func $roll (canon lower (func $table "roll")))
    (core module $m
        (import "" "roll" (func $roll (param i32) (result i32)))
        (func (export "play") (result i32) (call $roll (i32.const 6))))
    (core instance $i (instantiate $m (with "" (instance (export "roll" (func $roll))))))
    (func (export "play") (result u32) (canon lift (core func $i "play"))))"#;

/// What a function writes to an address, where it succeeds.
pub fn made<T: Copy>(
    before: T,
    function: impl FnOnce(Option<&mut MaybeUninit<T>>) -> wippy_status,
) -> Result<T, wippy_status> {
    let mut out = MaybeUninit::new(before);
    match function(Some(&mut out)) {
        // SAFETY: it was initialised, and functions only write whole values to it.
        wippy_status::Ok => Ok(unsafe { out.assume_init() }),
        status => Err(status),
    }
}

/// The text that a function writes to a buffer.
pub fn text(
    function: impl FnOnce(wippy_buffer<'_>, Option<&mut MaybeUninit<usize>>) -> wippy_status,
) -> Result<String, wippy_status> {
    let mut bytes = vec![0xff; 1 << 16];
    let length = made(0, |length| function(bytes.as_mut_slice().into(), length))?;
    assert_eq!(bytes[length], 0, "a zero byte is behind it");
    bytes.truncate(length);
    Ok(String::from_utf8(bytes).expect("UTF-8"))
}

/// What the last failure says.
pub fn last_error() -> String {
    text(|buffer, length| wippy_last_error(buffer, length)).expect("a text")
}

pub fn ok(status: wippy_status) {
    assert_eq!(status, wippy_status::Ok, "{}", last_error());
}

/// A simulated dispatcher, and a runtime of what `fill` adds.
pub struct World {
    pub dispatcher: wippy_dispatcher,
    pub runtime: wippy_runtime,
}

impl World {
    pub fn new(fill: impl FnOnce(wippy_builder)) -> World {
        let new = |out: Option<&mut MaybeUninit<_>>| wippy_dispatcher_simulated(7, out);
        let dispatcher = made(wippy_dispatcher::default(), new).expect("a dispatcher");
        let builder = made(wippy_builder::default(), |out| wippy_builder_new(out)).expect("room");
        ok(wippy_builder_max_instances(builder, 8));
        fill(builder);
        let program = made(wippy_program::default(), |out| {
            wippy_builder_build(builder, out)
        });
        let program = program.unwrap_or_else(|_| panic!("{}", last_error()));
        let runtime = made(wippy_runtime::default(), |out| {
            wippy_runtime_new(dispatcher, program, out)
        });
        let runtime = runtime.expect("an engine");
        ok(wippy_builder_destroy(builder));
        ok(wippy_program_destroy(program));
        World {
            dispatcher,
            runtime,
        }
    }

    /// A world of one function.
    pub fn of(module: &str) -> World {
        World::new(|builder| entry(builder, c"app:one", module, |_| {}))
    }

    pub fn start(&self, options: wippy_call_options, arguments: &CStr) -> wippy_call {
        let call = made(wippy_call::default(), |out| {
            wippy_call_start(
                self.runtime,
                c"app:one".into(),
                options,
                arguments.into(),
                out,
            )
        });
        call.unwrap_or_else(|_| panic!("{}", last_error()))
    }

    /// Turns until a call has ended.
    pub fn finish(&self, call: wippy_call) -> Result<String, (wippy_error_kind, String)> {
        for _ in 0..1000 {
            if state(call) != wippy_call_state::Running {
                break;
            }
            ok(wippy_dispatcher_turn(self.dispatcher, 1_000_000_000, None));
        }
        result(call)
    }
}

/// Adds a function.
pub fn entry(builder: wippy_builder, id: &CStr, module: &str, change: impl FnOnce(wippy_entry)) {
    let entry = made(wippy_entry::default(), |out| {
        wippy_entry_function(id.into(), out)
    });
    let entry = entry.expect("room");
    ok(wippy_entry_bytes(entry, module.as_bytes().into()));
    change(entry);
    ok(wippy_builder_entry(builder, entry));
    ok(wippy_entry_destroy(entry));
}

pub fn state(call: wippy_call) -> wippy_call_state {
    let state = made(wippy_call_state::Running, |out| wippy_call_poll(call, out));
    state.expect("a call")
}

/// What a call has ended with.
pub fn result(call: wippy_call) -> Result<String, (wippy_error_kind, String)> {
    match text(|buffer, length| wippy_call_result(call, buffer, length)) {
        Ok(result) => Ok(result),
        Err(wippy_status::CallFailed) => {
            let mut message = String::new();
            let kind = made(wippy_error_kind::None, |kind| {
                let mut status = wippy_status::Ok;
                let text = text(|buffer, length| {
                    status = wippy_call_error(call, kind, buffer, length);
                    status
                });
                message = text.expect("a text");
                status
            });
            Err((kind.expect("a call"), message))
        }
        Err(status) => panic!("{status:?}: {}", last_error()),
    }
}
