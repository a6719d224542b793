//! Makes `include/wippy.h` of the sources, by cbindgen.
//!
//! `cargo run --manifest-path capi/header/Cargo.toml` writes it. With `-- --check` it is compared, and what differs is an error.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let check = std::env::args().skip(1).any(|word| word == "--check");
    match header(check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn header(check: bool) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
    let bindings = cbindgen::Builder::new()
        .with_config(config)
        .with_crate(&root)
        .generate();
    let bindings = bindings.map_err(|error| error.to_string())?;
    let mut made = Vec::new();
    bindings.write(&mut made);
    let path = root.join("include/wippy.h");
    if !check {
        return std::fs::write(&path, made).map_err(|error| format!("{}: {error}", path.display()));
    }
    match std::fs::read(&path) {
        Ok(committed) if committed == made => Ok(()),
        _ => Err(
            "capi/include/wippy.h is not what the sources say: cargo run --manifest-path capi/header/Cargo.toml writes it"
                .to_owned(),
        ),
    }
}
