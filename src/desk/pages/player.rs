//! A playback: the meeting as it was, with a bar to move in it.
//!
//! In: one [`PlayerSnapshot`], or a session that an MCU plays a recording to. Out: actions that move the playback.

use eframe::egui::{self, Frame, Panel, RichText, Ui};

use crate::desk::action::Action;
use crate::desk::playback::{self, Playback};
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::desk::{chat, connection, people, text};
use crate::installation::snapshot::{PlayerSnapshot, SessionPhase, SessionSnapshot, TabId, WirePlayback};
use crate::meeting::view::View;

/// Draws the tab of a recording that is played from its file.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, player: &PlayerSnapshot) {
    let playback = Playback::of_file(player);
    let palette = Palette::of(ui);
    let bar = Frame::new().inner_margin(tokens::tab_bar_margin()).fill(palette.surface);
    Panel::top("player header").frame(bar).show(ui, |ui| header(ui, cx, player));
    playback::keys(ui, cx, &playback);
    Panel::bottom("player controls").frame(bar).show(ui, |ui| playback::controls(ui, cx, &playback));
    room(ui, cx, player.id, &player.view, "The marks on the bar below show where something is said.");
}

/// Draws what is below the header of a session that plays over the wire; while its connection is lost, only to be read.
pub fn show_wire(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot, wire: &WirePlayback) {
    let playback = Playback::over_the_wire(session.id, wire);
    let palette = Palette::of(ui);
    let bar = Frame::new().inner_margin(tokens::tab_bar_margin()).fill(palette.surface);
    let live = session.phase == SessionPhase::InMeeting;
    if live {
        playback::keys(ui, cx, &playback);
    }
    if !matches!(session.phase, SessionPhase::Ended(_)) {
        Panel::bottom("player controls").frame(bar).show(ui, |ui| {
            if !live {
                ui.disable();
            }
            playback::controls(ui, cx, &playback);
        });
    }
    room(ui, cx, session.id, &session.view, "The server sends what was said as the playback gets there.");
}

/// The header of a session that plays over the wire.
pub fn wire_header(ui: &mut Ui, cx: &mut Cx<'_>, session: &SessionSnapshot, wire: &WirePlayback, title: &str) {
    let palette = Palette::of(ui);
    widgets::row_with_end(
        ui,
        |ui| {
            widgets::title(ui, title);
        },
        |ui| {
            cx.button(ui, Action::CloseTab(session.id), Look::Plain);
            connection::button(ui, cx, session);
        },
    );
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_S;
        let weak = |ui: &mut Ui, words: &str| ui.label(RichText::new(words).color(palette.weak));
        widgets::chip(ui, "over the wire", palette.accent).on_hover_text("An MCU plays this recording to this session");
        if !session.view.meeting_id.is_empty() {
            weak(ui, &format!("Meeting id {}", session.view.meeting_id));
            weak(ui, "·");
        }
        weak(ui, &recorded(wire.recorded_at)).on_hover_text("In the local time of the MCU that recorded it");
    });
}

fn recorded((year, month, day, hour, minute): (u16, u8, u8, u8, u8)) -> String {
    if (month, day) == (0, 0) {
        return "recorded at an unknown time".into();
    }
    format!("recorded {year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

fn room(ui: &mut Ui, cx: &mut Cx<'_>, id: TabId, view: &View, hint: &str) {
    let palette = Palette::of(ui);
    let side = Frame::new().inner_margin(tokens::tab_bar_margin()).fill(palette.surface);
    Panel::right("player people")
        .frame(side)
        .default_size(tokens::PEOPLE_WIDTH)
        .show(ui, |ui| people::show(ui, cx, view, None));
    egui::CentralPanel::default().frame(Frame::new().inner_margin(tokens::GAP_XS).fill(palette.page)).show(ui, |ui| {
        if view.chat.is_empty() {
            widgets::empty(ui, "Nothing was said up to here", hint, |_| {});
            return;
        }
        let zone = cx.zone;
        let rows = &mut cx.state.tab(id).chat;
        if let Some(copied) = chat::show(ui, view, rows, zone, chat::LineTime::Meeting, None) {
            cx.actions.push(Action::Copy(copied));
        }
    });
}

fn header(ui: &mut Ui, cx: &mut Cx<'_>, player: &PlayerSnapshot) {
    let palette = Palette::of(ui);
    widgets::row_with_end(
        ui,
        |ui| {
            widgets::title(ui, &player.title);
        },
        |ui| {
            ui.label(
                RichText::new(format!("recorded {}", text::date(player.recorded_at, cx.zone))).color(palette.weak),
            )
            .on_hover_text(player.file.display().to_string());
        },
    );
    if let Some(damage) = &player.damage {
        widgets::banner(ui, palette.warn, damage);
    }
}
