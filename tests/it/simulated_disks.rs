//! Disks of simulated hosts: what a crash leaves on them, what goes wrong with them, and guests with a bug each
//! that only shows then.

mod example;
mod faults;
mod shrink;

use std::sync::OnceLock;
use std::time::Duration;

use wippy::sim::{Call, CallOutcome, DiskFaults, Outcome, Simulation};
use wippy::{Program, ProgramOptions};
use wippy_dispatcher::sim::{FaultMix, Seeds};

use crate::support::Project;

/// A guest with a bug, as a program of the guest `ledger`.
struct Bug {
    name: &'static str,
    count: &'static str,
    faults: fn() -> DiskFaults,
    crashes: u32,
}

/// How long crashes go on: about as long as the programs run.
const HORIZON: Duration = Duration::from_millis(200);

const BUGS: [Bug; 4] = [
    Bug {
        name: "torn-write",
        count: "100",
        faults: DiskFaults::new,
        crashes: 3,
    },
    Bug {
        name: "missing-fsync",
        count: "100",
        faults: DiskFaults::new,
        crashes: 3,
    },
    Bug {
        name: "missing-name",
        count: "50",
        faults: DiskFaults::new,
        crashes: 3,
    },
    Bug {
        name: "full-disk",
        count: "50",
        faults: || DiskFaults::new().capacity(20_500),
        crashes: 0,
    },
];

/// The program `ledger` over an empty directory at `/data`.
fn program() -> Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    let made = PROGRAM.get_or_init(|| {
        let mut project = Project::new();
        let missing = serde_json::json!(std::env::temp_dir().join("wippy-no-such-directory"));
        let fields: [(&str, &dyn std::fmt::Display); 2] =
            [("directory", &missing), ("auto_init", &"true")];
        project.entry("data", "fs.directory", &fields);
        let wasi = "{mounts: [{fs: data, guest: /data}]}";
        let extra: [(&str, &dyn std::fmt::Display); 1] = [("wasi", &wasi)];
        project.command_at("ledger", "ledger", "_start", "[wasi1]", &extra);
        project.program(ProgramOptions::new().max_instances(64))
    });
    made.clone()
}

impl Bug {
    fn simulation(&self, variant: &str, faults: DiskFaults, crashes: u32) -> Simulation {
        let call = Call::new("ledger").args([self.name, variant, self.count]);
        let builder = Simulation::builder(program())
            .host("shop", [])
            .run("shop", call)
            .disk("shop", "data", faults)
            .swarm(FaultMix::new(HORIZON).crashes(crashes))
            .max_time(Duration::from_secs(60));
        builder.build().expect("a simulation")
    }

    fn with_faults(&self, variant: &str) -> Simulation {
        self.simulation(variant, (self.faults)(), self.crashes)
    }
}

/// What is wrong with an outcome.
fn check(outcome: &Outcome) -> Result<(), String> {
    match outcome.call("ledger").and_then(CallOutcome::status) {
        Some(0) => Ok(()),
        _ => Err(outcome.to_string()),
    }
}

fn run(simulation: &Simulation, seed: u64) -> Result<(), String> {
    check(&simulation.run(seed).expect("no setup"))
}

#[test]
fn without_faults_nobody_sees_them() {
    for bug in &BUGS {
        let simulation = bug.simulation("buggy", DiskFaults::new(), 0);
        assert_eq!(run(&simulation, 1), Ok(()), "{}", bug.name);
    }
}

#[test]
fn the_faults_of_a_seed_show_them() {
    for bug in &BUGS {
        let (buggy, fixed) = (bug.with_faults("buggy"), bug.with_faults("fixed"));
        let seeds = Seeds::new(0..1_000).stop_after(1);
        let report = seeds.run(|seed| run(&buggy, seed)).expect("no file");
        let failure = report.failures().first();
        let Some(failure) = failure else {
            panic!("{} has not shown in 1,000 seeds", bug.name);
        };
        println!("{}, seed {}: {}", bug.name, failure.seed, failure.reason);
        assert_eq!(run(&fixed, failure.seed), Ok(()), "{}", bug.name);
    }
}

#[test]
fn what_is_mended_passes_all_seeds() {
    for bug in &BUGS {
        let fixed = bug.with_faults("fixed");
        // Each of them twice: that has to be the same run.
        let seeds = Seeds::new(0..100).verify(true);
        let report = seeds.run(|seed| run(&fixed, seed)).expect("no file");
        assert!(report.is_ok(), "{}: {report}", bug.name);
    }
}
