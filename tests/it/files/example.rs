//! The example: a command over two mounts, one of them read only.

use std::fs;

#[test]
fn the_example_writes_its_texts_in_capitals() {
    let out = tempfile::tempdir().expect("a directory");
    let output = crate::support::binary()
        .args(["-C", concat!(env!("CARGO_MANIFEST_DIR"), "/examples/files")])
        .arg("-o")
        .arg(format!("files:out:directory={}", out.path().display()))
        .args(["run", "upper"])
        .output()
        .expect("the program");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "evening.txt: 2 lines\nwinter.txt: 2 lines\n2 files written\n\
         /texts cannot be written to: PermissionDenied\n",
        "{complaint}"
    );
    assert!(output.status.success());
    let text = fs::read_to_string(out.path().join("winter.txt")).expect("a file");
    assert_eq!(text, "SNOW ON THE PASS;\nNO LETTER TODAY.\n");
}
