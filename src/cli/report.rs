//! Errors on standard error: a line each, JSON for tools, and on a terminal with the lines of the
//! file that they are about.

use std::fmt;
use std::io::Write;
use std::os::fd::BorrowedFd;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use rustix::stdio::stderr;
use rustix::termios::{isatty, tcgetwinsize};
use serde_json::{Value, json};

use super::excerpt::{Excerpt, Files, plain};
use super::exit_status::USAGE;
use crate::one_line::OneLine;
use crate::registry::{Diagnostic, Loaded, LookupError, Severity};
use crate::runtime::{CallError, CallErrorKind};

/// How many errors are shown with their lines; the rest have one line each.
const SHOWN_MAX: usize = 100;

/// The errors of a project, in their order.
pub(super) fn diagnostics<'a>(found: impl IntoIterator<Item = &'a Diagnostic>, json: bool) {
    let width = width();
    let handler = (!json && isatty(stderr())).then(|| handler(width));
    let mut files = Files::default();
    for (number, diagnostic) in found.into_iter().enumerate() {
        let shown = handler.as_ref().filter(|_| number < SHOWN_MAX);
        let excerpt = shown.and_then(|_| files.excerpt(diagnostic.place.as_ref()?));
        match (json, shown.zip(excerpt)) {
            (true, _) => line(&diagnostic_json(diagnostic).to_string()),
            (false, None) => line(&diagnostic.to_string()),
            (false, Some((handler, excerpt))) => {
                let mut text = String::new();
                let report = Report {
                    diagnostic,
                    excerpt,
                    width,
                };
                match handler.render_report(&mut text, &report) {
                    Ok(()) => line(text.trim_matches('\n')),
                    Err(_) => line(&diagnostic.to_string()),
                }
            }
        }
    }
}

/// Reports what is wrong with a project as far as its YAML shows it.
///
/// # Errors
/// The exit status, where the command line is invalid: nothing is done then.
pub(super) fn project(loaded: &Loaded, json: bool) -> Result<(), u8> {
    diagnostics(&loaded.diagnostics, json);
    match loaded.is_missing || loaded.has_command_line_errors() {
        true => Err(USAGE),
        false => Ok(()),
    }
}

/// A call that failed; `is_reported`: what is wrong with its module was reported before.
pub(super) fn call_error(error: &CallError, is_reported: bool, json: bool) {
    if json {
        return line(
            &json!({"severity": "error", "entry": error.entry, "message": error.kind.to_string()})
                .to_string(),
        );
    }
    match &error.kind {
        // Its errors are among the project's, which were reported first.
        CallErrorKind::Lookup(LookupError::Invalid { id, .. }) => line(&unusable(id)),
        CallErrorKind::Module(_) if is_reported => line(&unusable(&error.entry)),
        // These name what was asked for themselves.
        CallErrorKind::Lookup(problem) => line(&plain_lines(&format!("error: {problem}"))),
        _ => line(&plain_lines(&format!("error: {error}"))),
    }
}

fn unusable(entry: impl fmt::Display) -> String {
    format!("error: {entry} cannot be used: its mistakes are listed above")
}

/// The text of an error that a command returned.
pub(super) fn text(text: &str) {
    line(text);
}

/// Where a server listens, once it answers.
pub(super) fn listening(url: &str, json: bool) {
    match json {
        true => line(&json!({"listening": url}).to_string()),
        false => line(&format!("listening on {url}")),
    }
}

/// That probes and metrics are answered.
pub(super) fn managed(url: &str, json: bool) {
    match json {
        true => line(&json!({"admin": url}).to_string()),
        false => line(&format!("probes and metrics on {url}")),
    }
}

/// Anything else that is wrong.
pub(super) fn message(text: &str, json: bool) {
    match json {
        true => line(&json!({"severity": "error", "message": text}).to_string()),
        false => line(&plain_lines(&format!("error: {text}"))),
    }
}

/// What is not wrong, and may not be what was meant.
pub(super) fn note(text: &str, json: bool) {
    match json {
        true => line(&json!({"severity": "note", "message": text}).to_string()),
        false => line(&plain_lines(&format!("note: {text}"))),
    }
}

