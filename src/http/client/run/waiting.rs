//! What an exchange waits for, and for how long.

use wippy_dispatcher::{Instant, Interest};

use super::{Blocked, Run, Sending};
use crate::http::client::connection::Connection;
use crate::http::error::ErrorCode;

/// All members of a wait have this tag: which of them fired does not matter, since everything is tried
/// again after it.
const TAG: u32 = 0;

impl Run<'_> {
    /// Waits for what blocks, and says what it means where that took too long.
    pub(super) async fn wait(&mut self, blocked: &Blocked) -> Result<Option<ErrorCode>, ErrorCode> {
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
            set.add_event(body.readable(), TAG)?;
        }
        if blocked.response_room
            && let Some(response) = &self.exchange.response
        {
            response.register(set, TAG)?;
        }
        set.add_event(self.exchange.giving_up(), TAG)?;
        if let Some((deadline, _)) = deadline {
            set.add_deadline(deadline, TAG)?;
        }
        set.wait().await?;
        set.clear();
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
        // Behind the response nothing is expected.
        let awaits_rest = self.exchange.response.is_some();
        if awaits_rest && blocked.socket_readable {
            let deadline = self.received + timeouts.between_bytes;
            offer(deadline, Some(ErrorCode::ConnectionReadTimeout));
        }
        earliest
    }
}
