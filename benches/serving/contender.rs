//! The servers that are compared.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::fallible::Fallible;

/// The component that all of them serve, below the project's directory.
pub const COMPONENT: &str = "tests/guests/components/http-hello.wasm";

/// Who is measured.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// `wippy serve`: instances that are kept ready.
    Wippy,
    /// The same server in a program, with a pool that keeps none ready.
    WippyCold,
    /// `wippy serve --threads 2`.
    WippyTwo,
    /// What `wasmtime serve` does, on one thread.
    Peer,
    /// The same with the engine's default, which allocates instances on demand.
    PeerOnDemand,
    /// What `wasmtime serve` does, on a thread for each core.
    PeerThreads,
}

impl Name {
    /// All, in the order in which a round starts them.
    pub const ALL: [Name; 6] = [
        Name::Wippy,
        Name::WippyCold,
        Name::Peer,
        Name::PeerOnDemand,
        Name::WippyTwo,
        Name::PeerThreads,
    ];

    /// For a line's head.
    pub fn label(self) -> &'static str {
        match self {
            Name::Wippy => "wippy",
            Name::WippyCold => "wippy, no spares",
            Name::WippyTwo => "wippy, 2 threads",
            Name::Peer => "peer",
            Name::PeerOnDemand => "peer, on demand",
            Name::PeerThreads => "peer, multi-thread",
        }
    }

    /// Whether it has one thread for its requests. The others share the load's core.
    pub fn has_one_thread(self) -> bool {
        !matches!(self, Name::WippyTwo | Name::PeerThreads)
    }

    /// Whether it is the other project's.
    pub fn is_peer(self) -> bool {
        matches!(self, Name::Peer | Name::PeerOnDemand | Name::PeerThreads)
    }

    /// Whether it says where it listens on standard error, among other words.
    pub fn reports(self) -> bool {
        matches!(self, Name::Wippy | Name::WippyTwo)
    }

    /// What starts it; the peer's program is `peer`.
    pub fn command(self, peer: &Path) -> Fallible<Command> {
        let mut command = match self {
            Name::Wippy | Name::WippyTwo => Command::new(env!("CARGO_BIN_EXE_wippy")),
            Name::WippyCold => Command::new(std::env::current_exe()?),
            Name::Peer | Name::PeerOnDemand | Name::PeerThreads => Command::new(peer),
        };
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        match self {
            Name::Wippy => command.args(["serve", "--addr", "127.0.0.1:0", COMPONENT]),
            Name::WippyTwo => command
                .args(["serve", "--addr", "127.0.0.1:0", "--threads", "2"])
                .arg(COMPONENT),
            Name::WippyCold => command.arg("--cold"),
            Name::Peer => command.args(["--current-thread", COMPONENT]),
            Name::PeerOnDemand => command.args(["--current-thread", "--on-demand", COMPONENT]),
            Name::PeerThreads => command.arg(COMPONENT),
        };
        // Whichever of both says the address is read; the other stays the driver's.
        match self.reports() {
            true => command.stderr(Stdio::piped()),
            false => command.stdout(Stdio::piped()),
        };
        command.stdin(Stdio::piped());
        Ok(command)
    }
}
