//! Which addresses a dialling tried, when, and what became of each: one row an address, on a common time axis.
//!
//! In: [`AttemptRow`]s. Out: a drawn table. Every outcome has a shape and words of its own; colour only repeats them.

use std::time::Duration;

use eframe::egui::{
    self, Align, Align2, Color32, FontId, Label, Layout, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::icons::{self, Icon};
use super::text;
use super::tokens::{self, Palette};
use super::widgets;
use crate::installation::snapshot::{AttemptRow, Outcome};

/// Draws the table over the width that there is. Nothing for a dialling that has not begun.
pub fn show(ui: &mut Ui, attempts: &[AttemptRow]) {
    if attempts.is_empty() {
        return;
    }
    let palette = Palette::of(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    let axis = Axis::of(attempts);
    let width = ui.available_width();
    let small = FontId::proportional(tokens::TYPE_SMALL);
    let longest = attempts.iter().map(|a| width_of(ui, &a.address, tokens::TYPE_BODY)).fold(0.0, f32::max);
    let address = longest.min(tokens::TIMELINE_ADDRESS).min(width * ADDRESS_PART);
    let bars = ((width - address) * BARS_PART).max(tokens::TIMELINE_BARS);

    let height = if attempts.len() > MANY { tokens::TIMELINE_DENSE_ROW } else { tokens::TIMELINE_ROW };
    let (rect, _) = ui.allocate_exact_size(vec2(width, tokens::TIMELINE_ROW), Sense::hover());
    let columns = Columns::of(rect, address, bars);
    let painter = ui.painter();
    for tick in axis.ticks(columns.bars.width()) {
        let x = axis.x(columns.bars, tick);
        let words = text::seconds(tick);
        painter.text(pos2(x, rect.center().y), Align2::CENTER_CENTER, words, small.clone(), palette.weak);
    }
    let lines = ui.painter().add(egui::Shape::Noop);
    let top = rect.bottom();
    for attempt in attempts {
        row(ui, attempt, height, &axis, address, bars);
    }
    let bottom = ui.min_rect().bottom();
    let grid = axis.ticks(columns.bars.width()).into_iter().map(|tick| {
        let x = ui.painter().round_to_pixel_center(axis.x(columns.bars, tick));
        egui::Shape::line_segment([pos2(x, top), pos2(x, bottom)], Stroke::new(tokens::HAIRLINE, palette.line))
    });
    ui.painter().set(lines, egui::Shape::Vec(grid.collect()));
}

/// What became of an attempt, in words.
pub fn words(attempt: &AttemptRow) -> String {
    let took = || match (attempt.started, attempt.ended) {
        (Some(from), Some(to)) => format!(" in {}", text::short(to.saturating_sub(from))),
        _ => String::new(),
    };
    match &attempt.outcome {
        Outcome::Waiting => "waits for its turn".into(),
        Outcome::Trying => "being tried…".into(),
        Outcome::Open => "open, not taken yet".into(),
        Outcome::Won => format!("connected{}", took()),
        Outcome::Closed => "closed, another one was faster".into(),
        Outcome::Failed(why) => format!("failed: {why}"),
        Outcome::KeysFailed(why) => format!("connected, but no keys: {why}"),
        Outcome::NotTried => "not needed".into(),
    }
}

fn row(ui: &mut Ui, attempt: &AttemptRow, height: f32, axis: &Axis, address: f32, bars: f32) {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let columns = Columns::of(rect, address, bars);
    let idle = matches!(attempt.outcome, Outcome::Waiting | Outcome::NotTried);
    let won = attempt.outcome == Outcome::Won;
    let name = if idle {
        palette.weak
    } else if won {
        palette.strong
    } else {
        palette.text
    };
    let label = |ui: &mut Ui, words: RichText| ui.add(Label::new(words).truncate().selectable(false));
    widgets::within(ui, columns.address, Layout::left_to_right(Align::Center), |ui| {
        label(ui, RichText::new(&attempt.address).color(name))
    });
    bar(ui, columns.bars, attempt, axis);
    let said = words(attempt);
    let (icon, colour) = sign(palette, &attempt.outcome);
    widgets::within(ui, columns.words, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_XS;
        let (place, _) = ui.allocate_exact_size(egui::Vec2::splat(tokens::SORT_MARK), Sense::hover());
        if let Some(icon) = icon {
            icons::paint(ui, icon, place, colour);
        }
        label(ui, RichText::new(&said).color(colour))
    });
    let whole = format!("{}: {said}", attempt.address);
    let tip = match (attempt.started, attempt.ended) {
        (Some(from), Some(to)) => format!("{whole}\nFrom {} to {}", text::short(from), text::short(to)),
        (Some(from), None) => format!("{whole}\nSince {}", text::short(from)),
        _ => whole.clone(),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &whole));
    response.on_hover_text(tip);
}

