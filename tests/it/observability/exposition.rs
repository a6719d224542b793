//! A strict reader of the text that Prometheus reads.

use std::collections::{BTreeMap, HashSet};

/// The samples by name and labels, in the order of the labels' names.
pub type Samples = BTreeMap<(String, Vec<(String, String)>), f64>;

/// Reads a text, and fails on whatever the format does not permit or what a histogram must not be.
pub fn read(text: &str) -> Samples {
    let mut samples = Samples::new();
    let mut families = HashSet::new();
    let mut family = (String::new(), String::new());
    assert!(text.ends_with('\n'), "the last line ends");
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a help text");
            assert!(!help.is_empty() && is_name(name), "{line}");
            assert!(families.insert(name.to_owned()), "twice: {line}");
            let kind = lines.next().and_then(|it| it.strip_prefix("# TYPE "));
            let (typed, kind) = kind.and_then(|it| it.split_once(' ')).expect("a type");
            assert_eq!(typed, name);
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{kind}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
            family = (name.to_owned(), kind.to_owned());
            continue;
        }
        let (name, labels, value) = sample(line);
        let suffixes: &[&str] = match family.1.as_str() {
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        let is_of_family = |suffix: &&str| name == format!("{}{suffix}", family.0);
        assert!(
            suffixes.iter().any(is_of_family),
            "not of {family:?}: {line}"
        );
        assert!(
            samples.insert((name, labels), value).is_none(),
            "twice: {line}"
        );
    }
    histograms(&samples);
    samples
}

fn is_name(text: &str) -> bool {
    let is_inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    text.starts_with("wippy_") && text.chars().all(is_inside)
}

fn sample(line: &str) -> (String, Vec<(String, String)>, f64) {
    let (head, value) = line.rsplit_once(' ').expect("a value");
    let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
    let (name, mut rest) = head.split_once('{').unwrap_or((head, "}"));
    assert!(is_name(name.trim_end_matches("_bucket")), "{line}");
    let mut labels = Vec::new();
    while rest != "}" {
        let (label, quoted) = rest.split_once("=\"").expect("a label");
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        let end = loop {
            match characters.next().expect("a closing quote") {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next().expect("an escape").1 {
                    'n' => '\n',
                    c @ ('\\' | '"') => c,
                    c => panic!("an escape {c}: {line}"),
                }),
                (_, c) => value.push(c),
            }
        };
        labels.push((label.to_owned(), value));
        rest = quoted[end + 1..].trim_start_matches(',');
    }
    labels.sort();
    (name.to_owned(), labels, value)
}

/// Buckets grow with their bounds, and the last one is the count.
fn histograms(samples: &Samples) {
    let mut buckets: BTreeMap<_, Vec<(f64, f64)>> = BTreeMap::new();
    for ((name, labels), &value) in samples {
        let Some(name) = name.strip_suffix("_bucket") else {
            continue;
        };
        let mut labels = labels.clone();
        let le = labels
            .iter()
            .position(|(label, _)| label == "le")
            .expect("a bound");
        let bound = labels.remove(le).1;
        let bound = bound.replace("+Inf", "inf").parse().expect("a bound");
        buckets
            .entry((name.to_owned(), labels))
            .or_default()
            .push((bound, value));
    }
    for ((name, labels), mut buckets) in buckets {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(
            buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1),
            "{name}: {buckets:?}"
        );
        let (bound, all) = *buckets.last().expect("a bucket");
        assert_eq!(bound, f64::INFINITY, "{name}");
        assert_eq!(samples[&(format!("{name}_count"), labels.clone())], all);
        assert!(samples.contains_key(&(format!("{name}_sum"), labels)));
    }
}
