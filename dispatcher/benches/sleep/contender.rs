//! Who sleeps.

use std::time::Duration;

use wippy_dispatcher::{Builder, Dispatcher, TimerLead};

use crate::Fallible;
use crate::bare::Bare;

/// Something that can sleep, with its name in the report.
pub struct Contender {
    pub name: &'static str,
    pub sleeper: Sleeper,
}

pub enum Sleeper {
    Dispatcher(Dispatcher),
    Bare(Bare),
}

/// The settings of dispatchers that are compared.
pub fn settings() -> [(&'static str, Builder); 5] {
    let micros = Duration::from_micros;
    let builder = Dispatcher::builder;
    [
        ("lead off", builder().timer_lead(TimerLead::Off)),
        ("adaptive", builder().timer_lead(TimerLead::Adaptive)),
        (
            "fixed 60 µs",
            builder().timer_lead(TimerLead::Fixed(micros(60))),
        ),
        ("spin 200 µs", builder().spin(micros(200))),
        ("window 1 ms", builder().timer_window(micros(1000))),
    ]
}

/// All that a single sleeper is measured on.
pub fn all() -> Fallible<Vec<Contender>> {
    let mut contenders = vec![Contender {
        name: "timerfd",
        sleeper: Sleeper::Bare(Bare::new()?),
    }];
    for (name, builder) in settings() {
        let sleeper = Sleeper::Dispatcher(builder.build()?);
        contenders.push(Contender { name, sleeper });
    }
    Ok(contenders)
}

impl Contender {
    /// Sleeps so often, and notes by how many nanoseconds too long each time.
    pub fn sleep(&mut self, length: Duration, times: usize, late: &mut Vec<u64>) -> Fallible<()> {
        match &mut self.sleeper {
            Sleeper::Bare(bare) => {
                for _ in 0..times {
                    late.push(bare.sleep(length)?);
                }
                Ok(())
            }
            Sleeper::Dispatcher(dispatcher) => {
                let handle = dispatcher.handle();
                dispatcher.block_on(async {
                    for _ in 0..times {
                        let sleep = handle.sleep(length);
                        let deadline = sleep.deadline();
                        sleep.await?;
                        let over = handle.now()?.since(deadline);
                        late.push(over.as_nanos() as u64);
                    }
                    Ok(())
                })?
            }
        }
    }
}
