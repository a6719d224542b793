//! UDP clients and servers.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::{ErrorCode, IpSocketAddress};
use crate::wasi::sockets::udp::{
    IncomingDatagram, IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket,
};
use crate::wasi::sockets::udp_create_socket::create_udp_socket;
use crate::{family, loopback, port_of, print};

pub fn bound(address: IpSocketAddress) -> Result<UdpSocket, ErrorCode> {
    let v6 = matches!(address, IpSocketAddress::Ipv6(_));
    let socket = create_udp_socket(family(v6))?;
    socket.start_bind(&instance_network(), address)?;
    socket.finish_bind()?;
    Ok(socket)
}

/// What is there, and waits for something.
pub fn receive(incoming: &IncomingDatagramStream) -> Result<Vec<IncomingDatagram>, ErrorCode> {
    loop {
        let datagrams = incoming.receive(16)?;
        if !datagrams.is_empty() {
            return Ok(datagrams);
        }
        incoming.subscribe().block();
    }
}

/// All of them, waiting for room.
pub fn send(
    outgoing: &OutgoingDatagramStream,
    mut datagrams: &[OutgoingDatagram],
) -> Result<(), ErrorCode> {
    while !datagrams.is_empty() {
        let permit = outgoing.check_send()? as usize;
        if permit == 0 {
            outgoing.subscribe().block();
            continue;
        }
        let sent = outgoing.send(&datagrams[..datagrams.len().min(permit)])? as usize;
        datagrams = &datagrams[sent..];
    }
    Ok(())
}

pub fn serve(v6: bool, count: u32) -> Result<u32, ErrorCode> {
    let socket = bound(loopback(v6, 0))?;
    print(&format!("{}", port_of(socket.local_address()?)));
    let (incoming, outgoing) = socket.stream(None)?;
    let mut served = 0;
    while served < count {
        let answers: Vec<OutgoingDatagram> = receive(&incoming)?
            .into_iter()
            .map(|datagram| OutgoingDatagram {
                data: datagram.data,
                remote_address: Some(datagram.remote_address),
            })
            .collect();
        send(&outgoing, &answers)?;
        served += answers.len() as u32;
    }
    Ok(served)
}

pub fn talk(
    v6: bool,
    port: u16,
    texts: &[String],
    connected: bool,
) -> Result<Vec<String>, ErrorCode> {
    let (socket, remote) = (bound(loopback(v6, 0))?, loopback(v6, port));
    let (incoming, outgoing) = socket.stream(connected.then_some(remote))?;
    let datagrams: Vec<OutgoingDatagram> = texts
        .iter()
        .map(|text| OutgoingDatagram {
            data: text.as_bytes().to_vec(),
            remote_address: (!connected).then_some(remote),
        })
        .collect();
    send(&outgoing, &datagrams)?;
    let mut answers = Vec::new();
    while answers.len() < texts.len() {
        for datagram in receive(&incoming)? {
            answers.push(String::from_utf8_lossy(&datagram.data).into_owned());
        }
    }
    Ok(answers)
}

pub fn flood(rounds: u32) -> Result<u64, ErrorCode> {
    let socket = bound(loopback(false, 0))?;
    let here = socket.local_address()?;
    let (incoming, outgoing) = socket.stream(None)?;
    let datagrams: Vec<OutgoingDatagram> = (0..8)
        .map(|_| OutgoingDatagram {
            data: alloc::vec![7; 8192],
            remote_address: Some(here),
        })
        .collect();
    let mut bytes = 0;
    for _ in 0..rounds {
        send(&outgoing, &datagrams)?;
        let mut came = 0;
        while came < datagrams.len() {
            for datagram in receive(&incoming)? {
                came += 1;
                bytes += datagram.data.len() as u64;
            }
        }
    }
    Ok(bytes)
}
