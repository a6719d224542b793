//! The page in a browser, where there is one: what is drawn, found and shown.

use std::time::{Duration, Instant};

use super::drawn;
use super::large::large;
use super::opened::{browser, opened};

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

#[test]
fn a_hundred_thousand_records_open_and_are_searched() {
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
    // The times are shown and decide nothing: this machine may do much else.
    assert!(answer["opened"].as_f64() > Some(0.0), "{answer}");
    assert!(answer["events"].as_u64() > Some(50_000), "{answer}");
}
