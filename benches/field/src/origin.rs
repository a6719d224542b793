//! What was measured: the commit and the build.

use std::process::Command;

/// The commit of the sources, and whether they differ from it.
pub fn commit() -> String {
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return "unknown".to_owned();
    };
    match git(&["status", "--porcelain", "--untracked-files=no"]).as_deref() {
        Some("") => commit,
        Some(_) => format!("{commit}, and changes that are not committed"),
        None => format!("{commit}, perhaps with changes"),
    }
}

/// The compiler and its flags.
pub fn build() -> String {
    env!("FIELD_BUILD").to_owned()
}

/// The command line without the program's folder.
pub fn command() -> String {
    let mut words: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if let Some(program) = words.first_mut() {
        let name = program.rsplit('/').next().unwrap_or_default();
        *program = name.to_owned();
    }
    words.join(" ")
}

fn git(arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    let output = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}
