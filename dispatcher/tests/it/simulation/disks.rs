//! What of a host outlives its crashes, and what is drawn of it.

use std::sync::Mutex;
use std::time::Duration;

use wippy_dispatcher::sim::{Crash, Disk, Edits, Fault, FaultId, FaultMix, FileFault, RunNotes};
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

/// Ten writes that a crash finds unsynced, five changes of names, and twenty operations that may fail or be slow.
fn drawn(settings: Simulation) -> Vec<String> {
    let mix = FaultMix::new(Duration::ZERO).file_errors(0.5);
    let mix = mix.file_delay(Duration::from_secs(1));
    let dispatcher = simulation(settings.host("a", []).swarm(mix));
    let host = dispatcher.host("a").expect("a host");
    let handle = host.handle();
    let writes = (0..10).map(|file| handle.draw_unsynced_write(file, 0, 2_000));
    let writes = writes.map(|kept| format!("{:?}", kept.expect("simulated")));
    let names = (0..5).map(|directory| handle.draw_unsynced_name(directory));
    let names = names.map(|is_kept| format!("{:?}", is_kept.expect("simulated")));
    let operations = (0..20).map(|file| {
        let delay = handle.draw_file_delay(file, Duration::ZERO, Duration::ZERO);
        let fails = handle.draw_file_error(file, 0.0);
        format!(
            "{:?} {:?}",
            delay.expect("simulated"),
            fails.expect("simulated")
        )
    });
    let told: Vec<String> = writes.chain(names).chain(operations).collect();
    drop(dispatcher);
    told
}

/// A seed of which files fail and are slow.
fn with_faults_of_files() -> (u64, Vec<String>, RunNotes) {
    let seeds = (0..100).map(|seed| {
        let notes = RunNotes::new();
        (seed, drawn(Simulation::new(seed).note(&notes)), notes)
    });
    let mut seeds = seeds.filter(|(_, _, notes)| {
        let has = |kind| notes.faults().iter().any(|found| found.id.kind() == kind);
        has("file-error") && has("file-delay") && has("lost-write") && has("lost-name")
    });
    seeds.next().expect("one of a hundred seeds")
}

#[test]
fn what_files_lose_is_listed_and_gives_the_same_run() {
    let (seed, told, notes) = with_faults_of_files();
    let listed = notes.faults().into_iter();
    let listed = listed.fold(Edits::new().only_listed(), |edits, found| {
        edits.with(found.id, found.amount)
    });
    let again = RunNotes::new();
    let edited = Simulation::new(seed).edits(listed.clone()).note(&again);
    assert_eq!(drawn(edited), told);
    assert_eq!(again.hash(), notes.hash());
    assert_eq!(again.faults(), notes.faults());
    assert_eq!(listed.to_string().parse(), Ok(listed));
    // Whole writes and names, no errors and no delays.
    let none = drawn(Simulation::new(seed).edits(Edits::new().only_listed()));
    assert!(none[..10].iter().all(|it| it == "Some(2000)"), "{none:?}");
    assert!(none[10..15].iter().all(|it| it == "true"), "{none:?}");
    assert!(none[15..].iter().all(|it| it == "0ns false"), "{none:?}");
}

#[test]
fn an_edit_of_what_files_lose_leaves_the_rest_as_it_is() {
    let (seed, told, notes) = with_faults_of_files();
    for found in notes.faults() {
        let rest = drawn(Simulation::new(seed).edits(Edits::new().without(found.id)));
        let differ = told.iter().zip(&rest).filter(|(one, other)| one != other);
        assert_eq!(differ.count(), 1, "{}: {rest:?}", found.id);
    }
    let edits = Edits::new()
        .with("lost-write:1:3".parse().expect("a name"), 700)
        .with("lost-write:1:4".parse().expect("a name"), 0)
        .with("lost-write:1:5".parse().expect("a name"), 90_000)
        .with("lost-name:1:2".parse().expect("a name"), 0)
        .with("file-error:1:6".parse().expect("a name"), 0)
        .with("file-delay:1:6".parse().expect("a name"), 5);
    let told = drawn(Simulation::new(seed).edits(edits));
    assert_eq!(told[3..6], ["Some(700)", "None", "Some(2000)"]);
    assert_eq!((&*told[12], &*told[21]), ("false", "5ns true"));
}

#[test]
fn what_files_lose_is_said_in_words() {
    let (_, _, notes) = with_faults_of_files();
    let words: Vec<String> = notes.faults().iter().map(|it| it.to_string()).collect();
    let has = |part: &str| words.iter().any(|it| it.contains(part));
    assert!(
        has("the crash of a loses a write of 2000 bytes to file "),
        "{words:?}"
    );
    assert!(has(" bytes of a write of 2000 bytes to file "), "{words:?}");
    assert!(
        has("the crash of a loses a change of names in directory "),
        "{words:?}"
    );
    assert!(has("an operation on file "), "{words:?}");
}

#[test]
fn a_crash_that_leaves_a_whole_write_is_no_fault() {
    let (seed, ..) = with_faults_of_files();
    for (amount, left, is_fault) in [
        (1_999, "Some(1999)", true),
        (2_000, "Some(2000)", false),
        (9_000, "Some(2000)", false),
    ] {
        let name = "lost-write:1:3".parse().expect("a name");
        let notes = RunNotes::new();
        let edits = Edits::new().with(name, amount);
        let told = drawn(Simulation::new(seed).edits(edits).note(&notes));
        assert_eq!(told[3], left);
        let is_noted = notes.faults().iter().any(|found| found.id == name);
        assert_eq!(is_noted, is_fault, "{amount} bytes");
    }
}

#[test]
fn faults_that_edits_prevent_are_told_from_those_that_never_were() {
    let (seed, _, notes) = with_faults_of_files();
    let there = notes.faults()[0].id;
    let crash = Fault::Crash("a".to_owned(), Crash::Silent);
    let timed = |place: u32| FaultId::Timed(place);
    let edits = [
        there,
        timed(0),
        timed(1),
        "loss:99-98:0".parse().expect("a name"),
    ];
    let edits = edits.into_iter().fold(Edits::new(), Edits::without);
    let notes = RunNotes::new();
    let settings = Simulation::new(seed).at(Duration::from_secs(1), crash);
    drawn(settings.edits(edits).note(&notes));
    let mut prevented = [there, timed(0)];
    prevented.sort_unstable();
    assert_eq!(notes.prevented(), prevented);
}
