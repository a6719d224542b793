//! The seam between the public types of [`net`](crate::net) and the drivers that carry their bytes.

mod option;
mod simulated;
mod system;

use std::fmt;
use std::io::IoSlice;
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::task::{Poll, Waker};

use rustix::net::AddressFamily;

use super::lookups::LookupRequest;
use super::{Family, ResolveError};
use crate::blocking::flow::Flow;
use crate::driver::Driver;
use crate::handle::Handle;
use crate::{Error, Interest, WaitSet};

pub(crate) use option::SocketOption;
pub(super) use system::look_up as look_up_with_system;

/// What a socket speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Protocol {
    Tcp,
    Udp,
}

/// A socket of one of the drivers: the seam between the public types of this module and what carries
/// their bytes.
///
/// # How to add a driver
///
/// A driver's sockets are one type with the methods below, which owns whatever stands for a socket
/// there: a descriptor of the system, a number in a simulated host's table. The type is declared in a
/// module of this one, and gets a variant here, an arm in [`Socket::open`] and an arm in
/// `on_driver!`. A driver with names of its own gets a variant of [`Lookup`] as well. Nothing else
/// tells the drivers apart.
///
/// The public types see to it that an operation reaches only a socket that has it (a listener is never
/// written to). For any other a driver fails with the error number that the system has for it.
///
/// # What a driver promises
///
/// * **Nothing waits.** Every operation returns at once. `Io` with `WouldBlock` means that nothing
///   happened, and that the operation is worth another try once its direction is ready: readable for
///   [`accept`](Socket::accept) and all that receives, writable for
///   [`finish_connect`](Socket::finish_connect) and all that sends.
/// * **Readiness is a flag a direction**, in the socket's slot of the dispatcher's ready table
///   (`ReadyTable`): a driver takes a slot when the socket is first able to wait, marks it with
///   `Core::mark_ready`, and gives it up when the socket is dropped.
///   * *Edge-triggered underneath:* a driver marks a direction when something happens: bytes, a
///     datagram, a connection, room in a full buffer, the end of the stream, an error (which marks
///     both directions). It may mark a direction without a reason (spurious readiness), and never
///     leaves a reason unmarked.
///   * *Level-triggered above:* the flag stays set until an operation fails with `WouldBlock`, which
///     clears it. A stream's read that gave less than was asked for may clear it as well, if the
///     driver marks it again for whatever comes next and the end has not come yet.
///   * *Uncertain in between:* any other operation may have taken the last there was, so that the flag
///     is set with nothing behind it. [`is_ready`](Socket::is_ready) reports the flag as it is;
///     [`confirm_ready`](Socket::confirm_ready) asks the driver where the flag is uncertain, and
///     clears it if there is nothing. An operation that fails makes both directions uncertain, because
///     a pending error marks both and is reported once. A driver that knows at each operation what is
///     left may clear the flag itself, and needs no uncertainty.
///   * *Ends* ([`Interest::ReadClosed`], [`Interest::WriteClosed`]) are marked when they come, whatever is unread, never
///     without a reason, and never cleared.
/// * **Errors** of the network are `Io` with the error number that Linux gives for the same
///   operation, because callers tell them apart by it. The dispatcher's own are themselves:
///   `TooManySources` where the ready table is full, `WrongThread`, `Closed`. An operation that a
///   signal interrupted is tried again by the driver, and a connection that failed before it was
///   accepted is skipped.
/// * **Partial operations.** A stream sends a prefix, at least one byte of those given, and receives at
///   least one byte, or none at its end. A datagram is sent as a whole or not at all; received into a
///   buffer that is too short, its rest is lost. Of several datagrams those sent are counted, and an
///   error is that of the first.
/// * **Threads.** Operations are called on the dispatcher's thread. Elsewhere no direction is ready,
///   and waiting fails with `WrongThread`. A socket may be dropped on any thread.
/// * **Time.** A driver reads no clock of its own. What takes time in a simulation (a packet on its way,
///   a handshake) is an event of the simulated driver, which marks the ready table when it is due.
/// * **Dropping** a socket closes it. What a connection has accepted and not delivered is still
///   delivered, unless [`reset_on_close`](Socket::reset_on_close) was called.
pub(super) enum Socket {
    System(system::Socket),
    Simulated(simulated::Socket),
}

/// Calls an operation of the socket's driver. `$wrap`, where it is asked for, makes a [`Socket`] of
/// one of the same driver's sockets.
macro_rules! on_driver {
    ($self:expr, |$socket:ident $(, $wrap:ident)?| $call:expr) => {
        match $self {
            Socket::System($socket) => {
                $(let $wrap = Socket::System;)?
                $call
            }
            Socket::Simulated($socket) => {
                $(let $wrap = Socket::Simulated;)?
                $call
            }
        }
    };
}

