//! A call's resources: one slab, whatever their kinds.
//!
//! A handle that a guest holds is an index into this table; the component runtime has already
//! checked its type and its owner. What is left to check here is that parents outlive their
//! children and that the table has room.

use std::any::{Any, type_name};
use std::fmt;

use slab::Slab;
use wasmtime::component::Resource;
use wasmtime::{Result, bail, format_err};

use super::io::{InputStream, IoError, OutputStream};
use super::pollable::Pollable;

/// What the table stores of a resource. The kinds that guests poll, read and write all the time
/// stand in the slab themselves; those of other packages in a box, so that the table need not know
/// them.
#[derive(Debug)]
pub enum TableEntry {
    /// `wasi:io/poll#pollable`
    Pollable(Pollable),
    /// `wasi:io/streams#input-stream`
    Input(InputStream),
    /// `wasi:io/streams#output-stream`
    Output(OutputStream),
    /// `wasi:io/error#error`
    Error(IoError),
    /// Any other kind.
    Boxed(Box<dyn Any + Send>),
}

impl TableEntry {
    fn is_pollable(&self) -> bool {
        matches!(self, TableEntry::Pollable(_))
    }
}

/// A Rust type that stands for one resource type of WIT. A package's own type needs only the name:
///
/// ```text
/// impl HostResource for Counter {
///     const NAME: &'static str = "counter";
/// }
/// ```
pub trait HostResource: Sized + Send + 'static {
    /// The resource type's name in WIT.
    const NAME: &'static str;

    /// How the table stores a value.
    fn wrap(self) -> TableEntry {
        TableEntry::Boxed(Box::new(self))
    }

    /// The value that was stored. `None` for an entry of another kind.
    fn unwrap(entry: TableEntry) -> Option<Self> {
        match entry {
            TableEntry::Boxed(value) => value.downcast().ok().map(|value| *value),
            _ => None,
        }
    }

    /// The value in the table. `None` for an entry of another kind.
    fn get(entry: &TableEntry) -> Option<&Self> {
        match entry {
            TableEntry::Boxed(value) => value.downcast_ref(),
            _ => None,
        }
    }

    /// The value in the table, to change it. `None` for an entry of another kind.
    fn get_mut(entry: &mut TableEntry) -> Option<&mut Self> {
        match entry {
            TableEntry::Boxed(value) => value.downcast_mut(),
            _ => None,
        }
    }
}

/// The kinds that the table stores without a box.
macro_rules! inline_kinds {
    ($($type:ty, $variant:ident, $name:literal;)*) => {$(
        impl HostResource for $type {
            const NAME: &'static str = $name;
            fn wrap(self) -> TableEntry {
                TableEntry::$variant(self)
            }
            fn unwrap(entry: TableEntry) -> Option<Self> {
                match entry {
                    TableEntry::$variant(value) => Some(value),
                    _ => None,
                }
            }
            fn get(entry: &TableEntry) -> Option<&Self> {
                match entry {
                    TableEntry::$variant(value) => Some(value),
                    _ => None,
                }
            }
            fn get_mut(entry: &mut TableEntry) -> Option<&mut Self> {
                match entry {
                    TableEntry::$variant(value) => Some(value),
                    _ => None,
                }
            }
        }
    )*};
}

inline_kinds! {
    Pollable, Pollable, "pollable";
    InputStream, Input, "input-stream";
    OutputStream, Output, "output-stream";
    IoError, Error, "error";
}

struct Slot {
    entry: TableEntry,
    parent: Option<u32>,
    children: u32,
}

/// The resources of one call, which are dropped with it.
pub struct Table {
    slots: Slab<Slot>,
    bound: usize,
    /// How many of them are pollables.
    pollables: u32,
}

impl Table {
    /// An empty table with room for `bound` resources.
    pub fn new(bound: usize) -> Table {
        Table {
            slots: Slab::new(),
            bound: bound.min(u32::MAX as usize),
            pollables: 0,
        }
    }

