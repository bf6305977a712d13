//! The inspector: every message on every connection of this engine, while it watches.
//!
//! In: the snapshot's lines, a filter. Out: a table of which only the rows in sight are drawn, the chosen line in full, text for the
//! clipboard.

use std::sync::Arc;

use eframe::egui::{
    self, Align, Button, ComboBox, Grid, Key, Label, Layout, Panel, RichText, ScrollArea, Sense, TextWrapMode, Ui,
    Vec2, vec2,
};
use egui_extras::{Column, TableBuilder, TableRow};
use serde_json::{Map, Value, json};

use crate::desk::action::Action;
use crate::desk::icons::{self, Icon};
use crate::desk::text;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::installation::snapshot::{Direction, InspectorLine, InspectorSnapshot};

/// Which lines are shown, and which of them in full.
#[derive(Default)]
pub struct Watch {
    /// What has to pass.
    pub filter: WatchFilter,
    /// The line shown in full, by its number.
    pub chosen: Option<u64>,
    /// The end of the table is left, and not returned to by itself.
    pub scrolled_up: bool,
    /// The end is wanted in sight in the next frame.
    pub to_end: bool,
    /// What is shown while it is paused.
    pub paused: Option<Arc<InspectorSnapshot>>,
    shown: Shown,
    offset: f32,
}

/// Which lines pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchFilter {
    /// The name or a field holds this text, in any case.
    pub text: String,
    /// Only this connection.
    pub connection: Option<u32>,
    /// Only this way.
    pub direction: Option<Direction>,
}

/// The lines that pass, found once for each change of what they depend on.
#[derive(Default)]
struct Shown {
    of: Option<(Arc<Vec<Arc<InspectorLine>>>, WatchFilter)>,
    lines: Arc<Vec<Arc<InspectorLine>>>,
}

impl WatchFilter {
    /// Whether a line passes; `wanted` is the text in lower case.
    fn passes(&self, line: &InspectorLine, wanted: &str) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(wanted);
        self.connection.is_none_or(|number| number == line.connection)
            && self.direction.is_none_or(|direction| direction == line.direction)
            && (wanted.is_empty()
                || holds(&line.name)
                || line.fields.iter().any(|(name, value)| holds(name) || holds(value)))
    }
}

impl Watch {
    /// The lines that pass, oldest first.
    pub fn lines(&mut self, all: &Arc<Vec<Arc<InspectorLine>>>) -> Arc<Vec<Arc<InspectorLine>>> {
        let same = self.shown.of.as_ref().is_some_and(|(of, filter)| Arc::ptr_eq(of, all) && *filter == self.filter);
        if !same {
            let wanted = self.filter.text.trim().to_lowercase();
            let passing = all.iter().filter(|line| self.filter.passes(line, &wanted)).cloned();
            self.shown = Shown { lines: Arc::new(passing.collect()), of: Some((all.clone(), self.filter.clone())) };
        }
        self.shown.lines.clone()
    }

    /// What is shown: the newest, or what was there when it was paused.
    pub fn seen(&self, now: &Arc<InspectorSnapshot>) -> Arc<InspectorSnapshot> {
        self.paused.clone().unwrap_or_else(|| now.clone())
    }
}

/// Draws the page.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let seen = cx.state.watch.seen(&cx.shot.inspector);
    let lines = cx.state.watch.lines(&seen.lines);
    title(ui, cx, &seen, lines.len());
    if seen.lines.is_empty() && !seen.on && cx.state.watch.paused.is_none() {
        return off(ui, cx);
    }
    filters(ui, cx, &seen);
    if seen.dropped > 0 {
        let count = usize::try_from(seen.dropped).unwrap_or(usize::MAX);
        let words = format!("{} dropped to make room.", text::count(count, "older line was", "older lines were"));
        ui.label(RichText::new(words).size(tokens::TYPE_SMALL).color(Palette::of(ui).warn));
    }
    let chosen = cx.state.watch.chosen.and_then(|number| lines.iter().find(|line| line.number == number)).cloned();
    if let Some(line) = &chosen {
        let panel = Panel::bottom("inspected line").resizable(true);
        let frame = egui::Frame::new().inner_margin(tokens::bar_margin()).fill(Palette::of(ui).surface);
        let panel = panel.default_size(tokens::INSPECTED_HEIGHT).min_size(tokens::LOG_MIN_HEIGHT).frame(frame);
        panel.show(ui, |ui| details(ui, cx, line));
    }
    if seen.lines.is_empty() {
        let text = "Messages are listed as they go in and out: join a meeting, or say something in one.";
        widgets::empty(ui, "Watching, nothing yet", text, |_| {});
    } else if lines.is_empty() {
        widgets::empty(ui, "Nothing found", "No message passes the filter.", |_| {});
    } else {
        keys(ui, cx, &lines);
        table(ui, cx, &seen, &lines);
    }
}

