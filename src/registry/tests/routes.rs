//! HTTP entries against each other, and what they ask for and is not there.

use super::*;
use crate::registry::{Route, RouteState};

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
    let shown: Vec<Vec<String>> = routes.iter().map(|route| route.paths.texts()).collect();
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

/// Each route: its endpoint, its paths, and what becomes of its requests.
fn shown(loaded: &Loaded) -> Vec<String> {
    let routes = loaded.registry.routes();
    let text = |route: &Route| {
        let (service, name) = (&route.service.name, &route.endpoint.name);
        format!(
            "{service} {name} {} {}: {:?}",
            route.method_text(),
            route.paths,
            route.state
        )
    };
    routes.iter().map(text).collect()
}

#[test]
fn an_unknown_field_of_an_http_entry_keeps_its_routes_from_being_served() {
    let router = |rest: &str| format!("name: r, kind: http.router, meta: {{server: web}}, {rest}");
    let of_router = "until it is removed or corrected the routes of the router answer 503";
    let cases = [
        (
            "middlewares: [auth]",
            "middlewares",
            format!("unknown field \"middlewares\": {of_router}"),
        ),
        (
            "middlware: [auth]",
            "middlware",
            format!("unknown field \"middlware\": {of_router}"),
        ),
        (
            "Middleware: [auth]",
            "Middleware",
            format!("unknown field \"Middleware\": {of_router}"),
        ),
        (
            "auth: required",
            "auth",
            format!("unknown field \"auth\": {of_router}"),
        ),
        (
            "security: {policies: [a]}",
            "security",
            format!("unknown field \"security\": {of_router}"),
        ),
        (
            "comment: none",
            "comment",
            format!("unknown field \"comment\": {of_router}"),
        ),
        (
            "options: {token_auth.store: x}",
            "options.token_auth.store",
            format!("an option of no middleware in `middleware` or `post_middleware`: {of_router}"),
        ),
        (
            "lifecycle: {auth: x}",
            "lifecycle.auth",
            format!("unknown field \"auth\": {of_router}"),
        ),
    ];
    for (field, path, message) in cases {
        let loaded = with(&[&router(field), &endpoint("e", "r", "path: /e")]);
        let warning = loaded
            .warnings()
            .find(|it| it.field.as_deref() == Some(path));
        let warning = warning.unwrap_or_else(|| panic!("{field}: {:#?}", lines(&loaded)));
        assert_eq!(warning.message, message);
        assert!(warning.place.is_some(), "{field}");
        let state = RouteState::InDoubt(Id::new("n", "r"), path.to_owned());
        assert_eq!(loaded.registry.routes()[0].state, state, "{field}");
    }
}

#[test]
fn the_same_of_an_endpoint_and_of_a_service() {
    let cases = [
        (
            "name: e, kind: http.endpoint, meta: {router: api}, path: /e, func: f, middleware: [auth]",
            "e",
            "middleware",
        ),
        (
            "name: e, kind: http.endpoint, meta: {router: api, middleware: [auth]}, path: /e, func: f",
            "e",
            "meta.middleware",
        ),
        (
            "name: e, kind: http.endpoint, meta: {router: api, Post-Middlware: [auth]}, path: /e, func: f",
            "e",
            "meta.Post-Middlware",
        ),
        (
            "name: e, kind: http.endpoint, meta: {router: api, security: strict}, path: /e, func: f",
            "e",
            "meta.security",
        ),
        (
            "name: e, kind: http.endpoint, meta: {router: api}, path: /e, func: f, options: {}",
            "e",
            "options",
        ),
    ];
    for (entry, name, field) in cases {
        let loaded = with(&[entry]);
        let state = RouteState::InDoubt(Id::new("n", name), field.to_owned());
        assert_eq!(loaded.registry.routes()[0].state, state, "{entry}");
        assert!(
            loaded
                .warnings()
                .any(|it| it.field.as_deref() == Some(field)),
            "{entry}"
        );
    }
    let service = "name: s, kind: http.service, addr: ':82', middleware: [auth]";
    let router = "name: r, kind: http.router, meta: {server: s}";
    let loaded = with(&[service, router, &endpoint("e", "r", "path: /e")]);
    let state = RouteState::InDoubt(Id::new("n", "s"), "middleware".to_owned());
    assert_eq!(loaded.registry.routes()[0].state, state);
}

