//! A client of blocking sockets that keeps its connections: what no guest can beat by much.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use serde_json::{Value, json};

use crate::Fallible;
use crate::protocol::{self, Answer, Request};
use crate::server::LARGE_PATH;

/// Serves requests.
///
/// # Errors
/// When a stream breaks.
pub fn serve() -> Fallible<()> {
    let mut connections = Vec::new();
    Ok(protocol::serve(|request| {
        let mut answer = Answer::default();
        for _ in 0..request.calls {
            let start = Instant::now();
            answer.value = ask(request, &mut connections).map_err(|error| error.to_string())?;
            answer
                .call_ns
                .push(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        Ok(answer)
    })?)
}

fn ask(request: &Request, connections: &mut Vec<Connection>) -> io::Result<Value> {
    let text = |at: usize| request.args.get(at).and_then(Value::as_str).unwrap_or("");
    let number = |at: usize| request.args.get(at).and_then(Value::as_u64).unwrap_or(0);
    let wanted = |name: &str| request.function.ends_with(name);
    if wanted("#sequential") {
        let server = at_least(connections, 1, text(1))?;
        for _ in 0..number(2) {
            for connection in server.iter_mut().take(1) {
                connection.send("/")?;
                connection.receive()?;
            }
        }
        return Ok(json!(number(2)));
    }
    if wanted("#together") {
        let count = usize::try_from(number(1)).unwrap_or(0);
        let servers = at_least(connections, count, text(0))?;
        let servers = servers.iter_mut().take(count);
        let mut asked = Vec::new();
        for connection in servers {
            connection.send("/")?;
            asked.push(connection);
        }
        for connection in asked {
            connection.receive()?;
        }
        return Ok(json!(count));
    }
    if wanted("#download") {
        let mut length = 0;
        for connection in at_least(connections, 1, text(0))?.iter_mut().take(1) {
            connection.send(LARGE_PATH)?;
            length = connection.receive()?;
        }
        return Ok(json!(length));
    }
    Ok(json!("blocking sockets that are kept, no code between"))
}

fn at_least<'a>(
    connections: &'a mut Vec<Connection>,
    count: usize,
    authority: &str,
) -> io::Result<&'a mut Vec<Connection>> {
    while connections.len() < count {
        connections.push(Connection::new(authority)?);
    }
    Ok(connections)
}

struct Connection {
    stream: BufReader<TcpStream>,
    piece: Vec<u8>,
    line: String,
}

impl Connection {
    fn new(authority: &str) -> io::Result<Connection> {
        let stream = TcpStream::connect(authority)?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream: BufReader::new(stream),
            piece: vec![0; 64 * 1024],
            line: String::new(),
        })
    }

    fn send(&mut self, path: &str) -> io::Result<()> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n");
        self.stream.get_mut().write_all(head.as_bytes())
    }

    /// The length of the body.
    fn receive(&mut self) -> io::Result<usize> {
        let mut length = 0;
        loop {
            self.line.clear();
            self.stream.read_line(&mut self.line)?;
            match self.line.strip_prefix("Content-Length: ") {
                Some(value) => length = value.trim_end().parse().map_err(io::Error::other)?,
                None if self.line == "\r\n" => break,
                None => {}
            }
        }
        let mut left = length;
        while left > 0 {
            let most = left.min(self.piece.len());
            let read = self
                .stream
                .read(self.piece.get_mut(..most).unwrap_or_default())?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            left -= read;
        }
        Ok(length)
    }
}
