//! A picture as the JSON that its page reads: lists of numbers, with the texts that occur often in a list of their
//! own. Times are nanoseconds since the start. `page/model.js` is the other side.

use std::collections::HashMap;
use std::fmt::Write;

use super::json;
use super::model::{Fault, Host, HostState, Message, Output, Picture, Task, TaskEnd};
use crate::sim::record::Fate;
use crate::time::instant::Instant;

/// A picture, and the texts that it has used so far.
struct Data<'a> {
    picture: &'a Picture,
    texts: HashMap<&'a str, usize>,
    in_order: Vec<&'a str>,
}

/// Appends a picture as JSON.
pub(super) fn put(out: &mut String, picture: &Picture) {
    let mut data = Data {
        picture,
        texts: HashMap::new(),
        in_order: Vec::new(),
    };
    data.put(out);
}

impl<'a> Data<'a> {
    fn put(&mut self, out: &mut String) {
        let picture = self.picture;
        out.push_str("{\"title\":");
        json::string(out, &picture.title);
        out.push_str(",\"summary\":");
        json::strings(out, picture.summary.iter().map(String::as_str));
        let (end, records, drawn) = (self.since(picture.end), picture.records, picture.drawn);
        // Writing to a string does not fail.
        let _ = write!(
            out,
            ",\"end\":{end},\"records\":{records},\"drawn\":{drawn}"
        );
        out.push_str(",\"hosts\":");
        json::list(out, &picture.hosts, |out, host| self.host(out, host));
        out.push_str(",\"tasks\":");
        json::list(out, &picture.tasks, |out, task| self.task(out, task));
        out.push_str(",\"runs\":");
        let runs = picture.tasks.iter().enumerate();
        let runs = runs.flat_map(|(place, task)| task.runs.iter().map(move |run| (place, run)));
        json::list(out, runs, |out, (place, run)| {
            let found = run.found.iter();
            let found = found.fold(0, |set, operation| set | 1 << *operation as u32);
            let _ = write!(out, "{place},{},{},{found}", self.since(run.at), run.record);
        });
        out.push_str(",\"waits\":");
        let waits = picture.tasks.iter().enumerate();
        let waits =
            waits.flat_map(|(place, task)| task.waits.iter().map(move |wait| (place, wait)));
        json::list(out, waits, |out, (place, wait)| {
            let (from, until) = (self.since(wait.from), self.since(wait.until));
            let text = self.text(&wait.text);
            let _ = write!(out, "{place},{from},{until},{text}");
        });
        out.push_str(",\"messages\":");
        json::list(out, &picture.messages, |out, message| {
            self.message(out, message)
        });
        out.push_str(",\"faults\":");
        json::list(out, &picture.faults, |out, fault| self.fault(out, fault));
        out.push_str(",\"marks\":");
        json::list(out, &picture.marks, |out, mark| {
            let (host, task, at) = (place(mark.host), place(mark.task), self.since(mark.at));
            let text = self.text(&mark.text);
            let record = number_of(mark.record);
            let _ = write!(out, "{host},{task},{at},{record},{text}");
        });
        out.push_str(",\"outputs\":");
        json::list(out, &picture.outputs, |out, output| {
            self.output(out, output)
        });
        out.push_str(",\"texts\":");
        json::strings(out, self.in_order.iter().copied());
        out.push('}');
    }

    /// Nanoseconds since the start.
    fn since(&self, at: Instant) -> u64 {
        at.as_nanos().saturating_sub(self.picture.start.as_nanos())
    }

    /// The number of a text.
    fn text(&mut self, text: &'a str) -> usize {
        let in_order = &mut self.in_order;
        *self.texts.entry(text).or_insert_with(|| {
            in_order.push(text);
            in_order.len() - 1
        })
    }

    fn host(&self, out: &mut String, host: &Host) {
        out.push_str("{\"name\":");
        json::string(out, &host.name);
        out.push_str(",\"spans\":");
        json::list(out, &host.spans, |out, span| {
            let is_down = u8::from(span.state == HostState::Down);
            let until = span.until.unwrap_or(self.picture.end);
            let (from, until) = (self.since(span.from), self.since(until));
            let _ = write!(out, "[{is_down},{from},{until}]");
        });
        out.push('}');
    }

    fn task(&self, out: &mut String, task: &Task) {
        out.push_str("{\"label\":");
        json::string(out, &task.label());
        let end = match task.end {
            TaskEnd::Alive => "alive",
            TaskEnd::Ended => "ended",
            TaskEnd::Crashed => "crashed",
        };
        let ended = task.ended.unwrap_or(self.picture.end);
        let _ = write!(
            out,
            ",\"host\":{},\"parent\":{},\"from\":{},\"until\":{},\"end\":\"{end}\"}}",
            task.host,
            place(task.parent),
            self.since(task.began),
            self.since(ended),
        );
    }

    fn message(&mut self, out: &mut String, message: &Message) {
        let (fate, arrives) = match message.fate {
            Fate::Arrives(at) => (0, self.since(at)),
            Fate::Lost => (1, 0),
            Fate::Partition => (2, 0),
            Fate::QueueFull => (3, 0),
            Fate::NoRoom => (4, 0),
        };
        let discarded = message.discarded.map_or(-1, |why| i32::from(why as u8));
        let _ = write!(
            out,
            "{},{},{},{},{},{fate},{arrives},{},{},{discarded}",
            message.from,
            message.to,
            message.kind as u8,
            message.length,
            self.since(message.sent),
            message.record,
            place(message.task),
        );
    }

    fn fault(&self, out: &mut String, fault: &Fault) {
        let at = self.since(fault.at);
        let until = fault
            .until
            .map_or(-1, |until| i128::from(self.since(until)));
        let record = fault.record;
        let _ = write!(
            out,
            "{{\"at\":{at},\"until\":{until},\"record\":{record},\"text\":"
        );
        json::string(out, &fault.text);
        out.push_str(",\"hosts\":");
        json::list(out, &fault.hosts, |out, host| {
            let _ = write!(out, "{host}");
        });
        out.push('}');
    }

    fn output(&self, out: &mut String, output: &Output) {
        let (at, host, task) = (self.since(output.at), output.host, place(output.task));
        let is_error = output.is_error;
        let _ = write!(
            out,
            "{{\"at\":{at},\"host\":{host},\"task\":{task},\"isError\":{is_error},\"text\":"
        );
        json::string(out, &output.text);
        out.push('}');
    }
}

/// A record's number, or -1 for none.
fn number_of(record: Option<u64>) -> i64 {
    record
        .and_then(|record| i64::try_from(record).ok())
        .unwrap_or(-1)
}

/// A place, or -1 for none.
fn place(place: Option<usize>) -> i64 {
    place
        .and_then(|place| i64::try_from(place).ok())
        .unwrap_or(-1)
}
