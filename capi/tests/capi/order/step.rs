//! One call of a random function.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};

use wippy_capi::*;

use super::RUN;
use super::random::Random;
use crate::support::{GAME, made};

/// Handles that a run remembers.
const MAX_HANDLES: usize = 64;

/// What the engine is made for costs milliseconds.
const SELDOM: usize = 10;

const TEXTS: [&CStr; 12] = [
    c"app:one",
    c"app:game",
    c"one",
    c"[]",
    c"[1, 2]",
    c"null",
    c"5",
    c"wasi:clocks",
    c"acme:game",
    c"",
    c"\xff\xfe",
    c"{",
];

const MODULES: [&str; 4] = [
    r#"(module (func (export "one") (result i32) i32.const 1))"#,
    r#"(module (func (export "one") unreachable))"#,
    GAME,
    "(module",
];

/// What a thread has and has seen.
pub struct Run {
    pub random: Random,
    /// By their kinds.
    handles: [Vec<u64>; KINDS],
    /// Those of all threads.
    shared: Arc<Mutex<Vec<u64>>>,
    /// Within a callback.
    depth: u32,
    /// The dispatcher that calls it.
    turning: wippy_dispatcher,
    pub seen: BTreeMap<&'static str, u64>,
}

const DISPATCHER: usize = 0;
const ENTRY: usize = 1;
const BUILDER: usize = 2;
const PROGRAM: usize = 3;
const RUNTIME: usize = 4;
const OPTIONS: usize = 5;
const CALL: usize = 6;
const INSTANCE: usize = 7;
const READER: usize = 8;
const WRITER: usize = 9;
const HOST_CALL: usize = 10;
const KINDS: usize = 11;

impl Run {
    /// One that begins with a runtime that works.
    pub fn new(random: Random, shared: Arc<Mutex<Vec<u64>>>) -> Run {
        let mut run = Run {
            random,
            handles: Default::default(),
            shared,
            depth: 0,
            turning: wippy_dispatcher::default(),
            seen: BTreeMap::new(),
        };
        whole(&mut run);
        run
    }

    /// A number for a handle of a kind: mostly of one that was made, sometimes of anything else.
    fn id(&mut self, kind: usize) -> u64 {
        match self.random.below(20) {
            0 => self.random.next(),
            1 => 0,
            2 => {
                let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
                let at = self.random.below(shared.len().max(1));
                shared.get(at).copied().unwrap_or_default()
            }
            3 => {
                let other = self.random.below(KINDS);
                self.known(other)
            }
            _ => self.known(kind),
        }
    }

    /// Mostly one of the last that were made, which live most likely.
    fn known(&mut self, kind: usize) -> u64 {
        let known = self.handles[kind].len();
        let among = match self.random.one_in(8) {
            true => known,
            false => known.min(6),
        };
        let back = self.random.below(among.max(1)) + 1;
        let at = known.checked_sub(back);
        at.map_or(0, |at| self.handles[kind][at])
    }

    /// Remembers a handle, and forgets another where there are many.
    fn add(&mut self, kind: usize, id: u64) {
        if self.handles[kind].len() >= MAX_HANDLES {
            let forgotten = self.random.below(MAX_HANDLES);
            self.handles[kind].remove(forgotten);
        }
        self.handles[kind].push(id);
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        match shared.len() < 1024 {
            true => shared.push(id),
            false => shared[self.random.below(1024)] = id,
        }
    }

    fn text(&mut self) -> Text<'static> {
        match self.random.below(TEXTS.len() + 1) {
            0 => Text::NULL,
            at => TEXTS[at - 1].into(),
        }
    }

    fn module(&mut self) -> wippy_bytes<'static> {
        match self.random.below(MODULES.len() + 1) {
            0 => wippy_bytes::NULL,
            at => MODULES[at - 1].as_bytes().into(),
        }
    }

    /// Makes an object, or now and then says no place for its handle.
    fn make(
        &mut self,
        kind: usize,
        make: impl FnOnce(Option<&mut MaybeUninit<u64>>) -> wippy_status,
    ) -> wippy_status {
        if self.random.one_in(20) {
            return make(None);
        }
        match made(0, make) {
            Ok(id) => {
                self.add(kind, id);
                wippy_status::Ok
            }
            Err(status) => status,
        }
    }
}

