//! What has to hold in every run of a scenario.

use std::time::Duration;

use serde_json::Value;

use super::output::ExpectedOutput;
use crate::registry::{Context, Fields, Shape, Spanned, read_duration};
use crate::simulation::call::Call;
use crate::simulation::outcome::{AttemptEnd, CallOutcome, End, Outcome};

/// What has to hold in every run.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Expectations {
    /// How the run ends, as [`End::name`](crate::sim::End::name) has it; completed otherwise.
    end: Option<String>,
    calls: Vec<ExpectedCall>,
    /// The calls of these names end in this order.
    order: Vec<Spanned<String>>,
}

/// What has to hold of the calls of a name.
#[derive(Clone, PartialEq, Debug)]
struct ExpectedCall {
    call: Spanned<String>,
    host: Option<Spanned<String>>,
    status: ExpectedStatus,
    result: Option<Value>,
    stdout: Option<ExpectedOutput>,
    stderr: Option<ExpectedOutput>,
    before: Option<Duration>,
}

/// What a call means to a shell.
#[derive(Clone, Copy, PartialEq, Debug)]
enum ExpectedStatus {
    /// Nothing is said of it: 0, unless nobody waits for the call.
    Unsaid,
    Any,
    Is(u8),
}

/// What a run may be expected to end with.
const ENDS: [&str; 6] = [
    "completed",
    "deadlock",
    "time over",
    "too many records",
    "livelock",
    "failed",
];

impl Expectations {
    pub(super) fn read(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Expectations {
        let Some(mut fields) = fields.section("expect", cx) else {
            return Expectations::default();
        };
        let end = fields.string("end", cx);
        cx.describe_choices(&ENDS);
        if let Some(end) = end.as_ref().filter(|end| !ENDS.contains(&&*end.value)) {
            let message = format!("expected one of {}", ENDS.join(", "));
            cx.error(&end.place, &fields.path_of("end"), message);
        }
        let calls = fields.sections("calls", cx);
        let calls = calls
            .into_iter()
            .filter_map(|it| ExpectedCall::read(it, cx));
        let calls = calls.collect();
        let order = fields.strings("order", cx).unwrap_or_default();
        fields.finish(cx);
        Expectations {
            end: end.map(|end| end.value),
            calls,
            order,
        }
    }

    /// The names of calls, and of hosts, that it knows.
    pub(super) fn names(&self) -> (Vec<&Spanned<String>>, Vec<&Spanned<String>>) {
        let calls = self.calls.iter().map(|call| &call.call).chain(&self.order);
        let hosts = self.calls.iter().filter_map(|call| call.host.as_ref());
        (calls.collect(), hosts.collect())
    }

    /// What of it does not hold of a run of these calls.
    pub(super) fn check(&self, outcome: &Outcome, placed: &[Call]) -> Vec<String> {
        let mut wrong = Vec::new();
        let end = self.end.as_deref().unwrap_or("completed");
        // What edits have left out, and what had not ended where they cut the run, is not judged.
        let is_cut = matches!(outcome.end, End::Cut(_));
        if outcome.end.name() != end && !is_cut {
            wrong.push(format!("the run ends with {}, not {end}", outcome.end));
        }
        for (call, placed) in outcome.calls.iter().zip(placed) {
            let has_ended = call.last().is_some_and(|last| last.ended.is_some());
            if call.is_left_out || is_cut && !has_ended {
                continue;
            }
            let said: Vec<_> = self.calls.iter().filter(|it| it.is_of(call)).collect();
            for expected in &said {
                expected.check(call, &mut wrong);
            }
            let status = said.iter().map(|expected| expected.status);
            let status = status.fold(ExpectedStatus::Unsaid, |said, next| match next {
                ExpectedStatus::Unsaid => said,
                next => next,
            });
            let expected = match status {
                ExpectedStatus::Is(status) => Some(status),
                ExpectedStatus::Any => None,
                ExpectedStatus::Unsaid => (!placed.is_background).then_some(0),
            };
            if let Some(expected) = expected {
                check_status(call, expected, &mut wrong);
            }
        }
        self.check_order(outcome, &mut wrong);
        wrong
    }

    fn check_order(&self, outcome: &Outcome, wrong: &mut Vec<String>) {
        let ended = |label: &str| outcome.call(label)?.last()?.ended;
        for pair in self.order.windows(2) {
            let [first, second] = pair else { continue };
            let (one, other) = (ended(&first.value), ended(&second.value));
            if matches!(outcome.end, End::Cut(_)) && (one.is_none() || other.is_none()) {
                continue;
            }
            if one.is_none() || other.is_some_and(|other| one > Some(other)) {
                wrong.push(format!(
                    "{} does not end before {}",
                    first.value, second.value
                ));
            }
        }
    }
}

fn check_status(call: &CallOutcome, expected: u8, wrong: &mut Vec<String>) {
    match (call.status(), call.last()) {
        (Some(status), _) if status == expected => {}
        (_, Some(last)) => wrong.push(match &last.end {
            end @ (AttemptEnd::Failed(_) | AttemptEnd::Crashed | AttemptEnd::Unfinished) => {
                format!(
                    "{} of {} {end}; its status was to be {expected}",
                    call.label, call.host
                )
            }
            end => format!("{} of {} {end}, not with {expected}", call.label, call.host),
        }),
        (_, None) => wrong.push(format!("{} of {} was not made", call.label, call.host)),
    }
}

impl ExpectedCall {
    fn read(mut fields: Fields<'_>, cx: &mut Context<'_>) -> Option<ExpectedCall> {
        let call = fields.required(
            "call",
            "call is required: the name of a call, or its entry",
            cx,
        );
        let host = fields.string("host", cx);
        let status = status(&mut fields, cx);
        let result = fields.node("result", Shape::Any, cx);
        // Nodes are made of what JSON knows.
        let result = result.map(|node| serde_json::to_value(node).unwrap_or_default());
        let stdout = ExpectedOutput::read(&mut fields, "stdout", cx);
        let stderr = ExpectedOutput::read(&mut fields, "stderr", cx);
        let before = read_duration(&mut fields, "before", cx);
        fields.finish(cx);
        Some(ExpectedCall {
            call: call?,
            host,
            // A result that is compared says what the status would.
            status: match (&result, status) {
                (Some(_), ExpectedStatus::Unsaid) => ExpectedStatus::Any,
                (_, status) => status,
            },
            result,
            stdout,
            stderr,
            before,
        })
    }

