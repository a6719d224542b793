//! Arguments: of a function's own type, nearly so, and of none.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use wippy::Runtime;
use wippy::{Arguments, CallErrorKind};
use wippy_dispatcher::Dispatcher;

use super::check;
use crate::support::{Project, simulated};

/// The functions of the `types` guest that return their argument.
const ECHOES: [&str; 27] = [
    "bool",
    "u8",
    "u16",
    "u32",
    "u64",
    "s8",
    "s16",
    "s32",
    "s64",
    "f32",
    "f64",
    "char",
    "string",
    "bytes",
    "list",
    "nested-list",
    "tuple",
    "record",
    "team",
    "variant",
    "enum",
    "flags",
    "option",
    "nested-option",
    "result",
    "bare-result",
    "half-result",
];

fn echoes(dispatcher: &Dispatcher) -> Runtime {
    let mut project = Project::new();
    for name in ECHOES {
        project.function(name, "types", &format!("types#echo-{name}"), "[]", &[]);
    }
    project.load(dispatcher)
}

fn object(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Object(
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

fn text() -> BoxedStrategy<Value> {
    ".{0,8}".prop_map(Value::from).boxed()
}

fn number<T: Arbitrary + Into<Value> + 'static>() -> BoxedStrategy<Value> {
    any::<T>().prop_map(Into::into).boxed()
}

fn or_null(some: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 2 => some].boxed()
}

fn list_of(some: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    vec(some, 0..5).prop_map(Value::from).boxed()
}

fn person() -> BoxedStrategy<Value> {
    let home = (text(), or_null(number::<u32>()));
    let home = home
        .prop_map(|(street, zip)| object([("street", street), ("zip-code", zip)]))
        .boxed();
    (
        text(),
        number::<u8>(),
        or_null(text()),
        or_null(home),
        list_of(text()),
    )
        .prop_map(|(name, age, nick, home, tags)| {
            object([
                ("name", name),
                ("age", age),
                ("nick", nick),
                ("home", home),
                ("tags", tags),
            ])
        })
        .boxed()
}

fn one_of(words: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop::sample::select(words).prop_map(Value::from).boxed()
}

fn under(key: &'static str, value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    value.prop_map(move |value| object([(key, value)])).boxed()
}

/// Values of the type that a function returns.
fn fitting(name: &str) -> BoxedStrategy<Value> {
    let float = || {
        (prop::num::f32::NORMAL | prop::num::f32::ZERO)
            .prop_map(|float| json!(float))
            .boxed()
    };
    let done = || Just(json!(true)).boxed();
    match name {
        "bool" => number::<bool>(),
        "u8" => number::<u8>(),
        "u16" => number::<u16>(),
        "u32" => number::<u32>(),
        "u64" => prop_oneof![
            number::<u64>(),
            any::<u64>().prop_map(|wide| json!(wide.to_string()))
        ]
        .boxed(),
        "s8" => number::<i8>(),
        "s16" => number::<i16>(),
        "s32" => number::<i32>(),
        "s64" => prop_oneof![
            number::<i64>(),
            any::<i64>().prop_map(|wide| json!(wide.to_string()))
        ]
        .boxed(),
        "f32" | "f64" => prop_oneof![float(), one_of(&["nan", "inf", "-inf"])].boxed(),
        "char" => any::<char>().prop_map(|char| json!(char)).boxed(),
        "string" => text(),
        "bytes" => prop_oneof![
            list_of(number::<u8>()),
            under("base64", one_of(&["", "AAE=", "AAEC"]))
        ]
        .boxed(),
        "list" => list_of(number::<i32>()),
        "nested-list" => list_of(list_of(text())),
        "tuple" => (any::<i32>(), ".{0,8}", any::<bool>())
            .prop_map(|(a, b, c)| json!([a, b, c]))
            .boxed(),
        "record" => person(),
        "team" => (text(), list_of(person()))
            .prop_map(|(title, users)| object([("title", title), ("users", users)]))
            .boxed(),
        "variant" => prop_oneof![
            one_of(&["empty"]),
            under("circle", float()),
            under("rectangle", vec(float(), 2).prop_map(Value::from).boxed()),
            under("owned-by", person()),
        ]
        .boxed(),
        "enum" => one_of(&["red", "green", "dark-blue"]),
        "flags" => prop::sample::subsequence(&["read", "write", "list-all"][..], 0..=3)
            .prop_map(|flags| json!(flags))
            .boxed(),
        "option" => or_null(text()),
        "nested-option" => or_null(under("some", or_null(number::<u32>()))),
        "result" => prop_oneof![under("ok", number::<u32>()), under("err", text())].boxed(),
        "bare-result" => prop_oneof![under("ok", done()), under("err", done())].boxed(),
        _ => prop_oneof![under("ok", done()), under("err", text())].boxed(),
    }
}

