//! The lead on a machine whose clock and times to wake are made up.

use proptest::prelude::*;

use super::*;

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// A thread that parks and looks as the dispatcher does.
struct Machine {
    lead: Lead,
    now: Instant,
}

impl Machine {
    fn new(setting: TimerLead) -> Machine {
        Machine {
            lead: Lead::new(setting),
            now: Instant::from_nanos(1_000_000_000),
        }
    }

    /// Waits until `deadline`; `wakes` says how long each wake takes. Returns how late it ended.
    fn wait(
        &mut self,
        deadline: Instant,
        following: Option<Instant>,
        mut wakes: impl FnMut() -> Duration,
    ) -> Duration {
        while self.now < deadline {
            let begin = self.now;
            let until = self.lead.park_until(begin, deadline, || following);
            assert!(until <= deadline, "{until} is after {deadline}");
            if until <= begin {
                self.lead.learn(begin, deadline, None);
                self.look_until(deadline);
                break;
            }
            self.now = until + wakes();
            let late = self.now.nanos_since(until);
            self.lead.learn(begin, deadline, Some(late));
            if self.now < deadline && self.lead.covers(self.now, deadline) {
                self.look_until(deadline);
            }
        }
        self.now - deadline
    }

    fn look_until(&mut self, deadline: Instant) {
        self.lead.spend(self.now, deadline);
        self.now = deadline;
    }

    /// So many waits of a length, each of which begins when the one before has ended. Returns how many were late, and
    /// how much was looked.
    fn waits(
        &mut self,
        length: Duration,
        count: u32,
        mut wakes: impl FnMut() -> Duration,
    ) -> (u32, Duration) {
        let before = self.lead.looked();
        let mut late = 0;
        for _ in 0..count {
            let deadline = self.now + length;
            late += u32::from(self.wait(deadline, None, &mut wakes) > Duration::ZERO);
        }
        (late, self.lead.looked() - before)
    }
}

/// Numbers below `bound` that look random and are the same in every run.
fn scattered(bound: u64) -> impl FnMut() -> u64 {
    let mut state = 0x9e37_79b9_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005);
        state = state.wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    }
}

#[test]
fn off_and_fixed_learn_nothing() {
    let off = Machine::new(TimerLead::Off).waits(micros(1000), 100, || micros(40));
    assert_eq!(off, (100, Duration::ZERO));
    let mut machine = Machine::new(TimerLead::Fixed(micros(60)));
    assert_eq!(
        machine.waits(micros(1000), 100, || micros(40)),
        (0, micros(20) * 100)
    );
    // Longer than the wait: it is looked for from the beginning.
    assert_eq!(
        machine.waits(micros(30), 100, || micros(40)),
        (0, micros(30) * 100)
    );
    let mut machine = Machine::new(TimerLead::Fixed(Duration::MAX));
    assert_eq!(machine.waits(micros(30), 1, || micros(40)), (0, micros(30)));
}

#[test]
fn waits_end_on_time_once_it_has_learned() {
    for wake in [2, 5, 20, 40, 80, 95] {
        let mut machine = Machine::new(TimerLead::Adaptive);
        machine.waits(micros(1000), 100, || micros(wake));
        let (late, looked) = machine.waits(micros(1000), 800, || micros(wake));
        // About every eighth, by less than a step.
        assert!(late <= 120, "{wake} µs: {late} of 800 late");
        assert!(looked <= micros(6) * 800, "{wake} µs: looked {looked:?}");
    }
}

#[test]
fn it_follows_the_machine_in_both_directions() {
    let mut machine = Machine::new(TimerLead::Adaptive);
    machine.waits(micros(1000), 100, || micros(80));
    // A machine that wakes in 5 µs now: the lead has gone down before long.
    machine.waits(micros(1000), 600, || micros(5));
    let (_, looked) = machine.waits(micros(1000), 100, || micros(5));
    assert!(looked <= micros(2) * 100, "looked {looked:?}");
    machine.waits(micros(1000), 100, || micros(80));
    let (late, _) = machine.waits(micros(1000), 100, || micros(80));
    assert!(late <= 20, "{late} late");
}

