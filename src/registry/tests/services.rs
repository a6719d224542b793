//! Services, HTTP entries and lifecycles, and projects that are mostly something else.

use std::time::Duration;

use super::*;

const APP: &str = "namespace: n
entries:
- {name: d, kind: fs.directory, directory: d}
- {name: p, kind: process.wasm, fs: d, path: p, hash: h, method: m}
- {name: f, kind: function.wat, source: s, method: m}
- {name: host, kind: process.host, host: {workers: 4}, anything: 1}
- {name: term, kind: terminal.host, hide_logs: true}
";

fn with(entries: &str) -> Loaded {
    yaml(&format!("{APP}{entries}"))
}

/// What is said, without file and place.
fn said(loaded: &Loaded) -> Vec<String> {
    let lines = lines(loaded).into_iter();
    let text = lines.map(|line| {
        line.split_once(": ")
            .map_or(line.clone(), |(_, t)| t.into())
    });
    text.collect()
}

#[test]
fn a_service_and_its_lifecycle() {
    let loaded = with(
        "- name: s
  kind: process.service
  process: p
  host: n:term
  input: [a, 1]
  lifecycle:
    auto_start: true
    start_timeout: 1m30s
    stop_timeout: 0
    requires: [d]
    depends_on: [n:f]
    restart: {initial_delay: 100ms, max_delay: 1h, backoff_factor: 1.5, max_attempts: 3}
",
    );
    assert_eq!(said(&loaded), [""; 0]);
    let entry = loaded.registry.resolve("n:s").expect("it is there");
    let Kind::ProcessService(service) = &entry.kind else {
        panic!("{entry:?}")
    };
    assert_eq!(
        (&service.process, &service.host),
        (&Id::new("n", "p"), &Id::new("n", "term"))
    );
    assert_eq!(service.input.len(), 2);
    let expected = Lifecycle {
        auto_start: true,
        start_timeout: Some(Duration::from_secs(90)),
        stop_timeout: Some(Duration::ZERO),
        stable_threshold: None,
        depends_on: vec![Id::new("n", "f"), Id::new("n", "d")],
        restart: Restart {
            initial_delay: Some(Duration::from_millis(100)),
            max_delay: Some(Duration::from_secs(3600)),
            backoff_factor: Some(1.5),
            max_attempts: Some(3),
        },
    };
    assert_eq!(entry.lifecycle, expected);
}

#[test]
fn mistakes_of_services() {
    let lifecycle = |text: &str| format!("{{name: x, kind: terminal.host, lifecycle: {{{text}}}}}");
    let cases = [
        (
            "{name: x, kind: process.service, host: term}".into(),
            "error: n:x: process: process is required",
        ),
        (
            "{name: x, kind: process.service, process: p}".into(),
            "error: n:x: host: host is required",
        ),
        (
            "{name: x, kind: process.service, process: p, host: term, input: a}".into(),
            "error: n:x: input: expected a list of arguments, found the string \"a\"",
        ),
        (
            "{name: x, kind: process.service, process: f, host: term}".into(),
            "error: n:x: process: expected a process.wasm entry, but n:f is function.wat",
        ),
        (
            "{name: x, kind: process.service, process: p, host: trem}".into(),
            "error: n:x: host: unknown entry n:trem (did you mean n:term?)",
        ),
        (
            lifecycle("start_timeout: 10"),
            "error: n:x: lifecycle.start_timeout: expected a duration such as \"10s\", found the number 10",
        ),
        (
            lifecycle("start_timeout: soon"),
            "error: n:x: lifecycle.start_timeout: expected a duration such as \"10s\", found the string \"soon\"",
        ),
        (
            lifecycle("depends_on: p"),
            "error: n:x: lifecycle.depends_on: expected a list of strings, found the string \"p\"",
        ),
        (
            lifecycle("depends_on: [none]"),
            "warning: n:x: lifecycle.depends_on[0]: unknown entry n:none",
        ),
        (
            lifecycle("restart: {backoff_factor: 0.5}"),
            "error: n:x: lifecycle.restart.backoff_factor: expected a number from 1",
        ),
        (
            lifecycle("restart: {backoff_factor: x}"),
            "error: n:x: lifecycle.restart.backoff_factor: expected a number, found the string \"x\"",
        ),
        (
            lifecycle("restart: {max_attempts: -1}"),
            "error: n:x: lifecycle.restart.max_attempts: expected an integer from 0 to 4294967295",
        ),
        (
            lifecycle("restart: {max_retries: 1}"),
            "warning: n:x: lifecycle.restart.max_retries: unknown field \"max_retries\"",
        ),
        (
            lifecycle("autostart: true"),
            "warning: n:x: lifecycle.autostart: unknown field \"autostart\" (did you mean \"auto_start\"?)",
        ),
    ];
    for (entry, expected) in cases {
        assert_eq!(said(&with(&format!("- {entry}\n"))), [expected], "{entry}");
    }
}

