//! What time it is, as a value.
//!
//! In: the operating system's clocks, once, when [`Clock`] is read. Out: a [`Now`] that is handed to every rule.
//! Rooms without input or output never read a clock: they are given a `Now`, so a test may give them any.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment, on the two clocks that rules need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Now {
    /// Never jumps: for pacing, liveness and staggering. Counted from an arbitrary start.
    pub steady: Duration,
    /// Milliseconds since 1970-01-01 UTC: for freshness, durations and expiry. A tester may shift it.
    pub office: i64,
}

impl Now {
    /// The office clock in whole seconds since 1970-01-01 UTC, as the guide's `timestamp` and `utc` have it.
    pub fn unix_seconds(self) -> i64 {
        self.office.div_euclid(1000)
    }

    /// This moment, later by `by` on both clocks.
    pub fn plus(self, by: Duration) -> Now {
        Now { steady: self.steady + by, office: self.office + i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 2) }
    }

    /// The millisecond counter that goes over the wire as "server tick" (wire/01 section 3, 10003): wraps at 2^32.
    pub fn tick(self) -> u32 {
        (self.steady.as_millis() & 0xffff_ffff) as u32
    }
}

/// Reads the operating system's clocks.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    shift_ms: i64,
}

impl Clock {
    /// The clocks as they are.
    pub fn system() -> Clock {
        Clock { start: Instant::now(), shift_ms: 0 }
    }

    /// The same clock with the office time shifted by `ms` milliseconds (positive: the future).
    pub fn shifted(self, ms: i64) -> Clock {
        Clock { shift_ms: self.shift_ms + ms, ..self }
    }

    /// The present moment.
    pub fn now(&self) -> Now {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            steady: self.start.elapsed(),
            office: i64::try_from(unix.as_millis()).unwrap_or(i64::MAX / 2) + self.shift_ms,
        }
    }
}
