//! Metrics as the text that Prometheus reads: its exposition format, version 0.0.4.

use wippy_dispatcher::Histogram;

use super::{EntryMetrics, Metrics, PoolMetrics};
use crate::activity::{CallState, CallTimes, Outcome};
use crate::prometheus::{Labels, Seconds, Text};

impl Metrics {
    /// As text for Prometheus (`text/plain; version=0.0.4`). Times are in seconds. The labels' values
    /// are IDs of entries that were called, and words of this program.
    pub fn to_prometheus(&self) -> String {
        let mut text = Text::default();
        self.calls(&mut text);
        self.times(&mut text);
        self.pools(&mut text);
        self.spares(&mut text);
        self.dispatchers(&mut text);
        text.finish()
    }

    fn calls(&self, text: &mut Text) {
        text.family("wippy_calls_total", "counter", "Calls that have ended.");
        for entry in &self.entries {
            for outcome in Outcome::ALL {
                let labels = labels_of(entry).and("outcome", outcome.name());
                text.sample("wippy_calls_total", &labels, entry.ended(outcome));
            }
        }
        text.family("wippy_calls", "gauge", "Calls that have not ended.");
        for entry in &self.entries {
            for (state, count) in CallState::NAMES.iter().zip(entry.now) {
                text.sample("wippy_calls", &labels_of(entry).and("state", state), count);
            }
        }
    }

    fn times(&self, text: &mut Text) {
        type Of = fn(&CallTimes) -> &Histogram;
        let families: [(&str, &str, Of); 4] = [
            (
                "wippy_call_duration_seconds",
                "How long calls took from their beginning to their end.",
                |times| &times.duration,
            ),
            (
                "wippy_call_queue_seconds",
                "How long calls waited for their module, their pool and an instance.",
                |times| &times.queued,
            ),
            (
                "wippy_call_parked_seconds",
                "How long the guests of calls waited.",
                |times| &times.parked,
            ),
            (
                "wippy_call_processor_seconds",
                "How long the guests of calls computed.",
                |times| &times.processor,
            ),
        ];
        let timed = || {
            self.entries
                .iter()
                .filter_map(|it| Some((it, it.times.as_ref()?)))
        };
        for (name, help, of) in families {
            if timed().next().is_some() {
                text.family(name, "histogram", help);
            }
            for (entry, times) in timed() {
                text.histogram(name, &labels_of(entry), of(times));
            }
        }
    }

    fn pools(&self, text: &mut Text) {
        type Of = fn(&PoolMetrics) -> u64;
        let families: [(&str, &str, &str, Of); 3] = [
            (
                "places",
                "Places that there are",
                "Instances that there may be",
                |pool| u64::from(pool.places),
            ),
            (
                "used",
                "Places that calls have",
                "Instances that calls have",
                |pool| u64::from(pool.used),
            ),
            (
                "waiting",
                "Calls that wait for a place",
                "Calls that wait for an instance",
                |pool| pool.waiting as u64,
            ),
        ];
        for (suffix, in_pool, of_instances, of) in families {
            let name = format!("wippy_pool_{suffix}");
            text.family(&name, "gauge", &format!("{in_pool} in an entry's pool."));
            for entry in &self.entries {
                if let Some(pool) = &entry.pool {
                    text.sample(&name, &labels_of(entry), of(pool));
                }
            }
            let name = format!("wippy_instances_{suffix}");
            text.family(
                &name,
                "gauge",
                &format!("{of_instances}, over all entries."),
            );
            for (memory, pool) in [("pooled", &self.instances), ("on-demand", &self.on_demand)] {
                text.sample(&name, &Labels::default().and("memory", memory), of(pool));
            }
        }
    }

    fn spares(&self, text: &mut Text) {
        let help = "Instances that are ready before their calls.";
        text.family("wippy_pool_spares", "gauge", help);
        for entry in &self.entries {
            text.sample("wippy_pool_spares", &labels_of(entry), entry.spares);
        }
        let help = "Instances of all entries that were made before their calls.";
        text.family("wippy_instances_spare", "gauge", help);
        text.sample(
            "wippy_instances_spare",
            &Labels::default(),
            self.spares.used,
        );
    }

    fn dispatchers(&self, text: &mut Text) {
        let stats = &self.dispatcher;
        let gauges = [
            (
                "wippy_guest_resources",
                "Resources of guests when they last waited.",
                self.resources,
            ),
            (
                "wippy_guest_pollables",
                "Pollables of guests when they last waited.",
                self.pollables,
            ),
            (
                "wippy_dispatchers",
                "Dispatchers that the next gauges add up.",
                self.dispatchers as u64,
            ),
            (
                "wippy_dispatcher_tasks",
                "Tasks that have not ended.",
                stats.tasks as u64,
            ),
            (
                "wippy_dispatcher_runnable_tasks",
                "Tasks that can run.",
                stats.runnable as u64,
            ),
            (
                "wippy_dispatcher_timers",
                "Armed timers.",
                stats.timers as u64,
            ),
            (
                "wippy_dispatcher_descriptors",
                "Sockets and other descriptors that are watched.",
                stats.descriptors as u64,
            ),
            (
                "wippy_dispatcher_sources",
                "Descriptors and events.",
                stats.sources as u64,
            ),
            (
                "wippy_dispatcher_wait_sets",
                "Sets that tasks wait for.",
                stats.wait_sets as u64,
            ),
            (
                "wippy_blocking_threads",
                "Threads for jobs that block.",
                stats.blocking_threads as u64,
            ),
            (
                "wippy_blocking_jobs_running",
                "Jobs that block a thread.",
                stats.jobs_running as u64,
            ),
            (
                "wippy_blocking_jobs_waiting",
                "Jobs that wait for a thread or for their turn.",
                stats.jobs_waiting as u64,
            ),
        ];
        for (name, help, value) in gauges {
            text.family(name, "gauge", help);
            text.sample(name, &Labels::default(), value);
        }
        let name = "wippy_dispatcher_looked_seconds_total";
        let help = "How long dispatchers looked at I/O and the clock instead of parking.";
        text.family(name, "counter", help);
        text.sample(name, &Labels::default(), Seconds(stats.looked));
        if let Some(late) = &stats.overshoot {
            let name = "wippy_timer_overshoot_seconds";
            text.family(name, "histogram", "How late timers fired.");
            text.histogram(name, &Labels::default(), late);
        }
    }
}

fn labels_of(entry: &EntryMetrics) -> Labels {
    Labels::default().and("entry", &entry.entry.to_string())
}