/// The place of a handle, for a function that makes objects.
macro_rules! make {
    ($run:ident, $kind:ident, $handle:ident, $function:ident($($argument:expr),*)) => {{
        let run = &mut $run;
        run.make($kind, |out| match out {
            None => $function($($argument,)* None),
            Some(out) => match made($handle::default(), |made| $function($($argument,)* made)) {
                Ok(made) => {
                    out.write(made.id);
                    wippy_status::Ok
                }
                Err(status) => status,
            },
        })
    }};
}

/// How a status is counted.
pub fn name(status: wippy_status) -> &'static str {
    match status {
        wippy_status::Ok => "Ok",
        wippy_status::InvalidArgument => "InvalidArgument",
        wippy_status::InvalidHandle => "InvalidHandle",
        wippy_status::WrongThread => "WrongThread",
        wippy_status::Busy => "Busy",
        wippy_status::Pending => "Pending",
        wippy_status::CallFailed => "CallFailed",
        wippy_status::Closed => "Closed",
        wippy_status::TooSmall => "TooSmall",
        wippy_status::Panic => "Panic",
        _ => "others",
    }
}

/// A host function: answers, or not yet, and calls what it likes before.
extern "C" fn callback(_: *mut c_void, call: wippy_host_call, _: *const c_char, _: usize) {
    let Some(mut run) = RUN.take() else {
        return;
    };
    run.depth += 1;
    run.add(HOST_CALL, call.id);
    // It is in its turn, whatever else is.
    let turning = run.turning;
    let reentered = match run.random.below(4) {
        0 => wippy_dispatcher_turn(turning, 0, None),
        1 => wippy_dispatcher_destroy(turning),
        _ => wippy_status::Busy,
    };
    assert_eq!(reentered, wippy_status::Busy);
    *run.seen.entry(name(reentered)).or_insert(0) += 1;
    if run.depth < 3 {
        for _ in 0..run.random.below(6) {
            run = step(run);
        }
    }
    let status = match run.random.below(3) {
        0 => wippy_host_call_reply(call, c"5".into()),
        1 => wippy_host_call_fail(call, c"no".into()),
        _ => wippy_status::Ok,
    };
    *run.seen.entry(name(status)).or_insert(0) += 1;
    run.depth -= 1;
    RUN.set(Some(run));
}

/// Calls one function. What a callback does meanwhile is part of the run.
pub fn step(mut run: Run) -> Run {
    let status = match run.random.below(50) {
        // Guests run here, and callbacks.
        0..6 => return turn(run),
        6..30 => on_calls(&mut run),
        30..40 => on_streams(&mut run),
        40..48 => on_entries(&mut run),
        _ => on_large(&mut run),
    };
    *run.seen.entry(name(status)).or_insert(0) += 1;
    run
}

fn turn(mut run: Run) -> Run {
    let dispatcher = wippy_dispatcher {
        id: run.id(DISPATCHER),
    };
    let outer_turning = std::mem::replace(&mut run.turning, dispatcher);
    let (with_budget, wait) = (run.random.one_in(2), [0, 1_000_000][run.random.below(2)]);
    let outer = RUN.replace(Some(run));
    let status = match with_budget {
        true => wippy_dispatcher_turn_within(dispatcher, 1000, wait, None),
        false => wippy_dispatcher_turn(dispatcher, wait, None),
    };
    let mut run = RUN.replace(outer).expect("callbacks put it back");
    run.turning = outer_turning;
    *run.seen.entry(name(status)).or_insert(0) += 1;
    run
}

fn on_calls(run: &mut Run) -> wippy_status {
    let runtime = wippy_runtime {
        id: run.id(RUNTIME),
    };
    let call = wippy_call { id: run.id(CALL) };
    let instance = wippy_instance {
        id: run.id(INSTANCE),
    };
    let host_call = wippy_host_call {
        id: run.id(HOST_CALL),
    };
    let options = wippy_call_options {
        id: if run.random.one_in(2) {
            0
        } else {
            run.id(OPTIONS)
        },
    };
    let mut bytes = vec![0; run.random.below(200)];
    let buffer = bytes.as_mut_slice().into();
    let (name, arguments) = (run.text(), run.text());
    let mut run = run;
    match run.random.below(16) {
        0..4 => {
            let (name, none) = match run.random.one_in(2) {
                true => (c"app:game".into(), c"[]".into()),
                false => (name, arguments),
            };
            make!(
                run,
                CALL,
                wippy_call,
                wippy_call_start(runtime, name, options, none)
            )
        }
        4 => wippy_call_poll(call, Some(&mut MaybeUninit::uninit())),
        5 | 6 => wippy_call_result(call, buffer, None),
        7 => wippy_call_error(call, None, buffer, None),
        8 => wippy_call_exit_status(call, Some(&mut MaybeUninit::uninit())),
        9 => match run.random.one_in(3) {
            true => wippy_call_destroy(call),
            false => wippy_call_poll(call, None),
        },
        10 => wippy_call_cancel(call),
        11 => make!(
            run,
            INSTANCE,
            wippy_instance,
            wippy_instance_new(runtime, name, options)
        ),
        12 => make!(
            run,
            CALL,
            wippy_call,
            wippy_instance_call(instance, name, arguments)
        ),
        13 => match run.random.one_in(3) {
            true => wippy_instance_destroy(instance),
            false => make!(run, CALL, wippy_call, wippy_instance_reset(instance)),
        },
        14 => wippy_host_call_reply(host_call, name),
        _ => wippy_host_call_fail(host_call, name),
    }
}

