//! Scenarios: what they say, what is wrong with them, and what they expect.

use std::path::Path;

use boon::{Compiler, Schemas};
use wippy::sim::{Scenario, scenario_schema};

use super::program;

/// All that a scenario may say.
const WHOLE: &str = r#"
version: "1.0"
description: everything
hosts:
  server:
    addresses: [10.1.0.1, "fd00::99"]
  client:
    run:
      - entry: test:nap
        name: sleeps
        input: [[1000000]]
        start: 1s
        restart: false
        timeout: 10s
      - {entry: cat, stdin: "a line\n", args: [--blocking], env: {LEVEL: 3}, background: true}
  third:
links:
  - {between: [server, client], latency: 20ms, jitter: 1ms, bandwidth: 125000, queue: 65536,
     loss: 0.01, duplication: 0.01, reordering: 0.01, reorder_delay: 5ms}
default_link: {latency: 2ms}
faults:
  - {at: 5s, partition: [[server], [client, third]]}
  - {at: 6s, partition_one_way: [[server], [client]]}
  - {at: 7s, heal: [[server], [client, third]]}
  - {at: 8s, crash: server, peers: silent}
  - {at: 9s, restart: server}
  - {at: 10s, pause: third}
  - {at: 11s, resume: third}
  - {at: 12s, clock_drift: {host: client, ppm: -50}}
  - {at: 13s, wall_clock: {host: client, by: -1h}}
  - {at: 14s, link: {between: [client, third], latency: 1s}}
  - {at: 15s, lookup: {name: db.example, host: client, addresses: [10.1.0.1]}}
  - {at: 16s, lookup: {name: db.example, failure: not_found}}
swarm: {within: 30s, latency: 1ms, jitter: 1ms, loss: 0.01, duplication: 0.01, reordering: 0.01,
  short_io: 0.1, spurious_readiness: 0.1, partitions: 0, crashes: 0, pauses: 0, clock_drift: 0,
  wall_clock_steps: 1}
picker: priority-change:2
bounds: {time: 60s, records: 100000, output: 1000}
expect:
  end: completed
  calls:
    - {call: sleeps, host: client, before: 5s, status: any}
    - {call: cat, status: 0, stdout: {equals: "a line\n", contains: [line], lacks: [word],
       lines: 1, count: {"e": 1}}, stderr: {equals: ""}}
  order: [cat, sleeps]
"#;

fn read(yaml: &str) -> Result<Scenario, String> {
    Scenario::from_yaml(yaml, Path::new("s.yaml")).map_err(|found| {
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })
}

#[test]
fn all_that_a_scenario_may_say_holds() {
    let scenario = read(WHOLE).expect("no mistakes");
    let simulation = scenario
        .simulation(program())
        .build()
        .expect("a simulation");
    for seed in 0..5 {
        let outcome = simulation.run(seed).expect("no setup");
        assert_eq!(scenario.check(&outcome), [""; 0], "{outcome}");
    }
}