#[test]
fn a_rare_wake_that_takes_long_is_not_paid_for_in_all_others() {
    let mut number = scattered(100);
    let mut wakes = move || match number() {
        0..5 => Duration::from_millis(4),
        _ => micros(10),
    };
    let mut machine = Machine::new(TimerLead::Adaptive);
    machine.waits(micros(1000), 500, &mut wakes);
    let (late, looked) = machine.waits(micros(1000), 1000, &mut wakes);
    assert!(looked <= micros(8) * 1000, "looked {looked:?}");
    assert!(late <= 200, "{late} late");
}

/// Waits that are hardly longer than the lead are looked for as a whole. When waking gets quicker, that is noticed.
#[test]
fn too_large_a_lead_for_a_short_wait_is_corrected() {
    let mut machine = Machine::new(TimerLead::Adaptive);
    machine.waits(micros(50), 3, || micros(100));
    machine.waits(micros(50), 400, || micros(5));
    let (_, looked) = machine.waits(micros(50), 100, || micros(5));
    assert!(looked <= micros(10) * 100, "looked {looked:?}");
}

/// The processor sleeps deeper in longer waits, and what is learned in one kind does not count for the other.
#[test]
fn waits_of_other_lengths_have_leads_of_their_own() {
    let mut machine = Machine::new(TimerLead::Adaptive);
    for _ in 0..100 {
        machine.waits(micros(100), 10, || micros(6));
        machine.waits(micros(10_000), 1, || micros(70));
    }
    let (_, looked) = machine.waits(micros(100), 100, || micros(6));
    assert!(looked <= micros(2) * 100, "looked {looked:?}");
    let (late, _) = machine.waits(micros(10_000), 16, || micros(70));
    assert!(late <= 3, "{late} late");
}

/// As a server with many connections has them: the next deadline is always near.
#[test]
fn of_many_deadlines_a_quarter_of_the_time_is_looked_for() {
    for gap in [20, 50, 100, 150] {
        let mut machine = Machine::new(TimerLead::Adaptive);
        let begin = machine.now;
        let mut deadline = begin;
        for _ in 0..2000 {
            deadline = deadline + micros(gap);
            machine.wait(deadline, Some(deadline + micros(gap)), || micros(40));
        }
        let bound = (machine.now - begin) / 4 + Duration::from_nanos(CREDIT_MAX + LEAD_MAX);
        let looked = machine.lead.looked();
        assert!(looked <= bound, "{gap} µs: looked {looked:?} of {bound:?}");
        assert!(looked > Duration::ZERO, "{gap} µs");
    }
}

#[test]
fn every_length_has_a_class() {
    let bounds = [1 << 16, 1 << 18, 1 << 20, 1 << 22];
    for (number, bound) in bounds.into_iter().enumerate() {
        assert_eq!((class(bound - 1), class(bound)), (number, number + 1));
    }
    assert_eq!((class(0), class(u64::MAX)), (0, 4));
}

proptest! {
    /// Whatever the machine does: no wait is looked for for more than 50 µs, none ends early, and none is later than
    /// what its last wake has taken.
    #[test]
    fn a_wait_costs_a_bounded_look(
        waits in prop::collection::vec((1_u64..20_000, 0_u64..300, 0_u64..300), 1..300)
    ) {
        let mut machine = Machine::new(TimerLead::Adaptive);
        for (length, first, others) in waits {
            let before = machine.lead.looked();
            let deadline = machine.now + micros(length);
            let mut wake = first;
            let late = machine.wait(deadline, None, || micros(std::mem::replace(&mut wake, others)));
            prop_assert!(machine.now >= deadline);
            prop_assert!(late <= micros(first.max(others)));
            let looked = machine.lead.looked() - before;
            prop_assert!(looked <= Duration::from_nanos(LOOK_MAX));
        }
    }

    /// Whatever times to wake there are, about one of eight is longer than the lead, as long as they differ by less than
    /// the longest look.
    #[test]
    fn most_waits_end_on_time(
        kinds in prop::array::uniform8(40_u64..90)
    ) {
        let mut number = scattered(8);
        let mut machine = Machine::new(TimerLead::Adaptive);
        let mut wakes = || micros(kinds[number() as usize]);
        machine.waits(micros(1000), 300, &mut wakes);
        let (late, _) = machine.waits(micros(1000), 800, &mut wakes);
        prop_assert!(late <= 180, "{late} of 800 late");
    }
}
