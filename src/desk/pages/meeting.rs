//! A meeting, from dialling to its end.
//!
//! In: one [`SessionSnapshot`]. Out: actions of this participant.

mod floor;
mod prompts;
pub mod questions;
mod status;

use std::time::Duration;

use eframe::egui::{self, Align, ComboBox, Frame, Key, Label, Layout, Panel, RichText, TextEdit, Ui};

use crate::desk::action::Action;
use crate::desk::connecting;
use crate::desk::pages::home::shown_title;
use crate::desk::pages::{ends, player};
use crate::desk::state::Place;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::desk::{chat, connection, people, text};
use crate::installation::snapshot::{Ending, SessionPhase, SessionSnapshot, Snapshot};

/// What there is too little of for everything to be shown.
#[derive(Clone, Copy)]
struct Room {
    narrow: bool,
    low: bool,
}

/// Draws the tab.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let palette = Palette::of(ui);
    let room = Room { narrow: ui.available_width() < tokens::TAB_NARROW, low: ui.available_height() < tokens::TAB_LOW };
    let margin = if room.low { tokens::strip_margin() } else { tokens::tab_bar_margin() };
    let bar = Frame::new().inner_margin(margin).fill(palette.surface);
    Panel::top("meeting header").frame(bar).show(ui, |ui| header(ui, cx, session, room));
    match &session.phase {
        SessionPhase::Dialling { address } => {
            let text = match session.attempts.len() {
                0 | 1 => format!("Trying {address}"),
                n => format!("The jnj names {n} addresses. The first that answers is taken."),
            };
            waiting(ui, cx, session, "Looking for the server…", &text);
            ends::dialling(ui, session);
        }
        SessionPhase::Joining => {
            waiting(ui, cx, session, "Joining…", "The server answered. Keys are exchanged and the request is sent.");
            ends::dialling(ui, session);
        }
        SessionPhase::Waiting { name } => {
            let text = format!("{name} was asked to let you in. You can wait, or close the tab.");
            waiting(ui, cx, session, "Waiting for permission", &text);
        }
        SessionPhase::PasswordWanted { again } => password(ui, cx, session, *again),
        SessionPhase::Reconnecting { .. } => {
            let lost = Frame::new().inner_margin(tokens::tab_bar_margin()).fill(palette.chrome);
            Panel::top("meeting lost").frame(lost).show(ui, |ui| reconnecting(ui, cx, session));
            ui.multiply_opacity(tokens::DIMMED);
            inside(ui, cx, session, room);
        }
        SessionPhase::InMeeting => inside(ui, cx, session, room),
        SessionPhase::Ended(end) if session.view.people.is_empty() && session.view.chat.is_empty() => {
            egui::ScrollArea::vertical()
                .id_salt("ended")
                .auto_shrink(false)
                .show(ui, |ui| ends::show(ui, cx, session, end));
        }
        SessionPhase::Ended(end) => {
            Panel::top("meeting ended").frame(bar).show(ui, |ui| ended_banner(ui, cx, session, end));
            match &session.playback {
                Some(wire) => player::show_wire(ui, cx, session, wire),
                None => body(ui, cx, session),
            }
        }
    }
}

/// A meeting, or a recording that is played over the wire; drawn the same while the connection is lost.
fn inside(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot, room: Room) {
    if let Some(wire) = &session.playback {
        return player::show_wire(ui, cx, session, wire);
    }
    let palette = Palette::of(ui);
    if session.phase == SessionPhase::InMeeting {
        let strip = Frame::new().inner_margin(tokens::strip_margin()).fill(palette.chrome);
        Panel::top("meeting floor").frame(strip).show(ui, |ui| floor::show(ui, cx, session, room));
        prompts::show(ui, cx, session);
    }
    prompts::notices(ui, cx, session);
    let margin = if room.low { tokens::strip_margin() } else { tokens::tab_bar_margin() };
    let bar = Frame::new().inner_margin(margin).fill(palette.surface);
    Panel::bottom("meeting input").frame(bar).show(ui, |ui| {
        if session.phase != SessionPhase::InMeeting {
            ui.disable();
        }
        input(ui, cx, session);
    });
    body(ui, cx, session);
}

/// What a tab of this session is called among all: with one's own name, where somebody holds several in one meeting.
pub fn tab_name(session: &SessionSnapshot, shot: &Snapshot) -> String {
    let title = tab_title(session);
    let same =
        |other: &SessionSnapshot| other.id != session.id && other.playback.is_none() && tab_title(other) == title;
    let view = &session.view;
    if session.playback.is_none() && view.people.contains_key(&view.me) && shot.sessions.iter().any(|s| same(s)) {
        format!("{}: {title}", view.name_of(view.me))
    } else {
        title
    }
}

