//! A picture as a page for a browser, all in one file: nothing is fetched, and the page's policy forbids it.

use super::model::Picture;
use super::{data, json};
use crate::sim::log::Difference;

/// The parts of the page's program, which are put into one script.
const PROGRAM: [&str; 11] = [
    include_str!("page/model.js"),
    include_str!("page/axis.js"),
    include_str!("page/rows.js"),
    include_str!("page/colours.js"),
    include_str!("page/paint.js"),
    include_str!("page/arrows.js"),
    include_str!("page/frame.js"),
    include_str!("page/point.js"),
    include_str!("page/events.js"),
    include_str!("page/view.js"),
    include_str!("page/start.js"),
];
const BODY: &str = include_str!("page/body.html");
const STYLE: &str = include_str!("page/style.css");

impl Picture {
    /// The picture as a page: hosts are lanes over virtual time with their tasks, packets are arrows. It can be zoomed,
    /// searched, and read as a table. Whatever programs wrote is shown as text.
    pub fn html(&self) -> String {
        page(&self.title, &[self], None)
    }

    /// Two pictures on one page, the first above the second and moved together, at the first difference of
    /// their logs.
    pub fn html_beside(&self, other: &Picture, difference: Option<&Difference>) -> String {
        let title = format!("{} and {}", self.title, other.title);
        page(&title, &[self, other], difference)
    }
}

fn page(title: &str, pictures: &[&Picture], difference: Option<&Difference>) -> String {
    let mut out =
        String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    // Scripts and styles are those of the page itself.
    out.push_str(concat!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ",
        "script-src 'unsafe-inline'; style-src 'unsafe-inline'\">\n",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>"
    ));
    escape(&mut out, title);
    out.push_str("</title>\n<style>\n");
    out.push_str(STYLE);
    out.push_str("</style>\n</head>\n");
    out.push_str(BODY);
    out.push_str("<script type=\"application/json\" id=\"data\">{\"title\":");
    json::string(&mut out, title);
    out.push_str(",\"difference\":");
    match (difference, pictures.first()) {
        (Some(difference), Some(first)) => {
            let at = difference.at().since(first.start).as_nanos();
            out.push_str(&format!(
                "{{\"record\":{},\"at\":{at},\"text\":",
                difference.number()
            ));
            json::string(&mut out, &difference.to_string());
            out.push('}');
        }
        _ => out.push_str("null"),
    }
    out.push_str(",\"pictures\":");
    json::list(&mut out, pictures, |out, picture| data::put(out, picture));
    out.push_str("}</script>\n<script>\n\"use strict\";\n(() => {\n");
    for part in PROGRAM {
        out.push_str(part);
    }
    out.push_str("})();\n</script>\n</body>\n</html>\n");
    out
}

/// Appends text as HTML.
fn escape(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            letter => out.push(letter),
        }
    }
}
