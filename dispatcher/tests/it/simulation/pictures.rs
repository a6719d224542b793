//! Pictures of runs: what they have, and that making them changes nothing.

use std::time::Duration;

use wippy_dispatcher::net::{TcpListener, TcpStream, UdpSocket, resolve};
use wippy_dispatcher::sim::picture::{HostState, Picture, TaskEnd};
use wippy_dispatcher::sim::{Discard, Fate, Fault, Operation, Packet};
use wippy_dispatcher::{Dispatcher, Error, Handle, Instant, Simulation};

use super::world::{self, Sink};

const MILLI: Duration = Duration::from_millis(1);

fn since(picture: &Picture, at: Instant) -> Duration {
    at - picture.start
}

/// A server that answers one connection with what it is sent, and a client that asks once.
fn echo(simulation: Simulation) -> Result<Picture, Error> {
    let simulation = simulation.short_io(0.0).spurious_readiness(0.0);
    let simulation = simulation.host("server", []).host("client", []);
    let dispatcher = Dispatcher::builder()
        .simulation(simulation.picture(u64::MAX))
        .build()?;
    dispatcher.host("server")?.boot(|handle| async move {
        let any = ([0, 0, 0, 0], 7).into();
        let listener = TcpListener::bind(&handle, any).expect("a port");
        let (stream, _) = listener.accept().await.expect("a client");
        let answer = handle.spawn_named("answer", async move {
            let mut bytes = [0; 4];
            stream.read(&mut bytes).await.expect("bytes");
            stream.write_all(&bytes).await.expect("an answer");
        });
        answer.expect("a task").await.expect("not cancelled");
    })?;
    let handle = dispatcher.host("client")?.handle();
    let client = handle.clone().spawn_named("ask", ask(handle))?;
    dispatcher.block_on(client)?.expect("not cancelled")?;
    Ok(dispatcher.picture().expect("it is made"))
}

async fn ask(handle: Handle) -> Result<(), Error> {
    handle.sleep(100 * MILLI).await?;
    let address = resolve(&handle, "server").await.expect("a name")[0];
    let stream = TcpStream::connect(&handle, (address, 7).into()).await?;
    stream.write_all(b"ping").await?;
    stream.read(&mut [0; 4]).await?;
    Ok(())
}

#[test]
fn hosts_tasks_and_their_waits_have_names() -> Result<(), Error> {
    let picture = echo(Simulation::new(4))?;
    let hosts: Vec<&str> = picture.hosts.iter().map(|host| &*host.name).collect();
    assert_eq!(hosts, ["default", "server", "client"]);
    let named = |name: &str| {
        let found = picture.tasks.iter();
        let mut found = found.filter(|task| task.name.as_deref() == Some(name));
        found
            .next()
            .unwrap_or_else(|| panic!("{name}: {picture:#?}"))
    };
    let (server, ask, answer) = (named("server"), named("ask"), named("answer"));
    assert_eq!((server.host, ask.host, answer.host), (1, 2, 1));
    let parent = answer.parent.map(|parent| picture.tasks[parent].number);
    assert_eq!(parent, Some(server.number));
    assert_eq!((answer.end, ask.end), (TaskEnd::Ended, TaskEnd::Ended));

    // The sleep, the lookup, the handshake, the answer.
    let waits: Vec<&str> = ask.waits.iter().map(|wait| wait.text.as_str()).collect();
    assert_eq!(waits[0], "a timer, until 100ms");
    assert!(
        waits[1].starts_with("the lookup of \"server\", until "),
        "{waits:?}"
    );
    assert!(waits[2].starts_with("the connection from "), "{waits:?}");
    assert!(
        waits[3].starts_with("bytes from 10.0.0.2:7 on "),
        "{waits:?}"
    );
    assert_eq!(since(&picture, ask.waits[0].until), 100 * MILLI);
    // One wait begins where the one before ends, and a run is between them.
    for pair in ask.waits.windows(2) {
        assert_eq!(pair[0].until, pair[1].from);
        assert!(ask.runs.iter().any(|run| run.at == pair[1].from));
    }
    let woken = ask
        .runs
        .iter()
        .find(|run| since(&picture, run.at) == 100 * MILLI);
    assert_eq!(woken.expect("a run").found, [Operation::Timer]);
    Ok(())
}