#[test]
fn http_entries_imply_what_there_is_one_of() {
    let text = "- {name: server, kind: http.service, addr: ':8080', timeouts: {read: 5s, write: 0, idle: 1m}, waiting: {requests: 5}}
- {name: api, kind: http.router, prefix: /api, middleware: [cors], post_middleware: [metrics], options: {cors.allow.origins: '*'}}
- {name: e, kind: http.endpoint, method: get, path: '/x/{id}', func: f}
";
    let loaded = with(text);
    let harmless = [
        "warning: n:api: middleware: the middleware \"cors\" has no effect here",
        "warning: n:api: middleware: the middleware \"metrics\" has no effect here",
    ];
    assert_eq!(said(&loaded), harmless);
    let kind = |name: &str| {
        loaded
            .registry
            .resolve(name)
            .expect("it is there")
            .kind
            .clone()
    };
    let Kind::HttpService(server) = kind("n:server") else {
        panic!("no server")
    };
    assert_eq!(server.addr.value, ":8080");
    let timeouts = HttpTimeouts {
        read: Some(Duration::from_secs(5)),
        write: None,
        idle: Some(Duration::from_secs(60)),
    };
    assert_eq!(server.timeouts, timeouts);
    let waiting = HttpWaiting {
        requests: 5,
        timeout: Duration::from_secs(10),
    };
    assert_eq!(server.waiting, waiting);
    let Kind::HttpRouter(router) = kind("n:api") else {
        panic!("no router")
    };
    let middleware: Vec<_> = router.middleware.iter().map(|m| m.value.as_str()).collect();
    assert_eq!(
        (router.prefix.as_str(), middleware),
        ("/api", vec!["cors", "metrics"])
    );
    assert_eq!(router.server, Some(Id::new("n", "server")));
    let Kind::HttpEndpoint(endpoint) = kind("n:e") else {
        panic!("no endpoint")
    };
    assert_eq!(endpoint.router, Some(Id::new("n", "api")));
    assert_eq!(
        (endpoint.method.as_deref(), &endpoint.func),
        (Some("GET"), &Id::new("n", "f"))
    );
    let two = with(&format!("{text}- {{name: other, kind: http.router}}\n"));
    let required = "error: n:e: meta.router: meta.router is required (there are n:api, n:other)";
    assert_eq!(said(&two), [harmless[0], harmless[1], required]);
    let named = with(&format!(
        "{}- {{name: other, kind: http.router}}\n",
        text.replace("http.endpoint,", "http.endpoint, meta: {router: other},")
    ));
    assert_eq!(said(&named), harmless);
}

#[test]
fn mistakes_of_http_entries() {
    let base =
        "- {name: server, kind: http.service, addr: ':80'}\n- {name: api, kind: http.router}\n";
    let endpoint = |rest: &str| format!("{{name: x, kind: http.endpoint, {rest}}}");
    let cases = [
        (endpoint("func: f"), "error: n:x: path: path is required"),
        (endpoint("path: /"), "error: n:x: func: func is required"),
        (
            endpoint("path: x, func: f"),
            "error: n:x: path: path must begin with /",
        ),
        (
            endpoint("path: '/a?b=1', func: f"),
            "error: n:x: path: \"a?b=1\" holds a ? or a #, which end a path: leave the query out (functions get it as \
             parameters), or write %3F or %23 for the character itself",
        ),
        (
            endpoint("path: '/{a...}/b', func: f"),
            "error: n:x: path: \"{a...}\" must stand at the end of the path",
        ),
        (
            endpoint("path: /, func: f, method: 'G T'"),
            "error: n:x: method: expected a request method, found \"G T\"",
        ),
        (
            endpoint("path: /, func: p"),
            "error: n:x: func: expected a function.* entry, but n:p is process.wasm",
        ),
        (
            endpoint("path: /, func: zzzzzz"),
            "error: n:x: func: unknown entry n:zzzzzz (there are n:f)",
        ),
        (
            endpoint("path: /, func: f, meta: {router: server}"),
            "error: n:x: meta.router: expected an http.router entry, but n:server is http.service",
        ),
        (
            endpoint("path: /, func: f, meta: {router: [a]}"),
            "error: n:x: meta.router: expected a string, found a list",
        ),
        (
            "{name: x, kind: http.router, prefix: api, meta: {server: server}}".into(),
            "error: n:x: prefix: prefix must begin with /",
        ),
        (
            "{name: x, kind: http.router, midleware: [a]}".into(),
            "warning: n:x: midleware: unknown field \"midleware\": until it is removed or corrected the routes of the router \
             answer 503 (did you mean \"middleware\"?)",
        ),
    ];
    for (entry, expected) in cases {
        let found = said(&with(&format!("{base}- {entry}\n")));
        assert!(found.contains(&expected.to_owned()), "{entry}: {found:?}");
        assert_eq!(found.len(), 1, "{entry}: {found:?}");
    }
    let alone = with("- {name: s, kind: http.service}\n");
    assert_eq!(said(&alone), ["error: n:s: addr: addr is required"]);
    let number = with("- {name: s, kind: http.service, addr: 80}\n");
    assert_eq!(
        said(&number),
        ["error: n:s: addr: expected a string, found the number 80 (write \"80\", in quotes)"]
    );
    let wrong = with("- {name: s, kind: http.service, addr: localhost}\n");
    assert_eq!(
        said(&wrong),
        ["error: n:s: addr: expected host:port, found \"localhost\""]
    );
    let lonely = with("- {name: e, kind: http.endpoint, path: /, func: f}\n");
    assert_eq!(
        said(&lonely),
        ["error: n:e: meta.router: meta.router is required (the project has no http.router entry)"]
    );
}

