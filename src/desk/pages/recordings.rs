//! The table of recordings.
//!
//! In: the snapshot's rows, a filter, an order. Out: drawn rows, and what to play.

use std::cmp::Ordering;
use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{self, Align, Button, Direction, Key, Label, Layout, Rect, RichText, Sense, Ui, Vec2, vec2};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::desk::action::Action;
use crate::desk::icons::{self, Icon};
use crate::desk::pages::home::shown_title;
use crate::desk::text;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::installation::snapshot::{RecordingKind, RecordingRow};

/// What of the table is shown, and how.
#[derive(Default)]
pub struct Browser {
    /// Rows hold this text somewhere, in any case.
    pub filter: String,
    /// The column that rows are sorted by.
    pub sort: Sort,
    /// Largest first.
    pub descending: Option<bool>,
    /// The chosen row.
    pub chosen: Option<PathBuf>,
    shown: Shown,
}

/// A column that rows can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs)]
pub enum Sort {
    Title,
    Owner,
    Meeting,
    #[default]
    Date,
    Length,
    People,
    Size,
    Ended,
    Kind,
}

/// The rows that pass, found once for each change of what they depend on.
#[derive(Default)]
struct Shown {
    of: Option<(Arc<Vec<RecordingRow>>, String, Sort, bool)>,
    rows: Vec<usize>,
}

impl Browser {
    /// Indices of the rows that pass the filter, in order.
    pub fn rows(&mut self, all: &Arc<Vec<RecordingRow>>) -> &[usize] {
        let descending = self.is_descending();
        let same = self.shown.of.as_ref().is_some_and(|(rows, filter, sort, down)| {
            Arc::ptr_eq(rows, all) && *filter == self.filter && *sort == self.sort && *down == descending
        });
        if !same {
            self.shown.rows = sorted(all, &self.filter, self.sort, descending);
            self.shown.of = Some((all.clone(), self.filter.clone(), self.sort, descending));
        }
        &self.shown.rows
    }

    /// Sorts by a column; a second time turns the order round.
    pub fn sort_by(&mut self, sort: Sort) {
        self.descending = Some(if self.sort == sort { !self.is_descending() } else { default_descending(sort) });
        self.sort = sort;
    }

    fn is_descending(&self) -> bool {
        self.descending.unwrap_or(default_descending(self.sort))
    }
}

/// Draws the page.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let all = cx.shot.recordings.clone();
    let rows = cx.state.browser.rows(&all).to_vec();
    widgets::row_with_end(
        ui,
        |ui| {
            let palette = Palette::of(ui);
            ui.label(RichText::new("Recordings").size(tokens::TYPE_HEADING).color(palette.strong));
            let words = if rows.len() == all.len() {
                all.len().to_string()
            } else {
                format!("{} of {}", rows.len(), all.len())
            };
            ui.label(RichText::new(words).color(palette.weak));
        },
        |ui| {
            play_button(ui, cx, &all);
            cx.button(ui, Action::RefreshRecordings, Look::Plain);
            ui.add(widgets::field(&mut cx.state.browser.filter, tokens::FILTER_WIDTH).hint_text("Filter recordings"))
                .accessible_name("Filter recordings");
        },
    );
    ui.add_space(tokens::GAP_XS);
    if all.is_empty() {
        let text = "Every recorded meeting of this installation is listed here as soon as it has begun. A .jnr file from elsewhere can be \
                    opened, or dropped on this window.";
        widgets::empty(ui, "No recordings yet", text, |ui| {
            cx.button(ui, Action::OpenFile, Look::Plain);
        });
    } else if rows.is_empty() {
        let text = format!("No title, owner, meeting id or participant holds “{}”.", cx.state.browser.filter.trim());
        widgets::empty(ui, "Nothing found", &text, |_| {});
    } else {
        keys(ui, cx, &all, &rows);
        table(ui, cx, &all, &rows);
    }
}

fn play_button(ui: &mut Ui, cx: &mut Cx<'_>, all: &[RecordingRow]) {
    let chosen = all.iter().find(|r| Some(&r.path) == cx.state.browser.chosen.as_ref());
    match chosen.filter(|r| text::playable(r.kind)) {
        Some(row) => {
            cx.button_as(ui, Action::PlayFile(row.path.clone()), Look::Primary, "Play", "");
            cx.button(ui, Action::PlayOverWire(row.path.clone()), Look::Plain);
        }
        None => {
            let why = chosen.map_or("Choose a recording first", |r| text::kind(r.kind).1);
            let play = Action::PlayFile(PathBuf::new());
            ui.add_enabled(false, Button::new("Play")).on_disabled_hover_text(why).accessible_name(play.name());
        }
    }
}

