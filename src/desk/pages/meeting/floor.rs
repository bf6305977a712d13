//! The floor bar: who speaks, the one button that is right for me now, the poll, and the menu of the meeting.
//!
//! In: one [`SessionSnapshot`]. Out: actions of this participant.

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{self, Button, RichText, Ui};

use super::{Room, tab_name};
use crate::desk::action::Action;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::desk::{people, text};
use crate::installation::snapshot::{Door, SessionSnapshot, TabId};
use crate::meeting::view::{NOBODY, OWNER, Ssrc, View};

/// Draws it; a narrow tab has its people behind a button here.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot, room: Room) {
    let view = &session.view;
    if room.narrow && !room.low {
        // Side by side there is no room for both in one row.
        who_speaks(ui, view);
        ui.horizontal_wrapped(|ui| {
            for part in [main_button, poll_button, people_button, menu_button] {
                part(ui, cx, session);
            }
        });
        return;
    }
    widgets::row_with_end(
        ui,
        |ui| who_speaks(ui, view),
        |ui| {
            menu_button(ui, cx, session);
            if room.narrow {
                people_button(ui, cx, session);
            }
            poll_button(ui, cx, session);
            main_button(ui, cx, session);
        },
    );
}

fn main_button(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    if let Some(action) = main_action(cx, session.id) {
        cx.button(ui, action, Look::Primary);
    }
}

fn poll_button(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let poll = Action::StartPoll(session.id);
    if cx.offers(&poll) {
        cx.button(ui, poll, Look::Plain);
    }
}

fn people_button(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let words = format!("People ({})", session.view.present().len());
    let people = MenuButton::from_button(Button::new(&words)).ui(ui, |ui| {
        ui.set_width(tokens::PEOPLE_WIDTH);
        ui.set_height(tokens::PEOPLE_HEIGHT);
        people::show(ui, cx, &session.view, Some(session.id));
    });
    people.0.accessible_name("People of the meeting");
}

fn menu_button(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let menu = MenuButton::from_button(Button::new("Meeting")).ui(ui, |ui| menu(ui, cx, session));
    menu.0.on_hover_text("What else you can do in this meeting").accessible_name("Menu of the meeting");
}

/// What is right for me now.
fn main_action(cx: &Cx<'_>, id: TabId) -> Option<Action> {
    let in_order = [Action::Withdraw(id), Action::StopSpeaking(id), Action::TakeToken(id), Action::AskToSpeak(id)];
    let view = cx.shot.sessions.iter().find(|s| s.id == id).map(|s| &s.view)?;
    in_order.into_iter().find(|action| match action {
        Action::StopSpeaking(_) => view.is_questioner(view.me) && cx.offers(action),
        _ => cx.offers(action),
    })
}

fn who_speaks(ui: &mut Ui, view: &View) {
    let palette = Palette::of(ui);
    let name = |ssrc: Ssrc| if ssrc == view.me { "you".to_owned() } else { view.name_of(ssrc) };
    let mut parts = vec![match view.token_holder {
        NOBODY => "Nobody holds the token".to_owned(),
        holder => format!("Chair: {}", name(holder)),
    }];
    if view.policy.all_questioner || view.discussion {
        parts.push("Everybody may speak".to_owned());
    } else {
        if view.data_sender != NOBODY && view.data_sender != view.token_holder {
            parts.push(format!("Questioner: {}", name(view.data_sender)));
        }
        let speakers: Vec<String> = view.speakers.values().map(|s| name(*s)).collect();
        match speakers.len() {
            0 => {}
            1..=2 => parts.push(format!("Speaking: {}", speakers.join(", "))),
            n => parts.push(format!("{n} speakers")),
        }
    }
    if !view.questions.is_empty() {
        // What waits for somebody is not to be cut off.
        parts.insert(1, text::count(view.questions.len(), "asks to speak", "ask to speak"));
    }
    let words = parts.join("   ·   ");
    widgets::line(ui, RichText::new(&words).color(palette.text)).on_hover_text(words);
}

