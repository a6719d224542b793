//! The messages of a handshake.
//!
//! A message is a byte for its kind and its fields; each field is one byte for its length, and as many bytes. What
//! real messages have beside that, keys, extensions, signatures, is zeroes of the same size.

use super::certificate::Certificate;

/// The zeroes of a client's hello: its random number and session, a key share, and the extensions of a usual client.
const CLIENT_HELLO: usize = 215;
/// Those of a server's hello, and of the change of cipher behind it that middleboxes expect.
const SERVER_HELLO: usize = 120;
/// Those of two certificates of a chain with their signatures, and of the proof that the server has the key.
const CERTIFICATE: usize = 2_300;
/// Those of the hash over the handshake.
const FINISHED: usize = 36;

/// One message, which is the content of one record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Message {
    /// What a client wants.
    ClientHello {
        /// The server's name; none for an address.
        name: Option<String>,
        /// The application protocols that it offers.
        protocols: Vec<String>,
    },
    /// What the server agrees to.
    ServerHello {
        /// The application protocol that it has chosen.
        protocol: Option<String>,
    },
    /// Who the server is.
    Certificate(Certificate),
    /// The handshake is done as far as the sender is concerned.
    Finished,
}

impl Message {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let zeroes = match self {
            Message::ClientHello { name, protocols } => {
                bytes.push(1);
                fields(name.iter(), &mut bytes);
                fields(protocols.iter(), &mut bytes);
                CLIENT_HELLO
            }
            Message::ServerHello { protocol } => {
                bytes.push(2);
                fields(protocol.iter(), &mut bytes);
                SERVER_HELLO
            }
            Message::Certificate(certificate) => {
                bytes.push(11);
                bytes.extend_from_slice(&certificate.from.to_be_bytes());
                bytes.extend_from_slice(&certificate.until.to_be_bytes());
                field(&certificate.issuer, &mut bytes);
                let names = certificate.names.iter().map(ToString::to_string);
                fields(names, &mut bytes);
                CERTIFICATE
            }
            Message::Finished => {
                bytes.push(20);
                FINISHED
            }
        };
        bytes.resize(bytes.len() + zeroes, 0);
        bytes
    }

    /// `None` for what is no message.
    pub(super) fn decode(bytes: &[u8]) -> Option<Message> {
        let (kind, mut rest) = bytes.split_first()?;
        let (message, zeroes) = match kind {
            1 => {
                let mut name = take_fields(&mut rest)?;
                let protocols = take_fields(&mut rest)?;
                let message = Message::ClientHello {
                    name: name.pop(),
                    protocols,
                };
                (name.is_empty().then_some(message)?, CLIENT_HELLO)
            }
            2 => {
                let mut protocols = take_fields(&mut rest)?;
                let message = Message::ServerHello {
                    protocol: protocols.pop(),
                };
                (protocols.is_empty().then_some(message)?, SERVER_HELLO)
            }
            11 => {
                let from = u64::from_be_bytes(*rest.split_off(..8)?.first_chunk()?);
                let until = u64::from_be_bytes(*rest.split_off(..8)?.first_chunk()?);
                let issuer = take_field(&mut rest)?;
                let certificate = Certificate::new(take_fields(&mut rest)?).ok()?;
                let certificate = certificate.issuer(&issuer).ok()?;
                let certificate = Certificate {
                    from,
                    until,
                    ..certificate
                };
                (Message::Certificate(certificate), CERTIFICATE)
            }
            20 => (Message::Finished, FINISHED),
            _ => return None,
        };
        let is_whole = rest.len() == zeroes && rest.iter().all(|byte| *byte == 0);
        is_whole.then_some(message)
    }
}

/// How many there are, and each of them: not more than 255, of not more than 255 bytes.
fn fields(list: impl Iterator<Item: AsRef<str>>, output: &mut Vec<u8>) {
    let place = output.len();
    output.push(0);
    let mut count: u8 = 0;
    for text in list {
        field(text.as_ref(), output);
        count = count.saturating_add(1);
    }
    if let Some(byte) = output.get_mut(place) {
        *byte = count;
    }
}

fn field(text: &str, output: &mut Vec<u8>) {
    debug_assert!(text.len() <= 255);
    output.push(text.len() as u8);
    output.extend_from_slice(text.as_bytes());
}

fn take_fields(bytes: &mut &[u8]) -> Option<Vec<String>> {
    let count = *bytes.split_off_first()?;
    (0..count).map(|_| take_field(bytes)).collect()
}

fn take_field(bytes: &mut &[u8]) -> Option<String> {
    let length = usize::from(*bytes.split_off_first()?);
    let text = bytes.split_off(..length)?;
    String::from_utf8(text.to_vec()).ok()
}
