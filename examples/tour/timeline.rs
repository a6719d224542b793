//! Embedding: four programs that sleep and one that reads its standard input run side by side on
//! one thread, and what they print is shown as it comes.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use wippy::Runtime;
use wippy::project::{LoadOptions, load};
use wippy::stdio::Stdio;
use wippy::stdio::{InputSource, Sink};
use wippy::stdio::{PipeReader, pipe};
use wippy_dispatcher::{Dispatcher, Handle, Instant};

/// How much a guest may print before it has to wait for us, in bytes.
const PIPE: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let loaded = load(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tour")),
        &LoadOptions::default(),
    );
    for diagnostic in &loaded.diagnostics {
        eprintln!("{diagnostic}");
    }
    let dispatcher = Dispatcher::new()?;
    let runtime = Runtime::new(dispatcher.handle(), loaded.registry)?;
    dispatcher.block_on(timeline(&dispatcher, &runtime))??;
    Ok(())
}

async fn timeline(dispatcher: &Dispatcher, runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    let handle = dispatcher.handle();
    // Compiled before the clock starts.
    for (_, entry) in runtime.registry().commands() {
        runtime.prepare(&entry.id.to_string()).await?;
    }
    let begun = handle.now()?;
    let mut lanes = Vec::new();
    for (lane, (period, times)) in [(7, 6), (11, 4), (13, 3), (20, 2)].into_iter().enumerate() {
        let words = [period.to_string(), times.to_string()];
        let (stdio, printed) = stdio(&handle, InputSource::Empty)?;
        lanes.push(start(dispatcher, runtime, "ticker", stdio, words.to_vec())?);
        lanes.push(dispatcher.spawn(show(handle.clone(), begun, lane, printed))?);
    }
    let (input, keyboard) = pipe(&handle, PIPE)?;
    let (stdio, printed) = stdio(&handle, InputSource::Pipe(input))?;
    lanes.push(start(dispatcher, runtime, "reader", stdio, Vec::new())?);
    lanes.push(dispatcher.spawn(show(handle.clone(), begun, 4, printed))?);
    for line in ["hello\n", "is anybody\nthere?\n", "good night\n"] {
        handle.sleep(Duration::from_millis(12)).await?;
        keyboard
            .write(line.as_bytes())
            .map_err(|_| "the reader is gone")?;
    }
    drop(keyboard);
    for lane in lanes {
        lane.await?;
    }
    Ok(())
}

type Lane = wippy_dispatcher::Task<()>;

fn stdio(
    handle: &Handle,
    stdin: InputSource,
) -> Result<(Stdio, PipeReader), wippy_dispatcher::Error> {
    let (printed, stdout) = pipe(handle, PIPE)?;
    let stdio = Stdio::new(stdin, Sink::Pipe(stdout.clone()), Sink::Pipe(stdout));
    Ok((stdio, printed))
}

fn start(
    dispatcher: &Dispatcher,
    runtime: &Runtime,
    command: &'static str,
    stdio: Stdio,
    words: Vec<String>,
) -> Result<Lane, wippy_dispatcher::Error> {
    let runtime = runtime.clone();
    dispatcher.spawn(async move {
        if let Err(error) = runtime.run(command, stdio, &words).await {
            eprintln!("{error}");
        }
    })
}

/// Prints a guest's lines in a column of its own, each with the time at which it came.
async fn show(handle: Handle, begun: Instant, lane: usize, printed: PipeReader) {
    let mut partial = Vec::new();
    while let Ok(Some(bytes)) = printed.next(PIPE).await {
        partial.extend(bytes);
        while let Some(end) = partial.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = partial.drain(..=end).collect();
            let at = handle
                .now()
                .map_or(0.0, |now| (now - begun).as_secs_f64() * 1e3);
            let indent = lane * 8;
            println!(
                "{at:7.2} ms  {:indent$}{}",
                "",
                String::from_utf8_lossy(&line).trim_end()
            );
        }
    }
}
