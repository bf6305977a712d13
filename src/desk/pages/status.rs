//! The status files as they are on disk, with the meaning of each entry beside it.
//!
//! In: the snapshot's files, which are read again every second while this page is shown. Out: a list of files, the chosen one entry by
//! entry or as it is, text for the clipboard.

use std::path::{Path, PathBuf};

use eframe::egui::{
    self, Align, Button, FontId, Key, Label, Layout, Panel, Rect, RichText, ScrollArea, Sense, Stroke, Ui, pos2, vec2,
};

use crate::desk::action::Action;
use crate::desk::text;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::installation::snapshot::{Entry, Explained, McuState, Section, StatusFileRow, StatusLook};

/// What of the files is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusPage {
    /// The file in sight; the first one if it is none of those that are there.
    pub chosen: Option<PathBuf>,
    /// As it is on disk.
    pub as_it_is: bool,
    /// The recording whose status was asked for.
    pub recording: Option<PathBuf>,
    /// What the engine was told to read last: whether somebody looks, and which recording's.
    pub told: (bool, Option<PathBuf>),
}

impl StatusPage {
    /// The file in sight.
    pub fn shown<'f>(&self, look: &'f StatusLook) -> Option<&'f StatusFileRow> {
        let chosen = look.files.iter().find(|file| Some(&file.path) == self.chosen.as_ref());
        chosen.or_else(|| look.files.first())
    }
}

/// Draws the page.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let look = cx.shot.status.clone();
    widgets::heading(
        ui,
        "Status files",
        "What the MCU tells third parties, read from the recording folder every second. Nothing here is changed.",
    );
    if let Some(problem) = &look.problem {
        widgets::banner(ui, Palette::of(ui).warn, problem);
    }
    let Some(shown) = cx.state.status.shown(&look).cloned() else {
        let text = "An MCU writes them while it runs: who meets, which offices are open, how much it carries. Web sites that were built for \
                    HomeMeeting's MCU read them.";
        widgets::empty(ui, "No status files yet", text, |ui| {
            if !matches!(cx.shot.mcu, McuState::Running(_) | McuState::Elsewhere { .. }) {
                cx.button(ui, Action::StartMcu, Look::Primary);
            }
        });
        return;
    };
    keys(ui, cx, &look, &shown);
    let list = Panel::left("status files").resizable(false).exact_size(tokens::STATUS_FILES_WIDTH);
    list.frame(egui::Frame::new()).show_separator_line(false).show(ui, |ui| files(ui, cx, &look, &shown.path));
    file(ui, cx, &shown);
}

fn keys(ui: &Ui, cx: &mut Cx<'_>, look: &StatusLook, shown: &StatusFileRow) {
    if ui.ctx().text_edit_focused() || cx.state.question.is_some() {
        return;
    }
    let (up, down) = ui.input(|i| (i.key_pressed(Key::ArrowUp), i.key_pressed(Key::ArrowDown)));
    let at = look.files.iter().position(|file| file.path == shown.path).unwrap_or_default();
    let to = if down { at.saturating_add(1) } else { at.saturating_sub(1) };
    if (up || down)
        && let Some(file) = look.files.get(to)
    {
        cx.state.status.chosen = Some(file.path.clone());
    }
}

fn files(ui: &mut Ui, cx: &mut Cx<'_>, look: &StatusLook, shown: &Path) {
    ScrollArea::vertical().id_salt("status list").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = tokens::GAP_XS / 2.0;
        for file in &look.files {
            entry_of_list(ui, cx, file, file.path == shown);
        }
    });
}

