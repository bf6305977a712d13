//! What a playback is moved with: play and pause, a seek bar, ten seconds back and forward, speed, repeat, and the keys for them.
//!
//! In: where a playback stands, be it of a file or over the wire. Out: drawn controls, and actions that move it.

use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{
    Align, Button, ComboBox, Key, Layout, Pos2, Rect, RichText, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::action::Action;
use super::text;
use super::tokens::{self, Palette};
use super::widgets::{self, Cx, Look};
use crate::installation::snapshot::{PlayerSnapshot, SessionSnapshot, Snapshot, TabId, WIRE_SPEEDS, WirePlayback};

/// Where a playback stands. Positions are milliseconds of meeting time.
#[derive(Clone, Debug)]
pub struct Playback {
    /// Its tab.
    pub id: TabId,
    /// First tick of the recording.
    pub start_ms: u64,
    /// Its last tick.
    pub end_ms: u64,
    /// Present position.
    pub position_ms: u64,
    /// False while paused or at the end.
    pub playing: bool,
    /// The end was reached.
    pub at_end: bool,
    /// Present speed; 1 is the meeting's own.
    pub speed: f32,
    /// Those that can be chosen; empty where it cannot be changed.
    pub speeds: Vec<f32>,
    /// Whether it starts over at the end; `None` where it cannot.
    pub repeat: Option<bool>,
    /// Where something is said.
    pub marks: Arc<Vec<u64>>,
}

impl Playback {
    /// A recording that is played from its file.
    pub fn of_file(player: &PlayerSnapshot) -> Playback {
        Playback {
            id: player.id,
            start_ms: player.start_ms,
            end_ms: player.end_ms,
            position_ms: player.position_ms,
            playing: player.playing,
            at_end: !player.playing && player.end_ms > player.start_ms && player.position_ms >= player.end_ms,
            speed: player.speed,
            speeds: FILE_SPEEDS.to_vec(),
            repeat: None,
            marks: Arc::clone(&player.chat_marks),
        }
    }

    /// A recording that an MCU plays to us.
    pub fn over_the_wire(id: TabId, wire: &WirePlayback) -> Playback {
        // Both are whole percents below a thousand.
        let times = |percent: u32| percent as f32 / 100.0;
        Playback {
            id,
            start_ms: wire.start_ms,
            end_ms: wire.end_ms,
            position_ms: wire.position_ms,
            playing: wire.playing,
            at_end: wire.at_end,
            speed: times(wire.speed),
            speeds: if wire.can_change_speed { WIRE_SPEEDS.into_iter().map(times).collect() } else { Vec::new() },
            repeat: Some(wire.repeat),
            marks: Arc::default(),
        }
    }

    /// The playback in a tab, if there is one.
    pub fn find(shot: &Snapshot, id: TabId) -> Option<Playback> {
        let file = shot.players.iter().find(|p| p.id == id).map(|player| Playback::of_file(player));
        let wire = |session: &Arc<SessionSnapshot>| {
            session.playback.as_ref().map(|wire| Playback::over_the_wire(session.id, wire))
        };
        file.or_else(|| shot.sessions.iter().find(|s| s.id == id).and_then(wire))
    }

    /// A position so far from the present one, within the recording.
    pub fn moved(&self, by: Duration, forward: bool) -> u64 {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let to = if forward { self.position_ms.saturating_add(by) } else { self.position_ms.saturating_sub(by) };
        to.clamp(self.start_ms, self.end_ms.max(self.start_ms))
    }
}

/// Draws the controls over the whole width.
pub fn controls(ui: &mut Ui, cx: &mut Cx<'_>, playback: &Playback) {
    let palette = Palette::of(ui);
    let id = playback.id;
    let shown = cx.state.tab(id).dragged_to.unwrap_or(playback.position_ms);
    seek_bar(ui, cx, playback, shown);
    ui.horizontal(|ui| {
        cx.button_as(ui, Action::Back(id), Look::Plain, "−10 s", "");
        if playback.playing {
            cx.button_as(ui, Action::Pause(id), Look::Primary, "Pause", "");
        } else {
            cx.button_as(ui, Action::Resume(id), Look::Primary, "Play", "");
        }
        cx.button_as(ui, Action::Forward(id), Look::Plain, "+10 s", "");
        ui.add_space(tokens::GAP_S);
        let total = playback.end_ms.saturating_sub(playback.start_ms);
        let at = shown.saturating_sub(playback.start_ms);
        ui.label(RichText::new(text::length_ms(at)).monospace().color(palette.strong));
        ui.label(RichText::new(format!("/ {}", text::length_ms(total))).monospace().color(palette.weak));
        if playback.at_end {
            widgets::chip(ui, "end", palette.weak).on_hover_text("The end of the recording was reached");
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            speed_menu(ui, cx, playback);
            if let Some(on) = playback.repeat {
                ui.add_space(tokens::GAP_S);
                let words = RichText::new(if on { "Repeat: on" } else { "Repeat: off" });
                let colour = if on { palette.accent } else { palette.weak };
                cx.add(ui, Action::SetRepeat(id, !on), Button::selectable(on, words.color(colour)), "");
            }
        });
    });
}

