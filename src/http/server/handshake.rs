//! Agreeing on a session of TLS before the first request.

use super::server_state::ServerState;
use super::wire::{Lost, TAG, Wire};

/// Agrees with the client, where there is TLS at all.
///
/// # Errors
/// `Lost` when the client does not speak it, goes away, or takes longer than its time.
pub(super) async fn agree(state: &ServerState, wire: &mut Wire) -> Result<(), Lost> {
    let deadline = state.handle.now()? + state.settings.limits.timeouts.handshake;
    loop {
        let Some(wait) = wire.agree()? else {
            return Ok(());
        };
        if wire.is_greedy() {
            wire.breathe().await?;
            continue;
        }
        if state.cut.is_set() || state.handle.now()? >= deadline {
            return Err(Lost);
        }
        wire.prepare(wait)?;
        wire.set.add_event(&state.cut, TAG)?;
        wire.set.add_deadline(deadline, TAG)?;
        wire.set.wait().await?;
    }
}
