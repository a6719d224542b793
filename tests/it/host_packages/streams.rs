//! Host functions that give guests streams and pollables of the host's `wasi:io`.

use std::time::Duration;

use serde_json::json;
use wasmtime::component::Resource;
use wippy::stdio::{InputSource, Sink, Stdio, pipe};
use wippy::wasi::io::poll::Pollable;
use wippy::{HostContext, HostPackage, HostState};
use wippy_dispatcher::Event;

use super::{call, load};
use crate::support::{Project, simulated};

wasmtime::component::bindgen!({
    path: "wit/deps/io",
    inline: "
        package acme:mail@1.0.0;
        interface inbox {
            use wasi:io/poll@0.2.12.{pollable};
            arrived: func() -> pollable;
            letters: func() -> u32;
        }
        world host { import inbox; }
    ",
    world: "acme:mail/host",
    imports: { default: trappable },
    require_store_data_send: true,
    wasmtime_crate: wippy::wasmtime,
    with: { "wasi:io/poll": wippy::wasi::io::poll },
});

use acme::mail::inbox;

/// The letters of a call, and whether there are any.
struct Inbox {
    arrived: Event,
}

impl inbox::Host for HostContext<'_> {
    /// The post comes after a second.
    fn arrived(&mut self) -> wasmtime::Result<Resource<Pollable>> {
        let handle = self.handle().clone();
        let arrived = self.data::<Inbox>()?.arrived.clone();
        let given = self.pollable(&arrived)?;
        let post = async move {
            if handle.sleep(Duration::from_secs(1)).await.is_ok() {
                arrived.set();
            }
        };
        self.handle().spawn(post)?.detach();
        Ok(given)
    }

    fn letters(&mut self) -> wasmtime::Result<u32> {
        Ok(u32::from(self.data::<Inbox>()?.arrived.is_set()))
    }
}

/// Waits for letters with `wasi:io` of an older version, and returns how many there are.
const READER: &str = r#"(component
    (import "wasi:io/poll@0.2.0" (instance $poll
        (export "pollable" (type $pollable (sub resource)))
        (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
    (alias export $poll "pollable" (type $pollable))
    (import "acme:mail/inbox@1.0.0" (instance $inbox
        (alias outer 1 $pollable (type $pollable))
        (export "arrived" (func (result (own $pollable))))
        (export "letters" (func (result u32)))))
    (core func $arrived (canon lower (func $inbox "arrived")))
    (core func $letters (canon lower (func $inbox "letters")))
    (core func $block (canon lower (func $poll "[method]pollable.block")))
    (core module $m
        (import "" "arrived" (func $arrived (result i32)))
        (import "" "letters" (func $letters (result i32)))
        (import "" "block" (func $block (param i32)))
        (func (export "read") (result i32)
            (call $block (call $arrived))
            (call $letters)))
    (core instance $i (instantiate $m (with "" (instance
        (export "arrived" (func $arrived))
        (export "letters" (func $letters))
        (export "block" (func $block))))))
    (func (export "read") (result u32) (canon lift (core func $i "read"))))"#;

#[test]
fn a_guest_polls_what_an_embedder_gives_it() {
    let dispatcher = simulated();
    let package = HostPackage::new("acme:mail", "1.0.0")
        .state(|call| Inbox {
            arrived: Event::new(call.handle()).expect("room"),
        })
        .interface("inbox", |linker| {
            inbox::add_to_linker::<_, HostContext>(linker, HostState::context)
        });
    let mut project = Project::new();
    project.text("read", READER, "read", "[acme:mail, wasi:io]");
    let runtime = load(&dispatcher, &project, package);
    // Modules are loaded by jobs, which take time here as well.
    let prepared = dispatcher.block_on(runtime.prepare("read"));
    prepared.expect("no deadlock").expect("compiled");
    let begun = dispatcher.handle().now().expect("a clock");
    assert_eq!(call(&dispatcher, &runtime, "read", &[]), Ok(json!(1)));
    let passed = dispatcher.handle().now().expect("a clock") - begun;
    assert_eq!(passed.as_millis(), 1000);
}

/// The streams are the host's, whatever function gives them.
#[test]
fn standard_streams_can_be_the_embedders() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let (printed, writer) = pipe(&handle, 1024).expect("a pipe");
    let stdout = Sink::Pipe(writer);
    let package = HostPackage::new("wasi:cli", "0.2.12")
        .func("stdin", "get-stdin", |mut context, (): ()| {
            let (reader, writer) = pipe(context.handle(), 1024)?;
            writer.write(b"of the embedder").expect("a reader");
            Ok((context.input_stream(InputSource::Pipe(reader))?,))
        })
        .func("stdout", "get-stdout", move |mut context, (): ()| {
            Ok((context.output_stream(stdout.clone())?,))
        });
    let mut project = Project::new();
    project.command("cat", "cat", "[wasi:cli, wasi:io]", &[]);
    let runtime = load(&dispatcher, &project, package);
    let run = runtime.run("cat", Stdio::logged("test:cat"), &[]);
    let status = dispatcher.block_on(run).expect("no deadlock");
    assert_eq!(status.expect("it runs").code, 0);
    assert_eq!(printed.read(1024).expect("open"), b"of the embedder");
}
