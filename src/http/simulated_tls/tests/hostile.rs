//! Peers that send anything.

use super::*;
use crate::http::error::ErrorCode;
use crate::http::simulated_tls::error::ProtocolError;
use crate::http::simulated_tls::record::{self, ContentType};

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        let length = self.next() % most;
        (0..length).map(|_| self.next() as u8).collect()
    }
}

/// The two sides that wait for their peer's first flight.
fn waiting(handle: &Handle) -> [Session; 2] {
    let mut sides = [client(handle), server()];
    sides.iter_mut().for_each(|side| drop(sent(side)));
    sides
}

#[test]
fn random_bytes_are_no_handshake() {
    let (_dispatcher, handle) = handle();
    let mut numbers = Numbers(1);
    for _ in 0..2_000 {
        let bytes = numbers.bytes(300);
        for mut side in waiting(&handle) {
            let ended = give(&mut side, &bytes);
            let expected = match bytes.len() {
                0..5 => Ok(()),
                _ => Err(ProtocolError::NotSimulated.into()),
            };
            assert_eq!(ended, expected, "{bytes:?}");
            assert!(side.is_handshaking());
        }
    }
}

/// Records that are well made and hold anything.
#[test]
fn random_messages_are_none() {
    let (_dispatcher, handle) = handle();
    let mut numbers = Numbers(2);
    for _ in 0..2_000 {
        let mut content = numbers.bytes(300);
        if let Some(kind) = content.first_mut() {
            *kind = [1, 2, 11, 20][usize::from(*kind % 4)];
        }
        let mut bytes = Vec::new();
        record::write(ContentType::Handshake, 0, &content, &mut bytes);
        for mut side in waiting(&handle) {
            let ended = give(&mut side, &bytes).expect_err("no message");
            assert_eq!(ErrorCode::from(ended), ErrorCode::TlsProtocolError);
            assert!(side.is_handshaking());
        }
    }
}

/// The flights of both sides, cut at each place: nothing is agreed on, and the end is seen as one.
#[test]
fn a_flight_that_is_cut_short_is_truncated() {
    let (_dispatcher, handle) = handle();
    let (hello, flight) = flights(&handle);
    for length in 0..flight.len() {
        let [mut side, _] = waiting(&handle);
        assert_eq!(give(&mut side, &flight[..length]), Ok(()), "{length}");
        assert!(side.is_handshaking());
        assert_eq!(side.handshake(&mut io::empty()), Err(TlsError::Truncated));
    }
    for length in 0..hello.len() {
        let [_, mut side] = waiting(&handle);
        assert_eq!(give(&mut side, &hello[..length]), Ok(()), "{length}");
        assert_eq!(side.handshake(&mut io::empty()), Err(TlsError::Truncated));
        assert_eq!(sent(&mut side), b"");
    }
}

/// A flight with one other byte: nothing is agreed on.
#[test]
fn a_flight_that_is_changed_is_refused() {
    let (_dispatcher, handle) = handle();
    let (_, flight) = flights(&handle);
    for place in 0..flight.len() {
        let mut changed = flight.clone();
        changed[place] ^= 1 << (place % 8);
        let [mut side, _] = waiting(&handle);
        // Without an error the last record seems to be longer than what has come.
        if let Err(error) = give(&mut side, &changed) {
            assert_eq!(ErrorCode::from(error), ErrorCode::TlsProtocolError);
        }
        assert!(side.is_handshaking(), "{place}");
    }
}

fn flights(handle: &Handle) -> (Vec<u8>, Vec<u8>) {
    let (mut client, mut server) = (client(handle), server());
    let hello = sent(&mut client);
    give(&mut server, &hello).expect("a hello");
    (hello, sent(&mut server))
}

/// What a client sends after it has agreed.
type Sends<'a> = dyn Fn(&mut Session) -> Vec<u8> + 'a;

/// In the middle of a session: a record left out, doubled, of a length that none has, or no record.
#[test]
fn records_that_are_not_the_next_end_the_session() {
    let (_dispatcher, handle) = handle();
    let too_long = [&[0x97, b'w', b's'][..], &(16_402u16).to_be_bytes()].concat();
    let too_short = [&[0x97, b'w', b's'][..], &(16u16).to_be_bytes()].concat();
    let ends: [(&Sends<'_>, ProtocolError); 5] = [
        (
            &|client| {
                client.write(b"lost");
                sent(client);
                client.write(b"seen");
                sent(client)
            },
            ProtocolError::DamagedRecord,
        ),
        (
            &|client| {
                client.write(b"seen");
                sent(client).repeat(2)
            },
            ProtocolError::DamagedRecord,
        ),
        (&|_| too_long.clone(), ProtocolError::RecordTooLong),
        (&|_| too_short.clone(), ProtocolError::DamagedRecord),
        (&|_| b"GET / HTTP/1.1".to_vec(), ProtocolError::NotSimulated),
    ];
    for (bytes, expected) in ends {
        let (mut client, mut server) = agreed(&handle);
        let bytes = bytes(&mut client);
        let (_, end) = read_all(&mut server, &bytes);
        assert_eq!(end, Err(expected.into()));
        // The peer is told, and nothing more comes of it.
        let alert = sent(&mut server);
        let (_, end) = read_all(&mut client, &alert);
        assert!(matches!(end, Err(TlsError::AlertReceived(1..))), "{end:?}");
        let (_, end) = read_all(&mut server, b"");
        assert_eq!(end, Err(expected.into()));
    }
}

/// What is no plaintext is read from a little at a time, so that others run.
#[test]
fn one_read_does_a_bounded_amount_of_work() {
    let (_dispatcher, handle) = handle();
    let (_, mut server) = agreed(&handle);
    let mut bytes = Vec::new();
    // The first record of a client is its hello, the second its end of the handshake.
    (2..20_002).for_each(|n| record::write(ContentType::ApplicationData, n, b"", &mut bytes));
    let mut stream = Open(&bytes);
    let mut rounds = 0;
    while !stream.0.is_empty() {
        let before = stream.0.len();
        let got = server.read(&mut stream, &mut [0; 16]);
        assert_eq!(got, Ok(Got::Nothing));
        assert!(before - stream.0.len() <= 8 * 16_406);
        rounds += 1;
    }
    assert!(rounds > 1);
}
