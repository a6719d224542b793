//! A sweep as a test, and the variables that it obeys.

use std::process::Command;

use wippy_dispatcher::sim::for_each_seed;

use super::seven_fails;

/// What the next test starts in a process of its own, with an environment.
#[test]
fn a_test_over_seeds() {
    for_each_seed(1..7, |seed| seven_fails(seed).map(drop));
}

#[test]
fn the_environment_says_which_seeds_and_a_failure_says_how_to_run_it_again() {
    const NAME: &str = "simulation::seeds::environment::a_test_over_seeds";
    let binary = std::env::current_exe().expect("this binary");
    let run = |variables: &[(&str, &str)]| {
        let output = Command::new(&binary)
            // The name of the test is that of its thread, which is there with two threads.
            .args(["--exact", NAME, "--nocapture", "--test-threads=2"])
            .env_remove("WIPPY_SEED")
            .env_remove("WIPPY_SEEDS")
            .env_remove("RUST_BACKTRACE")
            .envs(variables.iter().copied())
            .output()
            .expect("a process");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    assert!(run(&[]).0);
    assert!(run(&[("WIPPY_SEED", "15")]).0);
    let (is_ok, printed) = run(&[("WIPPY_SEEDS", "10..20")]);
    assert!(!is_ok);
    let expected = format!(
        "seed 14: 14 is a multiple of seven\n4 seeds passed before it\nto run it again: WIPPY_SEED=14 cargo \
         test {NAME}\n"
    );
    assert!(printed.contains(&expected), "{printed}");
    assert!(
        printed.contains("simulation/seeds/environment.rs"),
        "the caller's place: {printed}"
    );
    // The one seed goes before the range.
    let (is_ok, printed) = run(&[("WIPPY_SEEDS", "1..3"), ("WIPPY_SEED", "21")]);
    assert!(!is_ok && printed.contains("seed 21: "), "{printed}");
    let (is_ok, printed) = run(&[("WIPPY_SEED", "1..3")]);
    let expected = "WIPPY_SEED=\"1..3\": it should be one seed, such as 17";
    assert!(!is_ok && printed.contains(expected), "{printed}");
}
