//! The options of commands that serve.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::half_close_time::HalfCloseTime;
use crate::http::server::{
    AccessLog, ForwardedField, ListenAddress, LogFormat, ServerLimits, ServerOptions, ServerTls,
    TlsFiles, TlsFilesError, TrustedProxies, TrustedProxy,
};
use crate::registry::parse_duration;

/// Above these options in a command's help.
const SERVING: &str = "Serving";

/// The options of commands that serve. How many threads serve is an option of every command (`--threads`).
#[derive(Args, Clone, Default, Debug)]
pub struct ServerArguments {
    /// Listen here: ADDRESS:PORT or localhost:PORT, *:PORT for all addresses, unix:/PATH (with ,mode=660 for its permissions), or systemd
    /// for the sockets of a socket unit. Port 0 is any free one. May be given several times
    #[arg(long = "addr", value_name = "ADDRESS", help_heading = SERVING)]
    pub addresses: Vec<ListenAddress>,
    /// Speak TLS, with the certificate chain in this PEM file; SIGHUP has it read again
    #[arg(long, value_name = "FILE", requires = "tls_key", help_heading = SERVING)]
    pub tls_cert: Option<PathBuf>,
    /// The private key of that certificate, in a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = SERVING)]
    pub tls_key: Option<PathBuf>,
    /// End requests that take longer, with status 504 if their response has not begun
    #[arg(long, value_name = "DURATION", value_parser = some_time, help_heading = SERVING)]
    pub request_timeout: Option<Duration>,
    /// Wait so long for requests that have begun, once the server stops
    #[arg(long, value_name = "DURATION", value_parser = any_time, default_value = "30s", help_heading = SERVING)]
    pub stop_timeout: Duration,
    /// What holds for a project's services too
    #[command(flatten)]
    pub operator: OperatorArguments,
}

/// The options of all commands that serve: `wippy serve`, and `wippy run` of services, whose addresses and certificates
/// are those of their entries.
#[derive(Args, Clone, Debug)]
pub struct OperatorArguments {
    /// Write a line for each request to standard error
    #[arg(long, value_name = "FORMAT", default_value = "off", help_heading = SERVING)]
    pub access_log: AccessLogFormat,
    /// Answer /healthz, /readyz and /metrics here
    #[arg(long = "admin-addr", value_name = "ADDRESS", help_heading = SERVING)]
    pub admin: Option<ListenAddress>,
    /// Believe this proxy about its clients: an address, a network such as 10.0.0.0/8, or unix. May be given several
    /// times
    #[arg(long = "trusted-proxy", value_name = "NETWORK", help_heading = SERVING)]
    pub trusted_proxies: Vec<TrustedProxy>,
    /// The field in which trusted proxies name the client: x-forwarded-for, forwarded or x-real-ip
    #[arg(long, value_name = "FIELD", default_value = "x-forwarded-for", help_heading = SERVING)]
    pub forwarded_by: ForwardedField,
    /// Before it stops, answer /readyz with 503 and requests as ever for so long, until nobody sends any
    #[arg(long, value_name = "DURATION", value_parser = any_time, default_value = "0s", help_heading = SERVING)]
    pub drain_delay: Duration,
    /// Have at most so many connections at once; further ones wait
    #[arg(
        long,
        value_name = "N",
        default_value_t = ServerLimits::default().connections,
        value_parser = connections,
        help_heading = SERVING
    )]
    pub max_connections: usize,
    /// Wait so long for the answer to a client that has closed its writing half, and then take it for gone; none waits
    /// for ever
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = HalfCloseTime(ServerLimits::default().timeouts.half_close),
        help_heading = SERVING
    )]
    pub half_close: HalfCloseTime,
}

/// How requests are logged.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum AccessLogFormat {
    /// The combined format, with the request's ID, its end and its seconds behind it
    Text,
    /// A JSON object a line
    Json,
    /// No lines
    #[default]
    Off,
}

impl ServerArguments {
    /// What they say, on so many threads. The files of the certificate are read.
    ///
    /// # Errors
    /// Those files cannot be used.
    pub fn options(&self, threads: usize) -> Result<ServerOptions, TlsFilesError> {
        let files = self.tls_cert.as_ref().zip(self.tls_key.as_ref());
        let files = files.map(|(certificates, key)| TlsFiles::read(certificates, key));
        let operator = &self.operator;
        let mut limits = operator.limits();
        limits.timeouts.request = self.request_timeout;
        Ok(ServerOptions {
            addresses: self.addresses.clone(),
            threads,
            tls: files.transpose()?.map(ServerTls::Files),
            log: operator.log(),
            admin: operator.admin.clone(),
            proxies: operator.proxies(),
            limits,
            stop_timeout: self.stop_timeout,
            drain_delay: operator.drain_delay,
        })
    }
}

impl OperatorArguments {
    /// Where each request gets a line.
    pub fn log(&self) -> Option<AccessLog> {
        let format = match self.access_log {
            AccessLogFormat::Text => LogFormat::Text,
            AccessLogFormat::Json => LogFormat::Json,
            AccessLogFormat::Off => return None,
        };
        Some(AccessLog::new(format, std::io::stderr()))
    }

    /// The bounds of each server.
    pub fn limits(&self) -> ServerLimits {
        let mut limits = ServerLimits {
            connections: self.max_connections,
            ..ServerLimits::default()
        };
        limits.timeouts.half_close = self.half_close.0;
        limits
    }

    /// Who is believed about the client.
    pub fn proxies(&self) -> TrustedProxies {
        TrustedProxies {
            members: self.trusted_proxies.clone(),
            field: self.forwarded_by,
        }
    }

