//! What a guest without the standard library needs: an allocator, and a panic that is a plain trap.
//! Such a guest imports exactly the interfaces of its world, and nothing of an adapter's.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Makes `print` and `complain`, which write a text to stdout and stderr, out of the caller's bindings of
/// `wasi:cli/stdout` and `wasi:cli/stderr`. Both return `Err` where the stream fails.
#[macro_export]
macro_rules! console {
    () => {
        #[allow(dead_code)]
        fn print(text: &str) -> Result<(), ()> {
            $crate::console!(@write crate::wasi::cli::stdout::get_stdout(), text)
        }

        #[allow(dead_code)]
        fn complain(text: &str) -> Result<(), ()> {
            $crate::console!(@write crate::wasi::cli::stderr::get_stderr(), text)
        }
    };
    (@write $stream:expr, $text:expr) => {{
        let stream = $stream;
        // 4096 bytes are what one blocking write may take.
        $text
            .as_bytes()
            .chunks(4096)
            .try_for_each(|chunk| stream.blocking_write_and_flush(chunk).map_err(|_| ()))
    }};
}
