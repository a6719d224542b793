//! All who take part, with their settings.

use super::entrant::{Class, Entrant};
use super::{async_io, compio, epoll, glommio, machine, monoio, smol, tokio, uring, wippy};

/// All of them, in the order of the report.
pub const ALL: [Entrant; 19] = [
    WIPPY,
    WIPPY.tuned(
        "wippy-spin",
        "wippy, spinning",
        "Builder::spin(200 µs)",
        wippy::run_spinning,
    ),
    TOKIO,
    TOKIO.tuned(
        "tokio-eager",
        "tokio, eager",
        "event_interval(8), global_queue_interval(8): looks at I/O and at other threads more often",
        tokio::run_eager,
    ),
    SMOL,
    ASYNC_IO,
    GLOMMIO,
    GLOMMIO.tuned(
        "glommio-spin",
        "glommio, spinning",
        "Placement::Fixed, spin_before_park(200 µs)",
        glommio::run_spinning,
    ),
    MONOIO,
    MONOIO
        .tuned(
            "monoio-tuned",
            "monoio, tuned",
            "IORING_SETUP_SINGLE_ISSUER and COOP_TASKRUN; timer slack 1 ns",
            monoio::run_tuned,
        )
        .without_slack(),
    MONOIO.tuned(
        "monoio-epoll",
        "monoio, epoll",
        "LegacyDriver",
        monoio::run_legacy,
    ),
    COMPIO,
    COMPIO
        .tuned(
            "compio-tuned",
            "compio, tuned",
            "single_issuer, coop_taskrun and taskrun_flag; timer slack 1 ns",
            compio::run_tuned,
        )
        .without_slack(),
    COMPIO.tuned(
        "compio-poll",
        "compio, polling",
        "DriverType::Poll",
        compio::run_polling,
    ),
    EPOLL,
    EPOLL.tuned(
        "epoll-spin",
        "epoll, spinning",
        "asks epoll_wait without waiting, and the clock, and never parks",
        epoll::run_spinning,
    ),
    URING,
    URING.tuned(
        "io-uring-tuned",
        "io_uring, tuned",
        "IORING_SETUP_SINGLE_ISSUER and DEFER_TASKRUN",
        uring::run_tuned,
    ),
    MACHINE,
];

const WIPPY: Entrant = Entrant::new(
    "wippy",
    "Dispatcher and its tasks, without guests; spins for up to 10 µs where that has paid lately",
    wippy::run,
)
.called("wippy", Class::Default, Some("wippy-dispatcher"));

const TOKIO: Entrant = Entrant::new(
    "tokio",
    "LocalRuntime, its current-thread runtime for tasks that are not Send",
    tokio::run,
);

const SMOL: Entrant = Entrant::new(
    "smol",
    "block_on and LocalExecutor, timers and sockets of async-io",
    smol::run,
);

const ASYNC_IO: Entrant = Entrant::new(
    "async-io",
    "block_on and Timer, without an executor",
    async_io::run,
);

const GLOMMIO: Entrant = Entrant::new(
    "glommio",
    "LocalExecutor with Placement::Unbound, on io_uring",
    glommio::run,
);

const MONOIO: Entrant = Entrant::new(
    "monoio",
    "FusionDriver, which takes io_uring where there is one; feature sync",
    monoio::run,
);

const COMPIO: Entrant = Entrant::new("compio", "Runtime on io_uring", compio::run);

const EPOLL: Entrant = Entrant::new(
    "epoll",
    "no runtime: epoll, one absolute timerfd, an ordered map of deadlines, an eventfd",
    epoll::run,
)
.called("bare epoll", Class::Bare, None);

const URING: Entrant = Entrant::new(
    "io-uring",
    "no runtime: one ring; each timer an absolute timeout of the kernel's, an eventfd, receives and sends",
    uring::run,
)
.called("bare io_uring", Class::Bare, None);

const MACHINE: Entrant = Entrant::new("machine", "the thread itself, no event loop", machine::run)
    .called("machine", Class::Machine, None)
    .without_slack();

/// One of them by its name.
pub fn find(id: &str) -> Option<Entrant> {
    ALL.into_iter().find(|entrant| entrant.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contenders::entrant::version_of;

    #[test]
    fn names_are_unique_and_versions_are_known() {
        let ids: BTreeSet<&str> = ALL.iter().map(|entrant| entrant.id).collect();
        assert_eq!(ids.len(), ALL.len());
        for package in ALL.iter().filter_map(|entrant| entrant.package) {
            assert!(
                version_of(package).is_some(),
                "{package} is not in the lock file"
            );
        }
    }

    #[test]
    fn only_default_settings_are_ranked() {
        for entrant in ALL {
            let contender = entrant.to_contender();
            assert_eq!(contender.ranked, entrant.class == Class::Default);
            assert!(
                entrant.class != Class::Tuned || !contender.settings.is_empty(),
                "{}",
                entrant.id
            );
        }
    }
}
