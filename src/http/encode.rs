//! From the parts of a body to bytes.

use std::io::Write;

use super::fields::Fields;
use super::head::Framing;
use super::trailer_names::may_be_trailer;

/// Puts the framing on a body, and holds it to the length that its head declares.
#[derive(Debug)]
pub struct BodyEncoder {
    framing: Framing,
    written: u64,
}

/// The body is not as long as its head declares: this many bytes were given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} bytes of body, which its head does not declare")]
pub struct WrongLength(pub u64);

impl BodyEncoder {
    /// An encoder for a body with this framing.
    pub fn new(framing: Framing) -> BodyEncoder {
        BodyEncoder {
            framing,
            written: 0,
        }
    }

    /// Writes bytes of the body.
    ///
    /// # Errors
    /// When there are more than declared; nothing is written then.
    pub fn data(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), WrongLength> {
        let written = self.written.saturating_add(bytes.len() as u64);
        if matches!(self.framing, Framing::Length(length) if written > length) {
            return Err(WrongLength(written));
        }
        self.written = written;
        match self.framing {
            // An empty chunk would be the end.
            Framing::Chunked if !bytes.is_empty() => {
                // A vector takes all.
                let _ = write!(out, "{:x}\r\n", bytes.len());
                out.extend_from_slice(bytes);
                out.extend_from_slice(b"\r\n");
            }
            _ => out.extend_from_slice(bytes),
        }
        Ok(())
    }

    /// Writes the end, with trailers where the framing has a place for them; fields that may not be trailers are left out.
    ///
    /// # Errors
    /// When there were fewer bytes than declared.
    pub fn end(&mut self, trailers: Option<&Fields>, out: &mut Vec<u8>) -> Result<(), WrongLength> {
        match self.framing {
            Framing::Length(length) if self.written != length => Err(WrongLength(self.written)),
            Framing::Chunked => {
                out.extend_from_slice(b"0\r\n");
                if let Some(trailers) = trailers {
                    let mut kept = trailers.clone();
                    kept.retain(|name, _| may_be_trailer(name));
                    kept.write(out);
                }
                out.extend_from_slice(b"\r\n");
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
