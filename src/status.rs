//! What a command's result means to the shell.

use serde_json::Value;

/// A command's exit status and what is printed of its result: `docs/errors.md`, "Exit statuses".
///
/// ```
/// use wippy::Status;
///
/// assert_eq!(Status::of_value(7.into()), Status::exit(7));
/// let printed = Status::of_value("done".into());
/// assert_eq!((printed.code, printed.output.as_deref()), (0, Some("done")));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// The exit status.
    pub code: u8,
    /// What is printed on standard output, with a newline.
    pub output: Option<String>,
    /// What is printed on standard error, with a newline.
    pub error: Option<String>,
}

impl Status {
    /// The status that a guest gave to `wasi:cli/exit`; nothing is printed.
    pub fn exit(code: u8) -> Status {
        Status {
            code,
            output: None,
            error: None,
        }
    }

    /// From the value that a command's function returned: a number is the status, a string is
    /// printed, true is 0, false 1, an err 1 with its value as the error; anything else is 0 and
    /// printed as JSON.
    pub fn of_value(value: Value) -> Status {
        match value {
            Value::Null => Status::exit(0),
            Value::Bool(ok) => Status::exit(u8::from(!ok)),
            Value::String(text) => Status::printing(text),
            Value::Number(number) => match number.as_u64().and_then(|code| u8::try_from(code).ok())
            {
                Some(code) => Status::exit(code),
                None => Status::printing(number.to_string()),
            },
            Value::Object(mut object) => {
                match (object.len(), object.remove("ok"), object.remove("err")) {
                    // `result` without a payload: `{"ok": true}`.
                    (1, Some(Value::Bool(true)), None) => Status::exit(0),
                    (1, Some(value), None) => Status::of_value(value),
                    (1, None, Some(value)) => Status {
                        code: 1,
                        output: None,
                        error: (value != Value::Bool(true)).then(|| text_of(&value)),
                    },
                    (_, ok, err) => {
                        object.extend(ok.map(|value| ("ok".to_owned(), value)));
                        object.extend(err.map(|value| ("err".to_owned(), value)));
                        Status::printing(Value::Object(object).to_string())
                    }
                }
            }
            value => Status::printing(value.to_string()),
        }
    }

    fn printing(output: String) -> Status {
        Status {
            code: 0,
            output: Some(output),
            error: None,
        }
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn results_become_statuses() {
        let cases = [
            (json!(null), 0, None, None),
            (json!(7), 7, None, None),
            (json!(256), 0, Some("256"), None),
            (json!("hi"), 0, Some("hi"), None),
            (json!(true), 0, None, None),
            (json!(false), 1, None, None),
            (json!({"ok": true}), 0, None, None),
            (json!({"ok": "done"}), 0, Some("done"), None),
            (json!({"err": true}), 1, None, None),
            (json!({"err": "no"}), 1, None, Some("no")),
            (json!({"err": {"code": 3}}), 1, None, Some(r#"{"code":3}"#)),
            (json!([1, 2]), 0, Some("[1,2]"), None),
        ];
        for (value, code, output, error) in cases {
            let status = Status::of_value(value.clone());
            assert_eq!(status.code, code, "{value}");
            assert_eq!(status.output.as_deref(), output, "{value}");
            assert_eq!(status.error.as_deref(), error, "{value}");
        }
    }
}
