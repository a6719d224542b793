//! What was promised, and what became of it.

use std::fmt::Write;

use crate::format::escape;
use crate::model::Report;

pub fn write(report: &Report, page: &mut String) {
    let Some((met, all)) = report.met() else {
        return;
    };
    // A string takes everything.
    let _ = write!(
        page,
        "<h2 id=\"goals\">Goals</h2>\n<p>{met} of {all} are met, by medians over the rounds.</p>\n\
         <div class=\"card wide\"><table>\n<tr><th class=\"text\">section</th><th class=\"text\">row</th>\
         <th class=\"text\">what the figures say, and the goal</th><th class=\"text\">is</th></tr>\n"
    );
    for (section, row, goal) in report.goals() {
        let (class, word) = match goal.is_met {
            true => ("first", "met"),
            false => ("far", "missed"),
        };
        let _ = writeln!(
            page,
            "<tr><td class=\"text\">{}</td><td class=\"text\">{}</td><td class=\"text\">{}</td>\
             <td class=\"text {class}\">{word}</td></tr>",
            escape(section),
            escape(row),
            escape(&goal.text)
        );
    }
    page.push_str("</table></div>\n");
}
