//! The page.

mod goals;
mod head;
mod overview;
mod section;

use std::fmt::Write;

use crate::format::escape;
use crate::model::Report;

impl Report {
    /// The page: everything in one file, without scripts.
    pub fn to_html(&self) -> String {
        let mut page = String::new();
        // A string takes everything.
        let _ = write!(
            page,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n",
            escape(&self.title),
            include_str!("style.css")
        );
        head::write(self, &mut page);
        goals::write(self, &mut page);
        overview::write(self, &mut page);
        for section in &self.sections {
            section::write(self, section, &mut page);
        }
        page.push_str("</main>\n</body>\n</html>\n");
        page
    }
}