/// Lines as JSON, one a line, as `--trace` writes them.
pub fn as_json_lines<'a>(seen: &InspectorSnapshot, lines: impl Iterator<Item = &'a Arc<InspectorLine>>) -> String {
    lines.fold(String::new(), |mut out, line| {
        let fields: Map<String, Value> =
            line.fields.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let hex: String = line.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let object = json!({ "at": line.at, "connection": line.connection, "label": label(seen, line.connection),
            "direction": direction_word(line.direction), "name": line.name, "fields": fields, "hex": hex, "size": line.size });
        out.push_str(&object.to_string());
        out.push('\n');
        out
    })
}

fn off(ui: &mut Ui, cx: &mut Cx<'_>) {
    let text = "The inspector lists every message that the MCU and the clients of this window send and receive: decrypted, with its fields \
                and its bytes. Passwords, keys and tickets are masked. Nothing is kept until it watches.";
    widgets::empty(ui, "See what goes over the wire", text, |ui| {
        cx.button_as(ui, Action::SetInspector(true), Look::Primary, "Start watching", "");
    });
}

fn title(ui: &mut Ui, cx: &mut Cx<'_>, seen: &InspectorSnapshot, passing: usize) {
    let palette = Palette::of(ui);
    let all = seen.lines.len();
    let paused = cx.state.watch.paused.is_some();
    let newest = |lines: &[Arc<InspectorLine>]| lines.last().map_or(0, |line| line.number);
    let newer = newest(&cx.shot.inspector.lines).saturating_sub(newest(&seen.lines));
    widgets::row_with_end(
        ui,
        |ui| {
            ui.label(RichText::new("Inspector").size(tokens::TYPE_HEADING).color(palette.strong));
            if all > 0 {
                let words = if passing == all { all.to_string() } else { format!("{passing} of {all}") };
                ui.label(RichText::new(words).color(palette.weak));
            }
            if paused {
                widgets::chip(ui, &format!("paused, {newer} newer"), palette.warn)
                    .on_hover_text("What comes in is kept, and shown when you go on");
            } else if !seen.on && all > 0 {
                widgets::chip(ui, "not watching", palette.warn);
            }
        },
        |ui| {
            if all == 0 && !seen.on {
                return;
            }
            if cx.shot.inspector.on {
                cx.button_as(ui, Action::SetInspector(false), Look::Plain, "Stop watching", "");
            } else {
                cx.button_as(ui, Action::SetInspector(true), Look::Primary, "Start watching", "");
            }
            cx.button(ui, Action::ClearInspector, Look::Plain);
            cx.button_as(ui, Action::CopyInspector, Look::Plain, "Copy all", "");
        },
    );
    ui.add_space(tokens::GAP_XS);
}

fn filters(ui: &mut Ui, cx: &mut Cx<'_>, seen: &InspectorSnapshot) {
    ui.horizontal(|ui| {
        let filter = &mut cx.state.watch.filter;
        ui.add(widgets::field(&mut filter.text, tokens::INSPECTOR_FILTER).hint_text("Filter messages"))
            .accessible_name("Filter messages");
        let chosen = filter.connection.map_or_else(|| "All connections".to_owned(), |number| label(seen, number));
        let combo = ComboBox::from_id_salt("connection").width(tokens::INSPECTOR_CONNECTION).truncate();
        let combo = combo.selected_text(chosen).show_ui(ui, |ui| {
            ui.style_mut().wrap_mode = Some(TextWrapMode::Extend);
            ui.selectable_value(&mut filter.connection, None, "All connections");
            for connection in &seen.connections {
                let closed = if connection.open { "" } else { " (closed)" };
                let words = format!("{}{closed}", connection.label);
                ui.selectable_value(&mut filter.connection, Some(connection.number), words);
            }
        });
        combo.response.on_hover_text("Only messages of this connection").accessible_name("Connection of messages");
        let ways = [(None, "Both"), (Some(Direction::Received), "Received"), (Some(Direction::Sent), "Sent")];
        widgets::segments(ui, &mut filter.direction, &ways);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let paused = cx.state.watch.paused.is_some();
            toggle(ui, cx, Action::PauseInspector(!paused), paused, "Pause");
            let follows = !cx.state.watch.scrolled_up;
            toggle(ui, cx, Action::FollowInspector(!follows), follows, "Follow");
        });
    });
}

