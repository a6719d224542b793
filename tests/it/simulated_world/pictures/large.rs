//! A run with many records.

use std::time::Duration;

use wippy_dispatcher::net::{TcpListener, TcpStream, resolve};
use wippy_dispatcher::sim::Fault;
use wippy_dispatcher::sim::picture::Picture;
use wippy_dispatcher::{Dispatcher, Handle, Simulation};

/// Hosts that ask each other for so long.
pub fn large(time: Duration) -> Picture {
    const HOSTS: usize = 20;
    let mut simulation = Simulation::new(3).picture(u64::MAX);
    for number in 0..HOSTS {
        simulation = simulation.host(&format!("host-{number}"), []);
    }
    let apart = Fault::partition(["host-0"], ["host-1", "host-2"]);
    let simulation = simulation.at(time / 3, apart);
    let dispatcher = Dispatcher::builder()
        .simulation(simulation)
        .build()
        .expect("a simulation");
    for number in 0..HOSTS {
        let host = dispatcher.host(&format!("host-{number}")).expect("a host");
        host.boot(move |handle| async move {
            let listener = TcpListener::bind(&handle, ([0, 0, 0, 0], 7).into()).expect("a port");
            let asking = handle.spawn_named("ask", ask(handle.clone(), number, HOSTS));
            asking.expect("a task").detach();
            while let Ok((stream, _)) = listener.accept().await {
                handle
                    .spawn_named("answer", answer(stream))
                    .expect("a task")
                    .detach();
            }
        })
        .expect("a boot");
    }
    let handle = dispatcher.handle();
    dispatcher
        .block_on(handle.sleep(time))
        .expect("a run")
        .expect("a timer");
    dispatcher.picture().expect("it was made")
}

async fn ask(handle: Handle, number: usize, hosts: usize) {
    for round in 1.. {
        let peer = format!("host-{}", (number + round) % hosts);
        let Ok(addresses) = resolve(&handle, &peer).await else {
            return;
        };
        if let Ok(stream) = TcpStream::connect(&handle, (addresses[0], 7).into()).await {
            let mut buffer = [0; 8];
            for _ in 0..5 {
                if stream.write_all(b"question").await.is_err()
                    || stream.read(&mut buffer).await.is_err()
                {
                    break;
                }
            }
        }
        if handle.sleep(Duration::from_millis(10)).await.is_err() {
            return;
        }
    }
}

async fn answer(stream: TcpStream) {
    let mut buffer = [0; 8];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
