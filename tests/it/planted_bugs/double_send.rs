//! An order that is sent again because its confirmation is late.

use wippy_dispatcher::sim::FaultMix;

use super::bug::{Bug, milliseconds};
use super::world::World;

pub const BUG: Bug = Bug {
    name: "double-send",
    hosts: &["client", "shop"],
    faults: || {
        let mix = FaultMix::new(milliseconds(2_000));
        mix.loss(0.1).jitter(milliseconds(200))
    },
    most: milliseconds(600_000),
    play,
};

fn play(world: &World, variant: &str) -> Result<(), String> {
    let address = world.address("shop").to_string();
    // How long it stays when nobody comes.
    let seconds = if world.is_simulated() { "300" } else { "1" };
    let shop = ["double-send", variant, "server", &address, seconds];
    let shop = world.guest("shop", &shop);
    let order = ["double-send", variant, "client", &address, "5"];
    let client = world.guest("client", &order);
    let ordered: String = (1..=5).map(|it| format!("ordered book-{it}\n")).collect();
    world.expect(client, ordered)?;
    let delivered: String = (1..=5).map(|it| format!("delivered book-{it}\n")).collect();
    world.expect(shop, delivered)
}
