//! An echo server: a receive and a send in turn on each connection.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use io_uring::{opcode, types};
use wippy_report::Round;

use super::ring::Ring;
use crate::clients::Clients;
use crate::error::Fallible;
use crate::load::Load;
use crate::trial::Trial;
use crate::work::BUFFER;

struct Connection {
    stream: TcpStream,
    /// Never freed: the ring may refer to it.
    buffer: &'static mut [u8],
    /// What is being sent: from where to where; none while it receives.
    sending: Option<(usize, usize)>,
}

pub fn run(ring: &mut Ring, load: Load, trial: &Trial) -> Fallible<Round> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let clients = Clients::start(listener.local_addr()?, load, trial);
    let mut connections = Vec::with_capacity(load.connections);
    for number in 0..load.connections {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let mut connection = Connection {
            stream,
            buffer: vec![0; BUFFER].leak(),
            sending: None,
        };
        connection.start(ring, number as u64)?;
        connections.push(Some(connection));
    }
    let mut open = load.connections;
    while open > 0 {
        ring.wait()?;
        while let Some((number, result)) = ring.next() {
            let Some(slot) = connections.get_mut(number as usize) else {
                continue;
            };
            let Some(connection) = slot else {
                continue;
            };
            if result < 0 {
                return Err(io::Error::from_raw_os_error(-result).into());
            }
            match connection.advance(result as usize) {
                true => connection.start(ring, number)?,
                false => {
                    *slot = None;
                    open -= 1;
                }
            }
        }
    }
    clients.join()
}

impl Connection {
    /// After an operation on so many bytes; false: the client has closed the connection.
    fn advance(&mut self, bytes: usize) -> bool {
        self.sending = match self.sending {
            None if bytes == 0 => return false,
            None => Some((0, bytes)),
            Some((from, to)) if from + bytes < to => Some((from + bytes, to)),
            Some(_) => None,
        };
        true
    }

    /// The next operation.
    fn start(&mut self, ring: &mut Ring, number: u64) -> Fallible<()> {
        let descriptor = types::Fd(self.stream.as_raw_fd());
        let entry = match self
            .sending
            .and_then(|(from, to)| self.buffer.get(from..to))
        {
            None => opcode::Recv::new(
                descriptor,
                self.buffer.as_mut_ptr(),
                self.buffer.len() as u32,
            )
            .build(),
            Some(bytes) => {
                opcode::Send::new(descriptor, bytes.as_ptr(), bytes.len() as u32).build()
            }
        };
        // SAFETY: the buffer is never freed and has one operation at a time; the stream is open until the connection has
        // none.
        unsafe { ring.push(entry.user_data(number)) }
    }
}
