//! A scenario's hosts, what runs on them, and the components that it brings along.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::program::Entry;
use crate::registry::{Context, Fields, Node, Shape, Spanned, read_duration};
use crate::simulation::call::Call;
use crate::simulation::server::Server;

/// The namespace of a scenario's own components.
pub(super) const NAMESPACE: &str = "scenario";

/// A host, and the calls that it makes and the entries that it serves when it boots.
#[derive(Clone, Debug)]
pub(super) struct ScenarioHost {
    pub(super) name: Spanned<String>,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) calls: Vec<Spanned<Call>>,
    pub(super) servers: Vec<Spanned<Server>>,
}

/// Reads the hosts.
pub(super) fn hosts(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Vec<ScenarioHost> {
    let mut hosts = Vec::new();
    for (name, mut fields) in fields.named_sections("hosts", cx) {
        let addresses = addresses(&mut fields, "addresses", cx);
        let runs = fields.sections("run", cx);
        let calls = runs.into_iter().filter_map(|fields| call(fields, cx));
        let calls = calls.collect();
        let serves = fields.sections("serve", cx);
        let servers = serves.into_iter().filter_map(|fields| server(fields, cx));
        let servers = servers.collect();
        fields.finish(cx);
        hosts.push(ScenarioHost {
            name,
            addresses,
            calls,
            servers,
        });
    }
    hosts
}

/// A list of IP addresses.
pub(super) fn addresses(
    fields: &mut Fields<'_>,
    name: &'static str,
    cx: &mut Context<'_>,
) -> Vec<IpAddr> {
    let texts = fields.strings(name, cx).unwrap_or_default();
    let path = fields.path_of(name);
    let mut addresses = Vec::new();
    for text in texts {
        match text.value.parse() {
            Ok(address) => addresses.push(address),
            Err(_) => cx.error(
                &text.place,
                &path,
                "expected an IP address, such as 10.0.0.7",
            ),
        }
    }
    addresses
}

fn call(mut fields: Fields<'_>, cx: &mut Context<'_>) -> Option<Spanned<Call>> {
    let entry = fields.required("entry", "entry is required: what is called", cx);
    let name = fields.string("name", cx);
    let input = fields.node("input", Shape::List, cx);
    let input = input.and_then(|node| values(node, &fields.path_of("input"), cx));
    let args = fields.strings("args", cx).unwrap_or_default();
    let env = fields.texts("env", cx);
    let stdin = fields.string("stdin", cx);
    let start = read_duration(&mut fields, "start", cx);
    let restart = match fields.has("restart") || cx.describes() {
        true => fields.flag("restart", cx),
        false => true,
    };
    let timeout = read_duration(&mut fields, "timeout", cx);
    let is_background = fields.flag("background", cx);
    fields.finish(cx);
    let entry = entry?;
    let mut call = Call::new(&entry.value)
        .input(input.unwrap_or_default())
        .args(args.into_iter().map(|word| word.value))
        .start(start.unwrap_or_default())
        .restarts(restart)
        .background(is_background);
    if let Some(name) = name {
        call = call.name(&name.value);
    }
    if let Some(stdin) = stdin {
        call = call.stdin(stdin.value);
    }
    if let Some(timeout) = timeout {
        call = call.timeout(timeout);
    }
    for (name, value) in &env {
        call = call.env(name, value);
    }
    Some(Spanned {
        value: call,
        place: entry.place,
    })
}

fn server(mut fields: Fields<'_>, cx: &mut Context<'_>) -> Option<Spanned<Server>> {
    let entry = fields.required("entry", "entry is required: what is served", cx);
    let port = fields.integer("port", cx).and_then(|number| {
        let port = u16::try_from(number.value).ok().filter(|port| *port > 0);
        if port.is_none() {
            let path = fields.path_of("port");
            cx.error(&number.place, &path, "expected a port from 1 to 65535");
        }
        port
    });
    fields.finish(cx);
    let entry = entry?;
    let server = Server::new(&entry.value);
    Some(Spanned {
        value: port.map_or(server.clone(), |port| server.port(port)),
        place: entry.place,
    })
}

/// A list of values, one a parameter.
fn values(node: &Node, path: &str, cx: &mut Context<'_>) -> Option<Vec<serde_json::Value>> {
    let Some(items) = node.as_sequence() else {
        cx.expected(node, path, "a list of values, one for each parameter");
        return None;
    };
    // Nodes are made of what JSON knows.
    let values = items.iter().map(serde_json::to_value);
    Some(values.map(Result::unwrap_or_default).collect())
}

/// Reads the components that a scenario brings along; their files are found from its directory.
pub(super) fn components(
    fields: &mut Fields<'_>,
    directory: &Path,
    cx: &mut Context<'_>,
) -> Vec<Spanned<Entry>> {
    let mut entries = Vec::new();
    for (name, mut fields) in fields.named_sections("components", cx) {
        let file = fields.required("file", "file is required: the component", cx);
        let kind = fields.string("kind", cx);
        cx.describe_choices(&["process", "function"]);
        let method = fields.string("method", cx);
        let imports = fields.strings("imports", cx).unwrap_or_default();
        let allow = fields.strings("allow", cx).unwrap_or_default();
        let id = format!("{NAMESPACE}:{}", name.value);
        let entry = match kind.as_ref().map_or("process", |kind| kind.value.as_str()) {
            "process" => Some(Entry::process(&id)),
            "function" => Some(Entry::function(&id)),
            _ => {
                let place = kind.as_ref().map_or(&name.place, |kind| &kind.place);
                let path = fields.path_of("kind");
                cx.error(place, &path, "expected process or function");
                None
            }
        };
        fields.finish(cx);
        let (Some(mut entry), Some(file)) = (entry, file) else {
            continue;
        };
        entry = entry.file(directory.join(PathBuf::from(&file.value)));
        if let Some(method) = method {
            entry = entry.method(&method.value);
        }
        for import in &imports {
            entry = entry.import(&import.value);
        }
        for rule in &allow {
            entry = entry.allow(&rule.value);
        }
        entries.push(Spanned {
            value: entry,
            place: file.place,
        });
    }
    entries
}
