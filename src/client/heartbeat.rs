//! Whether the server is still there, and how far away it is (wire/01 section 10.1).
//!
//! In: when something came, when an answer came, the steady time. Out: when to probe, when to give up, the round trip. No clock and no
//! socket of its own.

use std::time::Duration;

/// The heartbeat of one admitted connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heartbeat {
    heard: Duration,
    next: Duration,
    probed: Option<Duration>,
    round_trip: Option<Duration>,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing yet.
    Wait,
    /// Send a probe.
    Probe,
    /// Nothing came for [`LOST_AFTER`].
    Lost,
}

impl Heartbeat {
    pub(super) fn new(now: Duration) -> Heartbeat {
        Heartbeat { heard: now, next: now + FIRST, probed: None, round_trip: None }
    }

    /// Anything came.
    pub(super) fn hear(&mut self, now: Duration) {
        self.heard = now;
    }

    /// The answer to a probe came; true if that says something new.
    pub(super) fn answer(&mut self, now: Duration) -> bool {
        let Some(at) = self.probed.take() else { return false };
        self.round_trip = Some(now.saturating_sub(at));
        true
    }

    /// The round trip of the last probe that was answered.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Since when an answer is missing.
    pub(super) fn unanswered(&self) -> Option<Duration> {
        self.probed
    }

    /// When [`Heartbeat::tick`] has something to say.
    pub(super) fn deadline(&self) -> Duration {
        self.next.min(self.heard + LOST_AFTER)
    }

    pub(super) fn tick(&mut self, now: Duration) -> Beat {
        if now >= self.heard + LOST_AFTER {
            return Beat::Lost;
        }
        if now < self.next {
            return Beat::Wait;
        }
        self.next = now + EVERY;
        // An older one without an answer says since when there is none.
        self.probed.get_or_insert(now);
        Beat::Probe
    }
}

/// The first probe, so that the distance is known soon.
const FIRST: Duration = Duration::from_secs(3);
/// The known client probes after so much silence; we always do, for the round trip.
const EVERY: Duration = Duration::from_secs(20);
/// The known client gives up then.
pub(super) const LOST_AFTER: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_server_that_answers_is_probed_every_twenty_seconds_and_its_distance_is_known() {
        let mut beat = Heartbeat::new(Duration::ZERO);
        for at in [3, 23, 43, 63, 83] {
            let now = SECOND * at;
            assert_eq!(beat.deadline(), now);
            assert_eq!(beat.tick(now - Duration::from_millis(1)), Beat::Wait);
            assert_eq!(beat.tick(now), Beat::Probe);
            assert_eq!(beat.unanswered(), Some(now));
            let answered = now + Duration::from_millis(30);
            beat.hear(answered);
            assert!(beat.answer(answered));
            assert_eq!((beat.round_trip(), beat.unanswered()), (Some(Duration::from_millis(30)), None));
        }
        assert!(!beat.answer(SECOND * 90), "nobody asked");
    }

    #[test]
    fn a_silent_server_is_given_up_after_a_minute_and_the_first_missing_answer_is_remembered() {
        let mut beat = Heartbeat::new(Duration::ZERO);
        assert_eq!([3, 23, 43].map(|at| beat.tick(SECOND * at)), [Beat::Probe; 3]);
        assert_eq!(beat.unanswered(), Some(SECOND * 3));
        assert_eq!(beat.deadline(), LOST_AFTER);
        assert_eq!(beat.tick(LOST_AFTER), Beat::Lost);
    }

    #[test]
    fn whoever_talks_without_answering_is_there() {
        let mut beat = Heartbeat::new(Duration::ZERO);
        for at in 1..200 {
            beat.hear(SECOND * at);
            assert_ne!(beat.tick(SECOND * at), Beat::Lost);
        }
    }
}
