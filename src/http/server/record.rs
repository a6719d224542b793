//! What is noted of one request, for counters and for the log.

use std::cell::OnceCell;
use std::fmt::Write as _;

use wippy_dispatcher::{Instant, WallTime};

use super::access_line::AccessLine;
use super::peer::Peer;
use super::refusal::Refusal;
use super::server_state::ServerState;
use super::trusted_proxies::ClientInfo;
use super::wire::Wire;
use crate::http::fields::Fields;
use crate::http::head::RequestHead;

/// How much of what is no request is kept for the log, in bytes.
const REFUSED_KEPT: usize = 1024;

/// Why a response does not come to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cut {
    /// The client has broken the connection off.
    ClientGone,
    /// The client sends nothing more, and the handler has given nothing within the time for that.
    HalfClosed,
    /// The client takes nothing of what is written.
    WriteTimeout,
    /// The response's body has failed, or is not as long as its head says.
    HandlerFailed,
    /// The server has ended.
    Stopped,
}

impl Cut {
    /// A word for it in the log.
    fn name(self) -> &'static str {
        match self {
            Cut::ClientGone => "client-gone",
            Cut::HalfClosed => "half-closed",
            Cut::WriteTimeout => "write-timeout",
            Cut::HandlerFailed => "handler-failed",
            Cut::Stopped => "stopped",
        }
    }
}

/// One request, which is counted and logged when this is dropped.
pub(super) struct RequestRecord<'a> {
    state: &'a ServerState,
    began: Instant,
    ended: OnceCell<Instant>,
    /// It was handed to the handler.
    is_taken: bool,
    is_answered: bool,
    pub(super) is_timeout: bool,
    refusal: Option<Refusal>,
    cut: Option<Cut>,
    /// Of the response, once it has begun.
    pub(super) status: Option<u16>,
    /// Bytes of the response's body.
    pub(super) sent: u64,
    pub(super) id: Option<String>,
    pub(super) trace: Option<u128>,
    /// What only the log has; `None` where there is no log.
    logged: Option<Box<Logged>>,
}

struct Logged {
    time: WallTime,
    peer: Peer,
    client: Option<ClientInfo>,
    /// The first line, or what came in its place.
    request: Vec<u8>,
    parts: Option<(String, String, u8)>,
    host: Option<Vec<u8>>,
    referer: Option<Vec<u8>>,
    agent: Option<Vec<u8>>,
}

impl<'a> RequestRecord<'a> {
    fn new(state: &'a ServerState, began: Instant) -> RequestRecord<'a> {
        RequestRecord {
            state,
            began,
            ended: OnceCell::new(),
            is_taken: false,
            is_answered: false,
            is_timeout: false,
            refusal: None,
            cut: None,
            status: None,
            sent: 0,
            id: None,
            trace: None,
            logged: None,
        }
    }

    /// Of a request that the handler gets.
    pub(super) fn taken(
        state: &'a ServerState,
        began: Instant,
        head: &RequestHead,
        peer: Peer,
        client: ClientInfo,
    ) -> RequestRecord<'a> {
        state.meters().requests.add(1);
        let mut record = RequestRecord::new(state, began);
        record.is_taken = true;
        if state.log.is_some() {
            record.logged = Some(Box::new(Logged::of(state, head, peer, client)));
        }
        record
    }

    /// Of one that is refused: what has come of it is this.
    pub(super) fn of_refusal(
        state: &'a ServerState,
        began: Instant,
        peer: Peer,
        came: &[u8],
    ) -> RequestRecord<'a> {
        let mut record = RequestRecord::new(state, began);
        if state.log.is_some() {
            let line = came.split(|byte| matches!(byte, b'\r' | b'\n'));
            let line = line.into_iter().find(|line| !line.is_empty());
            let line = line.unwrap_or_default();
            record.logged = Some(Box::new(Logged {
                time: wall_time(state),
                peer,
                client: None,
                request: line.get(..REFUSED_KEPT).unwrap_or(line).to_vec(),
                parts: None,
                host: None,
                referer: None,
                agent: None,
            }));
        }
        record
    }

    /// Notes a refusal.
    pub(super) fn refused(&mut self, refusal: Refusal) {
        self.state.meters().refused(refusal);
        self.refusal = Some(refusal);
    }

    /// Notes why the response does not come to its end. The first reason counts.
    pub(super) fn cut(&mut self, cut: Cut) {
        self.cut.get_or_insert(cut);
    }

    /// All of the response is written.
    pub(super) fn answered(&mut self, wire: &mut Wire) {
        if !std::mem::replace(&mut self.is_answered, true) {
            if let Ok(now) = self.state.handle.now() {
                let _ = self.ended.set(now);
            }
            count_moved(self.state, wire);
        }
    }
}

/// Adds what a connection has moved to what its server has.
pub(super) fn count_moved(state: &ServerState, wire: &mut Wire) {
    let (received, sent) = wire.take_moved();
    state.meters().received.add(received);
    state.meters().sent.add(sent);
}

fn wall_time(state: &ServerState) -> WallTime {
    state.handle.wall_time().unwrap_or(WallTime {
        seconds: 0,
        nanoseconds: 0,
    })
}

impl Logged {
    fn of(state: &ServerState, head: &RequestHead, peer: Peer, client: ClientInfo) -> Logged {
        let (method, target, minor) = (head.method.as_str(), &head.target, head.minor);
        let first = |name| field(&head.fields, name);
        Logged {
            time: wall_time(state),
            peer,
            client: Some(client),
            request: format!("{method} {target} HTTP/1.{minor}").into_bytes(),
            parts: Some((method.to_owned(), target.clone(), minor)),
            host: first("host"),
            referer: first("referer"),
            agent: first("user-agent"),
        }
    }
}

fn field(fields: &Fields, name: &str) -> Option<Vec<u8>> {
    fields.get(name).next().map(<[u8]>::to_vec)
}

impl Drop for RequestRecord<'_> {
    fn drop(&mut self) {
        let (state, meters) = (self.state, self.state.meters());
        let now = || state.handle.now().unwrap_or(self.began);
        let took = *self.ended.get_or_init(now) - self.began;
        if self.is_taken {
            match self.is_answered {
                true => meters.answered.add(1),
                false => meters.cut.add(1),
            }
            meters.durations.record(took);
        }
        if let Some(status) = self.status {
            meters.status(status);
        }
        let (Some(log), Some(logged)) = (&state.log, &self.logged) else {
            return;
        };
        let mut client = String::from("-");
        let address = match logged.client {
            Some(client) => client.address,
            None => logged.peer.ip(),
        };
        if let Some(address) = address {
            client.clear();
            let _ = write!(client, "{address}");
        }
        let peer = logged.peer.to_string();
        let parts = logged.parts.as_ref();
        let line = AccessLine {
            time: logged.time,
            took,
            client: &client,
            peer: &peer,
            request: &logged.request,
            parts: parts.map(|(method, target, minor)| (&**method, &**target, *minor)),
            host: logged.host.as_deref(),
            status: self.status,
            sent: self.sent,
            referer: logged.referer.as_deref(),
            agent: logged.agent.as_deref(),
            id: self.id.as_deref(),
            trace: self.trace,
            end: match (self.refusal, self.is_timeout) {
                (_, true) => "timeout",
                (Some(refusal), false) => refusal.name(),
                (None, false) if self.is_answered => "answered",
                (None, false) => self.cut.map_or("cut", Cut::name),
            },
        };
        log.add(|lines| line.write(log.format(), lines));
    }
}
