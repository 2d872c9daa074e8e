//! Long work: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Mutex;

/// Progress of one piece of work, on standard error.
pub struct Progress {
    bar: Option<ProgressBar>,
    last: Mutex<(u64, String)>,
}

impl Progress {
    /// For work called `title`.
    pub fn new(title: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {msg}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(title.to_owned());
            bar
        });
        if bar.is_none() {
            eprintln!("{title} …");
        }
        Self {
            bar,
            last: Mutex::default(),
        }
    }

    /// Done so far, of how many, what now.
    pub fn tell(&self, done: u64, of: u64, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_length(of);
            bar.set_position(done);
            bar.set_message(what.to_owned());
            return;
        }
        let Ok(mut last) = self.last.lock() else {
            return;
        };
        let tenth = done.saturating_mul(10).checked_div(of).unwrap_or(0);
        // Those who work side by side do not tell in order.
        if tenth > last.0 || last.1 != what {
            *last = (tenth, what.to_owned());
            eprintln!("  {done}/{of} {what}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
