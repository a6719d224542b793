//! `docs/semantics.md`, `docs/calls.md` and `docs/http-entries.md` line by line: each statement has tests, and they are there.

mod table;

use std::fs;
use std::path::{Path, PathBuf};

use table::pages;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The items of a page's lists, each as one line.
fn items(page: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let mut within = false;
    for line in page.lines() {
        if let Some(first) = line.strip_prefix("* ") {
            items.push(first.to_owned());
            within = true;
        } else if let (true, Some(more), Some(item)) =
            (within, line.strip_prefix("  "), items.last_mut())
        {
            item.push(' ');
            item.push_str(more);
        } else {
            within = false;
        }
    }
    items
}

/// The text of a module, without its indentation, and where its own modules are.
struct Module {
    text: String,
    /// What `#[path]` is relative to.
    beside: PathBuf,
    below: PathBuf,
}

impl Module {
    fn of_file(file: &Path) -> Result<Module, String> {
        let text = fs::read_to_string(file).map_err(|error| format!("{file:?}: {error}"))?;
        let beside = file.parent().expect("a directory").to_owned();
        let below = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("lib" | "main" | "mod") => beside.clone(),
            Some(name) => beside.join(name),
            None => return Err(format!("{file:?} has no name")),
        };
        Ok(Module {
            text,
            beside,
            below,
        })
    }

    fn child(&self, name: &str) -> Result<Module, String> {
        let lines: Vec<&str> = self.text.lines().collect();
        let declared = |line: &str| {
            let visible = ["pub ", "pub(crate) ", "pub(super) "];
            let private = visible.iter().find_map(|word| line.strip_prefix(word));
            let rest = private.unwrap_or(line).strip_prefix("mod ")?;
            let rest = rest.strip_prefix(name)?;
            matches!(rest, ";" | " {").then_some(rest == " {")
        };
        let found = lines.iter().enumerate();
        let mut found = found.filter_map(|(at, line)| Some((at, declared(line)?)));
        let (at, inline) = found.next().ok_or(format!("no module {name}"))?;
        if inline {
            let body = lines[at + 1..].iter().take_while(|line| **line != "}");
            let body = body.map(|line| line.strip_prefix("    ").unwrap_or(line));
            return Ok(Module {
                text: body.collect::<Vec<_>>().join("\n"),
                beside: self.below.join(name),
                below: self.below.join(name),
            });
        }
        let attribute = at.checked_sub(1).and_then(|before| lines.get(before));
        let named = attribute.and_then(|line| line.strip_prefix("#[path = \""));
        if let Some(named) = named.and_then(|rest| rest.strip_suffix("\"]")) {
            return Module::of_file(&self.beside.join(named));
        }
        let alone = self.below.join(format!("{name}.rs"));
        if alone.exists() {
            return Module::of_file(&alone);
        }
        Module::of_file(&self.below.join(name).join("mod.rs"))
    }

    /// Whether a function of the module itself is a test.
    fn has_test(&self, name: &str) -> bool {
        let lines: Vec<&str> = self.text.lines().collect();
        let function = format!("fn {name}(");
        lines.iter().enumerate().any(|(at, line)| {
            let mut before = lines[..at]
                .iter()
                .rev()
                .take_while(|line| line.starts_with("#[") || line.starts_with("//"));
            line.starts_with(&function) && before.any(|line| *line == "#[test]")
        })
    }
}

/// Looks a test up by its name, in the sources.
fn find(test: &str) -> Result<(), String> {
    let roots = [
        ("lib::", "src/lib.rs"),
        ("dispatcher::lib::", "dispatcher/src/lib.rs"),
        ("dispatcher::", "dispatcher/tests/it/main.rs"),
        ("", "tests/it/main.rs"),
    ];
    let mut roots = roots.iter();
    let (path, file) = roots
        .find_map(|(prefix, file)| Some((test.strip_prefix(prefix)?, file)))
        .expect("the last one fits");
    let (modules, name) = path.rsplit_once("::").ok_or("no module")?;
    let mut module = Module::of_file(&root().join(file))?;
    for name in modules.split("::") {
        module = module.child(name)?;
    }
    match module.has_test(name) {
        true => Ok(()),
        false => Err(format!("no test {name}")),
    }
}

#[test]
fn every_statement_has_a_row_and_every_row_a_statement() {
    for (page, rows) in pages() {
        let stated = items(&fs::read_to_string(root().join(page)).expect("the page"));
        let rows: Vec<&str> = rows.iter().map(|(statement, _)| *statement).collect();
        for statement in &stated {
            let shown = rows.contains(&statement.as_str());
            assert!(shown, "{page}: the table has no test for: {statement}");
        }
        assert_eq!(rows, stated, "the rows have the order of {page}");
    }
}

#[test]
fn every_test_of_the_table_is_there() {
    let mut missing = Vec::new();
    for (statement, tests) in pages().into_iter().flat_map(|(_, rows)| rows) {
        assert!(!tests.is_empty(), "no test shows: {statement}");
        for test in tests {
            if let Err(why) = find(test) {
                missing.push(format!("{test}: {why}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// What the two tests above depend on.
#[test]
fn only_tests_are_found_and_only_where_they_are() {
    for test in [
        "semantics::only_tests_are_found_and_only_where_they_are",
        "modules::load_time::the_header_decides_what_a_module_is",
        "files::names::names_may_be_any_text",
        "lib::http::fields::tests::the_bounds_have_a_name",
        "lib::host::io::tests::zeroes_do_not_go_past_the_bound_of_an_output_that_is_shared",
        "dispatcher::net::names::localhost_is_here",
        "dispatcher::lib::net::host_name::tests::other_scripts_are_encoded",
    ] {
        assert_eq!(find(test), Ok(()), "{test}");
    }
    for no_test in [
        "polling::no_such_test",
        "polling::project",
        "no_such_module::an_empty_list_traps",
        "an_empty_list_traps",
        // The module has another name than its file.
        "modules_load::the_header_decides_what_a_module_is",
        // It is in the module `tests`.
        "lib::http::fields::the_bounds_have_a_name",
        "lib::http::tests::wide::kept",
    ] {
        assert!(find(no_test).is_err(), "{no_test}");
    }
    let page = "text\n* one\n* two\n  goes on\n\n  not this\n## more\n* three\nnor this\n";
    assert_eq!(items(page), ["one", "two goes on", "three"]);
}
