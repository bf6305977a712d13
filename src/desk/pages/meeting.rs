//! A meeting, from dialling to its end.
//!
//! In: one [`SessionSnapshot`]. Out: actions of this participant.

use std::time::Duration;

use eframe::egui::{self, Align, ComboBox, Frame, Key, Label, Layout, Panel, RichText, TextEdit, Ui};

use crate::desk::action::Action;
use crate::desk::pages::home::shown_title;
use crate::desk::pages::{ends, player};
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::desk::{chat, connection, people, taking_part, text};
use crate::installation::snapshot::{Ending, SessionPhase, SessionSnapshot};
use crate::meeting::view::{OWNER, RecordingState};

/// Draws the tab.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let palette = Palette::of(ui);
    let bar = Frame::new().inner_margin(tokens::tab_bar_margin()).fill(palette.surface);
    Panel::top("meeting header").frame(bar).show(ui, |ui| header(ui, cx, session));
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
            inside(ui, cx, session);
        }
        SessionPhase::InMeeting => inside(ui, cx, session),
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
fn inside(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    if let Some(wire) = &session.playback {
        return player::show_wire(ui, cx, session, wire);
    }
    let bar = Frame::new().inner_margin(tokens::tab_bar_margin()).fill(Palette::of(ui).surface);
    if taking_part::has_something_above(session) {
        let asked = bar.fill(Palette::of(ui).chrome);
        Panel::top("meeting prompts").frame(asked).show(ui, |ui| taking_part::above(ui, cx, session));
    }
    Panel::bottom("meeting input").frame(bar).show(ui, |ui| {
        if session.phase != SessionPhase::InMeeting {
            ui.disable();
        }
        taking_part::floor_bar(ui, cx, session);
        input(ui, cx, session);
    });
    body(ui, cx, session);
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
    Panel::right("meeting people")
        .frame(side)
        .default_size(tokens::PEOPLE_WIDTH)
        .show(ui, |ui| people::show(ui, cx, &session.view, menu_for));
    egui::CentralPanel::default().frame(Frame::new().inner_margin(tokens::GAP_XS).fill(palette.page)).show(ui, |ui| {
        if session.view.chat.is_empty() {
            let text = "What you type below is seen by everybody in the meeting.";
            widgets::empty(ui, "Nothing was said yet", if menu_for.is_some() { text } else { "" }, |_| {});
            return;
        }
        cx.state.tab(session.id).seen = session.view.chat.len();
        let zone = cx.zone;
        chat::show(ui, &session.view, &mut cx.state.tab(session.id).chat, zone, chat::LineTime::Clock);
    });
}

fn header(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let palette = Palette::of(ui);
    let view = &session.view;
    let inside = session.phase == SessionPhase::InMeeting;
    if let Some(wire) = &session.playback {
        return player::wire_header(ui, cx, session, wire, &tab_title(session));
    }
    widgets::row_with_end(
        ui,
        |ui| {
            widgets::title(ui, &tab_title(session));
        },
        |ui| {
            if inside {
                cx.button(ui, Action::Leave(session.id), Look::Plain);
                if view.me == OWNER {
                    cx.button(ui, Action::EndMeeting(session.id), Look::Danger);
                }
                if Action::TakeToken(session.id).available(cx.shot, cx.state).is_ok() {
                    cx.button(ui, Action::TakeToken(session.id), Look::Plain);
                }
            } else if !matches!(session.phase, SessionPhase::Reconnecting { .. }) {
                cx.button(ui, Action::CloseTab(session.id), Look::Plain);
            }
            connection::button(ui, cx, session);
        },
    );
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_S;
        let weak = |ui: &mut Ui, words: String| ui.label(RichText::new(words).color(palette.weak));
        if !view.meeting_id.is_empty() {
            weak(ui, format!("Meeting id {}", view.meeting_id));
            weak(ui, "·".into());
        }
        if !inside {
            weak(ui, phase_words(&session.phase).to_owned());
            return;
        }
        let planned = u64::try_from(view.duration_s).unwrap_or(0);
        let elapsed = text::length(session.in_meeting);
        weak(ui, if planned > 0 { format!("{elapsed} of {} min", planned / 60) } else { elapsed })
            .on_hover_text("Since you came in");
        weak(ui, "·".into());
        match view.recording {
            RecordingState::On => {
                widgets::dot(ui, palette.bad);
                ui.label(RichText::new("Recording").color(palette.bad));
            }
            RecordingState::Paused => {
                ui.label(RichText::new("Recording paused").color(palette.warn));
            }
            RecordingState::Off => {
                weak(ui, "Not recorded".into());
            }
        }
        if session.reconnects > 0 {
            weak(ui, "·".into());
            let times = usize::try_from(session.reconnects).unwrap_or(usize::MAX);
            weak(ui, format!("came back {}", text::count(times, "time", "times")))
                .on_hover_text("The connection was lost and came back by itself");
        }
    });
}

fn phase_words(phase: &SessionPhase) -> &'static str {
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
    let wants_focus = std::mem::take(&mut cx.state.wants_focus);
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
