//! Whether standard output was there when the process was started.
//!
//! Before `main`, the standard library opens `/dev/null` in the place of each standard descriptor
//! that is closed. What is written there is lost without an error, so this looks earlier.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::{Errno, fcntl_getfd};

static STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether the process was started with standard output closed.
pub(super) fn stdout_was_closed() -> bool {
    STDOUT_CLOSED.load(Ordering::Relaxed)
}

extern "C" fn look() {
    let closed = matches!(fcntl_getfd(rustix::stdio::stdout()), Err(Errno::BADF));
    STDOUT_CLOSED.store(closed, Ordering::Relaxed);
}

// SAFETY: The C runtime calls the functions of this section once, before `main`, with the C calling
// convention and arguments that `look` does not take. `look` makes one system call and stores its
// outcome: it needs nothing that is set up later, and does not unwind.
#[allow(unsafe_code)]
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;
