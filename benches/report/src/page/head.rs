//! The top of the page: what was measured, on what, and what spoils it.

use std::fmt::Write;

use crate::format::escape;
use crate::model::Report;

pub fn write(report: &Report, page: &mut String) {
    // A string takes everything.
    let _ = write!(
        page,
        "<h1>{}</h1>\n<p>{}</p>\n",
        escape(&report.title),
        escape(&report.summary)
    );
    write_warnings(report, page);
    page.push_str("<div class=\"card\"><h2>Machine and build</h2>\n<table class=\"facts\">\n");
    let own = [
        ("Started", &report.started),
        ("Commit", &report.commit),
        ("Build", &report.build),
        ("Command", &report.command),
        ("Rounds", &report.rounds().to_string()),
    ];
    let own = own.into_iter().map(|(name, value)| (name, value.clone()));
    for (name, value) in own
        .chain(report.machine.facts())
        .filter(|(_, value)| !value.is_empty())
    {
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td></tr>",
            escape(name),
            escape(&value)
        );
    }
    page.push_str(
        "</table></div>\n<div class=\"card\"><h2>Contenders</h2>\n<div class=\"wide\"><table>\n",
    );
    page.push_str("<tr><th class=\"text\">name</th><th class=\"text\">is</th><th class=\"text\">settings</th></tr>\n");
    for contender in &report.contenders {
        let settings = match contender.settings.as_str() {
            "" => "default",
            settings => settings,
        };
        let _ = writeln!(
            page,
            "<tr><td class=\"text\">{}</td><td class=\"text\">{}</td><td class=\"text\">{}</td></tr>",
            escape(&contender.label),
            escape(&contender.about),
            escape(settings)
        );
    }
    page.push_str("</table></div></div>\n");
}

fn write_warnings(report: &Report, page: &mut String) {
    let warnings: Vec<_> = report
        .machine
        .warnings()
        .into_iter()
        .chain(report.warnings.clone())
        .collect();
    if warnings.is_empty() {
        return;
    }
    page.push_str("<div class=\"card warnings\"><h2>What spoils these figures</h2>\n<table>\n");
    page.push_str("<tr><th class=\"text\">found</th><th class=\"text\">spoils</th></tr>\n");
    for warning in warnings {
        let _ = writeln!(
            page,
            "<tr><td class=\"text\">{}</td><td class=\"text\">{}</td></tr>",
            escape(&warning.found),
            escape(&warning.spoils)
        );
    }
    page.push_str("</table></div>\n");
}
