//! One exchange after the other on one connection.

use std::time::Duration;

use wippy_dispatcher::{Handle, Instant, Interest, Signal, WaitSet};

use super::Place;
use super::stream::Stream;
use crate::http::body::{BodyWriter, Stopped, body};
use crate::http::buffer::Buffer;
use crate::http::encode::BodyEncoder;
use crate::http::error::ErrorCode;
use crate::http::exchange::{Answer, Request, Response};
use crate::http::fields::FieldLimits;
use crate::http::head::{Framing, content_length};
use crate::http::response::{Event, ResponseDecoder};
use crate::http::tls::Got;

/// How much of a response is kept for its reader, in bytes.
const RESPONSE_KEPT: usize = 256 * 1024;
/// How much of a request is kept for the socket, in bytes.
const REQUEST_KEPT: usize = 64 * 1024;
/// The most that is read at once, in bytes.
const READ_MAX: usize = 64 * 1024;
/// What is read at once where a head or a chunk's line is expected, in bytes.
const READ_HEAD: usize = 8 * 1024;
/// How many reads an exchange makes before it lets others run.
const READS_MAX: u32 = 32;
/// How long a server may take to say that it wants the body.
const CONTINUE_MAX: Duration = Duration::from_secs(1);

/// A request on its way, and where its response goes.
pub(super) struct Exchange {
    pub(super) request: Request,
    answer: Option<Answer>,
    response: Option<BodyWriter>,
    abandoned: Signal,
    /// Something of the request's body was taken: it cannot be sent again.
    took_body: bool,
}

impl Exchange {
    pub(super) fn new(request: Request, answer: Answer) -> Exchange {
        let abandoned = answer.abandoned().clone();
        Exchange {
            request,
            answer: Some(answer),
            response: None,
            abandoned,
            took_body: false,
        }
    }

    /// Set when nobody wants the response any more.
    pub(super) fn abandoned(&self) -> &Signal {
        &self.abandoned
    }

    /// Tells whoever waits.
    pub(super) fn fail(&mut self, code: ErrorCode) {
        if let Some(answer) = self.answer.take() {
            answer.send(Err(code));
        } else if let Some(response) = self.response.take() {
            response.fail(code);
        }
    }

    fn is_repeatable(&self) -> bool {
        self.request.head.method.is_idempotent() && !self.took_body && self.answer.is_some()
    }

    /// How the body's end will be known, from what is known of it now.
    fn framing(&self) -> Result<Framing, ErrorCode> {
        let declared = content_length(&self.request.head.fields)
            .map_err(|_| ErrorCode::HttpRequestBodySize(None))?;
        Ok(match (&self.request.body, declared) {
            (None, Some(declared)) if declared > 0 => {
                return Err(ErrorCode::HttpRequestBodySize(Some(0)));
            }
            (None, _) => Framing::Length(0),
            (Some(_), Some(declared)) => Framing::Length(declared),
            (Some(body), None) => body
                .known_length()
                .map_or(Framing::Chunked, Framing::Length),
        })
    }
}

/// How an exchange left its connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// Fit for another.
    Kept,
    /// Of no further use.
    Over,
    /// The server was gone before it could have seen the request.
    Stale,
}

/// A connection to a server.
pub(crate) struct Connection {
    stream: Stream,
    input: Buffer,
    output: Buffer,
    set: WaitSet,
    used: bool,
    _place: Place,
}

impl Connection {
    pub(super) fn new(
        handle: &Handle,
        stream: Stream,
        place: Place,
    ) -> Result<Connection, ErrorCode> {
        Ok(Connection {
            stream,
            input: Buffer::default(),
            output: Buffer::default(),
            set: WaitSet::new(handle)?,
            used: false,
            _place: place,
        })
    }

    /// Whether the server has neither closed it nor said anything unasked.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.stream.is_quiet()
    }

    /// Sends the request and receives the response.
    ///
    /// # Errors
    /// Whatever ended the exchange early; the connection is of no use then.
    pub(super) async fn run(
        &mut self,
        handle: &Handle,
        exchange: &mut Exchange,
    ) -> Result<Outcome, ErrorCode> {
        let again = std::mem::replace(&mut self.used, true) && exchange.is_repeatable();
        let mut run = Run::new(self, handle, exchange)?;
        let ran = run.run().await;
        let saw_nothing = run.saw_nothing;
        match ran {
            Err(ErrorCode::ConnectionTerminated) if again && saw_nothing => Ok(Outcome::Stale),
            Ok(true) if self.output.is_empty() && self.input.is_empty() => Ok(Outcome::Kept),
            Ok(_) => Ok(Outcome::Over),
            Err(code) => Err(code),
        }
    }
}

/// Where the request stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sending {
    /// The head is on its way; the body waits for the server's word, this long at most.
    Asked(Instant),
    Body,
    Done,
    /// The server takes no more. It may have answered all the same.
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

struct Run<'a> {
    connection: &'a mut Connection,
    handle: &'a Handle,
    exchange: &'a mut Exchange,
    sending: Sending,
    encoder: BodyEncoder,
    decoder: ResponseDecoder,
    /// No byte of a response has come.
    saw_nothing: bool,
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

const TAG: u32 = 0;

