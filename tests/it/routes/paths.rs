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
        ("GET /api/users/%zz", 400, None),
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
