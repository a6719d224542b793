//! Programs of a project's directory.

use std::ffi::CString;

use wippy_capi::*;

use crate::support::{NO_OPTIONS, World, last_error, made, ok, text};

fn project(entry: &str) -> (tempfile::TempDir, CString) {
    let directory = tempfile::tempdir().expect("a directory");
    let yaml = format!("version: \"1.0\"\nnamespace: app\nentries:\n  - {entry}\n");
    std::fs::write(directory.path().join("_index.yaml"), yaml).expect("a file");
    let path = CString::new(directory.path().to_str().expect("UTF-8")).expect("a path");
    (directory, path)
}

#[test]
fn the_entries_of_a_project_can_be_called() {
    let (_directory, path) = project(
        "{name: one, kind: function.wat, method: one, source: '(module (func (export \"one\") (result i32) i32.const 1))'}",
    );
    let world = World::new(|builder| {
        ok(wippy_builder_project(builder, path.as_c_str().into()));
        let found = text(|buffer, length| wippy_builder_diagnostics(builder, buffer, length));
        assert_eq!(found.as_deref(), Ok(""));
    });
    let call = world.start(NO_OPTIONS, c"[]");
    assert_eq!(world.finish(call).as_deref(), Ok("1"));
}

#[test]
fn the_errors_of_a_project_can_be_read() {
    let (_directory, path) = project("{name: data, kind: fs.directory}");
    let builder = made(wippy_builder::default(), |out| wippy_builder_new(out)).expect("room");
    let status = wippy_builder_project(builder, path.as_c_str().into());
    assert_eq!(status, wippy_status::InvalidProject);
    assert!(last_error().contains("1 errors"), "{}", last_error());
    let found = text(|buffer, length| wippy_builder_diagnostics(builder, buffer, length));
    let found = found.expect("a text");
    assert!(
        found.contains("_index.yaml:4:") && found.contains("app:data"),
        "{found}"
    );
}
