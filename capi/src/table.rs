//! The objects of a thread, by their numbers. A number is never given twice in a process, so that whoever comes with an old one
//! is refused.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::Failure;
use crate::status::wippy_status;

/// The objects that a thread may have at once.
pub const MAX_OBJECTS: usize = 1 << 20;

/// The bits of a number that say which of its thread's objects it is; those above say which thread.
const OBJECT_BITS: u32 = 40;

/// Threads that may make objects in the life of a process.
const MAX_THREADS: u64 = 1 << (u64::BITS - OBJECT_BITS);

/// The number of the last thread that has made an object.
static LAST_THREAD: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// 0 before the thread's first object.
    static THREAD: Cell<u64> = const { Cell::new(0) };
    static TABLE: RefCell<Table> = RefCell::default();
}

/// The objects of a thread.
#[derive(Default)]
struct Table {
    last: u64,
    objects: HashMap<u64, Rc<dyn Any>>,
}

/// What is left when a thread ends goes then. Nothing may unwind out of that.
impl Drop for Table {
    fn drop(&mut self) {
        for (_, object) in self.objects.drain() {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(object))) {
                std::mem::forget(panic);
            }
        }
    }
}

fn with_table<T>(body: impl FnOnce(&mut Table) -> Result<T, Failure>) -> Result<T, Failure> {
    // It is borrowed for as long as `body` runs, which calls nobody.
    let done = TABLE.try_with(|table| body(&mut table.borrow_mut()));
    done.unwrap_or_else(|_| Err(Failure::new(wippy_status::Closed, "the thread is ending")))
}

/// This thread's number.
///
/// # Errors
/// `TooMany`.
pub fn this_thread() -> Result<u64, Failure> {
    let known = THREAD.get();
    if known != 0 {
        return Ok(known);
    }
    let next = |last: u64| (last + 1 < MAX_THREADS).then_some(last + 1);
    let last = LAST_THREAD.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    let last = last.map_err(|_| {
        let message = format!("{MAX_THREADS} threads of this process have made objects");
        Failure::new(wippy_status::TooMany, message)
    })?;
    THREAD.set(last + 1);
    Ok(last + 1)
}

/// Adds an object of this thread and says its number.
///
/// # Errors
/// `TooMany`, `Closed`.
pub fn add(object: Rc<dyn Any>) -> Result<u64, Failure> {
    let thread = this_thread()?;
    with_table(|table| {
        if table.objects.len() >= MAX_OBJECTS || table.last + 1 >= 1 << OBJECT_BITS {
            let message = format!(
                "the thread has {} objects, of {MAX_OBJECTS}: destroy those that are not needed",
                table.objects.len()
            );
            return Err(Failure::new(wippy_status::TooMany, message));
        }
        table.last += 1;
        let number = thread << OBJECT_BITS | table.last;
        table.objects.insert(number, object);
        Ok(number)
    })
}

/// An object of this thread.
///
/// # Errors
/// `InvalidHandle`, `WrongThread`, `Closed`.
pub fn get<T: 'static>(number: u64, kind: &str) -> Result<Rc<T>, Failure> {
    let object = with_table(|table| Ok(table.objects.get(&number).cloned()))?;
    let object = object.ok_or_else(|| absent(number, kind))?;
    object.downcast().map_err(|_| other_kind(kind))
}

/// Takes an object of this thread out. It is dropped by the caller, when the table is not in use.
///
/// # Errors
/// As [`get`].
pub fn remove<T: 'static>(number: u64, kind: &str) -> Result<Rc<T>, Failure> {
    // What is of another kind stays.
    drop(get::<T>(number, kind)?);
    let object = with_table(|table| Ok(table.objects.remove(&number)))?;
    let object = object.ok_or_else(|| absent(number, kind))?;
    object.downcast().map_err(|_| other_kind(kind))
}

/// How many objects the thread has.
pub fn count() -> usize {
    with_table(|table| Ok(table.objects.len())).unwrap_or_default()
}

fn absent(number: u64, kind: &str) -> Failure {
    let thread = number >> OBJECT_BITS;
    let is_foreign = thread != 0 && thread != THREAD.get();
    match is_foreign && thread <= LAST_THREAD.load(Ordering::Relaxed) {
        true => Failure::new(
            wippy_status::WrongThread,
            format!("the {kind} belongs to another thread: use it on the thread that made it"),
        ),
        false => Failure::new(
            wippy_status::InvalidHandle,
            format!("there is no such {kind}: it was destroyed, or never made"),
        ),
    }
}

fn other_kind(kind: &str) -> Failure {
    let message = format!("the handle is one of another kind of object, not of a {kind}");
    Failure::new(wippy_status::InvalidHandle, message)
}
