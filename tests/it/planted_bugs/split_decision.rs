//! A partition between a decision and its confirmation.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use wippy_dispatcher::net::UdpSocket;
use wippy_dispatcher::sim::FaultMix;

use super::bug::{Bug, milliseconds};
use super::world::World;

pub const BUG: Bug = Bug {
    name: "split-decision",
    hosts: &["coordinator", "one", "other"],
    faults: || {
        let mix = FaultMix::new(milliseconds(3_000));
        mix.partitions(4).latency(milliseconds(30)).loss(0.05)
    },
    most: milliseconds(600_000),
    play,
};

/// What a participant has done, by the round.
type Decisions = Rc<RefCell<BTreeMap<String, String>>>;

fn participate(world: &World, host: &str) -> Decisions {
    let decisions = Decisions::default();
    let made = decisions.clone();
    let task = world.spawn(host, async move |handle, address| {
        let socket = UdpSocket::bound(&handle, address).expect("a port");
        let mut buffer = [0; 64];
        while let Ok((length, from)) = socket.recv(&mut buffer).await {
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let (what, round) = request.split_once(' ').expect("two words");
            let answer = match what {
                "prepare" => format!("prepared {round}"),
                _ => {
                    // The first decision is the one that counts.
                    let mut made = made.borrow_mut();
                    made.entry(round.to_owned()).or_insert(what.to_owned());
                    format!("confirmed {round}")
                }
            };
            let _ = socket.send(answer.as_bytes(), Some(from)).await;
        }
    });
    task.detach();
    decisions
}

fn play(world: &World, variant: &str) -> Result<(), String> {
    let (one, other) = (participate(world, "one"), participate(world, "other"));
    let addresses = [world.address("one"), world.address("other")].map(|it| it.to_string());
    let words = ["split-decision", variant, &addresses[0], &addresses[1], "6"];
    let coordinator = world.guest("coordinator", &words);
    let ended = world.finish(coordinator)?;
    let told = |line: &str| {
        line.split_once(' ')
            .map(|(what, round)| (round.to_owned(), what.to_owned()))
    };
    let told: BTreeMap<String, String> = ended.output.lines().filter_map(told).collect();
    let (one, other) = (one.borrow(), other.borrow());
    match ended.code == 0 && told.len() == 6 && *one == told && *other == told {
        true => Ok(()),
        false => Err(format!(
            "told {told:?}, one did {one:?}, the other {other:?}"
        )),
    }
}
