//! All the optional attributes of a request, as rows of the form.
//!
//! In: what is typed for each, the snapshot's meetings. Out: drawn rows: name, value, how much of its room it takes, and whether an
//! MCU will look at it.

use std::collections::BTreeMap;

use eframe::egui::{Align, Label, Layout, RichText, Ui};

use super::{IssueForm, Role, open_meeting};
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx};
use crate::installation::attributes::{ATTRIBUTES, Attribute, Kind};

/// What is typed, by the attribute's name; what equals the guide's default is not there.
pub type More = BTreeMap<&'static str, String>;

/// What is wrong with a value; `None` where all is well. Lengths are bytes of UTF-8.
pub fn wrong(attribute: &Attribute, value: &str) -> Option<String> {
    match attribute.kind {
        Kind::Number(_) if value.trim().parse::<u32>().is_err() => Some("A whole number.".into()),
        Kind::Text(most) if value.len() > most => Some(format!("{} bytes, at most {most} fit.", value.len())),
        _ => None,
    }
}

/// `element.attribute=value` for each that is set.
pub fn items(more: &More) -> Vec<String> {
    more.iter().map(|(name, value)| format!("{name}={}", value.trim())).collect()
}

/// Draws the card: closed, with what is set; or open, with all.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, errors: &BTreeMap<&'static str, String>) {
    let palette = Palette::of(ui);
    let set = cx.state.form.more.len();
    widgets::row_with_end(
        ui,
        |ui| {
            widgets::title(ui, "All attributes");
            let words = if set == 0 { "as the guide has them".to_owned() } else { format!("{set} set") };
            ui.label(RichText::new(words).color(palette.weak));
        },
        |ui| {
            let open = &mut cx.state.form.more_open;
            let words = if *open { "Hide" } else { "Show" };
            if ui
                .button(words)
                .on_hover_text("Quotas, limits, codecs, places kept, what a meeting goes on from")
                .clicked()
            {
                *open = !*open;
            }
        },
    );
    if !cx.state.form.more_open {
        return;
    }
    let open = open_meeting(cx.shot, &cx.state.form).is_some();
    let owner = cx.state.form.role == Role::Owner;
    let mut element = "";
    for attribute in ATTRIBUTES {
        let (of, name) = attribute.name.split_once('.').unwrap_or(("", attribute.name));
        if of != element {
            element = of;
            widgets::section(ui, element);
        }
        // That a meeting is being prepared is not known here: what only ends a preparation counts as ignored.
        let ignored = attribute.ignored(open, false, owner);
        row(ui, &mut cx.state.form, attribute, name, ignored, errors.get(attribute.name).map(String::as_str));
    }
}

fn row(
    ui: &mut Ui,
    form: &mut IssueForm,
    attribute: &Attribute,
    name: &str,
    ignored: Option<&'static str>,
    error: Option<&str>,
) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.allocate_ui_with_layout(
            eframe::egui::vec2(tokens::ATTRIBUTE_WIDTH, tokens::CONTROL_HEIGHT),
            Layout::left_to_right(Align::Center),
            |ui| {
                ui.set_min_width(tokens::ATTRIBUTE_WIDTH);
                let colour = if ignored.is_some() { palette.weak } else { palette.text };
                ui.add(Label::new(RichText::new(name).color(colour)).selectable(false).truncate())
            },
        )
        .inner
        .on_hover_text(attribute.meaning);
        ui.vertical(|ui| {
            let field = value(ui, &mut form.more, attribute);
            // The short name is there several times: of the owner, of a group, of a guest.
            field.accessible_name(attribute.name);
            ui.add_space(-tokens::GAP_XS);
            let (words, colour) = match (error, ignored) {
                (Some(error), _) => (error, palette.bad),
                (None, Some(why)) => (why, palette.warn),
                (None, None) => (attribute.meaning, palette.weak),
            };
            let words = if error.is_none() && ignored.is_some() {
                format!("Ignored: {}", lower(words))
            } else {
                words.to_owned()
            };
            ui.add(Label::new(RichText::new(words).size(tokens::TYPE_SMALL).color(colour)).wrap());
        });
    });
}

fn value(ui: &mut Ui, more: &mut More, attribute: &Attribute) -> eframe::egui::Response {
    let width = ui.available_width().min(tokens::FORM_FIELD_WIDTH);
    if let Kind::Flag(default) = attribute.kind {
        let mut on = more.get(attribute.name).map_or(default, |value| value == "1");
        let response = ui.checkbox(&mut on, "");
        if on == default {
            more.remove(attribute.name);
        } else {
            more.insert(attribute.name, if on { "1" } else { "0" }.to_owned());
        }
        return response;
    }
    let mut typed = more.get(attribute.name).cloned().unwrap_or_default();
    let response = match attribute.kind {
        Kind::Number(unit) => {
            ui.horizontal(|ui| {
                let field = ui.add(widgets::field(&mut typed, tokens::FORM_SHORT_WIDTH).hint_text("default"));
                ui.label(RichText::new(unit).color(Palette::of(ui).weak));
                field
            })
            .inner
        }
        _ => ui.add(widgets::field(&mut typed, width).hint_text("none")),
    };
    if let Kind::Text(most) = attribute.kind {
        widgets::gauge(ui, &response, typed.len(), most);
    }
    if typed.is_empty() {
        more.remove(attribute.name);
    } else {
        more.insert(attribute.name, typed);
    }
    response
}

fn lower(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked_by_their_kind_and_counted_in_bytes() {
        let named = |name: &str| ATTRIBUTES.iter().find(|a| a.name == name).unwrap();
        assert!(wrong(named("command.bandwidth"), "64000").is_none());
        assert!(wrong(named("command.bandwidth"), "64 kB").is_some());
        assert!(wrong(named("owner.email"), &"會".repeat(42)).is_none());
        assert!(wrong(named("owner.email"), &"會".repeat(43)).is_some());
    }
}
