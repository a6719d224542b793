//! The page in a browser, where there is one: what is drawn, found and shown.
//!
//! A page is opened with a second script, which does what a person would and writes what came of it into the
//! document, that the browser prints.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use wippy_dispatcher::net::{TcpListener, TcpStream, resolve};
use wippy_dispatcher::sim::Fault;
use wippy_dispatcher::sim::picture::Picture;
use wippy_dispatcher::{Dispatcher, Handle, Simulation};

use super::drawn;

/// A program that is asked for, or one of those that are usual.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A browser that works here. Where one is demanded, there is one.
fn browser() -> Option<String> {
    let named = std::env::var("WIPPY_CHROMIUM").ok();
    let mut names = named.into_iter().chain(BROWSERS.map(String::from));
    let found = names.find(|name| {
        let mut program = Command::new(name);
        let asked = program
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        asked.status().is_ok_and(|status| status.success())
    });
    if found.is_none() {
        let required = std::env::var_os("WIPPY_TEST_CHROMIUM").is_some();
        assert!(!required, "there is no browser here");
        eprintln!("NOT TESTED: there is no browser here (WIPPY_CHROMIUM names one)");
    }
    found
}

/// Opens a page, does with it what a script says, and gives what the script gives: the body of a function that
/// has `view` and `shared`.
fn opened(browser: &str, page: &str, script: &str) -> Value {
    let directory = tempfile::tempdir().expect("a directory");
    let probe = format!(
        "<script>(() => {{
          const out = document.createElement('pre');
          out.id = 'probe';
          window.addEventListener('error', (event) => {{ out.textContent = `error: ${{event.message}}`; }});
          const probe = (view, shared) => {{ {script} }};
          out.textContent = 'error: ';
          document.body.append(out);
          out.textContent = window.picture?.isReady
            ? encodeURIComponent(JSON.stringify(probe(window.picture.views[0], window.picture.shared)))
            : 'error: the page did not start';
        }})();</script></body>"
    );
    let (before, after) = page.rsplit_once("</body>").expect("a page");
    let path = directory.path().join("page.html");
    std::fs::write(&path, format!("{before}{probe}{after}")).expect("a file");
    let dom = dump(browser, &path, directory.path());
    let (_, rest) = dom
        .split_once("<pre id=\"probe\">")
        .unwrap_or_else(|| panic!("no answer: {dom}"));
    let (answer, _) = rest.split_once("</pre>").expect("an answer");
    assert!(!answer.starts_with("error: "), "{answer}");
    serde_json::from_str(&decoded(answer)).expect("JSON")
}

fn dump(browser: &str, page: &Path, profile: &Path) -> String {
    let mut program = Command::new(browser);
    program.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=1400,900",
        "--dump-dom",
    ]);
    program.arg(format!(
        "--user-data-dir={}",
        profile.join("profile").display()
    ));
    program.arg(format!("file://{}", page.display()));
    let output = program.stderr(Stdio::null()).output().expect("the browser");
    assert!(output.status.success(), "{:?}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// `%41` as `A`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).expect("digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("a byte"));
                rest = after;
            }
            _ => bytes.push(first),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn lanes_arrows_and_what_is_under_the_pointer() {
    let Some(browser) = browser() else { return };
    let answer = opened(
        &browser,
        &drawn().html(),
        "
        const { model } = view;
        const pixels = () => { window.picture.paint(view); return new Uint32Array(view.context.getImageData(0, 0, view.canvas.width, view.canvas.height).data.buffer); };
        const hover = (x, y) => {
          const box = view.canvas.getBoundingClientRect();
          view.canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + x, clientY: box.top + y, bubbles: true }));
          return document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent;
        };
        const of = (kind, place) => { const point = view.pointOf(kind, place); return hover(point.x, point.y); };
        const lost = model.messages.fate.findIndex((fate) => fate === 1);
        const data = model.messages.kind.findIndex((kind, row) => kind === 3 && model.messages.fate[row] === 0);
        shared.show(view.axis.placeOf(model.messages.sent[data]) - 1e-4, view.axis.placeOf(model.messages.arrives[data]) + 1e-4);
        const lane = (host) => view.layout.lanes.get(host);
        const start = view.x(model.messages.sent[data]), end = view.x(model.messages.arrives[data]);
        const [from, to] = [lane(model.messages.from[data]), lane(model.messages.to[data])];
        const isDown = from.top <= to.top;
        const [y1, y2] = [view.y({ y: isDown ? from.bottom : from.top }), view.y({ y: isDown ? to.top : to.bottom })];
        const arrow = hover((start + end) / 2, (y1 + y2) / 2);
        shared.show(0, 1);
        const nap = model.tasks.findIndex((task) => task.label.endsWith('nap'));
        const wait = model.waitsOf[nap][0];
        return {
          lanes: [...view.layout.lanes.keys()].map((host) => model.hosts[host].name),
          order: [...view.layout.lanes.values()].every((lane, place, all) => place === 0 || lane.top > all[place - 1].bottom),
          rows: view.layout.rows.map((row) => row.label),
          arrow, lost,
          wait: of('wait', wait), output: of('output', model.outputs.length - 1), fault: of('fault', 0),
          nothing: hover(view.left + 2, view.height - 2),
          ink: new Set(pixels()).size,
          title: document.title, compressed: document.getElementById('compress').checked,
          focusable: view.canvas.tabIndex, label: view.canvas.getAttribute('aria-label'),
        };",
    );
    assert_eq!(
        answer["lanes"],
        serde_json::json!(["server", "client", "writer"])
    );
    assert_eq!(answer["order"], true);
    let rows = answer["rows"].as_array().expect("rows");
    assert_eq!(rows[0], "faults");
    let named = |name: &str| {
        rows.iter()
            .filter(|it| it.as_str().is_some_and(|it| it.ends_with(name)))
            .count()
    };
    assert_eq!(
        (named("first"), named("second"), named("nap")),
        (1, 1, 1),
        "{rows:?}"
    );
    let says = |key: &str, what: &str| {
        let text = answer[key].as_str().expect("text");
        assert!(text.contains(what), "{key}: {text}");
    };
    says("arrow", "segment of ");
    says("arrow", " arrives after ");
    says("wait", "waits 60 s for ");
    says(
        "output",
        "writes: </script><script>document.title = 'broken out'",
    );
    says("output", "\\u202e");
    says("fault", "fault: partition client | server, healed at 5 s");
    says("label", "4 hosts");
    assert_eq!(answer["nothing"], "");
    assert!(
        answer["ink"].as_u64() > Some(10),
        "colours: {}",
        answer["ink"]
    );
    assert_eq!(answer["focusable"], 0);
    assert_eq!(answer["title"], "seed 11");
    // Most of the minute is idle.
    assert_eq!(answer["compressed"], true);
    assert!(answer["lost"].as_i64() >= Some(0), "{}", answer["lost"]);
}

