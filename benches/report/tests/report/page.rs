//! The page and the Markdown.

use wippy_report::{Goal, Report, Warning};

use crate::example::{self, CONTENDERS};

#[test]
fn the_page_needs_nothing_else_and_runs_nothing() {
    let page = example::report().to_html();
    for forbidden in ["<script", "src=", "@import", "url(", "<link"] {
        assert!(!page.contains(forbidden), "the page holds {forbidden}");
    }
    let addresses = page.matches("http").count();
    let namespaces = page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count();
    assert_eq!(addresses, namespaces);
}

#[test]
fn names_are_text_and_never_markup() {
    let page = example::report().to_html();
    for name in ["<large>", "<processor>", "permitted <1>", "sleepers & co"] {
        assert!(!page.contains(name), "{name} stands in the page as it is");
    }
    assert!(page.contains("A &lt;large&gt; report"));
}

#[test]
fn a_refusal_is_told_once_a_section() {
    let report = example::report();
    let reason = "contender 3, tuned: io_uring: Operation not permitted";
    assert_eq!(report.to_html().matches(reason).count(), 1);
    assert_eq!(
        report
            .to_markdown()
            .matches("contender 3, tuned: io")
            .count(),
        1
    );
}

#[test]
fn what_spoils_the_figures_stands_before_them() {
    let mut report = example::report();
    report.warnings.push(Warning {
        found: "a busy neighbour".to_owned(),
        spoils: "everything".to_owned(),
    });
    for text in [report.to_html(), report.to_markdown()] {
        let figures = text.find("Many timers").expect("the section");
        for warning in ["powersave", "170 µs", "a busy neighbour"] {
            let at = text.find(warning).unwrap_or(usize::MAX);
            assert!(at < figures, "{warning} does not stand before the figures");
        }
    }
}

#[test]
fn the_verdict_counts_level_rows_and_names_who_is_ahead() {
    let mut report = example::report();
    assert!(
        report
            .to_markdown()
            .contains("is first or within 5 % of the first in 4 of 4 rows")
    );
    // Now about another one, whose medians are three times as large.
    report.focus = Some("c1".to_owned());
    let text = report.to_markdown();
    assert!(text.contains("in 0 of 4 rows"), "{text}");
    assert!(
        text.contains("contender 0, tuned is first, contender 1, tuned takes 3."),
        "{text}"
    );
    // One that is not ranked is ahead of nobody.
    report.contenders[0].ranked = false;
    assert!(report.to_markdown().contains("in 4 of 4 rows"));
}

#[test]
fn lines_of_a_table_have_equally_many_cells() {
    let text = example::report().to_markdown();
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(lines.len(), 6);
    // All but the one who has no figures, the label, and the border.
    for line in lines {
        assert_eq!(cells(line), CONTENDERS - 1 + 1 + 1, "{line}");
    }
}

#[test]
fn json_holds_everything() {
    let report = example::report();
    let json = serde_json::to_string(&report).expect("a report is data");
    let read: Report = serde_json::from_str(&json).expect("and can be read back");
    assert_eq!(read.to_html(), report.to_html());
}

#[test]
fn values_that_do_not_ascend_are_no_histogram() {
    let text = r#"{"unit":"nanoseconds","counts":[[5,1],[5,1]]}"#;
    let error =
        serde_json::from_str::<wippy_report::Samples>(text).expect_err("twice the same value");
    assert!(error.to_string().contains("5 does not ascend"), "{error}");
    let text = r#"{"unit":"nanoseconds","counts":[[1,18446744073709551615],[5,1]]}"#;
    let error = serde_json::from_str::<wippy_report::Samples>(text).expect_err("too many");
    assert!(
        error
            .to_string()
            .contains("more samples than can be counted"),
        "{error}"
    );
}

#[test]
fn goals_stand_in_a_table_and_without_any_there_is_none() {
    let mut report = example::report();
    for text in [report.to_html(), report.to_markdown()] {
        assert!(!text.contains("Goals"));
    }
    let goals = [("a is 0.5 of <b>", true), ("a is 2 of c", false)];
    let row = report.sections[0].rows.first_mut().expect("a row");
    row.goals = goals
        .map(|(text, is_met)| Goal {
            text: text.to_owned(),
            is_met,
        })
        .into();
    let page = report.to_html();
    assert!(page.contains("1 of 2 are met") && page.contains("a is 0.5 of &lt;b&gt;"));
    let text = report.to_markdown();
    assert!(text.contains("1 of 2 are met") && text.contains("a is 2 of c | **missed** |"));
    let json = serde_json::to_string(&report).expect("JSON");
    let read: Report = serde_json::from_str(&json).expect("a report");
    assert_eq!(
        read.sections[0].rows[0].goals,
        report.sections[0].rows[0].goals
    );
    assert_eq!(read.goals().count(), 2);
}
