//! What the run prints.

use crate::contender::Name;
use crate::figures::{Figures, median};
use crate::row::Row;

/// Times the requests of the peer on one thread, at least.
const RATE_GOAL: f64 = 1.5;
/// Of one thread's processor time of a request, at most.
const THREADS_GOAL: f64 = 1.15;

/// The figures of one load.
type Pick = fn(&Row) -> &Vec<Figures>;

fn kept(row: &Row) -> &Vec<Figures> {
    &row.kept
}

fn at_rate(row: &Row) -> &Vec<Figures> {
    &row.at_rate
}

fn short(row: &Row) -> &Vec<Figures> {
    &row.short
}

/// The tables and the goals.
pub fn print(rows: &[Row], rate: f64, quick: bool) {
    if quick {
        println!("quick: the figures mean nothing");
    }
    let title = "connections that are kept, as fast as answers come";
    table(title, rows, kept);
    table(
        &format!("the same, {rate:.0} requests a second"),
        rows,
        at_rate,
    );
    table("a connection for each request", rows, short);
    println!();
    let mut goals = Goals { quick, missed: 0 };
    let picks = [
        (Name::Peer, "kept", kept as Pick),
        (Name::PeerOnDemand, "kept", kept),
        (Name::Peer, "a connection each", short),
    ];
    for (peer, load, pick) in picks {
        let ratio = ratio(rows, Name::Wippy, peer, pick, |it| it.rate);
        let peer = peer.label();
        let what = format!("requests a second, {load}, of {peer}, at least {RATE_GOAL} times");
        goals.judge(&what, ratio, |ratio| ratio >= RATE_GOAL);
    }
    let p99 = ratio(rows, Name::Wippy, Name::Peer, at_rate, |it| it.p99);
    let what = "p99 at the fixed rate, of the peer's, at most 1 time";
    goals.judge(what, p99, |ratio| ratio <= 1.0);
    for (load, pick) in [("kept", kept as Pick), ("at the fixed rate", at_rate)] {
        let ratio = ratio(rows, Name::WippyTwo, Name::Wippy, pick, |it| it.processor);
        let what =
            format!("processor time, {load}, two threads of one, at most {THREADS_GOAL} times");
        goals.judge(&what, ratio, |ratio| ratio <= THREADS_GOAL);
    }
    if !quick {
        println!("{} goals missed", goals.missed);
    }
}

struct Goals {
    quick: bool,
    missed: usize,
}

impl Goals {
    fn judge(&mut self, what: &str, ratio: Option<f64>, is_met: impl Fn(f64) -> bool) {
        let Some(ratio) = ratio else {
            return;
        };
        let verdict = match (self.quick, is_met(ratio)) {
            (true, _) => "not judged",
            (false, true) => "met",
            (false, false) => "missed",
        };
        self.missed += usize::from(verdict == "missed");
        println!("{what}: {ratio:.2}, {verdict}");
    }
}

/// The median over the rounds of one server's figure to the other's, which were measured within the same minute.
fn ratio(
    rows: &[Row],
    of: Name,
    to: Name,
    load: Pick,
    figure: impl Fn(&Figures) -> f64,
) -> Option<f64> {
    let find = |name| rows.iter().find(|row| row.name == name);
    let rounds = load(find(of)?).iter().zip(load(find(to)?));
    median(rounds.map(|(of, to)| figure(of) / figure(to)).collect())
}

fn table(title: &str, rows: &[Row], load: Pick) {
    println!("\n{title}");
    println!(
        "{:<20}{:>12}{:>10}{:>10}{:>10}{:>16}{:>8}",
        "", "requests/s", "p50 µs", "p99 µs", "p99.9 µs", "processor µs", "errors"
    );
    for row in rows {
        let Some(it) = Figures::median(load(row)) else {
            continue;
        };
        println!(
            "{:<20}{:>12.0}{:>10.0}{:>10.0}{:>10.0}{:>16.1}{:>8}",
            row.name.label(),
            it.rate,
            it.p50,
            it.p99,
            it.p999,
            it.processor,
            it.errors
        );
    }
}