/// Values of no type in particular.
fn loose() -> impl Strategy<Value = Value> {
    const WORDS: [&str; 14] = [
        "name",
        "age",
        "zip_code",
        "zip-code",
        "users",
        "some",
        "ok",
        "err",
        "circle",
        "base64",
        "nan",
        "",
        "red",
        "18446744073709551615",
    ];
    let word = prop::sample::select(&WORDS[..]);
    let leaf = prop_oneof![
        Just(Value::Null),
        number::<bool>(),
        number::<i64>(),
        number::<u64>(),
        number::<f64>(),
        (-300..300i64).prop_map(Value::from),
        word.clone().prop_map(Value::from),
        text(),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        let key = prop_oneof![4 => word.clone().prop_map(str::to_owned), 1 => ".{0,4}"];
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((key, inner), 0..5).prop_map(|pairs| Value::Object(Map::from_iter(pairs))),
        ]
    })
}

/// Puts another value in the place of one within `value`; `at` counts down to it.
fn replace(value: &mut Value, at: &mut usize, by: &Value) {
    if *at == 0 {
        *value = by.clone();
    }
    let Some(left) = at.checked_sub(1) else {
        *at = usize::MAX;
        return;
    };
    *at = left;
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, by)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, at, by)),
        _ => {}
    }
}

/// A function and a value that fits it but for one part, if that.
fn nearly_fitting() -> impl Strategy<Value = (&'static str, Value)> {
    let name = prop::sample::select(&ECHOES[..]);
    let value = name.prop_flat_map(|name| (Just(name), fitting(name)));
    (value, 0..8usize, loose()).prop_map(|((name, mut value), mut at, by)| {
        replace(&mut value, &mut at, &by);
        (name, value)
    })
}

/// A result that is given back as an argument comes back the same. Whether there was one.
fn call_and_echo(
    dispatcher: &Dispatcher,
    runtime: &Runtime,
    name: &str,
    arguments: Arguments<'_>,
) -> bool {
    let called = dispatcher
        .block_on(runtime.call(name, arguments))
        .expect("no deadlock");
    match called {
        Ok(value) => {
            let again = [value];
            let echoed = dispatcher.block_on(runtime.call(name, Arguments::Json(&again)));
            let echoed = echoed
                .expect("no deadlock")
                .map_err(|error| error.to_string());
            assert_eq!(echoed.as_ref(), Ok(&again[0]), "{name}");
            true
        }
        Err(error) => {
            assert!(
                matches!(
                    error.kind,
                    CallErrorKind::Value(_) | CallErrorKind::Count { .. }
                ),
                "{name}: {error}"
            );
            false
        }
    }
}

#[test]
fn json_of_a_functions_own_type_comes_back() {
    let dispatcher = simulated();
    let runtime = echoes(&dispatcher);
    for name in ECHOES {
        check(20, &fitting(name), |value| {
            assert!(
                call_and_echo(&dispatcher, &runtime, name, Arguments::Json(&[value])),
                "{name}"
            );
        });
    }
}

#[test]
fn arbitrary_json_as_arguments() {
    let dispatcher = simulated();
    let runtime = echoes(&dispatcher);
    check(500, &nearly_fitting(), |(name, value)| {
        call_and_echo(&dispatcher, &runtime, name, Arguments::Json(&[value]));
    });
    let any = (prop::sample::select(&ECHOES[..]), vec(loose(), 0..3));
    check(200, &any, |(name, values)| {
        call_and_echo(&dispatcher, &runtime, name, Arguments::Json(&values));
    });
}

#[test]
fn arbitrary_words_as_arguments() {
    let dispatcher = simulated();
    let runtime = echoes(&dispatcher);
    check(
        500,
        &(nearly_fitting(), any::<bool>()),
        |((name, value), quoted)| {
            let word = match value {
                Value::String(text) if !quoted => text,
                value => value.to_string(),
            };
            call_and_echo(&dispatcher, &runtime, name, Arguments::Text(&[word]));
        },
    );
    let word = prop_oneof![".{0,30}", "-?[0-9.e]{0,25}", "[\\[{\",:0-9a-z}\\]]{0,20}"];
    check(
        200,
        &(prop::sample::select(&ECHOES[..]), vec(word, 0..3)),
        |(name, words)| {
            call_and_echo(&dispatcher, &runtime, name, Arguments::Text(&words));
        },
    );
}
