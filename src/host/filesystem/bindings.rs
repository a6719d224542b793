//! What `bindgen!` generates of `wasi:filesystem`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "wippy:host/filesystem",
    imports: {
        "wasi:filesystem/types.[drop]descriptor": trappable,
        "wasi:filesystem/types.[drop]directory-entry-stream": trappable,
        "wasi:filesystem/types.filesystem-error-code": trappable,
        "wasi:filesystem/types": async | trappable,
        default: trappable,
    },
    trappable_error_type: {
        "wasi:filesystem/types.error-code" => super::FsError,
    },
    with: {
        "wasi:io/error": crate::host::io::interfaces::error,
        "wasi:io/poll": crate::host::io::interfaces::poll,
        "wasi:io/streams": crate::host::io::interfaces::streams,
        "wasi:clocks/wall-clock": crate::host::clocks::interfaces::wall_clock,
        "wasi:filesystem/types.descriptor": super::Descriptor,
        "wasi:filesystem/types.directory-entry-stream": super::DirectoryStream,
    },
});
