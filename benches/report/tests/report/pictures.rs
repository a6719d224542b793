//! The pictures can be read: well-formed, every text within the picture and apart from all others.

use std::fmt;
use std::fs;
use std::path::Path;

use roxmltree::{Document, Node};

use crate::example;

/// A letter's width for its height. The widest fonts that browsers choose have about that in the mean.
const LETTER: f64 = 0.6;

/// Where a text is.
struct Place {
    text: String,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            text,
            left,
            top,
            right,
            bottom,
        } = self;
        write!(
            f,
            "{text:?} from ({left:.1} {top:.1}) to ({right:.1} {bottom:.1})"
        )
    }
}

impl Place {
    fn of(node: Node<'_, '_>) -> Place {
        let number = |name: &str| -> f64 {
            let value = node
                .attribute(name)
                .unwrap_or_else(|| panic!("no {name}: {node:?}"));
            value.parse().expect("a number")
        };
        let text = node.text().unwrap_or_default().to_owned();
        let size = number("font-size");
        let width = text.chars().count() as f64 * size * LETTER;
        if let Some(transform) = node.attribute("transform") {
            let numbers = transform.trim_start_matches("translate(").split([' ', ')']);
            let numbers: Vec<f64> = numbers.filter_map(|word| word.parse().ok()).collect();
            let (x, y) = (numbers[0], numbers[1]);
            return Place {
                text,
                left: x - size,
                top: y - width / 2.0,
                right: x,
                bottom: y + width / 2.0,
            };
        }
        let left = match node.attribute("text-anchor") {
            Some("end") => number("x") - width,
            Some("middle") => number("x") - width / 2.0,
            _ => number("x"),
        };
        Place {
            text,
            left,
            top: number("y") - size * 0.8,
            right: left + width,
            bottom: number("y") + size * 0.2,
        }
    }

    fn overlaps(&self, other: &Place) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

fn check(name: &str, picture: &str) {
    let document = Document::parse(picture).unwrap_or_else(|error| panic!("{name}: {error}"));
    let root = document.root_element();
    let side = |name: &str| -> f64 {
        root.attribute(name)
            .expect("a size")
            .parse()
            .expect("a number")
    };
    let (width, height) = (side("width"), side("height"));
    let texts: Vec<Place> = document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .map(Place::of)
        .collect();
    assert!(texts.len() > 5, "{name} has hardly any text");
    for (at, text) in texts.iter().enumerate() {
        let within =
            text.left >= 0.0 && text.top >= 0.0 && text.right <= width && text.bottom <= height;
        assert!(within, "{name}, {width} by {height}: {text:?}");
        for other in &texts[at + 1..] {
            assert!(!text.overlaps(other), "{name}: {text:?} and {other:?}");
        }
    }
    for path in document
        .descendants()
        .filter(|node| node.has_tag_name("path"))
    {
        let data = path.attribute("d").expect("a path");
        assert!(
            !data.contains("NaN") && !data.contains("inf"),
            "{name}: {data}"
        );
    }
}

#[test]
fn texts_are_within_the_pictures_and_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    example::report()
        .write(folder.path())
        .expect("it can be written");
    let mut seen = 0;
    for entry in fs::read_dir(folder.path().join("pictures")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let picture = fs::read_to_string(&path).expect("a picture");
        check(&path.display().to_string(), &picture);
        seen += 1;
    }
    assert_eq!(seen, 15);
}

#[test]
fn a_name_that_has_no_room_is_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut report = example::report();
    report.contenders[5].label = "a contender with a name of fifty letters, or more".to_owned();
    report.write(folder.path()).expect("it can be written");
    for kind in ["ranges", "cumulative", "percentiles"] {
        let path = folder.path().join(format!("pictures/row-2.{kind}.svg"));
        let picture = fs::read_to_string(path).expect("a picture");
        assert!(
            picture.contains(">a contender with") && picture.contains("…</text>"),
            "{kind}"
        );
        check(kind, &picture);
    }
}

#[test]
fn of_many_contenders_other_settings_have_no_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut report = example::report();
    for contender in report.contenders.iter_mut().skip(10) {
        contender.ranked = false;
    }
    for contender in report.contenders.iter_mut().skip(12) {
        contender.settings = "spinning".to_owned();
    }
    report.write(folder.path()).expect("it can be written");
    let text = |path: &str| fs::read_to_string(folder.path().join(path)).expect("a file");
    // Twelve but the one without figures.
    for kind in ["cumulative", "percentiles"] {
        let picture = text(&format!("pictures/row-2.{kind}.svg"));
        assert_eq!(picture.matches("<path").count(), 11, "{kind}");
    }
    assert_eq!(text("pictures/many.p50.svg").matches("<path").count(), 11);
    let ranges = text("pictures/row-2.ranges.svg");
    assert!(ranges.contains("contender 19, tuned"));
    assert!(text("index.html").contains("lines are of default settings alone"));
}

#[test]
fn intervals_are_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut report = example::report();
    // One round a hundredfold: the interval reaches far beyond the median.
    let cell = &mut report.sections[0].rows[0].cells[19];
    let slow = example::round(3u64.pow(20) * 100, 300);
    let usual = cell.rounds[0].clone();
    cell.rounds = vec![usual.clone(), usual.clone(), usual, slow.clone(), slow];
    let high = cell.quantile(0.5).expect("samples").high;
    let highest = cell.high().expect("samples").value;
    assert!(
        high > 3f64.powi(20) * 90.0 && high > highest * 0.9,
        "{high}, {highest}"
    );
    report.write(folder.path()).expect("it can be written");
    let path = folder.path().join("pictures/many.p50.svg");
    let picture = fs::read_to_string(path).expect("a picture");
    // Each end of an interval is within the area, not at its upper border.
    let document = Document::parse(&picture).expect("well-formed");
    let at_border = document.descendants().filter(|node| {
        node.has_tag_name("line")
            && node.attribute("stroke-width") == Some("1.2")
            && node.attribute("y2") == Some("34.0")
    });
    assert_eq!(at_border.count(), 0);
}

#[test]
fn every_contender_with_figures_has_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    example::report()
        .write(folder.path())
        .expect("it can be written");
    let count = |path: &Path| {
        let picture = fs::read_to_string(path).expect("a picture");
        picture.matches("<path").count()
    };
    for kind in ["cumulative", "percentiles"] {
        let path = folder.path().join(format!("pictures/row-2.{kind}.svg"));
        assert_eq!(count(&path), example::CONTENDERS - 1, "{kind}");
    }
}
