//! Tests of the conversions as a whole.

mod bounds;
mod compounds;
mod echo;
mod errors;
mod properties;
mod scalars;
mod signatures;
mod text;
mod types;

use serde_json::Value;
use wasmtime::component::Val;

use super::from_json::from_json;
use super::path::Path;
use super::{ValueError, to_json};
use types::ty;

const PLACE: Path<'static> = Path::Argument(0);

fn read(text: &str, json: &Value) -> Result<Val, ValueError> {
    from_json(&ty(text), json, &PLACE)
}

/// The JSON stands for the value, and the value is written as this JSON.
#[track_caller]
fn both(text: &str, json: Value, val: Val) {
    reads(text, json.clone(), val.clone());
    assert_eq!(to_json(&ty(text), &val), Ok(json));
}

#[track_caller]
fn reads(text: &str, json: Value, val: Val) {
    assert_eq!(read(text, &json), Ok(val), "{json}");
}

#[track_caller]
fn refuses(text: &str, json: Value, message: &str) {
    let error = read(text, &json).expect_err("an error");
    assert_eq!(error.to_string(), format!("argument 0{message}"));
}

fn some(val: Val) -> Val {
    Val::Option(Some(Box::new(val)))
}

fn string(text: &str) -> Val {
    Val::String(text.to_owned())
}

fn bytes(bytes: &[u8]) -> Val {
    Val::List(bytes.iter().copied().map(Val::U8).collect())
}

fn user(name: &str, age: u8, e_mail: Option<&str>) -> Val {
    Val::Record(vec![
        ("first-name".to_owned(), string(name)),
        ("age".to_owned(), Val::U8(age)),
        (
            "e-mail".to_owned(),
            e_mail.map_or(Val::Option(None), |text| some(string(text))),
        ),
    ])
}
