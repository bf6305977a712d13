//! Everything around the pages: navigation, status bar, log, questions, toasts, keys that work everywhere, pasted jnj text.
//!
//! In: a snapshot and where the user is. Out: a whole frame, and the actions asked for in it.

use eframe::egui::{
    self, Align, Align2, Area, Button, CentralPanel, Context, Event, Frame, Id, Key, Label, Layout, Modal, Modifiers,
    Panel, Rect, RichText, ScrollArea, Stroke, TextEdit, ThemePreference, Ui, pos2, vec2,
};

use super::action::Action;
use super::clock;
use super::pages::{home, inspector, issue, log, meeting, player, recordings, status as status_files};
use super::state::{Place, Question, tab_ids};
use super::text;
use super::tokens::{self, Palette};
use super::widgets::{self, Cx, Look};
use crate::installation::snapshot::{Level, McuState, Notice, SessionPhase, TabId};

/// Draws the whole window.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    keys(ui.ctx(), cx);
    let palette = Palette::of(ui);
    let chrome = Frame::new().fill(palette.chrome);
    Panel::bottom("status").frame(chrome.inner_margin(tokens::bar_margin())).show(ui, |ui| status(ui, cx));
    let sidebar = Panel::left("navigation").resizable(false).exact_size(tokens::SIDEBAR_WIDTH);
    sidebar.frame(chrome.inner_margin(tokens::sidebar_margin())).show(ui, |ui| navigation(ui, cx));
    if cx.state.log_open {
        let log_frame = Frame::new().fill(palette.surface).inner_margin(tokens::bar_margin());
        let panel =
            Panel::bottom("log").resizable(true).default_size(tokens::LOG_HEIGHT).min_size(tokens::LOG_MIN_HEIGHT);
        panel.frame(log_frame).show(ui, |ui| log::show(ui, cx));
    }
    page(ui, cx);
    question(ui.ctx(), cx);
    toasts(ui, cx);
    drop_hint(ui);
}

fn page(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let page = Frame::new().fill(palette.page).inner_margin(tokens::page_margin());
    match cx.state.place {
        Place::Home => CentralPanel::default().frame(page).show(ui, |ui| home::show(ui, cx)),
        Place::Issue => CentralPanel::default().frame(page).show(ui, |ui| issue::show(ui, cx)),
        Place::Recordings => CentralPanel::default().frame(page).show(ui, |ui| recordings::show(ui, cx)),
        Place::Status => CentralPanel::default().frame(page).show(ui, |ui| status_files::show(ui, cx)),
        Place::Inspector => CentralPanel::default().frame(page).show(ui, |ui| inspector::show(ui, cx)),
        Place::Tab(_) => CentralPanel::default().frame(Frame::new().fill(palette.page)).show(ui, |ui| panes(ui, cx)),
    };
}

/// The tabs that are shown, side by side; in two rows where columns would become too narrow to read.
fn panes(ui: &mut Ui, cx: &mut Cx<'_>) {
    let shown = cx.state.shown();
    if let [id] = shown.as_slice() {
        return tab(ui, cx, *id);
    }
    let line = Stroke::new(tokens::HAIRLINE, Palette::of(ui).line);
    let room = ui.available_rect_before_wrap();
    let rows = if room.width() < tokens::PANE_WIDTH * shown.len() as f32 && shown.len() > 2 { 2 } else { 1 };
    let height = room.height() / rows as f32;
    for (row, ids) in shown.chunks(shown.len().div_ceil(rows).max(1)).enumerate() {
        let width = room.width() / ids.len() as f32;
        let top = room.top() + height * row as f32;
        for (column, id) in ids.iter().enumerate() {
            let left = room.left() + width * column as f32;
            let rect = Rect::from_min_size(pos2(left, top), vec2(width, height) - egui::Vec2::splat(tokens::HAIRLINE));
            widgets::within(ui, rect, Layout::top_down(Align::Min), |ui| {
                ui.set_clip_rect(rect);
                tab(ui, cx, *id);
            });
            if column > 0 {
                ui.painter().vline(left - tokens::HAIRLINE, rect.y_range(), line);
            }
        }
        if row > 0 {
            ui.painter().hline(room.x_range(), top - tokens::HAIRLINE, line);
        }
    }
}

