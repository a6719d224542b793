//! Types, values and JSON for the tests: types are written in component text and read back.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Type, Val};
use wasmtime::{Config, Engine};

pub(super) static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut config = Config::new();
    config.wasm_component_model_fixed_length_lists(true);
    config.wasm_component_model_map(true);
    Engine::new(&config).expect("an engine")
});

/// The parameters of a function with these types. Nothing is compiled: the component only imports.
pub(super) fn params(definitions: &str, types: &[String]) -> Vec<(String, Type)> {
    let params: String = types
        .iter()
        .enumerate()
        .map(|(index, ty)| format!("(param \"p{index}\" {ty})"))
        .collect();
    let text = format!("(component {definitions} (import \"f\" (func {params})))");
    let binary = wat::parse_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let component =
        Component::new(&ENGINE, binary).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let component_type = component.component_type();
    let item = component_type.get_import(&ENGINE, "f").expect("f").ty;
    let ComponentItem::ComponentFunc(func) = item else {
        panic!("f is a function");
    };
    let params = func.params();
    params.map(|(name, ty)| (name.to_owned(), ty)).collect()
}

/// Named types for tables: `$user`, `$account`, `$shape`, `$colour`, `$permissions`, `$handle`.
const SAMPLES: &str = r#"
    (type $user-def (record (field "first-name" string) (field "age" u8) (field "e-mail" (option string))))
    (import "user" (type $user (eq $user-def)))
    (type $account-def (record (field "users" (list $user)) (field "open" bool)))
    (import "account" (type $account (eq $account-def)))
    (type $shape-def (variant (case "point") (case "circle" f64) (case "owned-by" $user)))
    (import "shape" (type $shape (eq $shape-def)))
    (type $colour-def (enum "red" "light-green" "blue"))
    (import "colour" (type $colour (eq $colour-def)))
    (type $permissions-def (flags "read" "write" "run-it"))
    (import "permissions" (type $permissions (eq $permissions-def)))
    (import "handle" (type $handle (sub resource)))
"#;

/// One type, which may mention the samples.
pub(super) fn ty(text: &str) -> Type {
    let mut params = params(SAMPLES, &[text.to_owned()]);
    params.remove(0).1
}

/// A type as the property tests draw it. Names follow from the positions.
#[derive(Debug, Clone)]
pub(super) enum Wit {
    Scalar(&'static str),
    List(Box<Wit>),
    FixedLengthList(Box<Wit>, u32),
    Tuple(Vec<Wit>),
    Record(Vec<Wit>),
    Variant(Vec<Option<Wit>>),
    Enum(usize),
    Option(Box<Wit>),
    Result(Option<Box<Wit>>, Option<Box<Wit>>),
    Flags(usize),
}

const SCALARS: [&str; 13] = [
    "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
];

/// Types up to four levels deep. Fixed-length lists only on demand: wasmtime cannot call with them yet.
pub(super) fn wit(fixed_length_lists: bool) -> impl Strategy<Value = Wit> {
    let leaf = prop_oneof![
        6 => proptest::sample::select(&SCALARS[..]).prop_map(Wit::Scalar),
        1 => (1..5usize).prop_map(Wit::Enum),
        1 => (1..5usize).prop_map(Wit::Flags),
    ];
    leaf.prop_recursive(4, 12, 3, move |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let list = boxed().prop_map(Wit::List).boxed();
        let fixed = (boxed(), 1..4u32)
            .prop_map(|(element, length)| Wit::FixedLengthList(element, length))
            .boxed();
        let options = proptest::option::of(inner.clone());
        prop_oneof![
            list.clone(),
            if fixed_length_lists { fixed } else { list },
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Wit::Tuple),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Wit::Record),
            proptest::collection::vec(options, 1..4).prop_map(Wit::Variant),
            boxed().prop_map(Wit::Option),
            (proptest::option::of(boxed()), proptest::option::of(boxed()))
                .prop_map(|(ok, err)| Wit::Result(ok, err)),
        ]
    })
}

pub(super) fn name(kind: &str, index: usize) -> String {
    format!("{kind}-n{index}")
}

fn names(kind: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| name(kind, index)).collect()
}

fn quoted(kind: &str, count: usize) -> String {
    let names = names(kind, count);
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(" ")
}

/// Writes types as component text: definitions first, then a reference.
#[derive(Debug)]
pub(super) struct Emitter {
    pub(super) definitions: String,
    exported: bool,
    count: usize,
}

impl Emitter {
    /// Named types become imports, or else exports, of the component.
    pub(super) fn new(exported: bool) -> Self {
        Emitter {
            definitions: String::new(),
            exported,
            count: 0,
        }
    }

    fn define(&mut self, body: &str) -> String {
        let n = self.count;
        self.count += 1;
        let definition = if self.exported {
            format!("(type $d{n} {body}) (export $t{n} \"t{n}\" (type $d{n}))\n")
        } else {
            format!("(type $d{n} {body}) (import \"t{n}\" (type $t{n} (eq $d{n})))\n")
        };
        self.definitions.push_str(&definition);
        format!("$t{n}")
    }

