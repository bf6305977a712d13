//! What waits for an answer, and what has to be known, over the meeting and never in its way.
//!
//! In: one [`SessionSnapshot`]. Out: strips with buttons; answers by keys for the first of them.

use std::time::Duration;

use eframe::egui::{self, Frame, Key, Modifiers, Panel, RichText, Ui};

use super::{floor, whole_seconds};
use crate::desk::action::Action;
use crate::desk::text;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::installation::snapshot::{PromptRow, Question, SessionSnapshot, TabId};

/// The questions to the person, the oldest first, and the answers to the own poll.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    keys(ui, cx, session);
    if !session.prompts.is_empty() {
        Panel::top("meeting prompts").frame(Frame::new().fill(Palette::of(ui).surface)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let shown = if session.prompts.len() > MAX_PROMPTS { MAX_PROMPTS - 1 } else { session.prompts.len() };
            for (n, prompt) in session.prompts.iter().take(shown).enumerate() {
                ui.push_id(n, |ui| row(ui, cx, session.id, prompt));
            }
            let more = session.prompts.len() - shown;
            if more > 0 {
                let words = format!("and {more} more");
                Frame::new()
                    .inner_margin(tokens::strip_margin())
                    .show(ui, |ui| ui.label(RichText::new(words).color(Palette::of(ui).weak)));
            }
        });
    }
    floor::poll(ui, &session.view);
}

fn row(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId, prompt: &PromptRow) {
    let palette = Palette::of(ui);
    let left = left(prompt.left);
    match &prompt.question {
        Question::Knock(knock) => {
            let name = if knock.name.trim().is_empty() { "Somebody without a name" } else { &knock.name };
            widgets::banner_with_end(ui, palette.accent, &format!("{name} wants to come in"), |ui| {
                cx.button_as(ui, Action::TurnAway(id, knock.id.clone()), Look::Plain, "Turn away", name);
                cx.button_as(ui, Action::LetIn(id, knock.id.clone()), Look::Primary, "Let in", name);
                ui.label(RichText::new(left).color(palette.weak));
            });
        }
        Question::Poll => {
            widgets::banner_with_end(ui, palette.accent, "A poll: what do you answer?", |ui| {
                for answer in (1..=5).rev() {
                    let words = answer.to_string();
                    cx.button_as(ui, Action::AnswerPoll(id, answer), Look::Plain, &words, &words);
                }
                ui.label(RichText::new(left).color(palette.weak));
            });
        }
    }
}

fn left(left: Duration) -> String {
    format!("{} left", text::span(whole_seconds(left)))
}

/// The keys of a prompt answer the oldest of its kind, in the tab that the user is in.
fn keys(ui: &Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let id = session.id;
    if cx.state.question.is_some() || cx.state.place != crate::desk::state::Place::Tab(id) {
        return;
    }
    let knock = session.prompts.iter().find_map(|prompt| match &prompt.question {
        Question::Knock(knock) => Some(knock.id.clone()),
        Question::Poll => None,
    });
    let mut wanted: Vec<Action> = vec![Action::AskToSpeak(id)];
    if let Some(mark) = knock {
        wanted.extend([Action::LetIn(id, mark.clone()), Action::TurnAway(id, mark)]);
    }
    for action in wanted {
        if action.shortcut().is_some_and(|keys| ui.input_mut(|i| i.consume_shortcut(&keys))) {
            cx.actions.push(action);
        }
    }
    if session.prompts.iter().any(|prompt| prompt.question == Question::Poll) {
        for (answer, key) in (1..).zip([Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5]) {
            if ui.input_mut(|i| i.consume_key(Modifiers::ALT, key)) {
                cx.actions.push(Action::AnswerPoll(id, answer));
            }
        }
    }
}

/// What has to be known: of the server, of its operator, of the meeting.
pub fn notices(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let palette = Palette::of(ui);
    let view = &session.view;
    let id = session.id;
    let mut lines: Vec<(egui::Color32, &str)> = Vec::new();
    if view.shutting_down {
        lines.push((palette.bad, "The server is about to shut down. The meeting will be closed."));
    }
    if view.ending_soon {
        lines.push((palette.warn, "The meeting will be ended in a few minutes."));
    }
    if view.preparing {
        lines.push((palette.warn, "Preparation: only slides are kept until the meeting itself begins."));
    }
    let operator = cx.state.operator_notice(session);
    if lines.is_empty() && operator.is_none() && view.page.is_none() {
        return;
    }
    Panel::top("meeting notices").frame(Frame::new().fill(palette.surface)).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (colour, words) in lines {
            widgets::banner_with_end(ui, colour, words, |_| {});
        }
        if let Some((words, more)) = operator {
            let end = if more > 0 { format!("Next ({more})") } else { "Dismiss".to_owned() };
            widgets::banner_in_full(ui, palette.warn, "From the server's operator", words, |ui| {
                cx.button_as(ui, Action::DismissOperator(id), Look::Plain, &end, "");
            });
        }
        if let Some(page) = &view.page {
            widgets::banner_with_end(ui, palette.accent, &format!("Page for everybody: {}", page.url), |ui| {
                cx.button_as(ui, Action::LookAtPage(id), Look::Plain, "Open…", "");
            });
        }
    });
}

/// So many prompts at once; the rest is counted.
const MAX_PROMPTS: usize = 3;
