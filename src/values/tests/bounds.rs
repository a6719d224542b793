//! The bounds on depth and size.

use serde_json::{Value, json};

use super::super::error::Problem;
use super::super::from_json::Reader;
use super::super::from_json::from_json;
use super::super::limits::Budget;
use super::super::limits::{MAX_DEPTH, MAX_ELEMENTS};
use super::super::to_json::Writer;
use super::super::{ValueError, arguments, to_json};
use super::types::{params, ty};
use super::{PLACE, read};

#[test]
fn bounds() {
    let list = ty("(list (list bool))");
    let json = json!([[true, true], [true]]);
    let val = from_json(&list, &json, &PLACE).expect("a value");
    let outcome = |depth, elements| {
        let reader = Reader::within(Budget::new(depth, elements)).value(&list, &json, &PLACE);
        let writer = Writer::within(Budget::new(depth, elements)).value(&list, &val, &PLACE);
        assert_eq!(reader.clone().err(), writer.err());
        reader.err().map(|error| error.to_string())
    };
    assert_eq!(outcome(3, 6), None);
    assert_eq!(
        outcome(2, 6).as_deref(),
        Some("argument 0, element [0][0]: nested deeper than 2 levels")
    );
    assert_eq!(
        outcome(3, 5).as_deref(),
        Some("argument 0, element [1][0]: more than 5 elements in one call")
    );
}

#[test]
fn base64_and_flags_and_absent_fields_count() {
    let too_many = |text, json: Value, elements| {
        let error =
            Reader::within(Budget::new(MAX_DEPTH, elements)).value(&ty(text), &json, &PLACE);
        matches!(
            error,
            Err(ValueError::At {
                problem: Problem::TooMany { .. },
                ..
            })
        )
    };
    assert!(too_many("(list u8)", json!({"base64": "AAAAAAAA"}), 6));
    assert!(!too_many("(list u8)", json!({"base64": "AAAAAAAA"}), 7));
    assert!(too_many("$permissions", json!(["read", "write"]), 2));
    assert!(!too_many("$permissions", json!(["read", "write"]), 3));
    assert!(too_many("$user", json!({"first-name": "", "age": 1}), 3));
    assert!(!too_many("$user", json!({"first-name": "", "age": 1}), 4));
}

#[test]
fn the_deepest_type_fits() {
    // The validator's own bound on nesting is a little below ours.
    let depth = 90;
    let text = format!("{}u8{}", "(list ".repeat(depth), ")".repeat(depth));
    let json: Value = (0..depth).fold(json!(1), |json, _| json!([json]));
    let val = read(&text, &json).expect("a value");
    assert_eq!(to_json(&ty(&text), &val), Ok(json));
}

#[test]
fn bounds_hold_for_all_arguments_together() {
    let params = params("", &vec!["(list u8)".to_owned(); 2]);
    let half = json!({"base64": "AAAA".repeat(MAX_ELEMENTS / 6 + 1)});
    assert!(arguments(&params[..1], std::slice::from_ref(&half)).is_ok());
    let error = arguments(&params, &[half.clone(), half]).err();
    let message = error.map(|error| error.to_string());
    assert_eq!(
        message.as_deref(),
        Some("argument 1, field base64: more than 4194304 elements in one call")
    );
}
