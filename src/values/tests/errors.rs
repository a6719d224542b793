//! The texts of errors, and the places they name.

use serde_json::{Value, json};
use wasmtime::component::{Type, Val};

use super::super::{ValueError, arguments, text_arguments, to_json};
use super::types::{params, ty};
use super::{PLACE, read, refuses, some, string, user};

#[test]
fn record_mistakes() {
    refuses(
        "$user",
        json!({"first-name": "Ada"}),
        ", field age: missing, expected u8",
    );
    refuses(
        "$user",
        json!({"first-name": "Ada", "agee": 36}),
        ", field agee: unknown field, did you mean \"age\"?",
    );
    refuses(
        "$user",
        json!({"first_name": "Ada", "age": 36, "e_mial": "a@b"}),
        ", field e_mial: unknown field, did you mean \"e-mail\"?",
    );
    refuses(
        "$user",
        json!({"first-name": "Ada", "age": 36, "telephone": 1}),
        ", field telephone: unknown field",
    );
    refuses(
        "$user",
        json!({"first-name": "Ada", "first_name": "Ada", "age": 36}),
        ", field first-name: given twice, as \"first-name\" and \"first_name\"",
    );
    refuses(
        "$user",
        json!([]),
        ": expected record{first-name: string, age: u8, e-mail: option<string>}, got an array",
    );
}

#[test]
fn errors_name_the_path() {
    let users = json!([
        {"first-name": "a", "age": 1},
        {"first-name": "b", "age": 2},
        {"first-name": "c", "age": 3},
        {"first-name": "d", "age": 300},
    ]);
    refuses(
        "$account",
        json!({"users": users, "open": true}),
        ", field users[3].age: expected u8, got 300",
    );
    refuses(
        "$shape",
        json!({"owned-by": {"first-name": 1, "age": 2}}),
        ", field owned-by.first-name: expected string, got 1",
    );
    refuses(
        "(result u8)",
        json!({"ok": "x"}),
        ", field ok: expected u8, got \"x\"",
    );
    refuses("(option u8)", json!("x"), ": expected u8, got \"x\"");
    refuses(
        "(option (option u8))",
        json!({"some": -1}),
        ", field some: expected u8, got -1",
    );
}

#[test]
fn types_without_json() {
    refuses(
        "(own $handle)",
        json!(1),
        ": a resource cannot be passed as JSON",
    );
    refuses(
        "(list (borrow $handle))",
        json!([1]),
        ", element [0]: a resource cannot be passed as JSON",
    );
    refuses(
        "(map string u8)",
        json!({}),
        ": a map cannot be passed as JSON",
    );
    let error = super::super::from_json::from_json(&Type::ErrorContext, &json!(1), &PLACE)
        .expect_err("an error");
    assert_eq!(
        error.to_string(),
        "argument 0: an error context cannot be passed as JSON"
    );
    let error = to_json(&ty("(own $handle)"), &Val::U8(1)).expect_err("an error");
    assert_eq!(
        error.to_string(),
        "result: a resource cannot be passed as JSON"
    );
}

#[test]
fn foreign_values_are_refused_with_their_place() {
    #[track_caller]
    fn refuses(text: &str, val: Val, message: &str) {
        let error = to_json(&ty(text), &val).expect_err("an error");
        assert_eq!(error.to_string(), format!("result{message}"));
    }
    refuses("u8", Val::S8(1), ": expected u8, got an s8");
    let mut fields = match user("Ada", 1, None) {
        Val::Record(fields) => fields,
        other => panic!("{other:?}"),
    };
    fields[1].1 = string("x");
    refuses(
        "$user",
        Val::Record(fields),
        ", field age: expected u8, got a string",
    );
    let user = "record{first-name: string, age: u8, e-mail: option<string>}";
    let other = vec![("name".to_owned(), string("Ada"))];
    refuses(
        "$user",
        Val::Record(other),
        &format!(": expected {user}, got another record"),
    );
    refuses(
        "(tuple u8 u8)",
        Val::Tuple(vec![Val::U8(1)]),
        ": expected tuple<u8, u8>, got another tuple",
    );
    refuses(
        "$colour",
        Val::Enum("pink".to_owned()),
        ": expected enum{red, light-green, blue}, got another enum",
    );
    refuses(
        "(result u8)",
        Val::Result(Ok(None)),
        ": expected result<u8>, got another result",
    );
    refuses(
        "$permissions",
        Val::Flags(vec!["fly".to_owned()]),
        ": expected flags{read, write, run-it}, got other flags",
    );
    let shape = format!("variant{{point, circle(f64), owned-by({user})}}");
    refuses(
        "$shape",
        Val::Variant("circle".to_owned(), None),
        &format!(": expected {shape}, got another variant"),
    );
}

#[test]
fn argument_counts() {
    let params = params("", &["u8".to_owned(), "(option u8)".to_owned()]);
    assert_eq!(
        arguments(&params, &[json!(1), json!(null)]),
        Ok(vec![Val::U8(1), Val::Option(None)])
    );
    let message = |got: &[Value]| arguments(&params, got).expect_err("an error").to_string();
    assert_eq!(
        message(&[json!(1)]),
        "parameter count mismatch: expected 2, got 1"
    );
    assert_eq!(
        message(&[json!(1), json!(2), json!(3)]),
        "parameter count mismatch: expected 2, got 3"
    );
    assert_eq!(
        message(&[json!(1), json!(-2)]),
        "argument 1: expected u8, got -2"
    );
    assert_eq!(
        text_arguments(&params, &["1", "2"]),
        Ok(vec![Val::U8(1), some(Val::U8(2))])
    );
    let error = text_arguments(&params, &["1"]).expect_err("an error");
    assert_eq!(
        error,
        ValueError::Count {
            expected: 2,
            got: 1
        }
    );
    let error = text_arguments(&params, &["1", "x"]).expect_err("an error");
    assert_eq!(error.to_string(), "argument 1: expected u8, got \"x\"");
}

#[test]
fn errors_stay_short_and_printable() {
    let message = read("u8", &json!("\u{1b}[2J".repeat(10_000)))
        .expect_err("an error")
        .to_string();
    assert!(
        message.len() < 300 && !message.contains('\u{1b}'),
        "{message}"
    );
    let cases: String = (0..500).map(|n| format!(" \"c{n}\"")).collect();
    let definitions = format!("(type $d (enum {cases})) (import \"e\" (type $e (eq $d)))");
    let params = params(&definitions, &["$e".to_owned()]);
    let message = arguments(&params, &[json!(1)])
        .expect_err("an error")
        .to_string();
    assert!(message.ends_with("c10, c11, …, got 1"), "{message}");
}
