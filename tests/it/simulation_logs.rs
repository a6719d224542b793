//! Guests under a seed, recorded and replayed.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::json;
use wippy::Arguments;
use wippy_dispatcher::sim::{Log, Picker, Waiter};
use wippy_dispatcher::{Dispatcher, Error, Record, Simulation};

use crate::support::Project;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// So many guests that sleep equal times three times.
fn nap(settings: Simulation, guests: usize) -> Result<(), Error> {
    let mut project = Project::new();
    let imports = "[wasi:clocks, wasi:io]";
    project.function("nap", "sleeper", "sleeper#sleep-series", imports, &[]);
    let dispatcher = Dispatcher::builder().simulation(settings).build()?;
    let runtime = project.load(&dispatcher);
    let start = |_| {
        let runtime = runtime.clone();
        dispatcher.spawn(async move {
            let arguments = [json!([1000, 1000, 1000])];
            let called = runtime.call("nap", Arguments::Json(&arguments)).await;
            called.map(drop).expect("a nap");
        })
    };
    let naps: Vec<_> = (0..guests).map(start).collect::<Result<_, _>>()?;
    for nap in naps {
        dispatcher.block_on(nap)?.expect("not cancelled");
    }
    dispatcher.finish_log()
}

fn record(picker: Picker, guests: usize) -> Log {
    let sink = Sink::default();
    let settings = Simulation::new(7).picker(picker).log(sink.clone());
    nap(settings, guests).expect("a run");
    let bytes = sink.0.lock().expect("nobody panics");
    Log::read(&bytes[..]).expect("a log")
}

#[test]
fn guests_are_replayed_whatever_the_picker() {
    for picker in [
        Picker::Uniform,
        Picker::RoundRobin,
        Picker::PriorityChange { depth: 3 },
    ] {
        let log = record(picker, 5);
        nap(Simulation::new(7).replay(log.clone()), 5).expect("the same run");
        // A guest's sleep ends a wait of its own, and the guest finds that out.
        let of_guests = log.records().map_while(Result::ok).filter(|record| {
            let Record::Consumption { task, waiter } = record else {
                return false;
            };
            task.is_some() && matches!(waiter, Waiter::Timer(_) | Waiter::Member { .. })
        });
        assert!(of_guests.count() >= 15);
    }
}

#[test]
fn a_guest_less_is_another_run() {
    let log = record(Picker::Uniform, 5);
    let ended = nap(Simulation::new(7).replay(log), 4);
    assert!(matches!(ended, Err(Error::Diverged(_))), "{ended:?}");
}
