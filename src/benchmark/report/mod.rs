//! A measurement as text, as JSON, as a page and as a log.

mod hlog;
mod json;
mod page;
mod plot;
mod text;

pub use hlog::is_hlog;
pub use json::{ReadError, is_json_report};
pub use page::is_page;