/// Operations of every socket. The promises above hold for each; the errors of the system that callers
/// act on are named at the public types.
impl Socket {
    /// A socket that is not bound. One of IPv6 takes no IPv4 addresses, mapped ones included.
    pub(super) fn open(
        handle: &Handle,
        family: Family,
        protocol: Protocol,
    ) -> Result<Socket, Error> {
        match &handle.core()?.driver {
            Driver::System(_) => {
                let socket = match protocol {
                    Protocol::Tcp => system::Socket::tcp(handle, family)?,
                    Protocol::Udp => system::Socket::udp(handle, family)?,
                };
                Ok(Socket::System(socket))
            }
            Driver::Simulated(_) => {
                let socket = match protocol {
                    Protocol::Tcp => simulated::Socket::tcp(handle, family)?,
                    Protocol::Udp => simulated::Socket::udp(handle, family)?,
                };
                Ok(Socket::Simulated(socket))
            }
        }
    }

    /// Binds it to a local address; port 0 is any free one. For TCP, connections that linger
    /// (`TIME_WAIT`) do not make an address used.
    pub(super) fn bind(&self, address: SocketAddr) -> Result<(), Error> {
        on_driver!(self, |socket| socket.bind(address))
    }

    /// The address that it is bound to.
    pub(super) fn local_addr(&self) -> Result<SocketAddr, Error> {
        on_driver!(self, |socket| socket.local_addr())
    }

    /// The address that it is connected to; `Io` with `NotConnected` where there is none.
    pub(super) fn peer_addr(&self) -> Result<SocketAddr, Error> {
        on_driver!(self, |socket| socket.peer_addr())
    }

    /// The family that it was opened with.
    pub(super) fn family(&self) -> Result<Family, Error> {
        on_driver!(self, |socket| socket.family())
    }

    /// An option's value, in the unit that [`SocketOption`] names.
    pub(super) fn option(&self, option: SocketOption) -> Result<u32, Error> {
        on_driver!(self, |socket| socket.option(option))
    }

    /// Sets an option. `Io` with `InvalidInput` for a value that the option does not have.
    pub(super) fn set_option(&self, option: SocketOption, value: u32) -> Result<(), Error> {
        on_driver!(self, |socket| socket.set_option(option, value))
    }

    /// Whether a direction's flag is set.
    pub(super) fn is_ready(&self, interest: Interest) -> bool {
        on_driver!(self, |socket| socket.is_ready(interest))
    }

    /// The same without false alarms: where the flag is uncertain the driver is asked.
    pub(super) fn confirm_ready(&self, interest: Interest) -> bool {
        on_driver!(self, |socket| socket.confirm_ready(interest))
    }

    /// Waits until a direction's flag is set.
    pub(super) async fn ready(&self, interest: Interest) -> Result<(), Error> {
        on_driver!(self, |socket| socket.ready(interest).await)
    }

    /// Adds that to a wait, under `tag`.
    pub(super) fn register(
        &self,
        set: &mut WaitSet,
        interest: Interest,
        tag: u32,
    ) -> Result<(), Error> {
        on_driver!(self, |socket| socket.register(set, interest, tag))
    }
}

/// Operations of TCP.
impl Socket {
    /// Begins to connect. A failure that is known at once closes the socket.
    pub(super) fn start_connect(self, address: SocketAddr) -> Result<Socket, Error> {
        on_driver!(self, |socket, wrap| socket.start_connect(address).map(wrap))
    }

    /// How connecting ended; `WouldBlock` until it has.
    pub(super) fn finish_connect(&self) -> Result<(), Error> {
        on_driver!(self, |socket| socket.finish_connect())
    }

    /// Listens, with room for `backlog` connections that were not accepted yet. A failure closes the
    /// socket.
    pub(super) fn listen(self, backlog: i32) -> Result<Socket, Error> {
        on_driver!(self, |socket, wrap| socket.listen(backlog).map(wrap))
    }

    /// Changes that room.
    pub(super) fn set_backlog(&self, backlog: i32) -> Result<(), Error> {
        on_driver!(self, |socket| socket.set_backlog(backlog))
    }

    /// The connection that has waited longest, and its peer's address.
    pub(super) fn accept(&self) -> Result<(Socket, SocketAddr), Error> {
        on_driver!(self, |socket, wrap| {
            socket
                .accept()
                .map(|(accepted, peer)| (wrap(accepted), peer))
        })
    }

    /// Reads; 0 at the end.
    pub(super) fn recv(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        on_driver!(self, |socket| socket.recv(buffer))
    }

    /// Reads at most `length` bytes into a new vector, whose memory need not be cleared before; an
    /// empty one at the end.
    pub(super) fn recv_vec(&self, length: usize) -> Result<Vec<u8>, Error> {
        on_driver!(self, |socket| socket.recv_vec(length))
    }

    /// Writes a prefix.
    pub(super) fn send(&self, bytes: &[u8]) -> Result<usize, Error> {
        on_driver!(self, |socket| socket.send(bytes))
    }

    /// Writes a prefix of several buffers, one behind the other.
    pub(super) fn send_vectored(&self, buffers: &[IoSlice<'_>]) -> Result<usize, Error> {
        on_driver!(self, |socket| socket.send_vectored(buffers))
    }

    /// Ends a direction or both. The peer reads the end behind what was sent before.
    pub(super) fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        on_driver!(self, |socket| socket.shutdown(how))
    }

