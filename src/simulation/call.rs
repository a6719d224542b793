//! A call of an entry, as it is placed on a host.

use std::time::Duration;

use serde_json::Value;

/// A call of an entry that a simulated host makes when it boots: of a function, or of a process.
///
/// ```
/// use std::time::Duration;
/// use wippy::sim::Call;
///
/// let call = Call::new("app:fetch")
///     .input(["http://server/".into()])
///     .env("RETRIES", "3")
///     .start(Duration::from_secs(2));
/// assert_eq!(call.label(), "app:fetch");
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    pub(super) entry: String,
    pub(super) label: Option<String>,
    pub(super) input: Vec<Value>,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) stdin: Vec<u8>,
    pub(super) start: Duration,
    pub(super) restarts: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) is_background: bool,
}

impl Call {
    /// A call of the entry with this ID, or of this bare name where that is unambiguous, as soon as its
    /// host boots and each time that it boots again.
    pub fn new(entry: &str) -> Call {
        Call {
            entry: entry.to_owned(),
            label: None,
            input: Vec::new(),
            args: Vec::new(),
            env: Vec::new(),
            stdin: Vec::new(),
            start: Duration::ZERO,
            restarts: true,
            timeout: None,
            is_background: false,
        }
    }

    /// What it is called in reports, and by expectations; the entry's name as it was given otherwise.
    pub fn name(mut self, label: &str) -> Call {
        self.label = Some(label.to_owned());
        self
    }

    /// What it is called in reports.
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.entry)
    }

    /// The entry's name as it was given.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// The arguments of the function, one a parameter. A process that is a command has them as words.
    pub fn input(mut self, values: impl IntoIterator<Item = Value>) -> Call {
        self.input = values.into_iter().collect();
        self
    }

    /// The guest's arguments: the words behind a process's name, all of them of a function.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Call {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// A variable of the guest's environment, as [`CallOptions::env`](crate::CallOptions::env).
    pub fn env(mut self, name: &str, value: &str) -> Call {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What the guest reads from its standard input, which ends then. Nothing otherwise.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Call {
        self.stdin = bytes.into();
        self
    }

    /// How long after its host has booted it begins, on the host's own clock. At once otherwise.
    pub fn start(mut self, after: Duration) -> Call {
        self.start = after;
        self
    }

    /// Whether it is made again when its host boots again. It is otherwise.
    pub fn restarts(mut self, again: bool) -> Call {
        self.restarts = again;
        self
    }

    /// Whether the run ends without waiting for it, as that of a server which never ends. Where all calls
    /// are such, the run waits for them.
    pub fn background(mut self, is_background: bool) -> Call {
        self.is_background = is_background;
        self
    }

    /// How long it may take at most, as [`CallOptions::timeout`](crate::CallOptions::timeout).
    pub fn timeout(mut self, timeout: Duration) -> Call {
        self.timeout = Some(timeout);
        self
    }
}
