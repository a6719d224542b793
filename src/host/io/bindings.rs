//! What `bindgen!` generates of `wasi:io`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "wippy:host/io",
    imports: {
        "wasi:io/poll.[method]pollable.block": async | trappable,
        "wasi:io/poll.poll": async | trappable,
        "wasi:io/streams.[method]input-stream.subscribe": trappable,
        "wasi:io/streams.[method]output-stream.subscribe": trappable,
        "wasi:io/streams.[drop]input-stream": trappable,
        "wasi:io/streams": async | trappable,
        default: trappable,
    },
    trappable_error_type: {
        "wasi:io/streams.stream-error" => super::StreamError,
    },
    with: {
        "wasi:io/error.error": super::IoError,
        "wasi:io/poll.pollable": crate::host::pollable::Pollable,
        "wasi:io/streams.input-stream": super::InputStream,
        "wasi:io/streams.output-stream": super::OutputStream,
    },
});
