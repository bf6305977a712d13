//! The small dialogs of a meeting: what the controller may do, title, recording password, a page, disconnecting.
//!
//! In: the question that is being asked. Out: its dialog, and the action that answers it.

use eframe::egui::{self, Align, Key, Layout, Ui};

use super::password_field;
use crate::desk::action::Action;
use crate::desk::state::Question;
use crate::desk::tokens;
use crate::desk::widgets::{self, Cx, Look};
use crate::installation::command::MAX_NOTICE;
use crate::installation::snapshot::TabId;
use crate::meeting::view::{ControlFlags, Ssrc};

/// Draws the dialog of a meeting's question; others are not drawn here.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, asked: Question) {
    match asked {
        Question::SendOut(id, who, for_good) => send_out(ui, cx, id, who, for_good),
        Question::Controller(id, who, flags) => controller(ui, cx, id, who, flags),
        Question::RecordingPassword(id) => recording_password(ui, cx, id),
        Question::Title(id, text) => {
            let typed = one_line(ui, cx, "Title of the meeting", "Everybody sees it, and the recording has it.", text);
            cx.state.question = Some(Question::Title(id, typed));
            answers(ui, cx, Action::SetTitle(id), Look::Primary, true);
        }
        Question::Page(id, text) => {
            let explanation =
                "Joint browsing: a JoinNet opens the page for everybody at once. HIT Deck shows its address and asks.";
            let typed = one_line(ui, cx, "Page for everybody", explanation, text);
            cx.state.question = Some(Question::Page(id, typed));
            answers(ui, cx, Action::ShowPage(id), Look::Primary, true);
        }
        Question::Notice(to, text) => notice(ui, cx, to, text),
        Question::OpenPage(url) => {
            widgets::title(ui, "Open this page?");
            widgets::weak(ui, "Somebody in the meeting sent this address. Open it only if you trust it.");
            ui.add(egui::Label::new(egui::RichText::new(&url).monospace()).wrap());
            answers(ui, cx, Action::OpenPage(url), Look::Primary, false);
        }
        _ => {}
    }
}

fn notice(ui: &mut Ui, cx: &mut Cx<'_>, to: Option<i32>, mut text: String) {
    widgets::title(ui, if to.is_some() { "Notice to this meeting" } else { "Notice to every open meeting" });
    widgets::weak(
        ui,
        "From you as the server's operator: everybody sees it over the meeting, and the recording has it.",
    );
    let wants_focus = std::mem::take(&mut cx.state.wants_focus);
    let field = egui::TextEdit::multiline(&mut text).desired_width(f32::INFINITY).desired_rows(3);
    let response = ui.add(field).accessible_name("Words of the notice");
    widgets::gauge(ui, &response, text.trim().len(), MAX_NOTICE);
    if wants_focus {
        response.request_focus();
    }
    cx.state.question = Some(Question::Notice(to, text));
    ui.add_space(tokens::GAP_S);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        cx.button(ui, Action::SendNotice(to), Look::Primary);
        cx.button(ui, Action::Cancel, Look::Plain);
        if to.is_none() {
            ui.with_layout(Layout::left_to_right(Align::Min), |ui| cx.button(ui, Action::WarnOfShutdown, Look::Quiet));
        }
    });
}

fn name_of(cx: &Cx<'_>, id: TabId, who: Ssrc) -> String {
    cx.shot.sessions.iter().find(|s| s.id == id).map_or_else(String::new, |s| s.view.name_of(who))
}

fn send_out(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId, who: Ssrc, for_good: bool) {
    let name = name_of(cx, id, who);
    let (title, text, action) = if for_good {
        let text = "This person is sent out of the meeting, and cannot come back into it.";
        (format!("Disconnect {name} for good?"), text, Action::BanNow(id, who))
    } else {
        let text = "This person is sent out of the meeting, and may come back with a fresh jnj.";
        (format!("Disconnect {name}?"), text, Action::SendOutNow(id, who))
    };
    widgets::title(ui, &title);
    widgets::weak(ui, text);
    answers(ui, cx, action, Look::Danger, false);
}

fn controller(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId, who: Ssrc, mut flags: ControlFlags) {
    widgets::title(ui, &format!("Make {} controller", name_of(cx, id, who)));
    widgets::weak(ui, "The controller decides what is marked here in the token holder's place.");
    for (flag, words) in WORDS {
        let mut on = flags.has(flag);
        if ui.checkbox(&mut on, words).changed() {
            flags = flags.with(flag, on);
        }
    }
    cx.state.question = Some(Question::Controller(id, who, flags));
    answers(ui, cx, Action::SetController(id, who, flags), Look::Primary, false);
}

fn recording_password(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId) {
    widgets::title(ui, "Recording password");
    widgets::weak(
        ui,
        "Whoever plays the recording is asked for it, at most 27 bytes. Leave it empty to remove the password.",
    );
    let wants_focus = std::mem::take(&mut cx.state.wants_focus);
    let typed = &mut cx.state.tab(id).password;
    // Room for the longest password at once: a string that grows leaves copies of itself behind.
    typed.reserve(tokens::PASSWORD_ROOM.saturating_sub(typed.len()));
    let field = widgets::field(typed, f32::INFINITY).password(true).id(password_field(id));
    let response = ui.add(field).accessible_name("Password of the recording");
    if wants_focus {
        response.request_focus();
    }
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    answers(ui, cx, Action::SetRecordingPassword(id), Look::Primary, false);
    if entered {
        cx.actions.push(Action::SetRecordingPassword(id));
    }
}

fn one_line(ui: &mut Ui, cx: &mut Cx<'_>, title: &str, explanation: &str, mut text: String) -> String {
    widgets::title(ui, title);
    widgets::weak(ui, explanation);
    let wants_focus = std::mem::take(&mut cx.state.wants_focus);
    let response = ui.add(widgets::field(&mut text, f32::INFINITY)).accessible_name(title);
    if wants_focus {
        response.request_focus();
    }
    text
}

fn answers(ui: &mut Ui, cx: &mut Cx<'_>, action: Action, look: Look, by_enter: bool) {
    ui.add_space(tokens::GAP_S);
    if by_enter && cx.offers(&action) && ui.input(|i| i.key_pressed(Key::Enter)) {
        cx.actions.push(action.clone());
    }
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        cx.button(ui, action, look);
        cx.button(ui, Action::Cancel, Look::Plain);
    });
}

/// What a controller may be given, in words for people.
const WORDS: [(ControlFlags, &str); 8] = [
    (ControlFlags::ACCEPT_GUEST, "Let visitors in"),
    (ControlFlags::END_MEETING, "End the meeting"),
    (ControlFlags::QUESTIONS, "Decide on questions"),
    (ControlFlags::POLL, "Ask for polls"),
    (ControlFlags::SLIDES, "Decide on slides"),
    (ControlFlags::RETRIEVE_TOKEN, "Take the token"),
    (ControlFlags::TAB, "Decide on tabs and pages"),
    (ControlFlags::FULL_SCREEN, "Decide on full screen"),
];