fn speed_menu(ui: &mut Ui, cx: &mut Cx<'_>, playback: &Playback) {
    let palette = Palette::of(ui);
    let name = Action::SetSpeed(playback.id, playback.speed);
    if playback.speeds.is_empty() {
        let words = RichText::new(format!("Speed {}", speed_name(playback.speed))).color(palette.weak);
        ui.label(words).on_hover_text("This server plays at the meeting's own speed only");
        return;
    }
    let combo = ComboBox::from_id_salt("speed").selected_text(speed_name(playback.speed)).show_ui(ui, |ui| {
        for &speed in &playback.speeds {
            let button = Button::selectable(speed == playback.speed, speed_name(speed));
            cx.add(ui, Action::SetSpeed(playback.id, speed), button, &speed_name(speed));
        }
    });
    combo.response.on_hover_text(name.tooltip()).accessible_name(name.name());
    ui.label(RichText::new("Speed").color(palette.weak));
}

fn seek_bar(ui: &mut Ui, cx: &mut Cx<'_>, playback: &Playback, shown: u64) {
    let palette = Palette::of(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), tokens::SEEK_HEIGHT), Sense::click_and_drag());
    let rail = Rect::from_center_size(rect.center(), vec2(rect.width() - 2.0 * tokens::SEEK_KNOB, tokens::SEEK_RAIL));
    let length = playback.end_ms.saturating_sub(playback.start_ms).max(1) as f32;
    let x_of =
        |ms: u64| rail.left() + rail.width() * (ms.saturating_sub(playback.start_ms) as f32 / length).clamp(0.0, 1.0);
    let ms_of = |at: Pos2| {
        let part = ((at.x - rail.left()) / rail.width().max(1.0)).clamp(0.0, 1.0);
        playback.start_ms.saturating_add((part * length) as u64).min(playback.end_ms)
    };

    let painter = ui.painter();
    painter.rect_filled(rail, tokens::SEEK_RAIL / 2.0, palette.line);
    let done = Rect::from_min_max(rail.min, pos2(x_of(shown), rail.max.y));
    painter.rect_filled(done, tokens::SEEK_RAIL / 2.0, palette.accent);
    // Thousands of marks fall onto a few hundred pixels: one a pixel is enough.
    let mut last = f32::NEG_INFINITY;
    for mark in playback.marks.iter() {
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

    let seconds = shown.saturating_sub(playback.start_ms) as f64 / 1000.0;
    response.widget_info(|| WidgetInfo::slider(true, seconds, Action::Seek(playback.id, 0).name()));
    if let Some(at) = response.hover_pos() {
        response.clone().on_hover_text_at_pointer(text::length_ms(ms_of(at).saturating_sub(playback.start_ms)));
    }
    if let Some(at) = response.interact_pointer_pos() {
        if response.drag_stopped() || response.clicked() {
            cx.state.tab(playback.id).dragged_to = None;
            cx.actions.push(Action::Seek(playback.id, ms_of(at)));
        } else if response.dragged() {
            cx.state.tab(playback.id).dragged_to = Some(ms_of(at));
        }
    }
}

/// Space, left and right, where no field and no question takes them.
pub fn keys(ui: &Ui, cx: &mut Cx<'_>, playback: &Playback) {
    if ui.ctx().text_edit_focused() || cx.state.question.is_some() {
        return;
    }
    // A focused button takes the space bar itself.
    let free = ui.memory(|m| m.focused().is_none());
    let (space, left, right) =
        ui.input(|i| (i.key_pressed(Key::Space), i.key_pressed(Key::ArrowLeft), i.key_pressed(Key::ArrowRight)));
    if space && free {
        cx.actions.push(if playback.playing { Action::Pause(playback.id) } else { Action::Resume(playback.id) });
    }
    if left {
        cx.actions.push(Action::Back(playback.id));
    }
    if right {
        cx.actions.push(Action::Forward(playback.id));
    }
}

fn speed_name(speed: f32) -> String {
    format!("{speed}×")
}

const FILE_SPEEDS: [f32; 8] = [0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 8.0, 16.0];

#[cfg(test)]
mod tests {
    use super::*;

    fn wire() -> WirePlayback {
        WirePlayback {
            start_ms: 1_000,
            end_ms: 61_000,
            position_ms: 5_000,
            playing: true,
            speed: 125,
            repeat: false,
            at_end: false,
            can_change_speed: true,
            recorded_at: (2024, 5, 17, 14, 5),
        }
    }

    #[test]
    fn ten_seconds_stay_within_the_recording() {
        let playback = Playback::over_the_wire(1, &wire());
        assert_eq!(playback.moved(Duration::from_secs(10), false), 1_000);
        assert_eq!(playback.moved(Duration::from_secs(10), true), 15_000);
        assert_eq!(playback.moved(Duration::MAX, true), 61_000);
    }

    #[test]
    fn over_the_wire_there_are_exactly_its_speeds_and_none_without_the_command() {
        let names: Vec<String> = Playback::over_the_wire(1, &wire()).speeds.into_iter().map(speed_name).collect();
        assert_eq!(names, ["1×", "1.25×", "1.5×", "1.75×", "2×"]);
        let old = WirePlayback { can_change_speed: false, ..wire() };
        assert!(Playback::over_the_wire(1, &old).speeds.is_empty());
    }

    #[test]
    fn an_end_before_the_start_moves_nowhere() {
        let odd = WirePlayback { start_ms: 10, end_ms: 3, position_ms: 7, ..wire() };
        assert_eq!(Playback::over_the_wire(1, &odd).moved(Duration::from_secs(1), true), 10);
    }
}
