//! What a guest is told when it starts, and how it ends: arguments, environment, `proc_exit`,
//! `proc_raise`, `sched_yield`.

use std::sync::Arc;

use super::errno::{Answer, Errno};
use super::guest::{Guest, bytes_mut};
use crate::host::Exit;

/// The signals that preview 1 knows, from `none` on.
const SIGNALS: u32 = 31;

pub(super) fn args_sizes_get(guest: &mut Guest<'_>, (count, size): (u32, u32)) -> Answer {
    let args = &guest.cli().args;
    let lengths = args.iter().map(|text| text.len());
    let sizes = sizes(lengths)?;
    store_sizes(guest, sizes, count, size)
}

pub(super) fn args_get(guest: &mut Guest<'_>, (pointers, buffer): (u32, u32)) -> Answer {
    let args: Arc<[String]> = guest.cli().args.clone();
    let texts = args.iter().map(|text| [text.as_bytes(), b"", b""]);
    store_texts(guest, texts, pointers, buffer)
}

pub(super) fn environ_sizes_get(guest: &mut Guest<'_>, (count, size): (u32, u32)) -> Answer {
    let env = &guest.cli().env;
    let lengths = env.iter().map(|(name, value)| name.len() + 1 + value.len());
    let sizes = sizes(lengths)?;
    store_sizes(guest, sizes, count, size)
}

pub(super) fn environ_get(guest: &mut Guest<'_>, (pointers, buffer): (u32, u32)) -> Answer {
    let env: Arc<[(String, String)]> = guest.cli().env.clone();
    let texts = env
        .iter()
        .map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()]);
    store_texts(guest, texts, pointers, buffer)
}

/// How many texts there are, and how many bytes they take with a zero after each.
fn sizes(lengths: impl Iterator<Item = usize>) -> Result<(u32, u32), Errno> {
    let (mut count, mut size) = (0usize, 0usize);
    for length in lengths {
        count += 1;
        size = size.saturating_add(length + 1);
    }
    let fit = |number: usize| u32::try_from(number).map_err(|_| Errno::OVERFLOW);
    Ok((fit(count)?, fit(size)?))
}

fn store_sizes(guest: &mut Guest<'_>, sizes: (u32, u32), count: u32, size: u32) -> Answer {
    guest.store_u32(count, sizes.0)?;
    guest.store_u32(size, sizes.1)?;
    Ok(())
}

/// Stores texts, each of three parts, one behind the other and each with a zero after it, and a
/// pointer to each.
fn store_texts<'t>(
    guest: &mut Guest<'_>,
    texts: impl Iterator<Item = [&'t [u8]; 3]>,
    pointers: u32,
    buffer: u32,
) -> Answer {
    let (memory, state) = guest.parts()?;
    let (mut pointer, mut at, mut count) = (pointers, buffer, 0);
    for text in texts {
        bytes_mut(memory, pointer, 4)?.copy_from_slice(&at.to_le_bytes());
        for part in text.into_iter().chain([&b"\0"[..]]) {
            bytes_mut(memory, at, part.len())?.copy_from_slice(part);
            // What is stored lies in a memory of 32-bit addresses, or the next store is refused.
            at = at.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
        }
        pointer = pointer.saturating_add(4);
        count += 1;
    }
    state.call.spend((at - buffer) as usize);
    state.call.spend_items(count);
    Ok(())
}

/// Ends the call with the low eight bits of the number, which are what a process ends with.
pub(super) fn proc_exit(code: u32) -> wasmtime::Error {
    Exit(code.to_le_bytes()[0]).into()
}

/// Nobody can raise a signal here.
pub(super) fn proc_raise(_: &mut Guest<'_>, (signal,): (u32,)) -> Answer {
    match signal < SIGNALS {
        true => Err(Errno::NOTSUP.into()),
        false => Err(Errno::INVAL.into()),
    }
}

/// Lets the others run.
pub(super) async fn sched_yield(guest: &mut Guest<'_>, (): ()) -> Answer {
    let yielded = guest.call().handle.yield_now();
    yielded.await?;
    guest.call().reset_budget();
    Ok(())
}
