//! Nothing is served less protected than was written, and mistakes stop what they concern.

use wippy::services::Ended;

use super::world::*;
use crate::support::Project;

fn greeting(router: &[(&str, &dyn std::fmt::Display)]) -> Project {
    let mut project = site(&[], router);
    types(&mut project, "greet", "greet", &[]);
    route(&mut project, "hello", "POST /hello", "greet");
    project
}

/// What is said of a project, without files and places.
fn said(world: &World) -> Vec<&str> {
    let texts = world.found.iter();
    texts
        .map(|text| {
            text.split_once(": ")
                .map_or(text.as_str(), |(_, text)| text)
        })
        .collect()
}

#[test]
fn middleware_that_is_not_there_makes_its_routes_answer_503() {
    for list in ["[cors, auth, ratelimit]", "[token_auth]", "['']", "[Cors]"] {
        for field in ["middleware", "post_middleware"] {
            let world = World::new(&greeting(&[(field, &list)]));
            assert!(!world.found.is_empty());
            let answer = world.ask("POST /hello", "you");
            assert_eq!(answer.status, 503, "{list}: {}", answer.text());
            assert!(answer.text().contains("the middleware"), "{list}");
            assert_eq!(answer.field("retry-after"), None);
            // Nothing else is less protected either: what does not match is no route.
            assert_eq!(world.ask("POST /other", "you").status, 404);
        }
    }
    let world = World::new(&greeting(&[("middleware", &"[auth]")]));
    let expected = "warning: test:api: middleware: the middleware \"auth\" does not exist here: the routes of the router answer 503";
    assert_eq!(said(&world), [expected]);
}

#[test]
fn harmless_middleware_only_warns() {
    let list = "[cors, compress, real_ip, metrics, otel]";
    let world = World::new(&greeting(&[("middleware", &list)]));
    let expected = ["cors", "compress", "real_ip", "metrics", "otel"].map(|name| {
        format!("warning: test:api: middleware: the middleware {name:?} has no effect here")
    });
    assert_eq!(said(&world), expected);
    let answer = world.ask("POST /hello", "you");
    assert_eq!(answer.said(), (200, "Hello, you!".to_owned()));
}

#[test]
fn a_function_that_is_not_run_here_is_501() {
    let mut project = greeting(&[]);
    project.entry("lua", "function.lua", &[("source", &"return 1")]);
    route(&mut project, "other", "GET /lua", "lua");
    let world = World::new(&project);
    let answer = world.ask("GET /lua", "");
    assert_eq!(
        answer.said(),
        (501, "the function is not run here\n".to_owned())
    );
    assert_eq!(world.ask("POST /hello", "you").status, 200);
}

#[test]
fn an_endpoint_with_mistakes_keeps_its_route() {
    let mut project = greeting(&[]);
    route(&mut project, "rest", "GET /{x...}", "greet");
    // Its function is not there; and two say the same of one path.
    route(&mut project, "broken", "GET /broken/{id}", "nobody");
    route(&mut project, "first", "GET /twice/{id}", "greet");
    route(&mut project, "second", "GET /twice/:x", "greet");
    let world = World::new(&project);
    let twice = |name: &str, other: &str| {
        let start = format!(
            "error: test:{name}: path: the route GET /twice/{{}} is not unique: test:{other} at "
        );
        let same_start = |text: &&str| {
            let text = text.replace("{id}", "{}").replace(":x", "{}");
            text.starts_with(&start) && text.ends_with(" has it too")
        };
        let found = said(&world);
        assert!(found.iter().any(same_start), "{found:#?}");
    };
    twice("first", "second");
    twice("second", "first");
    assert_eq!(world.found.len(), 3, "{:#?}", world.found);
    for path in ["/broken/1", "/twice/1"] {
        assert_mistake(&world, &format!("GET {path}"));
    }
    assert_eq!(world.ask("GET /elsewhere", "").status, 200);
}

#[test]
fn settings_that_would_protect_it_keep_a_server_from_starting() {
    let network = "{allow: [10.0.0.0/8]}";
    let tls = "{cert: 'files:/cert.pem', key: 'files:/key.pem', client_ca: 'files:/ca.pem'}";
    for (field, value, expected) in [
        (
            "network",
            network,
            "network: network is not supported, and the server is not started without it",
        ),
        ("tls", tls, "tls.client_ca: unknown field \"client_ca\""),
    ] {
        let mut project = site(&[(field, &value)], &[]);
        project.entry("files", "fs.directory", &[("directory", &".")]);
        types(&mut project, "greet", "greet", &[]);
        route(&mut project, "hello", "POST /hello", "greet");
        let world = World::new(&project);
        assert_eq!(said(&world), [format!("error: test:web: {expected}")]);
        let connecting = wippy_dispatcher::net::TcpStream::connect(
            &world.handle,
            ADDRESS.parse().expect("an address"),
        );
        assert!(world.run(connecting).is_err());
        assert_eq!(world.ended(), [] as [(String, Ended); 0]);
    }
}

