//! The request's body on its way to the handler.

use super::{Blocked, Exchange, Receiving};
use crate::http::body::Stopped;
use crate::http::error::ErrorCode;
use crate::http::fields::Fields;
use crate::http::server::refusal::Refusal;
use crate::http::server::request::RequestEvent;
use crate::http::server::wire::Lost;

/// How much of the requests behind this one is kept, in bytes; the rest waits in the client.
const PIPELINED_KEPT: usize = 16 * 1024;

impl Exchange<'_> {
    /// Reads what there is and passes it on, until something has to be waited for.
    ///
    /// Behind the request's end it reads on, up to a bound: so it is noticed that the client breaks the
    /// connection off.
    pub(super) fn receive(&mut self, blocked: &mut Blocked) -> Result<(), Lost> {
        while !self.wire.is_greedy() {
            match self.receiving {
                Receiving::GivenUp => return Ok(()),
                Receiving::Done if self.wire.input.len() >= PIPELINED_KEPT => return Ok(()),
                Receiving::Done => {}
                Receiving::Body => match self.decoder.next(&mut self.wire.input) {
                    Ok(RequestEvent::Data(most)) if !self.wire.input.is_empty() => {
                        if !self.pass_on(most) {
                            blocked.request_room = true;
                            return Ok(());
                        }
                        continue;
                    }
                    Ok(RequestEvent::End(trailers)) => {
                        self.finish(trailers);
                        continue;
                    }
                    Ok(_) if self.wire.ended => {
                        self.give_up(ErrorCode::ConnectionTerminated);
                        continue;
                    }
                    Ok(_) => {}
                    Err(refusal) => {
                        self.refuse(refusal);
                        continue;
                    }
                },
            }
            if !self.wire.fill()? {
                blocked.socket.readable = !self.wire.ended;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether what is left of a body that nobody wants is little enough to be read.
    pub(super) fn is_worth_draining(&self) -> bool {
        let unwanted = self.thrown_away.saturating_add(self.declared_left);
        // Somebody who reads it beside the answer wants all of it.
        let is_wanted = self.request.as_ref().is_some_and(|it| it.room().is_ok());
        is_wanted || unwanted <= self.state.settings.limits.drained
    }

    /// The rest of the body is not read.
    pub(super) fn give_up(&mut self, code: ErrorCode) {
        if let Some(request) = self.request.take() {
            request.fail(code);
        }
        self.receiving = Receiving::GivenUp;
        self.rules.keep = false;
    }

    /// The body is none. Where nothing of the answer is written yet, the refusal is the answer.
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.record.refused(refusal);
        self.give_up(refusal.code());
        if self.handler.take().is_some() {
            self.start_without_body(refusal.status());
        }
    }

    /// Passes on what of the body is in the input; whether there was room.
    fn pass_on(&mut self, most: u64) -> bool {
        let room = match self.request.as_ref().map(|request| request.room()) {
            Some(Ok(0)) => return false,
            Some(Ok(room)) => room,
            // Nobody reads it.
            Some(Err(_)) | None => {
                self.request = None;
                usize::MAX
            }
        };
        let input = &mut self.wire.input;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let count = most.min(room).min(input.len());
        let bytes = input.as_slice().get(..count).unwrap_or_default();
        match &self.request {
            Some(request) => {
                let written = request.write(bytes.to_vec());
                debug_assert!(!matches!(written, Err(Stopped::Failed(_))));
            }
            None => self.thrown_away = self.thrown_away.saturating_add(count as u64),
        }
        input.consume(count);
        // It has not waited to be asked.
        self.asks = None;
        self.decoder.took(count);
        self.declared_left = self.declared_left.saturating_sub(count as u64);
        if self.request.is_none() && !self.is_worth_draining() {
            self.give_up(ErrorCode::HttpProtocolError);
        }
        true
    }

    fn finish(&mut self, trailers: Option<Fields>) {
        if let Some(request) = self.request.take() {
            // Only its reader can have ended it before.
            let _ = request.finish(trailers);
        }
        self.asks = None;
        self.receiving = Receiving::Done;
    }
}
