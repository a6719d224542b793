//! Patterns and the table, and the table against a matcher that goes over all routes.

use proptest::collection::vec;
use proptest::prelude::*;

use super::pattern::Part;
use super::*;

fn pattern(text: &str) -> RoutePattern {
    RoutePattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A table whose routes lead to what they were written as: `GET /a`, or `* /a` for any method.
fn table(routes: &[&'static str]) -> RouteTable<&'static str> {
    let mut table = RouteTable::new();
    for route in routes {
        let (method, path) = route.split_once(' ').expect("a method and a path");
        let method = (method != "*").then_some(method);
        table
            .insert(method, &pattern(path), *route)
            .expect("no other is the same");
    }
    table
}

/// What becomes of a request, as text: the route with its parameters, or the status with `Allow`.
fn found(table: &RouteTable<&'static str>, request: &str) -> String {
    let (method, path) = request.split_once(' ').expect("a method and a path");
    match table.find(method, path) {
        Routed::Found(found) => {
            let mut text = (*found.target).to_owned();
            for (name, value) in found.parameters {
                text.push_str(&format!(" {name}={value}"));
            }
            text
        }
        Routed::Options { allow } => format!("204 {allow}"),
        Routed::MethodNotAllowed { allow } => format!("405 {allow}"),
        Routed::NotFound => "404".to_owned(),
        Routed::Malformed => "400".to_owned(),
    }
}

fn check(routes: &[&'static str], cases: &[(&str, &str)]) {
    let table = table(routes);
    for (request, expected) in cases {
        assert_eq!(found(&table, request), *expected, "{request}");
    }
}

#[test]
fn text_goes_before_a_parameter_and_that_before_the_rest() {
    let routes = ["GET /a/b", "GET /a/{x}", "GET /a/{r...}", "GET /{x}/b/c"];
    let cases = [
        ("GET /a/b", "GET /a/b"),
        ("GET /a/c", "GET /a/{x} x=c"),
        ("GET /a/c/d", "GET /a/{r...} r=c/d"),
        ("GET /a/", "GET /a/{r...} r="),
        ("GET /a", "404"),
        ("GET /e/b/c", "GET /{x}/b/c x=e"),
        // The first segment decides, although the whole of the other is longer.
        ("GET /a/b/c", "GET /a/{r...} r=b/c"),
        ("GET /A/b", "404"),
    ];
    check(&routes, &cases);
}

#[test]
fn slashes_are_segments_of_their_own() {
    let routes = ["GET /", "GET /a", "GET /b/", "GET /c/:x"];
    let cases = [
        ("GET /", "GET /"),
        ("GET /a", "GET /a"),
        ("GET /a/", "404"),
        ("GET /b", "404"),
        ("GET /b/", "GET /b/"),
        ("GET //a", "404"),
        ("GET /c/", "404"),
        ("GET /c//", "404"),
        ("GET /c/d", "GET /c/:x x=d"),
    ];
    check(&routes, &cases);
}

#[test]
fn segments_are_decoded_once_and_after_they_were_split() {
    let routes = ["GET /ä b/{x}", "GET /r/{x...}", "GET /p%25q"];
    let cases = [
        ("GET /%C3%A4%20b/c", "GET /ä b/{x} x=c"),
        ("GET /%c3%a4%20b/d%2Fe", "GET /ä b/{x} x=d/e"),
        ("GET /r/%2541/b", "GET /r/{x...} x=%41/b"),
        ("GET /r//s", "GET /r/{x...} x=/s"),
        ("GET /p%25q", "GET /p%25q"),
        ("GET /r/%", "400"),
        ("GET /r/%4", "400"),
        ("GET /r/%zz", "400"),
        ("GET /r/%+1", "400"),
        ("GET /r/%ff", "400"),
        ("GET /r/%00", "400"),
        ("GET /r/%0a", "400"),
    ];
    check(&routes, &cases);
}

#[test]
fn dot_segments_are_malformed_wherever_they_stand() {
    let routes = ["GET /a", "GET /{x...}"];
    let cases = [
        ("GET /.", "400"),
        ("GET /b/../a", "400"),
        ("GET /b/%2e%2E/a", "400"),
        ("GET /b/.%2e", "400"),
        ("GET /.a/..b/...", "GET /{x...} x=.a/..b/..."),
        ("GET a", "400"),
        ("GET ", "400"),
        ("OPTIONS *", "400"),
    ];
    check(&routes, &cases);
}

#[test]
fn methods_are_looked_for_over_all_routes_of_a_path() {
    let routes = [
        "GET /a",
        "POST /{x}",
        "* /any",
        "HEAD /h",
        "GET /h",
        "OPTIONS /o",
        "PUT /o",
    ];
    let cases = [
        ("GET /a", "GET /a"),
        ("HEAD /a", "GET /a"),
        // What is less precise has the method.
        ("POST /a", "POST /{x} x=a"),
        ("PUT /a", "405 GET, HEAD, OPTIONS, POST"),
        ("OPTIONS /a", "204 GET, HEAD, OPTIONS, POST"),
        ("get /a", "405 GET, HEAD, OPTIONS, POST"),
        ("BREW /any", "* /any"),
        ("HEAD /any", "* /any"),
        ("OPTIONS /any", "* /any"),
        ("HEAD /h", "HEAD /h"),
        ("OPTIONS /o", "OPTIONS /o"),
        ("GET /o", "405 OPTIONS, POST, PUT"),
        ("GET /b", "405 OPTIONS, POST"),
        ("OPTIONS /a/b", "404"),
    ];
    check(&routes, &cases);
}

#[test]
fn the_same_route_twice_is_a_conflict() {
    let mut table = table(&["GET /a/{x}", "* /b", "GET /{r...}"]);
    for (method, path, earlier) in [
        (Some("GET"), "/a/:y", Some("GET /a/{x}")),
        (Some("GET"), "/%61/{y}", Some("GET /a/{x}")),
        (None, "/b", Some("* /b")),
        (Some("GET"), "/{s...}", Some("GET /{r...}")),
        (Some("PUT"), "/a/{y}", None),
        (None, "/a/{y}", None),
        (Some("GET"), "/b", None),
        (Some("GET"), "/{s}", None),
    ] {
        let inserted = table.insert(method, &pattern(path), "new");
        assert_eq!(inserted.err().copied(), earlier, "{method:?} {path}");
    }
    // Names are those of the route that answers.
    assert_eq!(found(&table, "GET /a/1"), "GET /a/{x} x=1");
    assert_eq!(found(&table, "PUT /a/1"), "new y=1");
}

#[test]
fn what_is_no_pattern_says_why() {
    for text in [
        "/",
        "/a/b",
        "/a/{x}/:y/{z...}",
        "/{x}",
        "/a/",
        "/{ü_-1}",
        "/%3F%23",
    ] {
        assert!(RoutePattern::parse(text).is_ok(), "{text}");
    }
    let cases = [
        ("", "path must begin with /"),
        ("a", "path must begin with /"),
        ("/{x...}/b", "\"{x...}\" must stand at the end of the path"),
        ("/{x}/{x}", "the parameter \"x\" stands twice in the path"),
        ("/:x/{x...}", "the parameter \"x\" stands twice in the path"),
        ("/{}", "\"{}\" is no parameter"),
        ("/{...}", "\"{...}\" is no parameter"),
        ("/:", "\":\" is no parameter"),
        ("/:x...", "\":x...\" is no parameter"),
        ("/{x...y}", "\"{x...y}\" is no parameter"),
        ("/a{x}", "\"a{x}\" is neither text nor one {parameter}"),
        ("/{x", "\"{x\" is neither text nor one {parameter}"),
        (
            "/a?b",
            "\"a?b\" holds a ? or a #, which end a path: leave the query out (functions get it as parameters), or write \
             %3F or %23 for the character itself",
        ),
        (
            "/a/#",
            "\"#\" holds a ? or a #, which end a path: leave the query out (functions get it as parameters), or write \
             %3F or %23 for the character itself",
        ),
        (
            "/a/../b",
            "no request has the segment \"..\": write it without escapes, `.` and `..`",
        ),
        (
            "/%",
            "no request has the segment \"%\": write it without escapes, `.` and `..`",
        ),
    ];
    for (text, message) in cases {
        let error = RoutePattern::parse(text).expect_err(text);
        assert_eq!(error.to_string(), message, "{text}");
    }
}

#[test]
fn a_pattern_is_no_longer_than_a_request() {
    let text = format!("/{}", "a".repeat((8 << 10) - 1));
    let mut table = RouteTable::new();
    assert!(table.insert(None, &pattern(&text), ()).is_ok());
    assert!(matches!(table.find("GET", &text), Routed::Found(_)));
    let longer = RoutePattern::parse(&format!("{text}b"));
    assert_eq!(longer, Err(InvalidPattern::TooLong));
}

/// The table goes as deep as a pattern has segments.
#[test]
fn a_pattern_has_a_bound_of_segments() {
    let text = "/a".repeat(256);
    let mut table = RouteTable::new();
    assert!(table.insert(None, &pattern(&text), ()).is_ok());
    assert!(matches!(table.find("GET", &text), Routed::Found(_)));
    assert!(matches!(
        table.find("GET", &"/a".repeat(4096)),
        Routed::NotFound
    ));
    let deeper = RoutePattern::parse(&format!("{text}/a"));
    assert_eq!(deeper, Err(InvalidPattern::TooDeep));
    let below = RoutePattern::below(&text, "/a").expect_err("too deep");
    assert_eq!(below, InvalidPattern::TooDeep);
}

#[test]
fn the_root_below_a_prefix_is_the_prefix() {
    let below = |prefix: &str, path: &str| -> Vec<String> {
        let patterns = RoutePattern::below(prefix, path).expect("patterns");
        patterns.iter().map(ToString::to_string).collect()
    };
    assert_eq!(below("", "/"), ["/"]);
    assert_eq!(below("/", "/"), ["/"]);
    assert_eq!(below("/api", "/"), ["/api", "/api/"]);
    assert_eq!(below("/api/", "/x"), ["/api/x"]);
    assert_eq!(below("/{v}", "/{x...}"), ["/{v}/{x...}"]);
    let twice = RoutePattern::below("/{v}", "/{v}").expect_err("twice");
    assert_eq!(twice, InvalidPattern::Twice("v".to_owned()));
    assert!(RoutePattern::below("/{r...}", "/").is_err());
}

/// Whether a pattern has a path, and what its parameters take, by going along both.
fn naive_match(pattern: &RoutePattern, segments: &[String]) -> Option<Vec<(String, String)>> {
    let mut parameters = Vec::new();
    let mut at = 0;
    for part in &pattern.parts {
        match part {
            Part::Rest(name) => {
                segments.get(at)?;
                parameters.push((name.clone(), segments[at..].join("/")));
                return Some(parameters);
            }
            Part::Literal(text) => {
                if segments.get(at)? != text {
                    return None;
                }
            }
            Part::Parameter(name) => {
                let segment = segments.get(at).filter(|segment| !segment.is_empty())?;
                parameters.push((name.clone(), segment.clone()));
            }
        }
        at += 1;
    }
    (at == segments.len()).then_some(parameters)
}

/// How precise a pattern is: the first in this order goes first.
fn precision(pattern: &RoutePattern) -> Vec<u8> {
    let rank = |part: &Part| match part {
        Part::Literal(_) => 0,
        Part::Parameter(_) => 1,
        Part::Rest(_) => 2,
    };
    pattern.parts.iter().map(rank).collect()
}

/// The number of the route that answers, and its parameters; or the status.
fn naive(
    routes: &[(Option<&'static str>, RoutePattern)],
    method: &str,
    segments: &[String],
) -> Result<(usize, Vec<(String, String)>), u16> {
    let candidates = routes.iter().enumerate();
    let mut candidates: Vec<_> = candidates
        .filter_map(|(i, (of, pattern))| Some((i, *of, pattern, naive_match(pattern, segments)?)))
        .collect();
    if candidates.is_empty() {
        return Err(404);
    }
    let rank = |of: Option<&str>| match of {
        Some(of) if of == method => Some(0),
        Some("GET") if method == "HEAD" => Some(1),
        Some(_) => None,
        None => Some(2),
    };
    candidates.retain(|(_, of, _, _)| rank(*of).is_some());
    candidates.sort_by_key(|(_, of, pattern, _)| (precision(pattern), rank(*of)));
    match candidates.into_iter().next() {
        Some((i, _, _, parameters)) => Ok((i, parameters)),
        None if method == "OPTIONS" => Err(204),
        None => Err(405),
    }
}

fn any_pattern() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop_oneof!["a", "b", ""].prop_map(|text| text),
        2 => Just("{}".to_owned()),
    ];
    (vec(part, 1..5), any::<bool>()).prop_map(|(parts, rest)| {
        let mut text = String::new();
        for (i, part) in parts.iter().enumerate() {
            match part.as_str() {
                "{}" => text.push_str(&format!("/{{p{i}}}")),
                literal => text.push_str(&format!("/{literal}")),
            }
        }
        if rest {
            text.push_str("/{r...}");
        }
        text
    })
}

fn any_method() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![
        Just(None),
        Just(Some("GET")),
        Just(Some("HEAD")),
        Just(Some("POST")),
    ]
}

proptest! {
    #[test]
    fn the_table_finds_what_going_over_all_routes_finds(
        written in vec((any_method(), any_pattern()), 0..12),
        requests in vec(
            (
                prop_oneof!["GET", "HEAD", "POST", "OPTIONS"],
                vec(prop_oneof!["a", "b", "c", ""], 1..6),
            ),
            1..20,
        ),
    ) {
        let mut table = RouteTable::new();
        let mut routes: Vec<(Option<&'static str>, RoutePattern)> = Vec::new();
        for (method, text) in written {
            let pattern = pattern(&text);
            let same = routes.iter().position(|(of, earlier)| {
                *of == method
                    && precision(earlier) == precision(&pattern)
                    && earlier.parts.iter().zip(&pattern.parts).all(|(one, other)| {
                        !matches!(one, Part::Literal(_)) || one == other
                    })
            });
            match table.insert(method, &pattern, routes.len()) {
                Ok(()) => {
                    prop_assert_eq!(same, None);
                    routes.push((method, pattern));
                }
                Err(earlier) => prop_assert_eq!(Some(*earlier), same),
            }
        }
        for (method, segments) in requests {
            let path = format!("/{}", segments.join("/"));
            let found = match table.find(&method, &path) {
                Routed::Found(found) => {
                    let parameters = found.parameters.into_iter();
                    Ok((*found.target, parameters.map(|(n, v)| (n.to_owned(), v)).collect()))
                }
                Routed::Options { .. } => Err(204),
                Routed::MethodNotAllowed { .. } => Err(405),
                Routed::NotFound => Err(404),
                Routed::Malformed => Err(400),
            };
            prop_assert_eq!(found, naive(&routes, &method, &segments), "{} {}", method, path);
        }
    }

    #[test]
    fn whatever_a_client_sends_is_answered(path in "\\PC{0,40}|(/(%[0-9a-f]{2}|[a./%]){0,4}){0,6}") {
        let table = table(&["GET /a", "GET /{x}/b", "GET /c/{r...}"]);
        let _ = table.find("GET", &path);
    }
}

#[test]
fn what_is_below_a_prefix_is_all_of_it() {
    let mut table = RouteTable::new();
    let prefix = RoutePattern::parse("/a/{b}").expect("a pattern");
    table.insert_below(Some("GET"), Some(&prefix), "first");
    table.insert_below(Some("GET"), Some(&prefix), "second");
    let found = |method: &str, path: &str| match table.find(method, path) {
        Routed::Found(found) => Some(*found.target),
        _ => None,
    };
    for path in ["/a/1", "/a/1/", "/a/1/c/d"] {
        assert_eq!(found("GET", path), Some("first"), "{path}");
        assert_eq!(found("HEAD", path), Some("first"), "{path}");
        assert_eq!(found("PUT", path), None, "{path}");
    }
    for path in ["/", "/a", "/a/", "/b/1"] {
        assert_eq!(found("GET", path), None, "{path}");
    }
    let mut everything = RouteTable::new();
    everything.insert_below(None, None, ());
    for path in ["/", "/a", "/a/b/"] {
        assert!(
            matches!(everything.find("PUT", path), Routed::Found(_)),
            "{path}"
        );
    }
}

#[test]
fn a_route_of_text_and_a_method_is_exact() {
    let mut table = RouteTable::new();
    for (method, path) in [
        (Some("GET"), "/a"),
        (None, "/b"),
        (Some("GET"), "/c/{id}"),
        (Some("GET"), "/d/{rest...}"),
    ] {
        let pattern = RoutePattern::parse(path).expect("a pattern");
        table.insert(method, &pattern, path).expect("the first");
    }
    let is_exact = |method: &str, path: &str| match table.find(method, path) {
        Routed::Found(found) => found.is_exact,
        other => panic!("{method} {path}: {other:?}"),
    };
    assert!(is_exact("GET", "/a"));
    for (method, path) in [
        ("HEAD", "/a"),
        ("GET", "/b"),
        ("GET", "/c/1"),
        ("GET", "/d/"),
    ] {
        assert!(!is_exact(method, path), "{method} {path}");
    }
}
