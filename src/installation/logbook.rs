//! The newest log lines, for the window.
//!
//! In: tracing events. Out: a bounded list, oldest first. Secrets never get here: their types have no text form.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::snapshot::{Level, LogLine};
use crate::clock::Clock;

/// A list of log lines that many may write and one reads.
#[derive(Clone, Debug, Default)]
pub struct Logbook {
    lines: Arc<Mutex<VecDeque<LogLine>>>,
    clock: Clock,
}

impl Logbook {
    /// What it holds, oldest first.
    pub fn lines(&self) -> Vec<LogLine> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn add(&self, line: LogLine) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= MAX_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

impl<S: tracing::Subscriber> Layer<S> for Logbook {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let level = match *event.metadata().level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warn,
            tracing::Level::INFO => Level::Info,
            _ => Level::Debug,
        };
        let target = event.metadata().target();
        let room = target.strip_prefix("hitdeck::").unwrap_or(target).split("::").next().unwrap_or_default().to_owned();
        self.add(LogLine { at: self.clock.now().office, level, room, text: text.message + &text.fields });
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.fields += &format!(" {}={value:?}", field.name());
        }
    }
}

/// The oldest line goes when one more comes.
const MAX_LINES: usize = 1000;

/// Sends the log to `book` and to standard error: warnings, or with `verbose` everything of ours. `RUST_LOG` overrides.
pub fn start(book: &Logbook, verbose: bool) {
    use tracing_subscriber::filter::{EnvFilter, LevelFilter};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    let fallback = if verbose { "warn,hitdeck=debug" } else { "error,hitdeck=warn" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(fallback));
    let stderr = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter);
    let shown = tracing_subscriber::filter::Targets::new().with_target("hitdeck", LevelFilter::DEBUG);
    let registry = tracing_subscriber::registry().with(stderr).with(book.clone().with_filter(shown));
    // Set already only if a test has set its own.
    drop(registry.try_init());
}
