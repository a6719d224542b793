//! A client of the embedder's that answers the requests of guests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wippy::http_client::{ErrorCode, HttpRequest, HttpResponse};
use wippy::{Arguments, CallOptions, HostPackage, Runtime};
use wippy_dispatcher::Dispatcher;

use super::{call, load};
use crate::http::{get, header, with};
use crate::support::{Project, simulated};

/// Answers by the path: what it was asked, after a second, not at all, or worse.
async fn answer(mut request: HttpRequest) -> Result<HttpResponse, ErrorCode> {
    match request.path_with_query() {
        "/denied" => return Err(ErrorCode::HttpRequestDenied),
        "/panic" => panic!("no such page"),
        "/late" => request.handle().sleep(Duration::from_secs(1)).await?,
        "/never" => std::future::pending().await,
        _ => {}
    }
    let mut length = 0;
    while let Some(piece) = request.read_body().await? {
        length += piece.len();
    }
    let (method, authority) = (request.method(), request.authority());
    let path = request.path_with_query();
    let secure = request.is_secure();
    let host_fields = request.fields().count();
    let body = format!("{method} {secure} {authority} {path} {host_fields} {length}");
    Ok(HttpResponse::new(203).field("x-own", b"yes").body(body))
}

fn own() -> HostPackage {
    HostPackage::new("wasi:http", "0.2.12").http_client(|request| Box::pin(answer(request)))
}

fn project(extra: &[(&str, &dyn std::fmt::Display)]) -> Project {
    let mut project = Project::new();
    for method in ["fetch", "upload", "leave"] {
        let export = format!("http-client#{method}");
        let imports = "[wasi:io, wasi:http]";
        project.function(method, "http-client", &export, imports, extra);
    }
    project
}

fn fetch(dispatcher: &Dispatcher, runtime: &Runtime, request: Value) -> Value {
    call(dispatcher, runtime, "fetch", &[request]).expect("no trap")
}

/// In a simulation the host's own client could reach nobody.
#[test]
fn it_answers_in_the_place_of_the_hosts() {
    let dispatcher = simulated();
    let runtime = load(&dispatcher, &project(&[]), own());
    let request = with(get("shop.test"), json!({"path": "/a?b"}));
    let reply = fetch(&dispatcher, &runtime, request);
    assert_eq!(reply["ok"]["status"], 203);
    assert_eq!(reply["ok"]["body"], "GET false shop.test /a?b 0 0");
    assert_eq!(header(&reply["ok"], "x-own"), ["yes"]);
    let before = dispatcher.handle().now().expect("a clock");
    let request = with(get("shop.test"), json!({"path": "/late"}));
    let reply = fetch(&dispatcher, &runtime, request);
    assert_eq!(reply["ok"]["status"], 203);
    let passed = dispatcher.handle().now().expect("a clock") - before;
    assert!(passed >= Duration::from_secs(1), "{passed:?}");
}

#[test]
fn it_reads_what_the_guest_writes() {
    let dispatcher = simulated();
    let runtime = load(&dispatcher, &project(&[]), own());
    let arguments = [
        json!("shop.test"),
        json!("/up"),
        json!(300_000),
        json!(false),
        json!(null),
    ];
    let uploaded = call(&dispatcher, &runtime, "upload", &arguments).expect("no trap");
    let answer = uploaded["ok"][1].as_str().expect("an answer");
    assert!(
        answer.contains("POST false shop.test /up 0 300000"),
        "{answer}"
    );
}

#[test]
fn its_errors_and_panics_are_codes_of_the_exchange() {
    let dispatcher = simulated();
    let runtime = load(&dispatcher, &project(&[]), own());
    for (path, code) in [
        ("/denied", "HttpRequestDenied"),
        (
            "/panic",
            "the host function wasi:http/outgoing-handler#handle panicked: no such page",
        ),
    ] {
        let request = with(get("shop.test"), json!({ "path": path }));
        let reply = fetch(&dispatcher, &runtime, request);
        let error = reply["err"].as_str().expect("an error");
        assert!(error.contains(code), "{error}");
    }
    // What the entry may not reach is refused before.
    let wasi = "{network: {allow: [\"http:other.test:80\"]}}";
    let runtime = load(&dispatcher, &project(&[("wasi", &wasi)]), own());
    let reply = fetch(&dispatcher, &runtime, get("shop.test"));
    let error = reply["err"].as_str().expect("an error");
    assert!(error.contains("HttpRequestDenied"), "{error}");
}

/// Counts itself down when it is dropped.
struct Live(Arc<AtomicU32>);

impl Drop for Live {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn what_a_call_leaves_unanswered_is_given_up_at_its_end() {
    let dispatcher = simulated();
    let live = Arc::new(AtomicU32::new(0));
    let count = live.clone();
    let package = HostPackage::new("wasi:http", "0.2.12").http_client(move |request| {
        count.fetch_add(1, Ordering::SeqCst);
        let live = Live(count.clone());
        Box::pin(async move {
            let _live = live;
            answer(request).await
        })
    });
    let runtime = load(&dispatcher, &project(&[]), package);
    let handle = dispatcher.handle();
    dispatcher
        .block_on(async {
            runtime.prepare("fetch").await.expect("compiled");
            let deadline = handle.now().expect("a clock") + Duration::from_millis(100);
            let options = CallOptions::new().deadline(deadline);
            let never = [with(get("shop.test"), json!({"path": "/never"}))];
            let fetching = runtime.call_with("fetch", options, Arguments::Json(&never));
            assert!(fetching.await.is_err());
            assert_eq!(live.load(Ordering::SeqCst), 1, "it has begun");
            // The task learns of it at its next turn.
            handle
                .sleep(Duration::from_millis(1))
                .await
                .expect("it sleeps");
            assert_eq!(live.load(Ordering::SeqCst), 0);
        })
        .expect("no deadlock");
}
