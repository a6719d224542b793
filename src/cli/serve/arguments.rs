//! What `wippy serve` takes.

use std::time::Duration;

use clap::Args;

use crate::cli::arguments::Grants;
use crate::cli::server_options::ServerArguments;
use crate::registry::parse_duration;

/// At the end of `wippy serve --help`.
const EXAMPLES: &str = "Examples:
  wippy serve hello.wasm                             on 127.0.0.1:8080, until a signal
  wippy serve --addr :80 --threads 4 hello.wasm      for other machines, on four threads
  wippy serve --addr :443 --tls-cert a.pem --tls-key k.pem hello.wasm
  wippy serve --allow https:api.example:443 x.wasm   it may send requests of its own there";

/// `wippy serve`
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Serve {
    /// The component, which exports `wasi:http/incoming-handler`; `-` for one on standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Answer so many requests at once; others wait
    #[arg(
        long,
        value_name = "N",
        default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..=4096)
    )]
    pub max_instances: u32,
    /// How long a request waits for an instance; then it is answered with 503
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub max_wait: Duration,
    /// How it serves; without an address on 127.0.0.1:8080
    #[command(flatten)]
    pub server: ServerArguments,
    /// What the component may use
    #[command(flatten)]
    pub grants: Grants,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "expected a duration, such as 500ms or 1m30s".to_owned())
}
