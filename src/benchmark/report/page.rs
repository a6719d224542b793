//! A measurement as a page for a browser: one file, without scripts, that needs nothing else.

use super::plot::{Line, Plot};
use super::text::Row;
use crate::benchmark::comparison::Comparison;
use crate::benchmark::figure::{digits, nanos};
use crate::benchmark::measured::Measured;

/// What the page begins with.
const HEADER: &str = "<!doctype html>\n<!-- wippy benchmark -->\n";

const STYLE: &str = "
:root{color-scheme:light dark;--ink:light-dark(#1c2430,#d8dee8);--dim:light-dark(#66707e,#98a2b0);
--grid:light-dark(#dde1e7,#39414c);--paper:light-dark(#fff,#171b21)}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:820px;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.3rem;overflow-wrap:anywhere}h2{font-size:1.05rem;margin-top:2rem}
table{border-collapse:collapse}td,th{padding:.15rem 1.2rem .15rem 0;text-align:left;vertical-align:top}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.dim,p.dim{color:var(--dim)}pre{white-space:pre-wrap;overflow-wrap:anywhere}
svg{width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:var(--dim)}
.grid{stroke:var(--grid)}polyline{fill:none}[class^=line]{stroke-width:1.8;stroke-linejoin:round}
.line0{stroke:#2f6fd6}.line1{stroke:#d9822b}.line2{stroke:#a03fa8}
.warning{border-left:4px solid #d9822b;padding-left:.7rem}";

/// Whether a text is what [`Measured::to_html`] writes, as far as its beginning shows.
pub fn is_page(text: &[u8]) -> bool {
    text.starts_with(HEADER.as_bytes())
}

impl Measured {
    /// As a page for a browser: the figures, the latencies by percentile and over time, the machine, and what
    /// earlier measurements have otherwise, where there are comparisons with some, each under the name of its file.
    pub fn to_html<'a>(
        &self,
        comparisons: impl IntoIterator<Item = (&'a str, &'a Comparison)>,
    ) -> String {
        let heading = escaped(&self.heading());
        let mut page = format!(
            "{HEADER}<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <title>{heading}</title><style>{STYLE}</style></head><body>\n<h1>{heading}</h1>\n"
        );
        for warning in self.warnings() {
            page.push_str(&warning_line(&warning));
        }
        page.push_str("<table><tr><th>figure<th><th>95 % confidence</tr>\n");
        for Row {
            name,
            value,
            interval,
        } in self.rows()
        {
            let (name, value) = (escaped(&name), escaped(&value));
            page.push_str(&format!(
                "<tr><td>{name}<td class=\"number\">{value}<td class=\"dim\">{interval}</tr>\n"
            ));
        }
        page.push_str("</table>\n");
        for (name, comparison) in comparisons {
            let name = escaped(name);
            page.push_str(&format!("<h2>Against {name}</h2>\n<table>\n"));
            for compared in &comparison.compared {
                page.push_str(&format!("<tr><td>{}<td>{compared}</tr>\n", compared.metric));
            }
            page.push_str("</table>\n");
            for warning in &comparison.warnings {
                page.push_str(&warning_line(warning));
            }
        }
        page.push_str("<h2>Latency by percentile</h2>\n");
        page.push_str(&self.by_percentile().svg());
        page.push_str(
            "<p class=\"dim\">How long the slowest calls take: each step to the right is a tenth of the \
             calls of the step before. The line ends where fewer than ten calls are above.</p>\n\
             <h2>Latency over time</h2>\n",
        );
        page.push_str(&self.over_time().svg());
        if let Some(first) = &self.failures.first {
            let first = escaped(first);
            page.push_str(&format!("<h2>The first failure</h2>\n<pre>{first}</pre>\n"));
        }
        page.push_str("<h2>Machine</h2>\n<table>\n");
        for (name, value) in self.machine.facts() {
            page.push_str(&format!("<tr><td>{name}<td>{}</tr>\n", escaped(&value)));
        }
        page.push_str("</table>\n</body></html>\n");
        page
    }

    /// Latency by percentile, whose axis has as much room for each further nine.
    fn by_percentile(&self) -> Plot {
        let latencies = self.latencies();
        let count = latencies.count();
        let last = (count as f64 / 10.0).max(2.0);
        let decades = last.log10();
        let steps = 200;
        let points = (0..=steps).filter_map(|step| {
            let part = f64::from(step) / f64::from(steps);
            let quantile = 1.0 - 10f64.powf(-part * decades);
            Some((part, latencies.quantile(quantile)?.as_nanos() as f64))
        });
        let points: Vec<_> = points.collect();
        let nines = (0..).take_while(|&nines| f64::from(nines) <= decades + 1e-9);
        let tick = |nines: i32| {
            let text = match nines {
                0 => "0 %".to_owned(),
                1 => "90 %".to_owned(),
                2 => "99 %".to_owned(),
                nines => format!("99.{} %", "9".repeat(nines as usize - 2)),
            };
            (f64::from(nines) / decades, text)
        };
        Plot {
            title: "Latency by percentile",
            across: "percentile",
            up: "latency (logarithmic)",
            ticks: nines.map(tick).collect(),
            show: nanos,
            lines: vec![Line {
                name: "latency",
                points,
            }],
        }
    }

    /// Latency over time, a point a round at its middle.
    fn over_time(&self) -> Plot {
        // In a simulation no time may have passed.
        let whole = self.duration().as_secs_f64().max(1e-9);
        let line = |name, quantile: f64| {
            let mut passed = 0.0;
            let points = self.rounds.iter().filter_map(|round| {
                let seconds = round.duration.as_secs_f64();
                let middle = (passed + seconds / 2.0) / whole;
                passed += seconds;
                Some((
                    middle,
                    round.latencies.quantile(quantile)?.as_nanos() as f64,
                ))
            });
            Line {
                name,
                points: points.collect(),
            }
        };
        let lines = vec![line("p50", 0.5), line("p99", 0.99), line("max", 1.0)];
        let ticks = (0..=5).map(|step| {
            let part = f64::from(step) / 5.0;
            (part, digits(part * whole))
        });
        Plot {
            title: "Latency over time",
            across: "time since the warm-up, in seconds",
            up: "latency in each round (logarithmic)",
            ticks: ticks.collect(),
            show: nanos,
            lines,
        }
    }
}

fn warning_line(warning: &str) -> String {
    format!("<p class=\"warning\">{}</p>\n", escaped(warning))
}

/// Text that is no markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
