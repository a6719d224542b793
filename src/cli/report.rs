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
    let handler = (!json && isatty(stderr())).then(handler);
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

/// Anything else that is wrong.
pub(super) fn message(text: &str, json: bool) {
    match json {
        true => line(&json!({"severity": "error", "message": text}).to_string()),
        false => line(&plain_lines(&format!("error: {text}"))),
    }
}

/// Whether the project or the command line is at fault rather than the guest.
pub(super) fn is_usage(error: &CallError) -> bool {
    matches!(
        error.kind,
        CallErrorKind::Lookup(_)
            | CallErrorKind::NotCallable(_)
            | CallErrorKind::NotAProcess(_)
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
fn handler() -> GraphicalReportHandler {
    let theme = match (std::env::var_os("TERM"), is_set("NO_COLOR")) {
        (Some(term), _) if term == "dumb" => GraphicalTheme::none(),
        (_, true) => GraphicalTheme::unicode_nocolor(),
        (_, false) => GraphicalTheme::unicode(),
    };
    let size = tcgetwinsize(stderr()).ok().filter(|size| size.ws_col > 0);
    let width = size.map_or(80, |size| usize::from(size.ws_col));
    GraphicalReportHandler::new_themed(theme)
        .with_width(width.clamp(40, 120))
        .without_syntax_highlighting()
}

/// A error with the lines that it is about.
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    excerpt: Excerpt,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(entry) = &self.diagnostic.entry {
            write!(f, "{}: ", plain(&entry.to_string()))?;
        }
        if let Some(field) = &self.diagnostic.field {
            write!(f, "{}: ", plain(field))?;
        }
        f.write_str(&plain(&self.diagnostic.message))
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
        Some(Box::new(plain(hint)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(None, self.excerpt.highlight());
        Some(Box::new(std::iter::once(label)))
    }
}
