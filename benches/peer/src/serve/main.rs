//! A component that answers HTTP requests, on wasmtime-wasi-http, hyper and tokio, as `wasmtime serve` does it: compiled and
//! linked once, an instance for each request, its guest in a task of its own, HTTP/1.1 with connections that are kept.
//!
//! `peer-serve [--on-demand] [--current-thread] COMPONENT` listens on a free port of the loopback interface and prints
//! its address. Instances come from the pooling allocator with its own settings, as they do by default in `wasmtime serve`;
//! `--on-demand` makes each of them anew (`Engine::default()`). The runtime has a thread for each core, as there;
//! `--current-thread` leaves it one. The server ends when its standard input does.

mod client;
mod handler;
mod options;
mod state;

use std::error::Error;
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;

use handler::Handler;
use options::Options;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::of(std::env::args().skip(1))?;
    let handler = Arc::new(Handler::load(&options)?);
    end_with_input();
    runtime(&options)?.block_on(serve(handler))
}

/// Ends the process, whatever its runtime waits for, when whoever started it goes away.
fn end_with_input() {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}

fn runtime(options: &Options) -> std::io::Result<Runtime> {
    let mut builder = match options.current_thread {
        true => Builder::new_current_thread(),
        false => Builder::new_multi_thread(),
    };
    builder.enable_time().enable_io().build()
}

async fn serve(handler: Arc<Handler>) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(client::serve(handler.clone(), stream));
    }
}
