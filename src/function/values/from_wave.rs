//! Arguments as WAVE text, the value syntax of the component model: `1, "x", {a: 1}`.

use wasmtime::component::wasm_wave::untyped::UntypedFuncCall;
use wasmtime::component::{Type, Val};

use super::error::{Problem, ValueError};
use super::from_json::check_count;
use super::limits::MAX_DEPTH;
use super::path::Path;

/// The most WAVE text that is read, in bytes.
pub const MAX_WAVE: usize = 1 << 20;

/// All arguments of a call from what stands between its parentheses.
///
/// # Errors
/// [`ValueError::Count`] unless there is one value for each parameter, [`ValueError::At`] with
/// argument 0 as the place for text that is not WAVE, and for values that do not fit their types.
pub fn wave_arguments(params: &[(String, Type)], text: &str) -> Result<Vec<Val>, ValueError> {
    let wrong = |reason: String| ValueError::At {
        path: Path::Argument(0).to_string(),
        problem: Problem::NotWave { reason },
    };
    if text.len() > MAX_WAVE {
        return Err(wrong(format!("longer than {MAX_WAVE} bytes")));
    }
    if depth(text) > MAX_DEPTH {
        return Err(ValueError::At {
            path: Path::Argument(0).to_string(),
            problem: Problem::TooDeep { limit: MAX_DEPTH },
        });
    }
    let source = format!("f({text})");
    let call = UntypedFuncCall::parse(&source).map_err(|error| wrong(error.to_string()))?;
    let given = call.params_node().map_or(0, |node| match node.as_tuple() {
        Ok(values) => values.count(),
        Err(_) => 1,
    });
    check_count(params.len(), given)?;
    let types: Vec<&Type> = params.iter().map(|(_, ty)| ty).collect();
    call.to_wasm_params(types)
        .map_err(|error| wrong(error.to_string()))
}

/// How deep its brackets go, at most; those in strings count too, which only a very odd string
/// notices.
fn depth(text: &str) -> usize {
    let (mut depth, mut most) = (0usize, 0);
    for character in text.chars() {
        match character {
            '(' | '[' | '{' => {
                depth += 1;
                most = most.max(depth);
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}