fn toggle(ui: &mut Ui, cx: &mut Cx<'_>, action: Action, on: bool, face: &str) {
    let palette = Palette::of(ui);
    let words = RichText::new(face).color(if on { palette.accent } else { palette.weak });
    cx.add(ui, action, Button::selectable(on, words), "");
}

fn keys(ui: &Ui, cx: &mut Cx<'_>, lines: &[Arc<InspectorLine>]) {
    if ui.ctx().text_edit_focused() || cx.state.question.is_some() {
        return;
    }
    let watch = &mut cx.state.watch;
    let at = watch.chosen.and_then(|number| lines.iter().position(|line| line.number == number));
    let (up, down, escape) =
        ui.input(|i| (i.key_pressed(Key::ArrowUp), i.key_pressed(Key::ArrowDown), i.key_pressed(Key::Escape)));
    let to = match at {
        Some(at) if down => Some(at.saturating_add(1).min(lines.len().saturating_sub(1))),
        Some(at) if up => Some(at.saturating_sub(1)),
        _ => None,
    };
    if let Some(line) = to.and_then(|to| lines.get(to)) {
        watch.chosen = Some(line.number);
    } else if escape {
        watch.chosen = None;
    }
}

fn table(ui: &mut Ui, cx: &mut Cx<'_>, seen: &InspectorSnapshot, lines: &[Arc<InspectorLine>]) {
    ui.spacing_mut().item_spacing = vec2(tokens::GAP_M, 0.0);
    let follows = !cx.state.watch.scrolled_up;
    let mut builder = TableBuilder::new(ui);
    if std::mem::take(&mut cx.state.watch.to_end) {
        builder = builder.scroll_to_row(lines.len().saturating_sub(1), Some(Align::BOTTOM));
    }
    let output = builder
        .id_salt("inspector")
        .striped(true)
        .auto_shrink(false)
        .sense(Sense::click())
        .stick_to_bottom(follows)
        .animate_scrolling(false)
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(tokens::INSPECTOR_TIME))
        .column(Column::initial(tokens::INSPECTOR_LABEL).clip(true))
        .column(Column::exact(tokens::ICON))
        .column(Column::initial(tokens::INSPECTOR_NAME).clip(true))
        .column(Column::remainder().at_least(tokens::RECORDING_TITLE_MIN).clip(true))
        .header(tokens::LOG_ROW_HEIGHT + tokens::GAP_XS, |mut header| {
            for name in ["Time", "Connection", "", "Message", "Fields"] {
                header.col(|ui| widgets::section(ui, name));
            }
        })
        .body(|body| {
            body.rows(tokens::INSPECTOR_ROW, lines.len(), |mut row| {
                if let Some(line) = lines.get(row.index()) {
                    draw_row(&mut row, cx, seen, line);
                }
            });
        });
    // Whoever scrolls up reads; whoever comes back to the end follows again.
    let (offset, room) = (output.state.clamped_offset().y, output.inner_rect.height());
    let at_end = offset + room >= output.content_size.y - tokens::INSPECTOR_ROW / 2.0;
    let watch = &mut cx.state.watch;
    if follows && offset < watch.offset - tokens::INSPECTOR_ROW / 2.0 && !at_end {
        watch.scrolled_up = true;
    } else if !follows && offset > watch.offset && at_end {
        watch.scrolled_up = false;
    }
    watch.offset = offset;
}

fn draw_row(row: &mut TableRow<'_, '_>, cx: &mut Cx<'_>, seen: &InspectorSnapshot, line: &InspectorLine) {
    row.set_selected(cx.state.watch.chosen == Some(line.number));
    let cell = |ui: &mut Ui, words: RichText| ui.add(Label::new(words).truncate().selectable(false));
    row.col(|ui| {
        let palette = Palette::of(ui);
        cell(ui, RichText::new(text::clock_ms(line.at, cx.zone)).monospace().color(palette.weak));
    });
    row.col(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_XS;
        let palette = Palette::of(ui);
        widgets::dot(ui, palette.of_series(line.connection));
        let whole = label(seen, line.connection);
        cell(ui, RichText::new(short_label(&whole)).color(palette.text)).on_hover_text(whole);
    });
    row.col(|ui| arrow(ui, line.direction));
    row.col(|ui| {
        let palette = Palette::of(ui);
        cell(ui, RichText::new(&line.name).color(palette.strong)).on_hover_text(&line.section);
    });
    row.col(|ui| {
        let palette = Palette::of(ui);
        cell(ui, RichText::new(fields_in_a_line(&line.fields)).color(palette.text));
    });
    if row.response().clicked() {
        cx.state.watch.chosen = Some(line.number);
    }
}

