//! Pictures of guests on simulated hosts: the page, the trace for viewers, and the commands that write them.

mod browser;
mod command;
mod large;
mod opened;
mod page;
mod perfetto;

use std::time::Duration;

use serde_json::json;
use wippy::sim::{Call, Simulation};
use wippy_dispatcher::Handle;
use wippy_dispatcher::net::UdpSocket;
use wippy_dispatcher::sim::picture::Picture;
use wippy_dispatcher::sim::{Fault, Link};

use super::{program, server};

/// What a guest writes to break out of the page, or to lie about what is on it.
const HOSTILE: &str = "</script><script>document.title = 'broken out'</script>\n\
                       <!--<img src=x onerror=\"document.title='broken out'\">\u{202e}\u{0}]]>\n";

/// Two clients that fetch from a server over a network that is cut for a while and loses packets, one that
/// crashes, and a guest that writes hostile text.
fn drawn() -> Picture {
    let seconds = Duration::from_secs;
    let fetch = |path: &str| Call::new("fetch").input([server::get("server", path)]);
    let simulation = Simulation::builder(program())
        .host("server", [])
        .host("client", [])
        .host("writer", [])
        .default_link(Link::new().latency(Duration::from_millis(20)).loss(0.1))
        .native("server", server::serve)
        .native("writer", flood)
        .run("client", fetch("/one").name("first"))
        .run("client", fetch("/two").name("second").start(seconds(3)))
        .run("client", Call::new("nap").input([json!([60_000_000])]))
        .run("writer", Call::new("cat").stdin(HOSTILE).start(seconds(1)))
        .at(seconds(2), Fault::partition(["client"], ["server"]))
        .at(seconds(5), Fault::heal(["client"], ["server"]))
        .at(
            seconds(10),
            Fault::Crash("writer".to_owned(), Default::default()),
        )
        .at(seconds(12), Fault::Restart("writer".to_owned()))
        .build()
        .expect("a simulation");
    let (outcome, picture) = simulation.draw(11, 1_000_000).expect("a run");
    assert!(outcome.is_completed(), "{outcome}");
    picture.expect("it was made")
}

/// Sends datagrams to a host where nobody takes them.
async fn flood(handle: Handle) {
    let Ok(socket) = UdpSocket::bound(&handle, ([0, 0, 0, 0], 0).into()) else {
        return;
    };
    let Ok(addresses) = wippy_dispatcher::net::resolve(&handle, "server").await else {
        return;
    };
    for _ in 0..20 {
        let _ = socket.try_send(b"anybody?", Some((addresses[0], 9).into()));
        if handle.sleep(Duration::from_millis(100)).await.is_err() {
            return;
        }
    }
}
