//! What guests see of the network, of streams and of clocks, over both drivers from one source: the system's
//! loopback interface, and simulated networks of several seeds. Peers are native tasks over `wippy_dispatcher::net`.

mod clocks;
mod http;
mod http_failures;
mod http_server;
mod http_timeouts;
mod names;
mod streams;
mod tcp;
mod tcp_ends;
mod udp;
mod world;

/// Makes two tests of each case: one over the system, one over simulations of several seeds.
macro_rules! over_both_drivers {
    ($($name:ident),* $(,)?) => {
        mod live {
            $(#[test]
            fn $name() {
                super::$name(&crate::conformance::world::World::live());
            })*
        }

        mod simulated {
            $(#[test]
            fn $name() {
                crate::conformance::world::World::simulations().for_each(|world| super::$name(&world));
            })*
        }
    };
}
use over_both_drivers;
