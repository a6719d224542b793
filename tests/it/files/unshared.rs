//! Processes of their own for tests: with mounts where the machine lets us have them, or with limits.

use std::io::Write;
use std::process::Command;

/// A program that runs another with mounts of its own; the rest of the line is that other.
pub fn unshared(what: &str, tries: &str) -> Option<&'static [&'static str]> {
    // As somebody without rights, and where that is forbidden as root.
    const WAYS: [&[&str]; 2] = [&["unshare", "-Urm"], &["unshare", "-m"]];
    let works = |way: &&&[&str]| {
        let tried = Command::new(way[0])
            .args(&way[1..])
            .args(["sh", "-c", tries])
            .output();
        tried.is_ok_and(|output| output.status.success())
    };
    let way = WAYS.iter().find(works).copied();
    if way.is_none() {
        not_tested(what, &format!("`{tries}` is refused, by `unshare` too"));
    }
    way
}

/// The same with a filesystem in memory.
pub fn may_mount(what: &str) -> Option<&'static [&'static str]> {
    unshared(what, "mount -t tmpfs none /tmp")
}

/// Says to a test's process that it is the other one.
const INSIDE: &str = "WIPPY_TEST_INSIDE";

/// Whether this process is the one that [`run_again`] has started.
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs one test of this program in a process of its own, by a program that sets that up.
pub fn run_again(runner: &[&str], test: &str) {
    let output = Command::new(runner[0])
        .args(&runner[1..])
        .arg(std::env::current_exe().expect("a program"))
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .expect("a program");
    let told = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{complaint}");
    assert!(told.contains("1 passed"), "{told}");
}

/// Says what a test leaves out on this machine, past the harness that hides what tests print.
pub fn not_tested(what: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "\nNOT TESTED: {what}: {why}");
}
