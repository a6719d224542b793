//! Hostile projects through `wippy check`: an error that says what, within bounded memory.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;

use wippy::Digest;

/// What the program may have mapped to write to, in KiB; the hostile files mean far more.
const MEMORY: u32 = 256 << 10;

/// What is said first of a project with this one file, and the exit status.
fn check(name: &str, bytes: &[u8]) -> (Option<i32>, String) {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join(name), bytes).expect("a file");
    check_directory(directory.path())
}

fn check_directory(directory: &Path) -> (Option<i32>, String) {
    let script = format!("ulimit -d {MEMORY} && exec \"$0\" -C \"$1\" check");
    let output = crate::support::command("sh")
        .args(["-c", &script, crate::support::BINARY])
        .arg(directory)
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    let told = String::from_utf8_lossy(&output.stderr);
    let is_mistake = |line: &&str| line.contains(": error: ") || line.contains(": warning: ");
    let line = told.lines().find(is_mistake).unwrap_or_default();
    let prefix = format!("{}/", directory.display());
    (output.status.code(), line.replace(&prefix, ""))
}

/// Bytes without a pattern, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Nine aliases of nine aliases, forty times.
fn aliases() -> String {
    let mut text = "namespace: n\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..40 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        let _ = writeln!(text, "a{level}: &a{level} [{aliases}]");
    }
    text
}

#[test]
fn bombs_of_yaml_end_in_an_error() {
    let head = "namespace: n\nx: ";
    let deep = |part: &str| format!("{head}{}", part.repeat(300_000));
    let cases = [
        ("aliases.yaml", aliases(), "1000000 nodes, aliases expanded"),
        ("lists.yaml", deep("["), ""),
        (
            "mappings.yaml",
            deep("{a: "),
            "nested deeper than 64 levels",
        ),
        (
            "items.yaml",
            format!("namespace: n\nx:\n {}", "- ".repeat(300_000)),
            "nested deeper than 64 levels",
        ),
        ("keys.yaml", deep("? "), ""),
        ("quotes.yaml", format!("{}'", deep("'")), ""),
        (
            "lists.json",
            format!("{{\"namespace\": {}", "[".repeat(300_000)),
            "",
        ),
    ];
    for (name, text, expected) in cases {
        let (code, told) = check(name, text.as_bytes());
        assert_eq!(code, Some(2), "{name}: {told}");
        assert!(told.starts_with(&format!("{name}:")), "{name}: {told}");
        assert!(
            told.contains(": error: ") && told.contains(expected),
            "{name}: {told}"
        );
        assert!(told.len() < 200, "{name}: {told}");
    }
}

#[test]
fn a_hundred_megabytes_in_one_scalar_are_not_read() {
    for name in ["_index.yaml", "wippy.lock", ".wippy.yaml"] {
        let directory = tempfile::tempdir().expect("a directory");
        let file = std::fs::File::create(directory.path().join(name)).expect("a file");
        std::os::unix::fs::FileExt::write_all_at(&file, b"namespace: ", 0).expect("written");
        // The rest of it is zero bytes that no disk has to hold.
        file.set_len(100 << 20).expect("sized");
        let (code, told) = check_directory(directory.path());
        assert_eq!(
            (code, told),
            (
                Some(2),
                format!("{name}: error: the file is larger than 4194304 bytes")
            )
        );
    }
}

#[test]
fn random_bytes_are_no_documents() {
    let noise = noise(10_000_000);
    let some = noise.get(..1_000_000).unwrap_or_default();
    for name in ["a.yaml", "wippy.lock", ".wippy.yaml"] {
        let (code, told) = check(name, &noise);
        let text = format!("{name}: error: the file is larger than 4194304 bytes");
        assert_eq!((code, told), (Some(2), text));
        let (code, told) = check(name, some);
        assert_eq!(code, Some(2), "{told}");
        assert!(
            told.starts_with(name) && told.ends_with("error: the file is not UTF-8 text"),
            "{told}"
        );
    }
    // Text without a meaning.
    let printable = b" \n-[]{}:,\"'&*!|>%@#?abc";
    let text: Vec<u8> = some
        .iter()
        .filter_map(|byte| printable.get(usize::from(*byte) % printable.len()))
        .copied()
        .collect();
    let (code, told) = check("a.yaml", &[b"namespace: n\n", &text[..]].concat());
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("error: YAML syntax error: "), "{told}");
    // Large JSON is data of the project, and is said not to be read.
    let (code, told) = check("a.json", &noise);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.starts_with("a.json: warning: the file is larger than "),
        "{told}"
    );
}

#[test]
fn random_bytes_are_no_modules() {
    let noise = noise(10_000_000);
    let component = [b"\0asm\x0d\0\x01\0", &noise[..]].concat();
    let core = [b"\0asm\x01\0\0\0", &noise[..]].concat();
    for bytes in [noise, component, core] {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("m.wasm"), &bytes).expect("a file");
        let text = format!(
            "namespace: n\nentries:\n- {{name: d, kind: fs.directory, directory: .}}\n\
             - {{name: f, kind: function.wasm, fs: d, path: m.wasm, hash: 'sha256:{}', method: m}}\n",
            Digest::of(&bytes)
        );
        std::fs::write(directory.path().join("_index.yaml"), text).expect("a file");
        let (code, told) = check_directory(directory.path());
        assert_eq!(code, Some(2), "{told}");
        let place = "_index.yaml:4:47: error: n:f: path: not a usable module: ";
        assert!(told.starts_with(place), "{told}");
    }
}
