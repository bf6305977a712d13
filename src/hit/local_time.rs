//! Local date and time as numbers, in the forms that the guide's names and files use.
//!
//! In: Unix seconds and the offset of the host's time zone, or text. Out: numbers and text. No clock, no time zone data:
//! both are the caller's.

/// A moment on the wall clock of the MCU's host. The fields are public: a file name may hold any digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime {
    /// Year, 0..=9999 in every written form.
    pub year: u16,
    /// Month, 1..=12.
    pub month: u8,
    /// Day of the month, 1..=31.
    pub day: u8,
    /// Hour, 0..=23.
    pub hour: u8,
    /// Minute, 0..=59.
    pub minute: u8,
    /// Second, 0..=60.
    pub second: u8,
}

impl LocalTime {
    /// The wall clock at `unix` seconds, `offset` seconds east of Greenwich. Times outside the years 0 to 9999 stop there.
    pub fn from_unix(unix: i64, offset: i32) -> LocalTime {
        let local = unix.saturating_add(i64::from(offset)).clamp(FIRST, LAST);
        let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        // Days to civil date, counted in eras of 400 years that start on 1 March.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        LocalTime {
            year: u16::try_from(year).unwrap_or(0),
            month: small(month),
            day: small(day_of_year - (153 * month_from_march + 2) / 5 + 1),
            hour: small(second / 3600),
            minute: small(second / 60 % 60),
            second: small(second % 60),
        }
    }

    /// `2016_10_25_21_07`, the date in a recording's name (guide 3.3, note N22).
    pub fn recording_stamp(&self) -> String {
        let LocalTime { year, month, day, hour, minute, .. } = self;
        format!("{year:04}_{month:02}_{day:02}_{hour:02}_{minute:02}")
    }

    /// `20161025 21:07:00`, the text of `starttime` (guide 3.5).
    pub fn start_time(&self) -> String {
        let LocalTime { year, month, day, hour, minute, second } = self;
        format!("{year:04}{month:02}{day:02} {hour:02}:{minute:02}:{second:02}")
    }

    /// `Fri Apr 26 19:55:28`, the text of `last_update` (guide 3.4, 3.6).
    pub fn last_update(&self) -> String {
        let month = MONTHS.get(usize::from(self.month.saturating_sub(1))).unwrap_or(&"Jan");
        let LocalTime { day, hour, minute, second, .. } = self;
        format!("{} {month} {day:02} {hour:02}:{minute:02}:{second:02}", self.weekday())
    }

    /// Reads `2016_10_25_21_07`; the second is 0. None when a number is out of its range.
    pub fn parse_recording_stamp(text: &str) -> Option<LocalTime> {
        let mut parts = text.split('_');
        let mut number = |digits: usize| {
            parts
                .next()
                .filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?
                .parse::<u16>()
                .ok()
        };
        let (year, month, day, hour, minute) = (number(4)?, number(2)?, number(2)?, number(2)?, number(2)?);
        let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
        if parts.next().is_some() || !fits {
            return None;
        }
        let small = |number: u16| u8::try_from(number).ok();
        let (month, day, hour, minute) = (small(month)?, small(day)?, small(hour)?, small(minute)?);
        Some(LocalTime { year, month, day, hour, minute, second: 0 })
    }

    fn weekday(&self) -> &'static str {
        // Zeller's congruence; 0 is Saturday.
        let (year, month) = if self.month <= 2 {
            (u32::from(self.year) + 399, u32::from(self.month) + 12)
        } else {
            (u32::from(self.year) + 400, u32::from(self.month))
        };
        let day = u32::from(self.day) + 13 * (month + 1) / 5 + year + year / 4 - year / 100 + year / 400;
        WEEKDAYS.get(usize::try_from(day % 7).unwrap_or(0)).unwrap_or(&"Sat")
    }
}

fn small(number: i64) -> u8 {
    u8::try_from(number).unwrap_or(0)
}

/// 0000-01-01 and 9999-12-31 23:59:59.
const FIRST: i64 = -62_167_219_200;
const LAST: i64 = 253_402_300_799;
const WEEKDAYS: [&str; 7] = ["Sat", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_have_their_known_texts() {
        let noon = LocalTime::from_unix(1_019_850_928, 0);
        assert_eq!(noon.last_update(), "Fri Apr 26 19:55:28");
        assert_eq!(noon.start_time(), "20020426 19:55:28");
        assert_eq!(LocalTime::from_unix(1_477_579_954, 8 * 3600).recording_stamp(), "2016_10_27_22_52");
        assert_eq!(LocalTime::from_unix(951_782_400, 0).last_update(), "Tue Feb 29 00:00:00");
        assert_eq!(LocalTime::from_unix(-1, 0).start_time(), "19691231 23:59:59");
        assert_eq!(LocalTime::from_unix(i64::MIN, -1).year, 0);
        assert_eq!(LocalTime::from_unix(i64::MAX, 1).start_time(), "99991231 23:59:59");
    }

    #[test]
    fn a_stamp_reads_back_and_a_broken_one_does_not() {
        let time = LocalTime { second: 0, ..LocalTime::from_unix(1_477_579_954, 0) };
        assert_eq!(LocalTime::parse_recording_stamp(&time.recording_stamp()), Some(time));
        for broken in
            ["", "2016_10_25_21", "2016_10_25_21_07_1", "2016_13_25_21_07", "2016_10_25_24_07", "+016_10_25_21_07"]
        {
            assert_eq!(LocalTime::parse_recording_stamp(broken), None, "{broken}");
        }
    }
}
