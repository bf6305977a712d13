//! The few parts that all pages are made of: buttons from actions, cards, chips, fields, empty states.
//!
//! In: actions and texts. Out: drawn widgets with names and tooltips; what was clicked is collected in [`Cx`].

use eframe::egui::{
    self, Align, Align2, Button, Color32, CornerRadius, FontId, Frame, Label, Layout, Response, RichText, Role,
    ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, Vec2, WidgetInfo, vec2,
};
use jiff::tz::TimeZone;

use super::action::Action;
use super::state::State;
use super::tokens::{self, Palette};
use crate::installation::snapshot::Snapshot;

/// What a page draws with: the snapshot, the window's state, and the actions that were asked for in this frame.
pub struct Cx<'a> {
    /// The engine's newest state.
    pub shot: &'a Snapshot,
    /// The window's state.
    pub state: &'a mut State,
    /// Where times are shown for.
    pub zone: &'a TimeZone,
    /// Asked for in this frame, in order.
    pub actions: Vec<Action>,
}

/// How much a button asks for attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The one main button of a place.
    Primary,
    /// Any other.
    Plain,
    /// Ends something for others.
    Danger,
    /// Without a frame until hovered.
    Quiet,
    /// The same for what ends something for others.
    DangerQuiet,
}

impl Cx<'_> {
    /// Whether an action can be done now: what nobody may do is left out rather than greyed.
    pub fn offers(&self, action: &Action) -> bool {
        action.available(self.shot, self.state).is_ok()
    }

    /// A button for an action, with its own name on it.
    pub fn button(&mut self, ui: &mut Ui, action: Action, look: Look) -> Response {
        let text = action.name();
        self.button_as(ui, action, look, text, "")
    }

    /// A button for an action with another text on it, for example a glyph. `subject` tells it from others of its kind: "Play
    /// recording: Weekly planning".
    pub fn button_as(&mut self, ui: &mut Ui, action: Action, look: Look, text: &str, subject: &str) -> Response {
        let palette = Palette::of(ui);
        let button = match look {
            Look::Primary => {
                Button::new(RichText::new(text).color(palette.on_primary)).fill(palette.primary).stroke(Stroke::NONE)
            }
            Look::Danger => Button::new(RichText::new(text).color(palette.bad)),
            Look::Plain => Button::new(text),
            Look::Quiet => Button::new(text).frame_when_inactive(false),
            Look::DangerQuiet => Button::new(RichText::new(text).color(palette.bad)).frame_when_inactive(false),
        };
        self.add(ui, action, button, subject)
    }

    /// Any egui button as the face of an action: availability, tooltip, shortcut and accessible name are added here.
    pub fn add(&mut self, ui: &mut Ui, action: Action, button: Button<'_>, subject: &str) -> Response {
        let available = action.available(self.shot, self.state);
        let name = if subject.is_empty() { action.name().to_owned() } else { format!("{}: {subject}", action.name()) };
        let mut tooltip = action.tooltip().to_owned();
        if let Some(keys) = action.shortcut() {
            tooltip = format!("{tooltip} ({})", ui.ctx().format_shortcut(&keys));
        }
        let mut response = ui.add_enabled(available.is_ok(), button).on_hover_text(tooltip);
        if let Err(why) = available {
            response = response.on_disabled_hover_text(why);
        }
        let response = response.accessible_name(name);
        if response.clicked() {
            self.actions.push(action);
        }
        response
    }
}

/// A page's title with a line of explanation.
pub fn heading(ui: &mut Ui, title: &str, explanation: &str) {
    let palette = Palette::of(ui);
    ui.label(RichText::new(title).size(tokens::TYPE_HEADING).color(palette.strong));
    if !explanation.is_empty() {
        ui.add_space(-tokens::GAP_XS);
        ui.add(Label::new(RichText::new(explanation).color(palette.weak)).wrap());
    }
    ui.add_space(tokens::GAP_XS);
}

/// A card's or section's title.
pub fn title(ui: &mut Ui, text: &str) -> Response {
    let palette = Palette::of(ui);
    ui.add(Label::new(RichText::new(text).size(tokens::TYPE_TITLE).color(palette.strong)).truncate())
}

