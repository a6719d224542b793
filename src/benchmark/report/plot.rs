//! Pictures of a report: lines over two axes, as SVG.

use std::fmt::Write;

/// A picture: lines over two axes. The vertical one begins at 0.
pub(super) struct Plot {
    pub(super) title: &'static str,
    /// What the horizontal axis shows, with its unit.
    pub(super) across: &'static str,
    /// What the vertical axis shows; the unit of its ticks stands with them.
    pub(super) up: &'static str,
    /// The horizontal axis's ticks: where, from 0 to 1, and their text.
    pub(super) ticks: Vec<(f64, String)>,
    /// The greatest value of the vertical axis.
    pub(super) max: f64,
    /// How a value of the vertical axis is written.
    pub(super) show: fn(f64) -> String,
    pub(super) lines: Vec<Line>,
}

/// A line: its points from the left, across from 0 to 1.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 52.0;

impl Plot {
    pub(super) fn svg(&self) -> String {
        let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
        let top = round_up(self.max);
        let x = |part: f64| LEFT + part * width;
        let y = |value: f64| TOP + (1.0 - value / top) * height;
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            self.title
        );
        let mut push = |element: std::fmt::Arguments<'_>| {
            // Writing to a string does not fail.
            let _ = svg.write_fmt(element);
        };
        for step in 0..=5 {
            let value = top * f64::from(step) / 5.0;
            let at = y(value);
            push(format_args!(
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 8.0,
                at + 4.0,
                (self.show)(value)
            ));
        }
        for (part, text) in &self.ticks {
            let at = x(*part);
            push(format_args!(
                "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{:.1}\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                HEIGHT - BOTTOM,
                HEIGHT - BOTTOM + 18.0
            ));
        }
        push(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text x=\"{LEFT}\" y=\"14\">{}</text>",
            x(0.5),
            HEIGHT - 10.0,
            self.across,
            self.up
        ));
        for (index, line) in self.lines.iter().enumerate() {
            let points: Vec<String> = line
                .points
                .iter()
                .map(|&(part, value)| format!("{:.1},{:.1}", x(part), y(value.min(top))))
                .collect();
            push(format_args!(
                "<polyline class=\"line{index}\" points=\"{}\"/>",
                points.join(" ")
            ));
            if self.lines.len() > 1 {
                let at = WIDTH - RIGHT - 70.0 * (self.lines.len() - index) as f64;
                push(format_args!(
                    "<line class=\"line{index}\" x1=\"{at}\" x2=\"{}\" y1=\"10\" y2=\"10\"/>\
                     <text x=\"{}\" y=\"14\">{}</text>",
                    at + 18.0,
                    at + 24.0,
                    line.name
                ));
            }
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// The next of 1, 2, 2.5, 5 and 10 times a power of ten, so that a fifth of it is a short number.
fn round_up(max: f64) -> f64 {
    if !(max.is_finite() && max > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(max.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    let step = steps
        .into_iter()
        .find(|step| max <= step * power * (1.0 + 1e-9));
    step.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::round_up;

    #[test]
    fn axes_end_at_short_numbers_above_all_values() {
        for (max, end) in [
            (0.0, 1.0),
            (1.0, 1.0),
            (1.1, 2.0),
            (240.0, 250.0),
            (51e6, 100e6),
        ] {
            assert!((round_up(max) / end - 1.0).abs() < 1e-9, "{max}");
        }
        assert_eq!(round_up(f64::NAN), 1.0);
    }
}
