//! `random_get`: the dispatcher's entropy, straight into the guest's memory.

use wippy_dispatcher::RngStream;

use super::errno::Answer;
use super::guest::{Guest, bytes_mut};
use crate::host::random::SLICE;

pub(super) async fn random_get(guest: &mut Guest<'_>, (buffer, length): (u32, u32)) -> Answer {
    guest.check(buffer, length as usize)?;
    let mut done = 0;
    while done < length {
        guest.consume_budget().await?;
        let (memory, state) = guest.parts()?;
        let now = (length - done).min(SLICE as u32);
        let slice = bytes_mut(memory, buffer.saturating_add(done), now as usize)?;
        state.call.handle.fill_random(RngStream::Secure, slice)?;
        state.call.spend_part(now as usize, SLICE);
        done += now;
    }
    Ok(())
}
