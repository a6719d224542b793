//! Finding the function that an entry's `method` names.

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, Type};

use super::{ModuleError, core};
use crate::nearest::distance;

/// An exported function of a component.
#[derive(Clone, Debug)]
pub struct Export {
    /// `function` or `package:name/interface@version#function`.
    pub name: String,
    /// Its type.
    pub ty: ComponentFunc,
}

/// The function that an entry calls.
#[derive(Clone, Debug)]
pub struct Method {
    /// Its full name.
    pub name: String,
    /// Names and types of its parameters.
    pub params: Vec<(String, Type)>,
    /// The type of its result.
    pub result: Option<Type>,
}

/// The exported functions of a component, in its order.
pub fn exports(component: &Component) -> Vec<Export> {
    let engine = component.engine();
    let mut found = Vec::new();
    for (name, item) in component.component_type().exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(ty) => found.push(Export {
                name: name.to_owned(),
                ty,
            }),
            ComponentItem::ComponentInstance(instance) => {
                for (function, item) in instance.exports(engine) {
                    if let ComponentItem::ComponentFunc(ty) = item.ty {
                        found.push(Export {
                            name: format!("{name}#{function}"),
                            ty,
                        });
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Where a component's `wasi:http/incoming-handler@0.2.x#handle` is, if it has one.
pub fn incoming_handler(component: &Component) -> Option<ComponentExportIndex> {
    let component_type = component.component_type();
    let mut names = component_type.exports(component.engine());
    let is_it = |name: &str| name.starts_with("wasi:http/incoming-handler@0.2.");
    let (name, _) = names.find(|(name, _)| is_it(name))?;
    let interface = component.get_export_index(None, name)?;
    component.get_export_index(Some(&interface), "handle")
}

impl Method {
    /// Finds `written` among the exports, and where it is in an instance: a function, or `interface#function` whose package and
    /// version may be left out where one interface fits. A function that only one interface
    /// exports is found by its bare name too, and so is the only function of a full interface
    /// name: `wasi:cli/run`. Snake case and camel case mean kebab case, `_start` means
    /// `wasi:cli/run`. Nothing means the command, or else the only function.
    ///
    /// # Errors
    /// `Method`, listing what there is.
    pub fn find(
        component: &Component,
        written: &str,
    ) -> Result<(Method, ComponentExportIndex), ModuleError> {
        let exports = exports(component);
        let names: Vec<&str> = exports.iter().map(|export| export.name.as_str()).collect();
        let name = choose(&names, written)?;
        let export = exports.iter().find(|export| export.name == name);
        let unknown = || ModuleError::Method(format!("method {written:?} is not a function"));
        let export = export.ok_or_else(unknown)?;
        let index = match export.name.split_once('#') {
            None => component.get_export_index(None, &export.name),
            Some((interface, function)) => component
                .get_export_index(None, interface)
                .and_then(|instance| component.get_export_index(Some(&instance), function)),
        };
        let method = Method {
            name: export.name.clone(),
            params: export
                .ty
                .params()
                .map(|(name, ty)| (name.to_owned(), ty))
                .collect(),
            result: export.ty.results().next(),
        };
        Ok((method, index.ok_or_else(unknown)?))
    }

    /// Whether it is the entry point of a command.
    pub fn is_run(&self) -> bool {
        is_run(&self.name)
    }
}

/// The one of `exports` that `written` means, of a module whose `untyped` functions are none of them.
///
/// # Errors
/// `Method` for an untyped function, and the errors of [`choose`].
pub fn choose_typed<'a>(
    exports: &[&'a str],
    untyped: &[String],
    written: &str,
) -> Result<&'a str, ModuleError> {
    choose(exports, written).map_err(|error| {
        let name = core::kebab(&written.replace('_', "-"));
        match untyped.contains(&name) {
            true => ModuleError::Method(format!(
                "method {written:?} of the core module takes or returns more than numbers: say what \
                 in `wit`, such as \"{name}: func(text: string) -> string;\""
            )),
            false => error,
        }
    })
}

/// The one of `exports` that `written` means; see [`Method::find`].
///
/// # Errors
/// `Method`, listing what there is.
pub fn choose<'a>(exports: &[&'a str], written: &str) -> Result<&'a str, ModuleError> {
    if written.is_empty() {
        return only(exports);
    }
    // What a core module calls them.
    let kebab = match written {
        "_start" => "wasi:cli/run".to_owned(),
        written => core::kebab(&written.replace('_', "-")),
    };
    for name in [written, &kebab] {
        if let Some(exact) = exports.iter().find(|export| **export == name) {
            return Ok(exact);
        }
        let fitting: Vec<&str> = exports
            .iter()
            .copied()
            .filter(|export| fits(export, name))
            .collect();
        match fitting.as_slice() {
            [one] => return Ok(one),
            [] => {}
            several => {
                let several = list(several);
                return Err(ModuleError::Method(format!(
                    "method {written:?} is ambiguous: {several}"
                )));
            }
        }
    }
    Err(ModuleError::Method(format!(
        "method {written:?} not found; the module exports {}",
        nearest_first(exports, written)
    )))
}

