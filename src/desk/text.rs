//! Numbers, times and reasons in words.
//!
//! In: plain values of a snapshot. Out: short texts. Times are shown in the time zone that comes in.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::installation::snapshot::{Ending, RecordingKind};

/// A message of an error as a sentence: it begins with a capital letter and ends with a full stop.
pub fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    let stop = if message.ends_with(['.', '?', '!']) { "" } else { "." };
    first.chain(letters).chain(stop.chars()).collect()
}

/// A length: `4:05`, or `1:02:03` from an hour on.
pub fn length(length: Duration) -> String {
    let seconds = length.as_secs();
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// A length in milliseconds, as [`length()`].
pub fn length_ms(ms: u64) -> String {
    length(Duration::from_millis(ms))
}

/// A length in words of one or two units: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`.
pub fn span(length: Duration) -> String {
    let s = length.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min", s / 60),
        3600..86_400 => format!("{} h {} min", s / 3600, s / 60 % 60),
        _ => format!("{} d {} h", s / 86_400, s / 3600 % 24),
    }
}

/// A short time: `0`, `120 ms`, `1.2 s`, `45 s`, then as [`span()`].
pub fn short(length: Duration) -> String {
    match length.as_millis() {
        0 => "0".into(),
        ms @ 1..1_000 => format!("{ms} ms"),
        ms @ 1_000..10_000 if ms % 1_000 >= 50 => format!("{:.1} s", length.as_secs_f64()),
        _ => span(length),
    }
}

/// A time on an axis, in seconds: `0`, `0.05 s`, `0.5 s`, `10 s`.
pub fn seconds(length: Duration) -> String {
    if length.is_zero() { "0".into() } else { format!("{} s", length.as_millis() as f64 / 1000.0) }
}

/// A number of bytes: `512 B`, `3.4 kB`, `12.0 MB`. Powers of 1000.
pub fn bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 999.5 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

/// A count with its word: `1 person`, `3 people`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A date and time, unix milliseconds: `2024-05-17 14:05`; a dash where the number is no date.
pub fn date(unix_ms: i64, zone: &TimeZone) -> String {
    stamp(unix_ms, zone, "%Y-%m-%d %H:%M")
}

/// The same to the second, for a clock that is watched.
pub fn date_to_the_second(unix_ms: i64, zone: &TimeZone) -> String {
    stamp(unix_ms, zone, "%Y-%m-%d %H:%M:%S")
}

/// A time of day, unix milliseconds: `14:05`.
pub fn clock(unix_ms: i64, zone: &TimeZone) -> String {
    stamp(unix_ms, zone, "%H:%M")
}

/// A time of day to the millisecond, for the log.
pub fn clock_ms(unix_ms: i64, zone: &TimeZone) -> String {
    stamp(unix_ms, zone, "%H:%M:%S%.3f")
}

/// How a recorded meeting ended (guide 3.5).
pub fn ended(how: Option<i32>) -> &'static str {
    match how {
        None => "running",
        Some(0) => "room empty",
        Some(1) => "by owner",
        Some(2) => "time over",
        Some(3) => "MCU stopped",
        Some(5) => "out of memory",
        Some(6) => "by admin",
        Some(_) => "other",
    }
}

/// What a row of the recordings table is, and why it can or cannot be played.
pub fn kind(kind: RecordingKind) -> (&'static str, &'static str) {
    match kind {
        RecordingKind::Playable => ("complete", "Recorded here, complete"),
        RecordingKind::Live => ("live", "Being recorded now; plays up to the last second"),
        RecordingKind::Recoverable => ("cut short", "Not finished properly; plays up to the last whole record"),
        RecordingKind::HomeMeeting => ("HomeMeeting", "Recorded by HomeMeeting, cannot be played here"),
        RecordingKind::NotRecorded => ("not recorded", "The meeting took place, but was not recorded"),
        RecordingKind::Damaged => ("damaged", "Cannot be read as a recording"),
    }
}

/// Whether there is something to play.
pub fn playable(kind: RecordingKind) -> bool {
    matches!(kind, RecordingKind::Playable | RecordingKind::Live | RecordingKind::Recoverable)
}

/// How a session ended: a title, and what it means or what to do.
pub fn end(end: &Ending) -> (&'static str, String) {
    match end {
        Ending::Left => ("You left the meeting", "You can join again while it is open.".into()),
        Ending::MeetingOver => ("The meeting is over", "Its recording, if it had one, is in Recordings.".into()),
        Ending::Disconnected => ("You were disconnected by the owner", "Ask the owner before you join again.".into()),
        Ending::Overwritten => (
            "You joined from somewhere else",
            "The same user may be in a meeting once. The newer connection took over.".into(),
        ),
        Ending::Refused(refusal) => (refusal.title(), refusal.advice().into()),
        Ending::NotConnected(why) => ("No server answered", format!("{why}\n{NO_SERVER}")),
        Ending::Untrusted { server, why, .. } => {
            ("The server's certificate is not trusted", format!("{server}: {why}"))
        }
        Ending::MessageDeclined { owner, busy } => {
            let owner = if owner.trim().is_empty() { "The owner" } else { owner };
            let state = if *busy { "is busy" } else { "is not online" };
            let text = format!("{owner} {state}. You could have left a message, and declined: nothing was recorded.");
            ("No message was left", text)
        }
        Ending::NotServed(why) => ("HIT Deck does not do what this jnj asks for", why.clone()),
        Ending::Deleted(true) => {
            ("The recording was deleted", "The jnj asked for it. It cannot be brought back.".into())
        }
        Ending::Deleted(false) => (
            "The recording was not deleted",
            "The jnj asked for it, and the server could not do it: the recording may be in use, or gone already."
                .into(),
        ),
        Ending::Lost(why) => ("The connection was lost", why.clone()),
    }
}

/// What to do when no server answered.
pub const NO_SERVER: &str = "Check that the MCU runs, and that the jnj has its right address.";

fn stamp(unix_ms: i64, zone: &TimeZone, format: &str) -> String {
    match Timestamp::from_millisecond(unix_ms) {
        Ok(stamp) => stamp.to_zoned(zone.clone()).strftime(format).to_string(),
        Err(_) => "–".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_sizes_read_well() {
        assert_eq!(length(Duration::from_secs(245)), "4:05");
        assert_eq!(length_ms(3_723_999), "1:02:03");
        assert_eq!(span(Duration::from_secs(59)), "59 s");
        assert_eq!(span(Duration::from_secs(12_000)), "3 h 20 min");
        let short_ms = |ms| short(Duration::from_millis(ms));
        assert_eq!((short_ms(0).as_str(), short_ms(120).as_str()), ("0", "120 ms"));
        assert_eq!([short_ms(1_230), short_ms(5_000), short_ms(45_900)], ["1.2 s", "5 s", "45 s"]);
        assert_eq!(
            (seconds(Duration::from_millis(50)).as_str(), seconds(Duration::from_secs(10)).as_str()),
            ("0.05 s", "10 s")
        );
        assert_eq!((bytes(0).as_str(), bytes(999).as_str(), bytes(1_000).as_str()), ("0 B", "999 B", "1.0 kB"));
        assert_eq!(bytes(12_345_678), "12.3 MB");
        assert_eq!(bytes(u64::MAX), "18446744.1 TB");
    }

    #[test]
    fn a_date_is_shown_in_the_zone_given_and_nonsense_is_a_dash() {
        assert_eq!(date(1_715_954_700_000, &TimeZone::UTC), "2024-05-17 14:05");
        assert_eq!(date(i64::MAX, &TimeZone::UTC), "–");
    }
}
