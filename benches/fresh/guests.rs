//! The guests: a trivial export each.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wippy::Digest;

use crate::Fallible;

/// A guest with a function that does next to nothing: it adds two numbers.
pub struct Guest {
    pub name: &'static str,
    /// A component of the tests, or text.
    component: Component,
    pub function: &'static str,
}

enum Component {
    File(&'static str),
    Text(&'static str),
}

/// A memory with data, a table, a stack: two pages are written.
const SMALL: &str = r#"(component
    (core module $m
        (memory (export "memory") 17)
        (table 4 4 funcref)
        (elem (i32.const 1) $f)
        (data (i32.const 65536) "some data of a program")
        (func $f (export "f") (param i32 i32) (result i32)
            (i32.store (i32.const 65520) (local.get 0))
            (i32.store (i32.const 65552) (local.get 1))
            (i32.add (i32.load (i32.const 65520)) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "f"))))"#;

pub const GUESTS: [Guest; 2] = [
    Guest {
        name: "bare component",
        component: Component::Text(SMALL),
        function: "add",
    },
    Guest {
        name: "with libc and adapter",
        component: Component::File("types.wasm"),
        function: "add",
    },
];

/// The components of the tests.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/components")
}

impl Guest {
    /// The component.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn bytes(&self) -> Fallible<Vec<u8>> {
        Ok(match self.component {
            Component::File(name) => std::fs::read(directory().join(name))?,
            Component::Text(text) => wippy::to_binary(text)?,
        })
    }

    /// A document with an entry whose instances are all fresh, and one with a spare instance.
    ///
    /// # Errors
    /// None.
    pub fn project(&self, bytes: &[u8]) -> Fallible<String> {
        let entry = |name: &str, pool: Value| {
            let mut entry =
                json!({"name": name, "method": self.function, "pool": pool, "imports": []});
            match self.component {
                Component::File(file) => {
                    entry["kind"] = "function.wasm".into();
                    entry["fs"] = "guests".into();
                    entry["path"] = file.into();
                    entry["imports"] =
                        json!(["wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem"]);
                    entry["hash"] = format!("sha256:{}", Digest::of(bytes)).into();
                }
                Component::Text(text) => {
                    entry["kind"] = "function.wat".into();
                    entry["source"] = text.into();
                }
            }
            entry
        };
        let guests = json!({"name": "guests", "kind": "fs.directory", "directory": "."});
        let fresh = entry("fresh", json!({"type": "lazy"}));
        let spare = entry("spare", json!({"type": "static", "workers": 1}));
        let entries = [guests, fresh, spare];
        // JSON is YAML.
        Ok(json!({"version": "1.0", "namespace": "bench", "entries": entries}).to_string())
    }
}
