//! The committed guests and their sources.

use crate::check::mismatches;
use crate::support::guests;

#[test]
fn components_belong_to_their_sources() {
    assert_eq!(mismatches(&guests()), Vec::<String>::new());
}

/// Adds the text of every file below a folder.
fn read_all(folder: &std::path::Path, sources: &mut String) {
    for file in std::fs::read_dir(folder).expect("the tests") {
        let path = file.expect("a file").path();
        if path.is_dir() {
            read_all(&path, sources);
        } else {
            sources.push_str(&std::fs::read_to_string(path).expect("text"));
        }
    }
}

/// A guest that no test names is dead weight, or a test that was forgotten.
#[test]
fn every_guest_has_a_test() {
    let tests = guests().with_file_name("it");
    let mut sources = String::new();
    read_all(&tests, &mut sources);
    let mut count = 0;
    for component in std::fs::read_dir(guests().join("components")).expect("the components") {
        let path = component.expect("a file").path();
        let name = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("a name");
        assert!(
            sources.contains(&format!("\"{name}\"")),
            "no test names {name}"
        );
        count += 1;
    }
    assert!(count >= 20, "{count} components");
}
