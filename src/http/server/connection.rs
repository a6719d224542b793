//! A connection: one request after the other, and an end that loses no answer.

use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::Instant;

use super::exchange::{Exchange, Outcome};
use super::handshake;
use super::peer::Peer;
use super::record::{RequestRecord, count_moved};
use super::refusal::Refusal;
use super::request::{ReceivedHead, RequestDecoder, RequestEvent};
use super::request_id;
use super::response_encoder::{BodyLength, ResponseEncoder, ResponseRules};
use super::server_state::ServerState;
use super::transport::Transport;
use super::wire::{Lost, SocketWait, TAG, Wire};
use crate::http::fields::Fields;

/// How long a connection that has brought no request yet is waited for when its server stops: its client has
/// perhaps just sent one.
const FIRST_REQUEST: Duration = Duration::from_secs(1);
/// How long, and for how many bytes, what a client still sends is read behind the last answer. With unread bytes
/// the system would take the answer back.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 1024 * 1024;

/// What the wait for a request ended with.
enum Next {
    /// Its head, what reads its body, and since when it is waited for.
    Request(Box<ReceivedHead>, RequestDecoder, Instant),
    Refused(Refusal),
    /// No request comes any more.
    Over,
}

/// A connection that is open, for those who count.
struct Open(Rc<ServerState>);

impl Open {
    fn new(state: &Rc<ServerState>) -> Open {
        state.meters().accepted.add(1);
        Open(state.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.meters().closed.add(1);
    }
}

/// Serves a connection until it ends.
pub(super) async fn serve(state: Rc<ServerState>, transport: Transport, peer: Peer) {
    let _open = Open::new(&state);
    let session = state.sessions.as_ref().map(|sessions| sessions.session());
    let Ok(wire) = Wire::new(
        &state.handle,
        transport,
        session.flatten(),
        state.arriving.clone(),
    ) else {
        return;
    };
    let mut connection = Connection {
        state,
        wire,
        peer,
        requests: 0,
    };
    // A connection that is lost has nobody to be told.
    let _ = connection.run().await;
    count_moved(&connection.state, &mut connection.wire);
}

struct Connection {
    state: Rc<ServerState>,
    wire: Wire,
    peer: Peer,
    requests: u64,
}

impl Connection {
    async fn run(&mut self) -> Result<(), Lost> {
        if let Err(lost) = handshake::agree(&self.state, &mut self.wire).await {
            self.state.meters().handshakes_failed.add(1);
            return Err(lost);
        }
        loop {
            if self.wire.is_greedy() {
                self.wire.breathe().await?;
            }
            match self.next().await? {
                Next::Over => return Ok(()),
                Next::Refused(refusal) => {
                    self.refuse(refusal).await?;
                    return self.linger().await;
                }
                Next::Request(head, decoder, began) => {
                    self.requests += 1;
                    let is_last = self.requests >= self.state.settings.limits.requests_each;
                    let Connection {
                        state, wire, peer, ..
                    } = self;
                    wire.begin_request();
                    let exchange = Exchange::new(state, wire, *peer, *head, decoder, began)?;
                    let outcome = exchange.run(is_last).await?;
                    match outcome {
                        Outcome::Kept => {}
                        Outcome::Over => return self.linger().await,
                    }
                }
            }
        }
    }