/// The command, or else the only function.
fn only<'a>(exports: &[&'a str]) -> Result<&'a str, ModuleError> {
    let command = exports.iter().find(|name| is_run(name));
    match (command, exports) {
        (Some(one), _) | (None, [one]) => Ok(one),
        (None, several) => Err(ModuleError::Method(format!(
            "no function is named, and the module exports {}",
            list(several)
        ))),
    }
}

/// Whether an export is the entry point of a command.
fn is_run(export: &str) -> bool {
    export.starts_with("wasi:cli/run@0.2.") && export.ends_with("#run")
}

fn fits(export: &str, written: &str) -> bool {
    let Some((interface, function)) = export.split_once('#') else {
        return false;
    };
    let (wanted_interface, wanted_function) = match written.split_once('#') {
        Some(both) => both,
        // An interface by itself means the one function that it has.
        None if written.contains('/') => (written, function),
        None => return function == written,
    };
    let unversioned = interface.split('@').next().unwrap_or(interface);
    let bare = unversioned.rsplit('/').next().unwrap_or(unversioned);
    let bare_versioned = interface.rsplit('/').next().unwrap_or(interface);
    let names = [interface, unversioned, bare, bare_versioned];
    function == wanted_function && names.contains(&wanted_interface)
}

/// How many exports a message lists.
const LISTED_MAX: usize = 8;

/// The exports in their order, as many as are listed.
fn list(exports: &[&str]) -> String {
    match exports.get(LISTED_MAX..) {
        _ if exports.is_empty() => "no functions".to_owned(),
        Some(rest) if !rest.is_empty() => {
            let listed = exports.get(..LISTED_MAX).unwrap_or_default();
            format!("{} and {} more", listed.join(", "), rest.len())
        }
        _ => exports.join(", "),
    }
}

/// The same where not all are listed: those whose functions are spelt most like `written`.
fn nearest_first(exports: &[&str], written: &str) -> String {
    let mut exports = exports.to_vec();
    if exports.len() > LISTED_MAX {
        let function = |name: &str| name.rsplit('#').next().unwrap_or_default().to_owned();
        let wanted = function(written);
        exports.sort_by_cached_key(|export| distance(&wanted, &function(export)));
    }
    list(&exports)
}

#[cfg(test)]
mod tests {
    use super::{choose, fits};

    #[test]
    fn of_many_exports_the_nearest_are_listed() {
        let names: Vec<String> = (0..20).map(|number| format!("f{number}-x")).collect();
        let mut exports: Vec<&str> = names.iter().map(String::as_str).collect();
        exports.push("a:b/c#compute");
        let error = choose(&exports, "copmute")
            .expect_err("misspelt")
            .to_string();
        assert!(
            error.contains("the module exports a:b/c#compute, f"),
            "{error}"
        );
        assert!(error.ends_with(" and 13 more"), "{error}");
    }

    #[test]
    fn package_and_version_may_be_left_out() {
        let export = "test:guests/sleep@0.1.0#sleep-ms";
        for written in [
            "test:guests/sleep#sleep-ms",
            "sleep#sleep-ms",
            "sleep@0.1.0#sleep-ms",
            "sleep-ms",
        ] {
            assert!(fits(export, written), "{written}");
        }
        for written in [
            "guests#sleep-ms",
            "sleep#other",
            "sleep@0.2.0#sleep-ms",
            "sleep",
        ] {
            assert!(!fits(export, written), "{written}");
        }
        let run = "wasi:cli/run@0.2.12#run";
        assert!(fits(run, "wasi:cli/run") && fits(run, "wasi:cli/run@0.2.12") && fits(run, "run"));
    }
}
