//! A JSON Schema of documents, from the same reading that loads them.

use serde_json::{Map, Value, json};

use super::describe::{Field, Shape};
use super::kinds::{KINDS, describe};

/// The JSON Schema of a document of entries. Kinds that are not run here may hold anything.
///
/// ```
/// let schema = wippy::project::schema();
/// assert!(schema["$defs"]["function.wasm"].is_object());
/// ```
pub fn schema() -> Value {
    let mut definitions = Map::new();
    let mut rules = Vec::new();
    for kind in KINDS {
        definitions.insert(kind.to_owned(), configuration(kind));
        rules.push(json!({
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {"anyOf": [
                {"required": ["data"]},
                {"$ref": format!("#/$defs/{kind}")},
            ]},
        }));
    }
    let text = json!({"type": "string", "minLength": 1});
    let entry = json!({
        "type": "object",
        "required": ["name", "kind"],
        "properties": {"name": text, "kind": text, "meta": {"type": "object"}},
        "allOf": rules,
    });
    definitions.insert("entry".to_owned(), entry);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Entries of a project",
        "type": "object",
        "required": ["namespace"],
        "properties": {
            "version": {},
            "namespace": {"type": "string", "pattern": "^[^:]+$"},
            "meta": {"type": "object"},
            "entries": {"type": "array", "items": {"$ref": "#/$defs/entry"}},
        },
        "if": {"required": ["kind"]},
        "then": {"$ref": "#/$defs/entry"},
        "$defs": definitions,
    })
}

/// The fields of one kind.
fn configuration(kind: &str) -> Value {
    let mut fields = describe(kind);
    // What stands around the configuration of every entry.
    for (path, shape) in [
        ("name", Shape::String),
        ("kind", Shape::String),
        ("namespace", Shape::String),
        ("meta", Shape::Any),
    ] {
        let path = path.to_owned();
        fields.push(Field {
            path,
            shape,
            required: false,
            choices: &[],
        });
    }
    let (meta, own): (Vec<_>, Vec<_>) = fields
        .into_iter()
        .partition(|field| field.path.starts_with("meta."));
    let mut schema = object(&own, "");
    if !meta.is_empty() {
        let mut inner = object(&meta, "meta.");
        open(&mut inner);
        put(&mut schema, "properties", "meta", inner);
    }
    // Hosts take what they are given.
    if matches!(kind, "process.host" | "terminal.host") {
        open(&mut schema);
    }
    schema
}

/// An object of the fields that stand directly below `prefix`.
fn object(fields: &[Field], prefix: &str) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let Some(name) = field.path.strip_prefix(prefix) else {
            continue;
        };
        if name.contains(['.', '[']) {
            continue;
        }
        if field.required {
            required.push(name);
        }
        properties.insert(name.to_owned(), value(field, fields));
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        // Places for anchors.
        "patternProperties": {"^x-": {}},
        "additionalProperties": false,
    })
}

fn value(field: &Field, fields: &[Field]) -> Value {
    let path = &field.path;
    let single = json!({"type": ["string", "number", "boolean", "null"]});
    match field.shape {
        Shape::String if !field.choices.is_empty() => {
            or_placeholder(json!({"enum": field.choices}))
        }
        Shape::String => json!({"type": "string"}),
        Shape::Flag => or_placeholder(json!({"type": "boolean"})),
        Shape::Integer => or_placeholder(json!({"type": "integer", "minimum": 0})),
        Shape::SignedInteger => or_placeholder(json!({"type": "integer"})),
        Shape::Number => or_placeholder(json!({"type": "number"})),
        Shape::Text => single,
        Shape::Strings => json!({"type": "array", "items": {"type": "string"}}),
        Shape::Texts => json!({"type": "object", "additionalProperties": single}),
        Shape::Section => object(fields, &format!("{path}.")),
        Shape::Sections => json!({"type": "array", "items": object(fields, &format!("{path}[]."))}),
        Shape::NamedSections => {
            let mut named = object(fields, &format!("{path}[]."));
            // A name may stand by itself.
            put_type(&mut named, json!(["object", "null"]));
            json!({"type": "object", "additionalProperties": named})
        }
        Shape::Duration => json!({"type": ["string", "integer"]}),
        Shape::Mode => json!({"type": ["string", "integer"]}),
        Shape::List => json!({"type": "array"}),
        Shape::Any => json!({}),
    }
}

/// A value, or the placeholder that stands for one.
fn or_placeholder(value: Value) -> Value {
    json!({"anyOf": [value, {"type": "string", "pattern": "^\\$\\{.*\\}$"}]})
}

/// The JSON Schema of a document that consists of these fields.
pub(crate) fn schema_of(title: &str, fields: &[Field]) -> Value {
    let mut schema = object(fields, "");
    if let Some(schema) = schema.as_object_mut() {
        let dialect = "https://json-schema.org/draft/2020-12/schema";
        schema.insert("$schema".to_owned(), dialect.into());
        schema.insert("title".to_owned(), title.into());
    }
    schema
}

fn put_type(schema: &mut Value, ty: Value) {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("type".to_owned(), ty);
    }
}

fn open(schema: &mut Value) {
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("additionalProperties");
    }
}

fn put(schema: &mut Value, section: &str, name: &str, value: Value) {
    let section = schema.get_mut(section).and_then(Value::as_object_mut);
    if let Some(section) = section {
        section.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pointer: &str) -> Value {
        let schema = schema();
        let found = schema.pointer(&format!("/$defs/{pointer}"));
        found.cloned().unwrap_or_else(|| panic!("{pointer}"))
    }

    #[test]
    fn fields_come_from_the_reading() {
        let required = |kind: &str| at(&format!("{kind}/required"));
        assert_eq!(
            required("function.wasm"),
            json!(["fs", "path", "hash", "method"])
        );
        assert_eq!(required("function.wat"), json!(["source", "method"]));
        assert_eq!(required("env.variable"), json!(["storage"]));
        assert_eq!(required("env.storage.router"), json!(["storages"]));
        assert_eq!(required("process.service"), json!(["process", "host"]));
        assert_eq!(required("http.endpoint"), json!(["path", "func"]));
        assert_eq!(required("fs.directory"), json!(["directory"]));
        let mount = at("function.wat/properties/wasi/properties/mounts/items");
        assert_eq!(mount.get("required"), Some(&json!(["fs", "guest"])));
        let names = |pointer: &str| match at(pointer) {
            Value::Object(map) => {
                let mut names: Vec<_> = map.keys().cloned().collect();
                names.sort();
                names.join(" ")
            }
            other => panic!("{other}"),
        };
        assert_eq!(
            names("function.wat/properties/pool/properties"),
            "buffer max_size size type warm_start worker_class workers"
        );
        assert_eq!(
            names("terminal.host/properties/lifecycle/properties/restart/properties"),
            "backoff_factor initial_delay max_attempts max_delay"
        );
        assert_eq!(
            names("process.wasm/properties/meta/properties/command/properties"),
            "main name short use_case"
        );
        let kind = at("function.wat/properties/pool/properties/type/anyOf/0");
        assert_eq!(
            kind,
            json!({"enum": ["inline", "lazy", "static", "adaptive"]})
        );
    }

    #[test]
    fn every_kind_is_described() {
        for kind in KINDS {
            assert_eq!(at(&format!("{kind}/type")), json!("object"), "{kind}");
            assert!(
                at(&format!("{kind}/properties/lifecycle")).is_object(),
                "{kind}"
            );
        }
    }
}
