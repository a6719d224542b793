//! The `imports` list: what an entry may use: `docs/imports.md`.

use std::collections::BTreeSet;

use wasmtime::component::Linker;

use crate::host::State;
use crate::nearest::nearest;

/// The version of WASI that the host's interfaces carry. Guests of every 0.2.x link to it.
pub const HOST_VERSION: &str = "0.2.12";

/// One name of the `imports` list that enables several interfaces.
#[derive(Debug)]
pub struct Group {
    /// As written in `imports`.
    pub name: &'static str,
    /// The interfaces, without their package.
    pub interfaces: &'static [&'static str],
}

/// All groups of WASI packages.
pub fn groups() -> &'static [Group] {
    GROUPS
}

const GROUPS: &[Group] = &[
    Group {
        name: "wasi:cli",
        interfaces: &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    },
    Group {
        name: "wasi:io",
        interfaces: &["error", "streams", "poll"],
    },
    Group {
        name: "wasi:clocks",
        interfaces: &["wall-clock", "monotonic-clock"],
    },
    Group {
        name: "wasi:filesystem",
        interfaces: &["types", "preopens"],
    },
    Group {
        name: "wasi:random",
        interfaces: &["random", "insecure", "insecure-seed"],
    },
    Group {
        name: "wasi:sockets",
        interfaces: &[
            "network",
            "instance-network",
            "ip-name-lookup",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
        ],
    },
    Group {
        name: "wasi:http",
        interfaces: &["types", "outgoing-handler"],
    },
];

/// `wasi:io/poll` by itself.
const POLL: &str = "wasi:poll";
/// Calling other functions of the registry.
const FUNCS: [&str; 2] = ["funcs", "wippy:runtime/funcs"];
/// All of preview 1, for a core module.
const PREVIEW1: [&str; 4] = [
    "wasi1",
    "preview1",
    "wasi-preview1",
    "wasi_snapshot_preview1",
];

/// A name in `imports` that means nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unsupported wasm host import: {name}{}", suggestion(.nearest))]
pub struct UnknownImport {
    /// As written.
    pub name: String,
    /// The known name that comes closest.
    pub nearest: Option<String>,
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map_or_else(String::new, |name| format!(" (did you mean {name}?)"))
}

/// The interfaces that an entry may use.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Capabilities {
    interfaces: BTreeSet<String>,
    /// The groups that are listed by their own name.
    groups: BTreeSet<&'static str>,
    /// `funcs` is listed.
    pub funcs: bool,
    /// `wasi1` is listed.
    pub preview1: bool,
    /// They are granted by options of the command line rather than by an `imports` list.
    pub by_options: bool,
}

impl Capabilities {
    /// Reads the names of an `imports` list, without regard to case and to what follows an `@`.
    ///
    /// # Errors
    /// The first name that is not known.
    pub fn parse<'a>(
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Capabilities, UnknownImport> {
        let mut capabilities = Capabilities::default();
        for name in names {
            capabilities.enable(name)?;
        }
        Ok(capabilities)
    }

    /// The names of an `imports` list that are not known, with their places in the list.
    pub fn unknown<'a>(
        names: impl IntoIterator<Item = &'a str>,
    ) -> impl Iterator<Item = (usize, UnknownImport)> {
        let unknown = |name| Capabilities::default().enable(name).err();
        let names = names.into_iter().enumerate();
        names.filter_map(move |(index, name)| Some((index, unknown(name)?)))
    }

    fn enable(&mut self, written: &str) -> Result<(), UnknownImport> {
        let name = written
            .split('@')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if FUNCS.contains(&name.as_str()) {
            self.funcs = true;
        } else if PREVIEW1.contains(&name.as_str()) {
            self.preview1 = true;
        } else if name == POLL {
            self.interfaces.insert("wasi:io/poll".to_owned());
        } else if let Some(group) = GROUPS.iter().find(|group| group.name == name) {
            self.groups.insert(group.name);
            self.interfaces.extend(full_names(group));
        } else if is_known(&name) {
            self.interfaces.insert(name);
        } else {
            return Err(unknown(written, &name));
        }
        Ok(())
    }

    /// For a core module that uses preview 1: `wasi1` enables all that its adapter may need.
    pub fn extend_preview1(&mut self) {
        if self.preview1 {
            let needed = GROUPS.iter().filter(|group| group.name != "wasi:http");
            self.interfaces.extend(needed.flat_map(full_names));
        }
    }

    /// Whether a group is listed by its own name.
    pub fn lists(&self, group: &str) -> bool {
        self.groups.contains(group)
    }

    /// What would enable a group, for the end of a message.
    pub(super) fn remedy(&self, group: &str) -> String {
        match (self.by_options, group) {
            (false, _) => format!("add `- {group}` to its imports"),
            (true, "wasi:filesystem") => "give it a directory with --dir HOST".to_owned(),
            (true, "wasi:sockets") => {
                "allow it with --allow tcp:HOST:PORT, or everything with --import wasi:sockets"
                    .to_owned()
            }
            (true, "wasi:http") => {
                "allow it with --allow https:HOST:PORT, or everything with --import wasi:http"
                    .to_owned()
            }
            (true, _) => format!("give --import {group}"),
        }
    }

    /// Whether an interface (`wasi:io/poll`, without a version) is enabled.
    pub fn allows(&self, interface: &str) -> bool {
        self.interfaces.contains(interface)
    }
}

