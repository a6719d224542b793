//! The paths that a source file names, read from its tokens.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One path, as it is written: `["crate", "handle", "Handle"]`.
pub struct Import {
    pub path: Vec<String>,
    /// The name under which a `use` makes it known in the file.
    pub name: Option<String>,
    /// It is a re-export: the file passes the name on and does not need it.
    pub is_reexport: bool,
    pub line: usize,
}

/// What a file says that concerns its place among the others.
#[derive(Default)]
pub struct FileImports {
    pub imports: Vec<Import>,
    /// All modules that it declares.
    pub modules: Vec<String>,
    /// Modules that only tests have.
    pub test_modules: Vec<String>,
}

impl FileImports {
    /// Reads Rust source. Inline test modules are left out.
    pub fn read(text: &str) -> FileImports {
        let tokens: TokenStream = text.parse().expect("sources are Rust");
        let mut found = FileImports::default();
        found.scan(&tokens.into_iter().collect::<Vec<_>>());
        found
    }

    fn scan(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            at = match self.item(tokens, at) {
                Some(after) => after,
                None => self.token(tokens, at),
            };
        }
    }

    /// An item that is read as a whole: what only tests have, and `use`.
    fn item(&mut self, tokens: &[TokenTree], at: usize) -> Option<usize> {
        if is_test_attribute(tokens, at) {
            let end = end_of_item(tokens, at + 2);
            if let Some(module) = declared_module(&tokens[at..end]) {
                self.test_modules.push(module);
            }
            return Some(end);
        }
        if !is_word(tokens.get(at), "use") {
            return None;
        }
        let end = tokens[at..].iter().position(|token| is_punct(token, ';'))? + at;
        let is_reexport = at > 0 && is_visibility(&tokens[..at]);
        self.tree(&tokens[at + 1..end], &[], is_reexport);
        Some(end + 1)
    }

    /// Anything else: a path that begins here, or a group that is looked into.
    fn token(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        match &tokens[at] {
            TokenTree::Group(group) => {
                self.scan(&group.stream().into_iter().collect::<Vec<_>>());
                at + 1
            }
            TokenTree::Ident(ident) => {
                if *ident == "mod" {
                    self.modules
                        .extend(tokens.get(at + 1).map(ToString::to_string));
                }
                let mut path = vec![ident.to_string()];
                let mut next = at + 1;
                while let Some(name) = segment(tokens, next) {
                    path.push(name);
                    next += 3;
                }
                if path.len() > 1 && !(at > 0 && is_punct(&tokens[at - 1], ':')) {
                    let line = ident.span().start().line;
                    self.imports.push(Import {
                        path,
                        name: None,
                        is_reexport: false,
                        line,
                    });
                }
                next
            }
            _ => at + 1,
        }
    }

    /// A tree of a `use`: `a::b::{c, d as e}`.
    fn tree(&mut self, tokens: &[TokenTree], prefix: &[String], is_reexport: bool) {
        for part in tokens.split(|token| is_punct(token, ',')) {
            let mut path = prefix.to_vec();
            let mut name = None;
            let mut renamed = false;
            let mut line = 0;
            for token in part {
                match token {
                    TokenTree::Ident(ident) if *ident == "as" => renamed = true,
                    TokenTree::Ident(ident) if renamed => name = Some(ident.to_string()),
                    TokenTree::Ident(ident) => {
                        line = ident.span().start().line;
                        path.push(ident.to_string());
                    }
                    TokenTree::Group(group) => {
                        let inner: Vec<_> = group.stream().into_iter().collect();
                        self.tree(&inner, &path, is_reexport);
                        path.clear();
                    }
                    _ => {}
                }
            }
            if path.len() > prefix.len() {
                if path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                let name = name.or_else(|| path.last().cloned());
                self.imports.push(Import {
                    path,
                    name,
                    is_reexport,
                    line,
                });
            }
        }
    }
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if *ident == word)
}

fn is_punct(token: &TokenTree, punct: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == punct)
}

/// The name behind `::` at a place.
fn segment(tokens: &[TokenTree], at: usize) -> Option<String> {
    match (tokens.get(at)?, tokens.get(at + 1)?, tokens.get(at + 2)?) {
        (first, second, TokenTree::Ident(name))
            if is_punct(first, ':') && is_punct(second, ':') =>
        {
            Some(name.to_string())
        }
        _ => None,
    }
}

/// `pub` or `pub(...)` at the end.
fn is_visibility(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Ident(word), TokenTree::Group(_)] => *word == "pub",
        [.., TokenTree::Ident(word)] => *word == "pub",
        _ => false,
    }
}

/// `#[cfg(test)]` or `#[test]`.
fn is_test_attribute(tokens: &[TokenTree], at: usize) -> bool {
    let Some(TokenTree::Group(group)) = tokens.get(at + 1) else {
        return false;
    };
    let text = group.stream().to_string().replace(' ', "");
    is_punct(&tokens[at], '#') && (text == "cfg(test)" || text == "test")
}

/// Behind the item that begins at a place: its body or its semicolon.
fn end_of_item(tokens: &[TokenTree], from: usize) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(token, ';'),
    };
    let end = tokens[from..].iter().position(is_end);
    end.map_or(tokens.len(), |end| from + end + 1)
}

/// The name in `mod name;` or `mod name { … }`.
fn declared_module(item: &[TokenTree]) -> Option<String> {
    let at = item.iter().position(|token| is_word(Some(token), "mod"))?;
    item.get(at + 1).map(ToString::to_string)
}
