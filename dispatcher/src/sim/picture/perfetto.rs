//! The trace-event format, which Perfetto and `chrome://tracing` show: hosts are processes, tasks are threads.
//!
//! The format counts microseconds; three decimals keep the nanoseconds. A run takes no virtual time, and something
//! that takes none can neither be seen nor be the end of an arrow, so that a run is drawn one nanosecond long, and
//! the wait behind it that much shorter. What is done at the same time on the same thread is one slice.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::json;
use super::model::{Message, Picture, Run};
use crate::sim::record::Fate;
use crate::time::instant::Instant;

/// How long what takes no time is drawn.
const SHOWN: u64 = 1;

impl Picture {
    /// The picture in the trace-event format, as JSON: slices for runs and waits of tasks and for packets at both
    /// ends, flows for packets that arrive, instants for those that do not, for faults, output and other
    /// records. Events are in the order of their times, those of the same time in the order of their records.
    pub fn perfetto(&self) -> String {
        let mut events = Events {
            picture: self,
            events: Vec::new(),
        };
        events.tasks();
        events.network();
        events.instants();
        events.text()
    }
}

/// Events by their times, and what comes first among those of one time.
struct Events<'a> {
    picture: &'a Picture,
    events: Vec<(u64, u64, String)>,
}

/// Where an event is shown.
#[derive(Clone, Copy)]
struct Thread {
    process: usize,
    thread: usize,
}