#[test]
fn wheel_keys_search_filter_and_table() {
    let Some(browser) = browser() else { return };
    let answer = opened(
        &browser,
        &drawn().html(),
        "
        const key = (key) => view.canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
        const width = () => view.until - view.from;
        const wheel = (deltaY) => view.canvas.dispatchEvent(new WheelEvent('wheel', { deltaY, clientX: 700, clientY: 300, cancelable: true }));
        const steps = {};
        wheel(-200); steps.wheel = width();
        key('ArrowRight'); steps.right = view.from;
        key('ArrowLeft'); key('+'); steps.plus = width();
        key('-'); key('0'); steps.all = [view.from, view.until];
        const search = (text) => {
          const input = document.getElementById('search');
          input.value = text;
          input.dispatchEvent(new Event('input'));
          return document.getElementById('found').textContent;
        };
        steps.found = search('BROKEN OUT');
        key('n');
        steps.selected = document.getElementById('detail').textContent;
        steps.row = document.querySelector('#rows tr.selected td:last-child').textContent;
        steps.none = search('no such text');
        search('');
        key('Escape');
        const selected = () => view.events.indexOf(view.selected);
        steps.unselected = selected();
        key('n'); key('n'); steps.second = selected();
        key('p'); steps.first = selected();
        const boxes = [...document.querySelectorAll('#host-list input')];
        steps.hosts = boxes.map((box) => [box.parentElement.textContent.trim(), box.checked]);
        boxes[1].click();
        steps.shown = [...view.layout.lanes.keys()];
        document.getElementById('tasks').click();
        steps.rows = view.layout.rows.map((row) => row.kind);
        document.getElementById('tasks').click();
        document.getElementById('page-on').click();
        steps.place = document.getElementById('page-place').textContent;
        steps.cells = document.querySelectorAll('#rows tr').length;
        const shown = () => [view.axis.timeOf(view.from), view.axis.timeOf(view.until)];
        const before = shown();
        document.getElementById('compress').click();
        steps.same = shown().every((time, end) => Math.abs(time - before[end]) < 1e3);
        const moments = view.axis.moments;
        steps.axis = moments.every((time) => Math.abs(view.axis.timeOf(view.axis.placeOf(time)) - time) < 1);
        return steps;",
    );
    let number = |key: &str| answer[key].as_f64().expect("a number");
    assert!(
        number("wheel") < 1.0 && number("plus") < number("wheel"),
        "{answer}"
    );
    assert!(number("right") > 0.0, "{answer}");
    assert_eq!(answer["all"], serde_json::json!([0, 1]));
    assert_eq!(answer["found"], "2 found", "two lives of the writer");
    for part in ["selected", "row"] {
        let text = answer[part].as_str().expect("text");
        assert!(text.contains("writes: </script>"), "{part}: {text}");
    }
    assert_eq!(
        (&answer["none"], &answer["unselected"]),
        (&"0 found".into(), &(-1).into())
    );
    assert_eq!((number("second"), number("first")), (1.0, 0.0));
    let hosts = serde_json::json!([
        ["default", false],
        ["server", true],
        ["client", true],
        ["writer", true]
    ]);
    assert_eq!(answer["hosts"], hosts);
    assert_eq!(answer["shown"], serde_json::json!([2, 3]));
    let rows = serde_json::json!(["faults", "host", "host"]);
    assert_eq!(answer["rows"], rows, "hosts alone");
    let place = answer["place"].as_str().expect("text");
    assert!(place.starts_with("101 to 200 of "), "{place}");
    assert_eq!(answer["cells"], 100);
    assert_eq!(
        (&answer["same"], &answer["axis"]),
        (&true.into(), &true.into())
    );
}

