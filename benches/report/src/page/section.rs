//! The rows of a section: pictures and figures.

use std::fmt::Write;

use crate::cell_text;
use crate::chart::{self, Against};
use crate::format::{count, duration, escape, percentile};
use crate::model::{Report, Row, Section};

pub fn write(report: &Report, section: &Section, page: &mut String) {
    // A string takes everything.
    let _ = write!(
        page,
        "<h2 id=\"{0}\">{1}</h2>\n<p>{2}</p>\n",
        escape(&section.id),
        escape(&section.title),
        escape(&section.about)
    );
    let contenders: Vec<_> = report.contenders_of(section).collect();
    if chart::is_thinned(&contenders) {
        page.push_str(
            "<p>Where there are many, lines are of default settings alone; the other pictures and the tables have all.</p>\n",
        );
    }
    let against = Against::ALL
        .into_iter()
        .filter_map(|which| chart::against_parameter(report, section, which));
    write_pictures(against, page);
    let refusals = section.refusals(report);
    if !refusals.is_empty() {
        page.push_str("<p>Without figures, or with fewer:</p>\n<ul>\n");
    }
    for refusal in &refusals {
        let _ = writeln!(page, "<li>{}</li>", escape(refusal));
    }
    if !refusals.is_empty() {
        page.push_str("</ul>\n");
    }
    for row in &section.rows {
        let _ = writeln!(
            page,
            "<h3 id=\"{}\">{}</h3>",
            escape(&row.id),
            escape(&row.label)
        );
        let mut pictures = vec![chart::ranges(report, row)];
        if section.distributions {
            pictures.push(chart::cumulative(report, row));
            pictures.push(chart::percentiles(report, row));
        }
        write_pictures(pictures.into_iter().flatten(), page);
        write_table(report, row, page);
    }
}

fn write_pictures(pictures: impl Iterator<Item = String>, page: &mut String) {
    let pictures: Vec<String> = pictures.collect();
    if pictures.is_empty() {
        return;
    }
    page.push_str("<div class=\"pictures\">\n");
    for picture in pictures {
        let _ = writeln!(page, "<figure>{picture}</figure>");
    }
    page.push_str("</div>\n");
}

fn write_table(report: &Report, row: &Row, page: &mut String) {
    page.push_str("<details><summary>Figures: ");
    let _ = write!(page, "{}", escape(&row.figure));
    page.push_str(
        "</summary><div class=\"wide\"><table>\n<tr><th class=\"text\">contender</th><th>p50</th><th>p99</th><th>p99.9</th>\
         <th>highest with ten above</th><th>most</th><th>processor time an operation</th><th>samples</th>\
         <th class=\"text\">notes</th></tr>\n",
    );
    for contender in &report.contenders {
        let Some(cell) = row.cell(&contender.id) else {
            continue;
        };
        let class = if report.focus.as_deref() == Some(&contender.id) {
            " class=\"focus\""
        } else {
            ""
        };
        let _ = write!(
            page,
            "<tr{class}><td class=\"text\">{}</td>",
            escape(&contender.label)
        );
        let samples = cell.samples();
        let highest = samples.highest_quantile(10).and_then(|share| {
            Some(format!(
                "{}: {}",
                percentile(share),
                duration(samples.quantile(share)?)
            ))
        });
        let figures = match samples.is_empty() {
            true => std::array::from_fn(|_| String::new()),
            false => [
                cell_text::with_interval(cell, 0.5),
                cell_text::with_interval(cell, 0.99),
                cell_text::with_interval(cell, 0.999),
                highest.unwrap_or_default(),
                samples.max().map(duration).unwrap_or_default(),
                cell.processor()
                    .filter(|time| time.value > 0.0)
                    .map(|time| duration(time.value))
                    .unwrap_or_default(),
                count(samples.len()),
            ],
        };
        for figure in figures {
            let _ = write!(page, "<td>{}</td>", escape(&figure));
        }
        let notes: Vec<String> = cell
            .refusal
            .clone()
            .into_iter()
            .chain(cell_text::early(cell))
            .collect();
        let _ = writeln!(
            page,
            "<td class=\"text\">{}</td></tr>",
            escape(&notes.join("; "))
        );
    }
    page.push_str("</table></div></details>\n");
}
