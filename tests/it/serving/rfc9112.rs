//! The cases of `rfc9112/`, each on a connection of its own, with the server of the library over both drivers and with the
//! program.

mod bodies;
mod heads;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::process::Serving;
use super::{Served, entry};

/// Behind the bytes of each case. It is answered only where the server has found the end of what came before.
const LAST: &[u8] = b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// What a client sends, and what it is told.
struct Case {
    /// The section of RFC 9112, or of RFC 9110 where it says so.
    section: &'static str,
    sent: Vec<u8>,
    /// The status of each answer, and a line of its body; an empty one for no body.
    answers: Vec<(u16, &'static str)>,
}

/// Requests that are answered; the connection goes on.
fn taken(section: &'static str, sent: impl AsRef<[u8]>, answers: &[(u16, &'static str)]) -> Case {
    let mut case = closed(section, sent, answers);
    case.answers.push((200, "hello"));
    case
}

/// Requests behind whose answers the connection ends.
fn closed(section: &'static str, sent: impl AsRef<[u8]>, answers: &[(u16, &'static str)]) -> Case {
    Case {
        section,
        sent: sent.as_ref().to_vec(),
        answers: answers.to_vec(),
    }
}

/// What is refused with a status; the connection ends.
fn refused(section: &'static str, sent: impl AsRef<[u8]>, status: u16) -> Case {
    closed(section, sent, &[(status, "")])
}

/// All of them: those about heads, those about bodies.
fn cases() -> Vec<Case> {
    let mut cases = heads::cases();
    cases.extend(bodies::cases());
    cases
}

impl Case {
    /// All that the client sends.
    fn bytes(&self) -> Vec<u8> {
        [&self.sent, LAST].concat()
    }

    /// What does not fit of all that the client was told.
    fn wrong(&self, told: &[u8]) -> Option<String> {
        let answers = answers(told);
        let fits = |answers: &[(u16, String)]| {
            let mut pairs = answers.iter().zip(&self.answers);
            answers.len() == self.answers.len()
                && pairs.all(|((status, body), (expected, line))| {
                    let has_line = body.lines().any(|it| it == *line);
                    status == expected && (has_line || (line.is_empty() && body.is_empty()))
                })
        };
        let start = &self.sent[..self.sent.len().min(200)];
        match answers {
            Ok(answers) if fits(&answers) => None,
            answers => Some(format!(
                "{} {}\n  expected {:?}\n  found {answers:?}",
                self.section,
                start.escape_ascii(),
                self.answers,
            )),
        }
    }
}

/// The statuses and bodies of answers that stand one behind the other. None of them is to a `HEAD`.
fn answers(mut told: &[u8]) -> Result<Vec<(u16, String)>, String> {
    let mut answers = Vec::new();
    while !told.is_empty() {
        let (head, rest) = split(told, b"\r\n\r\n").ok_or("no end of a head")?;
        let head = std::str::from_utf8(head).map_err(|error| error.to_string())?;
        let head = head.to_ascii_lowercase();
        let status = head.strip_prefix("http/1.1 ").and_then(|it| it.get(..3));
        let status = status.and_then(|it| it.parse().ok()).ok_or("no status")?;
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let (body, rest) = match (field("content-length: "), field("transfer-encoding: ")) {
            (Some(length), None) => {
                let length = length.parse().map_err(|_| "no length")?;
                let (body, rest) = rest
                    .split_at_checked(length)
                    .ok_or("a body that ends early")?;
                (body.to_vec(), rest)
            }
            (None, Some("chunked")) => unchunk(rest).ok_or("chunks that do not end")?,
            (None, None) if status == 204 || status < 200 => (Vec::new(), rest),
            (None, None) if field("connection: ") == Some("close") => (rest.to_vec(), &[][..]),
            _ => return Err(format!("no framing: {head}")),
        };
        answers.push((status, String::from_utf8_lossy(&body).into_owned()));
        told = rest;
    }
    Ok(answers)
}

/// What stands before and behind the first `end`.
fn split<'a>(bytes: &'a [u8], end: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(end.len()).position(|it| it == end)?;
    Some((&bytes[..at], &bytes[at + end.len()..]))
}

/// A body in chunks, and what follows it and its trailers.
fn unchunk(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut body = Vec::new();
    loop {
        let (size, behind) = split(rest, b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()?;
        if size == 0 {
            let mut line;
            rest = behind;
            loop {
                (line, rest) = split(rest, b"\r\n")?;
                if line.is_empty() {
                    return Some((body, rest));
                }
            }
        }
        body.extend_from_slice(behind.get(..size)?);
        rest = behind.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_is_answered_as_the_table_says_over_both_drivers() {
    for served in [Served::live(entry()), Served::simulated(entry())] {
        let wrong = cases().into_iter().filter_map(|case| {
            let told = served.run(async {
                let client = served.connect().await;
                // It may be refused before all of it is sent.
                let _ = client.stream.write_all(&case.bytes()).await;
                client.rest().await
            });
            case.wrong(&told)
        });
        assert_none(wrong.collect());
    }
}

/// In pieces as small as they get: of what is long the first part alone.
#[test]
fn every_case_is_answered_the_same_byte_by_byte() {
    let served = Served::simulated(entry());
    let wrong = cases().into_iter().filter_map(|case| {
        let told = served.run(async {
            let client = served.connect().await;
            let bytes = case.bytes();
            let (singly, rest) = bytes.split_at(bytes.len().min(400));
            for byte in singly {
                if client.stream.write_all(&[*byte]).await.is_err() {
                    break;
                }
                served.sleep_ms(1).await;
            }
            let _ = client.stream.write_all(rest).await;
            client.rest().await
        });
        case.wrong(&told)
    });
    assert_none(wrong.collect());
}

#[test]
fn the_program_answers_every_case_as_the_table_says() {
    let serving = Serving::start(&[]);
    let wrong = cases().into_iter().filter_map(|case| {
        let mut client = TcpStream::connect(&serving.authority).expect("a server");
        let minute = Some(Duration::from_secs(60));
        client.set_read_timeout(minute).expect("a time");
        let _ = client.write_all(&case.bytes());
        let mut told = Vec::new();
        // A reset ends it as well.
        let _ = client.read_to_end(&mut told);
        case.wrong(&told)
    });
    assert_none(wrong.collect());
}
