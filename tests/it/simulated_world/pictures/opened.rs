//! A page in a browser. It is opened with a second script, which does what a person would and writes what came of
//! it into the document, that the browser prints.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// A program that is asked for, or one of those that are usual.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A browser that works here. Where one is demanded, there is one.
pub fn browser() -> Option<String> {
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
pub fn opened(browser: &str, page: &str, script: &str) -> Value {
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
