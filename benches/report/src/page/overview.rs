//! All medians in one table, and how the contender that the report is about stands.

use std::fmt::Write;

use crate::cell_text;
use crate::format::{escape, ratio};
use crate::model::{Report, Row};
use crate::verdict::{self, LEVEL, Verdict};

/// How many times the first one's median is shown as far behind.
const FAR: f64 = 2.0;

pub fn write(report: &Report, page: &mut String) {
    page.push_str("<h2>Overview</h2>\n");
    if let Some(verdict) = verdict::verdict(report) {
        write_verdict(&verdict, page);
    }
    page.push_str(
        "<p>Medians, and below them how many times the median of the first among the ranked. Green: first or \
         within 5 % of it, where there is another one; orange: more than twice; grey: not ranked (bare loops, and settings of a \
         contender that is ranked with its defaults).</p>\n\
         <div class=\"card wide overview\"><table>\n<tr><th class=\"text\">row</th>",
    );
    let contenders: Vec<_> = report
        .contenders
        .iter()
        .filter(|contender| {
            let mut rows = report.sections.iter().flat_map(|section| &section.rows);
            rows.any(|row| row.ranked && row.cell(&contender.id).is_some())
        })
        .collect();
    // A string takes everything.
    for contender in &contenders {
        let _ = write!(page, "<th>{}</th>", escape(&contender.label));
    }
    page.push_str("</tr>\n");
    for section in &report.sections {
        let mut rows = section.rows.iter().filter(|row| row.ranked).peekable();
        if rows.peek().is_some() {
            let (title, columns) = (escape(&section.title), contenders.len());
            let _ = writeln!(
                page,
                "<tr><th class=\"text\">{title}</th><th colspan=\"{columns}\"></th></tr>"
            );
        }
        for row in rows {
            let _ = write!(page, "<tr><td class=\"text\">{}</td>", escape(&row.label));
            let ids = contenders.iter().map(|contender| contender.id.as_str());
            write_cells(report, row, ids, page);
            page.push_str("</tr>\n");
        }
    }
    page.push_str("</table></div>\n");
}

fn write_cells<'a>(
    report: &Report,
    row: &Row,
    ids: impl Iterator<Item = &'a str>,
    page: &mut String,
) {
    let ranking = verdict::ranking(report, row);
    let first = match ranking.as_slice() {
        [(_, median), _, ..] => Some(median.value),
        // Alone it is ahead of nobody.
        _ => None,
    };
    for id in ids {
        let is_ranked = report
            .contender(id)
            .is_some_and(|contender| contender.ranked);
        let figure = row
            .cell(id)
            .and_then(|cell| Some((cell, cell.quantile(0.5)?.value)));
        let Some((cell, median)) = figure else {
            page.push_str("<td class=\"none\">—</td>");
            continue;
        };
        let times = first.map(|first| verdict::ratio(median, first));
        let class = match times.filter(|_| is_ranked) {
            Some(..=1.0) => "first",
            Some(..=LEVEL) => "near",
            Some(FAR..) => "far",
            None if !is_ranked => "beside",
            _ => "",
        };
        let times = times.map(|times| format!("<small>{}×</small>", ratio(times)));
        let early = if cell.early() > 0 {
            "<small>some early</small>"
        } else {
            ""
        };
        let _ = write!(
            page,
            "<td class=\"{class}\">{}{}{early}</td>",
            escape(&cell_text::median(cell)),
            times.unwrap_or_default()
        );
    }
}

fn write_verdict(verdict: &Verdict, page: &mut String) {
    let _ = writeln!(
        page,
        "<p><b>{}</b> is first or within 5 % of the first in {} of {} rows, by medians.</p>",
        escape(&verdict.label),
        verdict.level,
        verdict.rows
    );
    if verdict.behind.is_empty() {
        return;
    }
    page.push_str("<p>Others are ahead in:</p>\n<ul>\n");
    for behind in &verdict.behind {
        let noise = match behind.is_certain {
            true => "",
            false => ", within the noise between rounds",
        };
        let _ = writeln!(
            page,
            "<li>{}: {} is first, {} takes {} times as long{noise}</li>",
            escape(&behind.row),
            escape(&behind.first),
            escape(&verdict.label),
            ratio(behind.ratio)
        );
    }
    page.push_str("</ul>\n");
}
