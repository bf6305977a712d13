//! The list of people in a meeting, and of those who left it; only the rows in sight are laid out.
//!
//! In: a [`View`]. Out: drawn rows with badges and what can be done with each person. Meetings and playbacks share it.

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{self, Align, Button, Layout, Rect, RichText, ScrollArea, Ui, pos2, vec2};

use super::action::Action;
use super::icons::{self, Icon};
use super::text;
use super::tokens::{self, Palette};
use super::widgets::{self, Cx, Look};
use crate::installation::snapshot::TabId;
use crate::meeting::view::{NOBODY, OWNER, Person, Ssrc, View};

/// What a row of the list is.
enum Row<'v> {
    Section(String),
    Here(&'v Person),
    Gone(&'v Person),
}

/// Draws the list. With a session's name each other person has a menu; a playback has none.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, view: &View, session: Option<TabId>) {
    let present = view.present();
    let gone: Vec<&Person> = view.people.values().map(AsRef::as_ref).filter(|p: &&Person| !p.present).collect();
    let mut filter = String::new();
    if let Some(id) = session.filter(|_| present.len() > FILTER_FROM) {
        let typed = &mut cx.state.tab(id).people_filter;
        let field = widgets::field(typed, f32::INFINITY).hint_text("Filter people");
        ui.add(field).accessible_name("Filter people");
        filter = typed.to_lowercase();
    }
    let passes = |person: &&Person| filter.is_empty() || shown_name(person).to_lowercase().contains(&filter);
    let all = present.len();
    let here: Vec<&Person> = present.into_iter().filter(passes).collect();
    let gone: Vec<&Person> = gone.into_iter().filter(passes).collect();
    let heading = if filter.is_empty() {
        text::count(all, "person here", "people here")
    } else {
        format!("{} of {}", here.len(), text::count(all, "person", "people"))
    };
    let mut rows = vec![Row::Section(heading)];
    rows.extend(here.into_iter().map(Row::Here));
    if !gone.is_empty() {
        rows.push(Row::Section(format!("{} left", gone.len())));
        rows.extend(gone.into_iter().map(Row::Gone));
    }
    list(ui, cx, view, &rows, session);
}

fn list(ui: &mut Ui, cx: &mut Cx<'_>, view: &View, rows: &[Row<'_>], session: Option<TabId>) {
    ScrollArea::vertical().id_salt("people").auto_shrink(false).show_viewport(ui, |ui, viewport| {
        let (left, top, width) = (ui.min_rect().left(), ui.min_rect().top(), ui.available_width());
        let mut y = 0.0;
        for row in rows {
            let height = height(view, row);
            if y + height >= viewport.top() && y <= viewport.bottom() {
                let rect = Rect::from_min_size(pos2(left, top + y), vec2(width, height));
                widgets::within(ui, rect, Layout::top_down(Align::Min), |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    match row {
                        Row::Section(words) => {
                            ui.with_layout(Layout::bottom_up(Align::Min), |ui| {
                                ui.add_space(tokens::GAP_XS);
                                widgets::section(ui, words);
                            });
                        }
                        Row::Here(person) => {
                            ui.push_id(person.ssrc, |ui| here(ui, cx, view, person, session));
                        }
                        Row::Gone(person) => {
                            widgets::line(ui, RichText::new(shown_name(person)).color(Palette::of(ui).weak));
                        }
                    }
                });
            }
            y += height;
        }
        ui.expand_to_include_rect(Rect::from_min_size(pos2(left, top), vec2(width, y)));
    });
}

fn height(view: &View, row: &Row<'_>) -> f32 {
    match row {
        Row::Here(person) if asks(view, person.ssrc) => tokens::ROW_HEIGHT * 2.0 + tokens::GAP_XS,
        Row::Here(person) if has_badges(view, person) => tokens::ROW_HEIGHT + tokens::BADGES_HEIGHT,
        Row::Here(_) | Row::Section(_) => tokens::ROW_HEIGHT,
        Row::Gone(_) => tokens::BADGES_HEIGHT,
    }
}

/// A person's name; those who gave none are called so.
pub fn shown_name(person: &Person) -> &str {
    if person.name.trim().is_empty() { "(no name)" } else { &person.name }
}

/// The roles that a participant has, in words, the highest first, each with its explanation.
pub fn roles(view: &View, ssrc: Ssrc) -> Vec<(&'static str, &'static str)> {
    let mut roles = Vec::new();
    let mut add = |on: bool, word, meaning| {
        if on {
            roles.push((word, meaning));
        }
    };
    add(ssrc == OWNER, "owner", "Owner of the meeting");
    add(ssrc != NOBODY && ssrc == view.assistant, "assistant", "Stands in for the owner");
    add(ssrc != NOBODY && ssrc == view.token_holder, "chair", "Token holder (meeting chair)");
    add(ssrc != NOBODY && ssrc == view.controller, "controller", "Decides some things in the token holder's place");
    let speaker = view.channel_of(ssrc).is_some();
    add(view.is_questioner(ssrc) && !speaker, "questioner", "Speaks with the token holder");
    add(speaker && ssrc != view.token_holder, "speaker", "Speaks beside the questioner");
    roles
}

fn has_badges(view: &View, person: &Person) -> bool {
    !roles(view, person.ssrc).is_empty() || !suppressed(view, person).is_empty()
}

fn asks(view: &View, ssrc: Ssrc) -> bool {
    view.questions.contains(&ssrc)
}

