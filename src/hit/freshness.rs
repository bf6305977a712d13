//! Is a service request still good? (guide 1, 3.1/3, 3.10; note N8)
//!
//! In: its timestamp, whether it carries a password, the present moment, the window. Out: a verdict. Joins of a running
//! client by reconnect ticket are not judged here (wire/01 section 10.4).

use std::time::Duration;

use crate::clock::Now;

/// Five minutes, the guide's default.
pub const DEFAULT_WINDOW: Duration = Duration::from_secs(300);

/// How a timestamp stands to the present. The distances are whole seconds beyond what is allowed, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Good now.
    Fresh,
    /// Too old, or its password's time is over.
    Expired {
        /// Seconds past the last good moment.
        by: u64,
    },
    /// Made by a clock that runs ahead of ours.
    Future {
        /// Seconds before the first good moment.
        by: u64,
    },
}

impl Freshness {
    /// Judges a request. `timestamp` is in Unix seconds. Without a password it must lie within `window` of now, before or
    /// after, both ends included; with a password it is the last second at which the password counts.
    pub fn judge(timestamp: i64, has_password: bool, now: Now, window: Duration) -> Freshness {
        let now = now.unix_seconds();
        // A timestamp may be any number a third party wrote: the sums must not overflow.
        let age = i128::from(now) - i128::from(timestamp);
        if has_password {
            return if age > 0 { Freshness::Expired { by: seconds(age) } } else { Freshness::Fresh };
        }
        let window = i128::from(window.as_secs());
        if age > window {
            Freshness::Expired { by: seconds(age - window) }
        } else if age < -window {
            Freshness::Future { by: seconds(-age - window) }
        } else {
            Freshness::Fresh
        }
    }

    /// Whether the request may be served.
    pub fn is_fresh(self) -> bool {
        self == Freshness::Fresh
    }
}

fn seconds(distance: i128) -> u64 {
    u64::try_from(distance).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Now = Now { steady: Duration::ZERO, office: 1_477_579_954_999 };
    const SECOND: i64 = 1_477_579_954;

    fn judge(timestamp: i64, has_password: bool) -> Freshness {
        Freshness::judge(timestamp, has_password, NOW, DEFAULT_WINDOW)
    }

    #[test]
    fn the_window_is_five_minutes_either_way_with_both_ends() {
        assert_eq!(judge(SECOND, false), Freshness::Fresh);
        assert_eq!(judge(SECOND - 300, false), Freshness::Fresh);
        assert_eq!(judge(SECOND + 300, false), Freshness::Fresh);
        assert_eq!(judge(SECOND - 301, false), Freshness::Expired { by: 1 });
        assert_eq!(judge(SECOND + 302, false), Freshness::Future { by: 2 });
    }

    #[test]
    fn with_a_password_the_timestamp_is_the_end() {
        assert_eq!(judge(SECOND + 86_400, true), Freshness::Fresh);
        assert_eq!(judge(SECOND, true), Freshness::Fresh);
        assert_eq!(judge(SECOND - 1, true), Freshness::Expired { by: 1 });
    }

    #[test]
    fn absurd_timestamps_and_windows_are_judged_too() {
        assert!(matches!(judge(i64::MIN, false), Freshness::Expired { .. }));
        assert!(matches!(judge(i64::MAX, false), Freshness::Future { .. }));
        assert!(Freshness::judge(0, false, NOW, Duration::MAX).is_fresh());
        assert_eq!(Freshness::judge(SECOND - 1, false, NOW, Duration::ZERO), Freshness::Expired { by: 1 });
    }
}
