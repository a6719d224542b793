//! Servers of the tests' own: each connection is a script on a thread.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A server on loopback that plays a script with each connection.
pub struct Server {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// `script` gets each connection and its number, from 0.
    pub fn new(script: impl Fn(Peer, usize) + Send + Sync + 'static) -> Server {
        Server::on("127.0.0.1:0", script)
    }

    /// The same on an address.
    pub fn on(address: &str, script: impl Fn(Peer, usize) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind(address).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let accepted = Arc::new(AtomicUsize::new(0));
        let stopped = Arc::new(AtomicBool::new(false));
        let script = Arc::new(script);
        let (count, stop) = (accepted.clone(), stopped.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let number = count.fetch_add(1, Ordering::SeqCst);
                let script = script.clone();
                std::thread::spawn(move || script(Peer::new(stream), number));
            }
        });
        Server {
            address,
            accepted,
            stopped,
            thread: Some(thread),
        }
    }

    /// One that answers each connection's first request with these bytes, and closes.
    pub fn saying(answer: impl Into<Vec<u8>>) -> Server {
        let answer = answer.into();
        Server::new(move |mut peer, _| {
            peer.head();
            peer.say(&answer);
        })
    }

    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections there were.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the accept.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The other end of a connection.
pub struct Peer {
    pub stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Peer {
    fn new(stream: TcpStream) -> Peer {
        // No thread of a failed test may stay for ever.
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a timeout");
        let reader = BufReader::with_capacity(64 * 1024, stream.try_clone().expect("a clone"));
        Peer { stream, reader }
    }

    /// The next request's head with its empty line; empty at the end of the connection.
    pub fn head(&mut self) -> String {
        let mut head = String::new();
        while let Ok(1..) = self.reader.read_line(&mut head) {
            if head.ends_with("\r\n\r\n") {
                break;
            }
        }
        head
    }

    /// The next line without its end.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        let _ = self.reader.read_line(&mut line);
        line.trim_end().to_owned()
    }

    /// This many bytes, fewer at the end.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = (&mut self.reader)
            .take(count as u64)
            .read_to_end(&mut bytes);
        bytes
    }

    /// Throws this many bytes away, fewer at the end; how many.
    pub fn drain(&mut self, count: u64) -> u64 {
        let rest = &mut (&mut self.reader).take(count);
        std::io::copy(rest, &mut std::io::sink()).unwrap_or_default()
    }

    /// A body in chunks, and the lines behind the last.
    pub fn chunks(&mut self) -> (Vec<u8>, Vec<String>) {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line(), 16).expect("a size");
            if size == 0 {
                break;
            }
            body.extend(self.bytes(size));
            assert_eq!(self.line(), "");
        }
        let mut trailers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return (body, trailers);
            }
            trailers.push(line);
        }
    }

    /// Writes; whoever does not want to hear it is not waited for.
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Answers with a body.
    pub fn answer(&mut self, body: &str) -> bool {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        self.say(head + body)
    }

    /// Waits until the other end closes; what it still sends is thrown away.
    pub fn closed(&mut self) -> bool {
        std::io::copy(&mut self.reader, &mut std::io::sink()).is_ok()
    }

    /// Closes it with a reset.
    pub fn reset(self) {
        let none = Some(Duration::ZERO);
        rustix::net::sockopt::set_socket_linger(&self.stream, none).expect("an option");
    }
}

/// The path in a request's head.
pub fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}
