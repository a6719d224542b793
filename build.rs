//! Leaves the target and the flags of the build to reports of `wippy bench`.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let value = |name: &str| env::var(name).unwrap_or_default();
    let flags = value("CARGO_ENCODED_RUSTFLAGS").replace('\u{1f}', " ");
    println!(
        "cargo:rustc-env=WIPPY_BUILD={}, opt-level {}, flags: {}",
        value("TARGET"),
        value("OPT_LEVEL"),
        if flags.is_empty() { "none" } else { &flags }
    );
}
