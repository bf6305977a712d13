//! Taking part in a meeting: which action is which move, the floor bar, the questions that are asked, what everybody must know.
//!
//! In: one [`SessionSnapshot`]. Out: drawn rows and actions. What is not allowed is not offered; the engine knows it from the same
//! table as the server.

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{Button, Label, RichText, Ui};

use super::action::Action;
use super::text;
use super::tokens::{self, Palette};
use super::widgets::{self, Cx, Look};
use crate::installation::snapshot::{Door, PromptRow, Question, SessionSnapshot, TabId};
use crate::meeting::moves::Move;
use crate::meeting::view::{ControlFlags, Deed, NOBODY, RecordingState, Ssrc, View};

impl Action {
    /// The move in a meeting that this action is.
    pub fn as_move(&self) -> Option<(TabId, Move)> {
        let (id, wanted) = match self {
            Action::Ask(id) => (id, Move::Ask),
            Action::Withdraw(id) => (id, Move::Withdraw),
            Action::Allow(id, ssrc) => (id, Move::Allow(*ssrc)),
            Action::Skip(id, ssrc) => (id, Move::Skip(*ssrc)),
            Action::EndQuestion(id, ssrc) | Action::StopSpeaking(id, ssrc) => (id, Move::EndQuestion(*ssrc)),
            Action::MakeController(id, ssrc) => (id, Move::SetController(*ssrc, CONTROLLER)),
            Action::NoController(id) => (id, Move::NoController),
            Action::MakeAssistant(id, ssrc) => (id, Move::SetAssistant(*ssrc)),
            Action::NoAssistant(id) => (id, Move::SetAssistant(NOBODY)),
            Action::Mute(id, ssrc, on) => (id, Move::SuppressAudio(*ssrc, *on)),
            Action::SendOut(id, ssrc) | Action::SendOutNow(id, ssrc) => (id, Move::SendOut(*ssrc)),
            Action::Ban(id, ssrc) => (id, Move::Ban(*ssrc)),
            Action::StartPoll(id) => (id, Move::StartPoll),
            Action::AnswerPoll(id, answer) => (id, Move::AnswerPoll(*answer)),
            Action::PauseRecording(id) => (id, Move::PauseRecording),
            Action::ResumeRecording(id) => (id, Move::ResumeRecording),
            Action::LetIn(id, mark) => (id, Move::AnswerKnock(mark.clone(), true)),
            Action::TurnAway(id, mark) => (id, Move::AnswerKnock(mark.clone(), false)),
            _ => return None,
        };
        Some((*id, wanted))
    }
}

/// What the engine is asked and what all must know, above a meeting.
pub fn above(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let palette = Palette::of(ui);
    let view = &session.view;
    let facts = [
        (view.shutting_down, palette.bad, "The server is about to shut down. The connection stays until then."),
        (view.ending_soon, palette.warn, "The meeting will be ended in a few minutes."),
        (view.preparing, palette.warn, "Preparation mode: only slides are kept, until a guest comes in."),
    ];
    for (_, colour, words) in facts.into_iter().filter(|(holds, ..)| *holds) {
        widgets::banner(ui, colour, words);
    }
    for prompt in session.prompts.iter().take(MAX_PROMPTS) {
        asked(ui, cx, session.id, prompt);
    }
    and_more(ui, session.prompts.len(), "more");
    let askers = askers(view);
    for ssrc in askers.iter().copied().take(MAX_PROMPTS) {
        let name = view.name_of(ssrc);
        question(ui, &format!("{name} asks to speak"), "", |ui| {
            cx.button_as(ui, Action::Skip(session.id, ssrc), Look::Plain, "Not now", &name);
            cx.button_as(ui, Action::Allow(session.id, ssrc), Look::Primary, "Allow", &name);
        });
    }
    and_more(ui, askers.len(), "more ask to speak");
}

/// Those whom this participant can allow to speak.
fn askers(view: &View) -> &[Ssrc] {
    if view.me == view.q_ssrc() { &view.questions } else { &[] }
}

fn and_more(ui: &mut Ui, all: usize, what: &str) {
    if all > MAX_PROMPTS {
        widgets::weak(ui, &format!("and {} {what}", all - MAX_PROMPTS));
    }
}

/// A line with a question and its answers at the right.
fn question(ui: &mut Ui, words: &str, left: &str, answers: impl FnOnce(&mut Ui)) {
    let palette = Palette::of(ui);
    widgets::row_with_end(
        ui,
        |ui| {
            widgets::dot(ui, palette.accent);
            ui.add(Label::new(RichText::new(words).color(palette.strong)).truncate());
        },
        |ui| {
            answers(ui);
            ui.label(RichText::new(left).size(tokens::TYPE_SMALL).color(palette.weak));
        },
    );
}

/// True if [`above`] has something to show.
pub fn has_something_above(session: &SessionSnapshot) -> bool {
    let view = &session.view;
    let questions = !session.prompts.is_empty() || !askers(view).is_empty();
    view.shutting_down || view.ending_soon || view.preparing || questions
}

