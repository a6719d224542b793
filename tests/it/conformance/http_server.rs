//! A native HTTP server that does what the path of a request says.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use wippy_dispatcher::net::{Family, TcpListener, TcpSocket, TcpStream};
use wippy_dispatcher::{Error, Handle};

use super::world::World;

/// The backlog of a server that takes all that come.
const BACKLOG: i32 = 256;

/// What a server has seen.
#[derive(Default)]
struct Seen {
    accepted: Cell<usize>,
    ended: Cell<usize>,
    /// How many requests for numbers are answered together.
    together: Cell<usize>,
    /// Those that wait for the others, with what they ask for.
    waiting: RefCell<Vec<(Peer, String)>>,
}

/// A server and where it is.
pub(super) struct Server {
    pub(super) authority: String,
    seen: Rc<Seen>,
}

impl Server {
    /// One that serves at an address of a world's server.
    pub(super) fn at(world: &World, ip: IpAddr) -> Server {
        let socket = bound(&world.server, ip);
        // Little, so that what nobody reads stays with who sends it.
        let options = socket.options();
        options.set_receive_buffer(1 << 16).expect("set");
        let listener = socket.listen(BACKLOG).expect("a port");
        let at = listener.local_addr().expect("an address");
        let seen = Rc::new(Seen::default());
        let serving = serve(world.server.clone(), listener, seen.clone());
        world.server.spawn(serving).expect("a task").detach();
        Server {
            authority: at.to_string(),
            seen,
        }
    }

    /// The same at the first address.
    pub(super) fn new(world: &World) -> Server {
        Server::at(world, world.addresses[0])
    }

    /// How many connections there were.
    pub(super) fn accepted(&self) -> usize {
        self.seen.accepted.get()
    }

    /// Answers requests for `/0`, `/1`, … with their paths, when there are so many.
    pub(super) fn answer_together(&self, count: usize) {
        self.seen.together.set(count);
    }

    /// How many of them have ended.
    pub(super) fn ended(&self) -> usize {
        self.seen.ended.get()
    }
}

/// A socket with any port of an address.
pub(super) fn bound(handle: &Handle, ip: IpAddr) -> TcpSocket {
    let any = SocketAddr::new(ip, 0);
    let socket = TcpSocket::new(handle, Family::of(&any)).expect("a socket");
    socket.bind(any).expect("a port");
    socket
}

async fn serve(handle: Handle, listener: TcpListener, seen: Rc<Seen>) {
    while let Ok((stream, _)) = listener.accept().await {
        seen.accepted.set(seen.accepted.get() + 1);
        let seen = seen.clone();
        let connection = async move {
            let peer = Peer {
                stream,
                buffer: Vec::new(),
            };
            // An error is the client's end, which is no failure of the server.
            let _ = talk(peer, &seen).await;
            seen.ended.set(seen.ended.get() + 1);
        };
        handle.spawn(connection).expect("a task").detach();
    }
}

/// The server's end of a connection, and what of it is read and not used.
struct Peer {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Peer {
    /// Reads more; false at the end.
    async fn fill(&mut self) -> Result<bool, Error> {
        let mut buffer = vec![0; 1 << 16];
        let read = self.stream.read(&mut buffer).await?;
        self.buffer.extend_from_slice(&buffer[..read]);
        Ok(read > 0)
    }

    /// The next line without its end; none at the end of the connection.
    async fn line(&mut self) -> Result<Option<String>, Error> {
        let end = loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                break end;
            }
            if !self.fill().await? {
                return Ok(None);
            }
        };
        let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
        Ok(Some(String::from_utf8_lossy(&line[..end]).into_owned()))
    }

    /// Lines until an empty one; none at the end of the connection.
    async fn lines(&mut self) -> Result<Option<Vec<String>>, Error> {
        let mut lines = Vec::new();
        while let Some(line) = self.line().await? {
            if line.is_empty() {
                return Ok(Some(lines));
            }
            lines.push(line);
        }
        Ok(None)
    }

    /// So many bytes, fewer at the end.
    async fn bytes(&mut self, count: usize) -> Result<Vec<u8>, Error> {
        while self.buffer.len() < count && self.fill().await? {}
        let count = count.min(self.buffer.len());
        Ok(self.buffer.drain(..count).collect())
    }

    /// The body that a head announces: how it is framed, its bytes, and the lines behind it.
    async fn body(&mut self, head: &[String]) -> Result<(String, Vec<u8>, Vec<String>), Error> {
        let value = |name: &str| {
            let mut fields = head.iter().filter_map(|line| line.split_once(": "));
            fields
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        };
        if value("transfer-encoding") == Some("chunked") {
            let mut body = Vec::new();
            while let Some(size) = self.line().await? {
                let size = usize::from_str_radix(&size, 16).expect("a size");
                if size == 0 {
                    break;
                }
                body.extend(self.bytes(size).await?);
                assert_eq!(self.line().await?.as_deref(), Some(""));
            }
            let trailers = self.lines().await?.unwrap_or_default();
            return Ok(("chunked".to_owned(), body, trailers));
        }
        match value("content-length") {
            Some(length) => {
                let count = length.parse().expect("a length");
                Ok((length.to_owned(), self.bytes(count).await?, Vec::new()))
            }
            None => Ok(("none".to_owned(), Vec::new(), Vec::new())),
        }
    }

    async fn say(&self, text: impl AsRef<[u8]>) -> Result<(), Error> {
        self.stream.write_all(text.as_ref()).await
    }

    async fn answer(&self, body: &str) -> Result<(), Error> {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        self.say(head + body).await
    }

    /// Reads until the other end closes.
    async fn closed(&mut self) -> Result<(), Error> {
        while self.fill().await? {
            self.buffer.clear();
        }
        Ok(())
    }
}

