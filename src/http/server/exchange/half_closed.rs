//! How long a client that sends nothing more is answered.

use wippy_dispatcher::Instant;

/// Since when such a client has been given nothing, and what it had taken by then.
#[derive(Default)]
pub(super) struct HalfClosed(Option<(Instant, u64)>);

impl HalfClosed {
    /// Since when a handler that has given nothing more is waited for by a client that has closed its writing half and has
    /// taken so much.
    pub(super) fn since(&mut self, now: Instant, taken: u64) -> Instant {
        match self.0 {
            Some((since, before)) if before == taken => since,
            _ => {
                self.0 = Some((now, taken));
                now
            }
        }
    }

    /// No such client waits for the handler.
    pub(super) fn reset(&mut self) {
        self.0 = None;
    }
}
