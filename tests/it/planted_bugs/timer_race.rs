//! An answer and a timeout that are ready at once.

use std::collections::BTreeMap;

use wippy_dispatcher::net::TcpListener;
use wippy_dispatcher::sim::FaultMix;

use super::bug::{Bug, milliseconds};
use super::line_stream::LineStream;
use super::world::World;

pub const BUG: Bug = Bug {
    name: "timer-race",
    hosts: &["client", "shop"],
    faults: || {
        let mix = FaultMix::new(milliseconds(2_000));
        mix.pauses(2).latency(milliseconds(50)).loss(0.02)
    },
    most: milliseconds(600_000),
    play,
};

const THINGS: u32 = 10;

fn play(world: &World, variant: &str) -> Result<(), String> {
    let address = world.address("shop").to_string();
    let shop = world.spawn("shop", async |handle, address| {
        let listener = TcpListener::bind(&handle, address).expect("a port");
        let (stream, _) = listener.accept().await.expect("a client");
        let (mut client, mut sold) = (LineStream::new(stream), BTreeMap::new());
        while let Some(line) = client.next().await {
            match line.split_once(' ') {
                Some(("buy", thing)) => *sold.entry(thing.to_owned()).or_insert(0) += 1,
                _ => {
                    handle.sleep(milliseconds(20)).await.expect("a timer");
                    client.send(&line).await;
                }
            }
        }
        sold
    });
    let count = THINGS.to_string();
    let client = world.guest("client", &["timer-race", variant, &address, &count]);
    let ended = world.finish(client)?;
    let sold = world.finish(shop)?;
    match ended.code == 0 && sold.len() == THINGS as usize && sold.values().all(|it| *it == 1) {
        true => Ok(()),
        false => Err(format!("{ended}; sold {sold:?}")),
    }
}
