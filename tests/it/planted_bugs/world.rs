//! Hosts with guests and native tasks on them: simulated, or all of them this machine.

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use wippy::stdio::{InputSource, PipeReader, PipeWriter, Sink, Stdio, pipe};
use wippy::{Program, ProgramOptions, Runtime};
use wippy_dispatcher::{Dispatcher, Handle, Simulation, Task};

use crate::support::{Project, live};

const PORT: u16 = 7000;
/// What a live run takes at most.
const LIVE_BOUND: Duration = Duration::from_secs(60);

/// How a guest has ended.
pub struct Ended {
    pub code: u8,
    pub output: String,
    pub complaint: String,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ended {
            code,
            output,
            complaint,
        } = self;
        write!(
            f,
            "the guest has ended with {code}, printed {output:?}, and complained {complaint:?}"
        )
    }
}

pub struct World {
    dispatcher: Dispatcher,
    is_simulated: bool,
    /// Live hosts have addresses of their own of 127.0.0.0/8, so that every port is free.
    live_hosts: RefCell<Vec<(String, Ipv4Addr)>>,
}

/// The guests, compiled once. Its pool is small: it stays until the last test has ended, and takes its address space
/// from those of other tests.
fn program() -> Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    let compiled = PROGRAM.get_or_init(|| {
        let mut project = Project::new();
        let imports = "[wasi:cli, wasi:io, wasi:clocks, wasi:sockets]";
        project.command("planted", "planted", imports, &[]);
        let program = project.program(ProgramOptions::new().max_instances(64));
        let dispatcher = live();
        let runtime = Runtime::on(dispatcher.handle(), program.clone()).expect("an engine");
        let prepared = dispatcher.block_on(runtime.prepare("planted"));
        prepared.expect("no deadlock").expect("a component");
        program
    });
    compiled.clone()
}

/// What comes first, the future or the end of a time.
pub async fn within<F: Future>(handle: &Handle, time: Duration, future: F) -> Option<F::Output> {
    let (mut future, mut timer) = (pin!(future), pin!(handle.sleep(time)));
    let first = poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => timer.as_mut().poll(context).map(|_| None),
    });
    first.await
}

impl World {
    pub fn simulated(simulation: Simulation) -> World {
        // Compiled before the simulation begins.
        program();
        let builder = Dispatcher::builder().simulation(simulation);
        World {
            dispatcher: builder.build().expect("a simulation"),
            is_simulated: true,
            live_hosts: RefCell::default(),
        }
    }

    pub fn live() -> World {
        World {
            dispatcher: live(),
            is_simulated: false,
            live_hosts: RefCell::default(),
        }
    }

    pub fn is_simulated(&self) -> bool {
        self.is_simulated
    }

    pub fn handle(&self, host: &str) -> Handle {
        match self.is_simulated {
            true => self.dispatcher.host(host).expect("a host").handle(),
            false => self.dispatcher.handle(),
        }
    }

    /// Where the services of a host are.
    pub fn address(&self, host: &str) -> SocketAddr {
        if self.is_simulated {
            let host = self.dispatcher.host(host).expect("a host");
            return (host.addresses()[0], PORT).into();
        }
        let mut hosts = self.live_hosts.borrow_mut();
        if let Some((_, address)) = hosts.iter().find(|(name, _)| name == host) {
            return (*address, PORT).into();
        }
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = std::process::id() * 64 + NEXT.fetch_add(1, Ordering::Relaxed);
        let [_, b, c, d] = number.to_be_bytes();
        let address = Ipv4Addr::new(127, b | 0x80, c, d);
        hosts.push((host.to_owned(), address));
        (address, PORT).into()
    }

    /// Starts a native task on a host, which is given where it may listen.
    pub fn spawn<F>(
        &self,
        host: &str,
        main: impl FnOnce(Handle, SocketAddr) -> F,
    ) -> Task<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let handle = self.handle(host);
        let future = main(handle.clone(), self.address(host));
        handle.spawn(future).expect("a task")
    }

    /// The same, and again whenever the host starts again.
    pub fn boot<F>(&self, host: &str, mut main: impl FnMut(Handle, SocketAddr) -> F + 'static)
    where
        F: Future<Output = ()> + 'static,
    {
        let address = self.address(host);
        match self.is_simulated {
            true => {
                let host = self.dispatcher.host(host).expect("a host");
                host.boot(move |handle| main(handle, address))
                    .expect("a task");
            }
            false => self.spawn(host, main).detach(),
        }
    }

    /// Starts a guest on a host.
    pub fn guest(&self, host: &str, words: &[&str]) -> Task<Ended> {
        let make = || pipe(&self.handle(host), 1 << 16).expect("a pipe");
        let ((printed, stdout), (complained, stderr)) = (make(), make());
        let ended = self.guest_with(host, words, InputSource::Empty, stdout, stderr);
        let output = async move {
            let code = ended.await.expect("not cancelled");
            let text = |pipe: PipeReader| {
                let bytes = pipe.read(1 << 16).unwrap_or_default();
                String::from_utf8_lossy(&bytes).into_owned()
            };
            Ended {
                code,
                output: text(printed),
                complaint: text(complained),
            }
        };
        self.dispatcher.spawn(output).expect("a task")
    }

    /// Starts a guest whose standard input and output somebody else has the other ends of.
    pub fn guest_between(&self, host: &str, words: &[&str]) -> (PipeReader, PipeWriter, Task<u8>) {
        let handle = self.handle(host);
        let make = || pipe(&handle, 1 << 12).expect("a pipe");
        let ((stdin, writer), (reader, stdout), (_, stderr)) = (make(), make(), make());
        let stdin = InputSource::Pipe(stdin);
        let ended = self.guest_with(host, words, stdin, stdout, stderr);
        (reader, writer, ended)
    }

    fn guest_with(
        &self,
        host: &str,
        words: &[&str],
        stdin: InputSource,
        stdout: PipeWriter,
        stderr: PipeWriter,
    ) -> Task<u8> {
        let handle = self.handle(host);
        let runtime = Runtime::on(handle.clone(), program()).expect("an engine");
        let stdio = Stdio::new(stdin, Sink::Pipe(stdout), Sink::Pipe(stderr));
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let run = async move {
            let status = runtime.run("planted", stdio, &words).await;
            // A trap is a failure too.
            status.map_or(u8::MAX, |status| status.code)
        };
        handle.spawn(run).expect("a task")
    }

    /// Runs until a task has ended. A simulation ends before if nothing can happen any more, or at its bound.
    pub fn finish<T: 'static>(&self, task: Task<T>) -> Result<T, String> {
        let handle = self.dispatcher.handle();
        let output = match self.is_simulated {
            true => self.dispatcher.block_on(task).map(Some),
            false => self.dispatcher.block_on(within(&handle, LIVE_BOUND, task)),
        };
        match output {
            Ok(Some(Ok(output))) => Ok(output),
            Ok(Some(Err(cancelled))) => Err(cancelled.to_string()),
            Ok(None) => Err(format!("has not ended after {LIVE_BOUND:?}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Runs a guest to its end, which has to be a good one with this output.
    pub fn expect(&self, guest: Task<Ended>, output: impl AsRef<str>) -> Result<(), String> {
        let ended = self.finish(guest)?;
        match ended.code == 0 && ended.output == output.as_ref() {
            true => Ok(()),
            false => Err(ended.to_string()),
        }
    }
}