/// Answers requests until one ends the connection.
async fn talk(mut peer: Peer, seen: &Seen) -> Result<(), Error> {
    while let Some(head) = peer.lines().await? {
        let mut words = head.first().expect("a line").split(' ');
        let target = words.nth(1).unwrap_or_default().to_owned();
        let (name, rest) = target[1..].split_once('/').unwrap_or((&target[1..], ""));
        let number = || rest.parse::<usize>().expect("a number");
        match name {
            // What the request was.
            "mirror" => {
                let (framing, body, trailers) = peer.body(&head).await?;
                let body = String::from_utf8_lossy(&body).into_owned();
                peer.answer(&format!("{framing}:{body}:{}", trailers.join(",")))
                    .await?;
            }
            "count" => {
                let (_, body, _) = peer.body(&head).await?;
                let zeroes = body.iter().all(|byte| *byte == 0);
                peer.answer(&format!("{} {zeroes}", body.len())).await?;
            }
            "host" => {
                let host = head.iter().find_map(|line| line.strip_prefix("Host: "));
                peer.answer(host.unwrap_or_default()).await?;
            }
            // Bodies of so many bytes.
            "length" => peer.answer(&"x".repeat(number())).await?,
            "chunked" => {
                peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    .await?;
                let (mut left, mut piece) = (number(), 1);
                while left > 0 {
                    piece = (piece * 3).min(50_000).min(left);
                    let chunk = format!("{piece:x}\r\n{}\r\n", "y".repeat(piece));
                    peer.say(chunk).await?;
                    left -= piece;
                }
                peer.say("0\r\nX-Sum: 7\r\nother: 8\r\n\r\n").await?;
            }
            // A status, with a length of which nothing comes where the status has no body.
            "status" => {
                let head = format!("HTTP/1.1 {} x\r\nContent-Length: 7\r\n\r\n", number());
                peer.say(head).await?;
            }
            "continue" => {
                let early = !peer.buffer.is_empty();
                peer.say("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
                    .await?;
                peer.say("HTTP/1.1 100 Continue\r\n\r\n").await?;
                let (_, body, _) = peer.body(&head).await?;
                peer.answer(&format!("{early}:{}", String::from_utf8_lossy(&body)))
                    .await?;
            }
            "refuses-the-body" => {
                peer.say("HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nbig")
                    .await?;
                return peer.closed().await;
            }
            // Numbers are answered when as many are there as a case wants.
            number if number.parse::<usize>().is_ok() => {
                return answer_together(peer, target, seen).await;
            }
            // Ends of all kinds.
            "until-closed" => return peer.say("HTTP/1.0 200 OK\r\n\r\nall of it").await,
            "gone" => return Ok(()),
            "reset" => return peer.stream.reset_on_close(),
            "says" => {
                let text = rest
                    .replace("%0d", "\r")
                    .replace("%0a", "\n")
                    .replace("%20", " ");
                return peer.say(text).await;
            }
            "resets-after" => {
                peer.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst")
                    .await?;
                // The client asks for nothing more: it has what was sent when it closes or this is reset.
                return peer.stream.reset_on_close();
            }
            // Nothing more.
            "silent" => return peer.closed().await,
            "stops" => {
                peer.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst")
                    .await?;
                return peer.closed().await;
            }
            "drips" => {
                peer.say("HTTP/1.1 200 OK\r\nA: ").await?;
                return peer.closed().await;
            }
            "takes-nothing" => pending().await,
            _ => peer.answer("").await?,
        }
    }
    Ok(())
}

/// Answers a request for a number, and those that have waited for it if it is the last; then ends their connections.
async fn answer_together(peer: Peer, target: String, seen: &Seen) -> Result<(), Error> {
    seen.waiting.borrow_mut().push((peer, target));
    if seen.waiting.borrow().len() < seen.together.get() {
        return Ok(());
    }
    for (peer, target) in seen.waiting.take() {
        peer.answer(&target).await?;
    }
    Ok(())
}
