//! The log panel: what the engine reports, newest at the bottom.
//!
//! In: the snapshot's log lines. Out: drawn lines, or text for the clipboard.

use eframe::egui::{self, ComboBox, Label, RichText, ScrollArea, Ui};
use jiff::tz::TimeZone;

use crate::desk::action::Action;
use crate::desk::text;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::installation::snapshot::{Level, LogLine};

/// Which lines are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter {
    /// At least this important.
    pub level: Level,
    /// Holding this text, in any case.
    pub text: String,
}

impl Default for LogFilter {
    fn default() -> LogFilter {
        LogFilter { level: Level::Info, text: String::new() }
    }
}

impl LogFilter {
    /// The lines that pass, oldest first.
    pub fn pass<'a>(&self, lines: &'a [LogLine]) -> Vec<&'a LogLine> {
        let wanted = self.text.trim().to_lowercase();
        let fits = |line: &&LogLine| {
            line.level >= self.level
                && (wanted.is_empty()
                    || line.text.to_lowercase().contains(&wanted)
                    || line.room.to_lowercase().contains(&wanted))
        };
        lines.iter().filter(fits).collect()
    }
}

/// Draws the panel's contents.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal(|ui| {
        widgets::title(ui, "Log");
        ui.add_space(tokens::GAP_S);
        let filter = &mut cx.state.log;
        let combo = ComboBox::from_id_salt("log level").selected_text(level_name(filter.level)).show_ui(ui, |ui| {
            for level in [Level::Debug, Level::Info, Level::Warn, Level::Error] {
                ui.selectable_value(&mut filter.level, level, level_name(level));
            }
        });
        combo.response.on_hover_text("The least important lines to show").accessible_name("Log level");
        ui.add(widgets::field(&mut filter.text, tokens::FILTER_WIDTH).hint_text("Filter the log"))
            .accessible_name("Filter the log");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            cx.button_as(ui, Action::ToggleLog, Look::Quiet, "Hide", "hide");
            cx.button_as(ui, Action::CopyLog, Look::Quiet, "Copy", "");
        });
    });
    let all = cx.shot.log.clone();
    let lines = cx.state.log.pass(&all);
    if lines.is_empty() {
        widgets::weak(ui, if all.is_empty() { "Nothing was reported yet." } else { "No line passes the filter." });
        ui.take_available_space();
        return;
    }
    let area = ScrollArea::both().id_salt("log").auto_shrink(false).stick_to_bottom(true);
    ui.spacing_mut().item_spacing.y = 0.0;
    area.show_rows(ui, tokens::LOG_ROW_HEIGHT, lines.len(), |ui, range| {
        for line in lines.get(range).unwrap_or_default() {
            draw_line(ui, line, cx.zone);
        }
    });
}

/// The lines as text, for the clipboard.
pub fn as_text(lines: &[&LogLine], zone: &TimeZone) -> String {
    let mut out = String::new();
    for line in lines {
        out.push_str(&format!(
            "{} {:5} {}: {}\n",
            text::date(line.at, zone),
            level_name(line.level),
            line.room,
            line.text
        ));
    }
    out
}

fn draw_line(ui: &mut Ui, line: &LogLine, zone: &TimeZone) {
    let palette = Palette::of(ui);
    let colour = match line.level {
        Level::Debug => palette.weak,
        Level::Info => palette.text,
        Level::Warn => palette.warn,
        Level::Error => palette.bad,
    };
    let words =
        format!("{}  {:7}  {:10}  {}", text::clock_ms(line.at, zone), level_name(line.level), line.room, line.text);
    let label = Label::new(RichText::new(words).monospace().color(colour)).extend();
    ui.allocate_ui(egui::vec2(ui.available_width(), tokens::LOG_ROW_HEIGHT), |ui| {
        ui.set_height(tokens::LOG_ROW_HEIGHT);
        ui.add(label);
    });
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Debug => "Debug",
        Level::Info => "Info",
        Level::Warn => "Warning",
        Level::Error => "Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_passes_by_level_and_by_text_or_room() {
        let line = |level, text: &str| LogLine { at: 0, level, room: "mcu".into(), text: text.into() };
        let lines = [line(Level::Debug, "noise"), line(Level::Info, "Listening"), line(Level::Error, "lost")];
        let pass = |level, text: &str| LogFilter { level, text: text.into() }.pass(&lines).len();
        assert_eq!((pass(Level::Debug, ""), pass(Level::Info, ""), pass(Level::Error, "")), (3, 2, 1));
        assert_eq!((pass(Level::Info, "listen"), pass(Level::Info, "MCU"), pass(Level::Info, "client")), (1, 2, 0));
    }
}