fn asked(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId, prompt: &PromptRow) {
    let left = format!("{} s", prompt.left.as_secs());
    let words = match &prompt.question {
        Question::Knock(knock) => format!("{} wants to come in", knock.name),
        Question::Poll => "A poll: what is your answer?".to_owned(),
    };
    question(ui, &words, &left, |ui| match &prompt.question {
        Question::Knock(knock) => {
            cx.button_as(ui, Action::TurnAway(id, knock.id.clone()), Look::Plain, "Turn away", &knock.name);
            cx.button_as(ui, Action::LetIn(id, knock.id.clone()), Look::Primary, "Let in", &knock.name);
        }
        Question::Poll => {
            for answer in (1..=5).rev() {
                let shown = answer.to_string();
                cx.button_as(ui, Action::AnswerPoll(id, answer), Look::Plain, &shown, &shown);
            }
        }
    });
}

/// Who has the floor, and what one can do about it.
pub fn floor_bar(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let (id, view) = (session.id, &session.view);
    widgets::row_with_end(
        ui,
        |ui| {
            ui.add(Label::new(RichText::new(floor_words(view)).color(Palette::of(ui).weak)).truncate());
        },
        |ui| {
            let menu = MenuButton::from_button(Button::new("Meeting")).ui(ui, |ui| meeting_menu(ui, cx, session));
            menu.0.on_hover_text(Action::ShowMeetingMenu(id).tooltip()).accessible_name("Meeting menu");
            if view.me != view.token_holder && view.is_questioner(view.me) {
                cx.button(ui, Action::StopSpeaking(id, view.me), Look::Plain);
            } else if view.questions.contains(&view.me) {
                cx.button(ui, Action::Withdraw(id), Look::Plain);
            } else if view.me != view.token_holder {
                cx.button(ui, Action::Ask(id), Look::Plain);
            }
        },
    );
    if let Some(poll) = view.poll.as_ref().filter(|poll| poll.by == view.me) {
        let counts = (1..=5).map(|answer| {
            let given = poll.answers.values().filter(|given| **given == answer).count();
            format!("{answer}: {given}")
        });
        let asked = view.present().len().saturating_sub(1);
        let words =
            format!("Poll  {}  ·  {} of {asked} answered", counts.collect::<Vec<_>>().join("  "), poll.answers.len());
        widgets::weak(ui, &words);
    }
}

/// "Chair Olive · Questioner Gus · 2 ask".
fn floor_words(view: &View) -> String {
    let mut words = Vec::new();
    if view.is_present(view.token_holder) {
        words.push(format!("Chair {}", view.name_of(view.token_holder)));
    }
    let questioners: Vec<String> =
        view.present().iter().filter(|p| view.is_questioner(p.ssrc)).map(|p| p.name.clone()).collect();
    match questioners.as_slice() {
        [] => {}
        [one] => words.push(format!("Questioner {one}")),
        several => words.push(format!("Questioners {}", several.join(", "))),
    }
    if view.is_present(view.controller) {
        words.push(format!("Controller {}", view.name_of(view.controller)));
    }
    if !view.questions.is_empty() {
        words.push(text::count(view.questions.len(), "asks to speak", "ask to speak"));
    }
    if view.audio_suppressed {
        words.push("Everybody is muted".to_owned());
    }
    words.join("  ·  ")
}

fn meeting_menu(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let (id, view) = (session.id, &session.view);
    let recording = match view.recording {
        RecordingState::On => Some(Action::PauseRecording(id)),
        RecordingState::Paused => Some(Action::ResumeRecording(id)),
        RecordingState::Off => None,
    };
    let offered =
        [Some(Action::StartPoll(id)), recording, Some(Action::NoController(id)), Some(Action::NoAssistant(id))];
    for action in offered.into_iter().flatten() {
        let needed = match action {
            Action::NoController(_) => view.controller != NOBODY,
            Action::NoAssistant(_) => view.assistant != NOBODY,
            _ => true,
        };
        if needed && action.available(cx.shot, cx.state).is_ok() {
            cx.button(ui, action, Look::Quiet);
        }
    }
    cx.button(ui, Action::SaveTranscript(id), Look::Quiet);
    if view.may(Deed::AnswerKnock) {
        ui.separator();
        widgets::section(ui, "Visitors");
        for (door, words) in DOORS {
            let button = Button::selectable(session.manners.door == door, words);
            cx.add(ui, Action::SetDoor(id, door), button, words);
        }
    }
}

const DOORS: [(Door, &str); 3] =
    [(Door::Ask, "Ask me"), (Door::Open, "Let everybody in"), (Door::Closed, "Do not disturb")];

/// What the known client's dialog offers, but for polls, which it never starts as controller (wire/02 section 5.5).
const CONTROLLER: ControlFlags = ControlFlags(ControlFlags::QUESTIONS.0 | ControlFlags::SLIDES.0 | ControlFlags::TAB.0);

/// So many questions are shown at once.
const MAX_PROMPTS: usize = 3;
