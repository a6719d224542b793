//! A core module that loops over any one function of preview 1, made from the table of functions.

use std::cell::Cell;
use std::fmt::Write;

use wasmtime::{Extern, FuncType, InstancePre, Linker, Module, Store, ValType};

use crate::host::State;
use crate::host::preview1::{Access, FUNCTIONS, Function, Version};
use crate::module::link_core::link_core;
use crate::module::{Capabilities, Engine};

/// What the loop's memory holds: names, a buffer's description, a timer that is due, and room.
const NAME: u64 = 64;
const NO_NAME: u64 = 72;
const BUFFER: u64 = 128;
const RESULT: u64 = 512;
const TIMER: u64 = 640;
const ROOM: u64 = 1024;
const MORE_ROOM: u64 = 8192;

/// The directory that the guest begins with, and the file that it opens in it.
const DIRECTORY: u64 = 3;
const FILE: u64 = 4;

/// The module, linked, and what it can loop over.
pub struct CoreLooper {
    engine: Engine,
    pre: InstancePre<State>,
    /// The functions by their names, in the order of `which`: each with zeros, and each with
    /// arguments that it has something to do for.
    pub functions: Vec<String>,
}

impl CoreLooper {
    /// Links it with everything enabled. `state` is for a store that is used for types alone.
    pub fn new(engine: &Engine, imports: &[&str], state: State) -> CoreLooper {
        let (text, functions) = module(&types(engine, state));
        let module = Module::new(engine.inner(), wat::parse_str(text).expect("a module"));
        let module = module.expect("valid");
        let capabilities = Capabilities::parse(imports.iter().copied()).expect("known");
        let linker = link_core(&module, &capabilities).expect("linked");
        CoreLooper {
            engine: engine.clone(),
            pre: linker.instantiate_pre(&module).expect("linked"),
            functions,
        }
    }

    /// Calls one of the functions so many times, and sets `begins` before the first.
    ///
    /// # Errors
    /// The trap that ends it.
    pub async fn spin(
        &self,
        state: State,
        (which, times): (u32, u32),
        begins: &Cell<bool>,
    ) -> wasmtime::Result<()> {
        let mut store = self.engine.store(self.engine.inner(), state)?;
        let instance = self.pre.instantiate_async(&mut store).await?;
        let open = instance.get_typed_func::<(), ()>(&mut store, "open")?;
        open.call_async(&mut store, ()).await?;
        begins.set(true);
        let spin = instance.get_typed_func::<(u32, u32), ()>(&mut store, "spin")?;
        spin.call_async(&mut store, (which, times)).await
    }
}

/// The functions of the table with their types.
fn types(engine: &Engine, state: State) -> Vec<(&'static str, FuncType)> {
    let mut store: Store<State> = engine.store(engine.inner(), state).expect("a store");
    let mut linker = Linker::new(engine.inner());
    let mut type_of = |function: &Function| {
        let access = Access::new(false, |_| true, |_| false);
        (function.define)(&mut linker, Version::Snapshot, access).expect("defined once");
        let found = linker.get(&mut store, Version::Snapshot.module(), function.name);
        match found {
            Ok(Extern::Func(defined)) => (function.name, defined.ty(&store)),
            _ => panic!("{} is not defined", function.name),
        }
    };
    FUNCTIONS.iter().map(&mut type_of).collect()
}

/// The text of the module, and the names of its loops.
fn module(functions: &[(&'static str, FuncType)]) -> (String, Vec<String>) {
    let (mut imports, mut loops, mut names) = (String::new(), String::new(), Vec::new());
    for (name, ty) in functions {
        let params: Vec<&str> = ty.params().map(type_name).collect();
        let result = ty.results().next().map_or("", |_| "(result i32)");
        let _ = writeln!(
            imports,
            "(import {:?} {name:?} (func ${name} (param {}) {result}))",
            Version::Snapshot.module(),
            params.join(" ")
        );
        let given = arguments(name);
        assert_eq!(given.len(), params.len(), "{name}");
        let zeros = vec![0; params.len()];
        for (what, arguments) in [("zeros", zeros), ("work", given)] {
            let arguments = params.iter().zip(arguments);
            let arguments: Vec<String> = arguments
                .map(|(ty, value)| format!("({ty}.const {value})"))
                .collect();
            let drop = match ty.results().len() {
                0 => "",
                _ => "drop",
            };
            let _ = writeln!(
                loops,
                "(func $loop{} (param $times i32)
                   (loop $again
                     (call ${name} {}) {drop}
                     (local.set $times (i32.sub (local.get $times) (i32.const 1)))
                     (br_if $again (local.get $times))))",
                names.len(),
                arguments.join(" ")
            );
            names.push(format!("{name}, {what}"));
        }
    }
    let table: Vec<String> = (0..names.len())
        .map(|which| format!("$loop{which}"))
        .collect();
    // The timer is of the monotonic clock, and due at once.
    let text = format!(
        r#"(module
        {imports}
        (memory (export "memory") 2)
        (data (i32.const {NAME}) "file")
        (data (i32.const {NO_NAME}) "none")
        (data (i32.const {BUFFER}) "\00\10\00\00\10\00\00\00")
        (data (i32.const {}) "\01")
        {loops}
        (table funcref (elem {}))
        (func (export "open")
          (drop (call $path_open (i32.const {DIRECTORY}) (i32.const 0) (i32.const {NAME}) (i32.const 4)
            (i32.const 1) (i64.const 66) (i64.const 66) (i32.const 0) (i32.const {RESULT}))))
        (func (export "spin") (param $which i32) (param $times i32)
          (call_indirect (param i32) (local.get $times) (local.get $which))))"#,
        TIMER + 16,
        table.join(" ")
    );
    (text, names)
}

