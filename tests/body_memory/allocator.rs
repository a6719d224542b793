//! The system's allocator, with the bytes that this thread holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// What is held, as far as this thread has allocated and freed it.
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// Measures from now on; the bytes that are held now.
pub fn begin() -> usize {
    PEAK.set(HELD.get());
    usize::try_from(HELD.get()).unwrap_or(0)
}

/// The most bytes that were held since then.
pub fn peak() -> usize {
    usize::try_from(PEAK.get()).unwrap_or(0)
}

fn add(bytes: isize) {
    HELD.set(HELD.get() + bytes);
    PEAK.set(PEAK.get().max(HELD.get()));
}

fn size(layout: Layout) -> isize {
    isize::try_from(layout.size()).unwrap_or(isize::MAX)
}

/// Measures, and passes everything on.
pub struct Measuring;

// SAFETY: every call goes to the system's allocator unchanged. Measuring neither allocates nor unwinds: what it counts
// in are constant-initialised thread-locals without destructors.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Measuring {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(size(layout));
        // SAFETY: the caller's promise is the system allocator's requirement.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size_after: usize) -> *mut u8 {
        // While it is moved, both are there.
        let after = isize::try_from(size_after).unwrap_or(isize::MAX);
        add(after);
        add(-size(layout));
        // SAFETY: as above.
        unsafe { System.realloc(block, layout, size_after) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        add(-size(layout));
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}