fn on_streams(run: &mut Run) -> wippy_status {
    let dispatcher = wippy_dispatcher {
        id: run.id(DISPATCHER),
    };
    let reader = wippy_reader { id: run.id(READER) };
    let writer = wippy_writer { id: run.id(WRITER) };
    let options = wippy_call_options {
        id: run.id(OPTIONS),
    };
    let mut bytes = vec![0; run.random.below(20)];
    let buffer = bytes.as_mut_slice().into();
    let (first, second) = (run.text(), run.text());
    let mut run = run;
    match run.random.below(16) {
        0 | 1 => {
            let mut writer = None;
            let status = make!(run, READER, wippy_reader, pipe(dispatcher, &mut writer));
            if let Some(writer) = writer {
                run.add(WRITER, writer.id);
            }
            status
        }
        2 | 3 => wippy_reader_read(reader, buffer, Some(&mut MaybeUninit::uninit())),
        4 | 5 => wippy_writer_write(
            writer,
            b"bytes".as_slice().into(),
            Some(&mut MaybeUninit::uninit()),
        ),
        6 if run.random.one_in(2) => wippy_reader_destroy(reader),
        7 if run.random.one_in(2) => wippy_writer_destroy(writer),
        8 => make!(run, OPTIONS, wippy_call_options, wippy_call_options_new()),
        9 => match run.random.one_in(4) {
            true => wippy_call_options_destroy(options),
            false => wippy_call_options_timeout(options, run.random.next() >> 40),
        },
        10 => wippy_call_options_arg(options, first),
        11 => wippy_call_options_env(options, first, second),
        12 => wippy_call_options_stdin_bytes(options, b"input".as_slice().into()),
        13 => wippy_call_options_stdin(options, reader),
        14 => wippy_call_options_stdout(options, writer),
        _ => wippy_call_options_stderr(options, writer),
    }
}

/// Makes a pipe; the other end goes beside.
fn pipe(
    dispatcher: wippy_dispatcher,
    other: &mut Option<wippy_writer>,
    reader: Option<&mut MaybeUninit<wippy_reader>>,
) -> wippy_status {
    let writer = made(wippy_writer::default(), |writer| {
        wippy_pipe_new(dispatcher, 8, reader, writer)
    });
    match writer {
        Ok(writer) => {
            *other = Some(writer);
            wippy_status::Ok
        }
        Err(status) => status,
    }
}

fn on_entries(run: &mut Run) -> wippy_status {
    let entry = wippy_entry { id: run.id(ENTRY) };
    let builder = wippy_builder {
        id: run.id(BUILDER),
    };
    let (first, second, module) = (run.text(), run.text(), run.module());
    let number = run.random.next();
    let mut bytes = vec![0; run.random.below(200)];
    let buffer = bytes.as_mut_slice().into();
    let mut run = run;
    match run.random.below(30) {
        0 | 1 => make!(run, ENTRY, wippy_entry, wippy_entry_function(first)),
        2 => make!(run, ENTRY, wippy_entry, wippy_entry_process(first)),
        3 if run.random.one_in(3) => wippy_entry_destroy(entry),
        4..8 => wippy_entry_bytes(entry, module),
        8 => wippy_entry_file(entry, first),
        9 => wippy_entry_hash(entry, first),
        10 => wippy_entry_method(entry, first),
        11 => wippy_entry_wit(entry, first),
        12..15 => wippy_entry_import(entry, c"acme:game".into()),
        15 => wippy_entry_directory(entry, first, second, true),
        16 => wippy_entry_env(entry, first, second),
        17 => wippy_entry_arg(entry, first),
        18 => wippy_entry_allow(entry, first),
        19 => wippy_entry_max_execution(entry, number),
        20 => wippy_entry_max_memory(entry, number),
        21 => wippy_entry_max_resources(entry, number),
        22 => wippy_entry_pool(entry, number as u32 % 5, number as u32 >> 24),
        23 => wippy_builder_diagnostics(builder, buffer, None),
        24 => wippy_builder_preemption_tick(builder, number),
        25 => wippy_builder_metrics(builder, number & 1 == 0),
        // Nothing is written anywhere.
        26 => wippy_builder_code_cache(builder, Text::NULL),
        27 => wippy_last_error(buffer, None),
        28 => {
            let _ = (wippy_object_count(), wippy_version());
            wippy_status::Ok
        }
        _ => wippy_builder_entry(builder, entry),
    }
}

