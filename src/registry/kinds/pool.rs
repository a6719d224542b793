//! `pool`: how many calls of an entry run at once, and how many wait.

use crate::registry::context::Context;
use crate::registry::fields::Fields;

/// How many callers may wait for an entry unless a setting or `buffer` says otherwise.
pub const DEFAULT_WAITING: u32 = 65_536;

const DEFAULT_STATIC: u32 = 8;
const DEFAULT_MAX_SIZE: u32 = 16;
const DEFAULT_UNTYPED_MAX_SIZE: u32 = 100;
const BUFFER_PER_WORKER: u32 = 64;
const WORKER_CLASS_THREADS: usize = 4;

/// The `pool` section as written; 0 means not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// `type`
    pub kind: Option<PoolType>,
    /// `workers`
    pub workers: u32,
    /// `size`
    pub size: u32,
    /// `max_size`
    pub max_size: u32,
    /// `buffer`
    pub buffer: u32,
    /// `worker_class`
    pub worker_class: Option<String>,
}

/// `pool.type`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolType {
    /// One call at a time.
    Inline,
    /// Up to `max_size`, started on demand.
    Lazy,
    /// Exactly `workers`.
    Static,
    /// Between 1 and `max_size`, following the load.
    Adaptive,
}

/// What a pool lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Calls that run at once, at least 1.
    pub concurrent: u32,
    /// Callers that wait in order beyond those; one more is refused.
    pub waiting: u32,
}

impl Pool {
    pub(crate) fn decode(mut fields: Fields<'_>, cx: &mut Context<'_>) -> Self {
        let mut negative = None;
        let mut number = |name| {
            let Some(written) = fields.integer(name, cx) else {
                return 0;
            };
            match u32::try_from(written.value) {
                Ok(value) => value,
                Err(_) if written.value < 0 => {
                    negative.get_or_insert((written.place, fields.path_of(name)));
                    0
                }
                Err(_) => {
                    let message = format!("expected an integer up to {}", u32::MAX);
                    cx.error(&written.place, &fields.path_of(name), message);
                    0
                }
            }
        };
        let mut pool = Self {
            kind: None,
            workers: number("workers"),
            size: number("size"),
            max_size: number("max_size"),
            buffer: number("buffer"),
            worker_class: None,
        };
        if let Some((place, field)) = negative {
            cx.error(&place, &field, "pool values cannot be negative");
        }
        let kind = fields.string("type", cx);
        cx.describe_choices(&["inline", "lazy", "static", "adaptive"]);
        if let Some(kind) = kind.filter(|kind| !kind.value.is_empty()) {
            pool.kind = PoolType::parse(&kind.value);
            if pool.kind.is_none() {
                cx.error(&kind.place, &fields.path_of("type"), "invalid pool type");
            }
        }
        let class = fields.string("worker_class", cx).map(|class| class.value);
        pool.worker_class = class.filter(|class| !class.is_empty());
        fields.accept("warm_start", cx);
        fields.finish(cx);
        pool
    }

    /// The type that applies: as written, or what the values mean without one.
    pub fn effective_type(&self) -> PoolType {
        match self.kind {
            _ if self.worker_class.is_some() => PoolType::Static,
            Some(kind) => kind,
            None if self.workers > 0 => PoolType::Static,
            None if self.size > 0 && self.max_size == 0 => PoolType::Inline,
            None => PoolType::Lazy,
        }
    }

    /// How many calls run and wait.
    pub fn bound(&self) -> Bound {
        let first = |values: [u32; 3]| values.into_iter().find(|n| *n > 0).unwrap_or(1);
        let concurrent = match self.effective_type() {
            PoolType::Inline => 1,
            PoolType::Static if self.worker_class.is_some() => {
                let cpus = std::thread::available_parallelism().map_or(1, usize::from);
                let threads = cpus.min(WORKER_CLASS_THREADS);
                first([self.workers, u32::try_from(threads).unwrap_or(1), 1])
            }
            PoolType::Static => first([self.workers, self.size, DEFAULT_STATIC]),
            PoolType::Lazy if self.kind.is_none() => {
                first([self.max_size, DEFAULT_UNTYPED_MAX_SIZE, 1])
            }
            PoolType::Lazy | PoolType::Adaptive => first([self.max_size, DEFAULT_MAX_SIZE, 1]),
        };
        let waiting = match self.effective_type() {
            PoolType::Static if self.buffer > 0 => self.buffer,
            PoolType::Static => concurrent.saturating_mul(BUFFER_PER_WORKER),
            PoolType::Inline | PoolType::Lazy | PoolType::Adaptive => DEFAULT_WAITING,
        };
        Bound {
            concurrent,
            waiting,
        }
    }
}

impl PoolType {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "inline" => Some(Self::Inline),
            "lazy" => Some(Self::Lazy),
            "static" => Some(Self::Static),
            "adaptive" => Some(Self::Adaptive),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::registry::parse::parse_text;

    #[test]
    fn bounds_follow_the_type_and_the_values() {
        const MANY: u32 = DEFAULT_WAITING;
        let cases = [
            ("{}", 100, MANY),
            ("{type: inline}", 1, MANY),
            ("{type: inline, workers: 4}", 1, MANY),
            ("{type: lazy}", 16, MANY),
            ("{type: lazy, max_size: 2000}", 2000, MANY),
            ("{type: adaptive}", 16, MANY),
            ("{type: adaptive, max_size: 3}", 3, MANY),
            ("{type: static}", 8, 512),
            ("{type: static, size: 3}", 3, 192),
            ("{type: static, size: 3, workers: 2}", 2, 128),
            ("{type: static, workers: 2, buffer: 5}", 2, 5),
            ("{workers: 4}", 4, 256),
            ("{workers: 4, size: 2, max_size: 9}", 4, 256),
            ("{size: 3}", 1, MANY),
            ("{size: 3, max_size: 7}", 7, MANY),
            ("{max_size: 7}", 7, MANY),
            ("{worker_class: wasm, workers: 6, type: inline}", 6, 384),
            ("{type: static, workers: 4294967295}", u32::MAX, u32::MAX),
        ];
        for (text, concurrent, waiting) in cases {
            let node = parse_text(text);
            let id = Id::new("n", "e");
            let mut cx = Context::new(&id, true);
            let fields = Fields::new(&node, "pool", &mut cx);
            let pool = Pool::decode(fields, &mut cx);
            assert_eq!(cx.found, [], "{text}");
            assert_eq!(
                pool.bound(),
                Bound {
                    concurrent,
                    waiting
                },
                "{text}"
            );
        }
    }

    #[test]
    fn a_worker_class_defaults_to_a_few_threads() {
        let pool = Pool {
            worker_class: Some("wasm".into()),
            ..Pool::default()
        };
        let Bound {
            concurrent,
            waiting,
        } = pool.bound();
        assert!((1..=4).contains(&concurrent));
        assert_eq!(waiting, concurrent * 64);
    }
}
