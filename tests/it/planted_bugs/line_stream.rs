//! A native task's end of a connection over which lines go.

use std::net::Shutdown;

use wippy_dispatcher::net::TcpStream;

pub struct LineStream {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl LineStream {
    pub fn new(stream: TcpStream) -> LineStream {
        let unread = Vec::new();
        LineStream { stream, unread }
    }

    /// The next line. `None`: the connection has ended.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(length) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=length).collect();
                return Some(String::from_utf8_lossy(&line[..length]).into_owned());
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer).await {
                Ok(read @ 1..) => self.unread.extend(&buffer[..read]),
                Ok(0) | Err(_) => return None,
            }
        }
    }

    /// False: the connection has ended.
    pub async fn send(&self, line: &str) -> bool {
        let line = format!("{line}\n");
        self.stream.write_all(line.as_bytes()).await.is_ok()
    }

    /// Ends this direction.
    pub fn end(&self) {
        // It may have been reset.
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}