fn keys(ui: &Ui, cx: &mut Cx<'_>, all: &[RecordingRow], rows: &[usize]) {
    if ui.ctx().text_edit_focused() || cx.state.question.is_some() {
        return;
    }
    let at = rows.iter().position(|i| all.get(*i).map(|r| &r.path) == cx.state.browser.chosen.as_ref());
    let (up, down, enter) =
        ui.input(|i| (i.key_pressed(Key::ArrowUp), i.key_pressed(Key::ArrowDown), i.key_pressed(Key::Enter)));
    let to = match at {
        Some(at) if down => Some(at.saturating_add(1).min(rows.len().saturating_sub(1))),
        Some(at) if up => Some(at.saturating_sub(1)),
        None if down => Some(0),
        _ => None,
    };
    if let Some(row) = to.and_then(|to| rows.get(to)).and_then(|i| all.get(*i)) {
        cx.state.browser.chosen = Some(row.path.clone());
    }
    if let Some(row) = at.and_then(|at| rows.get(at)).and_then(|i| all.get(*i))
        && enter
        && text::playable(row.kind)
    {
        cx.actions.push(Action::PlayFile(row.path.clone()));
    }
}

fn table(ui: &mut Ui, cx: &mut Cx<'_>, all: &[RecordingRow], rows: &[usize]) {
    // Where there is little room, the title gets it; what is left out stands in its tooltip.
    let narrow = ui.available_width() < tokens::RECORDING_WIDE;
    let columns: Vec<(Sort, &str, f32)> =
        COLUMNS.into_iter().filter(|(sort, ..)| !narrow || !WIDE_ONLY.contains(sort)).collect();
    ui.spacing_mut().item_spacing = vec2(tokens::GAP_M, 0.0);
    let mut builder = TableBuilder::new(ui)
        .id_salt(("recordings", narrow))
        .striped(true)
        .auto_shrink(false)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::remainder().at_least(tokens::RECORDING_TITLE_MIN).clip(true));
    for (_, _, width) in columns.iter().skip(1) {
        builder = builder.column(Column::initial(*width).clip(true));
    }
    builder = builder.column(Column::exact(tokens::CONTROL_HEIGHT));
    builder
        .header(tokens::ROW_HEIGHT, |mut header| {
            for (sort, name, _) in &columns {
                header.col(|ui| {
                    ui.with_layout(column_layout(*sort), |ui| column_title(ui, cx, *sort, name));
                });
            }
        })
        .body(|body| {
            body.rows(tokens::ROW_HEIGHT, rows.len(), |mut row| {
                if let Some(recording) = rows.get(row.index()).and_then(|i| all.get(*i)) {
                    draw_row(&mut row, cx, recording, &columns);
                }
            });
        });
}

fn column_title(ui: &mut Ui, cx: &mut Cx<'_>, sort: Sort, name: &str) {
    let browser = &mut cx.state.browser;
    let palette = Palette::of(ui);
    let by_this = browser.sort == sort;
    let colour = if by_this { palette.strong } else { palette.weak };
    let text = RichText::new(name).size(tokens::TYPE_SMALL).color(colour);
    let response =
        ui.add(Button::new(text).frame(false)).on_hover_text("Sort by this; a second time turns the order round");
    if by_this {
        let beside = (response.rect.width() + tokens::SORT_MARK) / 2.0 + tokens::GAP_XS / 2.0;
        let to_the_left = column_layout(sort).main_dir() == Direction::RightToLeft;
        let at = response.rect.center() + vec2(if to_the_left { -beside } else { beside }, 0.0);
        let icon = if browser.is_descending() { Icon::Down } else { Icon::Up };
        icons::paint(ui, icon, Rect::from_center_size(at, Vec2::splat(tokens::SORT_MARK)), colour);
    }
    if response.accessible_name(format!("Sort by {name}")).clicked() {
        browser.sort_by(sort);
    }
}

