//! Reports as text, JSON and pages.

use super::{around, measured, round};
use crate::benchmark::{Load, Measured, ReadError, is_json_report, is_page};

#[test]
fn the_text_has_a_line_for_each_figure() {
    let text = around(10_000.0, 0.0).to_text();
    let expected = "\
app:add: closed loop, 1 call at a time, for 10 s after 1 s of warm-up

calls                         2,000
failures                          0
measured                      20 ms
throughput             100,000 calls/s  100,000 calls/s to 100,000 calls/s
processor time a call          5 µs  5 µs to 5 µs
peak memory                  64 MiB
latency min                   10 µs
latency p50                   10 µs  10 µs to 10 µs
latency p90                   10 µs  10 µs to 10 µs
latency p99                   10 µs  10 µs to 10 µs
latency max                   10 µs

machine                4 x a processor
kernel                 6.1
governor               performance
load before            0
jitter                 sleeps of 200 µs without wippy: late by 60 µs / 70 µs
wippy                  1.0.0, release build
built for              a target, opt-level 3, flags: none
program                sha256:0123
";
    let squeezed = |text: &str| {
        let lines = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        lines
            .collect::<Vec<_>>()
            .iter()
            .map(|line| line.join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(squeezed(&text), squeezed(expected), "{text}");
    // Figures end in one column.
    let ends = |word: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with(word))
            .expect("a line");
        line.chars().count()
    };
    assert_eq!(ends("calls"), ends("peak memory"), "{text}");
    assert_eq!(ends("calls"), ends("latency max"), "{text}");
}

#[test]
fn a_rate_that_was_not_held_and_failures_are_said() {
    let mut it = around(10_000.0, 0.0);
    it.settings.load = Load::Open {
        rate: 5_000.0,
        concurrency: 1,
    };
    (it.late, it.given_up, it.not_begun) = (70, 8, 9);
    it.failures.by_name.insert("Trap".to_owned(), 3);
    it.failures.first = Some("app:add: unreachable\n    at \x1b[31mfn".to_owned());
    let text = it.to_text();
    for part in [
        "late starts",
        "never made",
        "  Trap",
        "the first failure: app:add: unreachable\n",
        "warning: the rate of 5000 calls/s was not held: 9 calls were due and not begun at the end, and 8 were",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains('\x1b'), "{text:?}");
}

#[test]
fn json_is_read_as_it_was_written() {
    let mut it = around(10_000.0, 0.25);
    it.failures.by_name.insert("status 3".to_owned(), 3);
    it.rounds[4].failures = 3;
    it.settings.load = Load::Open {
        rate: 0.1 + 0.2,
        concurrency: 3,
    };
    let comparison = it.against(&it).expect("the same settings");
    for text in [it.to_json(None), it.to_json(Some(&comparison))] {
        assert!(
            is_json_report(text.as_bytes()) && text.ends_with("}\n"),
            "{text}"
        );
        assert_eq!(Measured::from_json(&text).expect("a report"), it);
    }
    let value: serde_json::Value =
        serde_json::from_str(&it.to_json(Some(&comparison))).expect("JSON");
    assert_eq!(value["summary"]["calls"], 2_000);
    assert_eq!(value["comparison"][0]["metric"], "p50");
    assert_eq!(value["histogram"]["min_ns"], 7_500);
}

fn refusal(text: &str) -> String {
    Measured::from_json(text)
        .expect_err("no report")
        .to_string()
}

#[test]
fn what_is_no_report_is_refused_with_its_place() {
    let text = around(10_000.0, 0.0).to_json(None);
    assert!(matches!(
        Measured::from_json("{}"),
        Err(ReadError::NotAReport)
    ));
    let next = text.replacen("\"version\":1", "\"version\":2", 1);
    assert_eq!(
        refusal(&next),
        "it is of version 2 of the format; this wippy reads version 1"
    );
    let cut = refusal(&text[..text.len() / 2]);
    assert!(cut.contains("at line 1 column"), "{cut}");
    let unknown = refusal(&text.replacen("\"late\":0", "\"lates\":0", 1));
    assert!(unknown.contains("unknown field `lates`"), "{unknown}");
    let negative = refusal(&text.replacen("\"late\":0", "\"late\":-1", 1));
    assert!(negative.contains("at line 1 column"), "{negative}");
}