/// A winner is a full bar, a loser a hollow one, a failure ends in a stroke, an attempt that goes on has an open end.
fn bar(ui: &Ui, room: Rect, attempt: &AttemptRow, axis: &Axis) {
    let Some(started) = attempt.started else { return };
    let palette = Palette::of(ui);
    let (_, colour) = sign(palette, &attempt.outcome);
    let left = axis.x(room, started);
    let right = attempt.ended.map_or(room.right(), |ended| axis.x(room, ended)).max(left + tokens::TIMELINE_SLIVER);
    let half = tokens::TIMELINE_BAR / 2.0;
    let y = room.center().y;
    let rect = Rect::from_min_max(pos2(left, y - half), pos2(right, y + half));
    let painter = ui.painter();
    let line = Stroke::new(tokens::ICON_LINE, colour);
    let radius = tokens::RADIUS_S / 2;
    match attempt.outcome {
        Outcome::Won | Outcome::Open => {
            painter.rect_filled(rect, radius, colour);
        }
        Outcome::Failed(_) | Outcome::KeysFailed(_) => {
            painter.rect_filled(rect, 0, colour.gamma_multiply(tokens::FAINT));
            painter.vline(right, (y - half - tokens::HAIRLINE)..=(y + half + tokens::HAIRLINE), line);
        }
        Outcome::Closed => {
            painter.rect_filled(rect, radius, palette.surface);
            painter.rect_stroke(rect, radius, Stroke::new(tokens::HAIRLINE, colour), StrokeKind::Inside);
        }
        Outcome::Trying | Outcome::Waiting | Outcome::NotTried => {
            let dash = tokens::GAP_XS;
            painter.add(egui::Shape::dashed_line(&[pos2(left, y), pos2(right, y)], line, dash, dash));
            painter.vline(left, (y - half)..=(y + half), line);
        }
    }
}

fn sign(palette: &Palette, outcome: &Outcome) -> (Option<Icon>, Color32) {
    match outcome {
        Outcome::Won => (Some(Icon::Check), palette.good),
        Outcome::Failed(_) | Outcome::KeysFailed(_) => (Some(Icon::Cross), palette.bad),
        Outcome::Trying | Outcome::Open => (None, palette.accent),
        Outcome::Waiting | Outcome::Closed | Outcome::NotTried => (None, palette.weak),
    }
}

struct Columns {
    address: Rect,
    bars: Rect,
    words: Rect,
}

impl Columns {
    fn of(row: Rect, address: f32, bars: f32) -> Columns {
        let from = row.left() + address + tokens::GAP_M;
        let to = from + bars;
        let part =
            |left: f32, right: f32| Rect::from_min_max(pos2(left, row.top()), pos2(right.max(left), row.bottom()));
        Columns {
            address: part(row.left(), row.left() + address),
            bars: part(from, to),
            words: part(to + tokens::GAP_M, row.right()),
        }
    }
}

/// The time that bars are drawn on: from the beginning of the dialling to a little after its last event.
struct Axis {
    length: Duration,
}

impl Axis {
    fn of(attempts: &[AttemptRow]) -> Axis {
        let known = |a: &AttemptRow| a.ended.max(a.started).unwrap_or_default();
        let last = attempts.iter().map(known).max().unwrap_or_default();
        // A peer cannot make it longer: a dialling that takes an hour is drawn as one that does not end.
        let length = (last + last / 12).clamp(SHORTEST, LONGEST);
        Axis { length }
    }

    fn x(&self, room: Rect, at: Duration) -> f32 {
        let part = (at.as_secs_f32() / self.length.as_secs_f32()).clamp(0.0, 1.0);
        room.left() + room.width() * part
    }

    /// Round times, as many as have room for their labels.
    fn ticks(&self, width: f32) -> Vec<Duration> {
        let fits = |step: &Duration| {
            let apart = width * step.as_secs_f32() / self.length.as_secs_f32();
            apart >= tokens::TIMELINE_TICK
        };
        let step = STEPS_MS.into_iter().map(Duration::from_millis).find(fits).unwrap_or(self.length);
        (0..).map(|n| step * n).take_while(|at| *at <= self.length).collect()
    }
}

fn width_of(ui: &Ui, text: &str, size: f32) -> f32 {
    // Addresses come from files: a very long one is cut, and need not be measured.
    let start: String = text.chars().take(80).collect();
    ui.painter().layout_no_wrap(start, FontId::proportional(size), Color32::PLACEHOLDER).size().x.ceil() + 1.0
}

/// The addresses get no more of the width than this.
const ADDRESS_PART: f32 = 0.34;

/// Part of the rest for the bars.
const BARS_PART: f32 = 0.42;

/// From so many addresses on, rows stand closer.
const MANY: usize = 12;

const STEPS_MS: [u64; 14] =
    [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 300_000, 1_200_000];
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(started: Option<u64>, ended: Option<u64>, outcome: Outcome) -> AttemptRow {
        AttemptRow {
            address: "a:2333".into(),
            started: started.map(Duration::from_millis),
            ended: ended.map(Duration::from_millis),
            outcome,
            untrusted: None,
        }
    }

    #[test]
    fn the_axis_holds_every_event_and_has_a_few_round_ticks() {
        for last in [0, 3, 60, 900, 5_000, 61_000, 7_200_000] {
            let axis = Axis::of(&[attempt(Some(0), Some(last), Outcome::Won)]);
            assert!(axis.length >= Duration::from_millis(last).min(LONGEST), "{last}");
            let ticks = axis.ticks(300.0);
            assert!((2..=8).contains(&ticks.len()), "{last}: {ticks:?}");
        }
    }

    #[test]
    fn every_outcome_has_words_of_its_own() {
        use Outcome::*;
        let outcomes = [Waiting, Trying, Open, Won, Closed, Failed("x".into()), KeysFailed("x".into()), NotTried];
        let all: std::collections::HashSet<String> =
            outcomes.iter().map(|outcome| words(&attempt(Some(0), Some(120), outcome.clone()))).collect();
        assert_eq!(all.len(), outcomes.len());
        assert!(all.contains("connected in 120 ms"));
    }
}
