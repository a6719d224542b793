//! `wasi:sockets/tcp` and `tcp-create-socket`.

use std::net::Shutdown;

use wasmtime::Result;
use wasmtime::component::Resource;

use super::SocketsView;
use super::address::{of_family, remote, unicast};
use super::error::ErrorCode;
use super::interfaces::network::{IpAddressFamily, IpSocketAddress};
use super::interfaces::tcp::{Host, HostTcpSocket, ShutdownType};
use super::interfaces::tcp_create_socket;
use super::{Network, SocketError, SocketPollable, TcpSocket};
use crate::host::io::{InputStream, OutputStream, Owner};
use crate::host::pollable::Pollable;
use crate::network::Protocol;

type Streams = (Resource<InputStream>, Resource<OutputStream>);

impl tcp_create_socket::Host for SocketsView<'_> {
    async fn create_tcp_socket(
        &mut self,
        family: IpAddressFamily,
    ) -> Result<Resource<TcpSocket>, SocketError> {
        self.consume_budget().await?;
        self.spend_system_call();
        let socket = TcpSocket::new(&self.handle, family.into(), &self.descriptors)?;
        Ok(self.table.push(socket)?)
    }
}

impl Host for SocketsView<'_> {}

impl SocketsView<'_> {
    /// The owner of the bytes that a connection's output stream keeps.
    fn connection_owner(&mut self) -> Owner {
        let bytes = self.state.bytes.clone();
        self.owner(bytes)
    }

    fn push_streams(
        &mut self,
        socket: &Resource<TcpSocket>,
        (input, output): (InputStream, OutputStream),
    ) -> Result<Streams> {
        Ok((
            self.table.push_child(input, socket)?,
            self.table.push_child(output, socket)?,
        ))
    }
}