#[test]
fn what_is_wrong_has_a_place_and_what_was_meant() {
    let cases = [
        ("", "s.yaml: error: the scenario is empty (it needs hosts)"),
        (
            "hosts: {}",
            "s.yaml:1:1: error: hosts: hosts is required: what runs, and where",
        ),
        (
            "hosts: {a: }\nhots: 1",
            "s.yaml:2:1: error: hots: unknown field \"hots\" (did you mean \"hosts\"?)",
        ),
        (
            "hosts: {a: {run: [{input: [1]}]}}",
            "s.yaml:1:19: error: hosts.a.run[0].entry: entry is required: what is called",
        ),
        (
            "hosts: {a: {addresses: [10.0.0.300]}}",
            "s.yaml:1:25: error: hosts.a.addresses: expected an IP address, such as 10.0.0.7",
        ),
        (
            "hosts: {server: , b: }\nfaults: [{at: 1s, crash: sever}]",
            "s.yaml:2:26: error: faults: there is no host \"sever\" (did you mean \"server\"?)",
        ),
        (
            "hosts: {a: }\nfaults: [{at: 1s}]",
            "s.yaml:2:10: error: faults: expected one of partition, partition_one_way, heal, crash, restart, \
             pause, resume, clock_drift, wall_clock, link, lookup",
        ),
        (
            "hosts: {a: }\nfaults: [{crash: a}]",
            "s.yaml:2:10: error: faults: at is required: when it happens",
        ),
        (
            "hosts: {a: }\nfaults: [{at: 1s, crash: a, restart: a}]",
            "s.yaml:2:10: error: faults: expected one fault; each has an item of its own",
        ),
        (
            "hosts: {a: }\nlinks: [{between: [a], latency: soon}]",
            "s.yaml:2:9: error: links[0].between: expected the names of two hosts\n\
             s.yaml:2:33: error: links[0].latency: expected a duration such as \"10s\", found the string \"soon\"",
        ),
        (
            "hosts: {a: }\ndefault_link: {loss: 2}",
            "s.yaml:2:22: error: default_link.loss: expected a probability from 0 to 1",
        ),
        (
            "hosts: {a: }\nswarm: {crashes: -1}",
            "s.yaml:2:8: error: swarm.within: within is required: until when faults begin and end, such as 60s\n\
             s.yaml:2:18: error: swarm.crashes: expected a number from 0 to 10000",
        ),
        (
            "hosts: {a: }\nswarm: {within: 1s, partitions: 10001, pauses: 10000, clock_drift: 500001}",
            "s.yaml:2:33: error: swarm.partitions: expected a number from 0 to 10000\n\
             s.yaml:2:68: error: swarm.clock_drift: expected a number from 0 to 500000",
        ),
        (
            "hosts: {a: }\nfaults: [{at: 1s, clock_drift: {host: a, ppm: -500001}}]",
            "s.yaml:2:47: error: faults[0].clock_drift.ppm: expected parts per million from -500000 to 500000",
        ),
        (
            "hosts: {a: }\nfaults: [{at: 1s, clock_drift: {host: a, ppm: 5000000000}}]",
            "s.yaml:2:47: error: faults[0].clock_drift.ppm: expected parts per million from -500000 to 500000",
        ),
        (
            "hosts: {a b: }",
            "s.yaml:1:9: error: hosts: host \"a b\" cannot be simulated so: it is no name that a host can have",
        ),
        (
            "hosts:\n  a: {addresses: [10.1.0.1]}\n  b: {addresses: [10.1.0.1]}",
            "s.yaml:3:3: error: hosts: host \"b\" cannot be simulated so: another host has one of its addresses",
        ),
        (
            "hosts:\n  a:\n  b: {addresses: [127.0.0.1]}",
            "s.yaml:3:3: error: hosts: host \"b\" cannot be simulated so: one of its addresses belongs to no host",
        ),
        (
            "hosts: {a: }\nfaults:\n  - {at: 1s, crash: default}",
            "s.yaml:3:21: error: faults: host \"default\" cannot be simulated so: what is on no other host is on \
             this one, which does not crash",
        ),
        (
            "hosts: {a: }\npicker: unifrom",
            "s.yaml:2:9: error: picker: expected uniform, round-robin, or priority-change:DEPTH, such as \
             priority-change:3 (did you mean \"uniform\"?)",
        ),
        (
            "hosts: {a: {run: [{entry: x, name: one}]}}\nexpect: {calls: [{call: on, status: 300}]}",
            "s.yaml:2:29: error: expect.calls[0].status: expected an exit status from 0 to 255, or any\n\
             s.yaml:2:25: error: expect: there is no call \"on\" (did you mean \"one\"?)",
        ),
        (
            "hosts: {a: }\nexpect: {end: dead}",
            "s.yaml:2:15: error: expect.end: expected one of completed, deadlock, time over, too many records, \
             livelock, failed",
        ),
        (
            "hosts: {a: }\n---\nhosts: {b: }",
            "s.yaml:3:1: error: a scenario is one document",
        ),
    ];
    for (yaml, expected) in cases {
        assert_eq!(read(yaml).expect_err(yaml), expected, "{yaml}");
    }
}

#[test]
fn what_does_not_hold_is_said() {
    let wrong = |expect: &str| {
        let hosts = "hosts: {a: {run: [{entry: cat, stdin: \"one\\ntwo\\n\"}, {entry: args, args: [--exit, \"1\"]}]}}";
        let yaml = format!("{hosts}\nexpect: {expect}");
        let scenario = read(&yaml).expect("no mistakes");
        let simulation = scenario
            .simulation(program())
            .build()
            .expect("a simulation");
        scenario
            .check(&simulation.run(1).expect("no setup"))
            .join("\n")
    };
    let fails = "args of a exited with 1, not with 0";
    assert_eq!(wrong("{}"), fails);
    let args = "{call: args, status: 1}";
    assert_eq!(wrong(&format!("{{calls: [{args}]}}")), "");
    let cat = |expected: &str| wrong(&format!("{{calls: [{args}, {{call: cat, {expected}}}]}}"));
    let output = "the standard output of cat of a";
    assert_eq!(
        cat("stdout: {equals: x}"),
        format!("{output} is \"one\\ntwo\\n\", not \"x\"")
    );
    assert_eq!(
        cat("stdout: {contains: [one, three], lacks: [two], lines: 3, count: {o: 1}}"),
        format!(
            "{output} lacks \"three\": it is \"one\\ntwo\\n\"\n{output} has \"two\": it is \"one\\ntwo\\n\"\n\
             {output} has 2 lines, not 3\n{output} has \"o\" 2 times, not 1"
        )
    );
    assert_eq!(cat("before: 0s"), "cat of a ends at 0ns, not before 0ns");
    assert_eq!(
        cat("result: 7"),
        "cat of a exited with 0; it was to return 7"
    );
    assert_eq!(
        wrong(&format!("{{end: deadlock, calls: [{args}]}}")),
        "the run ends with completed, not deadlock"
    );
}

#[test]
fn the_schema_takes_what_loads_and_refuses_mistakes() {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let name = "https://example.invalid/scenario.json";
    compiler
        .add_resource(name, scenario_schema())
        .expect("a resource");
    let index = compiler.compile(name, &mut schemas).expect("a schema");
    let valid = |yaml: &str| {
        let document = serde_yaml::from_str(yaml).expect("YAML");
        schemas
            .validate(&document, index)
            .map_err(|error| format!("{error:#}"))
    };
    valid(WHOLE).expect("it loads");
    for wrong in [
        "hots: {}",
        "hosts: {a: {rum: []}}",
        "hosts: {a: {run: [{input: [1]}]}}",
        "swarm: {crashes: -1}",
        "expect: {calls: [{status: 0}]}",
    ] {
        valid(wrong).expect_err(wrong);
    }
}
