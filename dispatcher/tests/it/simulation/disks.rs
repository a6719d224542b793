//! What of a host outlives its crashes, and what is drawn of it.

use std::sync::Mutex;
use std::time::Duration;

use wippy_dispatcher::sim::{Crash, Disk, FaultMix, FileFault};
use wippy_dispatcher::{Dispatcher, Error, Handle, Record, Simulation};

use super::{simulation, trace};

/// Of which writes what is left after a crash: their offset and length, and how much.
#[derive(Default)]
struct Writes(Mutex<Vec<(u64, u64, Option<u64>)>>);

impl Disk for Writes {
    fn crash(&self, handle: &Handle) {
        let mut writes = self.0.lock().expect("no panic");
        for (number, (offset, length, kept)) in writes.iter_mut().enumerate() {
            let drawn = handle.draw_unsynced_write(number as u64, *offset, *length);
            *kept = drawn.expect("a simulation");
        }
    }
}

fn crashed(seed: u64, writes: &[(u64, u64)]) -> (Vec<Option<u64>>, Dispatcher) {
    let dispatcher = simulation(Simulation::new(seed).host("a", []).host("b", []));
    let host = dispatcher.host("a").expect("a host");
    let disk = host.handle().disk(Writes::default).expect("a disk");
    let all = writes
        .iter()
        .map(|(offset, length)| (*offset, *length, None));
    disk.0.lock().expect("no panic").extend(all);
    host.crash_with(Crash::Silent).expect("crashed");
    let kept = disk
        .0
        .lock()
        .expect("no panic")
        .iter()
        .map(|it| it.2)
        .collect();
    (kept, dispatcher)
}

#[test]
fn a_disk_is_that_of_its_host_in_all_its_lives() {
    let (_, dispatcher) = crashed(1, &[(0, 1)]);
    let count = |name| {
        let host = dispatcher.host(name).expect("a host");
        let disk = host.handle().disk(Writes::default).expect("a disk");
        disk.0.lock().expect("no panic").len()
    };
    assert_eq!((count("a"), count("b")), (1, 0));
    dispatcher.host("a").expect("a host").restart().expect("up");
    assert_eq!(count("a"), 1);
}

#[test]
fn a_write_is_cut_between_sectors_and_recorded() {
    let (offset, length) = (500, 1_100);
    let mut seen: Vec<Option<u64>> = (0..200)
        .map(|seed| crashed(seed, &[(offset, length)]).0[0])
        .collect();
    seen.sort_unstable();
    seen.dedup();
    // At 512, 1,024 and 1,536 bytes of the file.
    assert_eq!(seen, [None, Some(12), Some(524), Some(1_036), Some(1_100)]);
    let whole = |seed| crashed(seed, &[(512, 512)]).0[0];
    assert!((0..50).all(|seed| matches!(whole(seed), None | Some(512))));
    let (kept, dispatcher) = crashed(7, &[(0, 10), (0, 2_000), (0, 0)]);
    let records: Vec<(u32, u32, Option<u64>)> = trace(&dispatcher)
        .records()
        .iter()
        .filter_map(|record| match *record {
            Record::UnsyncedWrite {
                host: 1,
                file,
                length,
                kept,
            } => Some((file, length, kept.map(u64::from))),
            _ => None,
        })
        .collect();
    assert_eq!(
        records,
        [(0, 10, kept[0]), (1, 2_000, kept[1]), (2, 0, kept[2])]
    );
}

#[test]
fn files_fail_and_are_slow_as_often_as_they_are_said_to() {
    let dispatcher = simulation(Simulation::new(3));
    let handle = dispatcher.handle();
    let fails = |probability| handle.draw_file_error(1, probability).expect("simulated");
    assert!(!fails(0.0) && fails(1.0));
    let some = (0..1_000).filter(|_| fails(0.1)).count();
    assert!((50..200).contains(&some), "{some}");
    let (least, most) = (Duration::from_millis(2), Duration::from_millis(9));
    let delay = |least, most| handle.draw_file_delay(1, least, most).expect("simulated");
    assert!((0..100).all(|_| (least..=most).contains(&delay(least, most))));
    let before = trace(&dispatcher).length();
    assert_eq!(delay(Duration::ZERO, Duration::ZERO), Duration::ZERO);
    assert!(!fails(0.0));
    assert_eq!(trace(&dispatcher).length(), before, "nothing is drawn");
    let all = trace(&dispatcher);
    let failed = all.records().iter().filter(|record| {
        let fault = FileFault::Error;
        matches!(record, Record::FileFault { fault: it, .. } if *it == fault)
    });
    assert_eq!(failed.count(), some + 1);
}

#[test]
fn a_seed_may_draw_that_all_files_fail() {
    let mix = FaultMix::new(Duration::ZERO).file_errors(1.0);
    let mix = mix.file_delay(Duration::from_secs(1));
    let (mut failing, mut slow) = (0, 0);
    for seed in 0..40 {
        let dispatcher = simulation(Simulation::new(seed).swarm(mix.clone()));
        let handle = dispatcher.handle();
        let fails = (0..20).filter(|_| handle.draw_file_error(1, 0.0).expect("simulated"));
        failing += u32::from(fails.count() > 0);
        let delay = handle.draw_file_delay(1, Duration::ZERO, Duration::ZERO);
        slow += u32::from(!delay.expect("simulated").is_zero());
    }
    // Half of the seeds, each.
    assert!((10..30).contains(&failing), "{failing}");
    assert!((10..30).contains(&slow), "{slow}");
}

#[test]
fn the_system_has_no_simulated_disks() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let handle = dispatcher.handle();
    assert!(matches!(
        handle.disk(Writes::default),
        Err(Error::NotSimulated(_))
    ));
    assert!(matches!(
        handle.draw_unsynced_name(1),
        Err(Error::NotSimulated(_))
    ));
}
