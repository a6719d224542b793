//! The page as text: it has all there is, and nothing in it can be taken for a part of the page.

use serde_json::Value;

use super::{HOSTILE, drawn};

/// The data of a page.
pub fn data(page: &str) -> Value {
    let begin = "<script type=\"application/json\" id=\"data\">";
    let (_, rest) = page.split_once(begin).expect("data");
    let (data, _) = rest.split_once("</script>").expect("the end of the data");
    serde_json::from_str(data).expect("JSON")
}

#[test]
fn what_guests_write_stays_text() {
    let mut picture = drawn();
    picture.title = HOSTILE.to_owned();
    picture.summary.push(HOSTILE.to_owned());
    let page = picture.html();
    assert_eq!(
        page.matches("<script").count(),
        2,
        "the data and the program"
    );
    assert_eq!(page.matches("</script").count(), 2);
    assert_eq!(page.matches("<!--").count(), 0);
    assert_eq!(page.matches("<title>").count(), 1);
    let data = data(&page);
    assert_eq!(data["title"], HOSTILE);
    let outputs = data["pictures"][0]["outputs"].as_array().expect("output");
    let written: String = outputs
        .iter()
        .filter_map(|it| it["text"].as_str())
        .collect();
    assert!(written.contains(HOSTILE), "{written:?}");
}

#[test]
fn a_page_needs_nothing_else() {
    let page = drawn().html();
    let (program, _) = page.split_once("<script type=").expect("a page");
    let policy =
        "content=\"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'\"";
    assert!(program.contains(policy), "{program}");
    for reference in [
        "src=",
        "href=\"http",
        "url(",
        "@import",
        "import(",
        "fetch(",
        "innerHTML",
    ] {
        let (_, after) = page.rsplit_once("<script>").expect("a program");
        for part in [program, after] {
            assert!(!part.contains(reference), "{reference}");
        }
    }
}

#[test]
fn the_data_have_every_part_of_the_picture() {
    let picture = drawn();
    let data = data(&picture.html());
    let of = |name: &str| data["pictures"][0][name].as_array().expect("a list").len();
    let runs = picture
        .tasks
        .iter()
        .map(|task| task.runs.len())
        .sum::<usize>();
    let waits = picture
        .tasks
        .iter()
        .map(|task| task.waits.len())
        .sum::<usize>();
    assert_eq!(of("runs"), 4 * runs);
    assert_eq!(of("waits"), 4 * waits);
    assert_eq!(of("messages"), 10 * picture.messages.len());
    assert_eq!(of("marks"), 5 * picture.marks.len());
    assert_eq!(of("faults"), picture.faults.len());
    assert_eq!(of("hosts"), 4);
    assert_eq!(of("outputs"), picture.outputs.len());
    let ends = picture
        .marks
        .iter()
        .filter(|mark| mark.text.starts_with("cat: "));
    let ends: Vec<&str> = ends.map(|mark| &*mark.text).collect();
    assert_eq!(
        ends,
        ["cat: exited with 0", "cat: exited with 0"],
        "it is made again after a crash"
    );
}
