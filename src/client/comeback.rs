//! When a lost connection is tried again, and when it is given up (wire/01 section 10.4). Pure: the time comes in with each call.
//!
//! In: losses, failed attempts, admissions. Out: the moment of the next attempt. The first two come at once, the following after 4, 8,
//! 16 and 32 s and then every minute, until ten minutes after the first failure. An admission counts once it has lasted: a server
//! that lets us in and drops us at once would be dialled without a pause otherwise.

use std::time::Duration;

use crate::wire::Refusal;

/// The next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// When it is made, on the steady clock.
    pub at: Duration,
    /// When no more are made.
    pub gives_up_at: Duration,
}

/// The state of coming back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Comeback {
    first_failure: Option<Duration>,
    attempts: u32,
    inside_since: Option<Duration>,
}

impl Comeback {
    /// The connection was lost, or an attempt failed. `None`: it is given up.
    pub fn failed(&mut self, now: Duration) -> Option<Attempt> {
        if self.inside_since.take().is_some_and(|since| now.saturating_sub(since) >= SETTLED) {
            *self = Comeback::default();
        }
        let gives_up_at = *self.first_failure.get_or_insert(now) + GIVE_UP_AFTER;
        let number = self.attempts.saturating_add(1);
        let wait = match number {
            0..=2 => Duration::ZERO,
            _ => 2u32
                .checked_pow(number)
                .and_then(|factor| STEP.checked_mul(factor))
                .map_or(LONGEST, |wait| wait.min(LONGEST)),
        };
        let at = now + wait;
        if at >= gives_up_at {
            return None;
        }
        self.attempts = number;
        Some(Attempt { number, at, gives_up_at })
    }

    /// Whether this answer may be another one in a moment: a meeting that moves to another server is not there before its owner
    /// (guide 3.8 and table 1). So it goes for the first attempts after a loss, about half a minute.
    pub fn may_be_early(&self, refusal: Refusal) -> bool {
        refusal == Refusal::MeetingNotExist && (1..=EARLY).contains(&self.attempts)
    }

    /// Admitted: a loss after ten seconds or more begins anew.
    pub fn admitted(&mut self, now: Duration) {
        self.inside_since = Some(now);
    }
}

/// Attempts after which a meeting that is not there is over.
const EARLY: u32 = 5;
const STEP: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);
/// Inside for so long, the connection worked.
const SETTLED: Duration = Duration::from_secs(10);
const GIVE_UP_AFTER: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_attempts_come_at_once_then_ever_later_ones_until_ten_minutes_are_over() {
        let mut comeback = Comeback::default();
        let mut now = Duration::from_secs(100);
        let mut waits = Vec::new();
        while let Some(attempt) = comeback.failed(now) {
            assert_eq!(attempt.gives_up_at, Duration::from_secs(700));
            waits.push((attempt.at - now).as_secs());
            now = attempt.at;
        }
        assert_eq!(waits, [0, 0, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60, 60]);
    }

    #[test]
    fn an_admission_that_lasted_makes_the_next_loss_the_first() {
        let mut comeback = Comeback::default();
        for _ in 0..5 {
            comeback.failed(Duration::from_secs(1));
        }
        comeback.admitted(Duration::from_secs(4_990));
        let attempt = comeback.failed(Duration::from_secs(5_000)).unwrap();
        assert_eq!((attempt.number, attempt.at), (1, Duration::from_secs(5_000)));
    }

    #[test]
    fn a_meeting_that_is_not_there_may_come_for_half_a_minute_after_a_loss_and_other_refusals_are_final() {
        let mut comeback = Comeback::default();
        assert!(!comeback.may_be_early(Refusal::MeetingNotExist), "nothing was lost");
        let mut now = Duration::ZERO;
        for _ in 0..5 {
            now = comeback.failed(now).unwrap().at;
            assert!(comeback.may_be_early(Refusal::MeetingNotExist));
            assert!(!comeback.may_be_early(Refusal::SessionClosed));
        }
        assert_eq!(now, Duration::from_secs(28));
        comeback.failed(now);
        assert!(!comeback.may_be_early(Refusal::MeetingNotExist), "it is over");
    }

    #[test]
    fn a_server_that_lets_us_in_and_drops_us_at_once_is_not_dialled_without_a_pause() {
        let mut comeback = Comeback::default();
        let mut now = Duration::ZERO;
        let mut waits = Vec::new();
        for _ in 0..4 {
            let attempt = comeback.failed(now).unwrap();
            waits.push((attempt.at - now).as_secs());
            now = attempt.at + Duration::from_secs(1);
            comeback.admitted(attempt.at);
        }
        assert_eq!(waits, [0, 0, 4, 8]);
    }

    #[test]
    fn a_server_that_drops_us_for_ever_does_not_make_the_wait_overflow() {
        let mut comeback = Comeback::default();
        for _ in 0..200 {
            comeback.failed(Duration::ZERO);
        }
        assert_eq!(comeback.failed(Duration::ZERO).map(|attempt| attempt.at), Some(LONGEST));
    }
}
