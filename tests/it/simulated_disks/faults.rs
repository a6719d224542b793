//! Capacities, errors and delays, from the library and from scenarios.

use std::path::Path;
use std::time::Duration;

use wippy::sim::{Call, DiskFaults, Outcome, Scenario, Simulation, SimulationError};
use wippy_dispatcher::{Record, sim::FileFault};

use super::program;

fn simulation(faults: DiskFaults) -> Simulation {
    let call = Call::new("ledger").args(["missing-fsync", "fixed", "10"]);
    let builder = Simulation::builder(program()).host("shop", []);
    let builder = builder.run("shop", call).disk("shop", "data", faults);
    builder.build().expect("a simulation")
}

fn complaint(outcome: &Outcome) -> String {
    let call = outcome.call("ledger").expect("it was placed");
    assert_eq!(call.status(), Some(1), "{outcome}");
    String::from_utf8_lossy(&call.stderr()).into_owned()
}

#[test]
fn an_operation_on_a_path_that_matches_fails() {
    let failing = simulation(DiskFaults::new().errors("receipts", 1.0));
    let text = complaint(&failing.run(1).expect("no setup"));
    assert!(text.contains("os error 29"), "{text}");
    let other = simulation(DiskFaults::new().errors("other/**", 1.0));
    assert_eq!(super::run(&other, 1), Ok(()));
    // Now and then, and not in all seeds at the same time.
    let seldom = simulation(DiskFaults::new().errors("**", 0.02));
    let failed = (0..20)
        .filter(|seed| super::run(&seldom, *seed).is_err())
        .count();
    assert!((1..20).contains(&failed), "{failed}");
}

#[test]
fn a_slow_disk_takes_virtual_time_and_is_recorded() {
    let time = |faults| {
        let outcome = simulation(faults).run(1).expect("no setup");
        super::check(&outcome).expect("it ends well");
        outcome.time
    };
    let (least, most) = (Duration::from_secs(1), Duration::from_secs(2));
    let (usual, slow) = (
        time(DiskFaults::new()),
        time(DiskFaults::new().delays("ledger", least, most)),
    );
    assert!(usual < Duration::from_secs(1), "{usual:?}");
    // Ten writes and ten syncs at least.
    assert!(slow > Duration::from_secs(20), "{slow:?}");
    let slow = simulation(DiskFaults::new().delays("ledger", least, most));
    let log = tempfile::NamedTempFile::new().expect("a file");
    let file = log.reopen().expect("a file");
    let world = slow.start_with(1, |settings| settings.log(file));
    world.expect("no setup").run();
    let log = wippy_dispatcher::sim::Log::open(log.path()).expect("a log");
    let delays = log
        .records()
        .filter_map(|record| match record.expect("whole") {
            Record::FileFault {
                fault: FileFault::Delay { nanos },
                ..
            } => Some(Duration::from_nanos(nanos)),
            _ => None,
        });
    let delays: Vec<Duration> = delays.collect();
    assert!(delays.len() >= 20, "{delays:?}");
    assert!(delays.iter().all(|it| (least..=most).contains(it)));
}

#[test]
fn a_filesystem_that_there_is_not_is_an_error_with_its_name() {
    let builder = Simulation::builder(program()).host("shop", []);
    let error = builder.disk("shop", "dat", DiskFaults::new()).build();
    let error = error.expect_err("no such entry");
    assert!(matches!(error, SimulationError::NoFilesystem { .. }));
    assert!(error.to_string().contains("\"dat\""), "{error}");
    let builder = Simulation::builder(program()).host("shop", []);
    let error = builder.disk("shop", "ledger", DiskFaults::new()).build();
    let error = error.expect_err("no filesystem").to_string();
    assert!(error.ends_with("is no fs.directory"), "{error}");
}

const SCENARIO: &str = "
hosts:
  shop:
    run: [{entry: ledger, args: [full-disk, buggy, '50']}]
disks:
  - host: shop
    fs: data
    capacity: 20500
    errors: [{path: 'other/*', probability: 0.5}]
    delays: [{least: 1ms, most: 5ms}]
expect:
  calls: [{call: ledger, status: 1, stderr: {contains: ['ends with 500 bytes of a record']}}]
";

#[test]
fn a_scenario_says_what_goes_wrong_with_files() {
    let scenario = Scenario::from_yaml(SCENARIO, Path::new("full.yaml")).expect("no mistakes");
    let simulation = scenario
        .simulation(program())
        .build()
        .expect("a simulation");
    for seed in 0..5 {
        let outcome = simulation.run(seed).expect("no setup");
        assert_eq!(scenario.check(&outcome), Vec::<String>::new(), "{outcome}");
        assert!(
            outcome.time > Duration::from_millis(20),
            "{:?}",
            outcome.time
        );
    }
}

#[test]
fn mistakes_in_what_goes_wrong_have_their_places() {
    let yaml = SCENARIO.replace("probability: 0.5", "probability: 2");
    let yaml = yaml
        .replace("most: 5ms", "mots: 5ms")
        .replace("host: shop", "host: shup");
    let found = Scenario::from_yaml(&yaml, Path::new("full.yaml")).expect_err("mistakes");
    let all: String = found.iter().map(|it| format!("{it}\n")).collect();
    for part in [
        "expected a probability from 0 to 1",
        "most is required",
        "mots",
        "there is no host \"shup\"",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
}
