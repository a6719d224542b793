//! Variables through each kind of storage.

use super::*;

fn variable(name: Option<&str>, storage: &str, default: Option<&str>) -> EnvVariable {
    EnvVariable {
        name: name.map(str::to_owned),
        storage: Id::new("s", storage),
        default: default.map(str::to_owned),
        readonly: false,
    }
}

fn environment() -> Environment {
    let mut environment = Environment::new(OsEnvironment::fixed([("A", "os a"), ("B", "os b")]));
    let values = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
    let id = |name: &str| Id::new("s", name);
    let storages = [
        ("memory", EnvStorage::Memory),
        ("os", EnvStorage::Os),
        ("static", EnvStorage::Static(values("A", "static a"))),
        ("by_id", EnvStorage::Static(values("v:unnamed", "by id"))),
        (
            "router",
            EnvStorage::Router(vec![id("memory"), id("static"), id("os")]),
        ),
        ("loop", EnvStorage::Router(vec![id("loop")])),
        (
            "wide",
            EnvStorage::Router([vec![id("memory"); 2000], vec![id("wide")]].concat()),
        ),
    ];
    for (name, storage) in storages {
        environment.add_storage(id(name), storage);
    }
    let variables = [
        ("memory", variable(Some("M"), "memory", None)),
        ("memory_default", variable(None, "memory", Some("default"))),
        ("os", variable(Some("A"), "os", Some("default"))),
        ("unnamed", variable(None, "by_id", None)),
        ("b", variable(Some("B"), "router", Some("default"))),
        ("loop", variable(None, "loop", Some("default"))),
        ("wide", variable(None, "wide", None)),
        ("nowhere", variable(None, "none", None)),
        ("routed", variable(Some("A"), "router", None)),
    ];
    for (name, variable) in variables {
        environment.add_variable(Id::new("v", name), variable);
    }
    environment
}

#[test]
fn storages_are_asked_before_defaults() {
    let environment = environment();
    let cases = [
        ("v:memory", Ok(None)),
        ("M", Ok(None)),
        ("v:memory_default", Ok(Some("default"))),
        ("v:os", Ok(Some("os a"))),
        ("A", Ok(Some("os a"))),
        ("v:unnamed", Ok(Some("by id"))),
        ("B", Ok(Some("os b"))),
        ("v:routed", Ok(Some("static a"))),
        ("C", Err("unknown variable \"C\"")),
        ("v:x", Err("unknown variable \"v:x\"")),
        ("v:nowhere", Err("s:none is no storage of variables")),
        (
            "v:loop",
            Err("the router s:loop leads to itself, or to more than 1024 storages or 16 routers"),
        ),
        (
            "v:wide",
            Err("the router s:wide leads to itself, or to more than 1024 storages or 16 routers"),
        ),
    ];
    for (name, expected) in cases {
        let found = environment.get_named(name).map_err(|e| e.to_string());
        let found = found.as_ref().map(Option::as_deref).map_err(String::as_str);
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_guest_gets_what_is_bound_and_nothing_else() {
    let environment = environment();
    let binding = |id: &str, name: &str, required| EnvBinding {
        id: Id::new("v", id),
        name: name.into(),
        required,
    };
    let bound = environment.bind(&[
        binding("os", "X", true),
        binding("memory", "Y", false),
        binding("none", "N", false),
        binding("memory_default", "Z", true),
    ]);
    let expected = [("X", "os a"), ("Z", "default")];
    let expected: Vec<_> = expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    assert_eq!(bound, Ok(expected));
    for id in ["memory", "none"] {
        let missing = environment.bind(&[binding(id, "Y", true)]);
        assert_eq!(
            missing.map_err(|e| e.to_string()),
            Err(format!("required wasi env variable not found: v:{id}"))
        );
    }
    assert!(environment.bind(&[binding("nowhere", "Y", false)]).is_err());
    assert!(!environment.reads_files(&[binding("os", "X", true)]));
    assert!(environment.reads_files(&[binding("b", "X", true)]));
}

#[test]
fn values_are_not_shown() {
    let fixed = OsEnvironment::fixed([("A", "secret")]);
    assert_eq!(format!("{fixed:?}"), "OsEnvironment(fixed)");
    assert_eq!(fixed.get("B"), None);
    assert_eq!(OsEnvironment::default().get("a=b"), None);
}