fn entry_of_list(ui: &mut Ui, cx: &mut Cx<'_>, file: &StatusFileRow, shown: bool) {
    let action = Action::ChooseStatusFile(file.path.clone());
    let size = vec2(ui.available_width() - tokens::GAP_M, tokens::STATUS_FILE_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let palette = Palette::of(ui);
    if shown || response.hovered() || response.has_focus() {
        let fill = if shown { palette.accent.gamma_multiply(tokens::TINT) } else { palette.chrome };
        ui.painter().rect_filled(rect, tokens::RADIUS_S, fill);
    }
    let inner = rect.shrink2(vec2(tokens::GAP_S, tokens::GAP_XS));
    let colour = if file.explained.problem.is_some() { palette.bad } else { palette.strong };
    let half = vec2(inner.width(), inner.height() / 2.0);
    for (top, words) in [
        (inner.top(), RichText::new(file.kind.title()).color(colour)),
        (inner.top() + half.y, RichText::new(short(&file.name)).size(tokens::TYPE_SMALL).color(palette.weak)),
    ] {
        let label = Label::new(words).truncate().selectable(false).halign(Align::Min);
        line_at(ui, Rect::from_min_size(pos2(inner.left(), top), half), label);
    }
    let response = response.on_hover_text(format!("{}\n{}", file.name, age(file)));
    if response.accessible_name(format!("{}: {}", file.kind.title(), file.name)).clicked() {
        cx.actions.push(action);
    }
}

fn file(ui: &mut Ui, cx: &mut Cx<'_>, file: &StatusFileRow) {
    let palette = Palette::of(ui);
    let as_it_is = cx.state.status.as_it_is;
    widgets::row_with_end(
        ui,
        |ui| {
            widgets::title(ui, file.kind.title()).on_hover_text(&file.name);
            let about = format!("{}  ·  {}", text::bytes(file.size), age(file));
            widgets::line(ui, RichText::new(about).color(palette.weak));
        },
        |ui| {
            cx.button(ui, Action::CopyStatusFile(file.path.clone()), Look::Plain);
            for (on, face) in [(true, "As it is"), (false, "Explained")] {
                let words = RichText::new(face).color(if on == as_it_is { palette.accent } else { palette.weak });
                cx.add(ui, Action::ShowStatusAsItIs(on), Button::selectable(on == as_it_is, words), face);
            }
        },
    );
    widgets::weak(ui, file.kind.purpose());
    widgets::line(ui, RichText::new(file.path.display().to_string()).monospace().color(palette.weak));
    ui.add_space(tokens::GAP_XS);
    if let Some(problem) = &file.explained.problem {
        widgets::banner(ui, palette.bad, problem);
    }
    if as_it_is {
        as_it_is_on_disk(ui, file);
    } else {
        explained(ui, &file.path, &file.explained);
    }
}

fn as_it_is_on_disk(ui: &mut Ui, file: &StatusFileRow) {
    let lines: Vec<&str> = file.text.lines().collect();
    let area = ScrollArea::both().id_salt(("status as it is", &file.path)).auto_shrink(false);
    ui.spacing_mut().item_spacing.y = 0.0;
    area.show_rows(ui, tokens::LOG_ROW_HEIGHT, lines.len(), |ui, range| {
        for line in lines.get(range).unwrap_or_default() {
            let colour = Palette::of(ui).text;
            ui.add(Label::new(RichText::new(*line).monospace().color(colour)).extend());
        }
    });
}

/// A line of the table.
enum Line<'e> {
    Title(&'e Section),
    Entry(&'e Entry),
}

fn explained(ui: &mut Ui, path: &Path, explained: &Explained) {
    let lines: Vec<Line<'_>> = explained
        .sections
        .iter()
        .flat_map(|section| std::iter::once(Line::Title(section)).chain(section.entries.iter().map(Line::Entry)))
        .collect();
    let columns = Columns::of(ui, &lines);
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical().id_salt(("status explained", path)).auto_shrink(false);
    area.show_rows(ui, columns.height(), lines.len(), |ui, range| {
        for line in lines.get(range).unwrap_or_default() {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), columns.height()), Sense::hover());
            match line {
                Line::Title(section) => section_title(ui, rect, section),
                Line::Entry(entry) => columns.entry(ui, rect, entry),
            }
        }
    });
}

fn section_title(ui: &mut Ui, rect: Rect, section: &Section) {
    let palette = Palette::of(ui);
    let line = Stroke::new(tokens::HAIRLINE, palette.line);
    ui.painter().hline(rect.x_range(), rect.bottom() - tokens::GAP_XS, line);
    let min = pos2(rect.left(), rect.bottom() - tokens::ROW_HEIGHT);
    let rect = Rect::from_min_max(min, rect.max - vec2(0.0, tokens::GAP_XS));
    line_at(ui, rect, Label::new(RichText::new(&section.title).strong().color(palette.strong)).truncate());
}

/// Where name, value and meaning stand: as wide as they need, and where there is little room the meaning below the others.
struct Columns {
    name: f32,
    value: f32,
    below: bool,
}