#[test]
fn packets_have_their_senders_and_what_becomes_of_them() -> Result<(), Error> {
    let picture = echo(Simulation::new(4))?;
    let by = |name: &str| {
        picture
            .tasks
            .iter()
            .position(|task| task.name.as_deref() == Some(name))
    };
    let bytes = |message: &&wippy_dispatcher::sim::picture::Message| message.length == 4;
    let sent: Vec<_> = picture.messages.iter().filter(bytes).collect();
    let ways: Vec<_> = sent
        .iter()
        .map(|it| (it.from, it.to, it.kind, it.task))
        .collect();
    let expected = [
        (2, 1, Packet::Segment, by("ask")),
        (1, 2, Packet::Segment, by("answer")),
    ];
    assert_eq!(ways, expected);
    for message in &picture.messages {
        assert_eq!(message.fate, Fate::Arrives(message.sent + MILLI));
        assert_eq!(message.discarded, None);
    }
    let syn = picture.messages.first().expect("a packet");
    assert_eq!((syn.kind, syn.task), (Packet::Syn, by("ask")));
    assert!(picture.messages.is_sorted_by_key(|message| message.record));
    Ok(())
}

#[test]
fn a_packet_that_nobody_takes_says_why() -> Result<(), Error> {
    let simulation = Simulation::new(1).host("a", []).host("b", []).picture(1000);
    let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
    let handle = dispatcher.host("a")?.handle();
    let socket = UdpSocket::bound(&handle, ([0, 0, 0, 0], 9).into())?;
    let task = handle.clone().spawn(async move {
        let address = resolve(&handle, "b").await.expect("a name")[0];
        socket.try_send(b"x", Some((address, 9).into()))?;
        handle.sleep(50 * MILLI).await
    })?;
    dispatcher.block_on(task)?.expect("not cancelled")?;
    let picture = dispatcher.picture().expect("it is made");
    let datagram = picture
        .messages
        .iter()
        .find(|it| it.kind == Packet::Datagram);
    let datagram = datagram.expect("a datagram");
    assert_eq!(datagram.discarded, Some(Discard::NoSocket));
    Ok(())
}

#[test]
fn faults_last_until_they_are_undone() -> Result<(), Error> {
    let simulation = Simulation::new(1)
        .host("a", [])
        .host("b", [])
        .at(10 * MILLI, Fault::partition(["a"], ["b"]))
        .at(20 * MILLI, Fault::Pause("b".to_owned()))
        .at(30 * MILLI, Fault::Resume("b".to_owned()))
        .at(40 * MILLI, Fault::heal(["b"], ["a"]))
        .at(50 * MILLI, Fault::Crash("a".to_owned(), Default::default()))
        .at(60 * MILLI, Fault::Restart("a".to_owned()))
        .at(70 * MILLI, Fault::Restart("b".to_owned()))
        .picture(1000);
    let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
    let sleeps = |handle: Handle| async move {
        let _ = handle.sleep(1000 * MILLI).await;
    };
    dispatcher.host("a")?.boot(sleeps)?;
    dispatcher.block_on(dispatcher.handle().sleep(100 * MILLI))??;

    let picture = dispatcher.picture().expect("it is made");
    let millis = |at: Instant| since(&picture, at).as_millis();
    let partition = &picture.faults[0];
    assert_eq!(partition.text, "partition a | b");
    assert_eq!(partition.hosts, [1, 2]);
    assert_eq!(
        (millis(partition.at), partition.until.map(millis)),
        (10, Some(40))
    );
    assert_eq!(picture.faults.len(), 7);
    let spans = |host: usize| {
        let spans = picture.hosts[host].spans.iter();
        let spans = spans.map(|it| (it.state, millis(it.from), it.until.map(millis)));
        spans.collect::<Vec<_>>()
    };
    assert_eq!(spans(1), [(HostState::Down, 50, Some(60))]);
    // A host that is up and restarts is down for no time.
    assert_eq!(spans(2), [(HostState::Paused, 20, Some(30))]);
    let lives: Vec<_> = picture.tasks.iter().filter(|task| task.host == 1).collect();
    let ends: Vec<_> = lives
        .iter()
        .map(|it| (it.end, it.ended.map(millis)))
        .collect();
    assert_eq!(ends, [(TaskEnd::Crashed, Some(50)), (TaskEnd::Alive, None)]);
    // What it waited for when it crashed, and what it waits for at the end.
    assert_eq!(lives[0].waits.last().map(|it| millis(it.until)), Some(50));
    assert_eq!(lives[1].waits.last().map(|it| millis(it.until)), Some(100));
    Ok(())
}

