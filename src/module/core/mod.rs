//! Core modules when they are loaded: made components, or left as they are.
//!
//! The types of the exports come from the entry's `wit` lines; without those, from the core types of
//! functions over numbers. A module may import one memory, which it is rewritten to define itself. A
//! module that imports preview 1, or is a command (`_start`, which is `wasi:cli/run`), stays a core
//! module; any other is made a component.

mod exports;
mod memory;
mod native;
mod scan;
mod world;

use std::borrow::Cow;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use super::ModuleError;
pub(super) use exports::kebab;
pub(crate) use native::{CoreExports, Native};
use scan::{Scan, invalid};

/// What a core module is loaded as.
pub struct Loaded {
    /// The binary: a component's, or that of the core module that it stays.
    pub bytes: Vec<u8>,
    /// What is known of a module that stays one.
    pub native: Option<Native>,
    /// Exported functions that cannot be called, because neither `wit` nor numbers give them a type.
    pub untyped: Vec<String>,
}

/// Whether the header of these bytes is a core module's, not a component's.
pub fn is_core(bytes: &[u8]) -> bool {
    bytes.get(..8) == Some(b"\0asm\x01\0\0\0")
}

/// Loads a core module. `wit` is the entry's field of that name.
///
/// # Errors
/// `Wit` when `wit` does not parse or does not match the module's types. `Invalid` when the module
/// is malformed, when it imports anything but preview 1 and one unshared memory, when it imports
/// preview 1 and was meant to be made a component with an adapter, or when the types of its exports
/// follow neither from `wit` nor from the module.
pub fn load(bytes: &[u8], wit: Option<&str>) -> Result<Loaded, ModuleError> {
    let scan = Scan::new(bytes)?;
    scan.check_imports()?;
    let own_memory = match scan.memory {
        Some(imported) => Cow::Owned(memory::defined(bytes, imported)?),
        None => Cow::Borrowed(bytes),
    };
    let untyped = match wit.is_some() || scan.has_metadata || scan.is_command() {
        true => Vec::new(),
        false => world::untyped(&scan),
    };
    if scan.is_native() {
        return Ok(Loaded {
            native: Some(Native::new(&scan, wit)?),
            bytes: own_memory.into_owned(),
            untyped,
        });
    }
    let module = match scan.has_metadata {
        // A component toolchain's output that is not encoded yet: a custom section holds its types.
        true => own_memory.into_owned(),
        false => describe(&own_memory, &scan, wit)?,
    };
    let encoder = ComponentEncoder::default().validate(true);
    // Encoding also checks the core types against those of the component.
    let encoded = encoder
        .module(&module)
        .and_then(|mut encoder| encoder.encode());
    let bytes = encoded.map_err(|error| match wit {
        Some(_) if !scan.has_metadata => {
            let cause = error.root_cause();
            ModuleError::Wit(format!("`wit` does not fit the module: {cause}"))
        }
        _ => invalid(error),
    })?;
    Ok(Loaded {
        bytes,
        native: None,
        untyped,
    })
}

/// The module with kebab-case exports and a custom section that holds their component types.
fn describe(bytes: &[u8], scan: &Scan, wit: Option<&str>) -> Result<Vec<u8>, ModuleError> {
    let mut module = exports::renamed(bytes, scan)?;
    let text = match wit {
        Some(wit) => world::from_lines(wit)?,
        None => world::from_exports(scan).ok_or_else(nothing_to_call)?,
    };
    let (resolve, world) = world::parse(&text)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .map_err(invalid)?;
    Ok(module)
}

