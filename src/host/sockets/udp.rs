//! `wasi:sockets/udp` and `udp-create-socket`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::SocketsView;
use super::address::{of_family, remote};
use super::error::ErrorCode;
use super::interfaces::network::{IpAddressFamily, IpSocketAddress};
use super::interfaces::udp::{
    Host, HostIncomingDatagramStream, HostOutgoingDatagramStream, HostUdpSocket, IncomingDatagram,
    OutgoingDatagram,
};
use super::interfaces::udp_create_socket;
use super::{
    IncomingDatagramStream, Network, OutgoingDatagramStream, SocketError, SocketPollable, UdpSocket,
};
use crate::host::pollable::Pollable;
use crate::network::Protocol;

type Streams = (
    Resource<IncomingDatagramStream>,
    Resource<OutgoingDatagramStream>,
);

impl udp_create_socket::Host for SocketsView<'_> {
    async fn create_udp_socket(
        &mut self,
        family: IpAddressFamily,
    ) -> Result<Resource<UdpSocket>, SocketError> {
        self.consume_budget().await?;
        self.spend_system_call();
        let socket = UdpSocket::new(&self.handle, family.into(), &self.descriptors)?;
        Ok(self.table.push(socket)?)
    }
}

impl Host for SocketsView<'_> {}

impl HostUdpSocket for SocketsView<'_> {
    fn start_bind(
        &mut self,
        socket: Resource<UdpSocket>,
        network: Resource<Network>,
        local_address: IpSocketAddress,
    ) -> Result<(), SocketError> {
        self.table.get(&network)?;
        let allow = &mut self.call.network;
        let socket = self.call.table.get_mut(&socket)?;
        socket.may_bind()?;
        let local = of_family(local_address, socket.family())?;
        if !allow.binds(Protocol::Udp, local) {
            return Err(ErrorCode::AccessDenied.into());
        }
        socket.start_bind(local)
    }

    fn finish_bind(&mut self, socket: Resource<UdpSocket>) -> Result<(), SocketError> {
        self.table.get_mut(&socket)?.finish_bind()
    }

    fn stream(
        &mut self,
        socket: Resource<UdpSocket>,
        remote_address: Option<IpSocketAddress>,
    ) -> Result<Streams, SocketError> {
        let (allow, known) = (&mut self.call.network, &self.state.looked_up);
        let entry = self.call.table.get_mut(&socket)?;
        entry.may_stream()?;
        let target = match remote_address {
            Some(address) => Some(remote(of_family(address, entry.family())?)?),
            None => None,
        };
        if target.is_some_and(|target| !allow.reaches(Protocol::Udp, target, known)) {
            return Err(ErrorCode::AccessDenied.into());
        }
        let (incoming, outgoing) = entry.stream(target)?;
        Ok((
            self.table.push_child(incoming, &socket)?,
            self.table.push_child(outgoing, &socket)?,
        ))
    }

    fn local_address(
        &mut self,
        socket: Resource<UdpSocket>,
    ) -> Result<IpSocketAddress, SocketError> {
        Ok(self.table.get(&socket)?.local_address()?.into())
    }

    fn remote_address(
        &mut self,
        socket: Resource<UdpSocket>,
    ) -> Result<IpSocketAddress, SocketError> {
        Ok(self.table.get(&socket)?.remote_address()?.into())
    }

    fn address_family(&mut self, socket: Resource<UdpSocket>) -> Result<IpAddressFamily> {
        Ok(self.table.get(&socket)?.family().into())
    }

    fn unicast_hop_limit(&mut self, socket: Resource<UdpSocket>) -> Result<u8, SocketError> {
        self.table.get(&socket)?.options().hop_limit()
    }

    fn set_unicast_hop_limit(
        &mut self,
        socket: Resource<UdpSocket>,
        value: u8,
    ) -> Result<(), SocketError> {
        self.table.get(&socket)?.options().set_hop_limit(value)
    }

    fn receive_buffer_size(&mut self, socket: Resource<UdpSocket>) -> Result<u64, SocketError> {
        self.table.get(&socket)?.options().receive_buffer()
    }

    fn set_receive_buffer_size(
        &mut self,
        socket: Resource<UdpSocket>,
        value: u64,
    ) -> Result<(), SocketError> {
        self.table.get(&socket)?.options().set_receive_buffer(value)
    }

    fn send_buffer_size(&mut self, socket: Resource<UdpSocket>) -> Result<u64, SocketError> {
        self.table.get(&socket)?.options().send_buffer()
    }

    fn set_send_buffer_size(
        &mut self,
        socket: Resource<UdpSocket>,
        value: u64,
    ) -> Result<(), SocketError> {
        self.table.get(&socket)?.options().set_send_buffer(value)
    }

    /// Binding completes at once, so there is nothing to wait for.
    fn subscribe(&mut self, socket: Resource<UdpSocket>) -> Result<Resource<Pollable>> {
        self.table.push_child(Pollable::Ready, &socket)
    }

    fn drop(&mut self, socket: Resource<UdpSocket>) -> Result<()> {
        self.table.delete(socket)?;
        Ok(())
    }
}

impl HostIncomingDatagramStream for SocketsView<'_> {
    async fn receive(
        &mut self,
        stream: Resource<IncomingDatagramStream>,
        max_results: u64,
    ) -> Result<Vec<IncomingDatagram>, SocketError> {
        self.consume_budget().await?;
        let most = usize::try_from(max_results).unwrap_or(usize::MAX);
        let stream = self.call.table.get_mut(&stream)?;
        let datagrams = stream.receive(most, &mut self.state.datagram)?;
        let bytes = datagrams.iter().map(|datagram| datagram.data.len()).sum();
        self.spend_datagrams(datagrams.len(), bytes);
        Ok(datagrams)
    }

    fn subscribe(
        &mut self,
        stream: Resource<IncomingDatagramStream>,
    ) -> Result<Resource<Pollable>> {
        let waiting = SocketPollable::Incoming(stream.rep());
        self.table.push_child(Pollable::Socket(waiting), &stream)
    }

    fn drop(&mut self, stream: Resource<IncomingDatagramStream>) -> Result<()> {
        self.table.delete(stream)?;
        Ok(())
    }
}

impl HostOutgoingDatagramStream for SocketsView<'_> {
    async fn check_send(
        &mut self,
        stream: Resource<OutgoingDatagramStream>,
    ) -> Result<u64, SocketError> {
        self.consume_budget().await?;
        let stream = self.table.get_mut(&stream)?;
        stream.check_send()
    }

    async fn send(
        &mut self,
        stream: Resource<OutgoingDatagramStream>,
        datagrams: Vec<OutgoingDatagram>,
    ) -> Result<u64, SocketError> {
        // All of them were copied out of the guest's memory, whether they are sent or not.
        let bytes = datagrams.iter().map(|one| one.data.len()).sum();
        self.spend_datagrams(datagrams.len(), bytes);
        self.consume_budget().await?;
        let stream = self.call.table.get_mut(&stream)?;
        stream.send(&datagrams, &mut self.call.network, &self.state.looked_up)
    }

    fn subscribe(
        &mut self,
        stream: Resource<OutgoingDatagramStream>,
    ) -> Result<Resource<Pollable>> {
        let waiting = SocketPollable::Outgoing(stream.rep());
        self.table.push_child(Pollable::Socket(waiting), &stream)
    }

    fn drop(&mut self, stream: Resource<OutgoingDatagramStream>) -> Result<()> {
        self.table.delete(stream)?;
        Ok(())
    }
}
