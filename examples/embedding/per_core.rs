//! A dispatcher for each core, over one program, with calls routed by key.
//!
//! Each shard is a thread with a dispatcher and a live instance that counts per key; a key always goes
//! to the same shard, so that its count needs no lock. The module is compiled once.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use wippy::{CallError, Entry, Func, Program, Runtime};
use wippy_dispatcher::{Dispatcher, Event, Local, Remote};

/// It counts how often it was called with each of 64 keys.
const COUNTER: &str = r#"(module (memory 1)
    (func (export "count") (param $key i32) (result i32)
        (local $at i32)
        (local.set $at (i32.mul (i32.rem_u (local.get $key) (i32.const 64)) (i32.const 4)))
        (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1)))
        (i32.load (local.get $at))))"#;

const REQUESTS: i32 = 1000;
const KEYS: i32 = 7;

type Count = Func<(i32,), (i32,)>;
type Answer = Result<(i32, i32), CallError>;

/// A thread with a dispatcher.
struct Shard {
    remote: Remote,
    /// The function of its live instance. Any thread may hold it, and only the shard's may call it.
    count: Local<Count>,
    stop: Event,
    thread: JoinHandle<()>,
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let entry = Entry::function("app:counter").bytes(COUNTER);
    let program = Program::builder().entry(entry).build()?;
    let cores = thread::available_parallelism()?.get();
    let shards: Result<Vec<Shard>, _> = (0..cores).map(|_| Shard::start(program.clone())).collect();
    let shards = shards?;

    let (answers, received) = mpsc::channel();
    for request in 0..REQUESTS {
        let key = request % KEYS;
        let shard = shards.get(key as usize % shards.len()).ok_or("no shard")?;
        shard.count(key, answers.clone())?;
    }
    drop(answers);
    let mut counts = BTreeMap::new();
    for answer in received {
        let (key, count) = answer?;
        let highest = counts.entry(key).or_insert(0);
        *highest = count.max(*highest);
    }
    println!("{cores} shards: {counts:?}");
    // Nothing is lost, and each key has one count.
    assert_eq!(counts.values().sum::<i32>(), REQUESTS);
    assert_eq!(counts.len(), KEYS as usize);
    for shard in shards {
        shard.stop.set();
        shard.thread.join().map_err(|_| "a shard has panicked")?;
    }
    Ok(())
}

impl Shard {
    fn start(program: Program) -> Result<Shard, Box<dyn Error + Send + Sync>> {
        let (send, receive) = mpsc::channel();
        let thread = thread::spawn(move || {
            let made = Dispatcher::new()
                .map_err(Into::into)
                .and_then(|dispatcher| {
                    let (count, stop) = serve(&dispatcher, program)?;
                    Ok((dispatcher, count, stop))
                });
            // Whoever has started this thread waits for the answer.
            match made {
                Ok((dispatcher, count, stop)) => {
                    let _ = send.send(Ok((dispatcher.remote(), count, stop.clone())));
                    let _ = dispatcher.block_on(stop.wait());
                }
                Err(error) => {
                    let _ = send.send(Err::<_, Box<dyn Error + Send + Sync>>(error));
                }
            }
        });
        let (remote, count, stop) = receive.recv()??;
        Ok(Shard {
            remote,
            count,
            stop,
            thread,
        })
    }

    /// Counts a key. The answer is sent from the shard's thread.
    fn count(
        &self,
        key: i32,
        answers: mpsc::Sender<Answer>,
    ) -> Result<(), wippy_dispatcher::Error> {
        let count = self.count.clone();
        self.remote.spawn(move |_| async move {
            if let Ok(count) = count.get() {
                let counted = count.call_now((key,));
                let _ = answers.send(counted.map(|(count,)| (key, count)));
            }
        })
    }
}

/// A shard's live instance, and what ends the shard.
fn serve(
    dispatcher: &Dispatcher,
    program: Program,
) -> Result<(Local<Count>, Event), Box<dyn Error + Send + Sync>> {
    let handle = dispatcher.handle();
    let runtime = Runtime::on(handle.clone(), program)?;
    let count = dispatcher.block_on(async {
        let instance = runtime.instance("counter").await?;
        instance.func("count")
    })??;
    Ok((Local::new(&handle, count)?, Event::new(&handle)?))
}
