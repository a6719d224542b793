//! The bytes of a log: the same for everybody.

use std::process::Command;
use std::time::Duration;

use wippy_dispatcher::Simulation;
use wippy_dispatcher::sim::Log;

use super::log::log_of;
use super::simulation;
use super::world::Sink;

fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// All bytes but the header's, as the page on determinism describes them.
#[test]
fn the_bytes_of_a_small_log_are_known() {
    let sink = Sink::new();
    let dispatcher = simulation(Simulation::new(0).log(sink.clone()));
    let sleep = dispatcher.handle().sleep(Duration::from_nanos(5));
    dispatcher.block_on(sleep).expect("run").expect("timer");
    let hash = dispatcher.trace().expect("a simulation").hash();
    dispatcher.finish_log().expect("a sink");
    let bytes = sink.bytes();
    assert_eq!(bytes[..12], *b"WIPPYLOG\x02\0\0\0");
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four"));
    let behind_header = 12 + 4 + number(12) as usize + 8;
    assert!(Log::read(&bytes[..behind_header]).is_ok());
    let advance = [2, 0x8a, 0xa8, 0xd6, 0xb9, 0x07];
    let completion = [12, 0, 0, 0];
    let consumption = [13, 0, 0, 0];
    let records = [&advance[..], &completion, &consumption].concat();
    let blocks = [
        records,
        Vec::new(),
        [&[3][..], &hash.to_le_bytes(), &[0]].concat(),
    ];
    let mut expected = bytes[..behind_header].to_vec();
    // Hashes cover all but hashes.
    let mut hashed = bytes[..behind_header - 8].to_vec();
    for block in blocks {
        let block = [&(block.len() as u32).to_le_bytes()[..], &block].concat();
        hashed.extend(&block);
        expected.extend(&block);
        expected.extend(fnv(&hashed).to_le_bytes());
    }
    assert_eq!(bytes, expected);
}

const ASKED_FOR_SEED: &str = "WIPPY_TEST_LOG_SEED";

fn fingerprint(bytes: &[u8]) -> String {
    format!("log of {} bytes, {:016x}", bytes.len(), fnv(bytes))
}

/// What the next test starts in a process of its own.
#[test]
fn prints_the_log_of_its_seed() {
    let seed = std::env::var(ASKED_FOR_SEED).map_or(0, |seed| seed.parse().expect("a number"));
    println!("{}", fingerprint(&log_of(seed).0));
}

#[test]
fn another_process_writes_the_same_bytes() {
    let binary = std::env::current_exe().expect("this binary");
    for seed in [1, 2] {
        let test = "simulation::log_format::prints_the_log_of_its_seed";
        let child = Command::new(&binary)
            .args(["--exact", test, "--nocapture"])
            .env_clear()
            .env(ASKED_FOR_SEED, seed.to_string())
            .current_dir("/")
            .output()
            .expect("a process");
        let printed = String::from_utf8_lossy(&child.stdout);
        let expected = fingerprint(&log_of(seed).0);
        assert!(printed.contains(&expected), "{expected}: {printed}");
    }
}
