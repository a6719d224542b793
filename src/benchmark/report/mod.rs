//! A measurement as text, as JSON and as a page.

mod json;
mod page;
mod plot;
mod text;

pub use json::{ReadError, is_json_report};
pub use page::is_page;
