//! Over UDP.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::{ErrorCode, IpAddressFamily};
use crate::wasi::sockets::udp::{
    IncomingDatagram, IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket,
};
use crate::wasi::sockets::udp_create_socket::create_udp_socket;
use crate::{Failure, here, say};

fn bound(port: u16) -> Result<UdpSocket, ErrorCode> {
    let socket = create_udp_socket(IpAddressFamily::Ipv4)?;
    socket.start_bind(&instance_network(), here(port))?;
    socket.finish_bind()?;
    Ok(socket)
}

fn receive(incoming: &IncomingDatagramStream) -> Result<Vec<IncomingDatagram>, ErrorCode> {
    loop {
        let datagrams = incoming.receive(16)?;
        if !datagrams.is_empty() {
            return Ok(datagrams);
        }
        incoming.subscribe().block();
    }
}

fn send(
    outgoing: &OutgoingDatagramStream,
    mut datagrams: &[OutgoingDatagram],
) -> Result<(), ErrorCode> {
    while !datagrams.is_empty() {
        match outgoing.check_send()? as usize {
            0 => outgoing.subscribe().block(),
            permit => {
                let sent = outgoing.send(&datagrams[..permit.min(datagrams.len())])?;
                datagrams = &datagrams[sent as usize..];
            }
        }
    }
    Ok(())
}

pub fn serve(port: u16, count: u32) -> Result<(), Failure> {
    let socket = bound(port)?;
    let (incoming, outgoing) = socket.stream(None)?;
    say(&format!("udp server: waiting on port {port}"));
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
    Ok(())
}

pub fn talk(port: u16, words: &[&str]) -> Result<(), Failure> {
    let socket = bound(0)?;
    let (incoming, outgoing) = socket.stream(Some(here(port)))?;
    for word in words {
        let datagram = OutgoingDatagram {
            data: word.as_bytes().to_vec(),
            remote_address: None,
        };
        send(&outgoing, &[datagram])?;
        for answer in receive(&incoming)? {
            let echo = String::from_utf8_lossy(&answer.data);
            say(&format!("udp client: {echo}"));
        }
    }
    Ok(())
}
