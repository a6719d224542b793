//! A report as large as they come.

use wippy_report::{
    Cell, Contender, IdleState, Machine, Parameter, Report, Round, Row, Samples, Scale, Section,
};

/// Contenders with long names, in families of two.
pub const CONTENDERS: usize = 20;

fn machine() -> Machine {
    Machine {
        processor: "A <processor> & more".to_owned(),
        cores: 4,
        allowed: "0-3".to_owned(),
        threads_share_cores: Some(true),
        hypervisor: None,
        kernel: "6.18".to_owned(),
        preemption: "PREEMPT".to_owned(),
        clock_source: "tsc".to_owned(),
        governor: Some("powersave".to_owned()),
        idle: "driver some, governor menu".to_owned(),
        idle_states: vec![IdleState {
            name: "C6".to_owned(),
            latency: 170,
            disabled: false,
        }],
        timer_slack: Some(50_000),
        policy: "SCHED_OTHER, nice 0".to_owned(),
        isolated: String::new(),
        without_tick: String::new(),
        load: "0.10 0.20 0.30".to_owned(),
        memory: 1024,
        lockable: "8192 KiB".to_owned(),
        io_uring_disabled: Some(0),
    }
}

/// A round whose samples are around a value, with some far above it.
pub fn round(around: u64, samples: u64) -> Round {
    let mut distribution = Samples::new(Scale::Nanoseconds);
    for number in 0..samples {
        let tail = if number % 50 == 0 { 20 } else { 1 };
        distribution.record(around * tail + number * around / (4 * samples));
    }
    Round {
        samples: distribution,
        operations: samples,
        processor: around * samples / 2,
        wall: around * samples,
        early: 0,
    }
}

fn row(number: u64) -> Row {
    let mut row = Row::new(
        &format!("row-{number}"),
        &format!("{number} sleepers & co."),
        "late by",
    );
    row.parameter = Some(Parameter(10f64.powi(number as i32)));
    for contender in 0..CONTENDERS as u64 {
        let id = format!("c{contender}");
        // From nanoseconds to seconds.
        let around = 3u64.pow(contender as u32 + 1) * number;
        row.cells.push(match contender {
            3 => Cell::refused(&id, "io_uring: Operation not permitted <1>"),
            _ => Cell::measured(
                &id,
                vec![round(around, 300), round(around + around / 20, 300)],
            ),
        });
    }
    row
}

/// The report.
pub fn report() -> Report {
    let mut report = Report::new("A <large> report", machine());
    report.focus = Some("c0".to_owned());
    for number in 0..CONTENDERS {
        let label = format!("contender {number}, tuned");
        let mut contender = Contender::new(&format!("c{number}"), &label, "a runtime");
        contender.family = format!("family {}", number / 2);
        report.contenders.push(contender);
    }
    let mut section = Section::new("many", "Many timers").with_rows((1..=4).map(row).collect());
    section.distributions = true;
    section.parameter = Some("sleepers".to_owned());
    report.sections.push(section);
    report
}
