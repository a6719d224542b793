//! Pictures as SVG: text and shapes with attributes of their own, so that each is also a file by itself.

mod axis;
mod canvas;
mod cumulative;
mod frame;
mod lines;
mod parameter;
mod percentiles;
mod ranges;
mod style;

pub use cumulative::cumulative;
pub use lines::is_thinned;
pub use parameter::{Against, against_parameter};
pub use percentiles::percentiles;
pub use ranges::ranges;
