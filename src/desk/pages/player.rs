//! A playback: the meeting as it was, with a bar to move in it.
//!
//! In: one [`PlayerSnapshot`]. Out: actions that move the playback.

use std::time::Duration;

use eframe::egui::{
    self, ComboBox, Frame, Key, Panel, Pos2, Rect, RichText, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use crate::desk::action::Action;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::desk::{chat, people, text};
use crate::installation::snapshot::PlayerSnapshot;

/// Draws the tab.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, player: &PlayerSnapshot) {
    keys(ui, cx, player);
    let palette = Palette::of(ui);
    let bar = Frame::new().inner_margin(tokens::tab_bar_margin()).fill(palette.surface);
    Panel::top("player header").frame(bar).show(ui, |ui| header(ui, cx, player));
    Panel::bottom("player controls").frame(bar).show(ui, |ui| controls(ui, cx, player));
    let side = Frame::new().inner_margin(tokens::tab_bar_margin()).fill(palette.surface);
    Panel::right("player people")
        .frame(side)
        .default_size(tokens::PEOPLE_WIDTH)
        .show(ui, |ui| people::show(ui, cx, &player.view, None));
    egui::CentralPanel::default().frame(Frame::new().inner_margin(tokens::GAP_XS).fill(palette.page)).show(ui, |ui| {
        if player.view.chat.is_empty() {
            widgets::empty(
                ui,
                "Nothing was said up to here",
                "The marks on the bar below show where something is said.",
                |_| {},
            );
            return;
        }
        let zone = cx.zone;
        chat::show(ui, &player.view, &mut cx.state.tab(player.id).chat, zone, chat::LineTime::Meeting);
    });
}

fn header(ui: &mut Ui, cx: &mut Cx<'_>, player: &PlayerSnapshot) {
    let palette = Palette::of(ui);
    widgets::row_with_end(
        ui,
        |ui| {
            widgets::title(ui, &player.title);
        },
        |ui| {
            ui.label(
                RichText::new(format!("recorded {}", text::date(player.recorded_at, cx.zone))).color(palette.weak),
            )
            .on_hover_text(player.file.display().to_string());
        },
    );
    if let Some(damage) = &player.damage {
        widgets::banner(ui, palette.warn, damage);
    }
}

fn controls(ui: &mut Ui, cx: &mut Cx<'_>, player: &PlayerSnapshot) {
    let palette = Palette::of(ui);
    let shown = cx.state.tab(player.id).dragged_to.unwrap_or(player.position_ms);
    seek_bar(ui, cx, player, shown);
    ui.horizontal(|ui| {
        cx.button_as(ui, Action::Back(player.id), Look::Plain, "−10 s", "");
        if player.playing {
            cx.button_as(ui, Action::Pause(player.id), Look::Primary, "Pause", "");
        } else {
            cx.button_as(ui, Action::Resume(player.id), Look::Primary, "Play", "");
        }
        cx.button_as(ui, Action::Forward(player.id), Look::Plain, "+10 s", "");
        ui.add_space(tokens::GAP_S);
        let total = player.end_ms.saturating_sub(player.start_ms);
        let at = shown.saturating_sub(player.start_ms);
        ui.label(RichText::new(text::length_ms(at)).monospace().color(palette.strong));
        ui.label(RichText::new(format!("/ {}", text::length_ms(total))).monospace().color(palette.weak));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let combo = ComboBox::from_id_salt("speed").selected_text(speed_name(player.speed)).show_ui(ui, |ui| {
                for speed in SPEEDS {
                    cx.add(
                        ui,
                        Action::SetSpeed(player.id, speed),
                        egui::Button::selectable(speed == player.speed, speed_name(speed)),
                        &speed_name(speed),
                    );
                }
            });
            let name = Action::SetSpeed(player.id, player.speed);
            combo.response.on_hover_text(name.tooltip()).accessible_name(name.name());
            ui.label(RichText::new("Speed").color(palette.weak));
        });
    });
}

