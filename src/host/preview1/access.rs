//! Which interfaces of WASI 0.2 a guest's `imports` list enables: what a function of preview 1 does is
//! what one of them does.

use std::fmt;

use wasmtime::format_err;

use super::errno::Failure;
use crate::host::package::remedy;

/// An interface that functions of preview 1 stand for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Interface {
    /// Arguments and environment.
    Environment,
    /// The end of the program.
    Exit,
    /// Descriptor 0.
    Stdin,
    /// Descriptor 1.
    Stdout,
    /// Descriptor 2.
    Stderr,
    /// What is read from and written to a standard stream.
    Streams,
    /// `poll_oneoff`.
    Poll,
    /// The clock `realtime`.
    WallClock,
    /// The clock `monotonic`.
    MonotonicClock,
    /// Files and directories.
    Types,
    /// The directories that a guest starts with.
    Preopens,
    /// `random_get`.
    Random,
    /// `sock_*`.
    Tcp,
}

impl Interface {
    /// All of them.
    pub(crate) const ALL: [Interface; 13] = [
        Interface::Environment,
        Interface::Exit,
        Interface::Stdin,
        Interface::Stdout,
        Interface::Stderr,
        Interface::Streams,
        Interface::Poll,
        Interface::WallClock,
        Interface::MonotonicClock,
        Interface::Types,
        Interface::Preopens,
        Interface::Random,
        Interface::Tcp,
    ];

    /// Its group in `imports`, and its name in the group.
    const fn place(self) -> (&'static str, &'static str) {
        match self {
            Interface::Environment => ("wasi:cli", "environment"),
            Interface::Exit => ("wasi:cli", "exit"),
            Interface::Stdin => ("wasi:cli", "stdin"),
            Interface::Stdout => ("wasi:cli", "stdout"),
            Interface::Stderr => ("wasi:cli", "stderr"),
            Interface::Streams => ("wasi:io", "streams"),
            Interface::Poll => ("wasi:io", "poll"),
            Interface::WallClock => ("wasi:clocks", "wall-clock"),
            Interface::MonotonicClock => ("wasi:clocks", "monotonic-clock"),
            Interface::Types => ("wasi:filesystem", "types"),
            Interface::Preopens => ("wasi:filesystem", "preopens"),
            Interface::Random => ("wasi:random", "random"),
            Interface::Tcp => ("wasi:sockets", "tcp"),
        }
    }

    /// The group that enables it.
    pub(crate) const fn group(self) -> &'static str {
        self.place().0
    }

    /// Its full name, as `imports` has it.
    pub(crate) fn name(self) -> String {
        let (group, name) = self.place();
        format!("{group}/{name}")
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The interfaces that a guest may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Access {
    bits: u16,
    /// Those in whose place a package of the embedder's is, which functions of preview 1 do not reach.
    replaced: u16,
    /// They are granted by options of the command line rather than by an `imports` list.
    by_options: bool,
}

impl Access {
    /// What `allows` and `is_replaced` say of each interface's full name.
    pub(crate) fn new(
        by_options: bool,
        allows: impl Fn(&str) -> bool,
        is_replaced: impl Fn(&str) -> bool,
    ) -> Access {
        let bits = |includes: &dyn Fn(&str) -> bool| {
            let included = Interface::ALL.iter().filter(|it| includes(&it.name()));
            included.fold(0, |bits, it| bits | it.bit())
        };
        let replaced = bits(&is_replaced);
        Access {
            bits: bits(&allows) & !replaced,
            replaced,
            by_options,
        }
    }

    /// Whether an interface is enabled.
    pub(crate) fn allows(self, interface: Interface) -> bool {
        self.bits & interface.bit() != 0
    }

    /// Why `what` is a trap without an interface.
    pub(crate) fn refusal(self, what: impl fmt::Display, interface: Interface) -> String {
        if self.replaced & interface.bit() != 0 {
            return format!(
                "{what} does not work here: this program has a package of its own for {}, which only \
                 components reach",
                interface.name()
            );
        }
        let remedy = remedy(interface.group(), self.by_options);
        format!("{what} is not enabled; {remedy}")
    }

    /// Refuses what needs an interface that is not enabled.
    ///
    /// # Errors
    /// A trap that names it, and what would enable it.
    pub(super) fn need(
        self,
        interface: Interface,
        what: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self.allows(interface) {
            true => Ok(()),
            false => {
                let text = self.refusal(what(), interface);
                Err(Failure::Trap(format_err!("{text}")))
            }
        }
    }
}
