//! One exchange: its request out, its response in, and what it waits for in between.

mod waiting;

use std::time::Duration;

use wippy_dispatcher::{Handle, Instant};

use super::connection::{Connection, Exchange, Outcome};
use crate::http::body::{Stopped, body};
use crate::http::encode::{BodyEncoder, WrongLength};
use crate::http::error::ErrorCode;
use crate::http::exchange::Response;
use crate::http::fields::FieldLimits;
use crate::http::head::Framing;
use crate::http::response::{Event, ResponseDecoder};
use crate::http::tls::Got;

/// How much of a response is kept for its reader, in bytes.
const RESPONSE_KEPT: usize = 256 * 1024;
/// How much of a request is kept for the socket, in bytes.
const REQUEST_KEPT: usize = 64 * 1024;
/// The most that is read at once, in bytes.
const READ_MAX: usize = 64 * 1024;
/// How many reads an exchange makes before it lets others run.
const READS_MAX: u32 = 32;
/// How long a server may take to say that it wants the body.
const CONTINUE_MAX: Duration = Duration::from_secs(1);

/// Where the request stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sending {
    /// The head is on its way; the body waits for the server's word, this long at most.
    Asked(Instant),
    Body,
    Done,
    /// The server takes no more, or is not asked to. It may have answered all the same.
    Refused,
}

/// What has to happen before the exchange can go on.
#[derive(Default)]
struct Blocked {
    socket_readable: bool,
    socket_writable: bool,
    request_body: bool,
    response_room: bool,
}

/// Sends the request and receives the response on a connection.
///
/// # Errors
/// Whatever ended the exchange early; the connection is of no use then.
pub(super) async fn run(
    connection: &mut Connection,
    handle: &Handle,
    exchange: &mut Exchange,
) -> Result<Outcome, ErrorCode> {
    let again = std::mem::replace(&mut connection.used, true) && exchange.is_repeatable();
    let mut run = Run::new(connection, handle, exchange)?;
    let ran = run.run().await;
    let saw_nothing = run.saw_nothing();
    match ran {
        Err(ErrorCode::ConnectionTerminated) if again && saw_nothing => Ok(Outcome::Stale),
        Ok(true) if connection.output.is_empty() && connection.input.is_empty() => {
            Ok(Outcome::Kept)
        }
        Ok(_) => Ok(Outcome::Over),
        Err(code) => Err(code),
    }
}

/// One exchange on its way.
struct Run<'a> {
    connection: &'a mut Connection,
    handle: &'a Handle,
    exchange: &'a mut Exchange,
    sending: Sending,
    encoder: BodyEncoder,
    decoder: ResponseDecoder,
    /// No byte of a response has come.
    saw_nothing: bool,
    /// What the server has answered; 0 before.
    status: u16,
    /// The connection's end was read; with TLS, perhaps not the session's.
    ended: bool,
    cut: bool,
    /// When something last went out, and came in, or began to be waited for.
    sent: Instant,
    received: Instant,
    /// How often the socket took, and gave, something.
    taken: u64,
    given: u64,
    reads: u32,
}

