//! Circles in a graph of files.

use std::collections::BTreeMap;

use super::crate_sources::Use;

/// The groups of files each of which needs all others of its group, directly or through them
/// (Tarjan's strongly connected components of more than one file).
pub fn circles(uses: &[Use]) -> Vec<Vec<String>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for used in uses {
        next.entry(&used.file).or_default().push(&used.used);
        next.entry(&used.used).or_default();
    }
    let mut search = Search {
        next: &next,
        numbers: BTreeMap::new(),
        lowest: BTreeMap::new(),
        open: Vec::new(),
        found: Vec::new(),
    };
    for file in next.keys() {
        search.visit(file);
    }
    search.found
}

struct Search<'a> {
    next: &'a BTreeMap<&'a str, Vec<&'a str>>,
    numbers: BTreeMap<&'a str, usize>,
    lowest: BTreeMap<&'a str, usize>,
    open: Vec<&'a str>,
    found: Vec<Vec<String>>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, file: &'a str) {
        if self.numbers.contains_key(file) {
            return;
        }
        let number = self.numbers.len();
        self.numbers.insert(file, number);
        self.lowest.insert(file, number);
        self.open.push(file);
        for &used in &self.next[file] {
            let reached = match self.numbers.get(used) {
                None => {
                    self.visit(used);
                    self.lowest[used]
                }
                Some(&number) if self.open.contains(&used) => number,
                Some(_) => continue,
            };
            let lowest = self.lowest[file].min(reached);
            self.lowest.insert(file, lowest);
        }
        if self.lowest[file] == number {
            let from = self
                .open
                .iter()
                .position(|&it| it == file)
                .expect("it is open");
            let mut circle: Vec<String> = self.open.drain(from..).map(String::from).collect();
            circle.sort();
            if circle.len() > 1 {
                self.found.push(circle);
            }
        }
    }
}

#[test]
fn a_circle_is_found_and_a_line_is_none() {
    let used = |file: &str, used: &str| Use {
        file: file.to_owned(),
        used: used.to_owned(),
        line: 1,
    };
    let line = [used("a", "b"), used("b", "c"), used("a", "c")];
    assert!(circles(&line).is_empty());
    let circle = [used("a", "b"), used("b", "c"), used("c", "b")];
    assert_eq!(circles(&circle), [["b", "c"]]);
}
