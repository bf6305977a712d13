//! The list of people in a meeting, and of those who left it.
//!
//! In: a [`View`]. Out: drawn rows with what can be done with each person. Meetings and playbacks share it.

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{self, Button, Label, RichText, ScrollArea, Ui};

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
    let left: Vec<&Person> = view.people.values().filter(|p| !p.present).collect();
    ScrollArea::vertical().id_salt("people").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = tokens::GAP_XS;
        widgets::section(ui, &text::count(present.len(), "person here", "people here"));
        for person in present {
            row(ui, cx, view, person, session);
        }
        if !left.is_empty() {
            ui.add_space(tokens::GAP_M);
            widgets::section(ui, &format!("{} left", left.len()));
            for person in left {
                let name = RichText::new(shown_name(person)).color(Palette::of(ui).weak);
                ui.horizontal(|ui| ui.add(Label::new(name).truncate()));
            }
        }
    });
}

/// A person's name; those who gave none are called so.
pub fn shown_name(person: &Person) -> &str {
    if person.name.trim().is_empty() { "(no name)" } else { &person.name }
}

fn row(ui: &mut Ui, cx: &mut Cx<'_>, view: &View, person: &Person, session: Option<TabId>) {
    let palette = Palette::of(ui);
    let me = person.ssrc == view.me;
    let marks = |ui: &mut Ui, cx: &mut Cx<'_>| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_XS;
        if let Some(id) = session.filter(|_| !me) {
            let menu = MenuButton::from_button(Button::new("…").frame_when_inactive(false))
                .ui(ui, |ui| person_menu(ui, cx, id, person));
            menu.0
                .on_hover_text("What you can do with this participant")
                .accessible_name(format!("Menu: {}", shown_name(person)));
        }
        if person.ssrc == view.token_holder {
            widgets::chip(ui, "chair", palette.accent).on_hover_text("Token holder (meeting chair)");
        }
        if person.ssrc == OWNER {
            widgets::chip(ui, "owner", palette.weak).on_hover_text("Owner of the meeting");
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
        label.interact(egui::Sense::click()).context_menu(|ui| person_menu(ui, cx, id, person));
    }
}

fn person_menu(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId, person: &Person) {
    cx.button(ui, Action::TalkTo(id, Some(person.ssrc)), Look::Quiet);
    cx.button(ui, Action::GiveToken(id, person.ssrc), Look::Quiet);
    if !person.user_id.is_empty() {
        cx.button_as(ui, Action::Copy(person.user_id.clone()), Look::Quiet, "Copy id", "id");
    }
}
