//! A body that is cut off, taken for a whole one.

use wippy_dispatcher::net::TcpListener;
use wippy_dispatcher::sim::{DEFAULT_HOST, FaultMix};

use super::bug::{Bug, milliseconds};
use super::line_stream::LineStream;
use super::world::World;

/// The client is on the host that does not crash.
pub const BUG: Bug = Bug {
    name: "partial-body",
    hosts: &["server"],
    faults: || {
        let mix = FaultMix::new(milliseconds(1_500));
        mix.crashes(2).latency(milliseconds(50)).loss(0.02)
    },
    most: milliseconds(600_000),
    play,
};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 20000\r\n\r";

fn play(world: &World, variant: &str) -> Result<(), String> {
    let address = world.address("server").to_string();
    world.boot("server", |handle, address| async move {
        let listener = TcpListener::bind(&handle, address).expect("a port");
        while let Ok((stream, _)) = listener.accept().await {
            let waiting = handle.clone();
            let exchange = async move {
                let mut client = LineStream::new(stream);
                while client.next().await.is_some_and(|line| line != "\r") {}
                client.send(HEAD).await;
                for _ in 0..20 {
                    client.send(&"x".repeat(999)).await;
                    waiting.sleep(milliseconds(20)).await.expect("a timer");
                }
            };
            handle.spawn(exchange).expect("a task").detach();
        }
    });
    let client = world.guest(DEFAULT_HOST, &["partial-body", variant, &address]);
    world.expect(client, "20000 bytes\n")
}
