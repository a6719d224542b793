//! Entries that are made in code.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::time::Duration;

use wippy::project::kinds::PoolType;
use wippy::{Directory, Entry};

use crate::failure::Failure;
use crate::guard::guarded;
use crate::handles::{Handle, wippy_entry};
use crate::objects::EntryObject;
use crate::pointers::{Text, given, wippy_bytes};
use crate::status::{wippy_pool_kind, wippy_status};

/// Begins a function with this ID, `namespace:name`. It imports nothing, sees no directory and has no environment until it
/// is said. What is said here is checked by `wippy_builder_build`.
///
/// Errors: TOO_MANY, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_function(
    id: Text<'_>,
    entry: Option<&mut MaybeUninit<wippy_entry>>,
) -> wippy_status {
    guarded(|| add(id, entry, Entry::function))
}

/// Begins a process with this ID, `namespace:name`: a program with standard streams, whose result is an exit status.
///
/// Errors: TOO_MANY, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_process(
    id: Text<'_>,
    entry: Option<&mut MaybeUninit<wippy_entry>>,
) -> wippy_status {
    guarded(|| add(id, entry, Entry::process))
}

fn add(
    id: Text<'_>,
    out: Option<&mut MaybeUninit<wippy_entry>>,
    make: impl FnOnce(&str) -> Entry,
) -> Result<(), Failure> {
    let out = given(out, "entry")?;
    let object = EntryObject {
        entry: RefCell::new(make(id.get("id")?)),
        args: RefCell::default(),
    };
    out.write(wippy_entry::add(object)?);
    Ok(())
}

/// Destroys an entry. Builders that were given it have a copy.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_destroy(entry: wippy_entry) -> wippy_status {
    guarded(|| entry.remove().map(drop))
}

fn change(
    entry: wippy_entry,
    change: impl FnOnce(Entry) -> Result<Entry, Failure>,
) -> wippy_status {
    guarded(|| {
        let object = entry.get()?;
        let changed = change(object.entry.borrow().clone())?;
        *object.entry.borrow_mut() = changed;
        Ok(())
    })
}

/// Its module: a component or a core module, as a binary or as text. The bytes are copied.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_bytes(entry: wippy_entry, module: wippy_bytes<'_>) -> wippy_status {
    change(entry, |it| Ok(it.bytes(module.get("module")?)))
}

/// The file of its module, which is read by `wippy_builder_build`.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_file(entry: wippy_entry, path: Text<'_>) -> wippy_status {
    change(entry, |it| Ok(it.file(path.get("path")?)))
}

/// The hash that its module has to have: `sha256:` and 64 hexadecimal digits.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_hash(entry: wippy_entry, hash: Text<'_>) -> wippy_status {
    change(entry, |it| Ok(it.hash(hash.get("hash")?)))
}

/// The export that a call runs, such as `compute` or `interface#function`. Default: `wasi:cli/run`, or else the only function
/// that the module exports.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_method(entry: wippy_entry, method: Text<'_>) -> wippy_status {
    change(entry, |it| Ok(it.method(method.get("method")?)))
}

/// The functions of a core module in lines of WIT, such as `answer: func() -> s32;`.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_wit(entry: wippy_entry, lines: Text<'_>) -> wippy_status {
    change(entry, |it| Ok(it.wit(lines.get("lines")?)))
}

/// Lets it use a group of host functions or an interface by its name, such as `wasi:clocks` (`docs/imports.md`), or a package
/// of the builder's own.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_import(entry: wippy_entry, name: Text<'_>) -> wippy_status {
    change(entry, |it| Ok(it.import(name.get("name")?)))
}

/// Lets it see the host's directory `host` at the path `guest`, and use `wasi:filesystem`.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_directory(
    entry: wippy_entry,
    host: Text<'_>,
    guest: Text<'_>,
    read_only: bool,
) -> wippy_status {
    change(entry, |it| {
        let directory = Directory::new(host.get("host")?, guest.get("guest")?);
        Ok(it.directory(match read_only {
            true => directory.read_only(),
            false => directory,
        }))
    })
}

/// Sets a variable of its environment. Of two with one name the later counts.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_env(
    entry: wippy_entry,
    name: Text<'_>,
    value: Text<'_>,
) -> wippy_status {
    change(entry, |it| {
        Ok(it.env(name.get("name")?, value.get("value")?))
    })
}

/// Adds one of its arguments, which a call cannot replace then. The first is its own name by custom.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_arg(entry: wippy_entry, arg: Text<'_>) -> wippy_status {
    guarded(|| {
        let object = entry.get()?;
        let mut args = object.args.borrow_mut();
        args.push(arg.get("arg")?.to_owned());
        let changed = object.entry.borrow().clone().args(args.iter().cloned());
        *object.entry.borrow_mut() = changed;
        Ok(())
    })
}

/// Lets it reach what a rule of `network.allow` permits, such as `tcp:db.example:5432`, and use `wasi:sockets` and `wasi:http`.
/// What no rule permits is refused then.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_allow(entry: wippy_entry, rule: Text<'_>) -> wippy_status {
    change(entry, |it| Ok(it.allow(rule.get("rule")?)))
}

/// How long a call may execute, in nanoseconds, which are rounded up to milliseconds. Default: as long as it takes.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_max_execution(entry: wippy_entry, nanoseconds: u64) -> wippy_status {
    change(entry, |it| {
        Ok(it.max_execution(Duration::from_nanos(nanoseconds)))
    })
}

/// The bytes of memory that a call may take. Default: 1 GiB.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_max_memory(entry: wippy_entry, bytes: u64) -> wippy_status {
    change(entry, |it| Ok(it.max_memory(bytes)))
}

/// The resources that a call may have open. Default: 65,536.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_max_resources(entry: wippy_entry, resources: u64) -> wippy_status {
    change(entry, |it| Ok(it.max_resources(resources)))
}

/// How many of its calls run at once: `kind` is a `wippy_pool_kind`. Default: WIPPY_POOL_KIND_LAZY, 100.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_entry_pool(entry: wippy_entry, kind: u32, size: u32) -> wippy_status {
    const INLINE: u32 = wippy_pool_kind::Inline as u32;
    const LAZY: u32 = wippy_pool_kind::Lazy as u32;
    const STATIC: u32 = wippy_pool_kind::Static as u32;
    const ADAPTIVE: u32 = wippy_pool_kind::Adaptive as u32;
    change(entry, |it| {
        let kind = match kind {
            INLINE => PoolType::Inline,
            LAZY => PoolType::Lazy,
            STATIC => PoolType::Static,
            ADAPTIVE => PoolType::Adaptive,
            other => {
                let message = format!("there is no kind of pool {other}: see wippy_pool_kind");
                return Err(Failure::argument(message));
            }
        };
        Ok(it.pool(kind, size))
    })
}
