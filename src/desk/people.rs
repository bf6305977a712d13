//! The list of people in a meeting, and of those who left it.
//!
//! In: a [`View`]. Out: drawn rows with what can be done with each person. Meetings and playbacks share it.

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{self, Align, Button, Color32, Label, Layout, RichText, ScrollArea, Ui, vec2};

use super::action::Action;
use super::icons::{self, Icon};
use super::text;
use super::tokens::{self, Palette};
use super::widgets::{self, Cx, Look};
use crate::installation::snapshot::TabId;
use crate::meeting::view::{OWNER, Person, View};

/// Draws the list. With a session's name each other person has a menu; a playback has none.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, view: &View, session: Option<TabId>) {
    let present = view.present();
    let left: Vec<&Person> = view.people.values().map(AsRef::as_ref).filter(|p: &&Person| !p.present).collect();
    let here = text::count(present.len(), "person here", "people here");
    let gone = format!("{} left", left.len());
    let mut rows = vec![Row::Section(&here)];
    rows.extend(present.iter().copied().map(Row::Here));
    if !left.is_empty() {
        rows.push(Row::Section(&gone));
        rows.extend(left.iter().copied().map(Row::Left));
    }
    let area = ScrollArea::vertical().id_salt("people").auto_shrink(false);
    ui.spacing_mut().item_spacing.y = tokens::GAP_XS;
    // Of three hundred only those in sight are laid out.
    area.show_rows(ui, tokens::CONTROL_HEIGHT, rows.len(), |ui, seen| {
        for row in rows.get(seen).unwrap_or_default() {
            ui.allocate_ui_with_layout(
                vec2(ui.available_width(), tokens::CONTROL_HEIGHT),
                Layout::left_to_right(Align::Center),
                |ui| {
                    ui.set_min_height(tokens::CONTROL_HEIGHT);
                    match row {
                        Row::Section(words) => widgets::section(ui, words),
                        Row::Here(person) => here_row(ui, cx, view, person, session),
                        Row::Left(person) => {
                            let name = RichText::new(shown_name(person)).color(Palette::of(ui).weak);
                            ui.add(Label::new(name).truncate());
                        }
                    }
                },
            );
        }
    });
}

/// One line of the list; all are of one height.
enum Row<'a> {
    Section(&'a str),
    Here(&'a Person),
    Left(&'a Person),
}

/// A person's name; those who gave none are called so.
pub fn shown_name(person: &Person) -> &str {
    if person.name.trim().is_empty() { "(no name)" } else { &person.name }
}

fn here_row(ui: &mut Ui, cx: &mut Cx<'_>, view: &View, person: &Person, session: Option<TabId>) {
    let palette = Palette::of(ui);
    let me = person.ssrc == view.me;
    let marks = |ui: &mut Ui, cx: &mut Cx<'_>| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_XS;
        if let Some(id) = session.filter(|_| !me) {
            let menu = MenuButton::from_button(Button::new("…").frame_when_inactive(false))
                .ui(ui, |ui| person_menu(ui, cx, id, view, person));
            menu.0
                .on_hover_text("What you can do with this participant")
                .accessible_name(format!("Menu: {}", shown_name(person)));
        }
        for (role, colour, meaning) in roles(palette, view, person) {
            widgets::chip(ui, role, colour).on_hover_text(meaning);
        }
        if person.video {
            icons::show(ui, Icon::Camera, palette.weak, "Camera is running");
        }
        if person.audio {
            icons::show(ui, Icon::Microphone, palette.weak, "Microphone is running");
        }
    };
    let name = if me { format!("{} (you)", shown_name(person)) } else { shown_name(person).to_owned() };
    let colour = if me { palette.accent } else { palette.strong };
    let mut label = None;
    widgets::row_with_end(
        ui,
        |ui| label = Some(widgets::line(ui, RichText::new(name).color(colour))),
        |ui| marks(ui, cx),
    );
    if let (Some(label), Some(id)) = (label, session.filter(|_| !me)) {
        label.interact(egui::Sense::click()).context_menu(|ui| person_menu(ui, cx, id, view, person));
    }
}

/// What somebody is, the most telling last, as chips go from the right.
fn roles(palette: &Palette, view: &View, person: &Person) -> Vec<(&'static str, Color32, &'static str)> {
    let ssrc = person.ssrc;
    let chips = [
        (ssrc == view.token_holder, "chair", palette.accent, "Token holder (meeting chair)"),
        (ssrc == OWNER, "owner", palette.weak, "Owner of the meeting"),
        (ssrc == view.assistant, "assistant", palette.weak, "Deputy of the owner"),
        (ssrc == view.controller, "controller", palette.weak, "Decides in the chair's place (presenter)"),
        (view.is_questioner(ssrc), "questioner", palette.good, "May speak"),
        (view.questions.contains(&ssrc), "asks", palette.warn, "Asks to become questioner"),
        // When everybody is, it stands once below.
        (person.audio_suppressed, "muted", palette.bad, "Nobody hears this participant"),
    ];
    chips.into_iter().filter(|(is, ..)| *is).map(|(_, role, colour, meaning)| (role, colour, meaning)).collect()
}

fn person_menu(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId, view: &View, person: &Person) {
    let ssrc = person.ssrc;
    cx.button(ui, Action::TalkTo(id, Some(ssrc)), Look::Quiet);
    cx.button(ui, Action::GiveToken(id, ssrc), Look::Quiet);
    let muted = person.audio_suppressed;
    let moves = [
        Action::Allow(id, ssrc),
        Action::EndQuestion(id, ssrc),
        Action::MakeController(id, ssrc),
        Action::MakeAssistant(id, ssrc),
        Action::Mute(id, ssrc, !muted),
        Action::SendOut(id, ssrc),
    ];
    for action in moves {
        let known = match action {
            Action::EndQuestion(..) => view.is_questioner(ssrc),
            Action::Allow(..) => !view.is_questioner(ssrc),
            Action::MakeController(..) => view.controller != ssrc,
            Action::MakeAssistant(..) => view.assistant != ssrc,
            _ => true,
        };
        if !known || action.available(cx.shot, cx.state).is_err() {
            continue;
        }
        match action {
            Action::Mute(..) if muted => cx.button_as(ui, action, Look::Quiet, "Let audio through", ""),
            Action::SendOut(..) => cx.button(ui, action, Look::Danger),
            _ => cx.button(ui, action, Look::Quiet),
        };
    }
    if !person.user_id.is_empty() {
        cx.button_as(ui, Action::Copy(person.user_id.clone()), Look::Quiet, "Copy id", "id");
    }
}
