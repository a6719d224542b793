//! Two guests that read and write the same account, in the one order in which one of the two payments is lost.

use std::cell::Cell;
use std::rc::Rc;

use wippy_dispatcher::Task;
use wippy_dispatcher::sim::FaultMix;

use super::bug::{Bug, milliseconds};
use super::world::World;

/// Nothing takes time here, and there are no faults: the order of the tasks is all that the seed draws.
pub const BUG: Bug = Bug {
    name: "lost-update",
    hosts: &["bank"],
    faults: || FaultMix::new(milliseconds(1)),
    most: milliseconds(10_000),
    play,
};

/// A guest, and a task that answers what it asks.
fn client(world: &World, words: &[&str], account: &Rc<Cell<u32>>) -> Task<u8> {
    let (requests, answers, ended) = world.guest_between("bank", words);
    let account = account.clone();
    let serve = async move {
        while let Ok(Some(request)) = requests.next(64).await {
            let request = String::from_utf8_lossy(&request).into_owned();
            let amount = |text: &str| text.trim_end().parse().expect("an amount");
            let answer = match request.split_once(' ') {
                Some(("set", text)) => {
                    account.set(amount(text));
                    "ok\n".to_owned()
                }
                Some((_, text)) => {
                    account.set(account.get() + amount(text));
                    "ok\n".to_owned()
                }
                None => format!("{}\n", account.get()),
            };
            // The guest may have ended.
            let _ = answers.write(answer.as_bytes());
        }
    };
    let handle = world.handle("bank");
    handle.spawn(serve).expect("a task").detach();
    ended
}

fn play(world: &World, variant: &str) -> Result<(), String> {
    let account = Rc::new(Cell::new(0));
    let hasty = client(world, &["lost-update", variant, "0"], &account);
    // It asks eight times before it pays: all of that has to fit between two requests of the other one.
    let thorough = client(world, &["lost-update", variant, "8"], &account);
    for guest in [hasty, thorough] {
        match world.finish(guest)? {
            0 => {}
            code => return Err(format!("a guest has ended with {code}")),
        }
    }
    match account.get() {
        2 => Ok(()),
        balance => Err(format!("two payments make {balance}")),
    }
}