fn tab(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId) {
    let shot = cx.shot;
    ui.push_id(id, |ui| {
        if let Some(session) = shot.sessions.iter().find(|s| s.id == id) {
            meeting::show(ui, cx, session);
        } else if let Some(playback) = shot.players.iter().find(|p| p.id == id) {
            player::show(ui, cx, playback);
        }
    });
}

fn navigation(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.spacing_mut().item_spacing.y = tokens::GAP_XS / 2.0;
    let place = cx.state.place;
    let shot = cx.shot;
    for (there, action) in [
        (Place::Home, Action::ShowHome),
        (Place::Issue, Action::ShowIssue),
        (Place::Recordings, Action::ShowRecordings),
        (Place::Inspector, Action::ShowInspector),
        (Place::Status, Action::ShowStatus),
    ] {
        let name = action.name();
        entry(ui, cx, action, place == there, None, name, "");
    }
    ui.add_space(tokens::GAP_S);
    appearance(ui, cx);
    ScrollArea::vertical().id_salt("tabs").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = tokens::GAP_XS / 2.0;
        if shot.sessions.iter().any(|s| s.playback.is_none()) {
            widgets::section(ui, "Meetings");
        }
        for session in shot.sessions.iter().filter(|s| s.playback.is_none()) {
            let palette = Palette::of(ui);
            let colour = match session.phase {
                SessionPhase::InMeeting => palette.good,
                SessionPhase::Ended(_) => palette.weak,
                _ => palette.warn,
            };
            let unread = cx.state.unread(session);
            tab_entry(ui, cx, session.id, colour, &meeting::tab_name(session, shot), unread);
        }
        let over_the_wire = || shot.sessions.iter().filter_map(|s| s.playback.as_ref().map(|wire| (s, wire)));
        if !shot.players.is_empty() || over_the_wire().next().is_some() {
            ui.add_space(tokens::GAP_S);
            widgets::section(ui, "Playing");
        }
        for (session, wire) in over_the_wire() {
            let palette = Palette::of(ui);
            let colour = match session.phase {
                SessionPhase::InMeeting if wire.playing => palette.accent,
                SessionPhase::InMeeting | SessionPhase::Ended(_) => palette.weak,
                _ => palette.warn,
            };
            tab_entry(ui, cx, session.id, colour, &meeting::tab_title(session), 0);
        }
        for playback in &shot.players {
            let palette = Palette::of(ui);
            tab_entry(
                ui,
                cx,
                playback.id,
                if playback.playing { palette.accent } else { palette.weak },
                &playback.title,
                0,
            );
        }
    });
}

fn tab_entry(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId, colour: egui::Color32, title: &str, unread: usize) {
    let chosen = cx.state.shown().contains(&id);
    ui.push_id(id, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            let room = ui.available_width() - tokens::CONTROL_HEIGHT;
            ui.allocate_ui(vec2(room, tokens::ROW_HEIGHT), |ui| {
                let subject = if unread > 0 { format!("{title}, {unread} unread") } else { title.to_owned() };
                let mark = Mark { colour, unread };
                let entry = entry(ui, cx, Action::ShowTab(id), chosen, Some(mark), title, &subject);
                entry.context_menu(|ui| {
                    for action in [Action::ShowBeside(id), Action::ShowAlone(id), Action::CloseTab(id)] {
                        cx.button_as(ui, action.clone(), Look::Quiet, action.name(), title);
                    }
                });
            });
            ui.spacing_mut().button_padding.x = tokens::GAP_XS;
            let close = Button::new(RichText::new("×").color(Palette::of(ui).weak))
                .frame_when_inactive(false)
                .min_size(egui::Vec2::splat(tokens::CONTROL_HEIGHT));
            cx.add(ui, Action::CloseTab(id), close, title);
        });
    });
}

/// What stands with the name of a tab.
struct Mark {
    colour: egui::Color32,
    unread: usize,
}