impl Columns {
    fn of(ui: &Ui, lines: &[Line<'_>]) -> Columns {
        let room = ui.available_width();
        let (mut name, mut value) = (0.0_f32, 0.0_f32);
        let width = |text: &str, font: FontId| {
            ui.painter().layout_no_wrap(text.to_owned(), font, Palette::of(ui).text).size().x
        };
        // Those of one kind of entry are alike: the first tell enough of a file with hundreds of people.
        for line in lines.iter().take(MEASURED) {
            if let Line::Entry(entry) = line {
                name = name.max(width(&entry.name, FontId::monospace(tokens::TYPE_MONO)));
                value = value.max(width(&entry.value, FontId::proportional(tokens::TYPE_BODY)));
            }
        }
        let below = room < tokens::STATUS_WIDE;
        let most = if below { room / 2.0 } else { room / 3.0 };
        Columns { name: (name + tokens::GAP_L).min(most), value: (value + tokens::GAP_L).min(most), below }
    }

    fn height(&self) -> f32 {
        if self.below { tokens::STATUS_FILE_HEIGHT } else { tokens::ROW_HEIGHT }
    }

    fn entry(&self, ui: &mut Ui, rect: Rect, entry: &Entry) {
        let palette = Palette::of(ui);
        let name = RichText::new(&entry.name).monospace().size(tokens::TYPE_MONO).color(palette.weak);
        let value = RichText::new(&entry.value).color(palette.strong);
        let meaning = RichText::new(&entry.meaning);
        let value_width = if self.below { rect.width() - self.name } else { self.value };
        let height = if self.below { rect.height() / 2.0 } else { rect.height() };
        let (left, top) = (rect.left(), rect.top());
        let (meaning_at, meaning) = match self.below {
            true => {
                let words = meaning.size(tokens::TYPE_SMALL).color(palette.weak);
                (Rect::from_min_max(pos2(left, top + height), rect.max), words)
            }
            false => {
                let words = meaning.color(palette.text);
                (Rect::from_min_max(pos2(left + self.name + self.value, top), rect.max), words)
            }
        };
        for (at, words) in [
            (Rect::from_min_size(pos2(left, top), vec2(self.name - tokens::GAP_S, height)), name),
            (Rect::from_min_size(pos2(left + self.name, top), vec2(value_width - tokens::GAP_S, height)), value),
            (meaning_at, meaning),
        ] {
            line_at(ui, at, Label::new(words).truncate().halign(Align::Min));
        }
    }
}

/// One line in its place, which leaves the page's own flow as it is.
fn line_at(ui: &mut Ui, rect: Rect, label: Label) {
    let place = egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
    ui.new_child(place).add(label);
}

/// So many entries are measured.
const MEASURED: usize = 200;

/// Where it is, for the file of a meeting; else its name. The whole is in the tooltip.
fn short(name: &str) -> String {
    let mut folders: Vec<&str> = name.split(['/', '\\']).collect();
    let file = folders.pop().unwrap_or(name);
    let meeting: Vec<&str> = folders.into_iter().filter(|folder| !matches!(*folder, "_user" | "participant")).collect();
    if meeting.is_empty() { file.to_owned() } else { meeting.join(" / ") }
}

fn age(file: &StatusFileRow) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match file.age_s {
        None => "written at an unknown time".into(),
        Some(0 | 1) => "written just now".into(),
        Some(s) if s < MINUTE => format!("written {s} s ago"),
        Some(s) if s < HOUR => format!("written {} min ago", s / MINUTE),
        Some(s) if s < DAY => format!("written {} h ago", s / HOUR),
        Some(s) => format!("written {} ago", text::count((s / DAY) as usize, "day", "days")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::installation::snapshot::StatusKind;

    fn row(path: &str, age_s: Option<u64>) -> StatusFileRow {
        StatusFileRow {
            path: path.into(),
            name: path.into(),
            kind: StatusKind::Alive,
            size: 1,
            written_ms: None,
            age_s,
            explained: Arc::default(),
            text: "1".into(),
        }
    }

    #[test]
    fn the_first_file_is_in_sight_until_another_is_chosen_and_after_that_one_is_gone() {
        let mut page = StatusPage::default();
        let mut look = StatusLook { files: vec![row("a", None), row("b", None)], problem: None };
        assert_eq!(page.shown(&look).unwrap().name, "a");
        page.chosen = Some("b".into());
        assert_eq!(page.shown(&look).unwrap().name, "b");
        look.files.pop();
        assert_eq!(page.shown(&look).unwrap().name, "a");
        look.files.pop();
        assert_eq!(page.shown(&look), None);
    }

    #[test]
    fn an_age_is_said_in_words() {
        assert_eq!(age(&row("a", None)), "written at an unknown time");
        assert_eq!(age(&row("a", Some(1))), "written just now");
        let words = [59, 60, 7_199, 86_400, 200_000].map(|s| age(&row("a", Some(s))));
        let expected = ["59 s", "1 min", "1 h", "1 day", "2 days"].map(|words| format!("written {words} ago"));
        assert_eq!(words, expected);
    }

    #[test]
    fn a_meetings_file_is_called_by_where_it_is() {
        assert_eq!(short("_status_ip_127.0.0.1.xml"), "_status_ip_127.0.0.1.xml");
        assert_eq!(short("_user/alice/planning/participant/_participant_x.xml"), "alice / planning");
        assert_eq!(short("_group/sales/alice/planning/_recording_x.xml"), "_group / sales / alice / planning");
    }
}