impl Events<'_> {
    fn text(mut self) -> String {
        self.events.sort_by_key(|(at, order, _)| (*at, *order));
        let names = self.names();
        let events = self.events.iter().map(|(_, _, text)| text);
        let mut out = String::from("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"title\":");
        json::string(&mut out, &self.picture.title);
        out.push_str(",\"summary\":");
        json::string(&mut out, &self.picture.summary.join("\n"));
        out.push_str("},\"traceEvents\":[");
        for (number, event) in names.iter().chain(events).enumerate() {
            out.push_str(if number == 0 { "\n" } else { ",\n" });
            out.push_str(event);
        }
        out.push_str("\n]}\n");
        out
    }

    /// The names of processes and threads. They are in the order of the hosts, the network of each before its
    /// tasks.
    fn names(&self) -> Vec<String> {
        let picture = self.picture;
        let mut names = Vec::new();
        let mut name = |what: &str, thread: Thread, name: &str| {
            let mut out = String::new();
            begin(&mut out, 'M', what, thread);
            out.push_str(",\"args\":{\"name\":");
            json::string(&mut out, name);
            out.push_str("}}");
            names.push(out);
        };
        let faults = self.faults();
        name("process_name", faults, "faults");
        name("thread_name", faults, "faults");
        for (place, host) in picture.hosts.iter().enumerate() {
            let network = self.network_of(place);
            name("process_name", network, &host.name);
            name("thread_name", network, "network");
        }
        for (place, task) in picture.tasks.iter().enumerate() {
            name("thread_name", self.task(place), &task.label());
        }
        names
    }

    fn faults(&self) -> Thread {
        Thread {
            process: 1,
            thread: 1,
        }
    }

    fn network_of(&self, host: usize) -> Thread {
        Thread {
            process: host + 2,
            thread: host + 2,
        }
    }

    fn task(&self, task: usize) -> Thread {
        let host = self.picture.tasks.get(task).map_or(0, |task| task.host);
        Thread {
            process: host + 2,
            thread: self.picture.hosts.len() + task + 2,
        }
    }

    /// Nanoseconds since the start.
    fn since(&self, at: Instant) -> u64 {
        at.as_nanos().saturating_sub(self.picture.start.as_nanos())
    }

    fn tasks(&mut self) {
        for (place, task) in self.picture.tasks.iter().enumerate() {
            let thread = self.task(place);
            for runs in task.runs.chunk_by(|one, other| one.at == other.at) {
                let (at, order) = (self.since(runs[0].at), runs[0].record);
                let name = match runs {
                    [_] => "runs".to_owned(),
                    runs => format!("runs {} times", runs.len()),
                };
                let args = |out: &mut String| run_args(out, runs);
                self.slice(at, order, SHOWN, thread, &name, args);
            }
            for wait in &task.waits {
                let from = self.since(wait.from) + SHOWN;
                let Some(length @ 1..) = self.since(wait.until).checked_sub(from) else {
                    continue;
                };
                let args = |out: &mut String| {
                    out.push_str("\"for\":");
                    json::string(out, &wait.text);
                };
                let name = wait.text.lines().next().unwrap_or("waits");
                self.slice(from, 0, length, thread, &format!("waits for {name}"), args);
            }
        }
    }

    /// Each end of a packet is a slice of the host's network, and there is a flow between the two.
    fn network(&mut self) {
        let picture = self.picture;
        let mut ends: BTreeMap<(u64, usize), Vec<(usize, String)>> = BTreeMap::new();
        for (number, message) in picture.messages.iter().enumerate() {
            let what = words(message);
            let peer = |host: usize| picture.hosts.get(host).map_or("", |host| &host.name);
            let sent = (self.since(message.sent), message.from);
            let text = format!("{what} to {}", peer(message.to));
            ends.entry(sent).or_default().push((number, text));
            match message.fate {
                Fate::Arrives(at) if at <= picture.end => {
                    let text = match message.discarded {
                        None => format!("{what} from {}", peer(message.from)),
                        Some(why) => {
                            format!("{what} from {}, discarded: {why}", peer(message.from))
                        }
                    };
                    let arrives = (self.since(at), message.to);
                    ends.entry(arrives).or_default().push((number, text));
                    self.flow('s', sent, number);
                    self.flow('f', arrives, number);
                }
                // It was under way when the picture ended.
                Fate::Arrives(_) => {}
                fate => {
                    let text = format!("{what} to {} {fate}", peer(message.to));
                    let thread = self.network_of(message.from);
                    self.instant(sent.0, message.record, 't', thread, &text);
                }
            }
        }
        for ((at, host), ends) in ends {
            let order = picture.messages[ends[0].0].record;
            let name = match &ends[..] {
                [(_, text)] => text.clone(),
                ends => format!("{} packets", ends.len()),
            };
            let args = |out: &mut String| {
                out.push_str("\"packets\":");
                json::strings(out, ends.iter().map(|(_, text)| text.as_str()));
                let tasks = ends.iter().filter_map(|(number, _)| {
                    let message = &picture.messages[*number];
                    message.task.filter(|_| message.from == host)
                });
                out.push_str(",\"by\":");
                let labels: Vec<String> = tasks.map(|task| picture.tasks[task].label()).collect();
                json::strings(out, labels.iter().map(String::as_str));
            };
            self.slice(at, order, SHOWN, self.network_of(host), &name, args);
        }
    }

    fn instants(&mut self) {
        let picture = self.picture;
        for fault in &picture.faults {
            let at = self.since(fault.at);
            self.instant(at, fault.record, 'g', self.faults(), &fault.text);
        }
        for host in 0..picture.hosts.len() {
            for span in &picture.hosts[host].spans {
                let from = self.since(span.from);
                let until = self.since(span.until.unwrap_or(picture.end));
                let Some(length @ 1..) = until.checked_sub(from) else {
                    continue;
                };
                let name = format!("{:?}", span.state).to_lowercase();
                // Packets that go off at the same time are shown within it.
                self.slice(from, 0, length, self.network_of(host), &name, |_| {});
            }
        }
        for mark in &picture.marks {
            let thread = match (mark.task, mark.host) {
                (Some(task), _) => self.task(task),
                (None, Some(host)) => self.network_of(host),
                (None, None) => self.faults(),
            };
            let order = mark.record.unwrap_or(u64::MAX);
            self.instant(self.since(mark.at), order, 't', thread, &mark.text);
        }
        for output in &picture.outputs {
            let thread = match output.task {
                Some(task) => self.task(task),
                None => self.network_of(output.host),
            };
            let stream = if output.is_error { "stderr" } else { "stdout" };
            let text = format!("{stream}: {}", output.text.trim_end());
            self.instant(self.since(output.at), u64::MAX, 't', thread, &text);
        }
    }

    fn slice(
        &mut self,
        at: u64,
        order: u64,
        length: u64,
        thread: Thread,
        name: &str,
        args: impl FnOnce(&mut String),
    ) {
        let mut out = String::new();
        begin(&mut out, 'X', name, thread);
        let (at_text, length) = (micros(at), micros(length));
        // Writing to a string does not fail.
        let _ = write!(out, ",\"ts\":{at_text},\"dur\":{length},\"args\":{{");
        args(&mut out);
        out.push_str("}}");
        self.events.push((at, order, out));
    }

    fn flow(&mut self, phase: char, (at, host): (u64, usize), number: usize) {
        let message = &self.picture.messages[number];
        let mut out = String::new();
        let name = words(message);
        begin(&mut out, phase, &name, self.network_of(host));
        let ts = micros(at);
        let _ = write!(
            out,
            ",\"ts\":{ts},\"cat\":\"packet\",\"id\":{number},\"bp\":\"e\"}}"
        );
        // Behind the slices of this time, with which it begins and ends.
        self.events.push((at, u64::MAX, out));
    }

    fn instant(&mut self, at: u64, order: u64, scope: char, thread: Thread, name: &str) {
        let mut out = String::new();
        begin(&mut out, 'i', name, thread);
        let ts = micros(at);
        let _ = write!(out, ",\"ts\":{ts},\"s\":\"{scope}\"}}");
        self.events.push((at, order, out));
    }
}

/// Begins an event.
fn begin(out: &mut String, phase: char, name: &str, thread: Thread) {
    let Thread { process, thread } = thread;
    let _ = write!(
        out,
        "{{\"ph\":\"{phase}\",\"pid\":{process},\"tid\":{thread},\"name\":"
    );
    json::string(out, name);
}

fn run_args(out: &mut String, runs: &[Run]) {
    out.push_str("\"records\":");
    json::list(out, runs, |out, run| {
        let _ = write!(out, "{}", run.record);
    });
    out.push_str(",\"found\":");
    let found: Vec<String> = runs
        .iter()
        .flat_map(|run| &run.found)
        .map(ToString::to_string)
        .collect();
    json::strings(out, found.iter().map(String::as_str));
}

/// What a packet is.
fn words(message: &Message) -> String {
    match message.length {
        0 => message.kind.to_string(),
        length => format!("{} of {length} bytes", message.kind),
    }
}

/// Nanoseconds as microseconds, all of their digits.
fn micros(nanos: u64) -> String {
    format!("{}.{:03}", nanos / 1_000, nanos % 1_000)
}
