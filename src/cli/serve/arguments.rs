//! What `wippy serve` takes.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use crate::cli::arguments::Grants;
use crate::registry::parse_duration;

/// At the end of `wippy serve --help`.
const EXAMPLES: &str = "Examples:
  wippy serve hello.wasm                             on 127.0.0.1:8080, until a signal
  wippy serve --addr 0.0.0.0:80 hello.wasm           for other machines
  wippy serve --allow https:api.example:443 x.wasm   it may send requests of its own there";

/// `wippy serve`
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Serve {
    /// The component, which exports `wasi:http/incoming-handler`; `-` for one on standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Listen there: an IP address or `localhost`, and a port; port 0 is any free one
    #[arg(
        long,
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:8080",
        value_parser = address
    )]
    pub addr: SocketAddr,
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
    /// How long requests may go on when it is to stop
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub stop_timeout: Duration,
    /// What the component may use
    #[command(flatten)]
    pub grants: Grants,
}

/// An address with a port.
fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:");
    let text = local.map_or(text.to_owned(), |port| format!("127.0.0.1:{port}"));
    text.parse().map_err(|_| {
        "expected an IP address or localhost, and a port, such as 127.0.0.1:8080 or [::1]:0"
            .to_owned()
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "expected a duration, such as 500ms or 1m30s".to_owned())
}