#[test]
fn what_means_nothing_is_served() {
    let loaded = with(&[
        "name: r, kind: http.router, prefix: /r, middleware: [cors], options: {cors.allow.origins: '*', cors_max_age: 5}, \
         post_middleware: , post_options: , meta: {server: web, comment: a, title: b, type: c}, x-auth: y",
        "name: e, kind: http.endpoint, meta: {router: r, description: d, tags: [auth]}, path: /e, func: f, x-middleware: [a], method: '*'",
        "name: s, kind: http.service, addr: ':82', host: {buffer_size: 1, worker_count: 2}, lifecycle: {security: {actor: {id: a}}}",
        "name: r2, kind: http.router, meta: {server: s}",
        "name: e2, kind: http.endpoint, meta: {router: r2}, path: /e, func: f",
    ]);
    assert_eq!(
        shown(&loaded),
        ["web e any /r/e: Served", "s e2 any /e: Served"],
        "{:#?}",
        lines(&loaded)
    );
}

#[test]
fn an_endpoint_with_mistakes_keeps_its_place() {
    let loaded = with(&[
        // Without a function, and with another mistake.
        "name: a, kind: http.endpoint, meta: {router: api}, method: post, path: /a",
        "name: b, kind: http.endpoint, meta: {router: api}, path: '/b/{id}', func: [f]",
        // Nobody knows where.
        "name: c, kind: http.endpoint, meta: {router: v2}, method: GET, path: 'c{', func: f",
        "name: d1, kind: http.endpoint, meta: {router: v2}, func: f",
        "name: d2, kind: http.endpoint, meta: {router: nobody}, path: /d, func: f",
        "name: d3, kind: http.endpoint, path: /d, func: f",
        // Its kind is misspelt.
        "name: g, kind: http.endpiont, meta: {router: inner}, path: /g, func: f",
    ]);
    let mut found = shown(&loaded);
    found.sort();
    let expected = [
        "admin d2 any /*: Invalid",
        "admin d3 any /*: Invalid",
        "admin g any /api/g: Invalid",
        "web a POST /api/a: Invalid",
        "web b any /api/b/{id}: Invalid",
        "web c GET /api/v2/*: Invalid",
        "web d1 any /api/v2/*: Invalid",
        "web d2 any /*: Invalid",
        "web d3 any /*: Invalid",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_router_with_mistakes_keeps_all_that_is_below_its_prefix() {
    for (router, places) in [
        (
            "prefix: /r, middleware: auth, meta: {server: web}",
            ["web /r/e", "web /r/*"].as_slice(),
        ),
        (
            "prefix: /r, middleware: {a: b}, meta: {server: web}",
            &["web /r/e", "web /r/*"],
        ),
        (
            "prefix: /r, options: deny, meta: {server: web}",
            &["web /r/e", "web /r/*"],
        ),
        ("prefix: r, meta: {server: web}", &["web /*", "web /*"]),
        (
            "prefix: /r, meta: {server: nobody}",
            &["web /r/e", "admin /r/e", "web /r/*", "admin /r/*"],
        ),
        (
            "prefix: /r, meta: {server: [web]}",
            &["web /r/e", "admin /r/e", "web /r/*", "admin /r/*"],
        ),
        (
            "prefix: /r",
            &["web /r/e", "admin /r/e", "web /r/*", "admin /r/*"],
        ),
    ] {
        let router = format!("name: r, kind: http.router, {router}");
        let loaded = with(&[&router, &endpoint("e", "r", "path: /e")]);
        assert!(loaded.errors().next().is_some(), "{router}");
        let routes = loaded.registry.routes();
        let found: Vec<String> = routes
            .iter()
            .map(|route| format!("{} {}", route.service.name, route.paths))
            .collect();
        assert_eq!(found, places, "{router}");
        assert!(
            routes.iter().all(|it| it.state == RouteState::Invalid),
            "{router}"
        );
    }
}

#[test]
fn entries_with_one_id_keep_the_places_of_both() {
    let loaded = with(&[
        &endpoint("e", "api", "path: /one"),
        &endpoint("e", "api", "path: /other"),
        "name: r, kind: http.router, prefix: /r, meta: {server: web}",
        "name: r, kind: http.router, prefix: /s, meta: {server: web}",
        &endpoint("g", "r", "path: /g"),
    ]);
    let mut found = shown(&loaded);
    found.sort();
    let expected = [
        "web e any /api/one: Invalid",
        "web e any /api/other: Invalid",
        "web g any /r/g: Invalid",
        "web g any /s/g: Invalid",
        "web r any /r/*: Invalid",
        "web r any /s/*: Invalid",
    ];
    assert_eq!(found, expected);
}
