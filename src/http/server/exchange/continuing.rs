//! Asking a client for the body that it keeps back (`Expect: 100-continue`).

use super::responding::Responding;
use super::{Exchange, Receiving};
use crate::http::fields::Fields;
use crate::http::server::response_encoder::write_informational;

impl Exchange<'_> {
    /// Sends `100 Continue` once somebody wants the body, unless the response has begun: a client that is refused, or
    /// whose body nobody reads, need not send it.
    pub(super) fn ask_for_the_body(&mut self) {
        let is_wanted = self.asks.as_ref().is_some_and(|wanted| wanted.is_set());
        let is_due = is_wanted && self.receiving == Receiving::Body;
        if is_due && matches!(self.responding, Responding::NotYet) {
            self.asks = None;
            let written = write_informational(100, &Fields::new(), self.wire.output.end());
            debug_assert!(written.is_ok(), "100 is informational");
        }
    }

    /// Whether the client is to send more of the body: it does not wait to be asked.
    pub(super) fn owes_body(&self) -> bool {
        let has_begun = !matches!(self.responding, Responding::NotYet);
        self.receiving == Receiving::Body && (self.asks.is_none() || has_begun)
    }
}