fn seek_bar(ui: &mut Ui, cx: &mut Cx<'_>, player: &PlayerSnapshot, shown: u64) {
    let palette = Palette::of(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), tokens::SEEK_HEIGHT), Sense::click_and_drag());
    let rail = Rect::from_center_size(rect.center(), vec2(rect.width() - 2.0 * tokens::SEEK_KNOB, tokens::SEEK_RAIL));
    let length = player.end_ms.saturating_sub(player.start_ms).max(1) as f32;
    let x_of =
        |ms: u64| rail.left() + rail.width() * (ms.saturating_sub(player.start_ms) as f32 / length).clamp(0.0, 1.0);
    let ms_of = |at: Pos2| {
        let part = ((at.x - rail.left()) / rail.width().max(1.0)).clamp(0.0, 1.0);
        player.start_ms.saturating_add((part * length) as u64).min(player.end_ms)
    };

    let painter = ui.painter();
    painter.rect_filled(rail, tokens::SEEK_RAIL / 2.0, palette.line);
    let done = Rect::from_min_max(rail.min, pos2(x_of(shown), rail.max.y));
    painter.rect_filled(done, tokens::SEEK_RAIL / 2.0, palette.accent);
    // Thousands of marks fall onto a few hundred pixels: one a pixel is enough.
    let mut last = f32::NEG_INFINITY;
    for mark in player.chat_marks.iter() {
        let x = x_of(*mark).round();
        if x > last {
            let reach = tokens::SEEK_RAIL / 2.0 + tokens::SEEK_MARK;
            let colour = if *mark <= shown { palette.accent } else { palette.weak };
            painter.vline(
                x,
                (rail.center().y - reach)..=(rail.center().y + reach),
                Stroke::new(tokens::HAIRLINE, colour),
            );
            last = x;
        }
    }
    painter.circle_filled(pos2(x_of(shown), rail.center().y), tokens::SEEK_KNOB, palette.accent);
    if response.has_focus() {
        painter.circle_stroke(
            pos2(x_of(shown), rail.center().y),
            tokens::SEEK_KNOB + tokens::EMPHASIS,
            Stroke::new(tokens::HAIRLINE, palette.accent),
        );
    }

    let seconds = shown.saturating_sub(player.start_ms) as f64 / 1000.0;
    response.widget_info(|| WidgetInfo::slider(true, seconds, Action::Seek(player.id, 0).name()));
    if let Some(at) = response.hover_pos() {
        response.clone().on_hover_text_at_pointer(text::length_ms(ms_of(at).saturating_sub(player.start_ms)));
    }
    if let Some(at) = response.interact_pointer_pos() {
        if response.drag_stopped() || response.clicked() {
            cx.state.tab(player.id).dragged_to = None;
            cx.actions.push(Action::Seek(player.id, ms_of(at)));
        } else if response.dragged() {
            cx.state.tab(player.id).dragged_to = Some(ms_of(at));
        }
    }
}

fn keys(ui: &Ui, cx: &mut Cx<'_>, player: &PlayerSnapshot) {
    if ui.ctx().text_edit_focused() || cx.state.question.is_some() {
        return;
    }
    // A focused button takes the space bar itself.
    let free = ui.memory(|m| m.focused().is_none());
    let (space, left, right) =
        ui.input(|i| (i.key_pressed(Key::Space), i.key_pressed(Key::ArrowLeft), i.key_pressed(Key::ArrowRight)));
    if space && free {
        cx.actions.push(if player.playing { Action::Pause(player.id) } else { Action::Resume(player.id) });
    }
    if left {
        cx.actions.push(Action::Back(player.id));
    }
    if right {
        cx.actions.push(Action::Forward(player.id));
    }
}

/// A position so far from the present one, within the recording.
pub fn moved(player: &PlayerSnapshot, by: Duration, forward: bool) -> u64 {
    let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
    let to = if forward { player.position_ms.saturating_add(by) } else { player.position_ms.saturating_sub(by) };
    to.clamp(player.start_ms, player.end_ms.max(player.start_ms))
}

fn speed_name(speed: f32) -> String {
    format!("{speed}×")
}

const SPEEDS: [f32; 8] = [0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 8.0, 16.0];
