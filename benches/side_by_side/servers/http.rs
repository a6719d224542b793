//! HTTP/1.1 as far as the benchmark's guests speak it: GET, connections kept open.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;

/// Answers requests until the connection ends: `/small` with a few bytes, `/bytes/N` with N.
pub fn answer(stream: TcpStream) -> io::Result<()> {
    let mut output = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    let block = vec![7; 256 << 10];
    loop {
        let Some(path) = request(&mut input)? else {
            return Ok(());
        };
        let length = match path.strip_prefix("/bytes/") {
            Some(length) => length.parse().map_err(io::Error::other)?,
            None => 12,
        };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        if length == 12 {
            output.write_all(format!("{head}Hello there\n").as_bytes())?;
            continue;
        }
        output.write_all(head.as_bytes())?;
        let mut left: usize = length;
        while left > 0 {
            let now = left.min(block.len());
            output.write_all(&block[..now])?;
            left -= now;
        }
    }
}

/// The path of the next request; none at the end.
fn request(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or("/").to_owned();
    while line.trim_end() != "" {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(path))
}