    /// The first option that says something else than its default.
    pub fn first(&self) -> Option<&'static str> {
        let default = OperatorArguments::default();
        let given = [
            ("--access-log", self.access_log != default.access_log),
            ("--admin-addr", self.admin.is_some()),
            ("--trusted-proxy", !self.trusted_proxies.is_empty()),
            ("--forwarded-by", self.forwarded_by != default.forwarded_by),
            ("--drain-delay", self.drain_delay != default.drain_delay),
            (
                "--max-connections",
                self.max_connections != default.max_connections,
            ),
            ("--half-close", self.half_close != default.half_close),
        ];
        let mut given = given.into_iter().filter(|(_, given)| *given);
        given.next().map(|(name, _)| name)
    }
}

impl Default for OperatorArguments {
    fn default() -> OperatorArguments {
        OperatorArguments {
            access_log: AccessLogFormat::default(),
            admin: None,
            trusted_proxies: Vec::new(),
            forwarded_by: ForwardedField::default(),
            drain_delay: Duration::ZERO,
            max_connections: ServerLimits::default().connections,
            half_close: HalfCloseTime(ServerLimits::default().timeouts.half_close),
        }
    }
}

fn any_time(text: &str) -> Result<Duration, String> {
    let expected = || "expected a duration such as 10s, 500ms or 1m30s".to_owned();
    parse_duration(text).ok_or_else(expected)
}

fn some_time(text: &str) -> Result<Duration, String> {
    let time = any_time(text)?;
    let expected = || "expected a duration that is longer than 0, such as 30s".to_owned();
    Some(time)
        .filter(|time| !time.is_zero())
        .ok_or_else(expected)
}

fn connections(text: &str) -> Result<usize, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=1_000_000).contains(number));
    number.ok_or_else(|| "expected a number from 1 to 1000000".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser, Debug)]
    struct Command {
        #[command(flatten)]
        server: ServerArguments,
    }

    fn parse(words: &[&str]) -> Result<ServerArguments, String> {
        let words = ["serve"].iter().chain(words);
        let parsed = Command::try_parse_from(words);
        parsed
            .map(|command| command.server)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn without_options_the_defaults_of_the_library() {
        let options = parse(&[]).expect("none").options(3).expect("no files");
        let defaults = ServerOptions::default();
        assert_eq!(options.limits, defaults.limits);
        assert_eq!(options.stop_timeout, defaults.stop_timeout);
        assert_eq!(options.drain_delay, defaults.drain_delay);
        assert_eq!(options.threads, 3);
        assert!(options.addresses.is_empty() && options.tls.is_none() && options.log.is_none());
        assert!(options.admin.is_none() && options.proxies.members.is_empty());
        let default = ServerArguments::default();
        assert_eq!(default.operator.access_log, AccessLogFormat::Off);
        let parsed = parse(&[]).expect("none");
        assert_eq!(parsed.operator.first(), None);
    }

    #[test]
    fn each_option_is_one_of_the_library() {
        let words = "--addr :8080 --addr unix:/run/a,mode=600 --addr systemd:web --access-log json \
                     --admin-addr 127.0.0.1:9090 --trusted-proxy 10.0.0.0/8 --trusted-proxy unix \
                     --forwarded-by forwarded --request-timeout 1m30s --stop-timeout 5s --drain-delay 500ms \
                     --max-connections 7 --half-close none";
        let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
        let options = parse(&words)
            .expect("all known")
            .options(1)
            .expect("no files");
        let addresses: Vec<String> = options.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["*:8080", "unix:/run/a,mode=600", "systemd:web"]);
        assert_eq!(
            options.admin.map(|it| it.to_string()).as_deref(),
            Some("127.0.0.1:9090")
        );
        assert_eq!(options.proxies.members.len(), 2);
        assert_eq!(options.proxies.field, ForwardedField::Forwarded);
        assert_eq!(
            options.limits.timeouts.request,
            Some(Duration::from_secs(90))
        );
        assert_eq!(options.limits.connections, 7);
        assert_eq!(options.limits.timeouts.half_close, None);
        let some = parse(&["--half-close", "0s"]).expect("a duration");
        assert_eq!(
            some.operator.limits().timeouts.half_close,
            Some(Duration::ZERO)
        );
        assert_eq!(some.operator.first(), Some("--half-close"));
        assert_eq!(options.stop_timeout, Duration::from_secs(5));
        assert_eq!(options.drain_delay, Duration::from_millis(500));
        assert!(options.log.is_some());
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_right() {
        for (words, told) in [
            (&["--addr", "8080"][..], "unix:/PATH"),
            (&["--tls-cert", "a"], "--tls-key"),
            (&["--tls-key", "a"], "--tls-cert"),
            (&["--access-log", "xml"], "json"),
            (&["--trusted-proxy", "10.0.0.0/99"], "10.0.0.0/8"),
            (&["--forwarded-by", "x"], "x-real-ip"),
            (&["--request-timeout", "0s"], "30s"),
            (&["--request-timeout", "soon"], "10s"),
            (&["--stop-timeout", "-1s"], ""),
            (&["--max-connections", "0"], "1000000"),
            (&["--half-close", "never"], "none"),
        ] {
            let error = parse(words).expect_err("refused");
            assert!(error.contains(told), "{words:?}: {error}");
        }
        let words = ["--tls-cert", "/none/a.pem", "--tls-key", "/none/b.pem"];
        let error = parse(&words)
            .expect("two files")
            .options(1)
            .expect_err("not there");
        assert!(
            error.to_string().starts_with("cannot read /none/a.pem: "),
            "{error}"
        );
    }
}