/// What takes an engine, a dispatcher or a whole program.
fn on_large(run: &mut Run) -> wippy_status {
    let dispatcher = wippy_dispatcher {
        id: run.id(DISPATCHER),
    };
    let builder = wippy_builder {
        id: run.id(BUILDER),
    };
    let program = wippy_program {
        id: run.id(PROGRAM),
    };
    let runtime = wippy_runtime {
        id: run.id(RUNTIME),
    };
    let text = run.text();
    let mut bytes = vec![0; run.random.below(2000)];
    let buffer = bytes.as_mut_slice().into();
    let is_rare = run.handles[RUNTIME].is_empty() || run.random.one_in(SELDOM);
    let mut run = run;
    match run.random.below(16) {
        0 if is_rare => whole(run),
        1 => make!(run, BUILDER, wippy_builder, wippy_builder_new()),
        2 => match run.random.one_in(4) {
            true if run.random.one_in(2) => wippy_builder_destroy(builder),
            _ => wippy_builder_max_instances(builder, 4),
        },
        3 => wippy_builder_host_function(
            builder,
            c"acme:game".into(),
            c"1.0.0".into(),
            c"table".into(),
            text,
            Some(callback),
            null_mut(),
        ),
        4 => make!(run, PROGRAM, wippy_program, wippy_builder_build(builder)),
        5 => match run.random.one_in(8) {
            true => wippy_program_destroy(program),
            false => wippy_builder_project(builder, Text::NULL),
        },
        6 => match run.random.one_in(8) {
            true => wippy_runtime_destroy(runtime),
            false => wippy_runtime_metrics(runtime, buffer, None),
        },
        7 => wippy_dispatcher_fd(dispatcher, Some(&mut MaybeUninit::uninit())),
        8 => wippy_dispatcher_next_deadline(dispatcher, Some(&mut MaybeUninit::uninit())),
        9 => wippy_dispatcher_now(dispatcher, Some(&mut MaybeUninit::uninit())),
        10 if run.random.one_in(20) => wippy_dispatcher_destroy(dispatcher),
        11 if run.random.one_in(20) => {
            make!(run, DISPATCHER, wippy_dispatcher, wippy_dispatcher_new())
        }
        12 if is_rare => make!(
            run,
            RUNTIME,
            wippy_runtime,
            wippy_runtime_new(dispatcher, program)
        ),
        _ if run.handles[DISPATCHER].len() < 4 => {
            make!(
                run,
                DISPATCHER,
                wippy_dispatcher,
                wippy_dispatcher_simulated(3)
            )
        }
        _ => wippy_dispatcher_now(dispatcher, None),
    }
}

/// A runtime that works, of two entries, so that calls have something to call.
fn whole(run: &mut Run) -> wippy_status {
    let mut run = run;
    let world = crate::support::World::new(|builder| {
        let status = wippy_builder_host_function(
            builder,
            c"acme:game".into(),
            c"1.0.0".into(),
            c"table".into(),
            c"roll".into(),
            Some(callback),
            null_mut(),
        );
        assert_eq!(status, wippy_status::Ok);
        let other = MODULES[run.random.below(2)];
        crate::support::entry(builder, c"app:one", other, |_| {});
        crate::support::entry(builder, c"app:game", GAME, |it| {
            wippy_entry_import(it, c"acme:game".into());
        });
    });
    run.add(DISPATCHER, world.dispatcher.id);
    run.add(RUNTIME, world.runtime.id);
    make!(run, OPTIONS, wippy_call_options, wippy_call_options_new())
}
