//! `wasi`: what a guest sees of the world.

use std::collections::HashSet;

use super::wasi_effect::{self, GUEST, HTTP, NETWORK};
use crate::env::EnvBinding;
use crate::id::Id;
use crate::network::{Allow, Rule};
use crate::registry::context::Context;
use crate::registry::fields::Fields;
use crate::registry::tree::Spanned;

/// The `wasi` section.
#[derive(Clone, Debug, PartialEq)]
pub struct Wasi {
    /// The guest's arguments, if the entry fixes them.
    pub args: Option<Vec<String>>,
    /// What `initial-cwd` returns; absolute.
    pub cwd: String,
    /// The guest's environment.
    pub env: Vec<EnvBinding>,
    /// Variables of the guest's environment with their values, before those of `env`; no YAML has them.
    pub variables: Vec<(String, String)>,
    /// The guest's preopened directories, in this order.
    pub mounts: Vec<Mount>,
    /// `network.allow`: what the guest may reach. Absent: whatever the imports grant.
    pub network_allow: Allow,
    /// `http.ca`: extra roots for HTTPS.
    pub http_ca: Vec<CaFile>,
}

impl Default for Wasi {
    fn default() -> Self {
        Self {
            args: None,
            cwd: "/".into(),
            env: Vec::new(),
            variables: Vec::new(),
            mounts: Vec::new(),
            network_allow: Allow::everything(),
            http_ca: Vec::new(),
        }
    }
}

/// One preopened directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The filesystem entry.
    pub fs: Id,
    /// The guest's path, absolute and cleaned.
    pub guest: String,
    /// Nothing beneath may be changed.
    pub read_only: bool,
}

/// A file of certificates, or of a key: `fs-entry:/path.pem`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaFile {
    /// The filesystem entry.
    pub fs: Id,
    /// The path within it, from its root.
    pub path: String,
}

impl Wasi {
    /// Reads the section of an entry with these `imports`.
    pub(crate) fn decode(
        fields: &mut Fields<'_>,
        imports: &[Spanned<String>],
        cx: &mut Context<'_>,
    ) -> Self {
        let mut wasi = Self::default();
        let Some(mut fields) = fields.section("wasi", cx) else {
            return wasi;
        };
        let args = fields.strings("args", cx);
        wasi.args = args.map(|args| args.into_iter().map(|arg| arg.value).collect());
        if let Some(cwd) = fields.string("cwd", cx).filter(|cwd| !cwd.value.is_empty()) {
            if !cwd.value.starts_with('/') {
                cx.error(
                    &cwd.place,
                    &fields.path_of("cwd"),
                    "wasi.cwd must be absolute",
                );
            }
            wasi.cwd = cwd.value;
        }
        wasi.env = env(fields.sections("env", cx), cx);
        wasi.mounts = mounts(fields.sections("mounts", cx), cx);
        if let Some(mut network) = fields.section("network", cx) {
            wasi.network_allow = network_allow(&mut network, cx);
            wasi_effect::warn(&network, &NETWORK, imports, cx);
            network.finish(cx);
        }
        if let Some(mut http) = fields.section("http", cx) {
            wasi.http_ca = http_ca(&mut http, cx);
            wasi_effect::warn(&http, &HTTP, imports, cx);
            http.finish(cx);
        }
        wasi_effect::warn(&fields, &GUEST, imports, cx);
        fields.finish(cx);
        wasi
    }
}

fn env(items: Vec<Fields<'_>>, cx: &mut Context<'_>) -> Vec<EnvBinding> {
    let mut names = HashSet::new();
    let mut bindings = Vec::new();
    for mut item in items {
        let id = item.required("id", "wasi.env[].id is required", cx);
        let id = id.and_then(|id| cx.reference(&id, &item.path_of("id")));
        let name = item.required("name", "wasi.env[].name is required", cx);
        if let Some(name) = &name
            && !names.insert(name.value.clone())
        {
            let field = item.path_of("name");
            cx.error(&name.place, &field, "wasi.env[].name must be unique");
        }
        let required = item.flag("required", cx);
        item.finish(cx);
        if let (Some(id), Some(name)) = (id, name) {
            let name = name.value;
            bindings.push(EnvBinding { id, name, required });
        }
    }
    bindings
}

fn mounts(items: Vec<Fields<'_>>, cx: &mut Context<'_>) -> Vec<Mount> {
    let mut guests = HashSet::new();
    let mut mounts = Vec::new();
    for mut item in items {
        let fs = item.required("fs", "wasi.mounts[].fs is required", cx);
        let fs = fs.and_then(|fs| cx.reference(&fs, &item.path_of("fs")));
        let written = item.required("guest", "wasi.mounts[].guest is required", cx);
        let guest = written.as_ref().map(|guest| clean(&guest.value));
        if let (Some(written), Some(guest)) = (written, &guest) {
            let field = item.path_of("guest");
            if !guest.starts_with('/') {
                cx.error(
                    &written.place,
                    &field,
                    "wasi.mounts[].guest must be absolute",
                );
            } else if !guests.insert(guest.clone()) {
                cx.error(&written.place, &field, "wasi.mounts[].guest must be unique");
            }
        }
        let read_only = item.flag("read_only", cx);
        item.finish(cx);
        if let (Some(fs), Some(guest)) = (fs, guest) {
            mounts.push(Mount {
                fs,
                guest,
                read_only,
            });
        }
    }
    mounts
}

fn network_allow(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Allow {
    let Some(items) = fields.strings("allow", cx) else {
        return Allow::everything();
    };
    let mut rules = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        match item.value.parse::<Rule>() {
            Ok(rule) => rules.push(rule),
            Err(error) => {
                let field = format!("{}[{index}]", fields.path_of("allow"));
                cx.error(&item.place, &field, error.to_string());
            }
        }
    }
    Allow::only(rules)
}

fn http_ca(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Vec<CaFile> {
    let mut files = Vec::new();
    let items = fields.strings("ca", cx).unwrap_or_default();
    for (index, item) in items.into_iter().enumerate() {
        let field = format!("{}[{index}]", fields.path_of("ca"));
        files.extend(file_within(&item, &field, cx));
    }
    files
}

/// Reads `fs-entry:/path.pem`.
pub(crate) fn file_within(
    text: &Spanned<String>,
    field: &str,
    cx: &mut Context<'_>,
) -> Option<CaFile> {
    let parts = text.value.split_once(":/");
    let Some((fs, path)) = parts.filter(|(fs, path)| !fs.is_empty() && !path.is_empty()) else {
        let message = format!("expected fs-entry:/path.pem, found {:?}", text.value);
        cx.error(&text.place, field, message);
        return None;
    };
    let reference = Spanned {
        value: fs.to_owned(),
        place: text.place.clone(),
    };
    let fs = cx.reference(&reference, field)?;
    let path = format!("/{path}");
    Some(CaFile { fs, path })
}

/// A guest path with `.`, `..`, doubled and trailing slashes taken out, by its text alone.
pub(crate) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guest_paths_are_cleaned() {
        let cases = [
            ("/data/", "/data"),
            ("/a//b/./c/..", "/a/b"),
            ("/..", "/"),
            ("/", "/"),
            ("a/b", "a/b"),
        ];
        for (path, expected) in cases {
            assert_eq!(clean(path), expected, "{path}");
        }
    }
}