    /// How many resources it holds.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no room for one more.
    pub fn is_full(&self) -> bool {
        self.slots.len() >= self.bound
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many of them are pollables.
    pub(super) fn pollables(&self) -> u32 {
        self.pollables
    }

    /// Adds a resource.
    ///
    /// # Errors
    /// When the bound is reached; the guest traps.
    pub fn push<T: HostResource>(&mut self, value: T) -> Result<Resource<T>> {
        Ok(Resource::new_own(self.insert(value.wrap(), None)?))
    }

    /// Adds a resource that must be dropped before `parent` may be.
    ///
    /// # Errors
    /// When the bound is reached or the parent is gone; the guest traps.
    pub fn push_child<T: HostResource, P: HostResource>(
        &mut self,
        value: T,
        parent: &Resource<P>,
    ) -> Result<Resource<T>> {
        self.get(parent)?;
        let child = self.insert(value.wrap(), Some(parent.rep()))?;
        if let Some(slot) = self.slots.get_mut(parent.rep() as usize) {
            slot.children += 1;
        }
        Ok(Resource::new_own(child))
    }

    /// Its index.
    fn insert(&mut self, entry: TableEntry, parent: Option<u32>) -> Result<u32> {
        if self.is_full() {
            bail!(
                "too many resources: the bound of this entry is {} (limits.max_resources)",
                self.bound
            );
        }
        self.pollables += u32::from(entry.is_pollable());
        let index = self.slots.insert(Slot {
            entry,
            parent,
            children: 0,
        });
        Ok(u32::try_from(index)?)
    }

    /// A resource by its handle.
    ///
    /// # Errors
    /// When the table has no resource of this kind at the index; the guest traps.
    pub fn get<T: HostResource>(&self, handle: &Resource<T>) -> Result<&T> {
        self.by_index(handle.rep())
    }

    /// A resource by its handle, to change it.
    ///
    /// # Errors
    /// When the table has no resource of this kind at the index; the guest traps.
    pub fn get_mut<T: HostResource>(&mut self, handle: &Resource<T>) -> Result<&mut T> {
        self.by_index_mut(handle.rep())
    }

    /// A resource by its index, which a child keeps of its parent.
    ///
    /// # Errors
    /// When the table has no resource of this kind at the index; the guest traps.
    #[inline]
    pub fn by_index<T: HostResource>(&self, index: u32) -> Result<&T> {
        let slot = self.slots.get(index as usize);
        slot.and_then(|slot| T::get(&slot.entry))
            .ok_or_else(missing::<T>)
    }

    /// A resource by its index, which a child keeps of its parent, to change it.
    ///
    /// # Errors
    /// When the table has no resource of this kind at the index; the guest traps.
    pub fn by_index_mut<T: HostResource>(&mut self, index: u32) -> Result<&mut T> {
        let slot = self.slots.get_mut(index as usize);
        slot.and_then(|slot| T::get_mut(&mut slot.entry))
            .ok_or_else(missing::<T>)
    }

    /// Takes a resource out.
    ///
    /// # Errors
    /// When it has living children, or there is none of this kind; the guest traps.
    pub fn delete<T: HostResource>(&mut self, handle: Resource<T>) -> Result<T> {
        let index = handle.rep() as usize;
        let slot = self.slots.get(index).ok_or_else(missing::<T>)?;
        if slot.children > 0 {
            bail!(
                "cannot drop this {}: {} of its children still live",
                T::NAME,
                slot.children
            );
        }
        T::get(&slot.entry).ok_or_else(missing::<T>)?;
        T::unwrap(self.remove(index)).ok_or_else(missing::<T>)
    }

    /// Takes out what is at an index.
    fn remove(&mut self, index: usize) -> TableEntry {
        let slot = self.slots.remove(index);
        self.pollables -= u32::from(slot.entry.is_pollable());
        if let Some(parent) = slot
            .parent
            .and_then(|parent| self.slots.get_mut(parent as usize))
        {
            parent.children -= 1;
        }
        slot.entry
    }
}

/// Values of types that only an embedder's package knows.
impl Table {
    /// Adds a value.
    ///
    /// # Errors
    /// When the bound is reached; the guest traps.
    pub(super) fn push_any<T: Send + 'static>(&mut self, value: T) -> Result<Resource<T>> {
        let entry = TableEntry::Boxed(Box::new(value));
        Ok(Resource::new_own(self.insert(entry, None)?))
    }

