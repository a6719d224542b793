//! UNIX sockets, and descriptors that somebody else has opened, over system calls.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, chmodat};
use rustix::io::{Errno, FdFlags, fcntl_setfd, ioctl_fionbio};
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, acceptfrom_with, bind, connect, listen,
    socket_with, sockopt,
};

use super::socket::Socket;
use super::tcp::is_of_connection;
use crate::handle::Handle;
use crate::{Error, Interest, Source};

impl Socket {
    /// A UNIX socket that listens at a path which does not exist yet. Its permissions are set before it
    /// listens: until then nobody can connect.
    pub(in crate::net) fn listen_at(
        handle: &Handle,
        path: &Path,
        mode: Option<u32>,
        backlog: i32,
    ) -> Result<Socket, Error> {
        let fd = open()?;
        bind(&fd, &SocketAddrUnix::new(path)?)?;
        if let Some(mode) = mode {
            chmodat(
                CWD,
                path,
                Mode::from_raw_mode(mode),
                rustix::fs::AtFlags::empty(),
            )?;
        }
        listen(&fd, backlog)?;
        Ok(Socket::Stream(Source::new(handle, fd)?))
    }

    /// Connects to a UNIX socket, which takes no time: `AGAIN` where its backlog is full.
    pub(in crate::net) fn connect_to(handle: &Handle, path: &Path) -> Result<Socket, Error> {
        let fd = open()?;
        connect(&fd, &SocketAddrUnix::new(path)?)?;
        Ok(Socket::Stream(Source::new(handle, fd)?))
    }

    /// Takes a connected or listening stream socket over. `INVAL` for one of another family or kind.
    pub(in crate::net) fn adopt(
        handle: &Handle,
        fd: OwnedFd,
        of: &[AddressFamily],
        listens: bool,
    ) -> Result<Socket, Error> {
        let is_stream = sockopt::socket_type(&fd)? == SocketType::STREAM;
        let is_of_family = of.contains(&sockopt::socket_domain(&fd)?);
        if !is_stream || !is_of_family || sockopt::socket_acceptconn(&fd)? != listens {
            return Err(Errno::INVAL.into());
        }
        ioctl_fionbio(&fd, true)?;
        fcntl_setfd(&fd, FdFlags::CLOEXEC)?;
        Ok(Socket::Stream(Source::new(handle, fd)?))
    }

    /// Accepts a connection of a listener whose peers have no addresses.
    pub(in crate::net) fn accept_unnamed(&self) -> Result<Socket, Error> {
        let fd = self.accept_fd()?;
        let Some(source) = self.source() else {
            return Err(Errno::INVAL.into());
        };
        Ok(Socket::Stream(Source::new(source.handle(), fd)?))
    }

    /// Accepts a connection as a descriptor that no dispatcher knows yet.
    pub(in crate::net) fn accept_fd(&self) -> Result<OwnedFd, Error> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        self.attempt(Interest::Readable, |fd| {
            loop {
                match acceptfrom_with(fd.as_fd(), flags) {
                    Ok((fd, _)) => return Ok(fd),
                    Err(errno) if is_of_connection(errno) => {}
                    Err(errno) => return Err(errno),
                }
            }
        })
    }
}

fn open() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}
