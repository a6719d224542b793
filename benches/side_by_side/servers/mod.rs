//! What guests talk to: threads of the driver, the same for every contender.

mod attention;
mod http;
mod tcp;
mod udp;
mod visitor;

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use attention::Attention;

/// Where they listen, on 127.0.0.1.
#[derive(Default, Debug)]
pub struct Ports {
    /// Echoes that do not sleep.
    pub awake: Echoes,
    /// Echoes that do.
    pub asleep: Echoes,
    /// Takes all.
    pub tcp_sink: u16,
    /// Sends, and closes.
    pub tcp_source: u16,
    /// Answers requests.
    pub http: u16,
    /// Where a guest is to listen; somebody keeps connecting to it.
    pub guests: u16,
}

/// Where what is sent is sent back.
#[derive(Clone, Copy, Default, Debug)]
pub struct Echoes {
    /// A connection.
    pub tcp: u16,
    /// Datagrams.
    pub udp: u16,
}

impl Echoes {
    fn start(attention: Attention) -> io::Result<Echoes> {
        Ok(Echoes {
            tcp: serve(move |stream| tcp::echo(stream, attention))?,
            udp: udp::echo(attention)?,
        })
    }
}

/// Starts them all; `mebibytes` is what the source sends. They end with the program.
///
/// # Errors
/// When there is no socket left.
pub fn start(mebibytes: u32) -> io::Result<Ports> {
    Ok(Ports {
        awake: Echoes::start(Attention::Awake)?,
        asleep: Echoes::start(Attention::Asleep)?,
        tcp_sink: serve(tcp::sink)?,
        tcp_source: serve(move |stream| tcp::source(stream, mebibytes))?,
        http: serve(http::answer)?,
        guests: visitor::start()?,
    })
}

/// Listens on a free port, with a thread for each connection.
fn serve(work: impl Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let work = work.clone();
            // A client that goes away ends its connection and nothing else.
            thread::spawn(move || stream.set_nodelay(true).and_then(|()| work(stream)));
        }
    });
    Ok(port)
}