/// One row of the navigation, over the whole width.
fn entry(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    action: Action,
    chosen: bool,
    mark: Option<Mark>,
    text: &str,
    subject: &str,
) -> egui::Response {
    let palette = Palette::of(ui);
    let indent = if mark.is_some() { "     " } else { "" };
    let colour = if chosen { palette.accent } else { palette.text };
    let unread = mark.as_ref().filter(|mark| mark.unread > 0).map(|mark| unread_words(mark.unread)).unwrap_or_default();
    let button = Button::selectable(chosen, RichText::new(format!("{indent}{text}")).color(colour))
        .right_text(RichText::new(unread).size(tokens::TYPE_SMALL).color(palette.accent))
        .truncate()
        .min_size(vec2(ui.available_width(), tokens::ROW_HEIGHT));
    let response = cx.add(ui, action, button, subject);
    if let Some(mark) = mark {
        let at = response.rect.left_center() + vec2(tokens::GAP_M + tokens::DOT, 0.0);
        ui.painter().circle_filled(at, tokens::DOT, mark.colour);
    }
    response
}

/// How many lines nobody has seen here; a badge has no room for more than this.
fn unread_words(unread: usize) -> String {
    if unread < 100 { unread.to_string() } else { "99+".to_owned() }
}

fn appearance(ui: &mut Ui, cx: &mut Cx<'_>) {
    Panel::bottom("appearance").show_separator_line(false).frame(Frame::new()).show(ui, |ui| {
        let now = ui.ctx().options(|o| o.theme_preference);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = tokens::GAP_XS / 2.0;
            for (theme, name) in [
                (ThemePreference::System, "System"),
                (ThemePreference::Light, "Light"),
                (ThemePreference::Dark, "Dark"),
            ] {
                let palette = Palette::of(ui);
                let colour = if theme == now { palette.accent } else { palette.weak };
                let button =
                    Button::selectable(theme == now, RichText::new(name).size(tokens::TYPE_SMALL).color(colour));
                cx.add(ui, Action::SetTheme(theme), button, name);
            }
        });
    });
}

fn status(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let (colour, state) = home::state_words(palette, &cx.shot.mcu);
    let address = match &cx.shot.mcu {
        McuState::Running(running) => running.address.to_string(),
        McuState::Elsewhere { address, .. } => address.to_string(),
        _ => String::new(),
    };
    let small = |words: String| RichText::new(words).size(tokens::TYPE_SMALL).color(palette.weak);
    ui.set_height(tokens::STATUS_HEIGHT);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let log = Button::selectable(cx.state.log_open, small("Log".into())).small();
        cx.add(ui, Action::ToggleLog, log, "");
        if let Some(on) = cx.shot.chimes {
            let chimes = Button::selectable(on, small("Chimes".into())).small();
            cx.add(ui, Action::SetChimes(!on), chimes, "");
        }
        clock::button(ui, cx);
        ui.label(small(text::count(cx.shot.sessions.len(), "session", "sessions")));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            widgets::dot(ui, colour);
            ui.label(small(format!("MCU {state}  {address}")));
            ui.add_space(tokens::GAP_M);
            let folder = if cx.shot.demo {
                "temporary demo installation".to_owned()
            } else {
                cx.shot.folder.display().to_string()
            };
            widgets::line(ui, small(folder)).on_hover_text(cx.shot.folder.display().to_string());
        });
    });
}

fn question(ctx: &Context, cx: &mut Cx<'_>) {
    let Some(asked) = cx.state.question.clone() else { return };
    let frame = Frame::popup(&ctx.global_style()).inner_margin(tokens::dialog_margin());
    let answer = Modal::new(Id::unique("question")).frame(frame).show(ctx, |ui| {
        ui.set_width(tokens::DIALOG_WIDTH);
        match asked {
            Question::Paste(text) => paste_question(ui, cx, text),
            Question::EndMeeting(id) => {
                let others = cx
                    .shot
                    .sessions
                    .iter()
                    .find(|s| s.id == id)
                    .map_or(0, |s| s.view.present().len().saturating_sub(1));
                let text = format!(
                    "{} disconnected, and the recording is finished. The meeting cannot be continued.",
                    text::count(others, "other person is", "other people are")
                );
                sure(ui, cx, "End the meeting for everybody?", &text, Action::EndMeetingNow(id));
            }
            Question::StopMcu => {
                let text = closed_words(&cx.shot.mcu);
                sure(ui, cx, "Stop the MCU?", &text, Action::StopMcuNow);
            }
            Question::StopBackup => {
                let text = closed_words(&cx.shot.backup);
                sure(ui, cx, "Stop the backup MCU?", &text, Action::StopBackupNow);
            }
            Question::PullThePlug => {
                let connections = match &cx.shot.mcu {
                    McuState::Running(running) => running.connections,
                    _ => 0,
                };
                let text = format!(
                    "{} cut without a goodbye, and the MCU stops as in a crash. Clients try to come back, or go to a backup \
                     that their jnj names. Recordings are kept up to the last second.",
                    text::count(connections, "connection is", "connections are")
                );
                sure(ui, cx, "Pull the plug?", &text, Action::PullThePlugNow);
            }
            Question::CloseMeeting(index) => {
                let open = match &cx.shot.mcu {
                    McuState::Running(running) => running.meetings.iter().find(|m| m.session_index == index),
                    _ => None,
                };
                let (title, people) = open.map_or_else(
                    || ("This meeting is over".to_owned(), 0),
                    |meeting| (home::shown_title(&meeting.title, &meeting.meeting_id), meeting.people.len()),
                );
                let text = format!(
                    "“{title}” ends for everybody: {} disconnected, and the recording is finished. Its status file will say that the \
                     administrator closed it; whoever has a fresh jnj can open it again.",
                    text::count(people, "person is", "people are")
                );
                sure(ui, cx, "Close the meeting?", &text, Action::CloseMeetingNow(index));
            }
            of_meeting => meeting::questions::show(ui, cx, of_meeting),
        }
    });
    if answer.should_close() {
        cx.actions.push(Action::Cancel);
    }
}

