//! An echo server: one read and one write an event.

use std::io::{Read, Write};
use std::net::TcpListener;

use wippy_report::Round;

use super::event_loop::EventLoop;
use crate::clients::Clients;
use crate::error::Fallible;
use crate::load::Load;
use crate::trial::Trial;
use crate::work::BUFFER;

pub fn run(event_loop: &mut EventLoop, load: Load, trial: &Trial) -> Fallible<Round> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let clients = Clients::start(listener.local_addr()?, load, trial);
    let mut streams = Vec::with_capacity(load.connections);
    for number in 0..load.connections {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        event_loop.add(&stream, number)?;
        streams.push(Some(stream));
    }
    let mut buffer = vec![0; BUFFER];
    let mut open = load.connections;
    while open > 0 {
        for &number in event_loop.wait()? {
            let Some(slot) = streams.get_mut(number) else {
                continue;
            };
            let Some(stream) = slot else {
                continue;
            };
            let length = stream.read(&mut buffer)?;
            if length == 0 {
                *slot = None;
                open -= 1;
            } else {
                // The clients never leave so much unread that a write would have to wait.
                stream.write_all(buffer.get(..length).unwrap_or(&buffer))?;
            }
        }
    }
    clients.join()
}