/// The error of a module of which nothing can be called.
fn nothing_to_call() -> ModuleError {
    ModuleError::Invalid(
        "it is a core module without `_start` and without functions of numbers only: \
         say what it exports, such as `wit: \"answer: func() -> s32;\"`"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str, wit: Option<&str>) -> Result<Loaded, String> {
        let bytes = wat::parse_str(text).expect("text");
        assert!(is_core(&bytes));
        load(&bytes, wit).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_need_no_wit() {
        let text = r#"(module (func (export "add_one") (param i32) (result i32) (local.get 0)))"#;
        let loaded = load_text(text, None).expect("a component");
        assert!(!is_core(&loaded.bytes) && loaded.native.is_none());
    }

    #[test]
    fn a_module_without_functions_says_what_is_missing() {
        let error = load_text("(module)", None)
            .map(drop)
            .expect_err("nothing to call");
        assert!(error.contains("wit: "), "{error}");
    }

    #[test]
    fn an_import_outside_preview_1_is_named() {
        for import in [
            r#""env" "abort""#,
            r#""wasi_snapshot_preview1" "fd_dance""#,
            r#""wasi_unstable" "sock_accept""#,
        ] {
            let text = format!(r#"(module (import {import} (func)) (func (export "f")))"#);
            let error = load_text(&text, None).map(drop).expect_err("foreign");
            let name = import.replace(r#"" ""#, "#").replace('"', "");
            assert!(error.contains(&name), "{error}");
        }
    }

    #[test]
    fn a_module_stays_one_where_it_imports_preview_1_or_is_a_command() {
        let exit = r#"(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))"#;
        for text in [
            format!(r#"(module {exit} (func (export "add_one") (param i32)))"#),
            format!(r#"(module {exit} (func (export "_start")))"#)
                .replace("snapshot_preview1", "unstable"),
            r#"(module (func (export "_start")))"#.to_owned(),
        ] {
            let loaded = load_text(&text, None).expect(&text);
            assert!(is_core(&loaded.bytes) && loaded.native.is_some(), "{text}");
        }
    }

    #[test]
    fn one_imported_memory_is_made_and_nothing_else_is() {
        let with = |rest: &str| {
            let text = format!(r#"(module (import "env" "memory" (memory 1 10)) {rest})"#);
            load_text(&text, None).map(|loaded| loaded.bytes)
        };
        let fine = [
            r#"(func (export "f"))"#,
            r#"(func (export "f")) (export "memory" (memory 0)) (data (i32.const 0) "x")"#,
            r#"(func (export "f")) (memory (export "memory") 1) (table 1 funcref) (global i32 i32.const 1)"#,
            r#"(func (export "f")) (func (export "memory"))"#,
        ];
        for rest in fine {
            with(rest).expect(rest);
        }
        let refused = [
            (
                r#"(import "env" "other" (memory 1)) (func (export "f"))"#,
                "env#other",
            ),
            (
                r#"(import "env" "g" (global i32)) (func (export "f"))"#,
                "env#g",
            ),
        ];
        for (rest, name) in refused {
            let error = with(rest).expect_err(rest);
            assert!(error.contains(name), "{error}");
        }
        let shared = r#"(module (import "env" "m" (memory 1 2 shared)) (func (export "f")))"#;
        let error = load_text(shared, None).map(drop).expect_err("threads");
        assert!(error.contains("env#m, a shared memory"), "{error}");
    }

    #[test]
    fn two_exports_of_one_kebab_name_are_refused() {
        let text = r#"(module (func (export "a_b")) (func (export "a-b")))"#;
        let error = load_text(text, None).map(drop).expect_err("a clash");
        assert!(error.contains("a_b") && error.contains("a-b"), "{error}");
    }

    #[test]
    fn wit_lines_that_do_not_parse_are_an_error() {
        let text = r#"(module (func (export "f") (result i32) i32.const 1))"#;
        let import = r#"(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))"#;
        let native = text.replace("(module", &format!("(module {import}"));
        for wit in [
            "f: func( -> s32;",
            "f: func() -> nothing;",
            "}",
            "f",
            "g: func();",
        ] {
            assert!(load_text(text, Some(wit)).is_err(), "{wit}");
            assert!(load_text(&native, Some(wit)).is_err(), "{wit}");
        }
        load_text(text, Some("f: func() -> u32")).expect("the last semicolon may be missing");
    }
}
