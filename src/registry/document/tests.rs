//! Tests of documents: frames, meta, the `data:` key.

use super::*;
use crate::registry::parse::parse_text;

fn split_text(text: &str) -> Split {
    let root = SourceRoot {
        source_dir: "src".into(),
        module_dir: ".".into(),
    };
    split(&parse_text(text), &Arc::new(root), false)
}

fn messages(split: &Split) -> Vec<String> {
    let drafts = split.drafts.iter().flat_map(|d| &d.diagnostics);
    split
        .diagnostics
        .iter()
        .chain(drafts)
        .map(ToString::to_string)
        .collect()
}

#[test]
fn documents_without_namespace_are_not_ours() {
    for text in ["a: 1\na: 2\n", "[1]", "x", "entries: 3\n", "~"] {
        let split = split_text(text);
        assert!(
            split.drafts.is_empty() && messages(&split).is_empty(),
            "{text}"
        );
    }
}

#[test]
fn meta_lies_below_shallowly() {
    let split = split_text(
        "namespace: n\nmeta: {a: 1, b: {c: 2}}\nentries:\n  - {name: x, kind: k, meta: {b: {d: 3}}}\n  - {name: y, kind: k}\n",
    );
    let [x, y] = &split.drafts[..] else {
        panic!("{split:?}")
    };
    assert!(x.meta.at("a").is_some() && x.meta.at("b.d").is_some());
    assert!(x.meta.at("b.c").is_none(), "one level only");
    assert!(y.meta.at("b.c").is_some());
    assert_eq!(x.id, Id::new("n", "x"));
    assert_eq!(messages(&split), [""; 0]);
}

#[test]
fn data_is_the_configuration_if_there_is_one() {
    let split = split_text(
        "namespace: n\nentries:\n  - {name: x, kind: k, data: {a: 1}, b: 2}\n  - {name: y, kind: k, a: 1, version: 2}\n  - {name: z, kind: k, data: [1]}\n",
    );
    let [x, y, z] = &split.drafts[..] else {
        panic!("{split:?}")
    };
    assert!(x.config.at("a").is_some() && x.config.at("b").is_none());
    assert!(y.config.at("a").is_some() && y.config.at("version").is_some());
    assert!(y.config.at("name").is_none() && y.config.at("kind").is_none());
    assert!(z.config.as_sequence().is_some());
    assert_eq!(
        messages(&split),
        ["test.yaml:3:38: warning: n:x: b: ignored, because \"data\" holds the configuration"]
    );
}

#[test]
fn one_entry_documents() {
    let split =
        split_text("version: \"1.0\"\nnamespace: n\nname: x\nkind: k\nmeta: {m: 1}\na: 1\n");
    let [x] = &split.drafts[..] else {
        panic!("{split:?}")
    };
    assert_eq!((&x.id, x.kind.as_str()), (&Id::new("n", "x"), "k"));
    assert!(x.meta.at("m").is_some() && x.config.at("a").is_some());
    assert!(x.config.at("version").is_none() && x.config.at("namespace").is_none());
    let split = split_text("namespace: n\nname: x\n");
    assert_eq!(
        messages(&split),
        ["test.yaml:1:1: error: n:x: kind: kind is required"]
    );
}

#[test]
fn mistakes_in_the_frame() {
    let cases = [
        (
            "namespace: 3\n",
            "test.yaml:1:12: error: namespace: expected a string, found the number 3",
        ),
        (
            "namespace: ''\n",
            "test.yaml:1:12: error: namespace: namespace is required",
        ),
        (
            "namespace: a:b\n",
            "test.yaml:1:12: error: namespace: a namespace cannot contain a colon",
        ),
        (
            "namespace: n\nentries: {}\n",
            "test.yaml:2:10: error: entries: expected a list of entries, found a mapping",
        ),
        (
            "namespace: n\nx-a: []\nentrys: []\n",
            "test.yaml:3:1: warning: unknown field \"entrys\" of a document (did you mean \"entries\"?)",
        ),
        (
            "namespace: n\nmeta: 1\n",
            "test.yaml:2:7: error: meta: expected a mapping, found the number 1",
        ),
        (
            "namespace: n\nentries: [x]\n",
            "test.yaml:2:11: error: expected an entry, found the string \"x\"",
        ),
        (
            "namespace: n\nentries: [{kind: k}]\n",
            "test.yaml:2:11: error: name: name is required",
        ),
        (
            "namespace: n\nentries: [{name: 1, kind: k}]\n",
            "test.yaml:2:18: error: name: expected a string, found the number 1",
        ),
        (
            "namespace: n\nentries: [{name: a}]\n",
            "test.yaml:2:11: error: n:a: kind: kind is required",
        ),
        (
            "namespace: n\nentries: [{name: a, kind: k, meta: 1}]\n",
            "test.yaml:2:36: error: n:a: meta: expected a mapping, found the number 1",
        ),
        (
            "namespace: n\nnamespace: m\n",
            "test.yaml:2:1: error: duplicate key \"namespace\": first written in line 1, column 1",
        ),
        (
            "namespace: n\nentries: [{name: a, kind: k, x: {y: 1, y: 2}}]\n",
            "test.yaml:2:40: error: n:a: duplicate key \"y\": first written in line 2, column 34",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(messages(&split_text(text)), [expected], "{text}");
    }
}
