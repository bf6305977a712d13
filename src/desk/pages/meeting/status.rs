//! The status line of a meeting's tab: role, time, recording, people, connection.
//!
//! In: one [`SessionSnapshot`]. Out: a line of words under the title.

use std::time::Duration;

use eframe::egui::{Response, RichText, Ui};

use super::phase_words;
use crate::desk::tokens::{self, Palette};
use crate::desk::{people, text, widgets};
use crate::installation::snapshot::{SessionPhase, SessionSnapshot};
use crate::meeting::view::{RecordingState, View};

/// Draws it.
pub fn line(ui: &mut Ui, session: &SessionSnapshot) {
    let palette = Palette::of(ui);
    let view = &session.view;
    // What is the same in every tab beside this one has to go first.
    let narrow = ui.available_width() < tokens::TAB_NARROW;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = if narrow { tokens::GAP_XS } else { tokens::GAP_S };
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.spacing_mut().interact_size.y = tokens::BADGES_HEIGHT;
        let inside = session.phase == SessionPhase::InMeeting;
        if inside {
            let words = if narrow {
                role(view).replace("token holder (chair)", "chair")
            } else {
                format!("You are {}", role(view))
            };
            ui.label(RichText::new(words).color(palette.strong)).on_hover_text("Your role in this meeting");
            weak(ui, "·");
        }
        let without_id = view.meeting_id.is_empty() || (narrow && inside);
        if !without_id {
            weak(ui, &format!("Meeting id {}", view.meeting_id));
            weak(ui, "·");
        }
        if !inside {
            weak(ui, phase_words(&session.phase));
            return;
        }
        time(ui, session);
        weak(ui, "·");
        recording(ui, view);
        weak(ui, "·");
        weak(ui, &text::count(view.present().len(), "person", "people"));
        connection(ui, session);
        if session.reconnects > 0 {
            weak(ui, "·");
            let times = usize::try_from(session.reconnects).unwrap_or(usize::MAX);
            weak(ui, &format!("came back {}", text::count(times, "time", "times")))
                .on_hover_text("The connection was lost and came back by itself");
        }
        if let Some(server) = session.server.as_ref().filter(|_| !narrow) {
            weak(ui, "·");
            weak(ui, server).on_hover_text("The server of this meeting");
        }
    });
}

/// The role alone, beside the title of a tab that has no room for the line.
pub fn brief(ui: &mut Ui, session: &SessionSnapshot) {
    let palette = Palette::of(ui);
    if session.view.recording == RecordingState::On {
        widgets::dot(ui, palette.bad);
    }
    let words = role(&session.view).replace("token holder (chair)", "chair");
    widgets::line(ui, RichText::new(words).color(palette.weak)).on_hover_text("Your role in this meeting");
}

/// The own role in words: the terms of the guide, the highest first.
fn role(view: &View) -> String {
    let roles: Vec<&str> = people::roles(view, view.me)
        .into_iter()
        .map(|(word, _)| if word == "chair" { "token holder (chair)" } else { word })
        .collect();
    match roles.as_slice() {
        [] if view.questions.contains(&view.me) => "a guest who asks to speak".into(),
        [] => "a guest".into(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn time(ui: &mut Ui, session: &SessionSnapshot) {
    let (words, meaning) = time_words(session.in_meeting, session.view.duration_s);
    weak(ui, &words).on_hover_text(meaning);
}

/// How long it lasts, and what is left of what was planned.
fn time_words(elapsed: Duration, planned_s: i32) -> (String, &'static str) {
    let planned = u64::try_from(planned_s).ok().filter(|s| *s > 0).map(Duration::from_secs);
    match planned.map(|planned| (planned, planned.checked_sub(elapsed))) {
        Some((planned, Some(left))) => {
            (format!("{} left of {}", text::length(left), text::span(planned)), "Until the planned end of the event")
        }
        Some((planned, None)) => {
            let over = text::length(elapsed.saturating_sub(planned));
            (format!("{over} over its {}", text::span(planned)), "Since the planned end of the event")
        }
        None => (text::length(elapsed), "Since the meeting was opened"),
    }
}

/// How far away the server is, and whether it answers.
fn connection(ui: &mut Ui, session: &SessionSnapshot) {
    let palette = Palette::of(ui);
    if let Some(silent) = session.unanswered_for.filter(|silent| *silent >= SLOW) {
        weak(ui, "·");
        let words = format!("no answer for {}", text::span(silent));
        ui.label(RichText::new(words).color(palette.warn))
            .on_hover_text("The server has not answered; a minute of silence counts as lost");
    } else if let Some(round_trip) = session.round_trip {
        weak(ui, "·");
        let words = format!("{} ms", round_trip.as_millis().max(1));
        let colour = if round_trip < FAR { palette.good } else { palette.warn };
        ui.label(RichText::new(words).color(colour)).on_hover_text("There and back to the server, measured every 20 s");
    }
}

fn recording(ui: &mut Ui, view: &View) {
    let palette = Palette::of(ui);
    let archived = if view.recording_facts.archived { " for the archive" } else { "" };
    let shown = match view.recording {
        RecordingState::On => {
            widgets::dot(ui, palette.bad);
            let protected = if view.recording_facts.password_set { ", with a password" } else { "" };
            ui.label(RichText::new(format!("Recording{archived}{protected}")).color(palette.bad))
        }
        RecordingState::Paused => ui.label(RichText::new("Recording paused").color(palette.warn)),
        RecordingState::Off => weak(ui, "Not recorded"),
    };
    if view.recording_facts.archived {
        shown.on_hover_text("This recording is kept in an archive, and cannot be paused");
    }
}

fn weak(ui: &mut Ui, words: &str) -> Response {
    ui.label(RichText::new(words).color(Palette::of(ui).weak))
}

/// Answers that take longer are said.
const SLOW: Duration = Duration::from_secs(3);
/// Round trips from here on are felt in a talk.
const FAR: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting::view::Person;

    #[test]
    fn the_time_is_what_is_left_of_an_event_and_what_has_passed_of_anything_else() {
        let words = |elapsed: u64, planned: i32| time_words(Duration::from_secs(elapsed), planned).0;
        assert_eq!(words(754, 3600), "47:26 left of 1 h 0 min");
        assert_eq!(words(3700, 3600), "1:40 over its 1 h 0 min");
        assert_eq!(words(754, 0), "12:34");
        assert_eq!(words(754, -1), "12:34");
    }

    #[test]
    fn the_own_role_is_said_in_words() {
        let mut view = View::admitted(0);
        view.people.insert(0, Person { present: true, ..Person::default() }.into());
        assert_eq!(role(&view), "owner");
        view.token_holder = 0;
        assert_eq!(role(&view), "owner and token holder (chair)");
        view.me = 3;
        assert_eq!(role(&view), "a guest");
        view.questions = vec![3];
        assert_eq!(role(&view), "a guest who asks to speak");
    }
}
