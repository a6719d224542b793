//! The functions that were running when a guest trapped, as people know them.

use std::fmt;

use wasmtime::WasmBacktrace;

use crate::one_line::OneLine;

/// The most functions that are shown.
const SHOWN: usize = 16;
/// The longest name that is shown, in characters.
const NAME_MAX: usize = 256;

/// How the functions begin that come with a language and not with a program: those of Rust and its
/// panics, of C and C++ and their start and end, and what is generated at a component's interface.
const RUNTIME: [&str; 27] = [
    "std::",
    "<std::",
    "core::",
    "<core::",
    "alloc::",
    "<alloc::",
    "<&T as core::",
    "__rust",
    "rust_",
    "_rust",
    "__rustc",
    "_start",
    "__main_void",
    "__original_main",
    "__wasm",
    "__wasi",
    "__wasilibc",
    "__cxa",
    "__imported_",
    "abort",
    "exit",
    "_Exit",
    "wasi_snapshot_preview1",
    "wasi:cli/run@",
    "wit_bindgen",
    "wit-component:",
    "indirect-",
];

/// The names of the functions that were running when a guest trapped, innermost first. Functions
/// without a name are left out.
///
/// ```
/// use wippy::{Arguments, CallErrorKind, Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module (func $fails (export "fails") unreachable))"#;
/// let entry = Entry::function("file:guest").bytes(text);
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let call = runtime.call("file:guest", Arguments::Wave(""));
/// let error = dispatcher.block_on(call)?.unwrap_err();
/// let CallErrorKind::Trap(trap) = error.kind else {
///     panic!("{error}");
/// };
/// assert_eq!(trap.backtrace.names(), ["fails"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Backtrace(Vec<String>);

impl Backtrace {
    /// The names of the frames that the engine has recorded.
    pub(super) fn new(backtrace: &WasmBacktrace) -> Backtrace {
        let frames = backtrace.frames().iter();
        let names = frames.filter_map(|frame| frame.func_name());
        Backtrace(names.map(demangled).collect())
    }

    /// The names, innermost first.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// The name as its language writes it.
fn demangled(name: &str) -> String {
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        return format!("{rust:#}");
    }
    let symbol = cpp_demangle::Symbol::new(name).ok();
    let cpp = symbol.and_then(|symbol| symbol.demangle().ok());
    cpp.unwrap_or_else(|| name.to_owned())
}

fn is_runtime(name: &str) -> bool {
    RUNTIME.iter().any(|start| name.starts_with(start))
}

/// The guest's own functions, a line each; those of its language are counted, unless there are no
/// others.
impl fmt::Display for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (runtime, own): (Vec<_>, Vec<_>) = self.0.iter().partition(|name| is_runtime(name));
        let (shown, folded) = match own.is_empty() {
            true => (runtime, 0),
            false => (own, runtime.len()),
        };
        for name in shown.iter().take(SHOWN) {
            let name: String = name.chars().take(NAME_MAX).collect();
            write!(f, "\n    in {}", OneLine(&name))?;
        }
        if let Some(hidden @ 1..) = shown.len().checked_sub(SHOWN) {
            write!(f, "\n    and {hidden} more")?;
        }
        match folded {
            0 => Ok(()),
            1 => write!(f, "\n    and 1 function of its language's runtime"),
            _ => write!(f, "\n    and {folded} functions of its language's runtime"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_their_languages_write_them() {
        for (name, shown) in [
            (
                "_ZN4core9panicking5panic17h0123456789abcdefE",
                "core::panicking::panic",
            ),
            ("_RNvCs1234_7mycrate3foo", "mycrate::foo"),
            ("_ZN3foo3barEi", "foo::bar(int)"),
            ("add_one", "add_one"),
            ("_Znonsense", "_Znonsense"),
        ] {
            assert_eq!(demangled(name), shown);
        }
    }

    #[test]
    fn the_guests_own_functions_are_shown_and_the_others_counted() {
        let of = |names: &[&str]| {
            let names = names.iter().map(|&name| name.to_owned());
            Backtrace(names.collect()).to_string()
        };
        let names = [
            "core::panicking::panic",
            "mine::f",
            "std::rt::lang_start",
            "_start",
        ];
        let shown = "\n    in mine::f\n    and 3 functions of its language's runtime";
        assert_eq!(of(&names), shown);
        assert_eq!(of(&["abort", "_start"]), "\n    in abort\n    in _start");
        assert_eq!(of(&["a\u{1b}[2J"]), "\n    in a\\u{1b}[2J");
        assert_eq!(of(&[]), "");
        let many = of(&["f"; 20]);
        assert!(many.ends_with("\n    and 4 more"), "{many}");
    }
}
