//! The table of functions: what each is called, what enables it, and how it is bound.

use std::fmt;

use wasmtime::{Caller, Linker, Result};

use super::access::{Access, Interface};
use super::errno::number;
use super::guest::Guest;
use super::version::Version;
use super::{clock, opened, path, poll, program, random, readdir, sock, transfer};
use crate::host::State;
use crate::nearest::nearest;

/// A function of preview 1.
#[derive(Clone, Copy)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: &'static str,
    /// What enables it.
    pub(crate) needs: Needs,
    /// Binds it in a version's module.
    pub(crate) define: fn(&mut Linker<State>, Version, Access) -> Result<()>,
}

/// What enables a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    /// The interfaces one of which has to be enabled: without all of them every call traps. None are
    /// needed where there are none. What a call needs beyond them depends on its arguments.
    pub(crate) one_of: &'static [Interface],
    /// The groups that a program which imports it needs in the ordinary case.
    pub(crate) groups: &'static [&'static str],
}

impl Function {
    /// The function of a version, if it has it.
    pub(crate) fn find(version: Version, name: &str) -> Option<&'static Function> {
        // It came later.
        if version == Version::Unstable && name == "sock_accept" {
            return None;
        }
        FUNCTIONS.iter().find(|function| function.name == name)
    }

    /// The function of a version whose name is nearest to one that it does not have.
    pub(crate) fn nearest(version: Version, name: &str) -> Option<&'static str> {
        let names = FUNCTIONS.iter().map(|function| function.name);
        nearest(
            name,
            names.filter(|name| Function::find(version, name).is_some()),
        )
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}

/// A function that never waits (`now`), or one that may (`wait`).
macro_rules! function {
    (now $name:ident in $file:ident($($argument:ident: $ty:ty),*) by $needs:expr) => {
        Function {
            name: stringify!($name),
            needs: $needs,
            define: |linker, version, access| {
                linker.func_wrap(
                    version.module(),
                    stringify!($name),
                    move |caller: Caller<'_, State>, $($argument: $ty),*| -> Result<u32> {
                        let mut guest = Guest::new(caller, (access, version), stringify!($name));
                        number($file::$name(&mut guest, ($($argument,)*)))
                    },
                )?;
                Ok(())
            },
        }
    };
    (wait $name:ident in $file:ident($($argument:ident: $ty:ty),*) by $needs:expr) => {
        Function {
            name: stringify!($name),
            needs: $needs,
            define: |linker, version, access| {
                linker.func_wrap_async(
                    version.module(),
                    stringify!($name),
                    move |caller: Caller<'_, State>, ($($argument,)*): ($($ty,)*)| {
                        Box::new(async move {
                            let mut guest =
                                Guest::new(caller, (access, version), stringify!($name));
                            number($file::$name(&mut guest, ($($argument,)*)).await)
                        })
                    },
                )?;
                Ok(())
            },
        }
    };
}

macro_rules! functions {
    ($($kind:ident $name:ident in $file:ident($($argument:ident: $ty:ty),*) by $needs:expr;)*) => {
        &[$(function!($kind $name in $file($($argument: $ty),*) by $needs),)* PROC_EXIT]
    };
}

const ENVIRONMENT: Needs = Needs {
    one_of: &[Interface::Environment],
    groups: &["wasi:cli"],
};
const EXIT: Needs = Needs {
    one_of: &[Interface::Exit],
    groups: &["wasi:cli"],
};
const CLOCKS: Needs = Needs {
    one_of: &[Interface::WallClock, Interface::MonotonicClock],
    groups: &["wasi:clocks"],
};
const FILES: Needs = Needs {
    one_of: &[Interface::Types],
    groups: &["wasi:filesystem"],
};
/// Bytes of a standard stream or a file.
const BYTES: Needs = Needs {
    one_of: &[Interface::Streams, Interface::Types],
    groups: &["wasi:cli", "wasi:io"],
};
/// What a descriptor says of itself.
const STATUS: Needs = Needs {
    one_of: &[
        Interface::Stdin,
        Interface::Stdout,
        Interface::Stderr,
        Interface::Types,
    ],
    groups: &["wasi:cli"],
};
const POLL: Needs = Needs {
    one_of: &[Interface::Poll],
    groups: &["wasi:io", "wasi:clocks"],
};
const RANDOM: Needs = Needs {
    one_of: &[Interface::Random],
    groups: &["wasi:random"],
};
const SOCKETS: Needs = Needs {
    one_of: &[Interface::Tcp],
    groups: &["wasi:sockets"],
};
const NOTHING: Needs = Needs {
    one_of: &[],
    groups: &[],
};

