//! Of the library as a whole.
#![allow(unsafe_code)]

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::guard::{guarded, last_error};
use crate::pointers::wippy_buffer;
use crate::status::wippy_status;
use crate::table;

/// The library's version, such as `0.1.0`. It is never NULL, and stays for good. Any thread may ask.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_version() -> *const c_char {
    const VERSION: &std::ffi::CStr = match std::ffi::CStr::from_bytes_with_nul(
        concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes(),
    ) {
        Ok(version) => version,
        Err(_) => c"",
    };
    VERSION.as_ptr()
}

/// What the last function that has failed on this thread says of it: UTF-8 with a zero byte at its end, and its length without
/// that in `length`, which may be NULL. It is empty where none has failed. This function itself leaves it as it is.
///
/// Errors: TOO_SMALL (the length is written), INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_last_error(
    mut buffer: wippy_buffer<'_>,
    length: Option<&mut MaybeUninit<usize>>,
) -> wippy_status {
    let text = last_error();
    let mut status = wippy_status::Ok;
    // Its own failure must not replace the text.
    let guarded = guarded(|| {
        if let Err(failure) = buffer.write_text(text.as_bytes(), length) {
            status = failure.status;
        }
        Ok(())
    });
    match guarded {
        wippy_status::Ok => status,
        failed => failed,
    }
}

/// How many objects this thread has: what was made and not destroyed, host calls included. For tests of programs that
/// destroy all they make.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_object_count() -> usize {
    let mut count = 0;
    let _ = guarded(|| {
        count = table::count();
        Ok(())
    });
    count
}
