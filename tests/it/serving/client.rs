//! A client that says what it is told to, and reads what comes.

use std::cell::RefCell;
use std::net::SocketAddr;

use wippy_dispatcher::Handle;
use wippy_dispatcher::net::TcpStream;

pub struct Client {
    pub stream: TcpStream,
    unread: RefCell<Vec<u8>>,
}

/// An answer, as far as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The lines of the head.
    pub head: String,
    pub body: Vec<u8>,
    /// The lines behind the last chunk.
    pub trailers: String,
    /// It has ended as its head says.
    pub is_whole: bool,
}

impl Client {
    pub async fn connect(handle: &Handle, server: SocketAddr) -> Client {
        Client {
            stream: TcpStream::connect(handle, server).await.expect("a server"),
            unread: RefCell::default(),
        }
    }

    pub async fn say(&self, text: impl AsRef<[u8]>) {
        self.stream.write_all(text.as_ref()).await.expect("open");
    }

    /// Reads more; false at the end.
    async fn fill(&self) -> bool {
        let mut buffer = vec![0; 64 * 1024];
        match self.stream.read(&mut buffer).await {
            Ok(count @ 1..) => {
                self.unread.borrow_mut().extend_from_slice(&buffer[..count]);
                true
            }
            Ok(0) | Err(_) => false,
        }
    }

    /// Reads until `text` has come, and takes everything to its end.
    pub async fn until(&self, text: &str) -> String {
        loop {
            let found = {
                let unread = self.unread.borrow();
                let mut windows = unread.windows(text.len());
                windows.position(|window| window == text.as_bytes())
            };
            if let Some(at) = found {
                let rest = self.unread.borrow_mut().split_off(at + text.len());
                let taken = self.unread.replace(rest);
                return String::from_utf8_lossy(&taken).into_owned();
            }
            let more = self.fill().await;
            let unread = self.unread.borrow();
            let so_far = String::from_utf8_lossy(&unread);
            assert!(more, "{text:?} has not come: {so_far:?}");
        }
    }

    /// The rest of the connection.
    pub async fn rest(&self) -> Vec<u8> {
        while self.fill().await {}
        self.unread.take()
    }

    /// The answer behind which the connection ends.
    pub async fn last_answer(&self) -> Answer {
        Answer::of(&self.rest().await)
    }
}

impl Answer {
    pub fn of(bytes: &[u8]) -> Answer {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let text = String::from_utf8_lossy(bytes);
        let end = end.unwrap_or_else(|| panic!("no head: {text:?}"));
        let head = String::from_utf8(bytes[..end + 2].to_vec()).expect("a head");
        let status = head.get(9..12).and_then(|it| it.parse().ok());
        let mut answer = Answer {
            status: status.unwrap_or_else(|| panic!("no status: {head:?}")),
            head,
            body: bytes[end + 4..].to_vec(),
            trailers: String::new(),
            is_whole: true,
        };
        if answer.field("transfer-encoding") == Some("chunked") {
            answer.unchunk();
        } else if let Some(length) = answer.field("content-length") {
            answer.is_whole = answer.body.len() == length.parse::<usize>().expect("a number");
        }
        answer
    }

    fn unchunk(&mut self) {
        let coded = std::mem::take(&mut self.body);
        let mut rest = coded.as_slice();
        self.is_whole = false;
        while let Some(at) = rest.windows(2).position(|window| window == b"\r\n") {
            let size = std::str::from_utf8(&rest[..at]).expect("a size");
            let size = usize::from_str_radix(size, 16).expect("a size");
            rest = &rest[at + 2..];
            if size == 0 {
                self.trailers = String::from_utf8(rest.to_vec()).expect("lines");
                self.is_whole = self.trailers.ends_with("\r\n");
                return;
            }
            let Some(data) = rest.get(..size) else {
                self.body.extend_from_slice(rest);
                return;
            };
            self.body.extend_from_slice(data);
            rest = rest.get(size + 2..).unwrap_or_default();
        }
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (other, value) = line.split_once(": ")?;
            other.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}
