//! Sockets that a service manager has passed on.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};

/// The most that are taken.
const SOCKETS_MAX: u32 = 64;

/// The sockets that the process was started with, by their names: those of `LISTEN_FDS` where `LISTEN_PID` is this
/// process. The first value has them, and all others none.
#[derive(Default, Debug)]
pub struct PassedSockets(Vec<(Option<String>, OwnedFd)>);

impl PassedSockets {
    /// Those of the environment. What is passed on and is no socket, or was closed before, counts as nothing.
    pub fn of_environment() -> PassedSockets {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        let count = std::env::var("LISTEN_FDS").ok();
        let count = count.and_then(|count| count.parse().ok()).unwrap_or(0);
        // Descriptors that are not open must not be taken over.
        let is_socket = |number| {
            let link = std::fs::read_link(format!("/proc/self/fd/{number}"));
            link.is_ok_and(|link| link.to_string_lossy().starts_with("socket:"))
        };
        let are_sockets = (1..=SOCKETS_MAX).contains(&count) && (3..3 + count).all(is_socket);
        if !are_sockets || TAKEN.swap(true, Ordering::AcqRel) {
            return PassedSockets::default();
        }
        let sockets = sd_listen_fds::get().unwrap_or_default();
        let named = |(name, fd): (Option<String>, sd_listen_fds::OwnedFd)| (name, fd.into_std());
        PassedSockets(sockets.into_iter().map(named).collect())
    }

    /// Takes those of a name, or all that are left.
    pub(super) fn take(&mut self, name: Option<&str>) -> Vec<OwnedFd> {
        let all = std::mem::take(&mut self.0);
        let is_it = |own: &Option<String>| name.is_none() || own.as_deref() == name;
        let (taken, left) = all.into_iter().partition(|(own, _)| is_it(own));
        self.0 = left;
        taken.into_iter().map(|(_, fd): (_, OwnedFd)| fd).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_taken_by_their_names_and_once() {
        let socket = || OwnedFd::from(std::os::unix::net::UnixStream::pair().expect("two").0);
        let named = |name: &str| (Some(name.to_owned()), socket());
        let mut passed = PassedSockets(vec![named("web"), named("admin"), named("web")]);
        assert_eq!(passed.take(Some("none")).len(), 0);
        assert_eq!(passed.take(Some("web")).len(), 2);
        assert_eq!(passed.take(Some("web")).len(), 0);
        assert_eq!(passed.take(None).len(), 1);
        assert_eq!(passed.take(None).len(), 0);
    }
}