/// A small label above a list.
pub fn section(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).size(tokens::TYPE_SMALL).color(Palette::of(ui).weak));
}

/// An explanation that wraps.
pub fn weak(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).color(Palette::of(ui).weak)).wrap())
}

/// One line that is cut with an ellipsis where the room ends; the whole of it is in the tooltip.
pub fn line(ui: &mut Ui, text: impl Into<RichText>) -> Response {
    ui.add(Label::new(text.into()).truncate())
}

/// A word in a coloured outline.
pub fn chip(ui: &mut Ui, text: &str, colour: Color32) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), FontId::proportional(tokens::TYPE_SMALL), colour);
    let (rect, response) = ui.allocate_exact_size(galley.size() + tokens::chip_margin().sum(), Sense::hover());
    let outline = Stroke::new(tokens::HAIRLINE, colour.gamma_multiply(tokens::FAINT));
    ui.painter().rect_stroke(rect, tokens::RADIUS_S, outline, StrokeKind::Inside);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, colour);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// A round mark of a state. Its meaning must also stand beside it in words.
pub fn dot(ui: &mut Ui, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(tokens::DOT * 2.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), tokens::DOT, colour);
}

/// A box on the page, as wide as the room.
pub fn card<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let palette = Palette::of(ui);
    Frame::new()
        .fill(palette.surface)
        .stroke(Stroke::new(tokens::HAIRLINE, palette.line))
        .corner_radius(tokens::RADIUS_M)
        .inner_margin(tokens::card_margin())
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            contents(ui)
        })
        .inner
}

/// A coloured box with a message across the page.
pub fn banner(ui: &mut Ui, colour: Color32, text: &str) {
    Frame::new()
        .fill(colour.gamma_multiply(tokens::TINT))
        .stroke(Stroke::new(tokens::HAIRLINE, colour.gamma_multiply(tokens::FAINT)))
        .corner_radius(tokens::RADIUS_S)
        .inner_margin(tokens::tab_bar_margin())
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add(Label::new(RichText::new(text).color(colour)).wrap());
        });
}

/// A coloured box across a tab with something to do about it at its end.
pub fn banner_with_end(ui: &mut Ui, colour: Color32, text: &str, end: impl FnOnce(&mut Ui)) {
    let palette = Palette::of(ui);
    let frame = Frame::new().fill(colour.gamma_multiply(tokens::TINT)).inner_margin(tokens::strip_margin());
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let words = |ui: &mut Ui| {
            dot(ui, colour);
            line(ui, RichText::new(text).color(palette.strong)).on_hover_text(text);
        };
        row_with_end(ui, words, end);
    });
}

/// A coloured box across a tab whose words are not to be cut, with who says them and something to do about it at its end.
pub fn banner_in_full(ui: &mut Ui, colour: Color32, who: &str, words: &str, end: impl FnOnce(&mut Ui)) {
    let palette = Palette::of(ui);
    let frame = Frame::new().fill(colour.gamma_multiply(tokens::TINT)).inner_margin(tokens::strip_margin());
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            end(ui);
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = tokens::GAP_XS / 2.0;
                ui.add_space(tokens::GAP_XS);
                ui.label(RichText::new(who).size(tokens::TYPE_SMALL).color(colour));
                // An operator's message has at most so many bytes on the wire; more lines than these are read in the chat.
                let most = ScrollArea::vertical().max_height(tokens::NOTICE_HEIGHT);
                most.show(ui, |ui| ui.add(Label::new(RichText::new(words).color(palette.strong)).wrap()));
                ui.add_space(tokens::GAP_XS);
            });
        });
    });
}

/// What is shown where a list is empty: what this is for, and what to do next.
pub fn empty(ui: &mut Ui, title: &str, text: &str, buttons: impl FnOnce(&mut Ui)) {
    ui.vertical_centered(|ui| {
        let palette = Palette::of(ui);
        ui.add_space(tokens::GAP_XL);
        ui.label(RichText::new(title).size(tokens::TYPE_TITLE).color(palette.strong));
        ui.scope(|ui| {
            ui.set_max_width(tokens::READING_WIDTH);
            ui.add(Label::new(RichText::new(text).color(palette.weak)).wrap());
        });
        ui.add_space(tokens::GAP_S);
        buttons(ui);
    });
}

