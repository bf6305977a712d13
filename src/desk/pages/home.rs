//! The overview: the MCU, its open meetings, and what to do next.
//!
//! In: the snapshot's MCU. Out: actions.

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{self, Button, Label, RichText, ScrollArea, Ui};

use crate::desk::action::Action;
use crate::desk::pages::recent;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::desk::{connecting, text};
use crate::installation::snapshot::{McuRunning, McuState, MeetingRow};

/// Draws the page.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    ScrollArea::vertical().id_salt("home").auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(tokens::PAGE_WIDTH));
        widgets::heading(ui, "Home", "");
        mcu_card(ui, cx);
        backup_card(ui, cx);
        ui.add_space(tokens::GAP_XS);
        quick_actions(ui, cx);
        ui.add_space(tokens::GAP_M);
        match &cx.shot.mcu {
            McuState::Running(running) => open_meetings(ui, cx, running),
            McuState::Elsewhere { .. } => {
                let text = "Another process runs this MCU, and its meetings cannot be listed here. You can join them with a jnj.";
                widgets::empty(ui, "The MCU runs elsewhere", text, |_| {});
            }
            McuState::Starting | McuState::Stopping => {
                ui.vertical_centered(|ui| {
                    ui.add_space(tokens::GAP_XL);
                    widgets::weak(ui, "One moment…");
                });
            }
            McuState::Stopped | McuState::Failed { .. } => welcome(ui),
        }
        recent::show(ui, cx);
    });
}

fn welcome(ui: &mut Ui) {
    let text = "HIT Deck is a whole conferencing installation on your desk: a meeting server (MCU), jnj files for its owners and guests, test \
                clients to join with, and the recordings they leave. Start the MCU, then start a meeting. No account is needed. \
                To connect to a production MCU instead, open a jnj that was issued for it.";
    widgets::empty(ui, "Start the MCU to hold meetings here", text, |_| {});
}

fn mcu_card(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let mcu = &cx.shot.mcu;
    let (colour, state) = state_words(palette, mcu);
    widgets::card(ui, |ui| {
        widgets::row_with_end(
            ui,
            |ui| {
                widgets::dot(ui, colour);
                widgets::title(ui, &format!("MCU {state}"));
                if cx.shot.demo {
                    widgets::chip(ui, "demo", palette.accent)
                        .on_hover_text("A temporary installation; it is deleted when HIT Deck is closed");
                }
            },
            |ui| match mcu {
                McuState::Running(_) | McuState::Stopping => {
                    cx.button(ui, Action::StopMcu, Look::Plain);
                    cx.button(ui, Action::PullThePlug, Look::Danger);
                    cx.button_as(ui, Action::AskNotice(None), Look::Plain, "Notice…", "to every meeting");
                }
                McuState::Elsewhere { .. } => {}
                _ => {
                    cx.button(ui, Action::StartMcu, Look::Primary);
                }
            },
        );
        match mcu {
            McuState::Running(running) => facts(ui, cx, running, "address"),
            McuState::Elsewhere { address, pid } => {
                ui.horizontal(|ui| {
                    address_fact(ui, cx, &address.to_string(), "address");
                    ui.add_space(tokens::GAP_L);
                    widgets::fact(ui, "Process", &pid.to_string());
                });
            }
            McuState::Failed { why } => {
                ui.add(Label::new(RichText::new(why).color(palette.bad)).wrap());
            }
            McuState::Stopped => {
                widgets::weak(ui, "Nobody can join until it is started.");
            }
            McuState::Starting => {
                widgets::weak(ui, "Opening the port and reading the keys…");
            }
            McuState::Stopping => {
                widgets::weak(ui, "Closing meetings and finishing recordings…");
            }
        }
    });
}

/// The backup, once there is something for it to back up.
fn backup_card(ui: &mut Ui, cx: &mut Cx<'_>) {
    let backup = &cx.shot.backup;
    if matches!((backup, &cx.shot.mcu), (McuState::Stopped, mcu) if !matches!(mcu, McuState::Running(_))) {
        return;
    }
    let palette = Palette::of(ui);
    let (colour, state) = state_words(palette, backup);
    widgets::card(ui, |ui| {
        widgets::row_with_end(
            ui,
            |ui| {
                widgets::dot(ui, colour);
                widgets::title(ui, &format!("Backup MCU {state}"));
            },
            |ui| match backup {
                McuState::Running(_) | McuState::Stopping => {
                    cx.button(ui, Action::StopBackup, Look::Plain);
                }
                McuState::Elsewhere { .. } => {}
                _ => {
                    cx.button(ui, Action::StartBackup, Look::Plain);
                }
            },
        );
        match backup {
            McuState::Running(running) => facts(ui, cx, running, "backup address"),
            McuState::Failed { why } => {
                ui.add(Label::new(RichText::new(why).color(palette.bad)).wrap());
            }
            _ => {}
        }
        if !matches!(backup, McuState::Failed { .. }) {
            widgets::weak(
                ui,
                "A second MCU. Jnj files issued while it runs name it too, so that clients go there when the first one is gone.",
            );
        }
    });
}