fn draw_row(row: &mut TableRow<'_, '_>, cx: &mut Cx<'_>, recording: &RecordingRow, columns: &[(Sort, &str, f32)]) {
    row.set_selected(cx.state.browser.chosen.as_ref() == Some(&recording.path));
    for (sort, ..) in columns {
        let sort = *sort;
        row.col(|ui| {
            let palette = Palette::of(ui);
            let (words, colour) = cell(palette, sort, recording, cx);
            ui.with_layout(column_layout(sort), |ui| {
                let label = ui.add(Label::new(RichText::new(words).color(colour)).truncate().selectable(false));
                match sort {
                    Sort::Title => label.on_hover_text(summary(recording)),
                    Sort::People => label.on_hover_text(recording.people.join("\n")),
                    Sort::Kind => label.on_hover_text(text::kind(recording.kind).1),
                    _ => label,
                };
            });
        });
    }
    row.col(|ui| {
        let menu = MenuButton::from_button(Button::new("…").frame_when_inactive(false));
        let shown = menu.ui(ui, |ui| row_menu(ui, cx, recording)).0;
        let title = shown_title(&recording.title, &recording.meeting_id);
        shown.on_hover_text("What you can do with this recording").accessible_name(format!("Menu: {title}"));
    });
    let response = row.response();
    response.context_menu(|ui| row_menu(ui, cx, recording));
    if response.clicked() {
        cx.state.browser.chosen = Some(recording.path.clone());
    }
    if response.double_clicked() {
        if text::playable(recording.kind) {
            cx.actions.push(Action::PlayFile(recording.path.clone()));
        } else {
            cx.state.tell(crate::installation::snapshot::Level::Warn, format!("{}.", text::kind(recording.kind).1));
        }
    }
}

fn row_menu(ui: &mut Ui, cx: &mut Cx<'_>, recording: &RecordingRow) {
    if text::playable(recording.kind) {
        cx.button_as(ui, Action::PlayFile(recording.path.clone()), Look::Quiet, "Play", "this one");
        cx.button(ui, Action::PlayOverWire(recording.path.clone()), Look::Quiet);
    } else {
        widgets::weak(ui, text::kind(recording.kind).1);
    }
    cx.button(ui, Action::ShowStatusOf(recording.path.clone()), Look::Quiet);
    cx.button_as(ui, Action::Copy(recording.path.display().to_string()), Look::Quiet, "Copy path", "path");
}

fn summary(recording: &RecordingRow) -> String {
    format!(
        "{}\nMeeting id {}, ended: {}\n{}",
        shown_title(&recording.title, &recording.meeting_id),
        recording.meeting_id,
        text::ended(recording.how),
        recording.people.join(", ")
    )
}

fn cell(palette: &Palette, sort: Sort, recording: &RecordingRow, cx: &Cx<'_>) -> (String, egui::Color32) {
    match sort {
        Sort::Title => (shown_title(&recording.title, &recording.meeting_id), palette.strong),
        Sort::Owner => (owner(recording).to_owned(), palette.text),
        Sort::Meeting => (recording.meeting_id.clone(), palette.weak),
        Sort::Date => (text::date(recording.started, cx.zone), palette.text),
        Sort::Length => (text::length(recording.duration), palette.text),
        Sort::People => (recording.people.len().to_string(), palette.text),
        Sort::Size if recording.size == 0 => ("–".into(), palette.weak),
        Sort::Size => (text::bytes(recording.size), palette.text),
        Sort::Ended => (text::ended(recording.how).into(), palette.weak),
        Sort::Kind => {
            let colour = match recording.kind {
                RecordingKind::Playable => palette.good,
                RecordingKind::Live | RecordingKind::Damaged => palette.bad,
                RecordingKind::Recoverable => palette.warn,
                RecordingKind::HomeMeeting | RecordingKind::NotRecorded => palette.weak,
            };
            (text::kind(recording.kind).0.into(), colour)
        }
    }
}

fn column_layout(sort: Sort) -> Layout {
    match sort {
        Sort::Length | Sort::People | Sort::Size => Layout::right_to_left(Align::Center),
        _ => Layout::left_to_right(Align::Center),
    }
}