fn arrow(ui: &mut Ui, direction: Direction) {
    let palette = Palette::of(ui);
    match direction {
        Direction::Received => icons::show(ui, Icon::In, palette.good, "received"),
        Direction::Sent => icons::show(ui, Icon::Out, palette.accent, "sent"),
    };
}

fn details(ui: &mut Ui, cx: &mut Cx<'_>, line: &InspectorLine) {
    let palette = Palette::of(ui);
    let number = line.number;
    widgets::row_with_end(
        ui,
        |ui| {
            arrow(ui, line.direction);
            ui.label(RichText::new(&line.name).size(tokens::TYPE_TITLE).color(palette.strong));
            let words = format!(
                "{}  ·  {}  ·  {} {} {}",
                line.section,
                text::bytes(u64::try_from(line.size).unwrap_or(u64::MAX)),
                direction_word(line.direction),
                if line.direction == Direction::Sent { "on" } else { "from" },
                label(&cx.shot.inspector, line.connection),
            );
            widgets::line(ui, RichText::new(words).color(palette.weak));
        },
        |ui| {
            let close = Button::new("×").frame_when_inactive(false);
            if ui.add(close).on_hover_text("Close (Escape)").accessible_name("Close the message").clicked() {
                cx.state.watch.chosen = None;
            }
            cx.button(ui, Action::CopyInspectorLine(number), Look::Quiet);
        },
    );
    let room = ui.available_rect_before_wrap();
    // Where sixteen bytes a line leave too little for the fields, eight do.
    let wide = room.width() >= tokens::HEX_WIDTH + tokens::FIELDS_WIDTH;
    let (per_line, dump) = if wide { (16, tokens::HEX_WIDTH) } else { (8, tokens::HEX_NARROW) };
    let (left, right) = room.split_left_right_at_x(room.right() - dump);
    widgets::within(ui, left.with_max_x(left.right() - tokens::GAP_M), Layout::top_down(Align::Min), |ui| {
        ScrollArea::vertical().id_salt("fields").auto_shrink(false).show(ui, |ui| fields(ui, line));
    });
    widgets::within(ui, right, Layout::top_down(Align::Min), |ui| {
        ScrollArea::both().id_salt("bytes").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for words in hex_dump(&line.bytes, per_line) {
                ui.add(Label::new(RichText::new(words).monospace().color(palette.text)).extend());
            }
            let left_out = line.size.saturating_sub(line.bytes.len());
            if left_out > 0 {
                let words = format!("… {} more", text::count(left_out, "byte", "bytes"));
                ui.label(RichText::new(words).size(tokens::TYPE_SMALL).color(palette.weak));
            }
        });
    });
    ui.allocate_rect(room, Sense::hover());
}

fn fields(ui: &mut Ui, line: &InspectorLine) {
    let palette = Palette::of(ui);
    if line.fields.is_empty() {
        widgets::weak(ui, "No fields.");
    }
    ui.spacing_mut().interact_size.y = tokens::LOG_ROW_HEIGHT;
    Grid::new("fields").num_columns(2).spacing(vec2(tokens::GAP_M, tokens::HAIRLINE)).show(ui, |ui| {
        for (name, value) in &line.fields {
            ui.label(RichText::new(name).color(palette.weak));
            ui.add(Label::new(RichText::new(value).color(palette.strong)).wrap());
            ui.end_row();
        }
    });
    ui.allocate_space(Vec2::ZERO);
}

fn fields_in_a_line(fields: &[(String, String)]) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        // No row is as wide as this; the rest is in the pane below.
        if out.len() > LONGEST_LINE {
            break;
        }
        if !out.is_empty() {
            out.push_str("  ");
        }
        out.push_str(name);
        out.push('=');
        out.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
    }
    out
}

/// Offset, eight or sixteen bytes, and what of them is ASCII.
fn hex_dump(bytes: &[u8], per_line: usize) -> Vec<String> {
    let columns = per_line * 3 + usize::from(per_line > 8);
    let line = |(n, row): (usize, &[u8])| {
        let hex: String = row
            .iter()
            .enumerate()
            .map(|(at, byte)| if at == 8 { format!("  {byte:02x}") } else { format!(" {byte:02x}") })
            .collect();
        let plain: String =
            row.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' }).collect();
        format!("{:04x} {hex:<columns$}  {plain}", n * per_line)
    };
    bytes.chunks(per_line).enumerate().map(line).collect()
}

