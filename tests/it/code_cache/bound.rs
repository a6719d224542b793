//! How much is kept, and what goes first.

use std::fs;
use std::path::{Path, PathBuf};

use wippy::project::{LoadOptions, from_yaml};
use wippy::{Arguments, CodeCache, Program, ProgramOptions, Runtime};
use wippy_dispatcher::Dispatcher;

use super::{adder, past, set_used};

/// Calls a component with this directory of compiled code; how often something was compiled.
fn call(cache: &CodeCache, number: u32) -> u64 {
    let source = serde_json::to_string(&adder(number)).expect("text");
    let yaml = format!(
        "version: \"1.0\"\nnamespace: test\nentries:\n  - {{name: f, kind: function.wat, method: f, source: {source}}}\n"
    );
    let registry = from_yaml(&yaml, None, &LoadOptions::default()).registry;
    let options = ProgramOptions::new().code_cache(cache.clone());
    let program = Program::with_options(registry, options);
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let runtime = Runtime::on(dispatcher.handle(), program).expect("a runtime");
    let sum = dispatcher.block_on(runtime.call("test:f", Arguments::Wave("1")));
    assert_eq!(sum.expect("no deadlock").expect("a sum"), number + 1);
    runtime.compilations()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let list = fs::read_dir(directory).expect("a list");
    list.map(|entry| entry.expect("an entry").path()).collect()
}

/// The bytes of one such component's code.
fn bytes_of_one() -> u64 {
    let directory = tempfile::tempdir().expect("a directory");
    let cache = CodeCache::at(directory.path());
    assert_eq!(call(&cache, 0), 1);
    cache.contents().expect("contents").bytes
}

#[test]
fn what_was_used_longest_ago_goes_first() {
    let directory = tempfile::tempdir().expect("a directory");
    let one = bytes_of_one();
    // Room for three and a half.
    let cache = CodeCache::at(directory.path()).max_bytes(one * 7 / 2);
    let mut known = Vec::new();
    for number in 0..3 {
        assert_eq!(call(&cache, number), 1);
        let new = files(directory.path());
        let new = new.into_iter().find(|file| !known.contains(file));
        known.push(new.expect("a file"));
    }
    for (file, hours) in known.iter().zip([30, 20, 10]) {
        set_used(file, past(hours));
    }
    // The oldest is used, and is not the oldest any more.
    assert_eq!(call(&cache, 0), 0);
    assert_eq!(call(&cache, 3), 1);
    let left: Vec<bool> = known.iter().map(|file| file.exists()).collect();
    assert_eq!(left, [true, false, true]);
    assert_eq!(call(&cache, 4), 1);
    let left: Vec<bool> = known.iter().map(|file| file.exists()).collect();
    assert_eq!(left, [true, false, false]);
    let contents = cache.contents().expect("contents");
    assert!(contents.files == 3 && contents.bytes <= one * 7 / 2);
}

#[test]
fn a_program_that_compiles_much_stays_below_the_bound() {
    let directory = tempfile::tempdir().expect("a directory");
    let bound = bytes_of_one() * 7 / 2;
    let mut yaml = "version: \"1.0\"\nnamespace: test\nentries:\n".to_owned();
    for number in 0..8 {
        let source = serde_json::to_string(&adder(number)).expect("text");
        yaml.push_str(&format!(
            "  - {{name: f{number}, kind: function.wat, method: f, source: {source}}}\n"
        ));
    }
    let registry = from_yaml(&yaml, None, &LoadOptions::default()).registry;
    let cache = CodeCache::at(directory.path()).max_bytes(bound);
    let options = ProgramOptions::new().code_cache(cache.clone());
    let program = Program::with_options(registry, options);
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let runtime = Runtime::on(dispatcher.handle(), program).expect("a runtime");
    for number in 0..8 {
        let name = format!("f{number}");
        let sum = dispatcher.block_on(runtime.call(&name, Arguments::Wave("1")));
        let sum = sum.expect("no deadlock");
        assert_eq!(sum.expect("a sum"), number + 1);
        assert!(cache.contents().expect("contents").bytes <= bound);
    }
    assert_eq!(cache.contents().expect("contents").files, 3);
}

#[test]
fn what_is_larger_than_the_bound_is_not_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let cache = CodeCache::at(directory.path()).max_bytes(bytes_of_one() / 2);
    assert_eq!(call(&cache, 0), 1);
    assert_eq!(call(&cache, 0), 1);
    assert_eq!(cache.contents().expect("contents").files, 0);
    let nothing = CodeCache::at(directory.path()).max_bytes(0);
    assert_eq!(call(&nothing, 0), 1);
}

#[test]
fn the_number_of_files_is_bounded_too() {
    let directory = tempfile::tempdir().expect("a directory");
    for number in 0..16_400 {
        let path = directory.path().join(format!("{number:064x}.code"));
        fs::write(&path, "").expect("a file");
    }
    let cache = CodeCache::at(directory.path());
    assert_eq!(call(&cache, 0), 1);
    assert_eq!(cache.contents().expect("contents").files, 16_384);
    assert_eq!(call(&cache, 0), 0);
}

#[test]
fn files_of_others_are_neither_counted_nor_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    let one = bytes_of_one();
    for name in [
        "notes.txt",
        "x.code",
        ".code",
        &format!("{}.code", "g".repeat(64)),
    ] {
        let path = directory.path().join(name);
        fs::write(&path, vec![0; 4096]).expect("a file");
        set_used(&path, past(100));
    }
    fs::create_dir(directory.path().join("sub")).expect("a directory");
    let cache = CodeCache::at(directory.path()).max_bytes(one * 3 / 2);
    assert_eq!(call(&cache, 0), 1);
    assert_eq!(call(&cache, 1), 1);
    assert_eq!(cache.contents().expect("contents").files, 1);
    let removed = cache.clear().expect("cleared");
    assert_eq!((removed.files, removed.bytes), (1, one));
    assert_eq!(files(directory.path()).len(), 5);
}
