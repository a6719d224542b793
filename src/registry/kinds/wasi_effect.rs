//! Fields of `wasi` that have no effect, because the entry's `imports` do not list what would let
//! the guest see them.

use crate::registry::context::Context;
use crate::registry::diagnostic::Diagnostic;
use crate::registry::fields::Fields;
use crate::registry::tree::Spanned;

/// What gives a field of `wasi` an effect.
pub(super) struct Effect {
    field: &'static str,
    /// The groups of `imports`, any one of which does; the first is suggested.
    groups: &'static [&'static str],
    /// The interface of the group that does by itself; `None`: any interface of it.
    interface: Option<&'static str>,
    /// Whether preview 1 as a whole does.
    preview1: bool,
}

const fn guest(
    field: &'static str,
    groups: &'static [&'static str],
    interface: &'static str,
) -> Effect {
    Effect {
        field,
        groups,
        interface: Some(interface),
        preview1: true,
    }
}

/// Fields of `wasi` itself.
pub(super) const GUEST: [Effect; 4] = [
    guest("args", &["wasi:cli"], "wasi:cli/environment"),
    guest("cwd", &["wasi:cli"], "wasi:cli/environment"),
    guest("env", &["wasi:cli"], "wasi:cli/environment"),
    guest("mounts", &["wasi:filesystem"], "wasi:filesystem/preopens"),
];

/// Fields of `wasi.network`.
pub(super) const NETWORK: [Effect; 1] = [Effect {
    field: "allow",
    groups: &["wasi:sockets", "wasi:http"],
    interface: None,
    preview1: true,
}];

/// Fields of `wasi.http`.
pub(super) const HTTP: [Effect; 1] = [Effect {
    field: "ca",
    groups: &["wasi:http"],
    interface: Some("wasi:http/outgoing-handler"),
    preview1: false,
}];

/// The names of preview 1 in `imports`.
const PREVIEW1: [&str; 4] = [
    "wasi1",
    "preview1",
    "wasi-preview1",
    "wasi_snapshot_preview1",
];

/// Warns of each written field that has no effect.
pub(super) fn warn(
    fields: &Fields<'_>,
    effects: &[Effect],
    imports: &[Spanned<String>],
    cx: &mut Context<'_>,
) {
    for effect in effects {
        let has_effect = imports
            .iter()
            .any(|import| effect.is_given_by(&import.value));
        let Some(place) = fields.place_of(effect.field).filter(|_| !has_effect) else {
            continue;
        };
        let groups: Vec<String> = effect.groups.iter().map(|it| format!("`{it}`")).collect();
        let groups = groups.join(" or ");
        let message = format!("has no effect: `imports` does not list {groups}");
        let suggested = effect.groups.first().copied().unwrap_or_default();
        let hint = format!("add `- {suggested}` to its imports");
        let warning = Diagnostic::warning(message).hint(hint);
        cx.report(warning, place, &fields.path_of(effect.field));
    }
}

impl Effect {
    /// Whether a name of `imports` gives the field its effect.
    fn is_given_by(&self, import: &str) -> bool {
        let name = import.split('@').next().unwrap_or_default().trim();
        let name = name.to_ascii_lowercase();
        if PREVIEW1.contains(&name.as_str()) {
            return self.preview1;
        }
        match name.split_once('/') {
            None => self.groups.contains(&name.as_str()),
            Some((group, _)) => match self.interface {
                Some(interface) => name == interface,
                None => self.groups.contains(&group),
            },
        }
    }
}