/// Whether the project or the command line is at fault rather than the guest.
pub(super) fn is_usage(error: &CallError) -> bool {
    matches!(
        error.kind,
        CallErrorKind::Lookup(_)
            | CallErrorKind::NotCallable(_)
            | CallErrorKind::NotAProcess(_)
            | CallErrorKind::NoIncomingHandler
            | CallErrorKind::Module(_)
            | CallErrorKind::Value(_)
            | CallErrorKind::Count { .. }
            | CallErrorKind::Env(_)
    )
}

fn diagnostic_json(diagnostic: &Diagnostic) -> Value {
    json!({
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "file": diagnostic.place.as_ref().map(|place| place.file.display().to_string()),
        "line": diagnostic.place.as_ref().map(|place| place.line),
        "column": diagnostic.place.as_ref().map(|place| place.column),
        "entry": diagnostic.entry.as_ref().map(ToString::to_string),
        "field": diagnostic.field,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    })
}

/// A question, whose answer stands behind it.
pub(super) fn prompt(text: &str) {
    let mut stderr = std::io::stderr();
    // Nowhere is left to say that standard error is closed.
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}

/// Text of several lines that does not steer the terminal.
fn plain_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| OneLine(line).to_string()).collect();
    lines.join("\n")
}

/// Ends the line that a guest has left open on standard error.
pub(super) fn end_line() {
    line("");
}

fn line(text: &str) {
    // Nowhere is left to say that standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether a standard descriptor shows colours: a terminal that is not dumb, without `NO_COLOR`.
pub(super) fn has_colours(fd: BorrowedFd<'_>) -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    isatty(fd) && !is_dumb && !is_set("NO_COLOR")
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// Colours unless `NO_COLOR` is set, and nothing but ASCII on a dumb terminal.
fn handler(width: usize) -> GraphicalReportHandler {
    let theme = match (std::env::var_os("TERM"), is_set("NO_COLOR")) {
        (Some(term), _) if term == "dumb" => GraphicalTheme::none(),
        (_, true) => GraphicalTheme::unicode_nocolor(),
        (_, false) => GraphicalTheme::unicode(),
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        // It would break paths and hashes; see `broken_at_spaces`.
        .with_wrap_lines(false)
        .without_syntax_highlighting()
}

/// The columns of the terminal that errors appear on, within reason.
fn width() -> usize {
    let size = tcgetwinsize(stderr()).ok().filter(|size| size.ws_col > 0);
    let width = size.map_or(80, |size| usize::from(size.ws_col));
    width.clamp(40, 120)
}

/// The text in lines of at most `width` characters, broken at spaces only, so that a path or a hash
/// can be copied: one that is longer has a longer line.
fn broken_at_spaces(text: &str, width: usize) -> String {
    let mut broken = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            broken.push('\n');
            column = 0;
        } else if column > 0 {
            broken.push(' ');
            column += 1;
        }
        broken.push_str(word);
        column += length;
    }
    broken
}

/// An error with the lines that it is about.
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    excerpt: Excerpt,
    /// Columns of the terminal.
    width: usize,
}

/// Columns that stand before each line of a message.
const MESSAGE_INDENT: usize = 4;
/// Columns that stand before each line of a hint.
const HINT_INDENT: usize = 8;

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        if let Some(entry) = &self.diagnostic.entry {
            text = format!("{}: ", plain(&entry.to_string()));
        }
        if let Some(field) = &self.diagnostic.field {
            text = format!("{text}{}: ", plain(field));
        }
        text.push_str(&plain(&self.diagnostic.message));
        let width = self.width.saturating_sub(MESSAGE_INDENT);
        f.write_str(&broken_at_spaces(&text, width))
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let hint = self.diagnostic.hint.as_deref()?;
        let width = self.width.saturating_sub(HINT_INDENT);
        Some(Box::new(broken_at_spaces(&plain(hint), width)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(None, self.excerpt.highlight());
        Some(Box::new(std::iter::once(label)))
    }
}

#[cfg(test)]
mod tests {
    use super::broken_at_spaces;

    #[test]
    fn lines_are_broken_at_spaces_only() {
        for (text, broken) in [
            ("", ""),
            ("one two", "one two"),
            ("one two three", "one two\nthree"),
            ("a sha256:0123456789 b", "a\nsha256:0123456789\nb"),
            ("/a-b/c-d/e-f", "/a-b/c-d/e-f"),
        ] {
            assert_eq!(broken_at_spaces(text, 8), broken, "{text}");
        }
    }
}
