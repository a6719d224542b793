//! Does with a system what ordinary programs do, and says what came of it: see README.md.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let size: usize = words.iter().map(String::len).sum();
    println!("args: {} of {size} bytes", words.len());
    println!("env: {}", std::env::var("GREETING").unwrap_or_default());
    let base = &words[0];

    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    eprintln!("slept: {}", start.elapsed() >= Duration::from_millis(20));

    let name = format!("{base}/notes");
    fs::write(&name, "hello")?;
    let mut file = OpenOptions::new().append(true).open(&name)?;
    file.write_all(b" and more")?;
    println!("appended: {}", fs::read_to_string(&name)?);
    OpenOptions::new().write(true).open(&name)?.set_len(3)?;
    println!("truncated: {}", fs::read_to_string(&name)?);
    println!("listed: {}", fs::read_dir(format!("{base}/many"))?.count());

    let opened: io::Result<Vec<File>> = (0..1000).map(|_| File::open(&name)).collect();
    println!("opened: {}", opened?.len());

    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    println!("stdin: {} bytes", input.len());
    std::process::exit(42)
}
