//! A connection that the server closes while a request is under way.

use wippy_dispatcher::net::TcpListener;
use wippy_dispatcher::sim::FaultMix;

use super::bug::{Bug, milliseconds};
use super::line_stream::LineStream;
use super::world::{World, within};

pub const BUG: Bug = Bug {
    name: "stale-connection",
    hosts: &["client", "server"],
    faults: || {
        let mix = FaultMix::new(milliseconds(2_000));
        mix.jitter(milliseconds(400))
            .latency(milliseconds(200))
            .loss(0.05)
    },
    most: milliseconds(600_000),
    play,
};

fn play(world: &World, variant: &str) -> Result<(), String> {
    let address = world.address("server").to_string();
    let server = world.spawn("server", async |handle, address| {
        let listener = TcpListener::bind(&handle, address).expect("a port");
        while let Ok((stream, _)) = listener.accept().await {
            let waiting = handle.clone();
            let serve = async move {
                let mut client = LineStream::new(stream);
                // A connection whose first request is under way is not idle.
                let mut request = client.next().await;
                while let Some(asked) = request {
                    client.send(&asked.replace("GET", "200")).await;
                    let next = within(&waiting, milliseconds(1_000), client.next()).await;
                    request = next.flatten();
                }
            };
            handle.spawn(serve).expect("a task").detach();
        }
    });
    server.detach();
    let words = ["stale-connection", variant, &address, "3", "300"];
    let client = world.guest("client", &words);
    world.expect(client, "200 /1\n200 /2\n200 /3\n")
}