impl<'a> Run<'a> {
    fn new(
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
            ended: false,
            cut: false,
            sent: now,
            received: now,
            taken: 0,
            given: 0,
            reads: 0,
        })
    }

    /// Whether the connection may be kept.
    async fn run(&mut self) -> Result<bool, ErrorCode> {
        let mut late = None;
        loop {
            if self.exchange.abandoned.is_set() {
                return self.abandon();
            }
            let mut blocked = Blocked::default();
            self.send(&mut blocked)?;
            if self.receive(&mut blocked)? {
                return Ok(self.sending == Sending::Done && self.decoder.keeps_alive());
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

    /// What has to change for a wait not to have been in vain: byte by byte only behind the head.
    fn stage(&self) -> (bool, u64) {
        match self.exchange.answer {
            Some(_) => (true, self.taken),
            None => (false, self.taken + self.given),
        }
    }

    /// Encodes what there is of the request's body and writes what there is room for.
    fn send(&mut self, blocked: &mut Blocked) -> Result<(), ErrorCode> {
        while self.sending == Sending::Body && self.connection.output.len() < REQUEST_KEPT {
            let Some(body) = &self.exchange.request.body else {
                self.sending = Sending::Done;
                break;
            };
            let output = self.connection.output.end();
            let too_long = |error: crate::http::encode::WrongLength| {
                ErrorCode::HttpRequestBodySize(Some(error.0))
            };
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
        if self.sending == Sending::Refused {
            return Ok(());
        }
        match self.flush() {
            Ok(flushed) => blocked.socket_writable = !flushed,
            Err(_) => {
                self.sending = Sending::Refused;
                self.connection.output.consume(usize::MAX);
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
        let Connection { stream, input, .. } = &mut *self.connection;
        let end = input.end();
        let before = end.len();
        end.resize(before + READ_HEAD, 0);
        let got = stream.read(end.get_mut(before..).unwrap_or_default());
        let count = match got {
            Ok(Got::Bytes(count)) => count,
            _ => 0,
        };
        end.truncate(before + count);
        self.note(got?)
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
            // Nobody reads: the next round finds that out.
            Err(_) => return Ok(false),
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
        let mut bytes = vec![0; most.min(READ_MAX)];
        let got = self.connection.stream.read(&mut bytes)?;
        if let Got::Bytes(count) = got {
            bytes.truncate(count);
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

    /// Nobody wants the response any more. The connection is kept if the rest of it is here already.
    fn abandon(&mut self) -> Result<bool, ErrorCode> {
        if self.exchange.answer.is_some() || self.sending != Sending::Done {
            return Ok(false);
        }
        loop {
            match self.decoder.next(&mut self.connection.input, false)? {
                Event::Data(most) if !self.connection.input.is_empty() => {
                    let most = usize::try_from(most).unwrap_or(usize::MAX);
                    let count = most.min(self.connection.input.len());
                    self.connection.input.consume(count);
                    self.decoder.took(count);
                }
                Event::End(_) => return Ok(self.decoder.keeps_alive()),
                _ => return Ok(false),
            }
        }
    }

    /// Waits for what blocks, and says what it means where that took too long.
    async fn wait(&mut self, blocked: &Blocked) -> Result<Option<ErrorCode>, ErrorCode> {
        let deadline = self.deadline(blocked);
        let Connection { stream, set, .. } = &mut *self.connection;
        set.clear();
        if blocked.socket_readable {
            stream.register(set, Interest::Readable, TAG)?;
        }
        if blocked.socket_writable {
            stream.register(set, Interest::Writable, TAG)?;
        }
        if blocked.request_body
            && let Some(body) = &self.exchange.request.body
        {
            set.add_signal(body.signal(), TAG)?;
        }
        if blocked.response_room
            && let Some(response) = &self.exchange.response
        {
            response.register(set, TAG)?;
        }
        set.add_signal(&self.exchange.abandoned, TAG)?;
        if let Some((deadline, _)) = deadline {
            set.add_deadline(deadline, TAG)?;
        }
        set.wait().await?;
        set.clear();
        self.reads = 0;
        let now = self.handle.now()?;
        // Whoever was waited for, it was not the server.
        if blocked.request_body {
            self.sent = now;
        }
        if blocked.response_room {
            self.received = now;
        }
        match deadline {
            Some((deadline, Some(code))) if now >= deadline => return Ok(Some(code)),
            Some((deadline, None)) if now >= deadline => self.sending = Sending::Body,
            _ => {}
        }
        Ok(None)
    }

    /// Until when to wait, and what it means if that passes; without a code the body goes out.
    fn deadline(&self, blocked: &Blocked) -> Option<(Instant, Option<ErrorCode>)> {
        let timeouts = &self.exchange.request.timeouts;
        let mut earliest: Option<(Instant, Option<ErrorCode>)> = None;
        let mut offer = |deadline: Instant, code: Option<ErrorCode>| {
            if earliest.as_ref().is_none_or(|(other, _)| deadline < *other) {
                earliest = Some((deadline, code));
            }
        };
        if let Sending::Asked(deadline) = self.sending
            && !blocked.socket_writable
        {
            offer(deadline, None);
        }
        if blocked.socket_writable {
            let deadline = self.sent + timeouts.between_bytes;
            offer(deadline, Some(ErrorCode::ConnectionWriteTimeout));
        }
        let awaits_head = self.exchange.answer.is_some();
        // While the guest's own body is waited for, the server is not late.
        if awaits_head && !blocked.request_body && !blocked.socket_writable {
            let deadline = self.sent + timeouts.first_byte;
            offer(deadline, Some(ErrorCode::ConnectionReadTimeout));
        }
        if !awaits_head && blocked.socket_readable {
            let deadline = self.received + timeouts.between_bytes;
            offer(deadline, Some(ErrorCode::ConnectionReadTimeout));
        }
        earliest
    }
}