    /// From now on, dropping it resets the connection.
    pub(super) fn reset_on_close(&self) -> Result<(), Error> {
        on_driver!(self, |socket| socket.reset_on_close())
    }
}

/// Operations that only the system has: UNIX sockets, and descriptors.
impl Socket {
    /// A UNIX socket that listens at a path, with these permissions or those that the process gives files.
    pub(super) fn listen_at(
        handle: &Handle,
        path: &Path,
        mode: Option<u32>,
        backlog: i32,
    ) -> Result<Socket, Error> {
        on_system(handle, "a UNIX socket")?;
        system::Socket::listen_at(handle, path, mode, backlog).map(Socket::System)
    }

    /// Connects to a UNIX socket.
    pub(super) fn connect_to(handle: &Handle, path: &Path) -> Result<Socket, Error> {
        on_system(handle, "a UNIX socket")?;
        system::Socket::connect_to(handle, path).map(Socket::System)
    }

    /// Takes over a stream socket of one of these families that somebody else has opened: one that `listens`,
    /// or one that is connected.
    pub(super) fn adopt(
        handle: &Handle,
        fd: OwnedFd,
        of: &[AddressFamily],
        listens: bool,
    ) -> Result<Socket, Error> {
        on_system(handle, "a descriptor")?;
        system::Socket::adopt(handle, fd, of, listens).map(Socket::System)
    }

    /// The connection that has waited longest, of a listener whose peers have no addresses.
    pub(super) fn accept_unnamed(&self) -> Result<Socket, Error> {
        match self {
            Socket::System(socket) => socket.accept_unnamed().map(Socket::System),
            Socket::Simulated(_) => Err(Error::Simulated("a UNIX socket")),
        }
    }

    /// The same as a descriptor, which no dispatcher knows.
    pub(super) fn accept_fd(&self) -> Result<OwnedFd, Error> {
        match self {
            Socket::System(socket) => socket.accept_fd(),
            Socket::Simulated(_) => Err(Error::Simulated("a descriptor")),
        }
    }
}

fn on_system(handle: &Handle, what: &'static str) -> Result<(), Error> {
    match &handle.core()?.driver {
        Driver::System(_) => Ok(()),
        Driver::Simulated(_) => Err(Error::Simulated(what)),
    }
}

/// Operations of UDP.
impl Socket {
    /// Connects it to one peer, or to none again. What it is bound to stays.
    pub(super) fn set_peer(&self, peer: Option<SocketAddr>) -> Result<(), Error> {
        on_driver!(self, |socket| socket.set_peer(peer))
    }

    /// Takes the next datagram; its length, and who sent it.
    pub(super) fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Error> {
        on_driver!(self, |socket| socket.recv_from(buffer))
    }

    /// Who sent the next datagram, which stays.
    pub(super) fn peek_sender(&self) -> Result<SocketAddr, Error> {
        on_driver!(self, |socket| socket.peek_sender())
    }

    /// Sends a datagram, `None` to the peer that it is connected to.
    pub(super) fn send_to(&self, bytes: &[u8], to: Option<SocketAddr>) -> Result<usize, Error> {
        on_driver!(self, |socket| socket.send_to(bytes, to))
    }

    /// Sends datagrams in order, [`MAX_BATCH`](super::MAX_BATCH) at most, and counts them.
    pub(super) fn send_many(
        &self,
        datagrams: &[(&[u8], Option<SocketAddr>)],
    ) -> Result<usize, Error> {
        on_driver!(self, |socket| socket.send_many(datagrams))
    }
}

/// A name lookup by one of the drivers. Dropping it cancels it.
pub(super) enum Lookup {
    /// By the dispatcher's resolver, on a thread.
    System(LookupRequest),
    /// By the simulated network.
    Simulated(simulated::Lookup),
}

impl Lookup {
    /// Begins to look a name up.
    ///
    /// # Errors
    /// `LaneFull` where `flow` may not wait.
    pub(super) fn start(
        handle: &Handle,
        flow: Option<Flow>,
        name: String,
    ) -> Result<Lookup, Error> {
        let core = handle.core()?;
        match &core.driver {
            Driver::System(_) => Ok(Lookup::System(core.lookups.request(flow, name)?)),
            Driver::Simulated(_) => Ok(Lookup::Simulated(simulated::Lookup::start(handle, name)?)),
        }
    }

    /// The name that is looked up.
    pub(super) fn name(&self) -> &str {
        match self {
            Lookup::System(request) => request.name(),
            Lookup::Simulated(lookup) => lookup.name(),
        }
    }

    /// The answer, once; until there is one, `waker` is woken when there is.
    pub(super) fn poll(&mut self, waker: &Waker) -> Poll<Result<Vec<IpAddr>, ResolveError>> {
        match self {
            Lookup::System(request) => request.poll(waker),
            Lookup::Simulated(lookup) => lookup.poll(waker),
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        on_driver!(self, |socket| socket.fmt(f))
    }
}
