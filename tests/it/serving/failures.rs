//! Guests that give no answer, or only a part of one.

use std::time::Duration;

use super::{Served, entry, request};

/// What `docs/serving.md` says of a code.
fn documented(page: &str) -> Vec<(String, u16)> {
    let lines = page.lines().filter(|line| line.starts_with("| `"));
    let rows = lines.filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [codes, status] = cells[..] else {
            return None;
        };
        let status: u16 = status.parse().ok()?;
        let codes = codes
            .split(", ")
            .map(|code| code.trim_matches('`').to_owned());
        Some(codes.map(|code| (code, status)).collect::<Vec<_>>())
    });
    rows.flatten().collect()
}

#[test]
fn an_error_code_is_the_status_that_the_page_says() {
    let page = include_str!("../../../docs/serving.md");
    let rows = documented(page);
    // All cases of the variant.
    assert_eq!(rows.len(), 39, "{rows:?}");
    let served = Served::simulated(entry());
    for (code, status) in rows {
        let answer = served.run(served.get(&format!("/error/{code}")));
        assert_eq!(answer.status, status, "{code}");
        assert!(answer.text().contains(", error ID "), "{}", answer.text());
    }
}

#[test]
fn no_response_is_500_with_an_id_of_its_own() {
    let served = Served::simulated(entry());
    let mut ids = Vec::new();
    for path in ["/never", "/trap"] {
        let answer = served.run(served.get(path));
        assert_eq!((answer.status, answer.is_whole), (500, true), "{path}");
        let id = answer.text().strip_prefix("500, error ID ").expect("an ID");
        assert_eq!(id.trim_end().len(), 16, "{id}");
        ids.push(id.to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    // Others are served as before.
    assert_eq!(served.run(served.get("/hello")).status, 200);
}

#[test]
fn a_response_that_is_not_finished_is_cut() {
    let served = Served::simulated(entry());
    for path in ["/trap-later", "/unfinished", "/held"] {
        let answer = served.run(served.get(path));
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            (answer.text(), answer.is_whole),
            ("a part", false),
            "{path}"
        );
    }
    // Where the connection's end is the body's, it ends with a reset.
    let client = served.run(async {
        let client = served.connect().await;
        client.say("GET /unfinished HTTP/1.0\r\n\r\n").await;
        client
    });
    served.run(async {
        let mut buffer = [0; 4096];
        let end = loop {
            match client.stream.read(&mut buffer).await {
                Ok(0) => break "an orderly end",
                Ok(_) => {}
                Err(_) => break "a reset",
            }
        };
        assert_eq!(end, "a reset");
    });
}

#[test]
fn a_body_has_the_length_that_its_head_declares() {
    let served = Served::simulated(entry());
    // Fewer bytes than declared.
    let short = served.run(served.get("/length/9"));
    assert_eq!((short.text(), short.is_whole), ("12345", false));
    assert_eq!(served.printed(), "true false\n");
    // More of them: the write fails.
    let long = served.run(served.get("/length/3"));
    assert!(!long.is_whole, "{long:?}");
    assert_eq!(served.printed(), "false false\n");
}

#[test]
fn a_guest_that_ends_itself_has_answered() {
    let served = Served::simulated(entry());
    let answer = served.run(served.get("/exit"));
    assert_eq!((answer.text(), answer.is_whole), ("done\n", true));
}

#[test]
fn its_own_deadline_is_500_before_the_head_and_a_cut_behind_it() {
    let limited = entry().max_execution(Duration::from_millis(200));
    let served = Served::simulated(limited);
    for path in ["/wait/60000", "/spin"] {
        let begun = served.now_ms();
        let answer = served.run(served.get(path));
        assert_eq!((answer.status, answer.is_whole), (500, true), "{path}");
        let took = served.now_ms() - begun;
        assert!((200..300).contains(&took), "{path}: {took} ms");
    }
    for (path, text) in [("/slowly/9", "0\n"), ("/spin-later", "a part")] {
        let answer = served.run(served.get(path));
        assert_eq!((answer.status, answer.text()), (200, text), "{path}");
        assert!(!answer.is_whole, "{path}");
    }
    assert_eq!(served.handler.open_calls(), 0);
}

/// Neither parked guests nor spinning ones keep others from being answered.
#[test]
fn a_deadline_holds_in_real_time() {
    let served = Served::live(entry().max_execution(Duration::from_millis(50)));
    for path in ["/wait/60000", "/spin"] {
        assert_eq!(served.run(served.get(path)).status, 500, "{path}");
    }
}

#[test]
fn what_the_server_refuses_the_guest_learns_from_its_body() {
    let served = Served::simulated(entry());
    let status = served.run(async {
        let client = served.connect().await;
        let more = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
        client.say(request("POST", "/count", more)).await;
        served.sleep_ms(100).await;
        client.say("nonsense\r\n").await;
        let status = client.last_answer().await.status;
        served.handler.ended().await.expect("the dispatcher runs");
        status
    });
    assert_eq!(status, 400);
    assert_eq!(served.printed(), "3, then ErrorCode::HttpProtocolError\n");
}
