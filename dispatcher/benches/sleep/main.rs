//! How late sleeps end and what they cost in processor time: the dispatcher with each setting of its lead, beside
//! a bare loop over the system's timer, by turns in one run. Prints; nothing fails by it.
//!
//! ```text
//! cargo bench -p wippy-dispatcher --bench sleep -- [--quick] [--rounds N] [--only TEXT]
//! ```

// What is measured runs on a dispatcher; the clocks around it are the system's.
#![allow(clippy::disallowed_methods)]

mod bare;
mod clocks;
mod contender;
mod many;
mod one;
mod samples;
mod work;

use std::error::Error;

type Fallible<T> = Result<T, Box<dyn Error>>;

/// What the command line says.
struct Options {
    /// How often each contender has its turn in each row.
    rounds: usize,
    /// Only shows that it runs.
    is_quick: bool,
    /// Sections whose title holds this text.
    only: String,
}

impl Options {
    fn parse() -> Fallible<Options> {
        let mut options = Options {
            rounds: 15,
            is_quick: false,
            only: String::new(),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word}: needs a value"));
            match word.as_str() {
                // `cargo bench` adds it.
                "--bench" => {}
                "--quick" => (options.is_quick, options.rounds) = (true, 1),
                "--rounds" => options.rounds = value()?.parse()?,
                "--only" => options.only = value()?,
                _ => {
                    return Err(
                        format!("{word}: --quick, --rounds N and --only TEXT are known").into(),
                    );
                }
            }
        }
        Ok(options)
    }

    fn wants(&self, title: &str) -> bool {
        title.contains(&self.only)
    }
}

fn main() -> Fallible<()> {
    let options = Options::parse()?;
    one::section("one sleeper, idle", 0, &options)?;
    one::section("one sleeper, beside a thread that computes", 1, &options)?;
    many::section("many sleepers", &options)
}
