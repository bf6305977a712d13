//! `--clock` and `--clock-speed`: the office clock of an installation, turned from the start.
//!
//! In: how far and how fast. Out: a [`Clock`]. The computer's clock is not touched; commands of one installation that are to agree
//! are given the same.

use std::str::FromStr;

use jiff::{Span, SpanRelativeTo, Unit};
use tracing::warn;

use crate::clock::{Clock, MAX_SPEED};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct ClockArguments {
    /// What time it is for the installation, from the computer's: +1d, -5m, "+1h 30m"
    #[arg(long, value_name = "SHIFT", allow_hyphen_values = true)]
    clock: Option<Shift>,
    /// So many seconds pass for the installation in a second, 1 to 3600
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_SPEED)))]
    clock_speed: u32,
}

impl ClockArguments {
    /// The clock; the log says so if it is not the computer's.
    pub(super) fn clock(&self) -> Clock {
        let clock = Clock::system();
        if let Some(Shift(ms)) = self.clock {
            clock.jump(ms);
        }
        clock.run_at(self.clock_speed);
        if !clock.dial().is_real() {
            let ahead = self.clock.map_or(0, |shift| shift.0) / 1000;
            warn!("the office clock is not the computer's: {ahead} s ahead, {} times as fast", self.clock_speed);
        }
        clock
    }
}

/// Milliseconds; a day has 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shift(i64);

impl FromStr for Shift {
    type Err = String;

    fn from_str(text: &str) -> Result<Shift, String> {
        let expected = |why: String| format!("{why}: expected a shift like +1d, -5m or \"+1h 30m\"");
        let span: Span = text.trim().parse().map_err(|e: jiff::Error| expected(e.to_string()))?;
        let ms = span.total((Unit::Millisecond, SpanRelativeTo::days_are_24_hours()));
        let ms = ms.map_err(|e| expected(e.to_string()))?;
        // Cut where a date ends: the clock does the same.
        Ok(Shift(ms as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_is_read_in_days_hours_and_minutes_both_ways() {
        for (text, ms) in
            [("+1d", 86_400_000), ("-5m", -300_000), ("1h 30m", 5_400_000), ("+2w", 14 * 86_400_000), ("0s", 0)]
        {
            assert_eq!(text.parse(), Ok(Shift(ms)), "{text}");
        }
        for text in ["", "soon", "1x", "+"] {
            assert!(text.parse::<Shift>().unwrap_err().contains("+1d"), "{text}");
        }
    }
}
