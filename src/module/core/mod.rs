//! Converts core modules to components when they are loaded.
//!
//! The types of the component's exports come from the entry's `wit` lines; without those, from the
//! core types of functions over numbers. A preview 1 command exports `wasi:cli/run`. A module may
//! import functions of preview 1, which an adapter maps to WASI 0.2, and one memory, which the
//! module is rewritten to define itself.

mod exports;
mod memory;
mod scan;
mod world;

use std::borrow::Cow;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use super::ModuleError;
pub(super) use exports::kebab;
use scan::{PREVIEW1, Scan, invalid};

/// A component that was converted from a core module.
pub struct Converted {
    /// The component's binary.
    pub bytes: Vec<u8>,
    /// Whether it contains the preview 1 adapter.
    pub preview1: bool,
    /// Exported functions that the component lacks, because neither `wit` nor numbers give them a
    /// type.
    pub untyped: Vec<String>,
}

/// Whether the header of these bytes is a core module's, not a component's.
pub fn is_core(bytes: &[u8]) -> bool {
    bytes.get(..8) == Some(b"\0asm\x01\0\0\0")
}

/// Converts a core module to a component. `wit` is the entry's field of that name.
///
/// # Errors
/// `Wit` when `wit` does not parse or does not match the module's types. `Invalid` when the module
/// is malformed, when it imports anything but preview 1 and one unshared memory, or when the types
/// of its exports follow neither from `wit` nor from the module.
pub fn to_component(bytes: &[u8], wit: Option<&str>) -> Result<Converted, ModuleError> {
    let scan = Scan::new(bytes)?;
    if let [(module, name), ..] = scan.foreign_imports.as_slice()
        && !scan.has_metadata
    {
        return Err(ModuleError::Invalid(format!(
            "it imports {module}#{name}, and a core module may import preview 1 only ({PREVIEW1})"
        )));
    }
    let own_memory = match scan.memory {
        Some(imported) => Cow::Owned(memory::defined(bytes, imported)?),
        None => Cow::Borrowed(bytes),
    };
    let module = match scan.has_metadata {
        // A component toolchain's output that is not encoded yet: a custom section holds its types.
        true => own_memory.into_owned(),
        false => describe(&own_memory, &scan, wit)?,
    };
    // A command needs the adapter even without imports, because the adapter exports `wasi:cli/run`.
    let preview1 = scan.preview1 || (scan.is_command() && !scan.has_metadata);
    let encoder = ComponentEncoder::default().validate(true);
    // Encoding also checks the core types against those of the component.
    let encoded = encoder.module(&module).and_then(|encoder| {
        let mut encoder = match preview1 {
            true => encoder.adapter(PREVIEW1, adapter(&scan))?,
            false => encoder,
        };
        encoder.encode()
    });
    let bytes = encoded.map_err(|error| match wit {
        Some(_) if !scan.has_metadata => {
            let cause = error.root_cause();
            ModuleError::Wit(format!("`wit` does not fit the module: {cause}"))
        }
        _ => invalid(error),
    })?;
    let untyped = match wit.is_some() || scan.has_metadata || scan.is_command() {
        true => Vec::new(),
        false => world::untyped(&scan),
    };
    Ok(Converted {
        bytes,
        preview1,
        untyped,
    })
}

/// The module with kebab-case exports and a custom section that holds their component types.
fn describe(bytes: &[u8], scan: &Scan, wit: Option<&str>) -> Result<Vec<u8>, ModuleError> {
    let mut module = exports::renamed(bytes, scan)?;
    let world = match wit {
        Some(wit) => Some(world::from_lines(wit)?),
        None => world::from_exports(scan),
    };
    let Some(text) = world else {
        // A command needs no types of its own: the adapter defines `wasi:cli/run`.
        if scan.is_command() {
            return Ok(module);
        }
        return Err(ModuleError::Invalid(
            "it is a core module without `_start` and without functions of numbers only: \
             say what it exports, such as `wit: \"answer: func() -> s32;\"`"
                .to_owned(),
        ));
    };
    let (resolve, world) = world::parse(&text)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .map_err(invalid)?;
    Ok(module)
}

fn adapter(scan: &Scan) -> &'static [u8] {
    use wasi_preview1_component_adapter_provider as provider;
    match scan.is_command() {
        true => provider::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
        false => provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(text: &str, wit: Option<&str>) -> Result<Converted, String> {
        let bytes = wat::parse_str(text).expect("text");
        assert!(is_core(&bytes));
        to_component(&bytes, wit).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_need_no_wit() {
        let text = r#"(module (func (export "add_one") (param i32) (result i32) (local.get 0)))"#;
        let converted = convert(text, None).expect("a component");
        assert!(!is_core(&converted.bytes) && !converted.preview1);
    }

    #[test]
    fn a_module_without_functions_says_what_is_missing() {
        let error = convert("(module)", None)
            .map(drop)
            .expect_err("nothing to call");
        assert!(error.contains("wit: "), "{error}");
    }

    #[test]
    fn an_import_outside_preview_1_is_named() {
        let text = r#"(module (import "env" "abort" (func)) (func (export "f")))"#;
        let error = convert(text, None).map(drop).expect_err("foreign");
        assert!(error.contains("env#abort"), "{error}");
    }

    #[test]
    fn one_imported_memory_is_made_and_nothing_else_is() {
        let with = |rest: &str| {
            let text = format!(r#"(module (import "env" "memory" (memory 1 10)) {rest})"#);
            convert(&text, None).map(|converted| converted.bytes)
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
        let error = convert(shared, None).map(drop).expect_err("threads");
        assert!(error.contains("env#m, a shared memory"), "{error}");
    }

    #[test]
    fn two_exports_of_one_kebab_name_are_refused() {
        let text = r#"(module (func (export "a_b")) (func (export "a-b")))"#;
        let error = convert(text, None).map(drop).expect_err("a clash");
        assert!(error.contains("a_b") && error.contains("a-b"), "{error}");
    }

    #[test]
    fn wit_lines_that_do_not_parse_are_an_error() {
        let text = r#"(module (func (export "f") (result i32) i32.const 1))"#;
        for wit in [
            "f: func( -> s32;",
            "f: func() -> nothing;",
            "}",
            "f",
            "g: func();",
        ] {
            assert!(convert(text, Some(wit)).is_err(), "{wit}");
        }
        convert(text, Some("f: func() -> u32")).expect("the last semicolon may be missing");
    }
}
