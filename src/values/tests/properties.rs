//! Properties that hold for every type and value.

use proptest::prelude::*;
use serde_json::Value;

use super::super::from_json::from_json;
use super::super::path::Path;
use super::super::{from_text, signature, to_json, wave_arguments};
use super::types::{cases, json, type_of, val, wit};

const PLACE: Path<'static> = Path::Argument(0);

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), json().prop_map(|json| json.to_string())]
}

/// What WAVE text is made of, and what only looks like it.
fn wave_part() -> impl Strategy<Value = String> {
    let parts = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"",
        "'",
        "\"\"\"\n",
        "\\",
        "\\u{",
        "\\u{d800}",
        "%",
        "-",
        "1",
        "1e999",
        "-0",
        "nan",
        "inf",
        "true",
        "some(",
        "none",
        "ok",
        "err(",
        "a",
        "//",
        "\n",
        "\0",
    ];
    prop::sample::select(parts.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(cases(256))]

    /// What was written as JSON text reads back as the same value.
    #[test]
    fn a_value_survives_json(
        (wit, val) in wit(true).prop_flat_map(|wit| (Just(wit.clone()), val(&wit))),
    ) {
        let ty = type_of(&wit);
        let text = to_json(&ty, &val).unwrap().to_string();
        let json: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(from_json(&ty, &json, &PLACE).unwrap(), val, "through {}", text);
    }

    /// Any JSON is read or refused; what was read is a value of the type.
    #[test]
    fn any_json_is_a_value_or_an_error(wit in wit(true), jsons in prop::collection::vec(json(), 16)) {
        let ty = type_of(&wit);
        for json in jsons {
            match from_json(&ty, &json, &PLACE) {
                Ok(val) => {
                    let written = to_json(&ty, &val).unwrap();
                    prop_assert_eq!(from_json(&ty, &written, &PLACE).unwrap(), val);
                }
                Err(error) => prop_assert!(error.to_string().starts_with("argument 0")),
            }
        }
    }

    /// Any text on a command line is read or refused.
    #[test]
    fn any_text_is_a_value_or_an_error(wit in wit(true), texts in prop::collection::vec(text(), 16)) {
        let ty = type_of(&wit);
        for text in texts {
            if let Err(error) = from_text(&ty, &text, &PLACE) {
                prop_assert!(error.to_string().starts_with("argument 0"));
            }
        }
    }

    /// Any text between parentheses is read or refused.
    #[test]
    fn any_wave_is_a_value_or_an_error(
        wit in wit(true),
        parts in prop::collection::vec(prop_oneof![any::<String>(), wave_part()], 0..16),
    ) {
        let params = [("a".to_owned(), type_of(&wit))];
        if let Err(error) = wave_arguments(&params, &parts.concat()) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    /// JSON on a command line means what it means elsewhere, wherever text is not taken as it is.
    #[test]
    fn text_takes_json(
        (wit, val) in wit(true)
            .prop_map(|wit| super::types::Wit::Tuple(vec![wit]))
            .prop_flat_map(|wit| (Just(wit.clone()), val(&wit))),
    ) {
        let ty = type_of(&wit);
        let text = to_json(&ty, &val).unwrap().to_string();
        prop_assert_eq!(from_text(&ty, &text, &PLACE).unwrap(), val);
    }

    /// A value of one type is refused or a value of another, never a panic.
    #[test]
    fn a_foreign_value_is_an_error_or_fits(
        wit_a in wit(true),
        val_b in wit(true).prop_flat_map(|wit| val(&wit)),
    ) {
        let ty = type_of(&wit_a);
        if let Ok(json) = to_json(&ty, &val_b) {
            prop_assert_eq!(from_json(&ty, &json, &PLACE).unwrap(), val_b);
        }
    }

    /// Every type has a rendering, with all brackets closed unless it was cut.
    #[test]
    fn a_signature_is_balanced(wit in wit(true)) {
        let ty = type_of(&wit);
        let text = signature("f", &[("a".to_owned(), ty.clone())], Some(&ty));
        prop_assert!(text.len() <= super::super::signature::MAX_SIGNATURE + '…'.len_utf8());
        if text.ends_with('…') {
            return Ok(());
        }
        for (open, close) in [("<", ">"), ("{", "}"), ("(", ")")] {
            let text = text.replace("->", "");
            prop_assert_eq!(text.matches(open).count(), text.matches(close).count(), "{}", text);
        }
    }
}