/// All functions.
pub(crate) const FUNCTIONS: &[Function] = functions! {
    now args_get in program(pointers: u32, buffer: u32) by ENVIRONMENT;
    now args_sizes_get in program(count: u32, size: u32) by ENVIRONMENT;
    now environ_get in program(pointers: u32, buffer: u32) by ENVIRONMENT;
    now environ_sizes_get in program(count: u32, size: u32) by ENVIRONMENT;
    now clock_res_get in clock(id: u32, result: u32) by CLOCKS;
    now clock_time_get in clock(id: u32, precision: u64, result: u32) by CLOCKS;
    wait fd_advise in opened(fd: u32, offset: u64, length: u64, advice: u32) by FILES;
    now fd_allocate in opened(fd: u32, offset: u64, length: u64) by FILES;
    now fd_close in opened(fd: u32) by NOTHING;
    wait fd_datasync in opened(fd: u32) by FILES;
    now fd_fdstat_get in opened(fd: u32, result: u32) by STATUS;
    now fd_fdstat_set_flags in opened(fd: u32, flags: u32) by STATUS;
    now fd_fdstat_set_rights in opened(fd: u32, base: u64, inheriting: u64) by STATUS;
    wait fd_filestat_get in opened(fd: u32, result: u32) by STATUS;
    wait fd_filestat_set_size in opened(fd: u32, size: u64) by FILES;
    wait fd_filestat_set_times in opened(fd: u32, access: u64, modification: u64, flags: u32) by FILES;
    wait fd_pread in transfer(fd: u32, buffers: u32, count: u32, offset: u64, result: u32) by FILES;
    now fd_prestat_get in path(fd: u32, result: u32) by NOTHING;
    now fd_prestat_dir_name in path(fd: u32, buffer: u32, length: u32) by NOTHING;
    wait fd_pwrite in transfer(fd: u32, buffers: u32, count: u32, offset: u64, result: u32) by FILES;
    wait fd_read in transfer(fd: u32, buffers: u32, count: u32, result: u32) by BYTES;
    wait fd_readdir in readdir(fd: u32, buffer: u32, size: u32, cookie: u64, result: u32) by FILES;
    now fd_renumber in opened(from: u32, to: u32) by NOTHING;
    wait fd_seek in opened(fd: u32, offset: u64, whence: u32, result: u32) by STATUS;
    wait fd_sync in opened(fd: u32) by FILES;
    now fd_tell in opened(fd: u32, result: u32) by STATUS;
    wait fd_write in transfer(fd: u32, buffers: u32, count: u32, result: u32) by BYTES;
    wait path_create_directory in path(fd: u32, path: u32, length: u32) by FILES;
    wait path_filestat_get in path(fd: u32, flags: u32, path: u32, length: u32, result: u32) by FILES;
    wait path_filestat_set_times in path(
        fd: u32, flags: u32, path: u32, length: u32, access: u64, modification: u64, which: u32
    ) by FILES;
    wait path_link in path(
        old: u32, flags: u32, old_path: u32, old_length: u32, new: u32, new_path: u32, new_length: u32
    ) by FILES;
    wait path_open in path(
        fd: u32, lookup: u32, path: u32, length: u32, open: u32, rights: u64, inheriting: u64,
        flags: u32, result: u32
    ) by FILES;
    wait path_readlink in path(
        fd: u32, path: u32, length: u32, buffer: u32, size: u32, result: u32
    ) by FILES;
    wait path_remove_directory in path(fd: u32, path: u32, length: u32) by FILES;
    wait path_rename in path(
        old: u32, old_path: u32, old_length: u32, new: u32, new_path: u32, new_length: u32
    ) by FILES;
    wait path_symlink in path(target: u32, target_length: u32, fd: u32, path: u32, length: u32) by FILES;
    wait path_unlink_file in path(fd: u32, path: u32, length: u32) by FILES;
    wait poll_oneoff in poll(subscriptions: u32, events: u32, count: u32, result: u32)
        by POLL;
    now proc_raise in program(signal: u32) by NOTHING;
    wait random_get in random(buffer: u32, length: u32) by RANDOM;
    wait sched_yield in program() by NOTHING;
    now sock_accept in sock(fd: u32, flags: u32, result: u32) by SOCKETS;
    now sock_recv in sock(
        fd: u32, buffers: u32, count: u32, flags: u32, size: u32, result: u32
    ) by SOCKETS;
    now sock_send in sock(fd: u32, buffers: u32, count: u32, flags: u32, result: u32)
        by SOCKETS;
    now sock_shutdown in sock(fd: u32, how: u32) by SOCKETS;
};

/// The one that returns nothing, because it never returns.
const PROC_EXIT: Function = Function {
    name: "proc_exit",
    needs: EXIT,
    define: |linker, version, _| {
        linker.func_wrap(
            version.module(),
            "proc_exit",
            |mut caller: Caller<'_, State>, code: u32| -> Result<()> {
                caller.data_mut().counted();
                Err(program::proc_exit(code))
            },
        )?;
        Ok(())
    },
};
