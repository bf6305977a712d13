//! The office clock in the status bar: plainly shown when it is not the computer's, and turned in a popup.
//!
//! In: the snapshot's clock. Out: a button with its popup, and the turns asked for in it.

use std::time::Duration;

use eframe::egui::{Button, Frame, Popup, PopupCloseBehavior, RectAlign, RichText, Slider, Ui};

use super::action::Action;
use super::text;
use super::tokens::{self, Palette};
use super::widgets::{self, Cx, Look};
use crate::installation::snapshot::ClockRow;

/// What stands in the status bar, and opens the popup.
pub fn button(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let clock = cx.shot.clock;
    let (words, colour) = match clock.is_real() {
        true => ("Clock".to_owned(), palette.weak),
        false => (words(&clock, &text::date(clock.now.saturating_mul(1000), cx.zone)), palette.warn),
    };
    let button = Button::selectable(false, RichText::new(words).size(tokens::TYPE_SMALL).color(colour)).small();
    let response = cx.add(ui, Action::ShowClock, button, "");
    let frame = Frame::popup(ui.style()).inner_margin(tokens::card_margin());
    Popup::from_toggle_button_response(&response)
        .frame(frame)
        .align(RectAlign::TOP_END)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| form(ui, cx));
}

/// "Office time 2024-05-18 14:05, 1 d 0 h ahead, 60 times as fast".
fn words(clock: &ClockRow, date: &str) -> String {
    let off = Duration::from_secs(clock.ahead.unsigned_abs());
    let ahead = match clock.ahead {
        0 => String::new(),
        1.. => format!(", {} ahead", text::span(off)),
        _ => format!(", {} behind", text::span(off)),
    };
    let speed = if clock.speed > 1 { format!(", {} times as fast", clock.speed) } else { String::new() };
    format!("Office time {date}{ahead}{speed}")
}

fn form(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let clock = cx.shot.clock;
    ui.set_width(tokens::CLOCK_WIDTH);
    widgets::title(ui, "Office clock");
    widgets::weak(
        ui,
        "What this installation takes for the time: how fresh a jnj is, when a meeting closes or goes on, what an archive keeps. The \
         computer's clock stays as it is, and no connection drops.",
    );
    let date = text::date_to_the_second(clock.now.saturating_mul(1000), cx.zone);
    let colour = if clock.is_real() { palette.strong } else { palette.warn };
    ui.label(RichText::new(date).size(tokens::TYPE_HEADING).color(colour));

    widgets::section(ui, "Jump");
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_XS;
        for (seconds, words) in JUMPS {
            cx.button_as(ui, Action::JumpClock(seconds), Look::Plain, words, words);
        }
    });
    slider(ui, cx, &clock);

    widgets::section(ui, "Speed");
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_XS;
        for (speed, words) in SPEEDS {
            cx.add(ui, Action::RunClockAt(speed), Button::selectable(clock.speed == speed, words), words);
        }
    });
    ui.add_space(tokens::GAP_XS);
    cx.button(ui, Action::RealClock, if clock.is_real() { Look::Plain } else { Look::Primary });
}

/// Hours ahead; the clock is turned when the handle is let go.
fn slider(ui: &mut Ui, cx: &mut Cx<'_>, clock: &ClockRow) {
    let now = clock.ahead as f64 / HOUR;
    let mut hours = cx.state.clock_dragged_to.unwrap_or(now);
    ui.spacing_mut().slider_width = tokens::CLOCK_WIDTH - tokens::CONTROL_HEIGHT * 3.0;
    let slider =
        Slider::new(&mut hours, SLIDER).suffix(" h").fixed_decimals(1).clamping(eframe::egui::SliderClamping::Edits);
    // The rail is to be seen on a popup's own ground.
    ui.visuals_mut().widgets.inactive.bg_fill = Palette::of(ui).line;
    let response = ui.add(slider).accessible_name("Hours ahead of the computer's clock");
    if response.dragged() {
        cx.state.clock_dragged_to = Some(hours);
        return;
    }
    cx.state.clock_dragged_to = None;
    if response.drag_stopped() || response.changed() {
        let by = ((hours - now) * HOUR).round();
        cx.actions.push(Action::JumpClock(by as i64));
    }
}

const JUMPS: [(i64, &str); 6] =
    [(-86_400, "−1 day"), (-3_600, "−1 h"), (-300, "−5 min"), (300, "+5 min"), (3_600, "+1 h"), (86_400, "+1 day")];

const SPEEDS: [(u32, &str); 4] =
    [(1, "As it is"), (10, "10 times"), (60, "A minute a second"), (3600, "An hour a second")];

const HOUR: f64 = 3600.0;

/// A day back, a week on.
const SLIDER: std::ops::RangeInclusive<f64> = -24.0..=168.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_clock_says_how_far_and_how_fast() {
        let clock = ClockRow { now: 0, ahead: 90_000, speed: 60 };
        assert_eq!(words(&clock, "D"), "Office time D, 1 d 1 h ahead, 60 times as fast");
        assert_eq!(words(&ClockRow { ahead: -300, speed: 1, ..clock }, "D"), "Office time D, 5 min behind");
    }
}
