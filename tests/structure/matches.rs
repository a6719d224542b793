//! Matches over an enum that have an arm for all other variants.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Where a `match` names variants of `enumeration` and has a `_` arm, in all sources below a
/// directory.
pub fn with_catch_all(directory: &Path, enumeration: &str) -> Vec<String> {
    let mut found = Vec::new();
    for file in files(directory) {
        let text = fs::read_to_string(&file).expect("UTF-8");
        let tokens: TokenStream = text.parse().expect("sources are Rust");
        let mut lines = Vec::new();
        scan(tokens, enumeration, &mut lines);
        let name = file.display();
        found.extend(
            lines
                .iter()
                .map(|line| format!("{name}:{line}: `_ =>` over `{enumeration}`")),
        );
    }
    found
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory of sources") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if path.extension().is_some_and(|it| it == "rs") => found.push(path),
            false => {}
        }
    }
    found
}

fn scan(tokens: TokenStream, enumeration: &str, lines: &mut Vec<usize>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut after_match = false;
    for token in &tokens {
        match token {
            TokenTree::Ident(word) if *word == "match" => after_match = true,
            TokenTree::Group(group) => {
                if after_match && group.delimiter() == Delimiter::Brace {
                    after_match = false;
                    if is_catch_all(group.stream(), enumeration) {
                        lines.push(group.span_open().start().line);
                    }
                }
                scan(group.stream(), enumeration, lines);
            }
            _ => {}
        }
    }
}

/// Whether arms name the enum in their patterns, and one of them is for everything.
fn is_catch_all(arms: TokenStream, enumeration: &str) -> bool {
    let (mut names_it, mut catches) = (false, false);
    for pattern in patterns(arms) {
        let text = pattern.to_string().replace(' ', "");
        names_it |= names(&text, enumeration);
        catches |= text == "_";
    }
    names_it && catches
}

/// Whether a pattern names a variant of the enum, and not of one whose name only ends the same.
fn names(pattern: &str, enumeration: &str) -> bool {
    let variants = format!("{enumeration}::");
    let mut found = pattern.match_indices(&variants);
    found.any(|(at, _)| !pattern[..at].ends_with(|before: char| before.is_alphanumeric()))
}

/// What stands before each `=>`. An arm's body ends at its comma, or with its block.
fn patterns(arms: TokenStream) -> Vec<TokenStream> {
    let mut found = Vec::new();
    let mut pattern = TokenStream::new();
    let mut in_body = false;
    let mut tokens = arms.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is = |punct| matches!(&token, TokenTree::Punct(it) if it.as_char() == punct);
        let arrow = matches!(tokens.peek(), Some(TokenTree::Punct(it)) if it.as_char() == '>');
        if !in_body && is('=') && arrow {
            tokens.next();
            found.push(std::mem::take(&mut pattern));
            in_body = true;
            if let Some(TokenTree::Group(body)) = tokens.peek()
                && body.delimiter() == Delimiter::Brace
            {
                tokens.next();
                in_body = false;
            }
        } else if in_body {
            in_body = !is(',');
        } else if !is(',') {
            pattern.extend([token]);
        }
    }
    found
}

#[test]
fn an_arm_for_all_others_is_found() {
    let catches = |text: &str| {
        let mut lines = Vec::new();
        scan(text.parse().expect("Rust"), "Kind", &mut lines);
        !lines.is_empty()
    };
    assert!(catches("match kind { Kind::A(it) => it, _ => 0 }"));
    assert!(catches("match kind { Kind::A | Kind::B => { 1 } _ => 0, }"));
    assert!(!catches(
        "match kind { Kind::A => match x { 1 => 2, _ => 3 }, Kind::B => 0 }"
    ));
    assert!(!catches("match error { ErrorKind::A => 1, _ => 2 }"));
    assert!(!catches(
        "match other { Other::A => Kind::B, _ => Kind::C }"
    ));
}