    /// A value by its handle.
    ///
    /// # Errors
    /// When the table has no value of this type at the index; the guest traps.
    pub(super) fn any<T: 'static>(&self, handle: &Resource<T>) -> Result<&T> {
        let slot = self.slots.get(handle.rep() as usize);
        let value = slot.and_then(|slot| match &slot.entry {
            TableEntry::Boxed(value) => value.downcast_ref(),
            _ => None,
        });
        value.ok_or_else(missing_any::<T>)
    }

    /// A value by its handle, to change it.
    ///
    /// # Errors
    /// When the table has no value of this type at the index; the guest traps.
    pub(super) fn any_mut<T: 'static>(&mut self, handle: &Resource<T>) -> Result<&mut T> {
        let slot = self.slots.get_mut(handle.rep() as usize);
        let value = slot.and_then(|slot| match &mut slot.entry {
            TableEntry::Boxed(value) => value.downcast_mut(),
            _ => None,
        });
        value.ok_or_else(missing_any::<T>)
    }

    /// Takes a value out.
    ///
    /// # Errors
    /// When there is none of this type; the guest traps.
    pub(super) fn delete_any<T: 'static>(&mut self, handle: Resource<T>) -> Result<T> {
        self.any(&handle)?;
        let TableEntry::Boxed(value) = self.remove(handle.rep() as usize) else {
            return Err(missing_any::<T>());
        };
        let value = value.downcast().map_err(|_| missing_any::<T>());
        value.map(|value| *value)
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("len", &self.len())
            .field("bound", &self.bound)
            .finish()
    }
}

fn missing<T: HostResource>() -> wasmtime::Error {
    format_err!("no {} with this handle", T::NAME)
}

fn missing_any<T>() -> wasmtime::Error {
    format_err!("no {} with this handle", type_name::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_outlives_its_children() {
        let mut table = Table::new(8);
        let parent = table.push(IoError::new("x")).expect("room");
        let child = table.push_child(Pollable::Ready, &parent).expect("room");
        let index = parent.rep();
        assert!(table.delete(parent).is_err());
        table.delete(child).expect("a leaf");
        let parent: Resource<IoError> = Resource::new_own(index);
        table.delete(parent).expect("no children left");
        assert!(table.is_empty());
    }

    #[test]
    fn kinds_are_not_confused() {
        let mut table = Table::new(8);
        let error = table.push(IoError::new("x")).expect("room");
        let wrong: Resource<Pollable> = Resource::new_own(error.rep());
        assert!(table.get(&wrong).is_err());
        assert!(table.delete(wrong).is_err());
        assert!(table.get(&error).is_ok());
    }

    /// A kind of a package that the table does not know.
    #[derive(PartialEq, Debug)]
    struct Counter(u32);

    impl HostResource for Counter {
        const NAME: &'static str = "counter";
    }

    #[test]
    fn a_kind_that_the_table_does_not_know_is_stored_all_the_same() {
        let mut table = Table::new(8);
        let counter = table.push(Counter(1)).expect("room");
        table.get_mut(&counter).expect("a counter").0 += 1;
        let child = table.push_child(Pollable::Ready, &counter).expect("room");
        let wrong: Resource<Pollable> = Resource::new_own(counter.rep());
        assert!(table.get(&wrong).is_err());
        let index = counter.rep();
        let refused = table.delete(counter).expect_err("a child").to_string();
        assert_eq!(
            refused,
            "cannot drop this counter: 1 of its children still live"
        );
        table.delete(child).expect("a leaf");
        let counter: Resource<Counter> = Resource::new_own(index);
        assert_eq!(table.delete(counter).expect("a counter"), Counter(2));
    }

    #[test]
    fn the_bound_has_a_name() {
        let mut table = Table::new(1);
        table.push(Pollable::Ready).expect("room");
        let refused = table.push(Pollable::Ready).expect_err("full");
        assert!(refused.to_string().contains("limits.max_resources"));
    }
}
