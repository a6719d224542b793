//! Files of `KEY=VALUE` lines.

use super::entries::EnvFile;
use super::error::EnvError;
use crate::trust::{PathError, PathGuard};

/// The largest file of variables, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// The value of `key` in a storage's file, which is made if it is missing and may be.
pub(super) fn read(
    settings: &EnvFile,
    key: &str,
    guard: &PathGuard,
) -> Result<Option<String>, EnvError> {
    let failed = |reason: String| EnvError::File {
        path: settings.path.clone(),
        reason,
    };
    if settings.auto_create {
        create(settings, guard).map_err(|e| failed(format!("cannot be made: {e}")))?;
    }
    tracing::debug!(target: "read", "{}", settings.path.display());
    let bytes = guard.read(&settings.path, MAX_FILE_BYTES).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| failed("is not UTF-8 text".into()))?;
    find(&text, key).map_err(failed)
}

/// Reads a storage's file, unless it would be made.
pub(super) fn check(settings: &EnvFile, guard: &PathGuard) -> Result<(), EnvError> {
    let is_made = settings.auto_create
        && guard
            .walk(&settings.path)
            .is_ok_and(|walk| walk.is_missing());
    match is_made {
        true => Ok(()),
        false => read(settings, "", guard).map(drop),
    }
}

fn create(settings: &EnvFile, guard: &PathGuard) -> Result<(), PathError> {
    let mut walk = guard.walk(&settings.path)?;
    if walk.is_missing() {
        guard.permits_files()?;
        walk.create_dirs(settings.dir_mode, 1)?;
        walk.create_file(settings.file_mode)?;
    }
    Ok(())
}

/// The value of `key`; the last line that has it counts.
///
/// # Errors
/// A line that is not of the form, by its number: what it says may be secret.
fn find(text: &str, key: &str) -> Result<Option<String>, String> {
    let mut found = None;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let assignment = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = assignment.split_once('=') else {
            return Err(format!("line {}: expected KEY=VALUE", i + 1));
        };
        let value = unquote(value.trim()).map_err(|e| format!("line {}: {e}", i + 1))?;
        if name.trim() == key {
            found = Some(value);
        }
    }
    Ok(found)
}

fn unquote(value: &str) -> Result<String, &'static str> {
    let quote = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => quote,
        _ => {
            // A comment begins behind a space only: colours and fragments hold a # too.
            let comment = value.find(" #").or_else(|| value.find("\t#"));
            let end = if value.starts_with('#') {
                Some(0)
            } else {
                comment
            };
            let value = value.get(..end.unwrap_or(value.len()));
            return Ok(value.unwrap_or_default().trim_end().to_owned());
        }
    };
    let mut out = String::new();
    let mut chars = value.chars();
    chars.next();
    loop {
        match chars.next().ok_or("the quote is not closed")? {
            c if c == quote => break,
            '\\' if quote == '"' => match chars.next().ok_or("the quote is not closed")? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                c @ ('"' | '\\' | '$') => out.push(c),
                c => out.extend(['\\', c]),
            },
            c => out.push(c),
        }
    }
    let rest = chars.as_str().trim_start();
    match rest.is_empty() || rest.starts_with('#') {
        true => Ok(out),
        false => Err("text stands behind the closing quote"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let text = "\u{feff}# comment\n\nA=1\nexport B = two words  # said\nC='a # b'\nD=\"x\\n\\\"y\\\" \\d\"\nE=\nF=#x\nG=a#b\nA=2\r\nH==\nI='x' # y\n";
        let cases = [
            ("A", Some("2")),
            ("B", Some("two words")),
            ("C", Some("a # b")),
            ("D", Some("x\n\"y\" \\d")),
            ("E", Some("")),
            ("F", Some("")),
            ("G", Some("a#b")),
            ("H", Some("=")),
            ("I", Some("x")),
            ("J", None),
            ("", None),
        ];
        for (key, expected) in cases {
            assert_eq!(find(text, key), Ok(expected.map(str::to_owned)), "{key}");
        }
    }

    #[test]
    fn mistakes_name_their_line_and_not_its_text() {
        let cases = [
            ("A=1\nsecret\n", "line 2: expected KEY=VALUE"),
            ("A='x", "line 1: the quote is not closed"),
            ("A=\"x\\", "line 1: the quote is not closed"),
            ("A='x'y", "line 1: text stands behind the closing quote"),
        ];
        for (text, message) in cases {
            assert_eq!(find(text, "A"), Err(message.into()), "{text}");
        }
    }

    #[test]
    fn a_missing_file_is_made_where_that_is_asked_for() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let mut settings = EnvFile {
            path: dir.path().join("a/b/.env"),
            auto_create: false,
            file_mode: 0o640,
            dir_mode: 0o700,
        };
        let error = read(&settings, "A", &PathGuard::default()).map_err(|e| e.to_string());
        assert!(error.is_err_and(|e| e.contains("a/b/.env: cannot be read: ")));
        settings.auto_create = true;
        assert_eq!(read(&settings, "A", &PathGuard::default()), Ok(None));
        let mode =
            |path: &std::path::Path| path.metadata().map(|m| m.permissions().mode() & 0o777).ok();
        assert_eq!(mode(&settings.path), Some(0o640));
        assert_eq!(mode(&dir.path().join("a/b")), Some(0o700));
        std::fs::write(&settings.path, "A=1\n").expect("written");
        assert_eq!(
            read(&settings, "A", &PathGuard::default()),
            Ok(Some("1".into()))
        );
        let big = std::fs::File::create(&settings.path).expect("made");
        big.set_len(MAX_FILE_BYTES + 1).expect("sized");
        let error = read(&settings, "A", &PathGuard::default()).map_err(|e| e.to_string());
        assert!(error.is_err_and(|e| e.ends_with("is larger than 1048576 bytes")));
    }
}
