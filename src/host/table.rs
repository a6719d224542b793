//! A call's resources: one slab of a closed set of kinds.
//!
//! A handle that a guest holds is an index into this table; the component runtime has already
//! checked its type and its owner. What is left to check here is that parents outlive their
//! children and that the table has room.

use slab::Slab;
use wasmtime::component::Resource;
use wasmtime::{Result, bail, format_err};

use super::cli::{TerminalInput, TerminalOutput};
use super::filesystem::{Descriptor, DirectoryStream};
use super::http;
use super::io::{InputStream, IoError, OutputStream};
use super::pollable::Pollable;
use super::sockets::{
    IncomingDatagramStream, Network, OutgoingDatagramStream, ResolveAddressStream, TcpSocket,
    UdpSocket,
};

/// Everything that a guest can hold a handle of.
pub enum Entry {
    /// `wasi:io/poll#pollable`
    Pollable(Pollable),
    /// `wasi:io/streams#input-stream`
    Input(InputStream),
    /// `wasi:io/streams#output-stream`
    Output(OutputStream),
    /// `wasi:io/error#error`
    Error(IoError),
    /// `wasi:cli/terminal-input#terminal-input`
    TerminalInput(TerminalInput),
    /// `wasi:cli/terminal-output#terminal-output`
    TerminalOutput(TerminalOutput),
    /// `wasi:filesystem/types#descriptor`
    Descriptor(Descriptor),
    /// `wasi:filesystem/types#directory-entry-stream`
    DirectoryStream(DirectoryStream),
    /// `wasi:http/types#fields`
    Fields(http::FieldsResource),
    /// `wasi:http/types#incoming-request`
    IncomingRequest(http::IncomingRequest),
    /// `wasi:http/types#outgoing-request`
    OutgoingRequest(http::OutgoingRequest),
    /// `wasi:http/types#request-options`
    RequestOptions(http::RequestOptions),
    /// `wasi:http/types#response-outparam`
    ResponseOutparam(http::ResponseOutparam),
    /// `wasi:http/types#incoming-response`
    IncomingResponse(http::IncomingResponse),
    /// `wasi:http/types#incoming-body`
    IncomingBody(http::IncomingBody),
    /// `wasi:http/types#future-trailers`
    FutureTrailers(http::FutureTrailers),
    /// `wasi:http/types#outgoing-response`
    OutgoingResponse(http::OutgoingResponse),
    /// `wasi:http/types#outgoing-body`
    OutgoingBody(http::OutgoingBody),
    /// `wasi:http/types#future-incoming-response`
    FutureIncomingResponse(http::FutureIncomingResponse),
    /// `wasi:sockets/network#network`
    Network(Network),
    /// `wasi:sockets/ip-name-lookup#resolve-address-stream`
    ResolveAddressStream(ResolveAddressStream),
    /// `wasi:sockets/tcp#tcp-socket`
    TcpSocket(TcpSocket),
    /// `wasi:sockets/udp#udp-socket`
    UdpSocket(UdpSocket),
    /// `wasi:sockets/udp#incoming-datagram-stream`
    IncomingDatagrams(IncomingDatagramStream),
    /// `wasi:sockets/udp#outgoing-datagram-stream`
    OutgoingDatagrams(OutgoingDatagramStream),
}

/// A Rust type that stands for one kind of entry.
pub trait Kind: Sized + 'static {
    /// The kind's name in WIT.
    const NAME: &'static str;
    /// Into the table.
    fn wrap(self) -> Entry;
    /// Out of it.
    fn unwrap(entry: Entry) -> Option<Self>;
    /// A view of it.
    fn get(entry: &Entry) -> Option<&Self>;
    /// A view of it that may change it.
    fn get_mut(entry: &mut Entry) -> Option<&mut Self>;
}

macro_rules! kinds {
    ($($type:ty, $variant:ident, $name:literal;)*) => {$(
        impl Kind for $type {
            const NAME: &'static str = $name;
            fn wrap(self) -> Entry {
                Entry::$variant(self)
            }
            fn unwrap(entry: Entry) -> Option<Self> {
                match entry {
                    Entry::$variant(value) => Some(value),
                    _ => None,
                }
            }
            fn get(entry: &Entry) -> Option<&Self> {
                match entry {
                    Entry::$variant(value) => Some(value),
                    _ => None,
                }
            }
            fn get_mut(entry: &mut Entry) -> Option<&mut Self> {
                match entry {
                    Entry::$variant(value) => Some(value),
                    _ => None,
                }
            }
        }
    )*};
}