/// What a tab of this session is called.
pub fn tab_title(session: &SessionSnapshot) -> String {
    let view = &session.view;
    if view.title.is_empty() && view.meeting_id.is_empty() {
        session.source.clone()
    } else {
        shown_title(&view.title, &view.meeting_id)
    }
}

fn body(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let palette = Palette::of(ui);
    let side = Frame::new().inner_margin(tokens::tab_bar_margin()).fill(palette.surface);
    let menu_for = (session.phase == SessionPhase::InMeeting).then_some(session.id);
    if ui.available_width() >= tokens::TAB_NARROW {
        Panel::right("meeting people")
            .frame(side)
            .default_size(tokens::PEOPLE_WIDTH)
            .show(ui, |ui| people::show(ui, cx, &session.view, menu_for));
    }
    egui::CentralPanel::default().frame(Frame::new().inner_margin(tokens::GAP_XS).fill(palette.page)).show(ui, |ui| {
        if session.view.chat.is_empty() {
            let text = "What you type below is seen by everybody in the meeting.";
            widgets::empty(ui, "Nothing was said yet", if menu_for.is_some() { text } else { "" }, |_| {});
            return;
        }
        let zone = cx.zone;
        let tab = cx.state.tab(session.id);
        let new_from = tab.new_from;
        if let Some(copied) = chat::show(ui, &session.view, &mut tab.chat, zone, chat::LineTime::Clock, new_from) {
            cx.actions.push(Action::Copy(copied));
        }
    });
}

fn header(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot, room: Room) {
    let inside = session.phase == SessionPhase::InMeeting;
    if let Some(wire) = &session.playback {
        return player::wire_header(ui, cx, session, wire, &tab_title(session));
    }
    widgets::row_with_end(
        ui,
        |ui| {
            widgets::title(ui, &tab_name(session, cx.shot));
            if room.low && inside {
                status::brief(ui, session);
            }
        },
        |ui| {
            if inside {
                cx.button(ui, Action::Leave(session.id), Look::Plain);
                let end = Action::EndMeeting(session.id);
                // Where there is little room it is in the menu.
                if !room.narrow && cx.offers(&end) {
                    cx.button(ui, end, Look::Danger);
                }
            } else if !matches!(session.phase, SessionPhase::Reconnecting { .. }) {
                cx.button(ui, Action::CloseTab(session.id), Look::Plain);
            }
            connection::button(ui, cx, session);
        },
    );
    if !(room.low && inside) {
        status::line(ui, session);
    }
}

/// How far a session is, in words.
pub fn phase_words(phase: &SessionPhase) -> &'static str {
    match phase {
        SessionPhase::Dialling { .. } => "Connecting",
        SessionPhase::Joining => "Joining",
        SessionPhase::PasswordWanted { .. } => "Password needed",
        SessionPhase::Waiting { .. } => "Waiting for permission",
        SessionPhase::Reconnecting { .. } => "Coming back",
        SessionPhase::InMeeting => "In the meeting",
        SessionPhase::Ended(_) => "Not in the meeting",
    }
}

fn waiting(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot, title: &str, text: &str) {
    widgets::empty(ui, title, text, |ui| {
        ui.add_space(tokens::GAP_S);
        cx.button_as(ui, Action::CloseTab(session.id), Look::Plain, "Cancel", "cancel joining");
    });
}

fn password(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot, again: bool) {
    let palette = Palette::of(ui);
    let wants_focus = std::mem::take(&mut cx.state.wants_focus);
    widgets::empty(
        ui,
        "This meeting asks for a password",
        "The owner of the meeting, or whoever sent you the jnj, knows it.",
        |ui| {
            ui.set_max_width(tokens::FORM_FIELD_WIDTH);
            let typed = &mut cx.state.tab(session.id).password;
            // Room for the longest password at once: a string that grows leaves copies of itself behind.
            typed.reserve(tokens::PASSWORD_ROOM.saturating_sub(typed.len()));
            let field = widgets::field(typed, tokens::FORM_FIELD_WIDTH).password(true).id(password_field(session.id));
            let response = ui.add(field).accessible_name("Password");
            if wants_focus {
                response.request_focus();
            }
            if again {
                ui.label(RichText::new("That password was wrong. Try again.").color(palette.bad));
            }
            if response.lost_focus()
                && ui.input(|i| i.key_pressed(Key::Enter))
                && !cx.state.password(session.id).is_empty()
            {
                cx.actions.push(Action::SubmitPassword(session.id));
            }
            ui.add_space(tokens::GAP_XS);
            connecting::remember(ui, cx);
            ui.add_space(tokens::GAP_XS);
            let join = RichText::new("Join").color(palette.on_primary);
            let join = egui::Button::new(join)
                .fill(palette.primary)
                .min_size(egui::vec2(tokens::FORM_FIELD_WIDTH, tokens::CONTROL_HEIGHT));
            cx.add(ui, Action::SubmitPassword(session.id), join, "");
            cx.button_as(ui, Action::CancelPassword(session.id), Look::Quiet, "Cancel", "");
        },
    );
}