fn label(seen: &InspectorSnapshot, number: u32) -> String {
    let known = seen.connections.iter().find(|connection| connection.number == number);
    known.map_or_else(|| format!("connection {number}"), |connection| connection.label.clone())
}

/// Which end and whose connection, `mcu  Olive`, of a label `mcu <- 127.0.0.1:50412 (Olive)`: the name is what people look for, and the
/// whole of it stands in the tooltip. A label without a name is left as it is.
fn short_label(label: &str) -> String {
    let named = label.strip_suffix(')').and_then(|label| label.split_once(" ("));
    let end = label.split_once(" <- ").or_else(|| label.split_once(" -> "));
    match (end, named) {
        (Some((end, _)), Some((_, name))) if !name.is_empty() => format!("{end}  ·  {name}"),
        _ => label.to_owned(),
    }
}

fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Received => "received",
        Direction::Sent => "sent",
    }
}

/// Bytes of fields that are laid out for a row.
const LONGEST_LINE: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64, direction: Direction, name: &str, value: &str) -> Arc<InspectorLine> {
        Arc::new(InspectorLine {
            number,
            at: 0,
            connection: u32::try_from(number).unwrap(),
            direction,
            name: name.into(),
            fields: vec![("text".into(), value.into())],
            bytes: vec![0x41, 0, 0xff],
            size: 3,
            section: "wire/02 section 6".into(),
        })
    }

    #[test]
    fn a_line_passes_by_text_connection_and_direction() {
        let all = Arc::new(vec![
            line(1, Direction::Received, "CHAT_TEXT", "Hello"),
            line(2, Direction::Sent, "TOKEN", "大家好"),
        ]);
        let mut watch = Watch::default();
        let mut passing = |text: &str, connection, direction| {
            watch.filter = WatchFilter { text: text.into(), connection, direction };
            watch.lines(&all).iter().map(|line| line.number).collect::<Vec<_>>()
        };
        assert_eq!(passing("", None, None), [1, 2]);
        assert_eq!(passing("hello", None, None), [1]);
        assert_eq!(passing("大家", None, None), [2]);
        assert_eq!(passing("", Some(2), None), [2]);
        assert_eq!(passing("text", None, Some(Direction::Received)), [1]);
        assert!(passing("hello", Some(2), None).is_empty());
    }

    #[test]
    fn lines_are_filtered_once_for_each_change() {
        let all = Arc::new(vec![line(1, Direction::Sent, "CHAT", "x")]);
        let mut watch = Watch::default();
        let first = watch.lines(&all);
        assert!(Arc::ptr_eq(&first, &watch.lines(&all)), "nothing has changed");
        watch.filter.text = "y".into();
        assert!(watch.lines(&all).is_empty());
        watch.filter.text.clear();
        let more = Arc::new(vec![line(1, Direction::Sent, "CHAT", "x"), line(2, Direction::Sent, "CHAT", "x")]);
        assert_eq!(watch.lines(&more).len(), 2);
    }

    #[test]
    fn a_connection_is_called_by_the_name_of_its_person_where_there_is_one() {
        assert_eq!(short_label("mcu <- 127.0.0.1:50412 (Olive (QA))"), "mcu  ·  Olive (QA)");
        assert_eq!(short_label("client 1 -> mcu.example.com:2333 (王小明)"), "client 1  ·  王小明");
        assert_eq!(short_label("client 1 -> mcu.example.com:2333"), "client 1 -> mcu.example.com:2333");
        assert_eq!(short_label("odd ()"), "odd ()");
    }

    #[test]
    fn bytes_are_dumped_sixteen_a_line_with_their_letters_in_one_column() {
        let lines = hex_dump(&(0x30..0x43).collect::<Vec<u8>>(), 16);
        assert_eq!(lines[0], "0000  30 31 32 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  0123456789:;<=>?");
        assert_eq!(lines[1].find("@AB"), lines[0].find("0123456789:"));
        assert!(hex_dump(&[], 8).is_empty());
    }

    #[test]
    fn copied_lines_are_json_one_a_line() {
        let seen = InspectorSnapshot::default();
        let copied = as_json_lines(&seen, [line(1, Direction::Sent, "CHAT", "a\nb")].iter());
        assert_eq!(copied.lines().count(), 1);
        let object: Value = serde_json::from_str(&copied).unwrap();
        assert_eq!((object["hex"].as_str(), object["fields"]["text"].as_str()), (Some("4100ff"), Some("a\nb")));
        assert_eq!(object["direction"], "sent");
    }
}
