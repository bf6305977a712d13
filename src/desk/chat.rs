//! The lines of a chat, of which only those in sight are laid out.
//!
//! In: a [`View`] and the heights remembered from earlier frames. Out: drawn lines. Meetings and playbacks share it.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, Align, FontId, Label, Layout, Rect, RichText, ScrollArea, Ui, pos2, vec2};
use jiff::tz::TimeZone;

use super::text;
use super::tokens::{self, Palette};
use super::widgets;
use crate::installation::transcript;
use crate::meeting::view::{Audience, ChatLine, View};

/// Heights of the lines: measured where a line was in sight, estimated elsewhere.
#[derive(Default)]
pub struct ChatRows {
    heights: Vec<f32>,
    width: f32,
    total: f32,
}

/// Which time stands before a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineTime {
    /// Of day, as the message says.
    Clock,
    /// Since the meeting's start.
    Meeting,
}

/// Draws the chat into all the room there is, and stays at its end while the end is in sight. Over line `new_from` it says that
/// what follows is new. Returns a line that is to be copied.
pub fn show(
    ui: &mut Ui,
    view: &View,
    rows: &mut ChatRows,
    zone: &TimeZone,
    time: LineTime,
    new_from: Option<usize>,
) -> Option<String> {
    let mut copied = None;
    let area = ScrollArea::vertical().id_salt("chat").auto_shrink(false).stick_to_bottom(true);
    area.show_viewport(ui, |ui, viewport| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let width = ui.available_width();
        rows.fit(&view.chat, width);
        let top = ui.min_rect().top();
        let left = ui.min_rect().left();
        let mut y = 0.0;
        let mut moved = false;
        for (n, (line, height)) in view.chat.iter().zip(rows.heights.iter_mut()).enumerate() {
            if y + *height >= viewport.top() && y <= viewport.bottom() {
                let rect = Rect::from_min_size(pos2(left, top + y), vec2(width, *height));
                let used = widgets::within(ui, rect, Layout::left_to_right(Align::Min), |ui| {
                    let said = draw_line(ui, view, line, zone, time);
                    said.context_menu(|ui| {
                        if ui.button("Copy line").clicked() {
                            copied = Some(transcript::as_line(view, line, zone));
                        }
                    });
                    ui.min_rect().height()
                });
                if new_from == Some(n) {
                    mark_new(ui, rect);
                }
                moved |= (used - *height).abs() > 0.5;
                *height = used;
            }
            y += *height;
        }
        ui.expand_to_include_rect(Rect::from_min_size(pos2(left, top), vec2(width, y)));
        // The scroll area clamps and sticks with the height of the frame before.
        if moved || (rows.total - y).abs() > 0.5 {
            rows.total = y;
            ui.ctx().request_repaint();
        }
    });
    copied
}

/// A line over what came while one was elsewhere.
fn mark_new(ui: &Ui, rect: Rect) {
    let palette = Palette::of(ui);
    ui.painter().hline(rect.x_range(), rect.top(), egui::Stroke::new(tokens::HAIRLINE, palette.accent));
    let at = rect.right_top() + vec2(-tokens::GAP_M, 0.0);
    ui.painter().text(at, egui::Align2::RIGHT_TOP, "new", FontId::proportional(tokens::TYPE_SMALL), palette.accent);
}

impl ChatRows {
    fn fit(&mut self, chat: &[std::sync::Arc<ChatLine>], width: f32) {
        if (self.width - width).abs() > 0.5 {
            self.heights.clear();
            self.width = width;
        }
        self.heights.truncate(chat.len());
        let known = self.heights.len();
        self.heights.extend(chat.iter().skip(known).map(|line| estimate(line, width)));
    }
}

