//! Two feeds that are ready at once, one of which is forgotten.

use wippy_dispatcher::net::TcpListener;
use wippy_dispatcher::sim::FaultMix;

use super::bug::{Bug, milliseconds};
use super::line_stream::LineStream;
use super::world::{World, within};

pub const BUG: Bug = Bug {
    name: "lost-wake",
    hosts: &["client", "source"],
    faults: || {
        let mix = FaultMix::new(milliseconds(3_000));
        mix.pauses(2).latency(milliseconds(50)).loss(0.02)
    },
    most: milliseconds(600_000),
    play,
};

const LINES: usize = 10;

/// Sends lines to one after the other. A line that is not acknowledged in 400 ms holds up the next one no longer.
fn play(world: &World, variant: &str) -> Result<(), String> {
    let first = world.address("source");
    let mut second = first;
    second.set_port(first.port() + 1);
    let source = world.spawn("source", async move |handle, _| {
        let bind = |address| TcpListener::bind(&handle, address).expect("a port");
        let mut feeds = Vec::new();
        for listener in [bind(first), bind(second)] {
            let (stream, _) = listener.accept().await.expect("a client");
            feeds.push(LineStream::new(stream));
        }
        for line in 0..LINES {
            let feed = &mut feeds[line % 2];
            feed.send(&line.to_string()).await;
            within(&handle, milliseconds(400), feed.next()).await;
            handle.sleep(milliseconds(50)).await.expect("a timer");
        }
        feeds.iter().for_each(LineStream::end);
        for mut feed in feeds {
            while feed.next().await.is_some() {}
        }
    });
    source.detach();
    let (first, second) = (first.to_string(), second.to_string());
    let client = world.guest("client", &["lost-wake", variant, &first, &second]);
    world.expect(client, "lines 5 5\n")
}
