//! `docs/bounds.md` names for each bound where it stands in the code; this compares the two.

use std::fs;
use std::path::Path;

/// A row: what is bounded, the default, and the words of the last column.
struct Row<'a> {
    bound: &'a str,
    default: &'a str,
    code: Vec<&'a str>,
}

fn rows(page: &str) -> Vec<Row<'_>> {
    let lines = page.lines().filter(|line| line.starts_with("| "));
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split('|').collect();
        let ["", bound, default, _, _, code, ""] = cells[..] else {
            panic!("not five columns: {line}");
        };
        Row {
            bound: bound.trim(),
            default: default.trim(),
            // Between backticks is every second part.
            code: code.split('`').skip(1).step_by(2).collect(),
        }
    });
    rows.collect()
}

/// The numbers of a text, in bytes where a unit of sizes follows.
fn numbers(text: &str) -> Vec<u64> {
    let words: Vec<&str> = text.split([' ', ';']).collect();
    let followed = words.iter().zip(words.iter().skip(1).chain([&""]));
    let numbers = followed.filter_map(|(word, next)| {
        let digits = word.trim_matches(',').replace(',', "");
        let number: u64 = digits.parse().ok()?;
        let shift = match next.trim_end_matches(',') {
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            _ => 0,
        };
        Some(number << shift)
    });
    numbers.collect()
}

/// What an expression of the code gives: a product, or a power of two, or a duration of such.
fn value(expression: &str) -> Option<u64> {
    let inner = expression
        .strip_prefix("Duration::from_")
        .and_then(|rest| rest.split_once('('))
        .and_then(|(_, number)| number.strip_suffix(')'));
    let expression = inner.unwrap_or(expression);
    let number = |text: &str| text.trim().replace('_', "").parse::<u64>().ok();
    if let Some((left, right)) = expression.split_once("<<") {
        return number(left)?.checked_shl(u32::try_from(number(right)?).ok()?);
    }
    expression.split('*').map(number).product()
}

/// The values that a name has in a text, as a constant, a variable or a field.
fn values(text: &str, name: &str) -> Vec<u64> {
    let lines = text.lines().map(str::trim);
    let found = lines.filter_map(|line| {
        if let Some(rest) = line.strip_prefix(name) {
            let rest = rest.strip_prefix(':')?;
            return value(rest.trim().trim_end_matches(','));
        }
        let (before, rest) = line.split_once(name)?;
        if !before.ends_with("const ") && before != "let " {
            return None;
        }
        let (kind, rest) = rest.split_once('=')?;
        let whole = kind.trim().is_empty() || kind.starts_with(':');
        whole.then(|| value(rest.trim().trim_end_matches(';')))?
    });
    found.collect()
}

#[test]
fn the_page_says_what_the_code_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/bounds.md")).expect("the page");
    let mut compared = 0;
    for row in rows(&page) {
        let (files, names): (Vec<&str>, Vec<&str>) =
            row.code.iter().partition(|word| word.ends_with(".rs"));
        let texts = files.iter().map(|file| {
            let is_of_other = file.starts_with("dispatcher/") || file.starts_with("capi/");
            let below = if is_of_other { "" } else { "src" };
            let text = fs::read_to_string(root.join(below).join(file));
            text.unwrap_or_else(|error| panic!("{}: {file}: {error}", row.bound))
        });
        let text = texts.collect::<Vec<_>>().join("\n");
        for name in names {
            assert!(text.contains(name), "{}: no {name} in {files:?}", row.bound);
            let values = values(&text, name);
            let constant = name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
            let said = numbers(row.default);
            let same = |value| said.contains(value);
            let holds = match constant {
                true => !values.is_empty() && values.iter().all(same),
                // The name of a field may be that of another too, and that of a type has no value.
                false => values.is_empty() || values.iter().any(same),
            };
            assert!(holds, "{}: {name} is {values:?}, not {said:?}", row.bound);
            compared += values.len();
        }
    }
    assert!(compared > 80, "{compared} values were found");
}

/// What the test above depends on.
#[test]
fn numbers_are_read_on_both_sides() {
    assert_eq!(numbers("64 KiB; 1,024, each 250 ms"), [65_536, 1024, 250]);
    assert_eq!(numbers("by type of `pool`"), [] as [u64; 0]);
    assert_eq!(value("18 << 14"), Some(294_912));
    assert_eq!(value("8 * 1024"), Some(8192));
    assert_eq!(value("Duration::from_millis(250)"), Some(250));
    assert_eq!(value("usize"), None);
    let text =
        "pub(crate) const BOUND: usize = 1 << 4;\n    bound: 1_000,\nlet long = 3;\nNO_BOUND: 7,";
    assert_eq!(values(text, "BOUND"), [16]);
    assert_eq!(values(text, "bound"), [1000]);
    assert_eq!(values(text, "long"), [3]);
}