impl HostTcpSocket for SocketsView<'_> {
    fn start_bind(
        &mut self,
        socket: Resource<TcpSocket>,
        network: Resource<Network>,
        local_address: IpSocketAddress,
    ) -> Result<(), SocketError> {
        self.table.get(&network)?;
        let allow = &mut self.call.network;
        let socket = self.call.table.get_mut(&socket)?;
        socket.may_bind()?;
        let local = unicast(of_family(local_address, socket.family())?)?;
        if !allow.binds(Protocol::Tcp, local) {
            return Err(ErrorCode::AccessDenied.into());
        }
        socket.start_bind(local)
    }

    fn finish_bind(&mut self, socket: Resource<TcpSocket>) -> Result<(), SocketError> {
        self.table.get_mut(&socket)?.finish_bind()
    }

    fn start_connect(
        &mut self,
        socket: Resource<TcpSocket>,
        network: Resource<Network>,
        remote_address: IpSocketAddress,
    ) -> Result<(), SocketError> {
        self.table.get(&network)?;
        let (allow, known) = (&mut self.call.network, &self.state.looked_up);
        let socket = self.call.table.get_mut(&socket)?;
        socket.may_connect()?;
        let target = remote(unicast(of_family(remote_address, socket.family())?)?)?;
        if !allow.reaches(Protocol::Tcp, target, known) {
            return Err(ErrorCode::AccessDenied.into());
        }
        socket.start_connect(target)?;
        // To a peer on this machine, the system call makes the peer's end of the connection too.
        self.spend_system_call();
        Ok(())
    }

    async fn finish_connect(
        &mut self,
        socket: Resource<TcpSocket>,
    ) -> Result<Streams, SocketError> {
        self.consume_budget().await?;
        if !self.table.get(&socket)?.is_ready() {
            self.handle.poll_driver()?;
        }
        let owner = self.connection_owner();
        let call = &mut *self.call;
        let socket_now = call.table.get_mut(&socket)?;
        let streams = socket_now.finish_connect(&call.handle, owner)?;
        Ok(self.push_streams(&socket, streams)?)
    }

    fn start_listen(&mut self, socket: Resource<TcpSocket>) -> Result<(), SocketError> {
        self.table.get_mut(&socket)?.start_listen()
    }

    fn finish_listen(&mut self, socket: Resource<TcpSocket>) -> Result<(), SocketError> {
        self.table.get_mut(&socket)?.finish_listen()
    }

    async fn accept(
        &mut self,
        socket: Resource<TcpSocket>,
    ) -> Result<
        (
            Resource<TcpSocket>,
            Resource<InputStream>,
            Resource<OutputStream>,
        ),
        SocketError,
    > {
        self.consume_budget().await?;
        let owner = self.connection_owner();
        let (accepted, input, output) =
            self.table
                .get(&socket)?
                .accept(&self.handle, &self.descriptors, owner)?;
        self.spend_system_call();
        let accepted = self.table.push(accepted)?;
        let (input, output) = self.push_streams(&accepted, (input, output))?;
        Ok((accepted, input, output))
    }

    fn local_address(
        &mut self,
        socket: Resource<TcpSocket>,
    ) -> Result<IpSocketAddress, SocketError> {
        Ok(self.table.get(&socket)?.local_address()?.into())
    }

    fn remote_address(
        &mut self,
        socket: Resource<TcpSocket>,
    ) -> Result<IpSocketAddress, SocketError> {
        Ok(self.table.get(&socket)?.remote_address()?.into())
    }

    fn is_listening(&mut self, socket: Resource<TcpSocket>) -> Result<bool> {
        Ok(self.table.get(&socket)?.is_listening())
    }

    fn address_family(&mut self, socket: Resource<TcpSocket>) -> Result<IpAddressFamily> {
        Ok(self.table.get(&socket)?.family().into())
    }

    fn set_listen_backlog_size(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u64,
    ) -> Result<(), SocketError> {
        self.table.get_mut(&socket)?.set_backlog(value)
    }

    fn keep_alive_enabled(&mut self, socket: Resource<TcpSocket>) -> Result<bool, SocketError> {
        self.table.get(&socket)?.options()?.keep_alive()
    }

    fn set_keep_alive_enabled(
        &mut self,
        socket: Resource<TcpSocket>,
        value: bool,
    ) -> Result<(), SocketError> {
        self.table.get(&socket)?.options()?.set_keep_alive(value)
    }

    fn keep_alive_idle_time(&mut self, socket: Resource<TcpSocket>) -> Result<u64, SocketError> {
        self.table.get(&socket)?.options()?.keep_alive_idle()
    }

    fn set_keep_alive_idle_time(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u64,
    ) -> Result<(), SocketError> {
        self.table
            .get(&socket)?
            .options()?
            .set_keep_alive_idle(value)
    }

    fn keep_alive_interval(&mut self, socket: Resource<TcpSocket>) -> Result<u64, SocketError> {
        self.table.get(&socket)?.options()?.keep_alive_interval()
    }

    fn set_keep_alive_interval(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u64,
    ) -> Result<(), SocketError> {
        self.table
            .get(&socket)?
            .options()?
            .set_keep_alive_interval(value)
    }

    fn keep_alive_count(&mut self, socket: Resource<TcpSocket>) -> Result<u32, SocketError> {
        self.table.get(&socket)?.options()?.keep_alive_count()
    }

    fn set_keep_alive_count(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u32,
    ) -> Result<(), SocketError> {
        self.table
            .get(&socket)?
            .options()?
            .set_keep_alive_count(value)
    }

    fn hop_limit(&mut self, socket: Resource<TcpSocket>) -> Result<u8, SocketError> {
        self.table.get(&socket)?.options()?.hop_limit()
    }

    fn set_hop_limit(&mut self, socket: Resource<TcpSocket>, value: u8) -> Result<(), SocketError> {
        self.table.get(&socket)?.options()?.set_hop_limit(value)
    }

    fn receive_buffer_size(&mut self, socket: Resource<TcpSocket>) -> Result<u64, SocketError> {
        self.table.get(&socket)?.options()?.receive_buffer()
    }

    fn set_receive_buffer_size(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u64,
    ) -> Result<(), SocketError> {
        self.table
            .get(&socket)?
            .options()?
            .set_receive_buffer(value)
    }

    fn send_buffer_size(&mut self, socket: Resource<TcpSocket>) -> Result<u64, SocketError> {
        self.table.get(&socket)?.options()?.send_buffer()
    }

    fn set_send_buffer_size(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u64,
    ) -> Result<(), SocketError> {
        self.table.get(&socket)?.options()?.set_send_buffer(value)
    }

    fn subscribe(&mut self, socket: Resource<TcpSocket>) -> Result<Resource<Pollable>> {
        let waiting = SocketPollable::Tcp(socket.rep());
        self.table.push_child(Pollable::Socket(waiting), &socket)
    }

    async fn shutdown(
        &mut self,
        socket: Resource<TcpSocket>,
        shutdown_type: ShutdownType,
    ) -> Result<(), SocketError> {
        let how = match shutdown_type {
            ShutdownType::Receive => Shutdown::Read,
            ShutdownType::Send => Shutdown::Write,
            ShutdownType::Both => Shutdown::Both,
        };
        self.table.get(&socket)?.shutdown(how)
    }

    fn drop(&mut self, socket: Resource<TcpSocket>) -> Result<()> {
        self.table.delete(socket)?;
        Ok(())
    }
}
