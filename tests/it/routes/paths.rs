//! Which route answers, over real connections. `src/routes` has the rules one by one.

use super::world::*;
use crate::support::Project;

fn project() -> Project {
    let mut project = site(&[], &[("prefix", &"/api")]);
    for name in ["greet", "echo-bytes"] {
        types(&mut project, name, name, &[]);
    }
    for (name, path, func) in [
        ("list", "GET /", "greet"),
        ("me", "GET /users/me", "greet"),
        ("one", "GET /users/{name}", "greet"),
        ("change", "PUT /users/:id", "echo-bytes"),
        ("files", "GET /files/{name...}", "greet"),
    ] {
        route(&mut project, name, path, func);
    }
    project.entry(
        "any",
        "http.endpoint",
        &[("path", &"/any"), ("func", &"echo-bytes")],
    );
    project
}

#[test]
fn text_goes_before_parameters_and_these_before_the_rest() {
    let world = World::flawless(&project());
    for (route, expected) in [
        ("GET /api", "Hello, body!"),
        ("GET /api/", "Hello, body!"),
        ("GET /api?query=/../", "Hello, body!"),
        ("GET /api/users/me", "Hello, body!"),
        ("GET /api/users/you", "Hello, you!"),
        ("GET /api/users/%6de", "Hello, body!"),
        ("PUT /api/users/me", "body"),
        ("GET /api/files/a//b%20c", "Hello, a//b c!"),
        ("GET /api/files/", "Hello, !"),
        ("BREW /api/any", "body"),
    ] {
        let answer = world.ask(route, "body");
        assert_eq!(answer.said(), (200, expected.to_owned()), "{route}");
    }
}

#[test]
fn what_no_route_answers_has_a_status_and_a_reason() {
    let world = World::flawless(&project());
    let cases = [
        ("GET /", 404, None),
        ("GET /users/me", 404, None),
        ("GET /api/files", 404, None),
        ("GET /api/users/a/b", 404, None),
        ("GET /api/users/../users/me", 400, None),
        ("GET /api/%2e%2e/api", 400, None),
        ("DELETE /api/users/me", 405, Some("GET, HEAD, OPTIONS, PUT")),
        ("POST /api", 405, Some("GET, HEAD, OPTIONS")),
        (
            "OPTIONS /api/users/me",
            204,
            Some("GET, HEAD, OPTIONS, PUT"),
        ),
        ("OPTIONS *", 204, None),
    ];
    for (route, status, allow) in cases {
        let answer = world.ask(route, "");
        assert_eq!(
            (answer.status, answer.field("allow")),
            (status, allow),
            "{route}"
        );
        assert_eq!(answer.text().is_empty(), status == 204, "{route}");
    }
}

/// With two services, the routes of one are none of the other's.
#[test]
fn each_service_answers_for_its_own_routers_alone() {
    const OTHER: &str = "10.0.0.1:81";
    let mut project = site(&[], &[("meta", &"{server: web}")]);
    let lifecycle = "{auto_start: true}";
    let fields: [(&str, &dyn std::fmt::Display); 2] =
        [("addr", &format!("'{OTHER}'")), ("lifecycle", &lifecycle)];
    project.entry("other", "http.service", &fields);
    let fields: [(&str, &dyn std::fmt::Display); 2] =
        [("meta", &"{server: other}"), ("prefix", &"/other")];
    project.entry("others", "http.router", &fields);
    types(&mut project, "greet", "greet", &[]);
    for (name, router) in [("own", "api"), ("foreign", "others")] {
        let fields: [(&str, &dyn std::fmt::Display); 3] = [
            ("meta", &format!("{{router: {router}}}")),
            ("path", &"'/{name}'"),
            ("func", &"greet"),
        ];
        project.entry(name, "http.endpoint", &fields);
    }
    let world = World::flawless(&project);
    for (address, path, status) in [
        (ADDRESS, "/you", 200),
        (ADDRESS, "/other/you", 404),
        (OTHER, "/you", 404),
        (OTHER, "/other/you", 200),
    ] {
        let answer = world.run(async {
            let stream = connect_to(&world.handle, address).await;
            let bytes = request(&format!("GET {path}"), "");
            stream.write_all(&bytes).await.expect("a server");
            Answer::parse(&rest(&stream).await).expect("an answer")
        });
        assert_eq!(answer.status, status, "{address} {path}");
    }
}