/// An MCU's state as a colour and a word.
pub fn state_words(palette: &Palette, mcu: &McuState) -> (egui::Color32, &'static str) {
    match mcu {
        McuState::Stopped => (palette.weak, "stopped"),
        McuState::Starting => (palette.warn, "starting"),
        McuState::Running(_) => (palette.good, "running"),
        McuState::Elsewhere { .. } => (palette.good, "running elsewhere"),
        McuState::Stopping => (palette.warn, "stopping"),
        McuState::Failed { .. } => (palette.bad, "failed"),
    }
}

fn facts(ui: &mut Ui, cx: &mut Cx<'_>, running: &McuRunning, subject: &str) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_L;
        address_fact(ui, cx, &running.address.to_string(), subject);
        widgets::fact(ui, "Up for", &text::span(running.up));
        widgets::fact(ui, "Connections", &running.connections.to_string());
        widgets::fact(ui, "Open meetings", &running.meetings.len().to_string());
    });
}

fn address_fact(ui: &mut Ui, cx: &mut Cx<'_>, address: &str, subject: &str) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_S;
        widgets::fact(ui, "Address", address);
        cx.button_as(ui, Action::Copy(address.to_owned()), Look::Plain, "Copy", subject);
    });
}

fn quick_actions(ui: &mut Ui, cx: &mut Cx<'_>) {
    let ready = matches!(cx.shot.mcu, McuState::Running(_) | McuState::Elsewhere { .. });
    ui.horizontal_wrapped(|ui| {
        cx.button(ui, Action::StartMeeting, if ready { Look::Primary } else { Look::Plain });
        cx.button(ui, Action::StartAsGuest, Look::Plain);
        cx.button(ui, Action::OpenFile, Look::Plain);
        cx.button(ui, Action::PasteJnj, Look::Plain);
        connecting::button(ui, cx);
    });
}

fn open_meetings(ui: &mut Ui, cx: &mut Cx<'_>, running: &McuRunning) {
    if running.meetings.is_empty() {
        let text = "Start a meeting: HIT Deck issues a jnj for a sample owner and joins with it. Then join the same meeting as a guest, and \
                    you have two people to test with.";
        widgets::empty(ui, "No meeting is open", text, |_| {});
        return;
    }
    widgets::section(ui, &text::count(running.meetings.len(), "open meeting", "open meetings"));
    for meeting in &running.meetings {
        ui.push_id(meeting.session_index, |ui| widgets::card(ui, |ui| meeting_row(ui, cx, meeting)));
    }
}

/// People who come by themselves: more of them, or none.
fn simulated(ui: &mut Ui, cx: &mut Cx<'_>, meeting: &MeetingRow, title: &str) {
    let action = Action::ShowSimulated(meeting.session_index);
    let menu = MenuButton::from_button(Button::new("People…")).ui(ui, |ui| {
        widgets::section(ui, &format!("{} simulated", meeting.simulated));
        for count in [5, 20, 100] {
            let words = format!("Add {count}");
            cx.button_as(ui, Action::AddPeople(meeting.session_index, count), Look::Quiet, &words, &count.to_string());
        }
        cx.button_as(ui, Action::SendPeopleAway(meeting.session_index), Look::Quiet, "Send them away", "");
        ui.separator();
        cx.button_as(ui, Action::AskNotice(Some(meeting.session_index)), Look::Quiet, "Notice to the meeting…", title);
        cx.button_as(ui, Action::CloseMeeting(meeting.session_index), Look::Danger, "Close the meeting…", title);
    });
    menu.0.on_hover_text(action.tooltip()).accessible_name(format!("{}: {title}", action.name()));
}

fn meeting_row(ui: &mut Ui, cx: &mut Cx<'_>, meeting: &MeetingRow) {
    let palette = Palette::of(ui);
    let title = shown_title(&meeting.title, &meeting.meeting_id);
    widgets::row_with_end(
        ui,
        |ui| {
            if meeting.recording {
                widgets::dot(ui, palette.bad);
                ui.add_space(-tokens::GAP_XS);
                ui.label(RichText::new("REC").size(tokens::TYPE_SMALL).color(palette.bad))
                    .on_hover_text("Being recorded");
            }
            widgets::title(ui, &title);
        },
        |ui| {
            cx.button_as(ui, Action::JoinAsGuest(meeting.session_index), Look::Plain, "Join as guest", &title);
            cx.button_as(ui, Action::JoinAsOwner(meeting.session_index), Look::Plain, "Join as owner", &title);
            simulated(ui, cx, meeting, &title);
        },
    );
    ui.add_space(-tokens::GAP_XS);
    let absent = if meeting.owner_present { "" } else { " (not here)" };
    let people = if meeting.people.is_empty() { "nobody inside".to_owned() } else { meeting.people.join(", ") };
    let line = format!(
        "{}  ·  owner {}{absent}  ·  {}  ·  {people}",
        text::length(meeting.elapsed),
        meeting.owner_name,
        text::count(meeting.people.len(), "person", "people"),
    );
    widgets::line(ui, RichText::new(line).color(palette.weak));
}

/// A meeting's title, or its id where it has none.
pub fn shown_title(title: &str, meeting_id: &str) -> String {
    if title.trim().is_empty() { format!("Meeting {meeting_id}") } else { title.to_owned() }
}
