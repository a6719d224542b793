//! Names of hosts, and lookups that fail.

use std::net::IpAddr;
use std::time::Duration;

use wippy_dispatcher::net::{ResolveError, resolve};
use wippy_dispatcher::sim::{DEFAULT_HOST, Fault, NameAnswer};
use wippy_dispatcher::{Dispatcher, Handle, Record, Simulation};

use super::{build, host, now, run};

fn look_up(dispatcher: &Dispatcher, handle: &Handle, name: &str) -> Result<Vec<IpAddr>, String> {
    let answer = run(dispatcher, resolve(handle, name));
    answer.map_err(|error| error.to_string())
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts
        .iter()
        .map(|text| text.parse().expect("an address"))
        .collect()
}

#[test]
fn hosts_have_names_and_addresses() {
    let own = addresses(&["192.0.2.7", "2001:db8::7"]);
    let simulation = Simulation::new(1)
        .host("first", [])
        .host("Second.example", own.clone())
        .host("third", []);
    let dispatcher = build(simulation);
    let handle = host(&dispatcher, "first").handle();
    let look_up = |name: &str| look_up(&dispatcher, &handle, name);
    assert_eq!(look_up("first"), Ok(addresses(&["10.0.0.2", "fd00::2"])));
    assert_eq!(look_up("third"), Ok(addresses(&["10.0.0.4", "fd00::4"])));
    assert_eq!(
        look_up(DEFAULT_HOST),
        Ok(addresses(&["10.0.0.1", "fd00::1"]))
    );
    for name in ["second.example", "SECOND.EXAMPLE.", "Second.example"] {
        assert_eq!(look_up(name), Ok(own.clone()));
    }
    assert_eq!(look_up("fourth"), Err("no address for fourth".to_owned()));
    assert_eq!(look_up("localhost"), Ok(addresses(&["127.0.0.1", "::1"])));
    assert_eq!(host(&dispatcher, "second.example").name(), "Second.example");
}

#[test]
fn a_lookup_takes_a_drawn_time() {
    let (least, most) = (Duration::from_millis(3), Duration::from_millis(9));
    let run_one = |seed| {
        let simulation = Simulation::new(seed).lookup_delay(least, most);
        let dispatcher = build(simulation);
        let handle = dispatcher.handle();
        let mut times = Vec::new();
        for _ in 0..20 {
            let start = now(&handle);
            look_up(&dispatcher, &handle, "localhost").expect("here");
            times.push(now(&handle) - start);
        }
        let trace = dispatcher.trace().expect("a simulation");
        let drawn = trace.records().iter().filter_map(|record| match record {
            Record::Lookup { host: 0, nanos } => Some(Duration::from_nanos(*nanos)),
            _ => None,
        });
        assert_eq!(drawn.collect::<Vec<_>>(), times);
        times
    };
    let times = run_one(1);
    assert!(times.iter().all(|time| (least..=most).contains(time)));
    assert_eq!(times, run_one(1));
    assert_ne!(times, run_one(2));
}

#[test]
fn answers_fail_and_change_and_come_back() {
    let dispatcher = build(super::plain(1));
    let (client, server) = (host(&dispatcher, "client"), host(&dispatcher, "server"));
    let set = |host: Option<&str>, answer: NameAnswer| {
        let fault = Fault::Name(host.map(str::to_owned), "server".to_owned(), answer);
        dispatcher.inject(&fault).expect("a host");
    };
    let ask = |handle: &Handle| run(&dispatcher, resolve(handle, "server"));
    set(None, NameAnswer::NotFound);
    assert!(matches!(
        ask(&client.handle()),
        Err(ResolveError::NotFound(_))
    ));
    set(Some("client"), NameAnswer::Temporary);
    assert!(matches!(
        ask(&client.handle()),
        Err(ResolveError::Temporary(_))
    ));
    assert!(matches!(
        ask(&server.handle()),
        Err(ResolveError::NotFound(_))
    ));
    set(Some("client"), NameAnswer::Permanent);
    assert!(matches!(
        ask(&client.handle()),
        Err(ResolveError::Permanent(_))
    ));
    let other = addresses(&["10.7.7.7"]);
    set(Some("client"), NameAnswer::Addresses(other.clone()));
    assert_eq!(ask(&client.handle()).expect("others"), other);
    set(Some("client"), NameAnswer::Original);
    set(None, NameAnswer::Original);
    assert_eq!(ask(&client.handle()).expect("its own"), server.addresses());
}

#[test]
fn hosts_that_cannot_be_are_refused() {
    let one = || Simulation::new(1).host("one", addresses(&["10.1.1.1"]));
    let refused = [
        (one().host("ONE", []), "another host has this name"),
        (one().host(DEFAULT_HOST, []), "another host has this name"),
        (
            one().host("two words", []),
            "it is no name that a host can have",
        ),
        (one().host("", []), "it is no name that a host can have"),
        (
            one().host("10.2.2.2", []),
            "it is no name that a host can have",
        ),
        (
            one().host("localhost", []),
            "it is no name that a host can have",
        ),
        (
            one().host("two", addresses(&["10.1.1.1"])),
            "another host has one of its addresses",
        ),
        (
            one().host("two", addresses(&["10.1.1.2", "10.1.1.2"])),
            "another host has one of its addresses",
        ),
        (
            one().host("two", addresses(&["127.0.0.1"])),
            "one of its addresses belongs to no host",
        ),
    ];
    for (simulation, expected) in refused {
        let built = Dispatcher::builder().simulation(simulation).build();
        let error = built.map(drop).expect_err(expected);
        assert!(error.to_string().ends_with(expected), "{error}");
    }
    let link = wippy_dispatcher::sim::Link::new();
    let built = Dispatcher::builder()
        .simulation(one().link("one", "two", link))
        .build();
    let error = built.map(drop).expect_err("no host two");
    assert!(error.to_string().contains("no host \"two\""), "{error}");
}
