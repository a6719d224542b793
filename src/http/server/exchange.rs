//! One request and its response on a connection, at the same time.

mod continuing;
mod half_closed;
mod receive;
mod respond;
mod responding;
mod waiting;

use wippy_dispatcher::{Event, Instant};

use super::guarded::GuardedHandler;
use super::handler::{Failure, IncomingRequest};
use super::informational::Informational;
use super::peer::Peer;
use super::record::{Cut, RequestRecord};
use super::refusal::Refusal;
use super::request::{ReceivedHead, RequestDecoder};
use super::response_encoder::ResponseRules;
use super::server_state::ServerState;
use super::trace_parent::TraceParent;
use super::wire::{ClientState, Lost, SocketWait, Wire};
use crate::http::body::{BodyWriter, body};
use crate::http::error::ErrorCode;
use crate::http::head::Framing;
use half_closed::HalfClosed;
use responding::Responding;

/// How much of a request's body is kept for its reader, in bytes.
const REQUEST_KEPT: usize = 64 * 1024;

/// What becomes of the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// It takes another request.
    Kept,
    /// The answer was its last.
    Over,
}

/// How far the request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Receiving {
    /// Its body is on its way.
    Body,
    /// All of it has arrived.
    Done,
    /// The rest is not read: it cannot be, or is more than is thrown away for nothing.
    GivenUp,
}

/// What has to happen before the exchange can go on.
#[derive(Default)]
struct Blocked {
    socket: SocketWait,
    /// The reader of the request's body has to make room.
    request_room: bool,
    /// The response's body has to bring something.
    response_body: bool,
}

/// A request whose head has arrived, until its response is written.
pub(super) struct Exchange<'a> {
    state: &'a ServerState,
    wire: &'a mut Wire,
    decoder: RequestDecoder,
    receiving: Receiving,
    /// The request's body, while somebody may read it.
    request: Option<BodyWriter>,
    /// Bytes of the body that are still to come, where the head says how many.
    declared_left: u64,
    /// Bytes of the body that nobody wanted.
    thrown_away: u64,
    /// The client waits for `100 Continue`; this is set when somebody wants the body.
    asks: Option<Event>,
    rules: ResponseRules,
    handler: Option<GuardedHandler>,
    /// Informational responses of the handler.
    informational: Informational,
    responding: Responding,
    /// Since when the client, and nobody else, is to send more of the body.
    awaits_body: Option<Instant>,
    half_closed: HalfClosed,
    /// When all of the request has to be there.
    read_deadline: Option<Instant>,
    /// When the handler has to be done.
    handler_deadline: Option<Instant>,
    record: RequestRecord<'a>,
}

/// Whoever still reads the request's body learns why it does not end.
impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        self.informational.close();
        if let Some(request) = self.request.take() {
            request.fail(ErrorCode::ConnectionTerminated);
        }
    }
}

