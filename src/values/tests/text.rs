//! Command-line arguments.

use wasmtime::component::Val;

use super::super::{from_text, text_arguments};
use super::types::{params, ty};
use super::{PLACE, bytes, some, string, user};

#[test]
fn text_by_type() {
    let read = |text, argument| from_text(&ty(text), argument, &PLACE);
    assert_eq!(read("string", "\"as it is\""), Ok(string("\"as it is\"")));
    assert_eq!(read("string", ""), Ok(string("")));
    assert_eq!(read("char", "é"), Ok(Val::Char('é')));
    assert_eq!(read("bool", "true"), Ok(Val::Bool(true)));
    assert_eq!(read("u8", "007"), Ok(Val::U8(7)));
    assert_eq!(read("s8", "-5"), Ok(Val::S8(-5)));
    assert_eq!(read("u16", "1e3"), Ok(Val::U16(1000)));
    assert_eq!(read("u64", "18446744073709551615"), Ok(Val::U64(u64::MAX)));
    assert_eq!(read("f64", "-1.5"), Ok(Val::Float64(-1.5)));
    assert_eq!(read("f64", "nan"), Ok(Val::Float64(f64::NAN)));
    assert_eq!(read("f32", "-inf"), Ok(Val::Float32(f32::NEG_INFINITY)));
    assert_eq!(read("$colour", "red"), Ok(Val::Enum("red".to_owned())));
    assert_eq!(read("$colour", "\"red\""), Ok(Val::Enum("red".to_owned())));
    assert_eq!(
        read("$shape", "point"),
        Ok(Val::Variant("point".to_owned(), None))
    );
    assert_eq!(read("(option string)", "hello"), Ok(some(string("hello"))));
    assert_eq!(read("(option string)", "null"), Ok(Val::Option(None)));
    assert_eq!(
        read("(option (option u8))", "{\"some\": 1}"),
        Ok(some(some(Val::U8(1))))
    );
    assert_eq!(read("(list u8)", "[1, 2]"), Ok(bytes(&[1, 2])));
    assert_eq!(
        read("$user", "{\"first_name\": \"Ada\", \"age\": 1}"),
        Ok(user("Ada", 1, None))
    );
}

#[test]
fn text_mistakes() {
    let message = |text, argument| {
        let error = from_text(&ty(text), argument, &PLACE).expect_err("an error");
        error.to_string()
    };
    assert_eq!(message("u8", "300"), "argument 0: expected u8, got 300");
    assert_eq!(message("u8", "six"), "argument 0: expected u8, got \"six\"");
    assert_eq!(message("u64", "1.5"), "argument 0: expected u64, got 1.5");
    assert_eq!(
        message("bool", "yes"),
        "argument 0: expected bool, got \"yes\""
    );
    assert_eq!(
        message("char", "ab"),
        "argument 0: expected char, got \"ab\""
    );
    assert_eq!(
        message("f64", "infinity"),
        "argument 0: expected f64, got \"infinity\""
    );
    assert_eq!(
        message("f64", "1e999"),
        "argument 0: expected f64, got \"1e999\""
    );
    assert_eq!(
        message("$colour", "pink"),
        "argument 0: expected one of red, light-green, blue, got \"pink\""
    );
    assert_eq!(
        message("$shape", "circle"),
        "argument 0: expected {\"circle\": f64}, got \"circle\""
    );
    assert_eq!(
        message("(list u8)", "1, 2"),
        "argument 0: expected list<u8> as JSON: trailing characters at line 1 column 2"
    );
    assert_eq!(
        message("$account", "{\"users\": [{\"age\": 300}], \"open\": true}"),
        "argument 0, field users[0].first-name: missing, expected string"
    );
}

#[test]
fn a_name_that_looks_like_json_is_a_name() {
    let definitions = r#"
        (type $e-def (enum "true" "null")) (import "e" (type $e (eq $e-def)))
        (type $v-def (variant (case "true") (case "null"))) (import "v" (type $v (eq $v-def)))
    "#;
    let params = params(definitions, &["$e".to_owned(), "$v".to_owned()]);
    assert_eq!(
        text_arguments(&params, &["true", "null"]),
        Ok(vec![
            Val::Enum("true".to_owned()),
            Val::Variant("null".to_owned(), None)
        ])
    );
}
