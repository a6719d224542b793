//! The example `examples/retry`: what its page says of it.

use std::process::Output;

fn sim(scenario: &str, words: &[&str]) -> Output {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/retry");
    let mut program = crate::support::binary();
    program.current_dir(directory).args(["sim", scenario]);
    program.args(words).output().expect("it starts")
}

fn text(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    format!("{stdout}{}", String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_calm_network_shows_nothing() {
    for picker in ["uniform", "round-robin", "priority-change:2"] {
        let output = sim("calm.yaml", &["--seeds", "0..20", "--picker", picker]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    }
}

#[test]
fn a_network_that_loses_packets_shows_the_second_delivery() {
    let output = sim("retry.yaml", &["--seeds", "0..1000", "--stop-after", "1"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let shown = text(&output);
    assert!(shown.contains("delivered book-"), "{shown}");
    let again = shown.split("--seed ").nth(1).unwrap_or_default();
    let seed: String = again.chars().take_while(char::is_ascii_digit).collect();
    // The one run that it names shows it too, and what was written.
    let output = sim("retry.yaml", &["--seed", &seed]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let shown = text(&output);
    assert!(shown.contains("ordered book-5"), "{shown}");
}

#[test]
fn orders_with_keys_are_delivered_once() {
    let output = sim("mended.yaml", &["--seeds", "0..300"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}
