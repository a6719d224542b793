//! Edits as text, one a line.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::cut::Cut;
use super::fault_id::FaultId;
use super::invalid_edit::InvalidEdit;
use super::run_edits::Edits;
use crate::sim::fault::TimedFault;

/// A line for each edit.
impl fmt::Display for Edits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_only_listed {
            f.write_str("only\n")?;
        }
        for fault in &self.without {
            writeln!(f, "without {fault}")?;
        }
        for added in &self.added {
            writeln!(f, "at {} {}", added.after.as_nanos(), added.fault)?;
        }
        for (fault, amount) in &self.with {
            match fault.has_amount() {
                true => writeln!(f, "with {fault}={amount}")?,
                false => writeln!(f, "with {fault}")?,
            }
        }
        if let Some(switches) = &self.order {
            f.write_str("order\n")?;
            for switch in switches {
                writeln!(f, "{switch}")?;
            }
        }
        for part in &self.left_out {
            writeln!(f, "leave out {part}")?;
        }
        match self.cut {
            Some(cut) => writeln!(f, "until {cut}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Edits {
    type Err = InvalidEdit;

    fn from_str(text: &str) -> Result<Edits, InvalidEdit> {
        let mut edits = Edits::new();
        for line in text.lines() {
            edits = with_line(edits, line)?;
        }
        Ok(edits)
    }
}

fn with_line(mut edits: Edits, line: &str) -> Result<Edits, InvalidEdit> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "only" if rest.is_empty() => Ok(edits.only_listed()),
        "without" => Ok(edits.without(rest.parse()?)),
        "with" => {
            let (fault, amount) = fault_with_amount(rest)?;
            Ok(edits.with(fault, amount))
        }
        "at" => {
            let parts = rest.split_once(' ');
            let parsed = parts.and_then(|(nanos, fault)| Some((nanos.parse().ok()?, fault)));
            let Some((nanos, fault)) = parsed else {
                return Err(InvalidEdit::new(line, "expected nanoseconds and a fault"));
            };
            let fault = fault
                .parse()
                .map_err(|error| InvalidEdit::new(line, format!("{error}")))?;
            // Those that take effect are listed by lines of their own.
            let after = Duration::from_nanos(nanos);
            edits.added.push(TimedFault { after, fault });
            Ok(edits)
        }
        "order" if rest.is_empty() => Ok(edits.order([])),
        "leave" => match rest.strip_prefix("out ") {
            Some(part) => Ok(edits.leave_out(part)),
            None => Err(InvalidEdit::new(line, "expected leave out and a name")),
        },
        "until" => {
            let number = |text: &str| text.parse().ok();
            let cut = match rest.split_once(' ') {
                Some(("records", text)) => number(text).map(Cut::Records),
                Some(("time", text)) => number(text).map(|it| Cut::Time(Duration::from_nanos(it))),
                _ => None,
            };
            match cut {
                Some(cut) => Ok(edits.until(cut)),
                None => Err(InvalidEdit::new(
                    line,
                    "expected records or time, and a number",
                )),
            }
        }
        _ => {
            let switch = line.parse()?;
            match &mut edits.order {
                Some(switches) => switches.push(switch),
                None => {
                    return Err(InvalidEdit::new(
                        line,
                        "a switch stands below the line order",
                    ));
                }
            }
            Ok(edits)
        }
    }
}

/// `delay:1-2:7=3000000`
fn fault_with_amount(text: &str) -> Result<(FaultId, u64), InvalidEdit> {
    let (name, amount) = match text.split_once('=') {
        Some((name, amount)) => (name, Some(amount)),
        None => (text, None),
    };
    let fault: FaultId = name.parse()?;
    let amount = match (fault.has_amount(), amount.map(str::parse)) {
        (true, Some(Ok(amount))) => amount,
        (false, None) => 0,
        (true, _) => {
            let reason = format!("expected {fault}= and a number of nanoseconds or bytes");
            return Err(InvalidEdit::new(text, reason));
        }
        (false, Some(_)) => return Err(InvalidEdit::new(text, "this fault has no amount")),
    };
    Ok((fault, amount))
}
