//! HTTP entries against each other, and what they ask for and is not there.

use super::*;
use crate::registry::RouteState;

const APP: &str = "namespace: n
entries:
- {name: f, kind: function.wat, source: s, method: m}
- {name: d, kind: fs.directory, directory: d}
- {name: web, kind: http.service, addr: ':80'}
- {name: admin, kind: http.service, addr: ':81'}
- {name: api, kind: http.router, prefix: /api, meta: {server: web}}
- {name: v2, kind: http.router, prefix: /api/v2/, meta: {server: web}}
- {name: inner, kind: http.router, prefix: /api, meta: {server: admin}}
";

fn with(entries: &[&str]) -> Loaded {
    let entries: Vec<String> = entries
        .iter()
        .map(|entry| format!("- {{{entry}}}\n"))
        .collect();
    yaml(&format!("{APP}{}", entries.concat()))
}

fn endpoint(name: &str, router: &str, rest: &str) -> String {
    format!("name: {name}, kind: http.endpoint, meta: {{router: {router}}}, func: f, {rest}")
}

fn endpoints(list: &[(&str, &str, &str)]) -> Loaded {
    let entries: Vec<String> = list
        .iter()
        .map(|(n, r, rest)| endpoint(n, r, rest))
        .collect();
    with(&entries.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn the_same_route_twice_is_a_mistake_of_both_that_names_the_other() {
    let loaded = endpoints(&[
        ("a", "api", "method: GET, path: '/v2/{id}'"),
        ("b", "v2", "method: get, path: '/:x'"),
    ]);
    assert_eq!(
        lines(&loaded),
        [
            "_index.yaml:10:83: error: n:a: path: the route GET /api/v2/{id} is not unique: n:b at _index.yaml:11:82 has it too",
            "_index.yaml:11:82: error: n:b: path: the route GET /api/v2/:x is not unique: n:a at _index.yaml:10:83 has it too",
        ]
    );
    // Both keep their places, so that no other route takes what was meant for them.
    let routes = loaded.registry.routes();
    let states: Vec<_> = routes.iter().map(|route| &route.state).collect();
    assert_eq!(states, [&RouteState::Invalid, &RouteState::Invalid]);
    assert!(loaded.registry.resolve("f").is_ok());
    assert!(loaded.registry.resolve("web").is_ok());
}

#[test]
fn routes_that_differ_are_none() {
    let loaded = endpoints(&[
        ("a", "api", "method: GET, path: '/x/{id}'"),
        // Another method, any method, another service, text instead of a parameter, a slash more, the rest.
        ("b", "api", "method: PUT, path: '/x/{id}'"),
        ("c", "api", "path: '/x/{id}'"),
        ("d2", "inner", "method: GET, path: '/x/{id}'"),
        ("e", "api", "method: GET, path: /x/id"),
        ("g", "api", "method: GET, path: '/x/{id}/'"),
        ("h", "api", "method: GET, path: '/x/{id...}'"),
    ]);
    assert_eq!(lines(&loaded), [""; 0]);
    assert_eq!(loaded.registry.routes().len(), 7);
}

#[test]
fn a_prefix_and_its_root_are_two_paths_of_one_route() {
    let loaded = endpoints(&[("a", "api", "path: /"), ("b", "api", "path: /x")]);
    assert_eq!(lines(&loaded), [""; 0]);
    let routes = loaded.registry.routes();
    let shown: Vec<Vec<String>> = routes
        .iter()
        .map(|route| route.patterns.iter().map(ToString::to_string).collect())
        .collect();
    assert_eq!(shown, [vec!["/api", "/api/"], vec!["/api/x"]]);
    assert_eq!(routes[0].service, Id::new("n", "web"));
}

#[test]
fn prefix_and_path_have_to_go_together() {
    let loaded = with(&[
        "name: r, kind: http.router, prefix: '/{a}', meta: {server: web}",
        "name: rest, kind: http.router, prefix: '/{a...}', meta: {server: web}",
        "name: bad, kind: http.router, prefix: '/a{b}', meta: {server: web}",
        &endpoint("e", "r", "path: '/{a}'"),
    ]);
    let found: Vec<String> = found(&loaded)
        .map(|d| format!("{}: {}", d.field.clone().unwrap_or_default(), d.message))
        .collect();
    assert_eq!(
        found,
        [
            "prefix: \"{a...}\" must stand at the end of the path; it is a prefix of paths",
            "prefix: \"a{b}\" is neither text nor one {parameter}; it is a prefix of paths",
            "path: below the router's prefix: the parameter \"a\" stands twice in the path",
        ]
    );
}

#[test]
fn the_state_of_a_route_is_what_protects_most() {
    let loaded = with(&[
        "name: lua, kind: function.lua",
        "name: guarded, kind: http.router, prefix: /g, middleware: [cors, auth], meta: {server: web}",
        "name: a, kind: http.endpoint, meta: {router: guarded}, path: /a, func: lua",
        "name: b, kind: http.endpoint, meta: {router: api}, path: /b, func: lua",
        "name: c, kind: http.endpoint, meta: {router: api}, path: /c, func: nobody",
        "name: e, kind: http.endpoint, meta: {router: api}, path: /e, func: f",
    ]);
    let routes = loaded.registry.routes();
    let states: Vec<(&str, &RouteState)> = routes
        .iter()
        .map(|route| (route.endpoint.name.as_str(), &route.state))
        .collect();
    let auth = RouteState::WithoutMiddleware("auth".to_owned());
    let expected = [
        ("a", &auth),
        ("b", &RouteState::NotRun),
        ("e", &RouteState::Served),
        ("c", &RouteState::Invalid),
    ];
    assert_eq!(states, expected);
}

#[test]
fn middleware_that_is_spelt_otherwise_is_another() {
    let loaded =
        with(&["name: x, kind: http.router, middleware: [Cors, auth], meta: {server: web}"]);
    let found: Vec<(String, Option<String>)> = found(&loaded)
        .map(|d| (d.message.clone(), d.hint.clone()))
        .collect();
    let text = |name: &str| {
        format!("the middleware {name:?} does not exist here: the routes of the router answer 503")
    };
    let hint = Some("did you mean \"cors\"?".to_owned());
    assert_eq!(found, [(text("Cors"), hint), (text("auth"), None)]);
}

#[test]
fn settings_of_a_server_that_cannot_be_done_without_are_mistakes() {
    let cases = [
        ("tls: {key: 'd:/k.pem'}", "tls.cert: tls.cert is required"),
        ("tls: {cert: 'd:/c.pem'}", "tls.key: tls.key is required"),
        (
            "tls: {cert: 'd:/c.pem', key: k.pem}",
            "tls.key: expected fs-entry:/path.pem, found \"k.pem\"",
        ),
        (
            "tls: {cert: 'd:/c.pem', key: 'd:/k.pem', client_ca: 'd:/ca.pem'}",
            "tls.client_ca: unknown field \"client_ca\"",
        ),
        (
            "network: {}",
            "network: network is not supported, and the server is not started without it",
        ),
        (
            "waiting: {requests: -1}",
            "waiting.requests: expected an integer from 0 to 4294967295",
        ),
        (
            "waiting: {timeout: 5}",
            "waiting.timeout: expected a duration such as \"10s\", found the number 5",
        ),
    ];
    for (field, expected) in cases {
        let loaded = with(&[&format!("name: x, kind: http.service, addr: ':1', {field}")]);
        let found: Vec<String> = loaded
            .errors()
            .map(|d| format!("{}: {}", d.field.clone().unwrap_or_default(), d.message))
            .collect();
        assert_eq!(found, [expected], "{field}");
    }
    let unknown =
        with(&["name: x, kind: http.service, addr: ':1', tls: {cert: 'dd:/c', key: 'd:/k'}"]);
    let texts: Vec<String> = lines(&unknown);
    let expected = "error: n:x: tls.cert: unknown entry n:dd (did you mean n:d?)";
    assert!(
        texts.iter().any(|line| line.ends_with(expected)),
        "{texts:#?}"
    );
}