fn menu(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let id = session.id;
    let view = &session.view;
    let (heard, seen) = (view.audio_suppressed, view.video_suppressed);
    let groups = [
        vec![
            (Action::PauseRecording(id), Action::PauseRecording(id).name()),
            (Action::ResumeRecording(id), Action::ResumeRecording(id).name()),
            (Action::AskRecordingPassword(id), Action::AskRecordingPassword(id).name()),
            (Action::AskTitle(id), Action::AskTitle(id).name()),
        ],
        vec![(Action::AskPage(id), Action::AskPage(id).name())],
        vec![
            (
                Action::SuppressAllAudio(id, !heard),
                if heard { "Let sound be heard again" } else { "Suppress all sound" },
            ),
            (
                Action::SuppressAllVideo(id, !seen),
                if seen { "Let pictures be seen again" } else { "Suppress all pictures" },
            ),
            (Action::NoController(id), Action::NoController(id).name()),
            (Action::NoAssistant(id), Action::NoAssistant(id).name()),
        ],
    ];
    let decides = view.me == OWNER || view.me == view.q_ssrc() || view.me == view.controller;
    for group in groups {
        let offered: Vec<_> = group.into_iter().filter(|(action, _)| cx.offers(action)).collect();
        let any = !offered.is_empty();
        for (action, text) in offered {
            cx.button_as(ui, action, Look::Quiet, text, "");
        }
        if any {
            ui.separator();
        }
    }
    if decides {
        door(ui, cx, session);
        ui.separator();
    }
    cx.button(ui, Action::CopyTranscript(id), Look::Quiet);
    cx.button(ui, Action::SaveTranscript(id), Look::Quiet);
    beside(ui, cx, id);
    if cx.state.panes.contains(&id) {
        cx.button(ui, Action::ShowAlone(id), Look::Quiet);
    }
    // A narrow tab has no other place for it.
    if cx.offers(&Action::EndMeeting(id)) {
        cx.button(ui, Action::EndMeeting(id), Look::DangerQuiet);
    }
}

/// The other meetings that can be shown next to this one.
fn beside(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId) {
    let shot = cx.shot;
    let others: Vec<_> = shot
        .sessions
        .iter()
        .filter(|s| s.id != id && s.playback.is_none() && cx.offers(&Action::ShowBeside(s.id)))
        .take(MAX_BESIDE)
        .collect();
    if others.is_empty() {
        return;
    }
    ui.separator();
    widgets::section(ui, "Show beside this one");
    for session in others {
        let title = tab_name(session, shot);
        cx.button_as(ui, Action::ShowBeside(session.id), Look::Quiet, &title, &title);
    }
}

/// The switch of the door, and that of questions.
fn door(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let id = session.id;
    widgets::section(ui, "When visitors come");
    for (door, words) in [(Door::Ask, "Ask me"), (Door::Open, "Let everybody in"), (Door::Closed, "Do not disturb")] {
        let chosen = session.manners.door == door;
        cx.add(ui, Action::SetDoor(id, door), Button::selectable(chosen, words), words);
    }
    let on = session.manners.allow_questions;
    widgets::section(ui, "When somebody asks to speak");
    let button = Button::selectable(on, Action::SetAllowQuestions(id, on).name());
    cx.add(ui, Action::SetAllowQuestions(id, !on), button, "");
}

/// So many other meetings are offered; the navigation has the rest.
const MAX_BESIDE: usize = 6;

/// The answers to the last poll, for the one who asked.
pub fn poll(ui: &mut Ui, view: &View) {
    let Some(poll) = view.poll.as_ref().filter(|poll| poll.by == view.me && view.me != NOBODY) else { return };
    let palette = Palette::of(ui);
    let frame = egui::Frame::new().inner_margin(tokens::strip_margin()).fill(palette.surface);
    egui::Panel::top("meeting poll").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Your poll").color(palette.strong));
            for answer in 1..=5 {
                let count = poll.answers.values().filter(|given| **given == answer).count();
                let colour = if count > 0 { palette.accent } else { palette.weak };
                widgets::chip(ui, &format!("{answer}: {count}"), colour);
            }
            let silent: Vec<String> = view
                .present()
                .into_iter()
                .filter(|p| p.ssrc != poll.by && !poll.answers.contains_key(&p.ssrc))
                .map(|p| people::shown_name(p).to_owned())
                .collect();
            let words = match silent.len() {
                0 => "Everybody has answered.".to_owned(),
                n if n <= 3 => format!("No answer yet: {}", silent.join(", ")),
                n => format!("No answer yet from {n} people"),
            };
            widgets::line(ui, RichText::new(words).color(palette.weak)).on_hover_text(silent.join("\n"));
        });
    });
}