#[test]
fn a_project_that_is_mostly_lua_loads_and_lists() {
    let mut text = format!(
        "{APP}- {{name: server, kind: http.service, addr: ':80'}}\n- {{name: api, kind: http.router}}\n- {{name: db, kind: db.sql.sqlite, file: '${{env:NOT_OURS}}'}}\n- {{name: policy, kind: security.policy, policy: [1]}}\n- {{name: q, kind: queue.consumer, func: l0}}\n"
    );
    for i in 0..300 {
        text.push_str(&format!("- {{name: l{i}, kind: function.lua, source: 'file://l{i}.lua', pool: {{size: x}}, modules: [http]}}\n"));
        text.push_str(&format!(
            "- {{name: e{i}, kind: http.endpoint, path: /{i}, func: l{i}}}\n"
        ));
    }
    let loaded = yaml(&text);
    assert_eq!(
        said(&loaded),
        [
            "warning: n:policy: kind: actors, scopes and security policies do not exist here",
            "warning: n:e0: func: n:l0 is of kind function.lua, which is not run here (so do 299 more of http.endpoint to function.lua)",
        ]
    );
    assert_eq!(loaded.registry.entries().len(), 610);
    assert!(loaded.registry.resolve("n:f").is_ok());
    let e7 = Id::new("n", "e7");
    assert!(loaded.registry.is_not_run(&e7));
    assert_eq!(loaded.registry.errors_of(&e7).len(), 1);
    assert!(!loaded.registry.is_not_run(&Id::new("n", "f")));
    let strict = from_yaml(&text, None, &LoadOptions::default().strict(true));
    assert_eq!(strict.errors().count(), 300);
    assert!(strict.registry.resolve("n:f").is_ok());
}

#[test]
fn kinds_almost_spelt_like_known_ones_are_pointed_at() {
    let hint = |kind: &str| {
        let loaded = with(&format!("- {{name: x, kind: {kind}}}\n"));
        loaded.diagnostics.iter().find_map(|d| d.hint.clone())
    };
    assert_eq!(
        hint("http.rotuer").as_deref(),
        Some("did you mean \"http.router\"?")
    );
    assert_eq!(
        hint("env.varible").as_deref(),
        Some("did you mean \"env.variable\"?")
    );
    for kind in [
        "function.lua",
        "process.lua",
        "env.storage.s3",
        "env.storage.aws",
        "ns.definition",
        "http.static",
    ] {
        assert_eq!(hint(kind), None, "{kind}");
    }
}

#[test]
fn what_an_entry_needs_at_any_distance_stops_it() {
    let loaded = with(
        "- {name: server, kind: http.service}
- {name: api, kind: http.router}
- {name: e, kind: http.endpoint, path: /, func: f}
",
    );
    assert_eq!(said(&loaded), ["error: n:server: addr: addr is required"]);
    let stopped = loaded.registry.resolve("n:e");
    assert!(
        matches!(&stopped, Err(LookupError::Invalid { errors, .. }) if errors.len() == 1),
        "{stopped:?}"
    );
    assert!(loaded.registry.resolve("n:f").is_ok());
}

#[test]
fn security_is_said_not_to_exist() {
    let loaded = with(
        "- {name: a, kind: terminal.host, lifecycle: {security: {actor: {id: x}}}}
- {name: b, kind: function.wat, source: s, method: m, security: {policies: [p]}}
- {name: c, kind: function.lua, lifecycle: {security: {}}}
",
    );
    assert_eq!(
        said(&loaded),
        [
            "warning: n:a: lifecycle.security: actors, scopes and security policies do not exist here (this concerns 2 more entries)"
        ]
    );
}