fn suppressed(view: &View, person: &Person) -> Vec<(&'static str, &'static str)> {
    let mut words = Vec::new();
    if view.is_audio_suppressed(person.ssrc) {
        words.push(("no sound", "The sound of this participant is suppressed"));
    }
    if view.is_video_suppressed(person.ssrc) {
        words.push(("no picture", "The picture of this participant is suppressed"));
    }
    words
}

fn here(ui: &mut Ui, cx: &mut Cx<'_>, view: &View, person: &Person, session: Option<TabId>) {
    let palette = Palette::of(ui);
    let me = person.ssrc == view.me;
    let name = if me { format!("{} (you)", shown_name(person)) } else { shown_name(person).to_owned() };
    let colour = if me { palette.accent } else { palette.strong };
    let mut label = None;
    widgets::row_with_end(
        ui,
        |ui| label = Some(widgets::line(ui, RichText::new(name).color(colour))),
        |ui| {
            ui.spacing_mut().item_spacing.x = tokens::GAP_XS;
            if let Some(id) = session.filter(|_| !me) {
                let menu = MenuButton::from_button(Button::new("…").frame_when_inactive(false))
                    .ui(ui, |ui| person_menu(ui, cx, id, view, person));
                menu.0
                    .on_hover_text("What you can do with this participant")
                    .accessible_name(format!("Menu: {}", shown_name(person)));
            }
            if person.video {
                icons::show(ui, Icon::Camera, palette.weak, "Camera is running");
            }
            if person.audio {
                icons::show(ui, Icon::Microphone, palette.weak, "Microphone is running");
            }
        },
    );
    if let (Some(label), Some(id)) = (label, session.filter(|_| !me)) {
        label.interact(egui::Sense::click()).context_menu(|ui| person_menu(ui, cx, id, view, person));
    }
    // Nearer to the name than to the next one.
    ui.add_space(-tokens::GAP_XS);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_XS;
        if !asks(view, person.ssrc) {
            ui.spacing_mut().interact_size.y = tokens::BADGES_HEIGHT;
            ui.set_height(tokens::BADGES_HEIGHT);
        }
        if asks(view, person.ssrc) {
            widgets::chip(ui, "asks to speak", palette.warn).on_hover_text("Asks to become a questioner");
            for (action, look, text) in answers(session, person.ssrc) {
                if cx.offers(&action) {
                    cx.button_as(ui, action, look, text, shown_name(person));
                }
            }
            return;
        }
        for (word, meaning) in roles(view, person.ssrc) {
            let colour = if word == "chair" { palette.accent } else { palette.weak };
            widgets::chip(ui, word, colour).on_hover_text(meaning);
        }
        for (word, meaning) in suppressed(view, person) {
            widgets::chip(ui, word, palette.bad).on_hover_text(meaning);
        }
    });
}

fn answers(session: Option<TabId>, who: Ssrc) -> Vec<(Action, Look, &'static str)> {
    let Some(id) = session else { return Vec::new() };
    vec![(Action::AllowQuestion(id, who), Look::Plain, "Allow"), (Action::TurnDown(id, who), Look::Quiet, "Turn down")]
}

/// What may be done with a person now, by the table of the meeting: what is not allowed is not there.
fn person_menu(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId, view: &View, person: &Person) {
    let who = person.ssrc;
    cx.button_as(ui, Action::TalkTo(id, Some(who)), Look::Quiet, "Private message", "");
    let heard = person.audio_suppressed;
    let seen = person.video_suppressed;
    let allow = if asks(view, who) { "Allow question" } else { "Make questioner" };
    let groups = [
        vec![
            (Action::GiveToken(id, who), "Give token"),
            (Action::AllowQuestion(id, who), allow),
            (Action::TurnDown(id, who), "Turn question down"),
            (Action::EndQuestion(id, who), "End question"),
        ],
        vec![
            (Action::ChooseController(id, who), "Make controller…"),
            (Action::MakeAssistant(id, who), "Make assistant"),
        ],
        vec![
            (Action::SuppressAudio(id, who, !heard), if heard { "Let be heard" } else { "Suppress sound" }),
            (Action::SuppressVideo(id, who, !seen), if seen { "Let be seen" } else { "Suppress picture" }),
        ],
        vec![(Action::SendOut(id, who), "Disconnect…"), (Action::Ban(id, who), "Disconnect for good…")],
    ];
    for group in groups {
        let sensible = |action: &Action| match action {
            Action::EndQuestion(..) => view.is_questioner(who),
            Action::AllowQuestion(..) => !view.is_questioner(who),
            _ => true,
        };
        let offered: Vec<_> = group.into_iter().filter(|(a, _)| sensible(a) && cx.offers(a)).collect();
        if !offered.is_empty() {
            ui.separator();
        }
        for (action, text) in offered {
            let look =
                if matches!(action, Action::SendOut(..) | Action::Ban(..)) { Look::DangerQuiet } else { Look::Quiet };
            cx.button_as(ui, action, look, text, "");
        }
    }
    if who == view.controller && cx.offers(&Action::NoController(id)) {
        cx.button(ui, Action::NoController(id), Look::Quiet);
    }
    if who == view.assistant && cx.offers(&Action::NoAssistant(id)) {
        cx.button(ui, Action::NoAssistant(id), Look::Quiet);
    }
    if !person.user_id.is_empty() {
        ui.separator();
        cx.button_as(ui, Action::Copy(person.user_id.clone()), Look::Quiet, "Copy id", "id");
    }
}

/// From so many people on, a filter field stands over the list.
const FILTER_FROM: usize = 12;