/// Whether this is an interface of WASI that the host knows.
pub(super) fn is_known(interface: &str) -> bool {
    group_of(interface).is_some()
}

/// The group that enables an interface.
pub(super) fn group_of(interface: &str) -> Option<&'static str> {
    let (package, name) = interface.split_once('/')?;
    let group = GROUPS.iter().find(|group| group.name == package)?;
    group.interfaces.contains(&name).then_some(group.name)
}

fn full_names(group: &Group) -> impl Iterator<Item = String> + '_ {
    group
        .interfaces
        .iter()
        .map(|name| format!("{}/{name}", group.name))
}

fn unknown(written: &str, name: &str) -> UnknownImport {
    let mut known: Vec<String> = GROUPS.iter().map(|group| group.name.to_owned()).collect();
    known.extend(GROUPS.iter().flat_map(full_names));
    known.extend([POLL, "funcs", "wasi1"].map(str::to_owned));
    UnknownImport {
        name: written.to_owned(),
        nearest: nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
    }
}

/// Adds the functions and resources of one interface.
pub(super) type Add = fn(&mut Linker<State>) -> wasmtime::Result<()>;

macro_rules! implemented {
    ($($name:literal => $($path:ident)::+;)*) => {
        /// How the host implements an interface; `None` for one that it does not know.
        pub(super) fn implementation(interface: &str) -> Option<Add> {
            use wasmtime::component::HasSelf;
            match interface {
                $($name => Some(|linker| {
                    crate::host::$($path)::+::add_to_linker::<State, HasSelf<State>>(linker, State::counted)
                }),)*
                _ => None,
            }
        }
    };
}

implemented! {
    "wasi:io/error" => io::interfaces::error;
    "wasi:io/poll" => io::interfaces::poll;
    "wasi:io/streams" => io::interfaces::streams;
    "wasi:clocks/monotonic-clock" => clocks::interfaces::monotonic_clock;
    "wasi:filesystem/types" => filesystem::interfaces::types;
    "wasi:filesystem/preopens" => filesystem::interfaces::preopens;
    "wasi:clocks/wall-clock" => clocks::interfaces::wall_clock;
    "wasi:random/random" => random::interfaces::random;
    "wasi:random/insecure" => random::interfaces::insecure;
    "wasi:random/insecure-seed" => random::interfaces::insecure_seed;
    "wasi:cli/environment" => cli::interfaces::environment;
    "wasi:cli/exit" => cli::interfaces::exit;
    "wasi:cli/stdin" => cli::interfaces::stdin;
    "wasi:cli/stdout" => cli::interfaces::stdout;
    "wasi:cli/stderr" => cli::interfaces::stderr;
    "wasi:cli/terminal-input" => cli::interfaces::terminal_input;
    "wasi:cli/terminal-output" => cli::interfaces::terminal_output;
    "wasi:cli/terminal-stdin" => cli::interfaces::terminal_stdin;
    "wasi:cli/terminal-stdout" => cli::interfaces::terminal_stdout;
    "wasi:cli/terminal-stderr" => cli::interfaces::terminal_stderr;
    "wasi:http/types" => http::interfaces::types;
    "wasi:http/outgoing-handler" => http::interfaces::outgoing_handler;
    "wasi:sockets/network" => sockets::interfaces::network;
    "wasi:sockets/instance-network" => sockets::interfaces::instance_network;
    "wasi:sockets/ip-name-lookup" => sockets::interfaces::ip_name_lookup;
    "wasi:sockets/tcp" => sockets::interfaces::tcp;
    "wasi:sockets/tcp-create-socket" => sockets::interfaces::tcp_create_socket;
    "wasi:sockets/udp" => sockets::interfaces::udp;
    "wasi:sockets/udp-create-socket" => sockets::interfaces::udp_create_socket;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(names: &[&str]) -> Result<Capabilities, String> {
        Capabilities::parse(names.iter().copied()).map_err(|error| error.to_string())
    }

    #[test]
    fn groups_and_interfaces_are_read_without_case_and_version() {
        let both = parse(&["WASI:Clocks@0.2.3", "wasi:io/poll@0.2.0"]).expect("known");
        assert!(both.allows("wasi:clocks/wall-clock"));
        assert!(both.allows("wasi:clocks/monotonic-clock"));
        assert!(both.allows("wasi:io/poll"));
        assert!(!both.allows("wasi:io/streams"));
        assert_eq!(parse(&["wasi:poll"]), parse(&["wasi:io/poll"]));
        assert!(parse(&["wippy:runtime/funcs"]).expect("known").funcs);
        for name in PREVIEW1 {
            assert!(parse(&[name]).expect("known").preview1);
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_with_a_suggestion() {
        assert_eq!(
            parse(&["wasi:clock"]),
            Err("unsupported wasm host import: wasi:clock (did you mean wasi:clocks?)".to_owned())
        );
        assert_eq!(
            parse(&["zzzzzzzzzzzz"]),
            Err("unsupported wasm host import: zzzzzzzzzzzz".to_owned())
        );
    }

    #[test]
    fn every_interface_of_a_group_is_implemented() {
        for name in GROUPS.iter().flat_map(full_names) {
            assert!(implementation(&name).is_some(), "{name}");
        }
    }
}
