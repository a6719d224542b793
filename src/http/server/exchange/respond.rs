//! The handler's response on its way to the client.

use super::responding::Responding;
use super::{Blocked, Exchange, Receiving};
use crate::http::body::{BodyReader, Stopped};
use crate::http::fields::Fields;
use crate::http::server::guarded::{Handled, Panicked};
use crate::http::server::handler::Failure;
use crate::http::server::record::Cut;
use crate::http::server::request_id;
use crate::http::server::response_encoder::{BadResponse, BodyLength, ResponseEncoder};
use crate::http::server::wire::Lost;

/// How much of a response is kept for the socket, in bytes.
const RESPONSE_KEPT: usize = 64 * 1024;

impl Exchange<'_> {
    /// All of the response is written.
    pub(super) fn is_answered(&self) -> bool {
        matches!(self.responding, Responding::Done { .. }) && self.wire.is_flushed()
    }

    /// Whether the connection goes on behind the response.
    pub(super) fn keeps_alive(&self) -> bool {
        match self.responding {
            Responding::Done { keeps_alive } => keeps_alive && self.rules.keep,
            _ => false,
        }
    }

    /// Takes what the handler gives.
    pub(super) fn answer(&mut self, result: Handled) {
        self.handler = None;
        match result {
            Ok(Ok(response)) => {
                let (status, body) = (response.status, response.body);
                if self.start(status, response.fields, body).is_err() {
                    self.start_without_body(Failure::INTERNAL.status());
                }
            }
            Ok(Err(failure)) => self.start_without_body(failure.status()),
            Err(Panicked) => {
                self.state.meters().panics.add(1);
                self.start_without_body(Failure::INTERNAL.status());
            }
        }
    }

    /// Answers with a status alone.
    pub(super) fn start_without_body(&mut self, status: u16) {
        let started = self.start(status, Fields::new(), None);
        debug_assert!(started.is_ok(), "a status of the server's own");
    }

    /// Encodes a head.
    ///
    /// # Errors
    /// When it is none; nothing is written then.
    fn start(
        &mut self,
        status: u16,
        mut fields: Fields,
        body: Option<BodyReader>,
    ) -> Result<(), BadResponse> {
        // A client that waits to send its body, and is answered, may send it or not.
        self.rules.keep &= self.asks.is_none();
        self.rules.keep &= !self.state.stopping.is_set() || self.has_next();
        let length = match &body {
            None => BodyLength::None,
            Some(body) => body
                .known_length()
                .map_or(BodyLength::Unknown, BodyLength::Known),
        };
        let (rules, output) = (self.rules, self.wire.output.end());
        self.informational.write(rules, output);
        if let Some(id) = &self.record.id
            && !fields.has(request_id::FIELD)
        {
            // A response whose fields are full goes without one.
            let _ = fields.append(request_id::FIELD, id.as_bytes());
        }
        let encoder = self.state.with_date(|date| {
            ResponseEncoder::start(status, &fields, length, rules, date, output)
        })?;
        self.informational.close();
        self.record.status = Some(status);
        self.responding = match body {
            Some(body) if encoder.has_body() => Responding::Body(encoder, body),
            _ => Responding::Done {
                keeps_alive: encoder.keeps_alive(),
            },
        };
        Ok(())
    }

    /// Whether something of the client's next request has been read: it is answered even where the server stops.
    fn has_next(&self) -> bool {
        self.receiving == Receiving::Done && !self.wire.is_blank()
    }

    /// Encodes what there is of the response and writes what there is room for, until one of them has to
    /// be waited for.
    pub(super) fn respond(&mut self, blocked: &mut Blocked) -> Result<(), Lost> {
        if self.handler.is_some() {
            self.informational.write(self.rules, self.wire.output.end());
        }
        loop {
            if self.encode(blocked).is_err() {
                self.record.cut(Cut::HandlerFailed);
                return Err(self.cut_off());
            }
            if !self.wire.flush()? {
                blocked.socket.writable = true;
                return Ok(());
            }
            if self.responding.body().is_none() || blocked.response_body {
                return Ok(());
            }
        }
    }

    /// Encodes what there is of the body, up to a bound.
    ///
    /// # Errors
    /// When it cannot be ended: it has failed, or is not as long as its head says.
    fn encode(&mut self, blocked: &mut Blocked) -> Result<(), Stopped> {
        let Responding::Body(encoder, body) = &mut self.responding else {
            return Ok(());
        };
        while self.wire.output.len() < RESPONSE_KEPT {
            let output = self.wire.output.end();
            match body.read(RESPONSE_KEPT) {
                Ok(bytes) if bytes.is_empty() => {
                    blocked.response_body = true;
                    return Ok(());
                }
                Ok(bytes) => {
                    self.record.sent += bytes.len() as u64;
                    encoder.data(&bytes, output).map_err(|_| Stopped::Ended)?;
                }
                Err(Stopped::Ended) => {
                    let trailers = body.end().and_then(Result::ok).flatten();
                    let ended = encoder.end(trailers.as_ref(), output);
                    ended.map_err(|_| Stopped::Ended)?;
                    let keeps_alive = encoder.keeps_alive();
                    self.responding = Responding::Done { keeps_alive };
                    return Ok(());
                }
                Err(failed) => return Err(failed),
            }
        }
        Ok(())
    }

    /// Ends the connection within the response, so that the client sees that it is incomplete: with a reset
    /// where the connection's end would be the body's.
    pub(super) fn cut_off(&mut self) -> Lost {
        let reset = match &self.responding {
            Responding::Body(encoder, _) => encoder.ends_with_connection(),
            _ => true,
        };
        // What is encoded is whole pieces. If the client has no room for them now, they are lost.
        if reset || !matches!(self.wire.flush(), Ok(true)) {
            self.wire.reset();
        }
        Lost
    }
}