/// The id of a tab's password field, whose undo history is forgotten when the password is sent.
pub fn password_field(tab: u64) -> egui::Id {
    egui::Id::unique(("password", tab))
}

fn ended_banner(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot, end: &Ending) {
    let palette = Palette::of(ui);
    let (title, text) = text::end(end);
    widgets::row_with_end(
        ui,
        |ui| {
            ui.label(RichText::new(title).color(palette.warn));
            ui.add(Label::new(RichText::new(text.replace('\n', " ")).color(palette.weak)).truncate());
        },
        |ui| {
            if let Some(action) = ends::again(session, end) {
                cx.button(ui, action, Look::Plain);
            }
        },
    );
}

/// What stands over a meeting whose connection was lost: why, which attempt, and when the next one is made.
fn reconnecting(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let SessionPhase::Reconnecting { why, attempt, next_in, gives_up_in } = &session.phase else { return };
    let palette = Palette::of(ui);
    let when = match next_in {
        Some(left) => format!("Attempt {attempt} in {}", text::span(whole_seconds(*left))),
        None => format!("Attempt {attempt} is being made…"),
    };
    ui.spacing_mut().item_spacing.y = 0.0;
    let left = format!("gives up in {}", text::length(whole_seconds(*gives_up_in)));
    widgets::row_with_end(
        ui,
        |ui| {
            ui.label(RichText::new("The connection was lost:").color(palette.warn));
            ui.add(Label::new(RichText::new(why).color(palette.weak)).truncate());
        },
        |ui| {
            cx.button(ui, Action::Leave(session.id), Look::Plain);
            cx.button(ui, Action::ReconnectNow(session.id), Look::Primary);
        },
    );
    ui.horizontal(|ui| {
        if next_in.is_none() {
            ui.add(egui::Spinner::new().size(tokens::ICON));
        }
        ui.label(RichText::new(when).color(palette.strong));
        ui.label(RichText::new(format!("·  {left}")).color(palette.weak));
    });
}

/// Rounded up: a countdown that says 0 has nothing left to wait for.
fn whole_seconds(left: Duration) -> Duration {
    Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0))
}

fn input(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let palette = Palette::of(ui);
    let id = session.id;
    let view = &session.view;
    // Whoever was chosen may have left in the meantime.
    let talk_to = cx.state.tab(id).talk_to.filter(|to| view.is_present(*to));
    cx.state.tab(id).talk_to = talk_to;
    // A dialog, or another meeting beside this one, may be what is to have it.
    let mine = cx.state.question.is_none() && cx.state.place == Place::Tab(id);
    let wants_focus = mine && std::mem::take(&mut cx.state.wants_focus);
    let to = talk_to.map_or_else(|| "Everybody".to_owned(), |to| view.name_of(to));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let send = cx.button(ui, Action::Send(id), Look::Primary);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let combo = ComboBox::from_id_salt("talk to").selected_text(to.clone()).truncate().show_ui(ui, |ui| {
                let everybody = egui::Button::selectable(talk_to.is_none(), "Everybody");
                cx.add(ui, Action::TalkTo(id, None), everybody, "Everybody");
                for person in view.present().into_iter().filter(|p| p.ssrc != view.me) {
                    let button = egui::Button::selectable(talk_to == Some(person.ssrc), people::shown_name(person));
                    cx.add(ui, Action::TalkTo(id, Some(person.ssrc)), button, people::shown_name(person));
                }
            });
            combo.response.on_hover_text("Whom the next line is for").accessible_name("Talk to");
            let hint = if talk_to.is_some() { format!("Only {to} will see this") } else { "Say something".to_owned() };
            let colour = if talk_to.is_some() { palette.private } else { palette.strong };
            let field: TextEdit<'_> = widgets::field(&mut cx.state.tab(id).draft, ui.available_width() - tokens::GAP_M);
            let response = ui.add(field.hint_text(hint).text_color(colour)).accessible_name("Message");
            let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            if entered && !cx.state.draft(id).trim().is_empty() {
                cx.actions.push(Action::Send(id));
            }
            if wants_focus || entered || send.clicked() {
                response.request_focus();
            }
        });
    });
}
