//! What is expected of a call's output.

use std::collections::BTreeMap;

use crate::registry::{Context, Fields, Shape, Spanned};

/// What is expected of what a call writes to one of its streams.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct ExpectedOutput {
    equals: Option<String>,
    contains: Vec<String>,
    lacks: Vec<String>,
    lines: Option<u64>,
    counts: BTreeMap<String, u64>,
}

impl ExpectedOutput {
    /// Reads it.
    pub(super) fn read(
        fields: &mut Fields<'_>,
        name: &'static str,
        cx: &mut Context<'_>,
    ) -> Option<ExpectedOutput> {
        let mut fields = fields.section(name, cx)?;
        let values = |texts: Option<Vec<Spanned<String>>>| {
            let texts = texts.unwrap_or_default().into_iter();
            texts.map(|text| text.value).collect()
        };
        let equals = fields.string("equals", cx);
        let contains = values(fields.strings("contains", cx));
        let lacks = values(fields.strings("lacks", cx));
        let lines = super::network::count(&mut fields, "lines", cx);
        let counts = counts(&mut fields, cx);
        fields.finish(cx);
        Some(ExpectedOutput {
            equals: equals.map(|text| text.value),
            contains,
            lacks,
            lines,
            counts,
        })
    }

    /// What of it does not hold of an output.
    pub(super) fn check(&self, output: &[u8], fail: &mut dyn FnMut(String)) {
        let text = String::from_utf8_lossy(output);
        if let Some(expected) = &self.equals
            && *expected != text
        {
            fail(format!("is {}, not {}", quoted(&text), quoted(expected)));
        }
        for part in self.contains.iter().filter(|part| !text.contains(&**part)) {
            fail(format!("lacks {}: it is {}", quoted(part), quoted(&text)));
        }
        for part in self.lacks.iter().filter(|part| text.contains(&**part)) {
            fail(format!("has {}: it is {}", quoted(part), quoted(&text)));
        }
        let lines = text.lines().count() as u64;
        if let Some(expected) = self.lines.filter(|expected| *expected != lines) {
            fail(format!("has {lines} lines, not {expected}"));
        }
        for (part, expected) in &self.counts {
            let found = text.matches(&**part).count() as u64;
            if found != *expected {
                fail(format!(
                    "has {} {found} times, not {expected}",
                    quoted(part)
                ));
            }
        }
    }
}

/// How often texts occur.
fn counts(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> BTreeMap<String, u64> {
    let path = fields.path_of("count");
    let Some(node) = fields.node("count", Shape::Texts, cx) else {
        return BTreeMap::new();
    };
    let Some(mapping) = node.as_mapping() else {
        cx.expected(node, &path, "texts and how often each occurs");
        return BTreeMap::new();
    };
    let mut counts = BTreeMap::new();
    for (text, node) in &mapping.entries {
        let number = serde_json::to_value(node).ok();
        match number.and_then(|number| number.as_u64()) {
            Some(number) if !text.text.is_empty() => {
                counts.insert(text.text.to_string(), number);
            }
            _ => cx.expected(node, &path, "how often a text occurs"),
        }
    }
    counts
}

/// How much of an output is shown.
const SHOWN: usize = 300;

/// Text in quotes on one line, shortened in the middle of nothing.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}