#[test]
fn two_runs_move_together() {
    let Some(browser) = browser() else { return };
    let picture = drawn();
    let answer = opened(
        &browser,
        &picture.html_beside(&picture, None),
        "
        const [one, other] = shared.views;
        one.zoom(0.5);
        const headings = [...document.querySelectorAll('.view h2')].map((it) => it.textContent);
        return { same: one.from === other.from && one.until === other.until && one.until < 1, views: shared.views.length,
          headings, summary: document.getElementById('summary').textContent };",
    );
    assert_eq!(
        (&answer["same"], &answer["views"]),
        (&true.into(), &2.into())
    );
    assert_eq!(answer["summary"], "the logs are equal");
    assert!(
        answer["headings"][1]
            .as_str()
            .expect("text")
            .starts_with("the second: "),
        "{answer}"
    );
}

/// Hosts that ask each other for so long.
fn large(time: Duration) -> Picture {
    const HOSTS: usize = 20;
    let mut simulation = Simulation::new(3).picture(u64::MAX);
    for number in 0..HOSTS {
        simulation = simulation.host(&format!("host-{number}"), []);
    }
    let apart = Fault::partition(["host-0"], ["host-1", "host-2"]);
    let simulation = simulation.at(time / 3, apart);
    let dispatcher = Dispatcher::builder()
        .simulation(simulation)
        .build()
        .expect("a simulation");
    for number in 0..HOSTS {
        let host = dispatcher.host(&format!("host-{number}")).expect("a host");
        host.boot(move |handle| async move {
            let listener = TcpListener::bind(&handle, ([0, 0, 0, 0], 7).into()).expect("a port");
            let asking = handle.spawn_named("ask", ask(handle.clone(), number, HOSTS));
            asking.expect("a task").detach();
            while let Ok((stream, _)) = listener.accept().await {
                handle
                    .spawn_named("answer", answer(stream))
                    .expect("a task")
                    .detach();
            }
        })
        .expect("a boot");
    }
    let handle = dispatcher.handle();
    dispatcher
        .block_on(handle.sleep(time))
        .expect("a run")
        .expect("a timer");
    dispatcher.picture().expect("it was made")
}

async fn ask(handle: Handle, number: usize, hosts: usize) {
    for round in 1.. {
        let peer = format!("host-{}", (number + round) % hosts);
        let Ok(addresses) = resolve(&handle, &peer).await else {
            return;
        };
        if let Ok(stream) = TcpStream::connect(&handle, (addresses[0], 7).into()).await {
            let mut buffer = [0; 8];
            for _ in 0..5 {
                if stream.write_all(b"question").await.is_err()
                    || stream.read(&mut buffer).await.is_err()
                {
                    break;
                }
            }
        }
        if handle.sleep(Duration::from_millis(10)).await.is_err() {
            return;
        }
    }
}

async fn answer(stream: TcpStream) {
    let mut buffer = [0; 8];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

#[test]
fn a_hundred_thousand_records_open_within_seconds() {
    let Some(browser) = browser() else { return };
    let picture = large(Duration::from_secs(3));
    assert!(picture.records > 100_000, "{}", picture.records);
    let began = Instant::now();
    let page = picture.html();
    let made = began.elapsed();
    let answer = opened(
        &browser,
        &page,
        "
        const opened = performance.now();
        const drawing = window.picture.paint;
        const times = [1, 0.1, 0.001].map((width) => {
          shared.views.forEach((view) => view.show(0.5, 0.5 + width));
          const began = performance.now();
          drawing(view);
          view.context.getImageData(0, 0, 1, 1);
          return performance.now() - began;
        });
        const began = performance.now();
        shared.search('answer');
        return { opened, times, search: performance.now() - began, events: view.events.length };",
    );
    eprintln!(
        "{} records: {} bytes made in {made:?}; {answer}",
        picture.records,
        page.len()
    );
    // A machine that does much else at the time is allowed several times what it takes.
    assert!(answer["opened"].as_f64() < Some(5_000.0), "{answer}");
    assert!(answer["events"].as_u64() > Some(50_000), "{answer}");
}
