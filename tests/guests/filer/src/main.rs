//! An ordinary program about files, with the standard library: `filer check DIRECTORY` tries what programs do with
//! files and prints a line for each; `filer upper FROM TO` copies the text files of a directory in capitals.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["check", directory] => check(Path::new(directory)),
        ["upper", from, to] => upper(Path::new(from), Path::new(to)),
        _ => Err(io::Error::other("usage: filer check DIRECTORY | filer upper FROM TO")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Lists a directory, reads its files, and writes each in capitals.
fn upper(from: &Path, to: &Path) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.push(entry.file_name());
        }
    }
    names.sort();
    for name in &names {
        let text = fs::read_to_string(from.join(name))?;
        fs::write(to.join(name), text.to_uppercase())?;
        println!("{}: {} lines", name.to_string_lossy(), text.lines().count());
    }
    println!("{} files written", names.len());
    // What is read from is not written to.
    match fs::write(from.join("new"), "") {
        Ok(()) => println!("{} can be written to", from.display()),
        Err(error) => println!("{} cannot be written to: {:?}", from.display(), error.kind()),
    }
    Ok(())
}

fn say(what: &str, result: io::Result<String>) {
    match result {
        Ok(text) => println!("{what}: {text}"),
        Err(error) => match error.raw_os_error() {
            Some(code) => println!("{what}: errno {code}"),
            None => println!("{what}: {:?}", error.kind()),
        },
    }
}

fn done(_: ()) -> String {
    "ok".to_owned()
}

fn check(directory: &Path) -> io::Result<()> {
    let at = |name: &str| directory.join(name);
    say("create", fs::write(at("a"), "hello").map(done));
    say("append", append(&at("a")));
    say("seek", seek(&at("a")));
    say("truncate", truncate(&at("a")));
    say("exclusive", OpenOptions::new().write(true).create_new(true).open(at("a")).map(|_| "made".into()));
    fs::write(at("b"), "other")?;
    say("rename over", fs::rename(at("b"), at("a")).and_then(|()| fs::read_to_string(at("a"))));
    say("renamed", File::open(at("b")).map(|_| "there".into()));
    links(directory);
    say("slash behind a file", File::open(at("a/")).map(|_| "opened".into()));
    say("slash behind a directory", fs::create_dir(at("d/")).map(done));
    say("file in a directory", fs::write(at("d/./../d/x"), "x").map(done));
    say("remove a full directory", fs::remove_dir(at("d")).map(done));
    say("remove its file", fs::remove_file(at("d/x")).map(done));
    say("remove it", fs::remove_dir(at("d/")).map(done));
    say("unicode", unicode(directory));
    say("absolute", fs::read_to_string("/etc/passwd").map(|_| "read".into()));
    say("above", fs::read_to_string(at("../../etc/passwd")).map(|_| "read".into()));
    say("times", times(&at("a")));
    say("many", many(&at("many")));
    Ok(())
}

fn append(path: &Path) -> io::Result<String> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(b" and")?;
    file.write_all(b" more")?;
    fs::read_to_string(path)
}

fn seek(path: &Path) -> io::Result<String> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    file.seek(SeekFrom::Start(1))?;
    file.write_all(b"E")?;
    file.seek(SeekFrom::End(-4))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    file.seek(SeekFrom::Current(-100)).expect_err("before the start");
    file.rewind()?;
    let mut start = [0; 5];
    file.read_exact(&mut start)?;
    Ok(format!("{} {text} {}", String::from_utf8_lossy(&start), file.stream_position()?))
}

fn truncate(path: &Path) -> io::Result<String> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(3)?;
    file.set_len(5)?;
    file.sync_all()?;
    let bytes = fs::read(path)?;
    Ok(format!("{bytes:?} of {}", file.metadata()?.len()))
}

#[allow(deprecated)]
fn links(directory: &Path) {
    let at = |name: &str| directory.join(name);
    say("symlink", fs::soft_link("a", at("to-a")).map(done));
    say("through a link", fs::read_to_string(at("to-a")));
    say("the link itself", fs::read_link(at("to-a")).map(|to| to.display().to_string()));
    say("its type", fs::symlink_metadata(at("to-a")).map(|it| it.file_type().is_symlink().to_string()));
    say("dangling", fs::soft_link("nowhere", at("dangling")).map(done));
    say("through it", File::open(at("dangling")).map(|_| "opened".into()));
    say("loop", fs::soft_link("round", at("round")).map(done));
    say("through the loop", File::open(at("round")).map(|_| "opened".into()));
    say("outwards", fs::soft_link("../../etc/passwd", at("out")).map(done));
    say("through it", File::open(at("out")).map(|_| "opened".into()));
    say("absolute link", fs::soft_link("/etc/passwd", at("root")).map(done));
    say("hard link", fs::hard_link(at("a"), at("also-a")).and_then(|()| fs::read_to_string(at("also-a"))));
}

fn unicode(directory: &Path) -> io::Result<String> {
    let name = "ключ ✓ 日本.txt";
    fs::write(directory.join(name), "ja")?;
    let found = fs::read_dir(directory)?
        .filter_map(Result::ok)
        .any(|entry| entry.file_name() == name);
    Ok(format!("{found} {}", fs::read_to_string(directory.join(name))?))
}

fn times(path: &Path) -> io::Result<String> {
    let then = std::time::UNIX_EPOCH + std::time::Duration::new(1_000_000_000, 5);
    File::options().write(true).open(path)?.set_modified(then)?;
    Ok(format!("{}", fs::metadata(path)?.modified()? == then))
}

/// 10,000 names, listed twice.
fn many(directory: &Path) -> io::Result<String> {
    let count = fs::read_dir(directory)?.count();
    let mut names: Vec<_> = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<_>>()?;
    names.sort();
    names.dedup();
    Ok(format!("{count} entries, {} names", names.len()))
}
