//! How long a client that sends nothing more is answered.

use wippy_dispatcher::Instant;

use super::Exchange;
use crate::http::server::wire::ClientState;

/// Since when such a client has been given nothing, and what it had taken by then.
#[derive(Default)]
pub(super) struct HalfClosed(Option<(Instant, u64)>);

impl Exchange<'_> {
    /// When a handler that has given nothing more is not waited for any longer, because its client has closed its writing
    /// half.
    pub(super) fn half_closed_deadline(&mut self, now: Instant) -> Option<Instant> {
        let waits = self.awaits_handler() && self.wire.client() == ClientState::HalfClosed;
        let taken = self.wire.taken();
        let HalfClosed(quiet) = &mut self.half_closed;
        if !waits {
            *quiet = None;
            return None;
        }
        let since = match *quiet {
            Some((since, before)) if before == taken => since,
            _ => {
                *quiet = Some((now, taken));
                now
            }
        };
        self.state
            .settings
            .limits
            .timeouts
            .half_close
            .map(|time| since + time)
    }
}
