//! The chat of a meeting as a text file.
//!
//! In: a view and a time zone. Out: UTF-8 text, a line a message, with date, name and whom a private one was for. What the view has not
//! got (lines from before, private ones of others) is not in it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::meeting::view::{Audience, ChatLine, View};

/// The chat as far as the view knows it.
pub fn as_text(view: &View, zone: &TimeZone) -> String {
    let title = if view.title.is_empty() { &view.meeting_id } else { &view.title };
    let mut text = format!("{title}\n\n");
    for line in &view.chat {
        text.push_str(&as_line(view, line, zone));
        text.push('\n');
    }
    text
}

/// One line of it, without the line break at its end.
pub fn as_line(view: &View, line: &ChatLine, zone: &TimeZone) -> String {
    let time = line.date.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let time =
        time.map_or_else(String::new, |time| time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S  ").to_string());
    let who = match line.audience {
        Audience::Public => line.name.clone(),
        Audience::Private { to } => format!("{} (private to {})", line.name, view.name_of(to)),
        Audience::Notice => "Notice".to_owned(),
    };
    // A message of several lines stays one message to the eye.
    format!("{time}{who}: {}", line.text.replace("\r\n", "\n").replace('\n', "\n    "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_transcript_says_when_who_and_to_whom() {
        let line = |name: &str, text: &str, audience, date| {
            Arc::new(ChatLine { name: name.into(), text: text.into(), audience, date, ..ChatLine::default() })
        };
        let view = View {
            title: "週會".into(),
            chat: vec![
                line("Olive", "hello\nall", Audience::Public, Some(1_795_446_977_246)),
                line("Gus", "psst", Audience::Private { to: 0 }, None),
                line("", "restart at six", Audience::Notice, Some(i64::MAX)),
            ],
            ..View::default()
        };
        let text = as_text(&view, &TimeZone::UTC);
        let expected = "週會\n\n2026-11-23 15:16:17  Olive: hello\n    all\nGus (private to user 0): psst\nNotice: restart at six\n";
        assert_eq!(text, expected);
    }
}
