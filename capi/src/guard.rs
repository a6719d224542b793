//! The way into the library: panics end here, and failures leave their text.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::failure::Failure;
use crate::status::wippy_status;

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs the body of an exported function. Nothing unwinds out of it.
pub fn guarded(body: impl FnOnce() -> Result<(), Failure>) -> wippy_status {
    let failure = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return wippy_status::Ok,
        Ok(Err(failure)) => failure,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().copied();
            let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            let text = text.unwrap_or("it says nothing");
            let message = format!("an error of the library's own, please report it: {text}");
            // A payload of somebody else's may panic where it is dropped.
            std::mem::forget(panic);
            Failure::new(wippy_status::Panic, message)
        }
    };
    // Where the thread ends there is nobody to read it.
    let _ = LAST_ERROR.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = failure.message;
        }
    });
    failure.status
}

/// The text of the last failure on this thread.
pub fn last_error() -> String {
    let last = LAST_ERROR.try_with(|last| last.borrow().clone());
    last.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{guarded, last_error};
    use crate::status::wippy_status;

    #[test]
    fn a_panic_is_a_status() {
        let status = guarded(|| panic!("what it says"));
        assert_eq!(status, wippy_status::Panic);
        assert!(last_error().ends_with("what it says"), "{}", last_error());
        assert_eq!(guarded(|| Ok(())), wippy_status::Ok);
    }
}