#[test]
fn figures_that_contradict_each_other_are_refused() {
    let good = around(10_000.0, 0.0);
    let refused = |it: &Measured| refusal(&it.to_json(None));
    let none = measured(Vec::new());
    assert_eq!(refused(&none), "it has 0 rounds; 1 to 1000 are expected");
    let many = measured(vec![round(&[5]); 1_001]);
    assert_eq!(refused(&many), "it has 1001 rounds; 1 to 1000 are expected");
    let mut still = good.clone();
    still.rounds[3].duration = std::time::Duration::MAX / 2;
    assert_eq!(refused(&still), "round 3 has no possible duration");
    let mut fast = good.clone();
    fast.settings.load = Load::Closed { concurrency: 0 };
    assert_eq!(refused(&fast), "settings: concurrency: expected 1 to 65536");
    // The first bucket of the machine's jitter, and that of the first round: the middle of its step, and 100 calls.
    let text = good.to_json(None);
    let buckets: Vec<usize> = text
        .match_indices("\"buckets_ns\":[[")
        .map(|(at, _)| at)
        .collect();
    let changed = |begin: usize, bucket: &str| {
        let end = begin + text[begin..].find(']').expect("an end") + 1;
        format!("{}{bucket}{}", &text[..begin], &text[end..])
    };
    for bucket in [
        "\"buckets_ns\":[[10,0]",
        "\"buckets_ns\":[[10,1],[9,1]",
        "\"buckets_ns\":[[10,18446744073709551615],[11,2]",
        "\"buckets_ns\":[[10,281474976710656]",
    ] {
        let refused = refusal(&changed(buckets[0], bucket));
        assert!(
            refused.starts_with("the buckets of the machine's jitter do not rise"),
            "{bucket}: {refused}"
        );
        let refused = refusal(&changed(buckets[1], bucket));
        assert!(
            refused.starts_with("the buckets of round 0 do not rise"),
            "{bucket}: {refused}"
        );
    }
}

#[test]
fn the_page_stands_alone_and_takes_text_as_text() {
    let mut it = around(10_000.0, 0.05);
    it.entry = "app:<script>&\"".to_owned();
    it.failures.first = Some("</pre><b>".to_owned());
    let comparison = it.against(&it).expect("the same settings");
    let page = it.to_html([("earlier.json", &comparison)]);
    assert!(is_page(page.as_bytes()));
    assert!(!is_page(it.to_json(None).as_bytes()) && !is_json_report(page.as_bytes()));
    assert!(
        page.contains("app:&lt;script&gt;&amp;&quot;") && page.contains("&lt;/pre&gt;&lt;b&gt;")
    );
    for absent in ["<script", "http:", "https:", "NaN", "inf", "src="] {
        assert!(!page.contains(absent), "{absent}");
    }
    for part in [
        "Latency by percentile",
        "Latency over time",
        "no difference beyond the noise",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("<svg").count(), 2);
    assert_eq!(page.matches("<polyline").count(), 4);
}

#[test]
fn a_page_of_one_call_has_no_impossible_figures() {
    let one = measured(vec![round(&[1])]);
    let mut failed = measured(vec![round(&[])]);
    failed.rounds[0].failures = 1;
    failed.rounds[0].duration = std::time::Duration::from_millis(1);
    let mut still = one.clone();
    still.rounds[0].duration = std::time::Duration::ZERO;
    for it in [one, failed, still] {
        let json = it.to_json(None);
        let all = it.to_html(None) + &it.to_text() + &json;
        assert!(!all.contains("NaN") && !all.contains("inf"), "{all}");
        assert_eq!(Measured::from_json(&json).expect("a report"), it);
    }
}