    pub(super) fn emit(&mut self, wit: &Wit) -> String {
        match wit {
            Wit::Scalar(name) => (*name).to_owned(),
            Wit::List(element) => format!("(list {})", self.emit(element)),
            Wit::FixedLengthList(element, length) => {
                format!("(list {} {length})", self.emit(element))
            }
            Wit::Tuple(types) => {
                let types: Vec<String> = types.iter().map(|ty| self.emit(ty)).collect();
                format!("(tuple {})", types.join(" "))
            }
            Wit::Record(types) => {
                let mut body = String::from("(record");
                for (index, ty) in types.iter().enumerate() {
                    let ty = self.emit(ty);
                    body += &format!(" (field \"{}\" {ty})", name("field", index));
                }
                self.define(&(body + ")"))
            }
            Wit::Variant(types) => {
                let mut body = String::from("(variant");
                for (index, ty) in types.iter().enumerate() {
                    let ty = ty.as_ref().map(|ty| self.emit(ty)).unwrap_or_default();
                    body += &format!(" (case \"{}\" {ty})", name("case", index));
                }
                self.define(&(body + ")"))
            }
            Wit::Enum(count) => self.define(&format!("(enum {})", quoted("case", *count))),
            Wit::Flags(count) => self.define(&format!("(flags {})", quoted("flag", *count))),
            Wit::Option(payload) => format!("(option {})", self.emit(payload)),
            Wit::Result(ok, err) => {
                let ok = ok.as_ref().map(|ty| self.emit(ty)).unwrap_or_default();
                let err = match err {
                    Some(ty) => format!("(error {})", self.emit(ty)),
                    None => String::new(),
                };
                format!("(result {ok} {err})")
            }
        }
    }
}

/// The wasmtime type that a drawn type stands for.
pub(super) fn type_of(wit: &Wit) -> Type {
    let mut emitter = Emitter::new(false);
    let text = emitter.emit(wit);
    params(&emitter.definitions, &[text]).remove(0).1
}

/// Any value of a type.
pub(super) fn val(wit: &Wit) -> BoxedStrategy<Val> {
    fn payload(wit: Option<&Wit>) -> BoxedStrategy<Option<Box<Val>>> {
        match wit {
            Some(wit) => val(wit).prop_map(|val| Some(Box::new(val))).boxed(),
            None => Just(None).boxed(),
        }
    }
    match wit {
        Wit::Scalar(name) => scalar(name),
        Wit::List(element) => proptest::collection::vec(val(element), 0..4)
            .prop_map(Val::List)
            .boxed(),
        Wit::FixedLengthList(element, length) => {
            proptest::collection::vec(val(element), *length as usize)
                .prop_map(Val::FixedLengthList)
                .boxed()
        }
        Wit::Tuple(types) => types
            .iter()
            .map(val)
            .collect::<Vec<_>>()
            .prop_map(Val::Tuple)
            .boxed(),
        Wit::Record(types) => {
            let names = names("field", types.len());
            let values: Vec<_> = types.iter().map(val).collect();
            values
                .prop_map(move |values| Val::Record(names.iter().cloned().zip(values).collect()))
                .boxed()
        }
        Wit::Variant(types) => {
            let cases: Vec<_> = types
                .iter()
                .enumerate()
                .map(|(index, ty)| {
                    let name = name("case", index);
                    payload(ty.as_ref())
                        .prop_map(move |payload| Val::Variant(name.clone(), payload))
                        .boxed()
                })
                .collect();
            proptest::strategy::Union::new(cases).boxed()
        }
        Wit::Enum(count) => (0..*count)
            .prop_map(|index| Val::Enum(name("case", index)))
            .boxed(),
        Wit::Option(ty) => {
            let some = val(ty).prop_map(|val| Val::Option(Some(Box::new(val))));
            prop_oneof![1 => Just(Val::Option(None)), 3 => some].boxed()
        }
        Wit::Result(ok, err) => prop_oneof![
            payload(ok.as_deref()).prop_map(|payload| Val::Result(Ok(payload))),
            payload(err.as_deref()).prop_map(|payload| Val::Result(Err(payload))),
        ]
        .boxed(),
        Wit::Flags(count) => proptest::sample::subsequence(names("flag", *count), 0..=*count)
            .prop_map(Val::Flags)
            .boxed(),
    }
}

fn scalar(name: &str) -> BoxedStrategy<Val> {
    match name {
        "bool" => any::<bool>().prop_map(Val::Bool).boxed(),
        "s8" => any::<i8>().prop_map(Val::S8).boxed(),
        "u8" => any::<u8>().prop_map(Val::U8).boxed(),
        "s16" => any::<i16>().prop_map(Val::S16).boxed(),
        "u16" => any::<u16>().prop_map(Val::U16).boxed(),
        "s32" => any::<i32>().prop_map(Val::S32).boxed(),
        "u32" => any::<u32>().prop_map(Val::U32).boxed(),
        "s64" => any::<i64>().prop_map(Val::S64).boxed(),
        "u64" => any::<u64>().prop_map(Val::U64).boxed(),
        "f32" => proptest::num::f32::ANY.prop_map(Val::Float32).boxed(),
        "f64" => proptest::num::f64::ANY.prop_map(Val::Float64).boxed(),
        "char" => any::<char>().prop_map(Val::Char).boxed(),
        "string" => any::<String>().prop_map(Val::String).boxed(),
        other => panic!("no scalar type {other}"),
    }
}

/// JSON that often has the right look: keys and names that drawn types use are common.
pub(super) fn json() -> impl Strategy<Value = Value> {
    let word = || {
        prop_oneof![
            proptest::sample::select(vec![
                "ok", "err", "some", "base64", "nan", "-inf", "case-n0", "case-n1", "flag-n0",
                "field-n0", "field_n0", "field-n1", "AAEC", "12", "-3", "x",
            ])
            .prop_map(str::to_owned),
            any::<String>(),
        ]
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..300i64).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        proptest::num::f64::ANY.prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 16, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((word(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// A configuration for tests that build a component per case.
pub(super) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..ProptestConfig::default()
    }
}
