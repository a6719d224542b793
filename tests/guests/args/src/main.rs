//! An ordinary command: prints its arguments, its environment (sorted) and where it starts.
//! `--exit N` ends it with that status.

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/cli",
        "../wit/args.wit",
    ],
    world: "test:guests/args-guest",
    generate_all,
});

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    for (index, argument) in arguments.iter().enumerate() {
        println!("arg {index}: {argument}");
    }
    let mut variables: Vec<_> = env::vars().collect();
    variables.sort();
    for (name, value) in variables {
        println!("env {name}={value}");
    }
    match env::current_dir() {
        Ok(path) => println!("cwd: {}", path.display()),
        Err(error) => println!("cwd: {error}"),
    }
    // A preview 1 libc starts in `/` whatever the host says; this is what it says.
    match wasi::cli::environment::initial_cwd() {
        Some(path) => println!("initial-cwd: {path}"),
        None => println!("initial-cwd: none"),
    }
    let exit = arguments
        .iter()
        .position(|a| a == "--exit")
        .and_then(|at| arguments.get(at + 1));
    match exit.map(|status| status.parse()) {
        None => ExitCode::SUCCESS,
        Some(Ok(status)) => std::process::exit(status),
        Some(Err(error)) => {
            eprintln!("--exit: {error}");
            ExitCode::FAILURE
        }
    }
}
