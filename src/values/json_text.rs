//! JSON text, read strictly.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::quoted::Quoted;

/// A JSON value from its text. An object with the same key twice is an error, since nobody can know
/// which of the two is meant.
///
/// # Errors
/// For text that is not one JSON value, with the line and the column.
///
/// ```
/// assert_eq!(wippy::parse_json("[1, true]").unwrap()[0], 1);
/// assert!(wippy::parse_json(r#"{"a": 1, "a": 2}"#).is_err());
/// ```
pub fn parse_json(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).map(|Strict(value)| value)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).map(Value::Number);
        number.ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(element)) = elements.next_element()? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!(
                    "key {} given twice",
                    Quoted(&key)
                )));
            }
            let Strict(value) = entries.next_value()?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_right_is_read_as_everywhere() {
        for text in [
            "null",
            "-7",
            "18446744073709551615",
            "0.1",
            "\"a\\u00e9\\n\"",
            r#"[true, {"a": [1, {"a": 2}], "b": {}}]"#,
        ] {
            let plain: Value = serde_json::from_str(text).expect(text);
            assert_eq!(parse_json(text).expect(text), plain);
        }
    }

    #[test]
    fn a_key_twice_is_an_error_at_any_depth_with_its_place() {
        for (text, column) in [
            (r#"{"a": 1, "a": 1}"#, 12),
            (r#"[{"b": [{"a": 1, "\u0061": 1}]}]"#, 25),
        ] {
            let error = parse_json(text).expect_err(text).to_string();
            assert_eq!(
                error,
                format!("key \"a\" given twice at line 1 column {column}")
            );
        }
        for text in ["", "1 2", "{", "1e400", "[1,]"] {
            assert!(parse_json(text).is_err(), "{text}");
        }
    }
}
