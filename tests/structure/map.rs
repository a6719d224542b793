//! The map of the code in `ARCHITECTURE.md` against the files.

use std::fs;
use std::path::Path;

/// What the map names and is not there, and what is there and the map does not name: the folders and
/// files directly below the sources of both crates.
pub fn compare(root: &Path) -> Vec<String> {
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).expect("the page");
    let named: Vec<String> = page.lines().flat_map(paths).collect();
    let mut wrong = Vec::new();
    for path in &named {
        if !root.join(path).exists() {
            wrong.push(format!("{path} is not there"));
        }
    }
    for sources in ["src", "dispatcher/src"] {
        for entry in fs::read_dir(root.join(sources)).expect("sources") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("UTF-8");
            let path = format!("{sources}/{name}");
            let is_named = |named: &String| named.trim_end_matches('/').starts_with(&path);
            if !named.iter().any(is_named) {
                wrong.push(format!("{path} is not on the map"));
            }
        }
    }
    wrong
}

/// The paths that a line names between backquotes, `{a,b}` taken apart.
fn paths(line: &str) -> Vec<String> {
    let quoted = line.split('`').skip(1).step_by(2);
    let starts = [
        "src/",
        "dispatcher/",
        "tests/",
        "benches/",
        "examples/",
        "docs/",
        "wit/",
    ];
    let is_path =
        |text: &&str| starts.iter().any(|start| text.starts_with(start)) && !text.contains(' ');
    quoted.filter(is_path).flat_map(alternatives).collect()
}

fn alternatives(path: &str) -> Vec<String> {
    let parts = path.split_once('{').and_then(|(before, rest)| {
        let (inside, after) = rest.split_once('}')?;
        Some((before, inside, after))
    });
    let Some((before, inside, after)) = parts else {
        return vec![path.to_owned()];
    };
    let names = inside.split(',');
    names.map(|name| format!("{before}{name}{after}")).collect()
}

#[test]
fn alternatives_are_taken_apart() {
    let found = paths("| `src/{a,b}.rs`, `word`, `src/c/` | text `docs/x.md` |");
    assert_eq!(found, ["src/a.rs", "src/b.rs", "src/c/", "docs/x.md"]);
}
