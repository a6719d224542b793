//! `lifecycle`: when an entry is started, and what happens when it ends.

use std::time::Duration;

use crate::id::Id;
use crate::registry::context::Context;
use crate::registry::duration;
use crate::registry::fields::Fields;

/// The `lifecycle` section. None: not written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lifecycle {
    /// It is started with the project.
    pub auto_start: bool,
    /// How long a start may take.
    pub start_timeout: Option<Duration>,
    /// How long a stop may take.
    pub stop_timeout: Option<Duration>,
    /// How long it must have run to count as stable.
    pub stable_threshold: Option<Duration>,
    /// `depends_on` and `requires`: what is started before it.
    pub depends_on: Vec<Id>,
    /// How it is started again.
    pub restart: Restart,
}

/// `lifecycle.restart`. None: not written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Restart {
    /// The pause before the first new start.
    pub initial_delay: Option<Duration>,
    /// The longest pause.
    pub max_delay: Option<Duration>,
    /// By how much each pause is longer than the one before; at least 1.
    pub backoff_factor: Option<f64>,
    /// How often it is started again at most; 0 is without bound.
    pub max_attempts: Option<u32>,
}

impl Lifecycle {
    pub(crate) fn decode(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Self {
        let Some(mut fields) = fields.section("lifecycle", cx) else {
            return Self::default();
        };
        let fields_mut = &mut fields;
        let mut lifecycle = Self {
            auto_start: fields_mut.flag("auto_start", cx),
            start_timeout: duration::read(fields_mut, "start_timeout", cx),
            stop_timeout: duration::read(fields_mut, "stop_timeout", cx),
            stable_threshold: duration::read(fields_mut, "stable_threshold", cx),
            depends_on: Vec::new(),
            restart: Restart::default(),
        };
        for name in ["depends_on", "requires"] {
            let ids = fields.strings(name, cx).unwrap_or_default();
            for (i, id) in ids.iter().enumerate() {
                let field = format!("{}[{i}]", fields.path_of(name));
                lifecycle.depends_on.extend(cx.reference(id, &field));
            }
        }
        fields.accept("security", cx);
        if let Some(restart) = fields.section("restart", cx) {
            lifecycle.restart = Restart::decode(restart, cx);
        }
        fields.finish(cx);
        lifecycle
    }
}

impl Restart {
    fn decode(mut fields: Fields<'_>, cx: &mut Context<'_>) -> Self {
        let initial_delay = duration::read(&mut fields, "initial_delay", cx);
        let max_delay = duration::read(&mut fields, "max_delay", cx);
        let factor = fields.number("backoff_factor", cx);
        if let Some(factor) = &factor
            && !(factor.value >= 1.0 && factor.value.is_finite())
        {
            let field = fields.path_of("backoff_factor");
            cx.error(&factor.place, &field, "expected a number from 1");
        }
        let attempts = fields.integer("max_attempts", cx);
        let max_attempts = attempts.and_then(|attempts| {
            let value = u32::try_from(attempts.value).ok();
            if value.is_none() {
                let message = format!("expected an integer from 0 to {}", u32::MAX);
                cx.error(&attempts.place, &fields.path_of("max_attempts"), message);
            }
            value
        });
        fields.finish(cx);
        Self {
            initial_delay,
            max_delay,
            backoff_factor: factor.map(|factor| factor.value),
            max_attempts,
        }
    }
}
