//! Records and bytes, back and forth.

use super::*;
use crate::sim::log::{FULL_BLOCK, MAX_BLOCK};
use proptest::prelude::*;

fn waiter() -> impl Strategy<Value = Waiter> {
    prop_oneof![
        any::<u64>().prop_map(Waiter::Timer),
        any::<u64>().prop_map(Waiter::Listener),
        any::<(u64, u32)>().prop_map(|(set, tag)| Waiter::Member { set, tag }),
    ]
}

fn instant() -> impl Strategy<Value = Instant> {
    any::<u64>().prop_map(Instant::from_nanos)
}

fn packet() -> impl Strategy<Value = Record> {
    let fate = prop_oneof![
        instant().prop_map(Fate::Arrives),
        prop::sample::select(vec![
            Fate::Lost,
            Fate::Partition,
            Fate::QueueFull,
            Fate::NoRoom
        ]),
    ];
    let kind = prop::sample::select(PACKETS.to_vec());
    (any::<[u32; 3]>(), kind, fate).prop_map(|([from, to, length], kind, fate)| Record::Packet {
        from,
        to,
        kind,
        length,
        fate,
    })
}

fn record() -> impl Strategy<Value = Record> {
    let discard = (
        any::<u32>(),
        prop::sample::select(PACKETS.to_vec()),
        prop::sample::select(DISCARDS.to_vec()),
    );
    let completion = (prop::sample::select(OPERATIONS.to_vec()), waiter());
    let task = prop::option::of(0..u64::MAX);
    prop_oneof![
        any::<(u64, u64)>().prop_map(|(task, among)| Record::Pick { task, among }),
        instant().prop_map(|to| Record::Advance { to }),
        any::<(u64, u64)>().prop_map(|(length, hash)| Record::Draw { length, hash }),
        any::<u64>().prop_map(|nanos| Record::Job { nanos }),
        packet(),
        discard.prop_map(|(host, kind, reason)| Record::Discard { host, kind, reason }),
        any::<(u32, u32)>().prop_map(|(host, length)| Record::ShortIo { host, length }),
        any::<(u32, bool)>().prop_map(|(host, is_writable)| Record::Spurious { host, is_writable }),
        any::<(u32, u64)>().prop_map(|(host, nanos)| Record::Lookup { host, nanos }),
        any::<(u32, u64)>().prop_map(|(kind, hash)| Record::Fault { kind, hash }),
        any::<(u32, bool)>().prop_map(|(host, has_resets)| Record::Crash { host, has_resets }),
        any::<(u32, bool)>().prop_map(|(number, is_ok)| Record::Check { number, is_ok }),
        (any::<[u32; 3]>(), any::<Option<u32>>()).prop_map(|([host, file, length], kept)| {
            Record::UnsyncedWrite {
                host,
                file,
                length,
                kept,
            }
        }),
        any::<(u32, u32, bool)>().prop_map(|(host, directory, is_kept)| Record::UnsyncedName {
            host,
            directory,
            is_kept
        }),
        any::<(u32, u32, Option<u64>)>().prop_map(|(host, file, nanos)| Record::FileFault {
            host,
            file,
            fault: nanos.map_or(FileFault::Error, |nanos| FileFault::Delay { nanos }),
        }),
        completion.prop_map(|(operation, waiter)| Record::Completion { operation, waiter }),
        (task, waiter()).prop_map(|(task, waiter)| Record::Consumption { task, waiter }),
    ]
}

proptest! {
    #[test]
    fn records_come_back(records in prop::collection::vec(record(), 1..50)) {
        let (mut writes, mut reads) = (Codec::default(), Codec::default());
        let mut bytes = Vec::new();
        for &record in &records {
            let before = bytes.len();
            writes.encode(record, &mut bytes);
            prop_assert!(bytes.len() - before <= MAX_BLOCK - FULL_BLOCK);
        }
        let mut input = Bytes { bytes: &bytes, at: 0 };
        for &record in &records {
            prop_assert_eq!(reads.decode(&mut input), Ok(record));
        }
        prop_assert!(input.is_empty());
    }

    #[test]
    fn any_bytes_are_records_or_an_error(bytes: Vec<u8>) {
        let mut input = Bytes { bytes: &bytes, at: 0 };
        let mut codec = Codec::default();
        while !input.is_empty() && codec.decode(&mut input).is_ok() {}
    }
}

#[test]
fn each_value_stands_at_its_number() {
    assert!(
        PACKETS
            .iter()
            .enumerate()
            .all(|(at, &it)| it as usize == at)
    );
    assert!(
        DISCARDS
            .iter()
            .enumerate()
            .all(|(at, &it)| it as usize == at)
    );
    assert!(
        OPERATIONS
            .iter()
            .enumerate()
            .all(|(at, &it)| it as usize == at)
    );
}
