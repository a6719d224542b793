//! `wasm` in the settings: how calls run, whatever their entries say: `docs/project.md`.

use std::time::Duration;

use super::context::Context;
use super::diagnostic::Diagnostic;
use super::fields::Fields;
use super::tree::Node;
use crate::id::Id;

/// The section's name.
pub(super) const SECTION: &str = "wasm";

/// What the section says; `None` where it says nothing.
///
/// ```
/// use wippy::project::{LoadOptions, load};
///
/// let dir = tempfile::tempdir()?;
/// std::fs::write(dir.path().join(".wippy.yaml"), "version: '1.0'\nwasm: {threads: 4}\n")?;
/// let loaded = load(dir.path(), &LoadOptions::default());
/// assert_eq!(loaded.settings.wasm().threads, Some(4));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct WasmSettings {
    /// `threads`: how many run calls, 1 to 1,024.
    pub threads: Option<u32>,
    /// `pin_threads`: whether each of the other threads is bound to one processor.
    pub pin_threads: bool,
    /// `preemption_tick_us`: how long a guest computes before others run, at least 100 µs.
    pub preemption_tick: Option<Duration>,
    /// `max_instances`: over all entries and threads.
    pub max_instances: Option<u32>,
    /// `resident_bytes`: what the places of ended instances keep, over all of them.
    pub resident_bytes: Option<u64>,
    /// `max_waiting`: how many callers wait for an entry, where its pool says nothing else.
    pub max_waiting: Option<u32>,
}

impl WasmSettings {
    /// Reads the section.
    pub(super) fn decode(section: &Node, found: &mut Vec<Diagnostic>) -> WasmSettings {
        // The reader of fields names an entry, which there is none of here.
        let nobody = Id::new("", "");
        let mut cx = Context::new(&nobody, false);
        let mut fields = Fields::new(section, SECTION, &mut cx);
        let mut number = |name, least: i64, most: i64| {
            let written = fields.integer(name, &mut cx)?;
            if (least..=most).contains(&written.value) {
                return u64::try_from(written.value).ok();
            }
            let message = format!("expected an integer from {least} to {most}");
            cx.error(&written.place, &fields.path_of(name), message);
            None
        };
        let settings = WasmSettings {
            threads: number("threads", 1, 1024).and_then(narrow),
            preemption_tick: number("preemption_tick_us", 100, 1_000_000)
                .map(Duration::from_micros),
            max_instances: number("max_instances", 1, 12_000).and_then(narrow),
            resident_bytes: number("resident_bytes", 0, i64::MAX),
            max_waiting: number("max_waiting", 1, 1 << 20).and_then(narrow),
            pin_threads: fields.flag("pin_threads", &mut cx),
        };
        fields.finish(&mut cx);
        found.extend(cx.found.into_iter().map(|diagnostic| Diagnostic {
            entry: None,
            ..diagnostic
        }));
        settings
    }
}

fn narrow(number: u64) -> Option<u32> {
    u32::try_from(number).ok()
}