impl<'a> Exchange<'a> {
    /// Hands the request to the handler, which has begun to arrive at `began`.
    pub(super) fn new(
        state: &'a ServerState,
        wire: &'a mut Wire,
        peer: Peer,
        received: ReceivedHead,
        decoder: RequestDecoder,
        began: Instant,
    ) -> Result<Exchange<'a>, Lost> {
        let now = state.handle.now()?;
        let (writer, reader) = body(&state.handle, REQUEST_KEPT, None)?;
        let asks = match received.expects_continue {
            true => Some(Event::new(&state.handle)?),
            false => None,
        };
        if let Some(wanted) = &asks {
            writer.announce_wanted(wanted.clone());
        }
        let mut head = received.head;
        let secure = state.sessions.is_some();
        let client = state.settings.proxies.client(peer, secure, &head.fields);
        let trace = TraceParent::take_over(&mut head.fields);
        let ids = state.request_ids.as_ref();
        let id = ids.map(|ids| ids.name(&mut head.fields));
        let mut record = RequestRecord::taken(state, now, &head, peer, client);
        record.trace = trace.map(|trace| trace.trace);
        record.id.clone_from(&id);
        let rules = ResponseRules::of(&head.method, head.minor, received.keeps_alive);
        let informational = Informational::new();
        let request = IncomingRequest {
            head,
            target: received.target,
            body: reader,
            peer,
            client,
            id,
            trace,
            informational: informational.clone(),
        };
        let handler = GuardedHandler::start(&*state.handler, request);
        let timeouts = &state.settings.limits.timeouts;
        let (timeout, read) = (timeouts.request, timeouts.read);
        Ok(Exchange {
            state,
            wire,
            decoder,
            receiving: Receiving::Body,
            request: Some(writer),
            declared_left: match received.framing {
                Framing::Length(length) => length,
                _ => 0,
            },
            thrown_away: 0,
            asks,
            rules,
            handler: Some(handler),
            informational,
            responding: Responding::NotYet,
            awaits_body: None,
            half_closed: HalfClosed::default(),
            read_deadline: read.map(|read| began + read),
            handler_deadline: timeout.map(|timeout| now + timeout),
            record,
        })
    }

    /// Receives the rest of the request and sends the response.
    pub(super) async fn run(mut self, is_last: bool) -> Result<Outcome, Lost> {
        self.rules.keep &= !is_last;
        loop {
            if self.state.cut.is_set() {
                return Err(self.abandon(Cut::Stopped));
            }
            let mut blocked = Blocked::default();
            self.ask_for_the_body();
            let moved = match self.receive(&mut blocked) {
                Ok(()) => self.respond(&mut blocked),
                lost => lost,
            };
            if let Err(lost) = moved {
                // Unless there is another reason already.
                self.record.cut(Cut::ClientGone);
                return Err(lost);
            }
            if self.is_answered() {
                self.record.answered(self.wire);
                match self.receiving {
                    Receiving::Done if self.keeps_alive() => return Ok(Outcome::Kept),
                    Receiving::Body if self.keeps_alive() && self.is_worth_draining() => {}
                    _ => return Ok(Outcome::Over),
                }
            }
            if self.wire.is_greedy() {
                self.wire.breathe().await?;
                continue;
            }
            let now = self.state.handle.now()?;
            let waits = blocked.socket.readable && self.owes_body();
            // Behind the answer nobody has to make the client wait.
            self.awaits_body = match waits || (self.is_answered() && blocked.request_room) {
                true => Some(self.awaits_body.unwrap_or(now).max(self.wire.received)),
                false => None,
            };
            let timeouts = &self.state.settings.limits.timeouts;
            let write = self.wire.stuck().map(|since| since + timeouts.write);
            let body = self.awaits_body.map(|since| since + timeouts.body);
            if self.wire.client() == ClientState::Gone {
                return Err(self.abandon(Cut::ClientGone));
            }
            let read = self
                .read_deadline
                .filter(|_| self.receiving == Receiving::Body);
            let body = [body, read].into_iter().flatten().min();
            if write.is_some_and(|deadline| now >= deadline) {
                return Err(self.abandon(Cut::WriteTimeout));
            }
            let half_closed = self.half_closed_deadline(now);
            if half_closed.is_some_and(|deadline| now >= deadline) {
                return Err(self.abandon(Cut::HalfClosed));
            }
            if body.is_some_and(|deadline| now >= deadline) {
                if self.is_answered() {
                    return Ok(Outcome::Over);
                }
                self.refuse(Refusal::Late);
                continue;
            }
            let handler = self.handler_deadline.filter(|_| self.awaits_handler());
            if handler.is_some_and(|deadline| now >= deadline) {
                self.time_out()?;
                continue;
            }
            let deadlines = [write, body, handler, half_closed];
            let deadline = deadlines.into_iter().flatten().min();
            self.wait(&blocked, deadline).await?;
        }
    }

    /// Whether the handler has something to give yet.
    fn awaits_handler(&self) -> bool {
        self.handler.is_some() || self.responding.body().is_some()
    }

    /// Ends a request whose handler takes too long.
    fn time_out(&mut self) -> Result<(), Lost> {
        self.state.meters().timeouts.add(1);
        self.record.is_timeout = true;
        if self.handler.is_none() {
            return Err(self.cut_off());
        }
        if self.awaits_body.is_some() {
            // The client has not sent all that the handler may be waiting for.
            self.refuse(Refusal::Late);
            return Ok(());
        }
        if self.receiving == Receiving::Body {
            self.give_up(ErrorCode::ConnectionTerminated);
        }
        self.answer(Ok(Err(Failure::TIMEOUT)));
        Ok(())
    }

    /// When a handler that has given nothing more is not waited for any longer, because its client has closed its writing
    /// half.
    fn half_closed_deadline(&mut self, now: Instant) -> Option<Instant> {
        if !self.awaits_handler() || self.wire.client() != ClientState::HalfClosed {
            self.half_closed.reset();
            return None;
        }
        let since = self.half_closed.since(now, self.wire.taken());
        let time = self.state.settings.limits.timeouts.half_close;
        time.map(|time| since + time)
    }

    /// Ends the connection without the rest of the response.
    fn abandon(&mut self, cut: Cut) -> Lost {
        self.record.cut(cut);
        self.wire.reset();
        Lost
    }
}
