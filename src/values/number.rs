//! Numbers in JSON: which forms stand for which value.

use std::str::FromStr;

use serde_json::{Number, Value};

/// Integers up to this one are exact in every JSON reader; larger ones travel as strings.
const MAX_EXACT: u64 = 1 << 53;

/// An integer of at most 32 bits: a number in range, an integral float below 2^53 included.
pub(super) fn integer<T: TryFrom<i128>>(json: &Value) -> Option<T> {
    let Value::Number(number) = json else {
        return None;
    };
    let wide = number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
        .or_else(|| integral(number.as_f64()?))?;
    T::try_from(wide).ok()
}

/// A 64-bit integer: as [`integer`], or a string of decimal digits.
pub(super) fn wide_integer<T: TryFrom<i128> + FromStr>(json: &Value) -> Option<T> {
    match json {
        Value::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            decimal.then(|| text.parse().ok()).flatten()
        }
        _ => integer(json),
    }
}

/// From 2^53 on a float stands for several integers (9007199254740993.0 becomes …992): which one was
/// meant is lost, so that it is none.
fn integral(float: f64) -> Option<i128> {
    (float.fract() == 0.0 && float.abs() < MAX_EXACT as f64).then_some(float as i128)
}

/// An `f64`: a finite number, or the name of a value that JSON numbers lack.
pub(super) fn float64(json: &Value) -> Option<f64> {
    match json {
        Value::Number(number) => number.as_f64().filter(|float| float.is_finite()),
        Value::String(text) => match text.as_str() {
            "nan" => Some(f64::NAN),
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// An `f32`: rounded to the nearest; a finite number that rounds to infinity is out of range.
pub(super) fn float32(json: &Value) -> Option<f32> {
    let wide = float64(json)?;
    let narrow = wide as f32;
    (narrow.is_finite() || !wide.is_finite()).then_some(narrow)
}

/// A signed 64-bit integer as JSON.
pub(super) fn from_s64(value: i64) -> Value {
    if value.unsigned_abs() > MAX_EXACT {
        Value::String(value.to_string())
    } else {
        Value::from(value)
    }
}

/// An unsigned 64-bit integer as JSON.
pub(super) fn from_u64(value: u64) -> Value {
    if value > MAX_EXACT {
        Value::String(value.to_string())
    } else {
        Value::from(value)
    }
}

/// An `f64` as JSON.
pub(super) fn from_f64(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::from("nan"),
        None if value > 0.0 => Value::from("inf"),
        None => Value::from("-inf"),
    }
}

/// An `f32` as JSON, with the digits that an `f32` has: 0.1, not 0.10000000149011612.
pub(super) fn from_f32(value: f32) -> Value {
    let shortest = value.to_string().parse::<f64>().ok();
    match shortest {
        // Rounding twice could, for all the types say, give a neighbour: then exactness wins.
        Some(short) if short as f32 == value => from_f64(short),
        _ => from_f64(f64::from(value)),
    }
}
