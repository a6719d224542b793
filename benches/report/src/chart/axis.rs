//! Logarithmic axes.

/// A logarithmic axis from `low` to `high`, both above zero, over pixels from `from` to `to`.
#[derive(Clone, Debug)]
pub struct LogAxis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl LogAxis {
    /// An axis that shows all values above zero, with borders at round values: 1, 2 or 5 times a power of ten. Values of zero
    /// and below are shown at its lower border. None where there is no value above zero.
    pub fn around(values: impl Iterator<Item = f64>, pixels: (f64, f64)) -> Option<LogAxis> {
        let (mut low, mut high) = (f64::INFINITY, 0.0f64);
        for value in values.filter(|value| value.is_finite() && *value > 0.0) {
            low = low.min(value);
            high = high.max(value);
        }
        if high <= 0.0 {
            return None;
        }
        let (mut low, mut high) = (round_below(low), round_above(high));
        // An axis over less than a decade has too few marks to be read.
        while high / low < 9.99 {
            low = round_below(low * 0.99);
            high = round_above(high * 1.01);
        }
        Some(LogAxis {
            low,
            high,
            from: pixels.0,
            to: pixels.1,
        })
    }

    /// An axis with these borders, both above zero.
    pub fn between(low: f64, high: f64, pixels: (f64, f64)) -> LogAxis {
        LogAxis {
            low,
            high: high.max(low * 1.001),
            from: pixels.0,
            to: pixels.1,
        }
    }

    /// Where a value is shown, in pixels. What lies outside is shown at the border.
    pub fn at(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        self.from + share * (self.to - self.from)
    }

    /// The values that are marked, at least `apart` pixels from one to the next: powers of ten, and where there is room
    /// three times these, or twice and five times.
    pub fn marks(&self, apart: f64) -> Vec<f64> {
        let length = (self.to - self.from).abs();
        let decade = length / (self.high / self.low).log10();
        // From 5 to 10 are 0.301 of a decade, from 1 to 3 0.477.
        let steps: &[f64] = match decade {
            decade if decade * 0.301 >= apart => &[1.0, 2.0, 5.0],
            decade if decade * 0.477 >= apart => &[1.0, 3.0],
            _ => &[1.0],
        };
        // Below that even powers of ten are too close.
        let stride = (apart / decade).ceil().max(1.0) as i32;
        let (first, last) = (exponent(self.low), exponent(self.high));
        let mut marks = Vec::new();
        for power in first..=last {
            for &step in steps.iter().filter(|_| (power - first) % stride == 0) {
                let value = step * 10f64.powi(power);
                if value >= self.low * 0.999 && value <= self.high * 1.001 {
                    marks.push(value);
                }
            }
        }
        marks
    }
}

/// The power of ten that a value is not below.
fn exponent(value: f64) -> i32 {
    (value.log10() + 1e-9).floor() as i32
}

fn round_below(value: f64) -> f64 {
    let power = 10f64.powi(exponent(value));
    let steps = [5.0, 2.0, 1.0];
    let step = steps
        .into_iter()
        .find(|step| step * power <= value * 1.000_001);
    step.unwrap_or(1.0) * power
}

fn round_above(value: f64) -> f64 {
    let power = 10f64.powi(exponent(value));
    let steps = [1.0, 2.0, 5.0, 10.0];
    let step = steps
        .into_iter()
        .find(|step| step * power >= value * 0.999_999);
    step.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_round_and_hold_all_values() {
        let axis = LogAxis::around([3.0, 47.0, 1_900.0].into_iter(), (0.0, 100.0)).expect("values");
        assert_eq!((axis.low, axis.high), (2.0, 2_000.0));
        assert_eq!(axis.at(2.0), 0.0);
        assert_eq!(axis.at(2_000.0), 100.0);
        assert!((axis.at(63.245) - 50.0).abs() < 0.01);
        assert_eq!(axis.at(0.0), 0.0);
        assert_eq!(axis.at(1e9), 100.0);
    }

    #[test]
    fn one_value_still_gives_an_axis_with_marks() {
        let axis = LogAxis::around([5.0].into_iter(), (0.0, 300.0)).expect("a value");
        assert!(axis.marks(40.0).len() >= 2, "{axis:?}");
    }

    #[test]
    fn without_values_above_zero_there_is_none() {
        assert!(LogAxis::around([0.0, f64::NAN].into_iter(), (0.0, 1.0)).is_none());
    }

    #[test]
    fn marks_keep_their_distance() {
        for high in [1e1, 1e2, 1e3, 1e6, 1e12] {
            let axis = LogAxis::between(1.0, high, (0.0, 300.0));
            let marks = axis.marks(45.0);
            assert!(marks.len() >= 2, "{high}: {marks:?}");
            for pair in marks.windows(2) {
                let gap = axis.at(pair[1]) - axis.at(pair[0]);
                assert!(gap >= 44.9, "{high}: {gap} between {pair:?}");
            }
        }
    }
}
