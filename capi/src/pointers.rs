//! Addresses that C gives: the only place where they are read and written. A value of one of these types comes from C, which
//! promises what its documentation says, or from a Rust reference, whose lifetime it keeps.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_void};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::slice;

use crate::failure::Failure;
use crate::status::wippy_status;

/// The most bytes that one argument may have: what Rust permits.
const MAX_LENGTH: usize = isize::MAX as usize;

/// A text of the caller's: NULL, or UTF-8 with a zero byte at its end. The library copies what it keeps.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Text<'a>(*const c_char, PhantomData<&'a CStr>);

/// Bytes of the caller's: `length` of them at `data`, which may be NULL where there are none. The library copies what it
/// keeps.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct wippy_bytes<'a> {
    /// The first.
    data: *const c_void,
    /// How many there are.
    length: usize,
    lifetime: PhantomData<&'a [u8]>,
}

/// Memory of the caller's that the library writes to: `capacity` bytes at `data`, which may be NULL where that is 0.
#[repr(C)]
#[derive(Debug)]
pub struct wippy_buffer<'a> {
    /// The first byte.
    data: *mut c_void,
    /// How many there is room for.
    capacity: usize,
    lifetime: PhantomData<&'a mut [u8]>,
}

impl<'a> Text<'a> {
    /// NULL.
    pub const NULL: Text<'static> = Text(std::ptr::null(), PhantomData);

    /// The text, `None` where it is NULL; `what` names the argument in errors.
    ///
    /// # Errors
    /// `InvalidArgument` for what is not UTF-8.
    pub(crate) fn optional(self, what: &str) -> Result<Option<&'a str>, Failure> {
        if self.0.is_null() {
            return Ok(None);
        }
        // SAFETY: it is not NULL. It is from a `CStr` that lives for 'a, or from C, which promises a zero byte at its end
        // and that it stays as it is until the function returns: an exported function's argument lives as long.
        let text = unsafe { CStr::from_ptr(self.0) };
        let text = text.to_str();
        text.map(Some)
            .map_err(|error| Failure::argument(format!("{what} is not UTF-8: {error}")))
    }

    /// The text.
    ///
    /// # Errors
    /// `InvalidArgument` for NULL and for what is not UTF-8.
    pub(crate) fn get(self, what: &str) -> Result<&'a str, Failure> {
        let text = self.optional(what)?;
        text.ok_or_else(|| Failure::argument(format!("{what} is NULL")))
    }
}

impl<'a> From<&'a CStr> for Text<'a> {
    fn from(text: &'a CStr) -> Text<'a> {
        Text(text.as_ptr(), PhantomData)
    }
}

impl<'a> wippy_bytes<'a> {
    /// None, at NULL.
    pub const NULL: wippy_bytes<'static> = wippy_bytes {
        data: std::ptr::null(),
        length: 0,
        lifetime: PhantomData,
    };

    /// The bytes; `what` names the argument in errors.
    ///
    /// # Errors
    /// `InvalidArgument` for NULL with a length, and for a length that no memory has.
    pub(crate) fn get(self, what: &str) -> Result<&'a [u8], Failure> {
        match (self.data.is_null(), self.length) {
            (_, 0) => Ok(&[]),
            (true, _) => Err(Failure::argument(format!("{what} is NULL, with a length"))),
            (false, length) if length > MAX_LENGTH => {
                Err(Failure::argument(format!("{what} is too long: {length}")))
            }
            // SAFETY: it is not NULL, and no longer than a slice may be. It is from a slice that lives for 'a, or from C,
            // which promises so many bytes there that stay as they are until the function returns.
            (false, length) => Ok(unsafe { slice::from_raw_parts(self.data.cast(), length) }),
        }
    }
}

impl<'a> From<&'a [u8]> for wippy_bytes<'a> {
    fn from(bytes: &'a [u8]) -> wippy_bytes<'a> {
        wippy_bytes {
            data: bytes.as_ptr().cast(),
            length: bytes.len(),
            lifetime: PhantomData,
        }
    }
}

impl wippy_buffer<'_> {
    /// No room, at NULL.
    pub const NULL: wippy_buffer<'static> = wippy_buffer {
        data: std::ptr::null_mut(),
        capacity: 0,
        lifetime: PhantomData,
    };

    /// How many bytes there is room for.
    ///
    /// # Errors
    /// `InvalidArgument` for NULL with a capacity, and for a capacity that no memory has.
    pub(crate) fn capacity(&self) -> Result<usize, Failure> {
        match (self.data.is_null(), self.capacity) {
            (true, 1..) => Err(Failure::argument("the buffer is NULL, with a capacity")),
            (_, capacity) if capacity > MAX_LENGTH => Err(Failure::argument(format!(
                "the buffer is too large: {capacity}"
            ))),
            (_, capacity) => Ok(capacity),
        }
    }

    /// Writes bytes to its beginning, as many as there is room for.
    ///
    /// # Errors
    /// As [`wippy_buffer::capacity`].
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let length = bytes.len().min(self.capacity()?);
        if length > 0 {
            // SAFETY: `capacity` has found that `data` is not NULL, and `length` is no more than it. It is from a slice that
            // is borrowed for as long as this, or from C, which promises so much memory there that nobody else uses
            // until the function returns. `bytes` are the library's own, and so elsewhere.
            unsafe {
                self.data
                    .cast::<u8>()
                    .copy_from_nonoverlapping(bytes.as_ptr(), length)
            };
        }
        Ok(())
    }

    /// Writes a text with a zero byte at its end, and its length without that where one is asked for.
    ///
    /// # Errors
    /// `TooSmall` where it does not fit, after the length was written; as [`wippy_buffer::capacity`].
    pub(crate) fn write_text(
        &mut self,
        text: &[u8],
        length: Option<&mut MaybeUninit<usize>>,
    ) -> Result<(), Failure> {
        let capacity = self.capacity()?;
        if let Some(length) = length {
            length.write(text.len());
        }
        if capacity <= text.len() {
            let message = format!(
                "the buffer has {capacity} bytes, and {} are needed",
                text.len().saturating_add(1)
            );
            return Err(Failure::new(wippy_status::TooSmall, message));
        }
        let mut terminated = Vec::with_capacity(text.len() + 1);
        terminated.extend_from_slice(text);
        terminated.push(0);
        self.write(&terminated)
    }
}

impl<'a> From<&'a mut [u8]> for wippy_buffer<'a> {
    fn from(bytes: &'a mut [u8]) -> wippy_buffer<'a> {
        wippy_buffer {
            data: bytes.as_mut_ptr().cast(),
            capacity: bytes.len(),
            lifetime: PhantomData,
        }
    }
}

/// Where a function writes what it answers.
///
/// # Errors
/// `InvalidArgument` for NULL.
pub fn given<'a, T>(
    out: Option<&'a mut MaybeUninit<T>>,
    what: &str,
) -> Result<&'a mut MaybeUninit<T>, Failure> {
    out.ok_or_else(|| Failure::argument(format!("{what} is NULL")))
}