/// Arguments for which a function has something to do, as often as it is called where that can be.
fn arguments(name: &str) -> Vec<u64> {
    /// Sets both times to the clock's.
    const NOW: u64 = 2 | 8;
    match name {
        "args_get" | "environ_get" => vec![ROOM, MORE_ROOM],
        "args_sizes_get" | "environ_sizes_get" => vec![RESULT, RESULT + 4],
        "clock_res_get" => vec![1, RESULT],
        "clock_time_get" => vec![1, 0, RESULT],
        "fd_advise" => vec![FILE, 0, 10, 0],
        "fd_allocate" => vec![FILE, 0, 1],
        "fd_close" | "fd_datasync" | "fd_sync" => vec![FILE],
        "fd_fdstat_get" | "fd_filestat_get" | "fd_tell" => vec![FILE, RESULT],
        "fd_fdstat_set_flags" => vec![FILE, 1],
        "fd_fdstat_set_rights" => vec![FILE, 0, 0],
        "fd_filestat_set_size" => vec![FILE, 10],
        "fd_filestat_set_times" => vec![FILE, 0, 0, NOW],
        "fd_pread" | "fd_pwrite" => vec![FILE, BUFFER, 1, 0, RESULT],
        "fd_prestat_get" => vec![DIRECTORY, RESULT],
        "fd_prestat_dir_name" => vec![DIRECTORY, ROOM, 1],
        "fd_read" => vec![FILE, BUFFER, 1, RESULT],
        "fd_write" => vec![1, BUFFER, 1, RESULT],
        "fd_readdir" => vec![DIRECTORY, ROOM, 512, 0, RESULT],
        "fd_renumber" => vec![FILE, FILE],
        "fd_seek" => vec![FILE, 0, 0, RESULT],
        "path_create_directory" | "path_remove_directory" => vec![DIRECTORY, NAME, 4],
        "path_unlink_file" => vec![DIRECTORY, NO_NAME, 4],
        "path_filestat_get" => vec![DIRECTORY, 0, NAME, 4, RESULT],
        "path_filestat_set_times" => vec![DIRECTORY, 0, NAME, 4, 0, 0, NOW],
        "path_link" => vec![DIRECTORY, 0, NAME, 4, DIRECTORY, NAME, 4],
        "path_open" => vec![DIRECTORY, 0, NAME, 4, 0, 2, 2, 0, RESULT],
        "path_readlink" => vec![DIRECTORY, NAME, 4, ROOM, 64, RESULT],
        "path_rename" => vec![DIRECTORY, NAME, 4, DIRECTORY, NAME, 4],
        "path_symlink" => vec![NAME, 4, DIRECTORY, NAME, 4],
        "poll_oneoff" => vec![TIMER, ROOM, 1, RESULT],
        "proc_exit" => vec![3],
        "proc_raise" => vec![9],
        "random_get" => vec![ROOM, 64],
        "sched_yield" => Vec::new(),
        "sock_accept" => vec![DIRECTORY, 0, RESULT],
        "sock_recv" => vec![DIRECTORY, BUFFER, 1, 0, RESULT, RESULT + 4],
        "sock_send" => vec![DIRECTORY, BUFFER, 1, 0, RESULT],
        "sock_shutdown" => vec![DIRECTORY, 1],
        other => panic!("{other} is not looped over: give it arguments"),
    }
}

fn type_name(ty: ValType) -> &'static str {
    match ty {
        ValType::I64 => "i64",
        _ => "i32",
    }
}
