//! Streams and polls.

use serde_json::json;
use wippy::stdio::{InputSource, pipe};

use super::over_both_drivers;
use super::world::{Ended, World};

over_both_drivers!(
    what_goes_in_comes_out_in_each_way_of_copying,
    an_output_larger_than_its_pipe_arrives,
    an_input_that_has_ended_is_closed,
    a_poll_gives_all_that_are_ready_and_nothing_else,
    a_pollable_may_be_listed_twice,
);

/// Text that shows bytes which are lost, doubled or exchanged.
fn pattern(length: usize) -> String {
    (0..length)
        .map(|at| char::from(b'!' + (at * 7 / 251 % 90) as u8))
        .collect()
}

fn what_goes_in_comes_out_in_each_way_of_copying(world: &World) {
    let text = pattern(200_000);
    for way in ["--blocking", "--poll", "--splice", "--blocking-splice"] {
        let (input, keyboard) = pipe(&world.client, 10_000).expect("a pipe");
        let (handle, bytes) = (world.client.clone(), text.clone().into_bytes());
        // Pieces of several sizes; after some of them others run first.
        let writer = async move {
            let (mut rest, mut length) = (bytes.as_slice(), 1);
            while !rest.is_empty() {
                let room = keyboard.check_write().expect("a reader");
                let now = length.min(rest.len()).min(room as usize);
                keyboard.write(&rest[..now]).expect("a reader");
                rest = &rest[now..];
                length = length * 5 % 9_973;
                handle.yield_now().await.expect("a dispatcher");
            }
        };
        let writer = world.client.spawn(writer).expect("a task");
        let ended = world.end(world.command(&["cat", way], InputSource::Pipe(input)));
        world.end(writer);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{way}");
        assert!(ended.stdout == text, "{way}: {} bytes", ended.stdout.len());
    }
}

fn an_output_larger_than_its_pipe_arrives(world: &World) {
    // A multiple of the pattern's bytes would hide an exchange of pieces.
    let expected: Vec<u8> = (0..300 * 1024).map(|at| (at % 251) as u8).collect();
    let (printed, stdout) = pipe(&world.client, 5_000).expect("a pipe");
    let written = world.command_into(&["chatter", "300", "3000"], stdout);
    let read = async {
        let mut bytes = Vec::new();
        while let Some(more) = printed.next(3_001).await.expect("a pipe") {
            bytes.extend(more);
        }
        bytes
    };
    assert!(world.wait(read) == expected);
    assert_eq!(world.end(written), 0);
}

fn an_input_that_has_ended_is_closed(world: &World) {
    let ended = Ended {
        code: 0,
        stdout: String::new(),
        stderr: "stdin: closed, then closed\n".to_owned(),
    };
    assert_eq!(world.run(&["stream-errors", "stdin"]), ended);
}

/// The guest traps unless exactly the due ones are in each answer.
fn a_poll_gives_all_that_are_ready_and_nothing_else(world: &World) {
    for (timers, ready) in [(1, 1), (64, 1), (64, 64), (300, 3)] {
        let arguments = [json!(timers), json!(ready), json!(5)];
        for method in ["poll-many", "poll-expired"] {
            world.call(method, &arguments).expect("right answers");
        }
    }
    world
        .call("ready-loop", &[json!(500)])
        .expect("ready each time");
}

fn a_pollable_may_be_listed_twice(world: &World) {
    assert_eq!(world.call("poll-same-twice", &[]), Ok(json!([0, 1])));
}
