//! How often a file is written: at most once a second, and the last state always.
//!
//! In: states, and the time. Out: the state that is due. What came in between is left out. Pure: knows no clock, file or thread.

use std::time::Duration;

/// The pace of one file, or of some that are written together.
#[derive(Debug)]
pub(super) struct Pace<T> {
    pending: Option<T>,
    written: Option<Duration>,
}

impl<T> Default for Pace<T> {
    fn default() -> Pace<T> {
        Pace { pending: None, written: None }
    }
}

impl<T> Pace<T> {
    /// A newer state.
    pub(super) fn offer(&mut self, state: T) {
        self.pending = Some(state);
    }

    /// What is to be written now, if anything.
    pub(super) fn due(&mut self, now: Duration) -> Option<T> {
        if self.wait(now)?.is_zero() {
            self.written = Some(now);
            return self.pending.take();
        }
        None
    }

    /// The writing ended only now: the second counts from here, so that no file of several is early.
    pub(super) fn wrote(&mut self, now: Duration) {
        self.written = Some(now);
    }

    /// What was never written, whatever the time: the last word.
    pub(super) fn last(&mut self) -> Option<T> {
        self.pending.take()
    }

    /// How long until something is due; `None` when nothing waits.
    pub(super) fn wait(&self, now: Duration) -> Option<Duration> {
        self.pending.as_ref()?;
        Some(self.written.map_or(Duration::ZERO, |written| (written + APART).saturating_sub(now)))
    }
}

/// Between two writes of a file.
pub(super) const APART: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_secs(7) + Duration::from_millis(ms)
    }

    #[test]
    fn the_first_state_is_written_at_once_and_the_next_a_second_later() {
        let mut pace = Pace::default();
        assert_eq!(pace.wait(at(0)), None);
        pace.offer(1);
        assert_eq!(pace.due(at(0)), Some(1));
        pace.offer(2);
        pace.offer(3);
        assert_eq!((pace.due(at(400)), pace.wait(at(400))), (None, Some(Duration::from_millis(600))));
        assert_eq!(pace.due(at(1_000)), Some(3), "the one in between is left out");
        assert_eq!(pace.due(at(5_000)), None);
    }

    #[test]
    fn the_second_counts_from_the_end_of_a_slow_writing() {
        let mut pace = Pace::default();
        pace.offer(1);
        assert_eq!(pace.due(at(0)), Some(1));
        pace.wrote(at(300));
        pace.offer(2);
        assert_eq!((pace.due(at(1_200)), pace.due(at(1_300))), (None, Some(2)));
    }

    #[test]
    fn a_storm_of_states_is_written_once_a_second_and_the_last_of_them_always() {
        let mut pace = Pace::default();
        let mut written = Vec::new();
        for ms in 0..5_000 {
            pace.offer(ms);
            written.extend(pace.due(at(ms)));
        }
        assert_eq!(written, [0, 1_000, 2_000, 3_000, 4_000]);
        assert_eq!(pace.last(), Some(4_999));
        assert_eq!(pace.last(), None);
    }
}
