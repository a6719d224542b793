//! A difference for people.

use std::fmt;

use super::Difference;

/// How many tasks are printed.
const TASKS: usize = 16;

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = self.names;
        write!(
            f,
            "the {one} and the {other} differ at record {}, at {}, ",
            self.number, self.at
        )?;
        match self.running {
            Some(task) => write!(f, "while task {task} ran:")?,
            None => f.write_str("while no task ran:")?,
        }
        for (name, record) in self.names.iter().zip(self.records) {
            match record {
                Some(record) => write!(f, "\n  {name}: {record}")?,
                None => write!(f, "\n  {name}: no further record")?,
            }
        }
        if !self.before.is_empty() {
            f.write_str("\nbefore it, in both:")?;
        }
        let first = self.number - self.before.len() as u64;
        for (number, record) in (first..).zip(&self.before) {
            write!(f, "\n  {number}: {record}")?;
        }
        // Those that did something last.
        let mut tasks = self.tasks.clone();
        tasks.sort_by_key(|it| std::cmp::Reverse(it.number));
        if !tasks.is_empty() {
            f.write_str("\nwhat each task did last:")?;
        }
        for it in tasks.iter().take(TASKS) {
            write!(
                f,
                "\n  task {}: {} (record {})",
                it.task, it.record, it.number
            )?;
        }
        if tasks.len() > TASKS {
            write!(f, "\n  and {} tasks more", tasks.len() - TASKS)?;
        }
        for note in &self.notes {
            write!(f, "\n{note}")?;
        }
        Ok(())
    }
}
