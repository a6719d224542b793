//! A UDP socket over which texts go.

use alloc::string::String;
use alloc::vec::Vec;

use crate::failure::Failure;
use crate::wasi::io::poll::Pollable;
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use crate::wasi::sockets::udp::{
    IncomingDatagram, IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket,
};
use crate::wasi::sockets::udp_create_socket::create_udp_socket;

/// Fields are dropped in their order: children first.
pub struct Datagrams {
    incoming: IncomingDatagramStream,
    outgoing: OutgoingDatagramStream,
    _socket: UdpSocket,
}

impl Datagrams {
    pub fn new() -> Result<Datagrams, Failure> {
        let any = Ipv4SocketAddress {
            port: 0,
            address: (0, 0, 0, 0),
        };
        let socket = create_udp_socket(IpAddressFamily::Ipv4)?;
        socket.start_bind(&instance_network(), IpSocketAddress::Ipv4(any))?;
        socket.finish_bind()?;
        let (incoming, outgoing) = socket.stream(None)?;
        Ok(Datagrams {
            incoming,
            outgoing,
            _socket: socket,
        })
    }

    /// Waits for room and sends.
    pub fn send(&self, text: &str, to: IpSocketAddress) -> Result<(), Failure> {
        while self.outgoing.check_send()? == 0 {
            self.outgoing.subscribe().block();
        }
        self.outgoing.send(&[OutgoingDatagram {
            data: text.as_bytes().to_vec(),
            remote_address: Some(to),
        }])?;
        Ok(())
    }

    /// What is there, with its sender.
    pub fn receive(&self) -> Result<Vec<(String, IpSocketAddress)>, Failure> {
        let received: Vec<IncomingDatagram> = self.incoming.receive(16)?;
        let text = |datagram: IncomingDatagram| {
            let text = String::from_utf8(datagram.data).ok()?;
            Some((text, datagram.remote_address))
        };
        Ok(received.into_iter().filter_map(text).collect())
    }

    pub fn subscribe(&self) -> Pollable {
        self.incoming.subscribe()
    }
}
