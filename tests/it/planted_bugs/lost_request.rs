//! A request that is lost twice is not sent for the third time.

use wippy_dispatcher::net::UdpSocket;
use wippy_dispatcher::sim::FaultMix;

use super::bug::{Bug, milliseconds};
use super::world::World;

pub const BUG: Bug = Bug {
    name: "lost-request",
    hosts: &["client", "server"],
    faults: || {
        let mix = FaultMix::new(milliseconds(2_000));
        mix.loss(0.3).latency(milliseconds(50)).duplication(0.2)
    },
    most: milliseconds(600_000),
    play,
};

fn play(world: &World, variant: &str) -> Result<(), String> {
    let server = world.address("server").to_string();
    let serve = world.spawn("server", async |handle, address| {
        let socket = UdpSocket::bound(&handle, address).expect("a port");
        let mut buffer = [0; 64];
        while let Ok((length, from)) = socket.recv(&mut buffer).await {
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let answer = request.replace("get", "value");
            // Without room it is lost, as it may be on the way.
            let _ = socket.send(answer.as_bytes(), Some(from)).await;
        }
    });
    serve.detach();
    let client = world.guest("client", &["lost-request", variant, &server, "5"]);
    world.expect(client, "5 values\n")
}