kinds! {
    Pollable, Pollable, "pollable";
    InputStream, Input, "input-stream";
    OutputStream, Output, "output-stream";
    IoError, Error, "error";
    TerminalInput, TerminalInput, "terminal-input";
    TerminalOutput, TerminalOutput, "terminal-output";
    Descriptor, Descriptor, "descriptor";
    DirectoryStream, DirectoryStream, "directory-entry-stream";
    http::FieldsResource, Fields, "fields";
    http::IncomingRequest, IncomingRequest, "incoming-request";
    http::OutgoingRequest, OutgoingRequest, "outgoing-request";
    http::RequestOptions, RequestOptions, "request-options";
    http::ResponseOutparam, ResponseOutparam, "response-outparam";
    http::IncomingResponse, IncomingResponse, "incoming-response";
    http::IncomingBody, IncomingBody, "incoming-body";
    http::FutureTrailers, FutureTrailers, "future-trailers";
    http::OutgoingResponse, OutgoingResponse, "outgoing-response";
    http::OutgoingBody, OutgoingBody, "outgoing-body";
    http::FutureIncomingResponse, FutureIncomingResponse, "future-incoming-response";
    Network, Network, "network";
    ResolveAddressStream, ResolveAddressStream, "resolve-address-stream";
    TcpSocket, TcpSocket, "tcp-socket";
    UdpSocket, UdpSocket, "udp-socket";
    IncomingDatagramStream, IncomingDatagrams, "incoming-datagram-stream";
    OutgoingDatagramStream, OutgoingDatagrams, "outgoing-datagram-stream";
}

struct Slot {
    entry: Entry,
    parent: Option<u32>,
    children: u32,
}

/// The resources of one call. Its end drops them all.
pub struct Table {
    slots: Slab<Slot>,
    bound: usize,
}

impl Table {
    /// An empty table with room for `bound` resources.
    pub fn new(bound: usize) -> Table {
        Table {
            slots: Slab::new(),
            bound: bound.min(u32::MAX as usize),
        }
    }

    /// How many resources live.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether none lives.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Adds a resource.
    ///
    /// # Errors
    /// When the bound is reached; the guest traps.
    pub fn push<T: Kind>(&mut self, value: T) -> Result<Resource<T>> {
        self.insert(value, None)
    }

    /// Adds a resource that must be dropped before `parent` may be.
    ///
    /// # Errors
    /// When the bound is reached or the parent is gone; the guest traps.
    pub fn push_child<T: Kind, P: Kind>(
        &mut self,
        value: T,
        parent: &Resource<P>,
    ) -> Result<Resource<T>> {
        self.get(parent)?;
        let child = self.insert(value, Some(parent.rep()))?;
        if let Some(slot) = self.slots.get_mut(parent.rep() as usize) {
            slot.children += 1;
        }
        Ok(child)
    }

    fn insert<T: Kind>(&mut self, value: T, parent: Option<u32>) -> Result<Resource<T>> {
        if self.slots.len() >= self.bound {
            bail!(
                "too many resources: the bound of this entry is {} (limits.max_resources)",
                self.bound
            );
        }
        let index = self.slots.insert(Slot {
            entry: value.wrap(),
            parent,
            children: 0,
        });
        Ok(Resource::new_own(u32::try_from(index)?))
    }

    /// A resource by its handle.
    ///
    /// # Errors
    /// When there is none of this kind.
    pub fn get<T: Kind>(&self, handle: &Resource<T>) -> Result<&T> {
        self.by_index(handle.rep())
    }

    /// A resource by its handle, to change it.
    ///
    /// # Errors
    /// When there is none of this kind.
    pub fn get_mut<T: Kind>(&mut self, handle: &Resource<T>) -> Result<&mut T> {
        self.by_index_mut(handle.rep())
    }

    /// A resource by the index that a child remembers.
    ///
    /// # Errors
    /// When there is none of this kind.
    pub fn by_index<T: Kind>(&self, index: u32) -> Result<&T> {
        let slot = self.slots.get(index as usize);
        slot.and_then(|slot| T::get(&slot.entry))
            .ok_or_else(missing::<T>)
    }

    /// A resource by the index that a child remembers, to change it.
    ///
    /// # Errors
    /// When there is none of this kind.
    pub fn by_index_mut<T: Kind>(&mut self, index: u32) -> Result<&mut T> {
        let slot = self.slots.get_mut(index as usize);
        slot.and_then(|slot| T::get_mut(&mut slot.entry))
            .ok_or_else(missing::<T>)
    }

    /// Takes a resource out.
    ///
    /// # Errors
    /// When it has living children, or there is none of this kind; the guest traps.
    pub fn delete<T: Kind>(&mut self, handle: Resource<T>) -> Result<T> {
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
        let slot = self.slots.remove(index);
        if let Some(parent) = slot
            .parent
            .and_then(|parent| self.slots.get_mut(parent as usize))
        {
            parent.children -= 1;
        }
        T::unwrap(slot.entry).ok_or_else(missing::<T>)
    }
}

fn missing<T: Kind>() -> wasmtime::Error {
    format_err!("no {} with this handle", T::NAME)
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

    #[test]
    fn the_bound_has_a_name() {
        let mut table = Table::new(1);
        table.push(Pollable::Ready).expect("room");
        let refused = table.push(Pollable::Ready).expect_err("full");
        assert!(refused.to_string().contains("limits.max_resources"));
    }
}