    /// Waits for the head of the next request.
    async fn next(&mut self) -> Result<Next, Lost> {
        let Connection { state, wire, .. } = self;
        let timeouts = state.settings.limits.timeouts;
        let is_first = self.requests == 0;
        let mut decoder = RequestDecoder::new(state.settings.limits.request);
        let waiting = state.handle.now()?;
        let mut began = is_first.then_some(waiting);
        let mut stopping = None;
        loop {
            if state.cut.is_set() {
                return Err(Lost);
            }
            if !wire.is_blank() && began.is_none() {
                began = Some(state.handle.now()?);
            }
            match decoder.next(&mut wire.input) {
                Ok(RequestEvent::Head(head)) => {
                    let began = began.unwrap_or(waiting);
                    return Ok(Next::Request(head, decoder, began));
                }
                Ok(_) => {}
                Err(refusal) => return Ok(Next::Refused(refusal)),
            }
            if wire.is_greedy() {
                wire.breathe().await?;
                continue;
            }
            let stops = state.stopping.is_set();
            let news = match stops {
                true => wire.fill_now()?,
                false => wire.fill()?,
            };
            let blank = wire.is_blank();
            if wire.ended {
                return Ok(match blank {
                    true => Next::Over,
                    false => Next::Refused(Refusal::Malformed),
                });
            }
            if news {
                continue;
            }
            if stops && blank && !is_first {
                return Ok(Next::Over);
            }
            let now = state.handle.now()?;
            let mut deadline = match began {
                Some(began) => began + timeouts.head,
                None => waiting + timeouts.idle,
            };
            if stops && blank {
                let since = *stopping.get_or_insert(now);
                deadline = deadline.min(since + FIRST_REQUEST);
            }
            if now >= deadline {
                return Ok(match blank {
                    true => Next::Over,
                    false => Next::Refused(Refusal::Late),
                });
            }
            wire.release();
            wire.prepare(SocketWait {
                readable: true,
                writable: false,
            })?;
            wire.set.add_event(&state.cut, TAG)?;
            if !stops {
                wire.set.add_event(&state.stopping, TAG)?;
            }
            wire.set.add_deadline(deadline, TAG)?;
            wire.set.wait().await?;
        }
    }

    /// Answers a request that never got to the handler.
    async fn refuse(&mut self, refusal: Refusal) -> Result<(), Lost> {
        let Connection {
            state, wire, peer, ..
        } = self;
        let began = state.handle.now()?;
        let mut record = RequestRecord::of_refusal(state, began, *peer, wire.input.as_slice());
        record.refused(refusal);
        let mut fields = Fields::new();
        record.id = state.request_ids.as_ref().map(|ids| ids.make());
        if let Some(id) = &record.id {
            let added = fields.append(request_id::FIELD, id.as_bytes());
            debug_assert!(added.is_ok(), "hexadecimal digits");
        }
        let rules = ResponseRules {
            is_head: false,
            minor: 1,
            keep: false,
        };
        let (status, output) = (refusal.status(), wire.output.end());
        let started = state.with_date(|date| {
            ResponseEncoder::start(status, &fields, BodyLength::None, rules, date, output)
        });
        debug_assert!(started.is_ok(), "every refusal has a status");
        record.status = Some(status);
        while !wire.flush()? {
            let deadline = match wire.stuck() {
                Some(since) => since + state.settings.limits.timeouts.write,
                None => state.handle.now()?,
            };
            if state.cut.is_set() || state.handle.now()? >= deadline {
                return Err(Lost);
            }
            wire.prepare(SocketWait {
                readable: false,
                writable: true,
            })?;
            wire.set.add_event(&state.cut, TAG)?;
            wire.set.add_deadline(deadline, TAG)?;
            wire.set.wait().await?;
        }
        record.answered(wire);
        Ok(())
    }

    /// Ends the connection behind the last answer, and reads what the client still sends.
    async fn linger(&mut self) -> Result<(), Lost> {
        let Connection { state, wire, .. } = self;
        wire.finish();
        let deadline = state.handle.now()? + LINGER;
        let mut read = 0;
        while !wire.ended && read < LINGER_BYTES {
            read += wire.input.len() as u64;
            wire.input.consume(usize::MAX);
            if wire.is_greedy() {
                wire.breathe().await?;
            }
            if wire.fill()? {
                continue;
            }
            if state.cut.is_set() || state.handle.now()? >= deadline {
                break;
            }
            wire.prepare(SocketWait {
                readable: true,
                writable: false,
            })?;
            wire.set.add_event(&state.cut, TAG)?;
            wire.set.add_deadline(deadline, TAG)?;
            wire.set.wait().await?;
        }
        Ok(())
    }
}
