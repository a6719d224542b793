//! A request's body, read as a whole.

use super::body_memory::BodyMemory;
use crate::http::{BodyReader, Stopped};
use crate::quota::{Quota, QuotaPermit};

/// Bytes that are taken at once.
const PIECE: usize = 64 * 1024;

/// A body, and what it holds of the bodies' quota while it is there.
pub(super) struct RequestBody {
    pub(super) bytes: Vec<u8>,
    /// Kept as long as its bytes, or what is made of them, are there.
    pub(super) permit: QuotaPermit,
}

/// Why there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoBody {
    /// The client, or the server, has broken it off; nobody waits for an answer that matters.
    Broken,
    /// The bodies of all requests would take more than the service may hold.
    NoRoom,
    /// It alone would.
    TooLarge,
}

/// Reads a body to its end. How large it may be, and how long the client may take, is its server's to say. What it
/// takes with all that is made of it is of the quota.
pub(super) async fn read(
    body: BodyReader,
    quota: &Quota,
    memory: BodyMemory,
) -> Result<RequestBody, NoBody> {
    let mut permit = quota.try_acquire(0).ok_or(NoBody::NoRoom)?;
    let mut bytes = Vec::new();
    let mut taken: usize = 0;
    loop {
        match body.read(PIECE) {
            Ok(piece) if piece.is_empty() => {
                body.readable().wait().await.map_err(|_| NoBody::Broken)?;
            }
            Ok(piece) => {
                let more = memory.of_piece(&piece);
                taken = taken.saturating_add(more);
                if taken > quota.bound() {
                    return Err(NoBody::TooLarge);
                }
                if !permit.try_grow(more) {
                    return Err(NoBody::NoRoom);
                }
                bytes.extend_from_slice(&piece);
            }
            Err(Stopped::Ended) => break,
            Err(Stopped::Failed(_)) => return Err(NoBody::Broken),
        }
    }
    Ok(RequestBody { bytes, permit })
}
