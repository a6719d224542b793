//! The same seed does the same in other processes, whatever they have around them.

use std::process::Command;
use std::thread;

use wippy::ProgramOptions;
use wippy::sim::{Call, Simulation};

use super::{project, ten_guests};

/// The file that a child writes its outcomes to.
const FILE: &str = "WIPPY_TEST_WORLD";
const NAME: &str = "simulated_world::determinism::processes_do_not_matter";

fn outcomes() -> String {
    let simulation = ten_guests::simulation();
    let outcome = |seed| format!("{:?}\n", simulation.run(seed).expect("no setup"));
    (0..3).map(outcome).collect()
}

#[test]
fn processes_do_not_matter() {
    let here = outcomes();
    if let Some(file) = std::env::var_os(FILE) {
        std::fs::write(file, here).expect("a file");
        return;
    }
    let program = std::env::current_exe().expect("this program");
    let directory = tempfile::tempdir().expect("a directory");
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
        let file = directory.path().join(number.to_string());
        let status = command
            .args(["--exact", NAME])
            .current_dir(directory.path())
            .env(FILE, &file)
            .env("TZ", "Asia/Tokyo")
            .env("LANG", "tr_TR.UTF-8")
            .env("SOMETHING", "x".repeat(100 * number))
            .output()
            .expect("a child");
        assert!(status.status.success(), "{status:?}");
        let there = std::fs::read_to_string(file).expect("the child's outcomes");
        assert_eq!(there, here);
    }
}

/// Three programs: one compiles, one finds the code in memory, one on disk.
#[test]
fn it_does_not_matter_who_compiles() {
    let cache = tempfile::tempdir().expect("a directory");
    let options = || ProgramOptions::new().code_cache(wippy::CodeCache::at(cache.path()));
    let run = |program| {
        // What is not prepared is compiled in the run.
        let simulation = Simulation::builder(program)
            .host("a", [])
            .run("a", Call::new("random"))
            .build();
        let simulation = simulation.expect("a simulation");
        let world = simulation.start(3).expect("no setup");
        let handle = world.dispatcher().handle();
        let outcome = world.run();
        drop(handle);
        outcome
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
