//! The command line.

/// How it serves.
pub struct Options {
    /// The component's file.
    pub component: String,
    /// Without the pooling allocator.
    pub on_demand: bool,
    /// On one thread.
    pub current_thread: bool,
}

impl Options {
    /// Those of these words.
    ///
    /// # Errors
    /// When one is unknown, or the component is missing.
    pub fn of(words: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            component: String::new(),
            on_demand: false,
            current_thread: false,
        };
        for word in words {
            match word.as_str() {
                "--on-demand" => options.on_demand = true,
                "--current-thread" => options.current_thread = true,
                _ if word.starts_with('-') => return Err(format!("unknown option {word}")),
                _ => options.component = word,
            }
        }
        match options.component.is_empty() {
            true => Err("expected a component's file".to_owned()),
            false => Ok(options),
        }
    }
}