impl<'a> Run<'a> {
    /// Encodes the head.
    ///
    /// # Errors
    /// When the request is none.
    pub(super) fn new(
        connection: &'a mut Connection,
        handle: &'a Handle,
        exchange: &'a mut Exchange,
    ) -> Result<Run<'a>, ErrorCode> {
        let framing = exchange.framing()?;
        let now = handle.now()?;
        let request = &exchange.request;
        let head = &request.head;
        head.write(&request.authority, framing, connection.output.end());
        let asks = request.body.is_some() && head.fields.lists("expect", "100-continue");
        Ok(Run {
            sending: match (asks, framing) {
                (_, Framing::Length(0)) if request.body.is_none() => Sending::Done,
                (true, _) => Sending::Asked(now + CONTINUE_MAX),
                (false, _) => Sending::Body,
            },
            encoder: BodyEncoder::new(framing),
            decoder: ResponseDecoder::new(head.method.clone(), FieldLimits::DEFAULT),
            connection,
            handle,
            exchange,
            saw_nothing: true,
            status: 0,
            ended: false,
            cut: false,
            sent: now,
            received: now,
            taken: 0,
            given: 0,
            reads: 0,
        })
    }

    /// No byte of a response has come.
    pub(super) fn saw_nothing(&self) -> bool {
        self.saw_nothing
    }

    /// Sends and receives until the response has ended; whether the connection may be kept.
    ///
    /// # Errors
    /// Whatever ends it early.
    pub(super) async fn run(&mut self) -> Result<bool, ErrorCode> {
        let mut late = None;
        loop {
            if self.exchange.is_given_up() {
                return self.abandon();
            }
            let mut blocked = Blocked::default();
            self.send(&mut blocked)?;
            let answered = self.receive(&mut blocked)?;
            let sent = self.sending == Sending::Done && !blocked.socket_writable;
            if sent || self.sending == Sending::Refused {
                self.exchange.request.delivery = None;
            }
            if answered && (sent || !self.goes_on(&mut blocked)?) {
                return Ok(sent && self.decoder.keeps_alive());
            }
            // What came together with the end of the wait is in time.
            if let Some((code, stage)) = late.take()
                && stage == self.stage()
            {
                return Err(code);
            }
            if self.reads >= READS_MAX {
                self.reads = 0;
                self.handle.yield_now().await?;
                continue;
            }
            let stage = self.stage();
            late = self.wait(&blocked).await?.map(|code| (code, stage));
        }
    }

    /// Whether the request is still wanted behind its answer: a server may answer before it has read
    /// the body. Then the body goes on unless the answer is an error, or the connection's last.
    fn goes_on(&mut self, blocked: &mut Blocked) -> Result<bool, ErrorCode> {
        let wanted = self.status < 400 && self.sending != Sending::Refused;
        if !wanted || !self.decoder.keeps_alive() || !self.connection.input.is_empty() {
            return Ok(false);
        }
        // Whatever the server does now ends it.
        blocked.socket_readable = true;
        Ok(!self.fill()?)
    }

    /// What has to change for a wait not to have been in vain: byte by byte only behind the head.
    fn stage(&self) -> (bool, u64) {
        match self.exchange.answer {
            Some(_) => (true, self.taken),
            None => (false, self.taken + self.given),
        }
    }

    /// Encodes what there is of the request's body and writes what there is room for, until one of
    /// them has to be waited for.
    fn send(&mut self, blocked: &mut Blocked) -> Result<(), ErrorCode> {
        loop {
            self.encode(blocked)?;
            if self.sending == Sending::Refused {
                return Ok(());
            }
            match self.flush() {
                Ok(true) if self.sending == Sending::Body && !blocked.request_body => {}
                Ok(flushed) => {
                    blocked.socket_writable = !flushed;
                    return Ok(());
                }
                Err(_) => {
                    self.sending = Sending::Refused;
                    self.connection.output.consume(usize::MAX);
                    return Ok(());
                }
            }
        }
    }

    /// Encodes what there is of the request's body, up to a bound.
    fn encode(&mut self, blocked: &mut Blocked) -> Result<(), ErrorCode> {
        while self.sending == Sending::Body && self.connection.output.len() < REQUEST_KEPT {
            let Some(body) = &self.exchange.request.body else {
                self.sending = Sending::Done;
                break;
            };
            let output = self.connection.output.end();
            let too_long = |error: WrongLength| ErrorCode::HttpRequestBodySize(Some(error.0));
            match body.read(REQUEST_KEPT) {
                Ok(bytes) if bytes.is_empty() => {
                    blocked.request_body = true;
                    break;
                }
                Ok(bytes) => {
                    self.exchange.took_body = true;
                    self.encoder.data(&bytes, output).map_err(too_long)?;
                }
                Err(Stopped::Ended) => {
                    let trailers = body.end().and_then(Result::ok).flatten();
                    self.encoder
                        .end(trailers.as_ref(), output)
                        .map_err(too_long)?;
                    self.sending = Sending::Done;
                }
                Err(Stopped::Failed(code)) => return Err(code),
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<bool, ErrorCode> {
        let Connection { stream, output, .. } = &mut *self.connection;
        let mut progress = false;
        let flushed = loop {
            let written = match output.is_empty() {
                true => 0,
                false => stream.write(output.as_slice())?,
            };
            output.consume(written);
            progress |= written > 0;
            let flushed = stream.flush()?;
            if output.is_empty() || written == 0 || !flushed {
                break flushed && output.is_empty();
            }
        };
        if progress {
            self.taken += 1;
            self.sent = self.handle.now()?;
        }
        Ok(flushed)
    }

    /// Reads what there is and passes it on; whether the response has ended.
    fn receive(&mut self, blocked: &mut Blocked) -> Result<bool, ErrorCode> {
        while self.reads < READS_MAX {
            match self.decoder.next(&mut self.connection.input, self.ended)? {
                Event::More => {
                    if !self.fill()? {
                        blocked.socket_readable = true;
                        return Ok(false);
                    }
                }
                Event::Continue => {
                    if matches!(self.sending, Sending::Asked(_)) {
                        self.sending = Sending::Body;
                        self.send(blocked)?;
                    }
                }
                Event::Head(head) => {
                    // A server that has answered does not ask for the body any more.
                    if matches!(self.sending, Sending::Asked(_)) {
                        self.sending = Sending::Refused;
                    }
                    let Some(answer) = self.exchange.answer.take() else {
                        return Err(ErrorCode::HttpProtocolError);
                    };
                    let (writer, mut reader) = body(self.handle, RESPONSE_KEPT, None)?;
                    reader.announce(self.exchange.abandoned.clone());
                    self.status = head.status;
                    self.exchange.response = Some(writer);
                    answer.send(Ok(Response {
                        status: head.status,
                        fields: head.fields,
                        body: Some(reader),
                    }));
                }
                Event::Data(most) => {
                    if !self.pass_on(most, blocked)? {
                        return Ok(false);
                    }
                }
                Event::End(_) if self.cut => return Err(ErrorCode::HttpResponseIncomplete),
                Event::End(trailers) => {
                    if let Some(response) = self.exchange.response.take() {
                        response.finish(trailers)?;
                    }
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Reads into the input; whether something is new.
    fn fill(&mut self) -> Result<bool, ErrorCode> {
        self.reads += 1;
        let Connection {
            stream,
            input,
            arriving,
            ..
        } = &mut *self.connection;
        let got = stream.read(arriving)?;
        if let Got::Bytes(count) = got {
            debug_assert!(count <= arriving.len());
            input.extend(arriving.get(..count).unwrap_or_default());
        }
        self.note(got)
    }

    fn note(&mut self, got: Got) -> Result<bool, ErrorCode> {
        match got {
            Got::Nothing => return Ok(false),
            Got::Bytes(_) => {
                self.saw_nothing = false;
                self.given += 1;
                self.received = self.handle.now()?;
            }
            Got::Closed => self.ended = true,
            Got::Cut => (self.ended, self.cut) = (true, true),
        }
        Ok(true)
    }

    /// Passes bytes of the body on, from the input or straight from the socket; whether there is
    /// perhaps more to do now.
    fn pass_on(&mut self, most: u64, blocked: &mut Blocked) -> Result<bool, ErrorCode> {
        let Some(response) = &self.exchange.response else {
            return Err(ErrorCode::HttpProtocolError);
        };
        let room = match response.room() {
            Ok(0) => {
                blocked.response_room = true;
                return Ok(false);
            }
            Ok(room) => room,
            // Nobody reads. The next round finds out what that means.
            Err(_) if self.exchange.is_given_up() => return Ok(false),
            // The request still goes out, and must not wait for a server that waits for a reader.
            Err(_) => READ_MAX,
        };
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(room);
        let input = &mut self.connection.input;
        if !input.is_empty() {
            let count = most.min(input.len());
            let bytes = input.as_slice().get(..count).unwrap_or_default().to_vec();
            input.consume(count);
            self.decoder.took(count);
            let _ = response.write(bytes);
            return Ok(true);
        }
        self.reads += 1;
        let (got, mut bytes) = self.connection.stream.read_vec(most.min(READ_MAX))?;
        if let Got::Bytes(count) = got {
            // What is kept is bounded by its bytes, so they must not sit in larger vectors.
            if bytes.capacity() / 2 > count {
                bytes.shrink_to_fit();
            }
            self.decoder.took(count);
            let _ = response.write(bytes);
        }
        let news = self.note(got)?;
        blocked.socket_readable = !news;
        Ok(news)
    }

    /// Nobody wants the response any more. What of it is here already is read: the connection is
    /// kept if that is all, and else closing it does not take back what was sent.
    fn abandon(&mut self) -> Result<bool, ErrorCode> {
        self.reads = 0;
        while self.sending == Sending::Done && self.reads < READS_MAX {
            let input = &mut self.connection.input;
            match self.decoder.next(input, self.ended)? {
                Event::Data(most) if !input.is_empty() => {
                    let most = usize::try_from(most).unwrap_or(usize::MAX);
                    let count = most.min(input.len());
                    input.consume(count);
                    self.decoder.took(count);
                }
                Event::End(_) => return Ok(self.decoder.keeps_alive()),
                Event::Head(_) | Event::Continue => {}
                Event::Data(_) | Event::More => {
                    if !self.fill()? {
                        break;
                    }
                }
            }
        }
        Ok(false)
    }
}
