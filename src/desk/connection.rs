//! What there is to know of a session's connection: its server, what carries it, its bytes, and how it was dialled.
//!
//! In: one [`SessionSnapshot`]. Out: a button with its popup, and actions on the connection.

use eframe::egui::{Align, Button, Frame, Label, Layout, Popup, PopupCloseBehavior, RichText, ScrollArea, Ui, vec2};

use super::action::Action;
use super::connecting::transport_name;
use super::tokens::{self, Palette};
use super::widgets::{self, Cx, Look};
use super::{text, timeline};
use crate::installation::snapshot::{SessionPhase, SessionSnapshot};

/// A button that opens the popup; nothing for a session that was never connected.
pub fn button(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    if session.server.is_none() {
        return;
    }
    let action = Action::ShowConnection(session.id);
    let button = Button::new(action.name());
    let response = cx.add(ui, action, button, "");
    let frame = Frame::popup(ui.style()).inner_margin(tokens::card_margin());
    Popup::from_toggle_button_response(&response)
        .frame(frame)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| details(ui, cx, session));
}

fn details(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot) {
    let palette = Palette::of(ui);
    let server = session.server.clone().unwrap_or_else(|| "–".to_owned());
    ui.set_width(tokens::POPUP_WIDTH);
    let version = if session.server_version.is_empty() { "unknown".into() } else { session.server_version.clone() };
    let mut facts = vec![("Server", server.clone()), ("Transport", transport_name(session.transport).to_owned())];
    facts.extend(session.relay.clone().map(|relay| ("Relay", relay)));
    facts.push(("Version", version));
    facts.push(("Bytes", format!("{} received, {} sent", text::bytes(session.received), text::bytes(session.sent))));
    facts.push(("Jnj", session.source.clone()));
    if session.reconnects > 0 {
        let times = usize::try_from(session.reconnects).unwrap_or(usize::MAX);
        facts.push(("Came back", text::count(times, "time, by itself", "times, by itself")));
    }
    ui.spacing_mut().item_spacing.y = tokens::GAP_XS;
    ui.spacing_mut().interact_size.y = tokens::TIMELINE_ROW;
    for (label, value) in facts {
        // Not a grid: in a popup its columns take their width from a frame that was not drawn, and lie on each other.
        ui.horizontal(|ui| {
            let size = vec2(tokens::FACT_LABEL_WIDTH, tokens::TIMELINE_ROW);
            ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_width(tokens::FACT_LABEL_WIDTH);
                ui.label(RichText::new(label).color(palette.weak));
            });
            ui.add(Label::new(RichText::new(value).color(palette.strong)).truncate());
        });
    }
    if !session.attempts.is_empty() {
        ui.add_space(tokens::GAP_XS);
        ui.separator();
        widgets::section(ui, "How it was dialled");
        ScrollArea::vertical()
            .id_salt("dialling")
            .max_height(tokens::TIMELINE_HEIGHT)
            .show(ui, |ui| timeline::show(ui, &session.attempts));
    }
    ui.add_space(tokens::GAP_S);
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = tokens::CONTROL_HEIGHT;
        cx.button_as(ui, Action::Copy(server), Look::Plain, "Copy address", "server address");
        if session.phase == SessionPhase::InMeeting {
            cx.button(ui, Action::CutConnection(session.id), Look::Danger);
        }
    });
}
