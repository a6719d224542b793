//! `fd_readdir`: the entries of a directory from a cookie on.

use super::errno::{Answer, Errno};
use super::guest::{Guest, bytes_mut};
use super::layout::{dirent, filetype};
use super::lookup::handle;
use crate::host::filesystem::DirectoryCursor;

/// Cookies are the positions that the host's filesystem gives: one stays good while the directory is
/// open, whatever is created or removed meanwhile. An entry that does not fit is cut off.
/// Names are bytes, whether they are Unicode or not.
pub(super) async fn fd_readdir(
    guest: &mut Guest<'_>,
    (fd, buffer, size, mut cookie, result): (u32, u32, u32, u64, u32),
) -> Answer {
    guest.consume_budget().await?;
    guest.check(result, 4)?;
    guest.check(buffer, size as usize)?;
    let directory = guest.directory(fd)?;
    let opened = handle(directory.descriptor);
    // It is taken out while the files work on it, and lost only with the call.
    let mut cursor = match directory.cursor.take() {
        Some(cursor) => cursor,
        None => guest.files().cursor(&opened).await?,
    };
    let filled = fill(guest, &mut cursor, (buffer, size as usize), &mut cookie).await;
    guest.directory(fd)?.cursor = Some(cursor);
    guest.store_u32(result, u32::try_from(filled?).map_err(|_| Errno::OVERFLOW)?)?;
    Ok(())
}

async fn fill(
    guest: &mut Guest<'_>,
    cursor: &mut DirectoryCursor,
    (buffer, size): (u32, usize),
    cookie: &mut u64,
) -> Answer<usize> {
    let mut filled = 0;
    // The beginning is looked at anew, so that a listing shows what there is when it begins.
    let mut is_new = *cookie == 0;
    while filled < size {
        if is_new || !cursor.holds(*cookie) {
            guest.files().fetch(cursor, *cookie).await?;
            is_new = false;
        }
        let (memory, state) = guest.parts()?;
        let mut count = 0;
        let before = filled;
        for entry in cursor.entries_from(*cookie) {
            let name = entry.name.as_slice();
            let length = u32::try_from(name.len()).map_err(|_| Errno::OVERFLOW)?;
            let head = dirent(entry.next, entry.inode, length, filetype(entry.kind));
            for part in [&head[..], name] {
                let now = part.get(..size - filled).unwrap_or(part);
                // Within the buffer, which was checked: the sum fits in 32 bits.
                let place = bytes_mut(memory, buffer.saturating_add(filled as u32), now.len())?;
                place.copy_from_slice(now);
                filled += now.len();
            }
            count += 1;
            *cookie = entry.next;
            if filled == size {
                break;
            }
        }
        state.call.spend(filled - before);
        state.call.spend_items(count);
        if count == 0 {
            break;
        }
        guest.consume_budget().await?;
    }
    Ok(filled)
}
