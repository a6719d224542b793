//! Tests of the parser: places, bounds, aliases, merges.

use proptest::prelude::*;

use super::*;

fn error_of(text: &str) -> String {
    let parsed = parse(text, &Path::new("t.yaml").into());
    parsed.error.map(|e| e.to_string()).unwrap_or_default()
}

fn problems_of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    parse_text(text).problems(&mut |p| found.push(format!("{}: {}", p.place, p.message)));
    found
}

fn json(node: &Node) -> String {
    match &node.value {
        Value::Scalar(s) => s.text.to_string(),
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(json).collect();
            format!("[{}]", items.join(","))
        }
        Value::Mapping(m) => {
            let items: Vec<_> = m
                .entries
                .iter()
                .map(|(k, v)| format!("{}:{}", k.text, json(v)))
                .collect();
            format!("{{{}}}", items.join(","))
        }
    }
}

#[test]
fn places_are_lines_and_columns_from_one() {
    let node = parse_text("a:\n  bé: [x, y]\r\n  c: |\n    text\n");
    let at = |path: &str| node.at(path).map(|n| (n.place.line, n.place.column));
    assert_eq!(at("a.bé[1]"), Some((2, 11)));
    assert_eq!(at("a.c"), Some((4, 5)), "a block begins with its text");
    let with_mark = parse_text("\u{feff}a: b");
    assert_eq!(with_mark.at("a").map(|n| n.place.column), Some(4));
}

#[test]
fn several_documents_and_none() {
    let parse = |text| parse(text, &Path::new("t.yaml").into());
    assert_eq!(parse("a: 1\n---\nb: 2\n").documents.len(), 2);
    assert_eq!(parse("").documents.len(), 0);
    assert_eq!(parse("# only a comment\n").documents.len(), 0);
    let invalid = parse("a: 1\n---\nb: [\n");
    assert_eq!(
        invalid.documents.len(),
        1,
        "what stands before the error counts"
    );
    assert!(invalid.error.is_some());
}

#[test]
fn syntax_errors_have_places() {
    let text = error_of("a: 1\nb: 'x\n");
    assert!(text.starts_with("t.yaml:"), "{text}");
    assert!(text.contains(": error: YAML syntax error: "), "{text}");
    assert!(error_of("a: *nobody").contains("YAML syntax error"));
    // Indented by tabs: the parser's own place of the second is the scalar before the tab.
    assert_eq!(
        error_of("a:\n\t- b\n"),
        "t.yaml:2:2: error: YAML syntax error: tabs disallowed within this context (block indentation)"
    );
    assert_eq!(
        error_of("a:\n  - b: c\n\td: e\n"),
        "t.yaml:3:1: error: YAML syntax error: a tab in the indentation (indent with spaces)"
    );
}

#[test]
fn json_is_read_as_it_is() {
    let node = parse_text("{\n\t\"a\": [1, true, null, \"x\\/y\"],\n\t\"b\": {\"c\": \"\"}\n}\n");
    assert_eq!(json(&node), "{a:[1,true,null,x/y],b:{c:}}");
    assert_eq!(join_surrogates("\"\\ud83d\\ude00!\""), "\"😀!\"");
    assert_eq!(
        join_surrogates("\"\\\\ud83d\\ude00\""),
        "\"\\\\ud83d\\ude00\""
    );
    assert_eq!(join_surrogates("\"\\ud83d\""), "\"\\ud83d\"");
    assert_eq!(join_surrogates("\\"), "\\");
}

#[test]
fn tags_decide_about_strings() {
    let node = parse_text("a: !!str 12\nb: !!int \"12\"\nc: !Custom x\n");
    assert_eq!(node.at("a").and_then(Node::as_str), Some("12"));
    assert_eq!(
        node.at("b").map(Node::describe),
        Some("the number 12".into())
    );
    assert_eq!(node.at("c").and_then(Node::as_str), Some("x"));
}

#[test]
fn duplicate_keys_name_both_places() {
    assert_eq!(
        problems_of("a:\n  b: 1\n  c: 2\n  b: 3\n"),
        ["test.yaml:4:3: duplicate key \"b\": first written in line 2, column 3"]
    );
    assert_eq!(
        problems_of("? [a]\n: 1\nb: 2\n"),
        ["test.yaml:1:3: a key must be a single value, not a list or a mapping"]
    );
}

#[test]
fn merges_lie_below_the_own_keys() {
    let node = parse_text(
        "base: &base {a: 1, b: 2}\nx: {<<: *base, b: 3}\ny:\n  <<: [*base, {c: 4, a: 9}]\n",
    );
    assert_eq!(node.at("x").map(json), Some("{b:3,a:1}".into()));
    assert_eq!(node.at("y").map(json), Some("{a:1,b:2,c:4}".into()));
    assert_eq!(
        problems_of("<<: 1\n"),
        ["test.yaml:1:5: << takes a mapping or a list of mappings, found the number 1"]
    );
}

#[test]
fn aliases_keep_their_own_place() {
    let node = parse_text("a: &x {k: v}\nb: *x\n");
    assert_eq!(node.at("b").map(|n| n.place.line), Some(2));
    assert_eq!(node.at("b.k").map(|n| n.place.line), Some(1));
}

#[test]
fn alias_bombs_end_in_an_error() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let row = vec![format!("*a{}", i - 1); 10].join(", ");
        text.push_str(&format!("a{i}: &a{i} [{row}]\n"));
    }
    assert!(
        error_of(&text).contains("more than 1000000 nodes"),
        "{}",
        error_of(&text)
    );

    let long = format!(
        "s: &s {}\nl: [{}]\n",
        "x".repeat(1 << 20),
        vec!["*s"; 1000].join(", ")
    );
    assert!(error_of(&long).contains("more than 1000000 nodes"));

    let chain: String = (1..100)
        .map(|i| format!("b{i}: &b{i} [*b{}]\n", i - 1))
        .collect();
    assert!(error_of(&format!("b0: &b0 [x]\n{chain}")).contains("deeper than 64 levels"));
}

#[test]
fn an_alias_inside_its_own_anchor_is_an_error() {
    assert!(error_of("a: &a [*a]").contains("stands inside the value"));
}

#[test]
fn depth_and_size_are_bounded() {
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert_eq!(error_of(&nested(MAX_DEPTH)), "");
    assert!(error_of(&nested(MAX_DEPTH + 1)).contains("deeper than 64 levels"));
    assert!(error_of(&"- ".repeat(100_000)).contains("deeper than 64 levels"));
    assert!(error_of(&"x".repeat(MAX_DOCUMENT_BYTES + 1)).contains("larger than 4194304 bytes"));
}

/// Strings in which the characters that mean something to YAML are common.
fn yamlish() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ": ",
            "- ",
            "---\n",
            "...\n",
            "\n",
            "  ",
            "\t",
            "&a ",
            "*a",
            "!!str ",
            "| \n",
            ">-\n",
            "\"",
            "'",
            "#",
            "%TAG ",
            ",",
            "? ",
            "<<: ",
            "a: ",
            "b: ",
            "\u{feff}",
            "\0",
            "namespace: n\n",
            "entries:\n",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,3}",
    ];
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn never_panics(text in yamlish()) {
        let parsed = parse(&text, &Path::new("t.yaml").into());
        for document in &parsed.documents {
            document.problems(&mut |_| {});
            document.replace_strings("", &mut |_, _, _| None);
        }
    }

    #[test]
    fn surrogates_never_panic(text in "[\\\\ud83e0-9\"é]{0,40}") {
        join_surrogates(&text);
    }
}
