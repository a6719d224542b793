//! Pictures of a report: lines over two axes, as SVG.

use std::fmt::Write;

/// A picture: lines over two axes. The vertical one is logarithmic.
pub(super) struct Plot {
    pub(super) title: &'static str,
    /// What the horizontal axis shows, with its unit.
    pub(super) across: &'static str,
    /// What the vertical axis shows; the unit of its ticks stands with them.
    pub(super) up: &'static str,
    /// The horizontal axis's ticks: where, from 0 to 1, and their text.
    pub(super) ticks: Vec<(f64, String)>,
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
        let axis = Axis::over(self.lines.iter().flat_map(|line| &line.points));
        let x = |part: f64| LEFT + part * width;
        let y = |value: f64| TOP + (1.0 - axis.part(value)) * height;
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            self.title
        );
        let mut push = |element: std::fmt::Arguments<'_>| {
            // Writing to a string does not fail.
            let _ = svg.write_fmt(element);
        };
        for value in axis.ticks() {
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
                .map(|&(part, value)| format!("{:.1},{:.1}", x(part), y(value)))
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

/// A logarithmic axis from one power of ten to another one.
struct Axis {
    low: i32,
    high: i32,
}

impl Axis {
    /// An axis with room for all points; values below 1 are shown as 1.
    fn over<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> Axis {
        let logs = points.map(|point| point.1.max(1.0).log10());
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        let (least, most) = logs.fold(none, |(least, most), log| (least.min(log), most.max(log)));
        if least > most {
            return Axis { low: 0, high: 1 };
        }
        let low = least.floor() as i32;
        let high = (most.ceil() as i32).max(low + 1);
        Axis { low, high }
    }

    /// Where a value is, from 0 to 1.
    fn part(&self, value: f64) -> f64 {
        let above = value.max(1.0).log10() - f64::from(self.low);
        above / f64::from(self.high - self.low)
    }

    /// The powers of ten; where there are few, also two and five times those.
    fn ticks(&self) -> Vec<f64> {
        let steps: &[f64] = match self.high - self.low {
            ..=2 => &[1.0, 2.0, 5.0],
            _ => &[1.0],
        };
        let decades = self.low..self.high;
        let ticks = decades.flat_map(|power| steps.iter().map(move |it| it * 10f64.powi(power)));
        ticks.chain([10f64.powi(self.high)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    fn over(values: &[f64]) -> Axis {
        let points: Vec<_> = values.iter().map(|&value| (0.0, value)).collect();
        Axis::over(points.iter())
    }

    #[test]
    fn axes_have_room_for_all_values() {
        for values in [&[][..], &[0.0], &[1.0], &[999.0, 1_001.0], &[3.0, 8.64e13]] {
            let axis = over(values);
            assert!(axis.ticks().len() >= 4, "{values:?}");
            for &value in values {
                assert!((0.0..=1.0).contains(&axis.part(value)), "{values:?}");
            }
        }
    }

    #[test]
    fn few_decades_have_ticks_between_them() {
        let close = over(&[150.0, 900.0]);
        assert_eq!(close.ticks(), [100.0, 200.0, 500.0, 1_000.0]);
        assert_eq!(close.part(1_000.0), 1.0);
        assert_eq!(
            over(&[2.0, 2_000.0]).ticks(),
            [1.0, 10.0, 100.0, 1_000.0, 10_000.0]
        );
    }
}