fn sorted(all: &[RecordingRow], filter: &str, sort: Sort, descending: bool) -> Vec<usize> {
    let wanted = filter.trim().to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let passes = |r: &RecordingRow| {
        wanted.is_empty()
            || [&r.title, &r.owner_name, &r.owner_id, &r.meeting_id].into_iter().any(|text| holds(text))
            || r.people.iter().any(|name| holds(name))
    };
    let mut found: Vec<(usize, &RecordingRow)> = all.iter().enumerate().filter(|(_, r)| passes(r)).collect();
    found.sort_by(|(_, a), (_, b)| {
        let order = compare(a, b, sort);
        if descending { order.reverse() } else { order }
    });
    found.into_iter().map(|(i, _)| i).collect()
}

fn compare(a: &RecordingRow, b: &RecordingRow, sort: Sort) -> Ordering {
    match sort {
        Sort::Title => a.title.to_lowercase().cmp(&b.title.to_lowercase()),
        Sort::Owner => owner(a).cmp(owner(b)),
        // Most ids are numbers, and 10 comes after 9.
        Sort::Meeting => match (a.meeting_id.parse::<u64>(), b.meeting_id.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => a.meeting_id.cmp(&b.meeting_id),
        },
        Sort::Date => a.started.cmp(&b.started),
        Sort::Length => a.duration.cmp(&b.duration),
        Sort::People => a.people.len().cmp(&b.people.len()),
        Sort::Size => a.size.cmp(&b.size),
        Sort::Ended => text::ended(a.how).cmp(text::ended(b.how)),
        Sort::Kind => text::kind(a.kind).0.cmp(text::kind(b.kind).0),
    }
}

fn owner(recording: &RecordingRow) -> &str {
    if recording.owner_name.is_empty() { &recording.owner_id } else { &recording.owner_name }
}

fn default_descending(sort: Sort) -> bool {
    matches!(sort, Sort::Date | Sort::Length | Sort::People | Sort::Size)
}

/// Columns with their titles and first widths; the title's width is what is left.
const COLUMNS: [(Sort, &str, f32); 9] = [
    (Sort::Title, "Title", tokens::RECORDING_TITLE_MIN),
    (Sort::Owner, "Owner", tokens::COLUMN_NAME),
    (Sort::Meeting, "Meeting id", tokens::COLUMN_NAME),
    (Sort::Date, "Started", tokens::COLUMN_DATE),
    (Sort::Length, "Length", tokens::COLUMN_NUMBER),
    (Sort::People, "People", tokens::COLUMN_NUMBER),
    (Sort::Size, "Size", tokens::COLUMN_NUMBER),
    (Sort::Ended, "Ended", tokens::COLUMN_NAME),
    (Sort::Kind, "Recording", tokens::COLUMN_NAME),
];

/// Left out of a narrow table.
const WIDE_ONLY: [Sort; 3] = [Sort::Meeting, Sort::People, Sort::Ended];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn row(n: u32, title: &str, person: &str) -> RecordingRow {
        RecordingRow {
            path: format!("{n}.jnr").into(),
            title: title.into(),
            meeting_id: n.to_string(),
            owner_id: "alice".into(),
            owner_name: "Alice".into(),
            group: None,
            started: i64::from(n),
            duration: Duration::from_secs(60),
            people: vec![person.into()],
            how: Some(0),
            size: 1,
            kind: RecordingKind::Playable,
        }
    }

    #[test]
    fn newest_first_and_a_second_click_turns_the_order_round() {
        let all = Arc::new(vec![row(9, "b", "x"), row(10, "a", "y")]);
        let mut browser = Browser::default();
        assert_eq!(browser.rows(&all), [1, 0]);
        browser.sort_by(Sort::Date);
        assert_eq!(browser.rows(&all), [0, 1]);
        browser.sort_by(Sort::Title);
        assert_eq!(browser.rows(&all), [1, 0]);
    }

    #[test]
    fn meeting_ids_that_are_numbers_sort_as_numbers() {
        let all = Arc::new(vec![row(10, "", ""), row(9, "", "")]);
        let mut browser = Browser::default();
        browser.sort_by(Sort::Meeting);
        assert_eq!(browser.rows(&all), [1, 0]);
    }

    #[test]
    fn the_filter_finds_people_too() {
        let all = Arc::new(vec![row(1, "Planning", "Gus"), row(2, "週會", "王小明")]);
        let mut browser = Browser { filter: "小明".into(), ..Browser::default() };
        assert_eq!(browser.rows(&all), [1]);
        browser.filter = "PLAN".into();
        assert_eq!(browser.rows(&all), [0]);
    }
}
