//! The SVG itself.

use std::fmt::{Display, Write};

use crate::format::escape;

/// An SVG that is being drawn.
pub struct Canvas {
    body: String,
    width: f64,
    height: f64,
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

pub const TEXT: &str = "#222222";
pub const FAINT: &str = "#6a6a6a";
pub const GRID: &str = "#e3e3e3";

impl Canvas {
    /// An empty one, in pixels.
    pub fn new(width: f64, height: f64) -> Canvas {
        Canvas {
            body: String::new(),
            width,
            height,
        }
    }

    fn put(&mut self, shape: impl Display) {
        // A string takes everything.
        let _ = writeln!(self.body, "{shape}");
    }

    /// A text of a size in pixels.
    pub fn text(&mut self, at: (f64, f64), size: u32, color: &str, anchor: Anchor, text: &str) {
        self.put(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{size}\" fill=\"{color}\" text-anchor=\"{}\">{}</text>",
            at.0,
            at.1,
            anchor.name(),
            escape(text)
        ));
    }

    /// A text that reads upwards, its middle at the point.
    pub fn upright(&mut self, at: (f64, f64), size: u32, text: &str) {
        self.put(format_args!(
            "<text transform=\"translate({:.1} {:.1}) rotate(-90)\" font-size=\"{size}\" fill=\"{TEXT}\" \
             text-anchor=\"middle\">{}</text>",
            at.0,
            at.1,
            escape(text)
        ));
    }

    /// A line.
    pub fn line(
        &mut self,
        from: (f64, f64),
        to: (f64, f64),
        color: &str,
        width: f64,
        dashes: &str,
    ) {
        self.put(format_args!(
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{color}\" stroke-width=\"{width}\"{}/>",
            from.0,
            from.1,
            to.0,
            to.1,
            dashes_attribute(dashes)
        ));
    }

    /// A line through points, with a text that shows when the pointer is on it.
    pub fn path(
        &mut self,
        points: &[(f64, f64)],
        color: &str,
        width: f64,
        dashes: &str,
        tip: &str,
    ) {
        let mut path = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let command = if at == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{command}{x:.1} {y:.1}");
        }
        self.put(format_args!(
            "<path class=\"s\" d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\" \
             stroke-linejoin=\"round\"{}><title>{}</title></path>",
            dashes_attribute(dashes),
            escape(tip)
        ));
    }

    /// A disc, filled with `fill`, with a text that shows when the pointer is on it.
    pub fn disc(&mut self, at: (f64, f64), radius: f64, color: &str, fill: &str, tip: &str) {
        self.put(format_args!(
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\" stroke=\"{color}\" stroke-width=\"1.5\" \
             fill=\"{fill}\"><title>{}</title></circle>",
            at.0,
            at.1,
            escape(tip)
        ));
    }

    /// A filled rectangle.
    pub fn rectangle(&mut self, at: (f64, f64), size: (f64, f64), fill: &str) {
        self.put(format_args!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{fill}\"/>",
            at.0, at.1, size.0, size.1
        ));
    }

    /// The whole.
    pub fn finish(self, title: &str) -> String {
        let (width, height) = (self.width, self.height);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" role=\"img\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\">\n\
             <title>{}</title>\n<rect width=\"{width:.0}\" height=\"{height:.0}\" fill=\"#ffffff\"/>\n{}</svg>\n",
            escape(title),
            self.body
        )
    }
}

/// A letter's width for its height, about: fonts differ.
const LETTER: f64 = 0.6;

/// A text cut to a width in pixels, with a mark where it was.
pub fn fit(text: &str, width: f64, size: u32) -> String {
    let most = (width / (f64::from(size) * LETTER)) as usize;
    match text.chars().count() {
        letters if letters <= most => text.to_owned(),
        _ => text
            .chars()
            .take(most.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

fn dashes_attribute(dashes: &str) -> String {
    match dashes {
        "" => String::new(),
        dashes => format!(" stroke-dasharray=\"{dashes}\""),
    }
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}