/// The answer is 500 with an error ID, and no function has seen the request.
fn assert_mistake(world: &World, route: &str) {
    let answer = world.ask(route, "");
    let text = answer.text();
    assert_eq!(answer.status, 500, "{route}: {text}");
    let id = text.strip_prefix("500, error ID ");
    assert_eq!(
        id.map(|id| id.trim_end().len()),
        Some(16),
        "{route}: {text}"
    );
}

/// An entry's name, kind and fields.
type Written<'a> = (&'a str, &'a str, &'a [(&'a str, &'a dyn std::fmt::Display)]);

/// A project with a route that takes everything, and further entries.
fn beside(entries: &[Written<'_>]) -> World {
    let mut project = site(&[], &[]);
    types(&mut project, "greet", "greet", &[]);
    for (name, at) in [("rest", "'/{x...}'"), ("text", "/r/text")] {
        let router: &dyn std::fmt::Display = &"{router: api}";
        let fields = [
            ("meta", router),
            ("method", &"GET"),
            ("path", &at),
            ("func", &"greet"),
        ];
        project.entry(name, "http.endpoint", &fields);
    }
    for (name, kind, fields) in entries {
        project.entry(name, kind, fields);
    }
    World::new(&project)
}

#[test]
fn a_field_that_is_not_known_makes_its_routes_answer_503() {
    let fields: [(&str, &str); 7] = [
        ("middlewares", "[auth]"),
        ("middlware", "[auth]"),
        ("auth", "required"),
        ("security", "{policies: [a]}"),
        ("options", "{token_auth.store: x}"),
        ("meta", "{middleware: [auth]}"),
        ("comment", "none"),
    ];
    for (name, value) in fields {
        let world = World::new(&greeting(&[(name, &value)]));
        let found = said(&world);
        assert!(found[0].contains("answer 503"), "{found:#?}");
        let answer = world.ask("POST /hello", "you");
        assert_eq!(answer.status, 503, "{name}: {}", answer.text());
    }
    let mut project = site(&[("middleware", &"[auth]")], &[]);
    types(&mut project, "greet", "greet", &[]);
    route(&mut project, "hello", "POST /hello", "greet");
    assert_eq!(World::new(&project).ask("POST /hello", "you").status, 503);
    let mut project = greeting(&[]);
    project.entry(
        "own",
        "http.endpoint",
        &[
            ("path", &"/own"),
            ("func", &"greet"),
            ("middleware", &"[auth]"),
        ],
    );
    let world = World::new(&project);
    assert_eq!(world.ask("POST /own", "you").status, 503);
    assert_eq!(world.ask("POST /hello", "you").status, 200);
}

#[test]
fn no_other_route_takes_what_a_mistake_hides() {
    // Where it is, is known.
    let e = [
        ("meta", &"{router: api}" as &dyn std::fmt::Display),
        ("method", &"GET"),
        ("path", &"'/e/{id}'"),
    ];
    let world = beside(&[("e", "http.endpoint", &e)]);
    assert_mistake(&world, "GET /e/1");
    assert_eq!(world.ask("GET /f/1", "").status, 200);
    // It may be meant for any path of its router, but for one that is text alone.
    let e = [
        ("meta", &"{router: api}" as &dyn std::fmt::Display),
        ("method", &"GET"),
        ("path", &"'/e{id}'"),
        ("func", &"greet"),
    ];
    let world = beside(&[("e", "http.endpoint", &e)]);
    for path in ["/e1", "/anything/else"] {
        assert_mistake(&world, &format!("GET {path}"));
    }
    assert_eq!(world.ask("GET /r/text", "").status, 200);
    // Its method is known, so that nothing is taken from the others.
    assert_eq!(world.ask("POST /e1", "").status, 405);
}

#[test]
fn no_other_route_takes_what_is_below_a_router_with_mistakes() {
    let mistakes: [(&str, &str); 4] = [
        ("middleware", "auth"),
        ("middleware", "{auth: true}"),
        ("options", "[deny]"),
        ("meta", "[server]"),
    ];
    for (name, value) in mistakes {
        let fields = [("prefix", &"/r" as &dyn std::fmt::Display), (name, &value)];
        let world = beside(&[("r", "http.router", &fields)]);
        for path in ["/r", "/r/", "/r/any/thing"] {
            assert_mistake(&world, &format!("GET {path}"));
        }
        assert_eq!(world.ask("GET /elsewhere", "").status, 200, "{name}");
        assert_eq!(world.ask("GET /r/text", "").status, 200, "{name}");
    }
}
