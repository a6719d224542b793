//! Pickers as they are written in scenarios and on the command line.

use wippy_dispatcher::sim::Picker;

use crate::nearest::nearest;

/// How pickers are written.
const FORMS: &str =
    "expected uniform, round-robin, or priority-change:DEPTH, such as priority-change:3";

/// A picker by its name.
///
/// # Errors
/// What is expected.
pub(crate) fn parse_picker(text: &str) -> Result<Picker, String> {
    let (name, depth) = match text.split_once(':') {
        Some((name, depth)) => (name, Some(depth)),
        None => (text, None),
    };
    let name = name.replace('_', "-");
    match (name.as_str(), depth.map(str::parse)) {
        ("uniform", None) => Ok(Picker::Uniform),
        ("round-robin", None) => Ok(Picker::RoundRobin),
        ("priority-change", Some(Ok(depth @ 1..))) => Ok(Picker::PriorityChange { depth }),
        (name, _) => Err(
            match nearest(name, ["uniform", "round-robin", "priority-change"]) {
                Some(near) if near != name => format!("{FORMS} (did you mean {near:?}?)"),
                _ => FORMS.to_owned(),
            },
        ),
    }
}

/// A picker as it is written.
pub(crate) fn picker_name(picker: Picker) -> String {
    match picker {
        Picker::Uniform => "uniform".to_owned(),
        Picker::RoundRobin => "round-robin".to_owned(),
        Picker::PriorityChange { depth } => format!("priority-change:{depth}"),
        picker => picker.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_pickers() {
        assert_eq!(parse_picker("uniform"), Ok(Picker::Uniform));
        assert_eq!(parse_picker("round_robin"), Ok(Picker::RoundRobin));
        let depth = Picker::PriorityChange { depth: 3 };
        assert_eq!(parse_picker("priority-change:3"), Ok(depth));
        for wrong in [
            "",
            "uniform:2",
            "priority-change",
            "priority-change:0",
            "fifo",
        ] {
            assert!(parse_picker(wrong).is_err(), "{wrong}");
        }
        let error = parse_picker("unifrom").unwrap_err();
        assert!(error.contains("did you mean \"uniform\"?"), "{error}");
    }
}
