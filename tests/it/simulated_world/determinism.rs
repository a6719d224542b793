//! The same seed does the same in other processes, whatever they have around them.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::thread;

use wippy::ProgramOptions;
use wippy::sim::{Call, Simulation};
use wippy_dispatcher::sim::{Link, Log, Picker};

use super::{project, ten_guests};

/// The directory that a child writes its outcomes and logs to.
const DIRECTORY: &str = "WIPPY_TEST_WORLD";
const NAME: &str = "simulated_world::determinism::processes_do_not_matter";

/// Runs three seeds, and leaves the outcomes and the decision logs in a directory.
fn record(directory: &Path) {
    let simulation = ten_guests::simulation();
    for seed in 0..3 {
        let log = File::create(directory.join(format!("{seed}.log"))).expect("a file");
        let world = simulation.start_with(seed, |settings| settings.log(log));
        let outcome = world.expect("no setup").run();
        let text = format!("{outcome:?}");
        std::fs::write(directory.join(format!("{seed}.txt")), text).expect("a file");
    }
}

fn read(directory: &Path) -> Vec<Vec<u8>> {
    let files = (0..3).flat_map(|seed| [format!("{seed}.log"), format!("{seed}.txt")]);
    let read = |file| std::fs::read(directory.join(file)).expect("a file");
    files.map(read).collect()
}

#[test]
fn processes_do_not_matter() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return record(Path::new(&directory));
    }
    let program = std::env::current_exe().expect("this program");
    let directory = tempfile::tempdir().expect("a directory");
    record(directory.path());
    let here = read(directory.path());
    assert!(here[0].len() > 1000, "a log of {} bytes", here[0].len());
    // Addresses without randomness, where the program that says so is there and may.
    let fixed = ["setarch", "-R"];
    let may_fix = Command::new(fixed[0]).args([fixed[1], "true"]).status();
    let prefixes: [&[&str]; 2] = [&[], &fixed];
    let is_fixed = may_fix.is_ok_and(|status| status.success());
    let prefixes = &prefixes[..if is_fixed { 2 } else { 1 }];
    for (number, prefix) in prefixes.iter().enumerate() {
        let mut command = match prefix {
            [] => Command::new(&program),
            prefix => {
                let mut command = Command::new(prefix[0]);
                command.args(&prefix[1..]).arg(&program);
                command
            }
        };
        let there = directory.path().join(number.to_string());
        std::fs::create_dir(&there).expect("a directory");
        let status = command
            .args(["--exact", NAME])
            .current_dir(directory.path())
            .env(DIRECTORY, &there)
            .env("TZ", "Asia/Tokyo")
            .env("LANG", "tr_TR.UTF-8")
            .env("SOMETHING", "x".repeat(100 * number))
            .output()
            .expect("a child");
        assert!(status.status.success(), "{status:?}");
        assert!(read(&there) == here, "{prefix:?}");
    }
}

/// One program compiles, finds the code in memory then, and another one finds it on disk.
#[test]
fn it_does_not_matter_who_compiles() {
    let cache = tempfile::tempdir().expect("a directory");
    let options = || ProgramOptions::new().code_cache(wippy::CodeCache::at(cache.path()));
    let run = |program| {
        let simulation = Simulation::builder(program)
            .host("a", [])
            .run("a", Call::new("random"))
            .build();
        let simulation = simulation.expect("a simulation");
        simulation.run(3).expect("no setup")
    };
    let first = project().program(options());
    let outcome = run(first.clone());
    assert_eq!(run(first), outcome);
    assert_eq!(run(project().program(options())), outcome);
}

#[test]
fn runs_beside_each_other_do_not_matter() {
    let simulation = ten_guests::simulation();
    let alone: Vec<_> = (0..4).map(|seed| simulation.run(seed)).collect();
    let threads: Vec<_> = (0..4)
        .map(|seed| {
            let simulation = simulation.clone();
            thread::spawn(move || simulation.run(seed).expect("no setup"))
        })
        .collect();
    for (thread, alone) in threads.into_iter().zip(alone) {
        assert_eq!(thread.join().expect("no panic"), alone.expect("no setup"));
    }
}

/// A run repeats that of a log, also one with another picker, and a log is for its own simulation.
#[test]
fn a_log_is_replayed() {
    let simulation = ten_guests::simulation();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("log");
    let file = File::create(&path).expect("a file");
    let start = |change: Change| simulation.start_with(5, change);
    let recorded = start(Box::new(|settings| {
        settings
            .picker(Picker::PriorityChange { depth: 3 })
            .log(file)
    }));
    let recorded = recorded.expect("no setup").run();
    let log = || Log::open(&path).expect("it is whole");
    let replayed = log();
    let world = start(Box::new(|settings| settings.replay(replayed)));
    assert_eq!(world.expect("no setup").run(), recorded);
    let replayed = log();
    let other = start(Box::new(|settings| {
        settings
            .default_link(Link::new().loss(0.5))
            .replay(replayed)
    }));
    let text = other.expect_err("other settings").to_string();
    assert!(text.contains("recorded with other settings"), "{text}");
}

type Change = Box<dyn FnOnce(wippy_dispatcher::Simulation) -> wippy_dispatcher::Simulation>;
