//! Values with parts, in both directions: the rows of `docs/values.md`.

use serde_json::json;
use wasmtime::component::Val;

use super::super::to_json;
use super::types::ty;
use super::{both, bytes, read, reads, refuses, some, string, user};

#[test]
fn byte_lists() {
    both("(list u8)", json!([0, 1, 255]), bytes(&[0, 1, 255]));
    reads("(list u8)", json!({"base64": "AAH/"}), bytes(&[0, 1, 255]));
    reads("(list u8)", json!({"base64": ""}), bytes(&[]));
    refuses(
        "(list u8)",
        json!([1, 256]),
        ", element [1]: expected u8, got 256",
    );
    refuses(
        "(list u8)",
        json!("AAH/"),
        ": expected list<u8>, got \"AAH/\"",
    );
    refuses(
        "(list u8)",
        json!({"base64": 1}),
        ", field base64: expected string, got 1",
    );
    refuses(
        "(list u8)",
        json!({}),
        ", field base64: missing, expected string",
    );
    refuses(
        "(list u8)",
        json!({"base46": ""}),
        ", field base46: unknown field, did you mean \"base64\"?",
    );
    refuses(
        "(list s8)",
        json!({"base64": ""}),
        ": expected list<s8>, got an object",
    );
    let error = read("(list u8)", &json!({"base64": "A-"})).expect_err("an error");
    assert!(
        error
            .to_string()
            .starts_with("argument 0, field base64: invalid base64: ")
    );
}

#[test]
fn lists_and_tuples() {
    both(
        "(list (list s8))",
        json!([[], [-1]]),
        Val::List(vec![Val::List(vec![]), Val::List(vec![Val::S8(-1)])]),
    );
    both(
        "(tuple u8 string)",
        json!([1, "a"]),
        Val::Tuple(vec![Val::U8(1), string("a")]),
    );
    both(
        "(list u8 2)",
        json!([1, 2]),
        Val::FixedLengthList(vec![Val::U8(1), Val::U8(2)]),
    );
    refuses("(list s8)", json!({}), ": expected list<s8>, got an object");
    refuses("(tuple u8 u8)", json!([1]), ": expected 2 elements, got 1");
    refuses(
        "(tuple u8 u8)",
        json!([1, 2, 3]),
        ": expected 2 elements, got 3",
    );
    refuses("(tuple u8 u8)", json!(1), ": expected tuple<u8, u8>, got 1");
    refuses("(list u8 2)", json!([1]), ": expected 2 elements, got 1");
}

#[test]
fn records() {
    both(
        "$user",
        json!({"first-name": "Ada", "age": 36, "e-mail": "a@b"}),
        user("Ada", 36, Some("a@b")),
    );
    reads(
        "$user",
        json!({"first_name": "Ada", "age": 36, "e_mail": null}),
        user("Ada", 36, None),
    );
    reads(
        "$user",
        json!({"age": 36, "first_name": "Ada"}),
        user("Ada", 36, None),
    );
    assert_eq!(
        to_json(&ty("$user"), &user("Ada", 36, None)),
        Ok(json!({"first-name": "Ada", "age": 36, "e-mail": null}))
    );
}

#[test]
fn options() {
    both("(option u8)", json!(null), Val::Option(None));
    both("(option u8)", json!(5), some(Val::U8(5)));
    let nested = "(option (option u8))";
    both(nested, json!(null), Val::Option(None));
    both(nested, json!({"some": null}), some(Val::Option(None)));
    both(nested, json!({"some": 5}), some(some(Val::U8(5))));
    both(
        "(option (option (option u8)))",
        json!({"some": {"some": null}}),
        some(some(Val::Option(None))),
    );
    refuses(nested, json!(5), ": expected null or {\"some\": …}, got 5");
    refuses(
        nested,
        json!({"some": 1, "more": 2}),
        ": expected null or {\"some\": …}, got an object",
    );
}

#[test]
fn results() {
    let ok = |val| Val::Result(Ok(val));
    let err = |val| Val::Result(Err(val));
    both(
        "(result u8 (error string))",
        json!({"ok": 1}),
        ok(Some(Box::new(Val::U8(1)))),
    );
    both(
        "(result u8 (error string))",
        json!({"err": "no"}),
        err(Some(Box::new(string("no")))),
    );
    both("(result)", json!({"ok": true}), ok(None));
    both("(result)", json!({"err": true}), err(None));
    both("(result (error u8))", json!({"ok": true}), ok(None));
    both("(result u8)", json!({"err": true}), err(None));
    refuses(
        "(result)",
        json!({"ok": 1}),
        ", field ok: expected true, got 1",
    );
    refuses(
        "(result)",
        json!({"err": null}),
        ", field err: expected true, got null",
    );
    for json in [
        json!("ok"),
        json!({}),
        json!({"Ok": true}),
        json!({"ok": true, "err": true}),
    ] {
        let error = read("(result)", &json).expect_err("an error").to_string();
        assert!(
            error.contains(r#"expected {"ok": …} or {"err": …}, got "#),
            "{error}"
        );
    }
}

#[test]
fn variants() {
    both(
        "$shape",
        json!("point"),
        Val::Variant("point".to_owned(), None),
    );
    both(
        "$shape",
        json!({"circle": 1.5}),
        Val::Variant("circle".to_owned(), Some(Box::new(Val::Float64(1.5)))),
    );
    refuses(
        "$shape",
        json!("circle"),
        ": expected {\"circle\": f64}, got \"circle\"",
    );
    refuses(
        "$shape",
        json!({"point": 1}),
        ": expected \"point\", got an object",
    );
    refuses(
        "$shape",
        json!({"sqare": 1}),
        ": expected one of point, circle, owned-by, got \"sqare\"",
    );
    refuses(
        "$shape",
        json!(7),
        ": expected one of point, circle, owned-by, got 7",
    );
    refuses(
        "$shape",
        json!({}),
        ": expected an object with one key of point, circle, owned-by, got an object",
    );
}

#[test]
fn enums() {
    both(
        "$colour",
        json!("light-green"),
        Val::Enum("light-green".to_owned()),
    );
    refuses(
        "$colour",
        json!("light_green"),
        ": expected one of red, light-green, blue, got \"light_green\"",
    );
    refuses(
        "$colour",
        json!(0),
        ": expected one of red, light-green, blue, got 0",
    );
}

#[test]
fn flags() {
    let flags = |names: &[&str]| Val::Flags(names.iter().map(|name| (*name).to_owned()).collect());
    both("$permissions", json!([]), flags(&[]));
    both(
        "$permissions",
        json!(["read", "run-it"]),
        flags(&["read", "run-it"]),
    );
    reads(
        "$permissions",
        json!(["write", "read"]),
        flags(&["read", "write"]),
    );
    let json = to_json(&ty("$permissions"), &flags(&["write", "read", "write"]));
    assert_eq!(json, Ok(json!(["read", "write"])));
    refuses(
        "$permissions",
        json!(["read", "read"]),
        ", element [1]: flag \"read\" given twice",
    );
    refuses(
        "$permissions",
        json!(["fly"]),
        ", element [0]: expected one of read, write, run-it, got \"fly\"",
    );
    refuses(
        "$permissions",
        json!({"read": true}),
        ": expected flags{read, write, run-it}, got an object",
    );
}