fn draw_line(ui: &mut Ui, view: &View, line: &ChatLine, zone: &TimeZone, time: LineTime) -> egui::Response {
    let palette = Palette::of(ui);
    ui.spacing_mut().item_spacing.x = tokens::GAP_S;
    let stamp = match (time, line.tick, line.date) {
        (LineTime::Meeting, Some(tick), _) => text::length_ms(tick.into()),
        (_, _, Some(date)) => text::clock(date, zone),
        (_, Some(tick), None) => text::length_ms(tick.into()),
        (_, None, None) => String::new(),
    };
    let top = ui.max_rect().left_top() + vec2(0.0, tokens::GAP_XS);
    let stamp_rect = Rect::from_min_size(top, vec2(tokens::CHAT_TIME_WIDTH, tokens::TYPE_BODY));
    if !stamp.is_empty() {
        let text = RichText::new(stamp).size(tokens::TYPE_SMALL).color(palette.weak);
        widgets::within(ui, stamp_rect, Layout::right_to_left(Align::Min), |ui| {
            ui.add(Label::new(text).selectable(false))
        });
    }
    let left = stamp_rect.right() + tokens::GAP_M;
    let room = Rect::from_min_max(pos2(left, top.y), pos2(ui.max_rect().right() - tokens::GAP_M, f32::INFINITY));
    let (used, said) = widgets::within(ui, room, Layout::top_down(Align::Min), |ui| {
        let said = ui.add(Label::new(job(palette, view, line)).wrap());
        (ui.min_rect().bottom(), said)
    });
    let whole = Rect::from_min_max(ui.max_rect().left_top(), pos2(ui.max_rect().right(), used + tokens::GAP_XS));
    ui.allocate_rect(whole, egui::Sense::hover());
    said
}

fn job(palette: &Palette, view: &View, line: &ChatLine) -> LayoutJob {
    let body = FontId::proportional(tokens::TYPE_BODY);
    let small = FontId::proportional(tokens::TYPE_SMALL);
    let mut job = LayoutJob::default();
    let own = line.from == view.me && view.me >= 0;
    let colour = match line.audience {
        Audience::Notice => palette.warn,
        _ if own => palette.accent,
        _ => palette.strong,
    };
    let name = if line.audience == Audience::Notice { "Notice" } else { line.name.as_str() };
    job.append(name, 0.0, TextFormat::simple(body.clone(), colour));
    if let Audience::Private { to } = line.audience {
        let to = if to == view.me { "you".to_owned() } else { view.name_of(to) };
        job.append(&format!("private to {to}"), tokens::GAP_S, TextFormat::simple(small, palette.private));
    }
    let colour = match line.audience {
        Audience::Notice => palette.warn,
        Audience::Private { .. } => palette.private,
        Audience::Public => palette.text,
    };
    job.append(&line.text, tokens::GAP_S, TextFormat::simple(body, colour));
    job
}

/// Near enough for the scroll bar, until the line is in sight and measured. A CJK character is about as wide as two others.
fn estimate(line: &ChatLine, width: f32) -> f32 {
    let columns = |text: &str| text.chars().map(|c| if c > '\u{2e7f}' { 2.0 } else { 1.0 }).sum::<f32>();
    let per_row = ((width - tokens::CHAT_TIME_WIDTH - tokens::GAP_L) / (tokens::TYPE_BODY * 0.5)).max(1.0);
    let rows: f32 = line.text.split('\n').map(|part| (columns(part) / per_row).ceil().max(1.0)).sum();
    let rows = if columns(&line.text) + columns(&line.name) > per_row && rows <= 1.0 { 2.0 } else { rows };
    rows * tokens::TYPE_BODY * 1.2 + 2.0 * tokens::GAP_XS
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn line(text: &str) -> Arc<ChatLine> {
        Arc::new(ChatLine { from: 1, name: "Gus".into(), text: text.into(), ..ChatLine::default() })
    }

    #[test]
    fn heights_follow_a_chat_that_grows_shrinks_and_is_resized() {
        let mut rows = ChatRows::default();
        let chat = vec![line("short"), line(&"long ".repeat(100))];
        rows.fit(&chat, 400.0);
        assert_eq!(rows.heights.len(), 2);
        assert!(rows.heights[1] > rows.heights[0] * 3.0);
        let narrow = rows.heights[1];
        rows.fit(&chat, 800.0);
        assert!(rows.heights[1] < narrow);
        rows.fit(&chat[..1], 800.0);
        assert_eq!(rows.heights.len(), 1);
    }
}
