//! The jnj files that were used last, on the overview.
//!
//! In: the snapshot's list. Out: drawn rows, and which of them to join with or forget.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{Align, Button, Label, Layout, RichText, Ui};

use crate::desk::action::Action;
use crate::desk::text;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::installation::snapshot::RecentJnj;

/// Which of the files are not there: looked for when the list changes and when the page is shown again, not in every frame.
#[derive(Default)]
pub struct Recent {
    of: Option<Arc<Vec<RecentJnj>>>,
    missing: BTreeSet<PathBuf>,
}

impl Recent {
    /// Whether a file was not there when it was last looked for.
    pub fn is_missing(&self, path: &Path) -> bool {
        self.missing.contains(path)
    }

    /// The next frame looks for the files anew.
    pub fn look_again(&mut self) {
        self.of = None;
    }

    fn follow(&mut self, recent: &Arc<Vec<RecentJnj>>) {
        if self.of.as_ref().is_some_and(|of| of == recent) {
            return;
        }
        self.missing = recent.iter().filter(|r| !r.path.is_file()).map(|r| r.path.clone()).collect();
        self.of = Some(Arc::clone(recent));
    }
}

/// Draws the list; nothing while it is empty.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let recent = Arc::clone(&cx.shot.recent);
    cx.state.recent.follow(&recent);
    if recent.is_empty() {
        return;
    }
    ui.add_space(tokens::GAP_M);
    widgets::section(ui, "Recently used jnj files");
    widgets::card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = tokens::GAP_XS;
        for file in recent.iter() {
            ui.push_id(&file.path, |ui| row(ui, cx, file));
        }
    });
}

fn row(ui: &mut Ui, cx: &mut Cx<'_>, file: &RecentJnj) {
    let palette = Palette::of(ui);
    let missing = cx.state.recent.is_missing(&file.path);
    let weak = |words: String| RichText::new(words).color(palette.weak);
    widgets::row_with_end(
        ui,
        |ui| {
            let colour = if missing { palette.weak } else { palette.strong };
            let server = weak(file.server.clone());
            // The name gets what the server leaves: both are cut where they do not fit.
            let half = ui.available_width() * NAME_PART;
            ui.scope(|ui| {
                ui.set_max_width(half);
                ui.add(Label::new(RichText::new(&file.what).color(colour)).truncate().selectable(false))
                    .on_hover_text(file.path.display().to_string());
            });
            if file.playback {
                widgets::chip(ui, "recording", palette.accent).on_hover_text("It plays a recording");
            }
            if missing {
                widgets::chip(ui, "file is gone", palette.warn)
                    .on_hover_text(format!("{} is not there any more", file.path.display()));
            }
            ui.add(Label::new(server).truncate().selectable(false)).on_hover_text("The server that it names first");
        },
        |ui| {
            let forget = Button::new(weak("×".into())).frame_when_inactive(false);
            cx.add(ui, Action::ForgetRecent(file.path.clone()), forget, &file.what);
            let face = if file.playback { "Play" } else { "Join" };
            cx.button_as(ui, Action::OpenRecent(file.path.clone()), Look::Plain, face, &file.what);
            let used = weak(text::date(file.used, cx.zone)).size(tokens::TYPE_SMALL);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(Label::new(used).selectable(false)));
        },
    );
}

/// Part of a row's width for what the jnj leads to.
const NAME_PART: f32 = 0.52;
