//! What a scenario has go wrong with files.

use crate::fs::simulated::DiskFaults;
use crate::registry::{Context, Fields, Spanned, read_duration};

use super::network::{count, probability};

/// What goes wrong with the files of an entry on a host.
#[derive(Clone, Debug)]
pub(super) struct ScenarioDisk {
    pub(super) host: Spanned<String>,
    pub(super) filesystem: Spanned<String>,
    pub(super) faults: DiskFaults,
}

/// Reads the disks.
pub(super) fn disks(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Vec<ScenarioDisk> {
    let mut disks = Vec::new();
    for mut fields in fields.sections("disks", cx) {
        let host = fields.required("host", "host is required: whose files", cx);
        let message = "fs is required: the fs.directory entry whose files are meant";
        let filesystem = fields.required("fs", message, cx);
        let mut faults = DiskFaults::new();
        if let Some(bytes) = count(&mut fields, "capacity", cx) {
            faults = faults.capacity(bytes);
        }
        for mut fields in fields.sections("errors", cx) {
            let pattern = pattern(&mut fields, cx);
            let probability = probability(&mut fields, "probability", cx);
            if probability.is_none() && !cx.describes() && !fields.has("probability") {
                let path = fields.path_of("probability");
                let message = "probability is required: how often an operation fails";
                cx.error(&fields.place.clone(), &path, message);
            }
            fields.finish(cx);
            if let Some(probability) = probability {
                faults = faults.errors(&pattern, probability);
            }
        }
        for mut fields in fields.sections("delays", cx) {
            let pattern = pattern(&mut fields, cx);
            let least = read_duration(&mut fields, "least", cx).unwrap_or_default();
            let most = read_duration(&mut fields, "most", cx);
            if most.is_none() && !cx.describes() && !fields.has("most") {
                let path = fields.path_of("most");
                let message = "most is required: how much longer an operation takes at most";
                cx.error(&fields.place.clone(), &path, message);
            }
            fields.finish(cx);
            if let Some(most) = most {
                faults = faults.delays(&pattern, least, most);
            }
        }
        fields.finish(cx);
        if let (Some(host), Some(filesystem)) = (host, filesystem) {
            disks.push(ScenarioDisk {
                host,
                filesystem,
                faults,
            });
        }
    }
    disks
}

/// Which paths are meant; all where nothing is said.
fn pattern(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> String {
    let pattern = fields.string("path", cx);
    pattern.map_or_else(|| "**".to_owned(), |pattern| pattern.value)
}
