//! The guest of the file loops on this project's engine, with host functions that always answer
//! the same: what is left is the price of the call itself, there and back.

use serde_json::Value;
use wasmtime::component::{
    Component, ComponentNamedList, ComponentType, Lift, Linker, LinkerInstance, Lower, Resource,
    Val,
};
use wasmtime::{Store, StoreContextMut};
use wippy::internals::clocks::wall_clock::Datetime;
use wippy::internals::filesystem::types::{
    DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};
use wippy::internals::{Engine, Profile};
use wippy_dispatcher::Dispatcher;

use crate::clock;
use crate::fallible::Fallible;
use crate::files;
use crate::protocol::{self, Answer, Request};

/// The bytes of every read, and their bound.
static BYTES: [u8; 64 << 10] = [7; 64 << 10];

/// The due timers of a set that is polled, behind those that wait.
fn due(count: usize, ready: usize) -> Vec<u32> {
    let waiting = count.saturating_sub(ready);
    (waiting..count)
        .filter_map(|place| u32::try_from(place).ok())
        .collect()
}

/// A descriptor is nothing here, as every resource of an import that traps.
type File = Resource<()>;

/// What a write to a stream may answer, and never does here.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<()>),
    #[component(name = "closed")]
    Closed,
}

/// Serves requests.
///
/// # Errors
/// When the machine cannot run the engine, or a stream breaks.
pub fn serve() -> Fallible<()> {
    let engine = Engine::new(Profile::Live)?;
    let dispatcher = Dispatcher::new()?;
    Ok(protocol::serve(|request| {
        dispatcher
            .block_on(answer(engine.inner(), request))
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())
    })?)
}

async fn answer(engine: &wasmtime::Engine, request: &Request) -> Fallible<Answer> {
    if request.function == "about" {
        return Ok(Answer {
            value: "guests on the engine alone: host functions that always answer the same".into(),
            ..Answer::default()
        });
    }
    let component = Component::from_file(engine, &request.guest)?;
    let mut linker = Linker::new(engine);
    linker.define_unknown_imports_as_traps(&component)?;
    linker.allow_shadowing(true);
    // The second argument of a loop over `poll`, and of no other that is asked for here, where it matters.
    let ready = request.args.get(1).and_then(Value::as_u64).unwrap_or(0);
    define(&mut linker, usize::try_from(ready)?)?;
    let mut store = Store::new(engine, ());
    store.set_epoch_deadline(u64::MAX / 2);
    let instance = linker.instantiate_async(&mut store, &component).await?;
    let (interface, name) = request.function.split_once('#').ok_or("no interface")?;
    let interface = instance.get_export_index(&mut store, None, interface);
    let function = instance
        .get_export_index(&mut store, interface.as_ref(), name)
        .and_then(|index| instance.get_func(&mut store, index))
        .ok_or("no such function")?;
    let arguments: Vec<Val> = request.args.iter().filter_map(value).collect();
    let mut results = [Val::U64(0)];
    function
        .call_async(&mut store, &arguments, &mut results)
        .await?;
    match results {
        [Val::U64(nanos)] => Ok(Answer {
            value: nanos.into(),
            ..Answer::default()
        }),
        other => Err(format!("not a time: {other:?}").into()),
    }
}

/// The loops take texts, `u32` and flags.
fn value(value: &Value) -> Option<Val> {
    match value {
        Value::String(text) => Some(Val::String(text.clone())),
        Value::Bool(flag) => Some(Val::Bool(*flag)),
        other => Some(Val::U32(other.as_u64()?.try_into().ok()?)),
    }
}

/// The functions that the loops over polls, reads, writes and stats need; the others trap.
/// `ready`: how many timers of a set are due.
fn define(linker: &mut Linker<()>, ready: usize) -> Fallible<()> {
    let mut clocks = linker.instance("wasi:clocks/monotonic-clock@0.2.12")?;
    answers(&mut clocks, "now", |(): ()| (clock::now(),))?;
    // What `define_unknown_imports_as_traps` makes of resources is `()` as well.
    for name in ["subscribe-instant", "subscribe-duration"] {
        answers(&mut clocks, name, |_: (u64,)| (File::new_own(2),))?;
    }
    let mut polls = linker.instance("wasi:io/poll@0.2.12")?;
    answers(&mut polls, "[method]pollable.block", |_: (File,)| ())?;
    answers(&mut polls, "[method]pollable.ready", |_: (File,)| (true,))?;
    let answered = move |(list,): (Vec<File>,)| (due(list.len(), ready),);
    polls.func_wrap_async("poll", move |_: StoreContextMut<'_, ()>, list| {
        let answer = answered(list);
        Box::new(async move { Ok(answer) })
    })?;
    let mut stdout = linker.instance("wasi:cli/stdout@0.2.12")?;
    answers(&mut stdout, "get-stdout", |(): ()| (File::new_own(3),))?;
    let mut streams = linker.instance("wasi:io/streams@0.2.12")?;
    answers(
        &mut streams,
        "[method]output-stream.blocking-write-and-flush",
        |_: (File, Vec<u8>)| (Ok::<(), StreamError>(()),),
    )?;
    let mut types = linker.instance("wasi:filesystem/types@0.2.12")?;
    type Open = (File, PathFlags, String, OpenFlags, DescriptorFlags);
    answers(&mut types, "[method]descriptor.open-at", |_: Open| {
        (Ok::<File, ErrorCode>(Resource::new_own(1)),)
    })?;
    answers(&mut types, "[method]descriptor.get-type", |_: (File,)| {
        (Ok::<_, ErrorCode>(DescriptorType::RegularFile),)
    })?;
    answers(&mut types, "[method]descriptor.stat", |_: (File,)| {
        (Ok::<_, ErrorCode>(stat()),)
    })?;
    type StatAt = (File, PathFlags, String);
    answers(&mut types, "[method]descriptor.stat-at", |_: StatAt| {
        (Ok::<_, ErrorCode>(stat()),)
    })?;
    type Read = (File, u64, u64);
    answers(
        &mut types,
        "[method]descriptor.read",
        |(_, length, _): Read| {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let bytes: &'static [u8] = &BYTES[..length.min(BYTES.len())];
            (Ok::<_, ErrorCode>((bytes, false)),)
        },
    )?;
    type Write = (File, Vec<u8>, u64);
    answers(
        &mut types,
        "[method]descriptor.write",
        |(_, bytes, _): Write| (Ok::<_, ErrorCode>(bytes.len() as u64),),
    )?;
    let mut preopens = linker.instance("wasi:filesystem/preopens@0.2.12")?;
    answers(&mut preopens, "get-directories", |(): ()| {
        (vec![(File::new_own(0), "/".to_owned())],)
    })
}

/// The kind of function that the project's own are.
fn answers<P, R>(
    instance: &mut LinkerInstance<'_, ()>,
    name: &str,
    answer: fn(P) -> R,
) -> Fallible<()>
where
    P: ComponentNamedList + Lift + Send + 'static,
    R: ComponentNamedList + Lower + Send + 'static,
{
    Ok(
        instance.func_wrap_async(name, move |_: StoreContextMut<'_, ()>, parameters: P| {
            Box::new(async move { Ok(answer(parameters)) })
        })?,
    )
}

fn stat() -> DescriptorStat {
    let time = Some(Datetime {
        seconds: 1_700_000_000,
        nanoseconds: 5,
    });
    DescriptorStat {
        type_: DescriptorType::RegularFile,
        link_count: 1,
        size: files::SIZE,
        data_access_timestamp: time,
        data_modification_timestamp: time,
        status_change_timestamp: time,
    }
}
