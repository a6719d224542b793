//! `split-decision VARIANT PARTICIPANT PARTICIPANT ROUNDS`: the coordinator of so many transactions over two participants.
//! Each is asked over UDP to prepare; if both say yes within a second, both are told to commit, otherwise both are
//! told to abort. What is not answered is sent again every 100 ms.
//!
//! The bug: if a participant has not confirmed the commit within a second, the coordinator decides anew, and tells those
//! who have not confirmed to abort. The other one has committed by then.

use alloc::format;
use alloc::string::String;

use crate::address::resolve;
use crate::datagrams::Datagrams;
use crate::failure::Failure;
use crate::wasi::clocks::monotonic_clock::{now, subscribe_duration};
use crate::wasi::io::poll::poll;
use crate::wasi::sockets::network::IpSocketAddress;
use crate::{argument, number_of, say};

const SECOND: u64 = 1_000_000_000;

struct Coordinator {
    socket: Datagrams,
    participants: [IpSocketAddress; 2],
}

impl Coordinator {
    /// Sends a request to the participants who have not answered it until they have, or until it is too late.
    /// Whether all have answered.
    fn ask(
        &self,
        request: &str,
        is_answer: impl Fn(&str) -> bool,
        answered: &mut [bool; 2],
        patience: Option<u64>,
    ) -> Result<bool, Failure> {
        let begun = now();
        loop {
            for (participant, _) in self.unanswered(answered) {
                self.socket.send(request, participant)?;
            }
            let again = subscribe_duration(SECOND / 10);
            loop {
                for (text, from) in self.socket.receive()? {
                    let place = self.participants.iter().position(|it| is_same(it, &from));
                    if let (Some(place), true) = (place, is_answer(&text)) {
                        answered[place] = true;
                    }
                }
                if answered.iter().all(|it| *it) {
                    return Ok(true);
                }
                let readable = self.socket.subscribe();
                if poll(&[&readable, &again]).contains(&1) {
                    break;
                }
            }
            if patience.is_some_and(|patience| now() - begun >= patience) {
                return Ok(false);
            }
        }
    }

    fn unanswered<'a>(
        &'a self,
        answered: &'a [bool; 2],
    ) -> impl Iterator<Item = (IpSocketAddress, bool)> + 'a {
        let pairs = self.participants.iter().copied().zip(*answered);
        pairs.filter(|(_, answered)| !answered)
    }
}

fn is_same(one: &IpSocketAddress, other: &IpSocketAddress) -> bool {
    match (one, other) {
        (IpSocketAddress::Ipv4(one), IpSocketAddress::Ipv4(other)) => {
            (one.address, one.port) == (other.address, other.port)
        }
        _ => false,
    }
}

pub fn run(is_fixed: bool, words: &[&str]) -> Result<(), Failure> {
    let coordinator = Coordinator {
        socket: Datagrams::new()?,
        participants: [
            resolve(&argument::<String>(words, 0)?)?,
            resolve(&argument::<String>(words, 1)?)?,
        ],
    };
    let rounds: u32 = argument(words, 2)?;
    for round in 1..=rounds {
        let request = format!("prepare {round}");
        let is_answer = |text: &str| number_of(text, "prepared") == Some(round);
        let is_prepared = coordinator.ask(&request, is_answer, &mut [false; 2], Some(SECOND))?;
        let mut decision = if is_prepared { "commit" } else { "abort" };
        let mut confirmed = [false; 2];
        let is_answer = |text: &str| number_of(text, "confirmed") == Some(round);
        let patience = (!is_fixed && is_prepared).then_some(SECOND);
        let request = format!("{decision} {round}");
        if !coordinator.ask(&request, is_answer, &mut confirmed, patience)? {
            decision = "abort";
            let request = format!("{decision} {round}");
            coordinator.ask(&request, is_answer, &mut confirmed, None)?;
        }
        say(&format!("{decision} {round}"));
        subscribe_duration(SECOND / 10).block();
    }
    Ok(())
}
