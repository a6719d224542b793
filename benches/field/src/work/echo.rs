//! A TCP server that sends back what it reads, a task for each connection. Its clients are threads of their own.

use wippy_report::Round;

use crate::clients::Clients;
use crate::error::Fallible;
use crate::load::Load;
use crate::runtime::{Runtime, Stream};
use crate::trial::Trial;

/// The buffer of a connection.
pub const BUFFER: usize = 4096;

pub async fn run<R: Runtime>(runtime: R, load: Load, trial: &Trial) -> Fallible<Round> {
    let (listener, address) = runtime.listen()?;
    let clients = Clients::start(address, load, trial);
    let mut servers = Vec::new();
    for _ in 0..load.connections {
        let mut stream = runtime.accept(&listener).await?;
        servers.push(runtime.spawn(async move {
            let mut buffer = vec![0; BUFFER];
            loop {
                let (read, same) = stream.read(buffer).await;
                let length = read?;
                if length == 0 {
                    return Fallible::Ok(());
                }
                let (written, same) = stream.write_all(same, length).await;
                written?;
                buffer = same;
            }
        }));
    }
    for server in servers {
        server.await??;
    }
    clients.join()
}
