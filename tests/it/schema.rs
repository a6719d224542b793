//! The JSON Schema of `wippy schema`, as an editor's validator understands it.

use std::path::Path;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// As the program prints it.
    fn printed() -> Schema {
        let mut program = crate::support::binary();
        let output = program.arg("schema").output().expect("the program");
        let schema: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let name = "https://example.invalid/schema.json";
        compiler.add_resource(name, schema).expect("a resource");
        let index = compiler.compile(name, &mut schemas).expect("a schema");
        Schema { schemas, index }
    }

    fn check(&self, document: &Value) -> Result<(), String> {
        let valid = self.schemas.validate(document, self.index);
        valid.map_err(|error| format!("{document}: {error:#}"))
    }

    /// A document with one entry.
    fn entry(&self, entry: Value) -> Result<(), String> {
        self.check(&json!({"namespace": "app", "entries": [entry]}))
    }
}

fn example(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(path);
    let text = std::fs::read_to_string(path).expect("an example");
    serde_yaml::from_str(&text).expect("YAML")
}

#[test]
fn projects_that_load_are_valid() {
    let schema = Schema::printed();
    for path in ["tour/_index.yaml", "errors/hash.yaml", "errors/method.yaml"] {
        schema.check(&example(path)).expect(path);
    }
    let valid = [
        json!({"name": "l", "kind": "function.lua", "source": "x", "modules": [1, {"any": "thing"}]}),
        json!({"name": "e", "kind": "registry.entry", "data": {"whatever": [1, 2]}}),
        json!({"name": "w", "kind": "function.wat", "source": "(component)", "method": "f",
            "pool": {"type": "static", "workers": 4}, "limits": {"max_execution_ms": 100, "delivery_ms": 100},
            "wasi": {"env": [{"id": "x", "name": "X", "required": true}], "cwd": "/data",
                "mounts": [{"fs": "data", "guest": "/data", "read_only": true}]}}),
        // A placeholder stands for a value of any type.
        json!({"name": "w", "kind": "function.wat", "source": "(component)", "method": "f",
            "pool": {"workers": "${env:WORKERS|4}"}}),
        json!({"name": "w", "kind": "function.wat", "data": {"source": "(component)", "method": "f"}}),
    ];
    for entry in valid {
        schema.entry(entry).expect("valid");
    }
    schema
        .check(&json!({"namespace": "app", "name": "d", "kind": "fs.directory", "directory": "."}))
        .expect("one entry by itself");
}

#[test]
fn mistakes_that_need_no_other_file_are_found() {
    let schema = Schema::printed();
    for path in ["errors/field.yaml", "errors/pool.yaml"] {
        schema.check(&example(path)).expect_err(path);
    }
    let function = |field: &str, value: Value| {
        let mut entry = json!({"name": "w", "kind": "function.wat", "source": "x", "method": "f"});
        entry[field] = value;
        entry
    };
    schema.entry(function("meta", json!({}))).expect("valid");
    let invalid = [
        json!({"name": "d", "kind": "fs.directory"}),
        json!({"kind": "fs.directory", "directory": "."}),
        json!({"name": "", "kind": "fs.directory", "directory": "."}),
        function("metod", json!("g")),
        function("imports", json!("wasi:io")),
        function("pool", json!({"workers": -1})),
        function("pool", json!({"type": "elastic"})),
        function("transport", json!("grpc")),
        function("wasi", json!({"mounts": [{"fs": "data"}]})),
        function("wasi", json!({"env": [{"name": "X"}]})),
        function("limits", json!({"max_execution_ms": "soon"})),
        function("limits", json!({"delivery_ms": -1})),
    ];
    for entry in invalid {
        let text = entry.to_string();
        schema.entry(entry).expect_err(&text);
    }
}
