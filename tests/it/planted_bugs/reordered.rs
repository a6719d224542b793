//! Datagrams that are taken to come once, and in order.

use wippy_dispatcher::net::UdpSocket;
use wippy_dispatcher::sim::FaultMix;

use super::bug::{Bug, milliseconds};
use super::world::World;

pub const BUG: Bug = Bug {
    name: "reordered",
    hosts: &["client", "server"],
    faults: || {
        let mix = FaultMix::new(milliseconds(1_000));
        mix.reordering(0.1)
            .duplication(0.1)
            .latency(milliseconds(20))
    },
    most: milliseconds(600_000),
    play,
};

fn play(world: &World, variant: &str) -> Result<(), String> {
    let address = world.address("server").to_string();
    let server = world.spawn("server", async |handle, address| {
        let socket = UdpSocket::bound(&handle, address).expect("a port");
        let mut buffer = [0; 64];
        // The request may come twice, and so may all pieces.
        while let Ok((_, from)) = socket.recv(&mut buffer).await {
            for number in 0..20 {
                let piece = format!("{number} ({number})");
                socket
                    .send(piece.as_bytes(), Some(from))
                    .await
                    .expect("room");
                handle.sleep(milliseconds(1)).await.expect("a timer");
            }
        }
    });
    server.detach();
    let client = world.guest("client", &["reordered", variant, &address, "20"]);
    let text: String = (0..20).map(|number| format!("({number})")).collect();
    world.expect(client, text + "\n")
}
