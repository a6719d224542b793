//! Leaves the compiler and its flags to the report.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let value = |name: &str| env::var(name).unwrap_or_default();
    let flags = value("CARGO_ENCODED_RUSTFLAGS").replace('\u{1f}', " ");
    println!(
        "cargo:rustc-env=REPORT_BUILD={}, {}, profile {}, opt-level {}, flags: {}",
        version.unwrap_or_else(|_| "an unknown compiler".to_owned()),
        value("TARGET"),
        value("PROFILE"),
        value("OPT_LEVEL"),
        if flags.is_empty() { "none" } else { &flags }
    );
}
