//! The end of one direction, taken for the end of both.

use wippy_dispatcher::net::TcpListener;
use wippy_dispatcher::sim::FaultMix;

use super::bug::{Bug, milliseconds};
use super::line_stream::LineStream;
use super::world::World;

pub const BUG: Bug = Bug {
    name: "half-close",
    hosts: &["office", "worker"],
    faults: || {
        let mix = FaultMix::new(milliseconds(2_000));
        mix.loss(0.1)
            .latency(milliseconds(100))
            .jitter(milliseconds(100))
    },
    most: milliseconds(600_000),
    play,
};

fn play(world: &World, variant: &str) -> Result<(), String> {
    let address = world.address("office").to_string();
    let office = world.spawn("office", async |handle, address| {
        let listener = TcpListener::bind(&handle, address).expect("a port");
        let (stream, _) = listener.accept().await.expect("a worker");
        let mut worker = LineStream::new(stream);
        for job in 0..3 {
            worker.send(&job.to_string()).await;
            handle.sleep(milliseconds(10)).await.expect("a timer");
        }
        handle.sleep(milliseconds(300)).await.expect("a timer");
        worker.end();
        let mut answers = Vec::new();
        while let Some(answer) = worker.next().await {
            answers.push(answer);
        }
        answers
    });
    let worker = world.guest("worker", &["half-close", variant, &address]);
    let answers = world.finish(office)?;
    if answers != ["done 0", "done 1", "done 2"] {
        return Err(format!("the office got {answers:?}"));
    }
    world.expect(worker, "done 3\n")
}