    fn is_of(&self, call: &CallOutcome) -> bool {
        let host = self.host.as_ref();
        self.call.value == call.label && host.is_none_or(|host| host.value == call.host)
    }

    fn check(&self, call: &CallOutcome, wrong: &mut Vec<String>) {
        let name = format!("{} of {}", call.label, call.host);
        if let Some(expected) = &self.result
            && call.result() != Some(expected)
        {
            wrong.push(match call.last() {
                Some(last) => format!("{name} {}; it was to return {expected}", last.end),
                None => format!("{name} was not made; it was to return {expected}"),
            });
        }
        let dropped = call
            .attempts
            .iter()
            .any(|attempt| attempt.dropped_output > 0);
        let streams = [
            ("standard output", &self.stdout, call.stdout()),
            ("standard error", &self.stderr, call.stderr()),
        ];
        for (stream, expected, output) in streams {
            let Some(expected) = expected else { continue };
            if dropped {
                wrong.push(format!("the output of {name} is not whole (bounds.output)"));
            }
            expected.check(&output, &mut |text| {
                wrong.push(format!("the {stream} of {name} {text}"));
            });
        }
        let ended = call.last().and_then(|last| last.ended);
        if let Some(before) = self.before
            && ended.is_none_or(|ended| ended >= before)
        {
            wrong.push(match ended {
                Some(ended) => format!("{name} ends at {ended:?}, not before {before:?}"),
                None => format!("{name} does not end before {before:?}"),
            });
        }
    }
}

/// An exit status, or `any`.
fn status(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> ExpectedStatus {
    let place = fields.place_of("status").cloned();
    let Some(text) = fields.text("status", cx) else {
        return ExpectedStatus::Unsaid;
    };
    match (text.as_str(), text.parse()) {
        ("any", _) => ExpectedStatus::Any,
        (_, Ok(status)) => ExpectedStatus::Is(status),
        _ => {
            let place = place.as_ref().unwrap_or(fields.place);
            let path = fields.path_of("status");
            cx.error(
                place,
                &path,
                "expected an exit status from 0 to 255, or any",
            );
            ExpectedStatus::Any
        }
    }
}