fn closed_words(mcu: &McuState) -> String {
    let open = match mcu {
        McuState::Running(running) => running.meetings.len(),
        _ => 0,
    };
    let meetings = text::count(open, "meeting is", "meetings are");
    format!("{meetings} closed, everybody is disconnected, and recordings are finished.")
}

fn sure(ui: &mut Ui, cx: &mut Cx<'_>, title: &str, text: &str, action: Action) {
    widgets::title(ui, title);
    widgets::weak(ui, text);
    ui.add_space(tokens::GAP_S);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        cx.button(ui, action, Look::Danger);
        cx.button(ui, Action::Cancel, Look::Plain);
    });
}

fn paste_question(ui: &mut Ui, cx: &mut Cx<'_>, mut text: String) {
    widgets::title(ui, "Paste a jnj");
    widgets::weak(ui, "Paste the whole text of a .jnj file. It begins with <jnj or <?xml.");
    let wants_focus = std::mem::take(&mut cx.state.wants_focus);
    ScrollArea::vertical().max_height(tokens::LOG_HEIGHT).show(ui, |ui| {
        let field = TextEdit::multiline(&mut text)
            .code_editor()
            .desired_width(f32::INFINITY)
            .desired_rows(8)
            .char_limit(MAX_PASTE);
        let response = ui.add(field).accessible_name("Text of the jnj");
        if wants_focus {
            response.request_focus();
        }
    });
    cx.state.question = Some(Question::Paste(text));
    ui.add_space(tokens::GAP_S);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        cx.button_as(ui, Action::JoinPasted, Look::Primary, "Join", "");
        cx.button(ui, Action::Cancel, Look::Plain);
    });
}

fn toasts(ui: &mut Ui, cx: &mut Cx<'_>) {
    let notices: Vec<Notice> = cx.shot.notices.iter().chain(&cx.state.notices).cloned().collect();
    let before = cx.state.toasts.len();
    cx.state.toasts.retain(|id, _| notices.iter().any(|notice| notice.id == *id));
    let gone = cx.state.toasts.len() != before;
    if notices.is_empty() {
        return;
    }
    if cx.state.toasts.len() != notices.len() || gone {
        // The area is anchored by the size that it had in the frame before.
        ui.ctx().request_repaint();
    }
    let now = ui.input(|i| i.time);
    let clear = vec2(-tokens::GAP_L, -tokens::GAP_XL);
    Area::new(Id::unique("toasts")).anchor(Align2::RIGHT_BOTTOM, clear).show(ui.ctx(), |ui| {
        ui.set_width(tokens::TOAST_WIDTH);
        for notice in notices.iter().rev().take(MAX_TOASTS).rev() {
            toast(ui, cx, notice);
            let seen = *cx.state.toasts.entry(notice.id).or_insert(now);
            if notice.level <= Level::Info {
                let left = tokens::TOAST_SECONDS - (now - seen);
                if left <= 0.0 {
                    cx.actions.push(Action::DismissNotice(notice.id));
                } else {
                    ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(left));
                }
            }
        }
    });
}

