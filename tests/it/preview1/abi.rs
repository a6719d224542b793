//! The canonical ABI over a core module's own memory, compared with the engine's for components: the
//! same module with and without an import of preview 1.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use wippy::Arguments;
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, simulated};

/// Makes a module one that stays a core module.
const IMPORT: &str = r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))"#;

/// An allocator that gives aligned places one behind the other, and grows the memory.
const ALLOCATOR: &str = r#"(memory (export "memory") 1)
    (global $free (mut i32) (i32.const 4096))
    (func $room (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (local.set $at (i32.and
            (i32.add (global.get $free) (i32.sub (local.get 2) (i32.const 1)))
            (i32.sub (i32.const 0) (local.get 2))))
        (global.set $free (i32.add (local.get $at) (local.get 3)))
        (loop $again
            (if (i32.gt_u (global.get $free) (i32.mul (memory.size) (i32.const 65536)))
                (then (drop (memory.grow (i32.const 16))) (br $again))))
        (local.get $at))"#;

/// The types, with the core types that they are passed as.
const TYPES: [(&str, &str); 27] = [
    ("bool", "i32"),
    ("u8", "i32"),
    ("s8", "i32"),
    ("u16", "i32"),
    ("s16", "i32"),
    ("u32", "i32"),
    ("s32", "i32"),
    ("u64", "i64"),
    ("s64", "i64"),
    ("f32", "f32"),
    ("f64", "f64"),
    ("char", "i32"),
    ("string", "i32 i32"),
    ("list<u8>", "i32 i32"),
    ("list<u16>", "i32 i32"),
    ("list<string>", "i32 i32"),
    ("list<list<s64>>", "i32 i32"),
    ("tuple<u8, u64, string>", "i32 i64 i32 i32"),
    ("point", "i32 f64 i32 i32"),
    ("list<point>", "i32 i32"),
    ("shape", "i32 i64 i32"),
    ("list<shape>", "i32 i32"),
    ("color", "i32"),
    ("marks", "i32"),
    ("option<f32>", "i32 f32"),
    ("option<option<u8>>", "i32 i32 i32"),
    ("result<f64, s32>", "i32 i64"),
];

const DECLARED: &str = "record point { x: u8, y: f64, name: string }
    variant shape { none, circle(f32), named(string), large(u64) }
    enum color { red, green, blue }
    flags marks { a, b, c, d, e, f, g, h, i }";

fn any_value(ty: &str) -> BoxedStrategy<Value> {
    let text = || "[a-zäß€😀]{0,12}";
    match ty {
        "bool" => any::<bool>().prop_map(|it| json!(it)).boxed(),
        "u8" => any::<u8>().prop_map(|it| json!(it)).boxed(),
        "s8" => any::<i8>().prop_map(|it| json!(it)).boxed(),
        "u16" => any::<u16>().prop_map(|it| json!(it)).boxed(),
        "s16" => any::<i16>().prop_map(|it| json!(it)).boxed(),
        "u32" => any::<u32>().prop_map(|it| json!(it)).boxed(),
        "s32" => any::<i32>().prop_map(|it| json!(it)).boxed(),
        "u64" => any::<u64>().prop_map(|it| json!(it.to_string())).boxed(),
        "s64" => any::<i64>().prop_map(|it| json!(it.to_string())).boxed(),
        "f32" => (-1000i32..1000)
            .prop_map(|it| json!(f64::from(it) / 8.0))
            .boxed(),
        "f64" => any::<i32>()
            .prop_map(|it| json!(f64::from(it) / 1024.0))
            .boxed(),
        "char" => any::<char>().prop_map(|it| json!(it.to_string())).boxed(),
        "string" => text().prop_map(|it| json!(it)).boxed(),
        "point" => (any::<u8>(), any_value("f64"), text())
            .prop_map(|(x, y, name)| json!({"x": x, "y": y, "name": name}))
            .boxed(),
        "shape" => prop_oneof![
            Just(json!("none")),
            any_value("f32").prop_map(|it| json!({"circle": it})),
            text().prop_map(|it| json!({"named": it})),
            any_value("u64").prop_map(|it| json!({"large": it})),
        ]
        .boxed(),
        "color" => prop_oneof![
            Just(json!("red")),
            Just(json!("green")),
            Just(json!("blue"))
        ]
        .boxed(),
        "marks" => proptest::sample::subsequence(vec!["a", "b", "d", "h", "i"], 0..=5)
            .prop_map(|it| json!(it))
            .boxed(),
        "tuple<u8, u64, string>" => (any::<u8>(), any_value("u64"), text())
            .prop_map(|(a, b, c)| json!([a, b, c]))
            .boxed(),
        "option<f32>" => prop_oneof![Just(json!(null)), any_value("f32")].boxed(),
        "option<option<u8>>" => prop_oneof![
            Just(json!(null)),
            Just(json!({"some": null})),
            any::<u8>().prop_map(|it| json!({"some": it})),
        ]
        .boxed(),
        "result<f64, s32>" => prop_oneof![
            any_value("f64").prop_map(|it| json!({"ok": it})),
            any::<i32>().prop_map(|it| json!({"err": it})),
        ]
        .boxed(),
        list => {
            let element = list
                .strip_prefix("list<")
                .and_then(|it| it.strip_suffix('>'));
            let element = any_value(element.expect("a list"));
            proptest::collection::vec(element, 0..5)
                .prop_map(|it| json!(it))
                .boxed()
        }
    }
}

/// A project with the functions of each type, as a component and as a core module.
///
/// `spy-N` gives the core values that its parameter was passed as. `echo-N` takes its parameter in a
/// record that goes through memory, and gives the same back.
fn project() -> Project {
    let mut functions = String::new();
    let mut wit = DECLARED.to_owned();
    for (index, (ty, core)) in TYPES.iter().enumerate() {
        let core: Vec<&str> = core.split(' ').collect();
        let mut stores = String::new();
        for (at, ty) in core.iter().enumerate() {
            let value = match *ty {
                "i32" => format!("(i64.extend_i32_u (local.get {at}))"),
                "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 (local.get {at})))"),
                "f64" => format!("(i64.reinterpret_f64 (local.get {at}))"),
                _ => format!("(local.get {at})"),
            };
            stores.push_str(&format!(
                "(i64.store (i32.const {}) {value})",
                1024 + 8 * at
            ));
        }
        functions.push_str(&format!(
            "(func (export \"spy-{index}\") (param {}) (result i32) {stores}
                (i32.store (i32.const 512) (i32.const 1024)) (i32.store (i32.const 516) (i32.const {}))
                (i32.const 512))
            (func (export \"echo-{index}\") (param i32) (result i32) (local.get 0))\n",
            core.join(" "),
            core.len()
        ));
        let pad: Vec<String> = (0..17).map(|at| format!("p{at}: u8")).collect();
        wit.push_str(&format!(
            " record whole-{index} {{ value: {ty}, {} }}
            spy-{index}: func(value: {ty}) -> list<u64>;
            echo-{index}: func(value: whole-{index}) -> whole-{index};",
            pad.join(", ")
        ));
    }
    let mut project = Project::new();
    let wit = serde_json::to_string(&wit).expect("a string");
    for (kind, import) in [("component", ""), ("core", IMPORT)] {
        let source = format!("(module {import} {ALLOCATOR} {functions})");
        let source = serde_json::to_string(&source).expect("a string");
        for index in 0..TYPES.len() {
            for function in ["spy", "echo"] {
                let method = format!("{function}-{index}");
                let fields: [(&str, &dyn std::fmt::Display); 3] =
                    [("source", &source), ("wit", &wit), ("method", &method)];
                project.entry(
                    &format!("{kind}-{function}-{index}"),
                    "function.wat",
                    &fields,
                );
            }
        }
    }
    project
}

fn call(
    dispatcher: &Dispatcher,
    runtime: &wippy::Runtime,
    name: &str,
    argument: &Value,
) -> Result<Value, String> {
    let arguments = [argument.clone()];
    let called = dispatcher.block_on(runtime.call(name, Arguments::Json(&arguments)));
    let called = called.expect("no deadlock");
    called.map_err(|error| error.kind.to_string())
}

#[test]
fn values_go_both_ways_as_they_do_for_components() {
    let dispatcher = simulated();
    let runtime = project().load(&dispatcher);
    for (index, (ty, _)) in TYPES.iter().enumerate() {
        let config = Config {
            cases: 24,
            failure_persistence: None,
            ..Config::default()
        };
        let compared = TestRunner::new(config).run(&any_value(ty), |value| {
            let both = ["component", "core"].map(|kind| {
                call(
                    &dispatcher,
                    &runtime,
                    &format!("{kind}-spy-{index}"),
                    &value,
                )
            });
            prop_assert!(both[0].is_ok(), "{ty} {value}: {both:?}");
            prop_assert_eq!(&both[0], &both[1], "{} {}", ty, value);
            let mut whole = json!({"value": value});
            for at in 0..17 {
                whole[format!("p{at}")] = json!(at * 3);
            }
            let both = ["component", "core"].map(|kind| {
                call(
                    &dispatcher,
                    &runtime,
                    &format!("{kind}-echo-{index}"),
                    &whole,
                )
            });
            prop_assert!(both[0].is_ok(), "{ty} {whole}: {both:?}");
            prop_assert_eq!(&both[0], &both[1], "{} {}", ty, whole);
            Ok(())
        });
        if let Err(error) = compared {
            panic!("{error}");
        }
    }
}

/// What a module returns that is no value is refused in both ways.
#[test]
fn what_is_no_value_is_refused_as_it_is_for_components() {
    let results = [
        (
            "string",
            "(i32.store (i32.const 8) (i32.const 65530)) (i32.store (i32.const 12) (i32.const 7))",
        ),
        (
            "string",
            "(i32.store (i32.const 8) (i32.const 100)) (i32.store (i32.const 12) (i32.const 1)) (i32.store8 (i32.const 100) (i32.const 255))",
        ),
        (
            "list<u32>",
            "(i32.store (i32.const 8) (i32.const 65532)) (i32.store (i32.const 12) (i32.const 2))",
        ),
        (
            "list<u32>",
            "(i32.store (i32.const 8) (i32.const 2)) (i32.store (i32.const 12) (i32.const 1))",
        ),
        (
            "list<u64>",
            "(i32.store (i32.const 8) (i32.const 0)) (i32.store (i32.const 12) (i32.const -1))",
        ),
        (
            "tuple<char, u8>",
            "(i32.store (i32.const 8) (i32.const 0xd800))",
        ),
        ("option<u32>", "(i32.store (i32.const 8) (i32.const 2))"),
    ];
    for (ty, body) in results {
        let refused = ["", IMPORT].map(|import| {
            let source = format!(
                "(module {import} {ALLOCATOR} (func (export \"f\") (result i32) {body} (i32.const 8)))"
            );
            let source = serde_json::to_string(&source).expect("a string");
            let wit = format!("\"f: func() -> {ty};\"");
            let mut project = Project::new();
            let fields: [(&str, &dyn std::fmt::Display); 3] =
                [("source", &source), ("wit", &wit), ("method", &"f")];
            project.entry("f", "function.wat", &fields);
            project.call("f", &[]).is_err()
        });
        assert_eq!(refused, [true, true], "{ty} {body}");
    }
}

/// A type that does not fit the module is an error of the entry, by name.
#[test]
fn types_that_do_not_fit_are_refused_when_the_entry_is_loaded() {
    let load = |fields: &str, wit: &str| {
        let source = format!("(module {IMPORT} {fields})");
        let source = serde_json::to_string(&source).expect("a string");
        let wit = serde_json::to_string(wit).expect("a string");
        let mut project = Project::new();
        let entry: [(&str, &dyn std::fmt::Display); 3] =
            [("source", &source), ("wit", &wit), ("method", &"f")];
        project.entry("f", "function.wat", &entry);
        project.call("f", &[]).expect_err("it does not fit")
    };
    let function = "(func (export \"f\") (param i32 i32))";
    for (fields, wit, expected) in [
        (
            function,
            "f: func(a: u32);",
            "f has the type (param i32 i32), where (param i32) is needed",
        ),
        (
            function,
            "f: func(a: string);",
            "f needs a memory that is exported as `memory`",
        ),
        (
            &format!("(memory (export \"memory\") 1) {function}"),
            "f: func(a: string);",
            "f needs a function `cabi_realloc` of the type (param i32 i32 i32 i32)(result i32)",
        ),
        (function, "g: func();", "it exports no function g"),
    ] {
        let refused = load(fields, wit);
        let text = format!("`wit` does not fit the module: {expected}");
        assert!(refused.contains(&text), "{refused}");
    }
    let refused = load("(func (export \"_start\") (param i32))", "f: func();");
    assert!(
        refused.contains("its _start has the type (param i32), where () is needed"),
        "{refused}"
    );
}

/// A function that frees its result is called once that is read.
#[test]
fn a_result_is_given_back() {
    let text = r#"(module IMPORT (memory (export "memory") 1)
        (func (export "f") (result i32)
            (i32.store (i32.const 8) (i32.const 100)) (i32.store (i32.const 12) (i32.const 2))
            (i32.store16 (i32.const 100) (i32.const 0x6968)) (i32.const 8))
        (func (export "cabi_post_f") (param i32) (if (i32.eq (local.get 0) (i32.const 8)) (then unreachable))))"#;
    for import in ["", IMPORT] {
        let source = serde_json::to_string(&text.replace("IMPORT", import)).expect("a string");
        let wit = "\"f: func() -> string;\"";
        let mut project = Project::new();
        let fields: [(&str, &dyn std::fmt::Display); 3] =
            [("source", &source), ("wit", &wit), ("method", &"f")];
        project.entry("f", "function.wat", &fields);
        let trapped = project.call("f", &[]).expect_err("its post-return traps");
        assert!(trapped.contains("unreachable"), "{trapped}");
    }
}