/// A row of a form: label at the left, field at the right, what is wrong with it beneath.
pub fn form_row(ui: &mut Ui, label_text: &str, error: Option<&str>, field: impl FnOnce(&mut Ui) -> Response) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        let label = ui
            .allocate_ui_with_layout(
                vec2(tokens::FORM_LABEL_WIDTH, tokens::CONTROL_HEIGHT),
                Layout::left_to_right(Align::Center),
                |ui| {
                    ui.set_min_width(tokens::FORM_LABEL_WIDTH);
                    ui.add(Label::new(RichText::new(label_text).color(palette.weak)).selectable(false))
                },
            )
            .inner;
        ui.vertical(|ui| {
            let field = field(ui);
            if !label_text.is_empty() {
                field.labelled_by(label.id);
            }
            if let Some(error) = error {
                ui.add_space(-tokens::GAP_XS);
                ui.add(Label::new(RichText::new(error).size(tokens::TYPE_SMALL).color(palette.bad)).wrap());
            }
        });
    });
}

/// A field for one line of text.
pub fn field<'t>(text: &'t mut String, width: f32) -> TextEdit<'t> {
    TextEdit::singleline(text)
        .desired_width(width)
        .margin(tokens::field_margin())
        .min_size(vec2(0.0, tokens::CONTROL_HEIGHT))
        .align(Align2::LEFT_CENTER)
}

/// How much of its room a text takes, as a line along the field's lower edge; the numbers are in its tooltip.
pub fn gauge(ui: &Ui, field: &Response, used: usize, most: usize) {
    if used == 0 || most == 0 {
        return;
    }
    let palette = Palette::of(ui);
    let colour = match used * 10 / most {
        0..8 => palette.accent,
        _ if used <= most => palette.warn,
        _ => palette.bad,
    };
    let share = (used as f32 / most as f32).min(1.0);
    let edge = field.rect.left_bottom() + vec2(tokens::EMPHASIS, -tokens::EMPHASIS);
    let width = (field.rect.width() - 2.0 * tokens::EMPHASIS) * share;
    let line = eframe::egui::Rect::from_min_size(edge, vec2(width, tokens::EMPHASIS / 2.0));
    ui.painter().rect_filled(line, tokens::HAIRLINE, colour);
    field.clone().on_hover_text(format!("{used} of {most} bytes"));
}

/// A label and a value under each other, for facts in a row.
pub fn fact(ui: &mut Ui, label: &str, value: &str) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let palette = Palette::of(ui);
        ui.label(RichText::new(label).size(tokens::TYPE_SMALL).color(palette.weak));
        ui.label(RichText::new(value).color(palette.strong));
    });
}

/// One of a few, side by side: a segmented choice.
pub fn segments<T: Copy + PartialEq>(ui: &mut Ui, chosen: &mut T, choices: &[(T, &str)]) -> Response {
    let palette = Palette::of(ui);
    let outer = Frame::new().stroke(Stroke::new(tokens::HAIRLINE, palette.line)).corner_radius(tokens::RADIUS_S).show(
        ui,
        |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.horizontal(|ui| {
                for (value, text) in choices {
                    let on = *chosen == *value;
                    let text = RichText::new(*text).color(if on { palette.accent } else { palette.weak });
                    let button = Button::selectable(on, text).corner_radius(CornerRadius::same(tokens::RADIUS_S));
                    if ui.add(button).clicked() {
                        *chosen = *value;
                    }
                }
            });
        },
    );
    outer.response
}

/// Puts `right` at the right end of a row, and `left` in what room is left of it.
pub fn row_with_end(ui: &mut Ui, left: impl FnOnce(&mut Ui), right: impl FnOnce(&mut Ui)) {
    let height = tokens::CONTROL_HEIGHT;
    ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::right_to_left(Align::Center), |ui| {
        right(ui);
        ui.with_layout(Layout::left_to_right(Align::Center), left);
    });
}

/// Draws into a part of the room.
pub fn within<R>(ui: &mut Ui, rect: egui::Rect, layout: Layout, contents: impl FnOnce(&mut Ui) -> R) -> R {
    ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), contents).inner
}