fn toast(ui: &mut Ui, cx: &mut Cx<'_>, notice: &Notice) {
    let palette = Palette::of(ui);
    let colour = match notice.level {
        Level::Debug | Level::Info => palette.accent,
        Level::Warn => palette.warn,
        Level::Error => palette.bad,
    };
    let frame = Frame::popup(ui.style()).inner_margin(tokens::card_margin());
    let shown = frame.show(ui, |ui| {
        ui.set_width(tokens::TOAST_WIDTH);
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            cx.button_as(ui, Action::DismissNotice(notice.id), Look::Quiet, "×", &notice.text);
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.add(Label::new(RichText::new(&notice.text).color(palette.strong)).wrap());
            });
        });
    });
    let rect = shown.response.rect;
    let edge = Rect::from_min_size(rect.min, vec2(tokens::EMPHASIS, rect.height()));
    ui.painter().rect_filled(edge, tokens::HAIRLINE, colour);
}

fn drop_hint(ui: &Ui) {
    if ui.input(|i| i.raw.hovered_files.is_empty()) {
        return;
    }
    let palette = Palette::of(ui);
    let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, Id::unique("drop")));
    let rect = ui.ctx().content_rect().shrink(tokens::GAP_M);
    painter.rect_filled(rect, tokens::RADIUS_M, palette.veil);
    painter.rect_stroke(
        rect,
        tokens::RADIUS_M,
        Stroke::new(tokens::EMPHASIS, palette.accent),
        egui::StrokeKind::Inside,
    );
    let font = egui::FontId::proportional(tokens::TYPE_HEADING);
    painter.text(
        rect.center(),
        Align2::CENTER_CENTER,
        "Drop a .jnj to join, or a .jnr to play",
        font,
        palette.on_primary,
    );
}

/// Shortcuts that work everywhere, and jnj text that is pasted where no field has the focus.
fn keys(ctx: &Context, cx: &mut Cx<'_>) {
    if cx.state.question.is_some() {
        return;
    }
    let pressed = |keys: &egui::KeyboardShortcut| ctx.input_mut(|i| i.consume_shortcut(keys));
    for action in [
        Action::OpenFile,
        Action::PasteJnj,
        Action::ToggleLog,
        Action::StartMeeting,
        Action::RefreshRecordings,
        Action::ShowStatus,
    ] {
        if action.shortcut().is_some_and(|keys| pressed(&keys)) {
            cx.actions.push(action);
        }
    }
    if let Place::Tab(id) = cx.state.place {
        let close = Action::CloseTab(id);
        if close.shortcut().is_some_and(|keys| pressed(&keys)) {
            cx.actions.push(close);
        }
    }
    let places = [Action::ShowHome, Action::ShowIssue, Action::ShowRecordings, Action::ShowInspector].into_iter();
    for (key, action) in NUMBERS.into_iter().zip(places.chain(tab_ids(cx.shot).map(Action::ShowTab))) {
        if pressed(&egui::KeyboardShortcut::new(Modifiers::COMMAND, key)) {
            cx.actions.push(action);
        }
    }
    if !ctx.text_edit_focused() {
        let pasted = ctx.input(|i| {
            i.events.iter().find_map(|e| if let Event::Paste(text) = e { Some(text.clone()) } else { None })
        });
        if let Some(text) = pasted.filter(|text| looks_like_jnj(text)) {
            cx.state.question = Some(Question::Paste(text));
        }
    }
}

/// Whether pasted text is worth asking about. The engine reads it properly.
fn looks_like_jnj(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    start.starts_with("<jnj") || (start.starts_with("<?xml") && start.contains("<jnj"))
}

const NUMBERS: [Key; 9] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];

/// Characters of a jnj that can be pasted; real ones have a few thousand.
const MAX_PASTE: usize = 1 << 20;

/// So many toasts at once; the others wait.
const MAX_TOASTS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_jnj_text_is_taken_for_a_jnj() {
        assert!(looks_like_jnj("<jnj><command/></jnj>"));
        assert!(looks_like_jnj("\u{feff}<?xml version=\"1.0\"?>\n<jnj/>"));
        assert!(!looks_like_jnj("<?xml version=\"1.0\"?><svg/>"));
        assert!(!looks_like_jnj("hello"));
    }
}
