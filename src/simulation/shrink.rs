//! Making a failing run smaller.

use wippy_dispatcher::sim::{Shrink, Shrunk};

use super::error::SimulationError;
use super::outcome::Outcome;
use super::scenario::Scenario;
use super::simulated::Simulation;

impl Simulation {
    /// Makes a failing run smaller: [`Shrink`]. `fails` says how a run fails, by its outcome; `None`: it does not. Hosts
    /// on which something was placed are left out where they are not needed. The edits of the result are set with
    /// [`start_with`](Simulation::start_with).
    ///
    /// # Errors
    /// `Shrink`; what a setup fails with.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wippy::sim::{Call, Simulation};
    /// use wippy::{Entry, Program};
    /// use wippy_dispatcher::sim::{Fault, Shrink};
    ///
    /// let text = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;
    /// let program = Program::builder().entry(Entry::function("app:one").bytes(text)).build()?;
    /// let pause = |host: &str| Fault::Pause(host.to_owned());
    /// let simulation = Simulation::builder(program)
    ///     .host("a", [])
    ///     .host("b", [])
    ///     .run("a", Call::new("app:one").start(Duration::from_secs(5)))
    ///     .run("b", Call::new("app:one").name("other"))
    ///     .at(Duration::from_secs(1), pause("a"))
    ///     .at(Duration::from_secs(2), pause("b"))
    ///     .build()?;
    /// let never_ends = |outcome: &wippy::sim::Outcome| {
    ///     let call = outcome.call("app:one")?;
    ///     call.last()?.ended.is_none().then_some(outcome.end.name())
    /// };
    /// let shrunk = simulation.shrink(Shrink::new(3), never_ends)?;
    /// assert_eq!(shrunk.faults.len(), 1);
    /// assert_eq!(shrunk.faults[0].to_string(), "pause a");
    /// assert!(shrunk.edits.leaves_out("host b"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shrink<K: PartialEq>(
        &self,
        shrink: Shrink<'_>,
        fails: impl FnMut(&Outcome) -> Option<K>,
    ) -> Result<Shrunk<K>, SimulationError> {
        self.shrink_with(shrink, fails, |simulation| simulation)
    }

    /// The same with other settings of the dispatcher's simulation for all runs, such as another picker.
    ///
    /// # Errors
    /// As [`Simulation::shrink`].
    pub fn shrink_with<K: PartialEq>(
        &self,
        shrink: Shrink<'_>,
        mut fails: impl FnMut(&Outcome) -> Option<K>,
        mut change: impl FnMut(wippy_dispatcher::Simulation) -> wippy_dispatcher::Simulation,
    ) -> Result<Shrunk<K>, SimulationError> {
        let mut refused = None;
        let shrunk = shrink.parts(self.parts()).run(|trial| {
            match self.start_with(trial.seed(), |it| trial.set(change(it))) {
                Ok(world) => fails(&world.run()),
                Err(error) => {
                    refused.get_or_insert(error);
                    None
                }
            }
        });
        match refused {
            Some(error) => Err(error),
            None => Ok(shrunk?),
        }
    }
}

impl Scenario {
    /// Makes a run smaller in which something does not hold: [`Simulation::shrink`]. Of what does not hold of the run, the
    /// first counts: the smaller one fails in the same way if that does not hold of it either, at whatever
    /// time.
    ///
    /// # Errors
    /// As [`Simulation::shrink`].
    pub fn shrink(
        &self,
        simulation: &Simulation,
        shrink: Shrink<'_>,
    ) -> Result<Shrunk<String>, SimulationError> {
        self.shrink_with(simulation, shrink, |simulation| simulation)
    }

    /// The same with other settings of the dispatcher's simulation for all runs, such as another picker.
    ///
    /// # Errors
    /// As [`Simulation::shrink`].
    pub fn shrink_with(
        &self,
        simulation: &Simulation,
        shrink: Shrink<'_>,
        change: impl FnMut(wippy_dispatcher::Simulation) -> wippy_dispatcher::Simulation,
    ) -> Result<Shrunk<String>, SimulationError> {
        let mut wanted: Option<String> = None;
        let fails = |outcome: &Outcome| {
            let wrong = self.check(outcome);
            let wanted = match &wanted {
                Some(wanted) => wanted,
                None => wanted.insert(wrong.first()?.clone()),
            };
            let is_it = |line: &String| timeless(line) == timeless(wanted);
            wrong.iter().any(is_it).then(|| wanted.clone())
        };
        simulation.shrink_with(shrink, fails, change)
    }
}

/// A line without the times in it, which differ from run to run. Numbers stay: a text that is there twice is another failure
/// than one that is missing.
fn timeless(line: &str) -> String {
    let is_time = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with('s')
    };
    let words = line.split_whitespace();
    let words = words.map(|word| if is_time(word) { "TIME" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_make_no_difference() {
        let at = |time: &str| timeless(&format!("first of a ends at {time}, not before 30s"));
        assert_eq!(at("31.5s"), at("40.000001s"));
        assert_ne!(timeless("exited with 3"), timeless("exited with 4"));
    }
}
