//! What is shown when a session is over before it saw anything: what happened, why, and what to do.
//!
//! In: one [`SessionSnapshot`] that has ended. Out: a page, and actions.

use eframe::egui::{Align, Button, Layout, RichText, Ui, vec2};

use crate::desk::action::Action;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::desk::{text, timeline};
use crate::installation::snapshot::{Ending, Refusal, SessionSnapshot};

/// Draws the page.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot, end: &Ending) {
    if let Ending::Untrusted { server, fingerprint, why } = end {
        return untrusted(ui, cx, session, (server, &fingerprint.to_string(), why));
    }
    let (title, mut words) = text::end(end);
    if let (Ending::NotConnected(_), false) = (end, session.attempts.is_empty()) {
        // The timeline says it, address by address.
        words = text::NO_SERVER.to_owned();
    }
    if session.can_reissue && matches!(end, Ending::Refused(_)) {
        words = "It was issued by this installation, so HIT Deck can issue it again with one click. A jnj is fresh for five minutes."
            .to_owned();
    }
    widgets::empty(ui, title, &words, |ui| {
        if let Ending::Refused(refusal) = end {
            refusal_details(ui, *refusal);
        }
        ui.add_space(tokens::GAP_S);
        buttons(ui, cx, session, end);
    });
    dialling(ui, session);
}

/// The timeline of a session's dialling, in a card in the middle of the page.
pub fn dialling(ui: &mut Ui, session: &SessionSnapshot) {
    if session.attempts.is_empty() {
        return;
    }
    ui.add_space(tokens::GAP_L);
    let width = (ui.available_width() - 2.0 * tokens::GAP_L).min(tokens::TIMELINE_WIDTH);
    ui.vertical_centered(|ui| {
        ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
            ui.set_width(width);
            widgets::card(ui, |ui| timeline::show(ui, &session.attempts));
        });
    });
}

/// The one button that is most likely wanted, for the banner over what is left of a meeting.
pub fn again(session: &SessionSnapshot, end: &Ending) -> Option<Action> {
    match end {
        _ if session.can_reissue => Some(Action::Reissue(session.id)),
        Ending::Untrusted { .. } | Ending::NotServed(_) | Ending::Deleted(_) => None,
        _ => Some(Action::JoinAgain(session.id)),
    }
}

fn buttons(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot, end: &Ending) {
    match again(session, end) {
        Some(action) => {
            cx.button(ui, action, Look::Primary);
            if session.can_reissue {
                cx.button_as(ui, Action::JoinAgain(session.id), Look::Quiet, "Join again with the old one", "");
            }
        }
        None => {
            cx.button_as(ui, Action::CloseTab(session.id), Look::Plain, "Close", "it is over");
        }
    }
}

fn refusal_details(ui: &mut Ui, refusal: Refusal) {
    let palette = Palette::of(ui);
    let small = |words: String| RichText::new(words).size(tokens::TYPE_SMALL).color(palette.weak);
    ui.add_space(tokens::GAP_XS);
    let (status, shown, meaning) = (refusal.status(), refusal.shown(), refusal.meaning());
    ui.label(small(format!("Status {status}, shown as {shown} by other clients: {meaning}")));
}

/// A certificate that is not trusted: which one, and a plain question. The safe answer has the focus.
fn untrusted(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot, (server, fingerprint, why): (&str, &str, &str)) {
    let wants_focus = std::mem::take(&mut cx.state.wants_focus);
    let palette = Palette::of(ui);
    ui.vertical_centered(|ui| {
        ui.add_space(tokens::GAP_XL);
        let width = ui.available_width().min(tokens::READING_WIDTH);
        ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
            ui.set_width(width);
            widgets::card(ui, |ui| {
                widgets::title(ui, "Do you trust this server's certificate?");
                widgets::weak(ui, "This computer does not: nobody that it trusts says that this server is the one it claims to be.");
                ui.add_space(tokens::GAP_XS);
                fact(ui, "Server", server);
                fact(ui, "What is wrong", why);
                widgets::section(ui, "Fingerprint of the certificate (SHA-256)");
                for line in fingerprint_lines(fingerprint) {
                    ui.label(RichText::new(line).monospace().color(palette.strong));
                }
                ui.add_space(tokens::GAP_XS);
                widgets::weak(
                    ui,
                    "Compare it with what the server's administrator gives you in another way. If you cannot, close this.",
                );
                ui.add_space(tokens::GAP_S);
                ui.horizontal(|ui| {
                    let words = RichText::new("Close").color(palette.on_primary);
                    let close = Button::new(words).fill(palette.primary);
                    let safe = cx.add(ui, Action::CloseTab(session.id), close, "do not trust");
                    if wants_focus {
                        safe.request_focus();
                    }
                    cx.button(ui, Action::TrustAndJoin(session.id), Look::Danger);
                    cx.button_as(ui, Action::Copy(fingerprint.to_owned()), Look::Quiet, "Copy fingerprint", "fingerprint");
                });
            });
        });
    });
}

fn fact(ui: &mut Ui, label: &str, value: &str) {
    let palette = Palette::of(ui);
    widgets::section(ui, label);
    ui.add_space(-tokens::GAP_XS);
    ui.add(eframe::egui::Label::new(RichText::new(value).color(palette.strong)).wrap());
}

/// Sixteen bytes a line: 32 in one are hard to compare.
fn fingerprint_lines(fingerprint: &str) -> Vec<String> {
    let bytes: Vec<&str> = fingerprint.split(':').collect();
    bytes.chunks(16).map(|line| line.join(":")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_stands_in_two_lines_of_sixteen_bytes() {
        let whole = vec!["AB"; 32].join(":");
        let lines = fingerprint_lines(&whole);
        assert_eq!((lines.len(), lines[0].len(), lines[1].len()), (2, 47, 47));
        assert_eq!(fingerprint_lines("odd"), ["odd"]);
    }
}
