//! `examples/errors`: what is said of one mistake of each kind.

#[test]
fn each_mistake_is_told_as_the_example_says() {
    let output = crate::support::binary()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["-C", "examples/errors", "check"])
        .output()
        .expect("the program");
    assert_eq!(output.status.code(), Some(2));
    let expected = include_str!("../../examples/errors/expected.txt");
    assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
}
