//! What time it is, as a value.
//!
//! In: the operating system's clocks, once, when [`Clock`] is read, and how far a tester has turned it. Out: a [`Now`] that is handed
//! to every rule. Rooms without input or output never read a clock: they are given a `Now`, so a test may give them any. Turning
//! moves office time only, and never the computer's clock: no connection drops.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

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

/// How far an office clock is from the computer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dial {
    /// Milliseconds ahead of the computer's clock at the moment `since`; negative: behind it.
    pub ahead_ms: i64,
    /// Office seconds that pass in a second: 1 to [`MAX_SPEED`].
    pub speed: u32,
    /// When it was turned, on the steady clock.
    since: Duration,
}

impl Dial {
    /// Whether it shows what the computer's clock shows.
    pub fn is_real(&self) -> bool {
        self.ahead_ms == 0 && self.speed == 1
    }

    fn ahead_at(&self, steady: Duration) -> i64 {
        let run = i64::try_from(steady.saturating_sub(self.since).as_millis()).unwrap_or(i64::MAX);
        self.ahead_ms.saturating_add(run.saturating_mul(i64::from(self.speed) - 1)).clamp(-FAR_MS, FAR_MS)
    }
}

impl Default for Dial {
    fn default() -> Dial {
        Dial { ahead_ms: 0, speed: 1, since: Duration::ZERO }
    }
}

/// Reads the operating system's clocks. Clones share one dial: turning one turns all.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    dial: Arc<watch::Sender<Dial>>,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::system()
    }
}

impl Clock {
    /// The clocks as they are.
    pub fn system() -> Clock {
        Clock { start: Instant::now(), dial: Arc::new(watch::Sender::new(Dial::default())) }
    }

    /// Another clock, with a dial of its own, that is `ms` milliseconds ahead of what this one shows (negative: behind it).
    pub fn shifted(&self, ms: i64) -> Clock {
        let other = Clock { start: self.start, dial: Arc::new(watch::Sender::new(self.dial())) };
        other.jump(ms);
        other
    }

    /// The present moment.
    pub fn now(&self) -> Now {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix = i64::try_from(unix.as_millis()).unwrap_or(i64::MAX / 2);
        let steady = self.start.elapsed();
        Now { steady, office: unix.saturating_add(self.dial.borrow().ahead_at(steady)) }
    }

    /// Office time jumps by so many milliseconds (negative: back). It stays within a hundred years of the computer's clock.
    pub fn jump(&self, ms: i64) {
        self.turn(|dial| dial.ahead_ms = dial.ahead_ms.saturating_add(ms).clamp(-FAR_MS, FAR_MS));
    }

    /// Office time goes on so much faster; kept within 1 and [`MAX_SPEED`].
    pub fn run_at(&self, speed: u32) {
        self.turn(|dial| dial.speed = speed.clamp(1, MAX_SPEED));
    }

    /// Office time is the computer's again.
    pub fn be_real(&self) {
        self.turn(|dial| *dial = Dial::default());
    }

    /// How far it is turned now: `ahead_ms` as of this moment.
    pub fn dial(&self) -> Dial {
        let (dial, since) = (*self.dial.borrow(), self.start.elapsed());
        Dial { ahead_ms: dial.ahead_at(since), since, ..dial }
    }

    /// Wakes whoever waits for office time when the dial is turned.
    pub fn turned(&self) -> watch::Receiver<Dial> {
        self.dial.subscribe()
    }

    /// How long to wait until office time is `at` (milliseconds since 1970), as long as nobody turns the dial.
    pub fn until(&self, at: i64) -> Duration {
        let left = u64::try_from(at.saturating_sub(self.now().office)).unwrap_or(0);
        Duration::from_millis(left.div_ceil(u64::from(self.dial.borrow().speed)))
    }

    fn turn(&self, change: impl FnOnce(&mut Dial)) {
        let steady = self.start.elapsed();
        self.dial.send_modify(|dial| {
            *dial = Dial { ahead_ms: dial.ahead_at(steady), since: steady, ..*dial };
            change(dial);
        });
    }
}

/// Most office seconds in a second: an hour.
pub const MAX_SPEED: u32 = 3600;

/// A hundred years, so that no sum of times leaves what a date can be.
const FAR_MS: i64 = 100 * 366 * 24 * 3600 * 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_moves_office_time_for_all_who_share_the_clock_and_nothing_else() {
        let clock = Clock::system();
        let shared = clock.clone();
        let before = clock.now();
        shared.jump(86_400_000);
        let after = clock.now();
        assert!((86_400_000..86_460_000).contains(&(after.office - before.office)));
        assert!(after.steady - before.steady < Duration::from_secs(60));
        assert!(!clock.dial().is_real());
        shared.be_real();
        assert!(clock.dial().is_real());
    }

    #[test]
    fn a_faster_clock_goes_on_from_where_it_was() {
        let dial = Dial { ahead_ms: 500, speed: 60, since: Duration::from_secs(10) };
        assert_eq!(dial.ahead_at(Duration::from_secs(10)), 500);
        assert_eq!(dial.ahead_at(Duration::from_secs(11)), 500 + 59_000);
        let clock = Clock::system();
        clock.run_at(60);
        assert!(clock.until(clock.now().office + 60_000) <= Duration::from_secs(1));
        clock.run_at(0);
        assert_eq!(clock.dial().speed, 1);
        clock.run_at(u32::MAX);
        assert_eq!(clock.dial().speed, MAX_SPEED);
    }

    #[test]
    fn no_jump_leads_out_of_what_a_date_can_be() {
        let clock = Clock::system();
        clock.jump(i64::MAX);
        clock.jump(i64::MAX);
        assert!(jiff::Timestamp::from_millisecond(clock.now().office).is_ok());
        clock.jump(i64::MIN);
        clock.jump(i64::MIN);
        assert!(jiff::Timestamp::from_millisecond(clock.now().office).is_ok());
    }

    #[test]
    fn a_shifted_clock_is_another_one() {
        let clock = Clock::system();
        let other = clock.shifted(1_000_000);
        other.jump(1_000_000);
        assert!(clock.dial().is_real());
        assert!(other.now().office - clock.now().office > 1_900_000);
    }
}
