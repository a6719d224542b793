//! A timeout that the wall clock decides.

use wippy_dispatcher::net::UdpSocket;
use wippy_dispatcher::sim::FaultMix;

use super::bug::{Bug, milliseconds};
use super::world::World;

pub const BUG: Bug = Bug {
    name: "clock-step",
    hosts: &["client", "server"],
    faults: || {
        let mix = FaultMix::new(milliseconds(2_000));
        mix.wall_clock_steps(3)
            .latency(milliseconds(50))
            .clock_drift(500)
    },
    most: milliseconds(10_000),
    play,
};

fn play(world: &World, variant: &str) -> Result<(), String> {
    let address = world.address("server").to_string();
    let server = world.spawn("server", async |handle, address| {
        let socket = UdpSocket::bound(&handle, address).expect("a port");
        let mut buffer = [0; 64];
        while let Ok((length, from)) = socket.recv(&mut buffer).await {
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if request != "get 5" {
                handle.sleep(milliseconds(100)).await.expect("a timer");
                let answer = request.replace("get", "value");
                let _ = socket.send(answer.as_bytes(), Some(from)).await;
            }
        }
    });
    server.detach();
    let client = world.guest("client", &["clock-step", variant, &address, "4"]);
    world.expect(client, "4 of 5\n")
}