#[test]
fn a_run_with_a_picture_is_the_same_run() -> Result<(), Error> {
    for seed in 0..20 {
        let plain = world::run(world::settings(seed))?;
        let drawn = world::run(world::settings(seed).picture(u64::MAX))?;
        let (plain_trace, trace) = (plain.trace().expect("one"), drawn.trace().expect("one"));
        assert_eq!(plain_trace.hash(), trace.hash(), "seed {seed}");
        assert!(plain.picture().is_none());
        let picture = drawn.picture().expect("it is made");
        assert_eq!(
            (picture.records, picture.drawn),
            (trace.length(), trace.length())
        );
        assert_eq!(drawn.picture().as_ref(), Some(&picture), "asked twice");
        assert_eq!(again(seed), picture, "seed {seed}");
    }
    Ok(())
}

fn again(seed: u64) -> Picture {
    let dispatcher = world::run(world::settings(seed).picture(u64::MAX)).expect("a run");
    dispatcher.finish_log().expect("no log");
    dispatcher.picture().expect("it is made")
}

#[test]
fn a_picture_has_the_first_records_and_says_so() -> Result<(), Error> {
    let whole = world::run(world::settings(3).picture(u64::MAX))?;
    let first = world::run(world::settings(3).picture(100))?;
    let (whole, first) = (whole.picture().expect("one"), first.picture().expect("one"));
    assert!(whole.summary.is_empty(), "{:?}", whole.summary);
    assert_eq!((first.drawn, first.records), (100, whole.records));
    let note = format!("the picture has the first 100 of {} records", whole.records);
    assert_eq!(first.summary, [note]);
    assert!(first.end < whole.end);
    let before: Vec<_> = whole.messages.iter().filter(|it| it.record < 100).collect();
    assert_eq!(first.messages.iter().collect::<Vec<_>>(), before);
    Ok(())
}

#[test]
fn a_log_alone_gives_a_picture_without_names() -> Result<(), Error> {
    let sink = Sink::new();
    let dispatcher = world::run(world::settings(5).log(sink.clone()).picture(u64::MAX))?;
    dispatcher.finish_log()?;
    let (live, log) = (dispatcher.picture().expect("one"), sink.log());
    let picture = Picture::of_log(&log, u64::MAX)?;
    assert_eq!((picture.records, picture.end), (live.records, live.end));
    let packets = |picture: &Picture| {
        let all = picture.messages.iter();
        let all = all.map(|it| (it.record, it.from, it.to, it.fate, it.discarded));
        all.collect::<Vec<_>>()
    };
    assert_eq!(packets(&picture), packets(&live));
    assert_eq!(picture.hosts[1].name, "host 1");
    let runs = |picture: &Picture| {
        let all = picture.tasks.iter().filter(|task| task.number.is_some());
        let all = all.map(|it| (it.number, it.runs.len()));
        let mut all: Vec<_> = all.filter(|(_, runs)| *runs > 0).collect();
        all.sort();
        all
    };
    assert_eq!(runs(&picture), runs(&live));
    assert_eq!(picture.faults.len(), live.faults.len());
    assert_eq!(Picture::of_log(&log, 10)?.drawn, 10);
    let cut = sink.bytes();
    let cut = wippy_dispatcher::sim::Log::read(&cut[..cut.len() - 1])?;
    assert!(Picture::of_log(&cut, u64::MAX).is_err());
    Ok(())
}

#[test]
fn output_and_notes_stand_at_their_times_or_not_at_all() -> Result<(), Error> {
    let mut picture = echo(Simulation::new(4))?;
    let (start, end) = (picture.start, picture.end);
    picture.write(end, 1, None, true, "last");
    picture.write(start, 1, Some(0), false, "first");
    picture.write(start, 1, Some(usize::MAX), false, "second");
    picture.write(end + MILLI, 1, None, false, "too late");
    picture.write(start, 3, None, false, "nowhere");
    let texts: Vec<_> = picture
        .outputs
        .iter()
        .map(|it| (&*it.text, it.task))
        .collect();
    assert_eq!(
        texts,
        [("first", Some(0)), ("second", None), ("last", None)]
    );
    let marks = picture.marks.len();
    picture.note(end, 2, None, "over");
    picture.note(end + MILLI, 2, None, "too late");
    assert_eq!(picture.marks.len(), marks + 1);
    assert_eq!(picture.marks.last().map(|mark| &*mark.text), Some("over"));
    Ok(())
}
