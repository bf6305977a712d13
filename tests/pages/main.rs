//! The window's pages, drawn without a window: what every main action sends, and how every page looks.
//!
//! Pictures are in `snapshots/`; `UPDATE_SNAPSHOTS=1 cargo test --test pages` draws them anew. They are drawn by Mesa's software
//! Vulkan (Debian's mesa-vulkan-drivers) with Noto CJK (fonts-noto-cjk), and skipped with a note where these fonts are missing.
#![cfg(feature = "desk")]
// Helpers of tests may panic as tests may; clippy knows only the functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod acting;
mod fixtures;
mod looks;
mod meeting_fixtures;
mod meeting_tab;
mod status;
mod wire;
mod wire_fixtures;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use eframe::egui::epaint::text::{FontData, FontInsert, FontPriority, InsertFontFamily};
use eframe::egui::{Context, FontFamily, Theme};
use egui_kittest::{Harness, SnapshotOptions};
use hitdeck::desk::dialogs::{Pick, Picker};
use hitdeck::desk::{Desk, tokens};
use jiff::tz::TimeZone;

use fixtures::FakeFront;

/// The window over a fake engine.
fn window(front: &Arc<FakeFront>, size: [f32; 2], theme: Theme) -> Harness<'static, Desk> {
    let desk = Desk::new(front.clone()).with_zone(TimeZone::UTC).with_picker(Box::new(Chosen("/tmp/chosen.jnj")));
    let mut builder = Harness::builder()
        .with_size(size)
        .with_theme(theme)
        .with_max_steps(60)
        // Two clicks in a row have to be near enough for a double click.
        .with_step_dt(1.0 / 60.0)
        .with_options(tolerance())
        .with_context_setup(|ctx| {
            tokens::install(ctx);
            add_cjk(ctx);
        });
    if cjk().is_none() {
        builder = builder.allow_missing_glyphs();
    }
    let mut harness = builder.build_eframe(|_| desk);
    harness.run();
    harness
}

/// A pixel may differ by what another build of the same rasteriser rounds differently; a moved line or a changed letter does not pass.
fn tolerance() -> SnapshotOptions {
    SnapshotOptions::new().threshold(1.5).max_failed_pixels(40).output_path(Path::new("tests/pages/snapshots"))
}

/// File dialogs that answer at once.
struct Chosen(&'static str);

impl Picker for Chosen {
    fn open(&self) -> Pick {
        let path = PathBuf::from(self.0);
        Box::pin(async move { Some(path) })
    }

    fn save_jnj(&self, name: &str) -> Pick {
        let path = Path::new("/tmp").join(name);
        Box::pin(async move { Some(path) })
    }

    fn save_text(&self, name: &str) -> Pick {
        let path = Path::new("/tmp").join(name);
        Box::pin(async move { Some(path) })
    }
}

/// Noto CJK where Debian, Fedora and Arch put it.
fn cjk() -> Option<&'static [u8]> {
    static FONT: OnceLock<Option<&'static [u8]>> = OnceLock::new();
    *FONT.get_or_init(|| {
        let places = [
            "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
            "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
            "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
        ];
        let font = places.iter().find_map(|path| std::fs::read(path).ok());
        if font.is_none() {
            println!("note: Noto CJK is not installed (Debian: fonts-noto-cjk); Chinese, Japanese and Korean are drawn as boxes");
        }
        font.map(|bytes| &*bytes.leak())
    })
}

fn add_cjk(ctx: &Context) {
    let Some(bytes) = cjk() else { return };
    let families = [FontFamily::Proportional, FontFamily::Monospace]
        .map(|family| InsertFontFamily { family, priority: FontPriority::Lowest });
    ctx.add_font(FontInsert::new("noto-cjk", FontData::from_static(bytes), families.to_vec()));
}
