//! `sock_*`: no descriptor is a socket that a guest could use.

use super::errno::{Answer, Errno};
use super::guest::Guest;

fn no_socket(guest: &mut Guest<'_>, number: u32) -> Answer {
    guest.descriptors()?.get(number)?;
    Err(Errno::NOTSOCK.into())
}

pub(super) fn sock_accept(guest: &mut Guest<'_>, (fd, _, _): (u32, u32, u32)) -> Answer {
    no_socket(guest, fd)
}

type Receive = (u32, u32, u32, u32, u32, u32);

pub(super) fn sock_recv(guest: &mut Guest<'_>, (fd, ..): Receive) -> Answer {
    no_socket(guest, fd)
}

pub(super) fn sock_send(guest: &mut Guest<'_>, (fd, ..): (u32, u32, u32, u32, u32)) -> Answer {
    no_socket(guest, fd)
}

pub(super) fn sock_shutdown(guest: &mut Guest<'_>, (fd, _): (u32, u32)) -> Answer {
    no_socket(guest, fd)
}
