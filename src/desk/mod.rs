//! The window: pages of an installation, its meetings and its recordings.
//!
//! In: [`Snapshot`](crate::installation::snapshot::Snapshot)s, clicks and keys. Out:
//! [`Command`](crate::installation::command::Command)s. Knows no bytes, no sockets, and of files the paths that
//! dialogs give and whether a recently used one is still there.
//!
//! - [`tokens`]: every size and colour; [`action`]: everything that can be done; [`available`]: whether now; [`widgets`]: the
//!   parts of pages.
//! - [`timeline`], [`connection`], [`connecting`]: how a server is reached; [`playback`]: its controls; [`clock`]: what time it is
//!   for the installation.
//! - [`shell`]: navigation, status bar, questions and toasts around the [`pages`].
//! - [`perform`]: from an action to commands and to the window's own [`state`].

pub mod action;
pub mod available;
pub mod chat;
pub mod clock;
pub mod connecting;
pub mod connection;
pub mod dialogs;
pub mod icons;
pub mod launch;
pub mod pages;
pub mod people;
pub mod perform;
pub mod playback;
pub mod shell;
pub mod state;
pub mod text;
mod timeline;
pub mod tokens;
pub mod widgets;

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{self, Context, Ui};
use jiff::tz::TimeZone;

use crate::installation::command::{Command, JnjSource};
use crate::installation::front::Front;
use crate::installation::snapshot::Level;
use dialogs::{Asking, Picker, SystemPicker};
use state::{Place, State};
use widgets::Cx;

/// How the window starts.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// A .jnj to join with, or a .jnr to play.
    pub open: Option<PathBuf>,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// No display, or no graphics that egui can draw with.
    #[error("no window could be opened: {0}. HIT Deck needs a display with OpenGL; without one, use the command line")]
    NoWindow(String),
}

/// Opens the window and returns when it is closed. Runs on the main thread; the engine runs elsewhere.
///
/// # Errors
///
/// [`DeskError::NoWindow`] if there is no display or no OpenGL.
pub fn run(front: Arc<dyn Front>, options: RunOptions) -> Result<(), DeskError> {
    let mut viewport = egui::ViewportBuilder::default()
        .with_title(TITLE)
        .with_app_id("hitdeck")
        .with_inner_size(tokens::FIRST_WINDOW)
        .with_min_inner_size(tokens::MINIMUM_WINDOW);
    // A broken icon is no reason to have no window.
    if let Ok(icon) = eframe::icon_data::from_png_bytes(ICON) {
        viewport = viewport.with_icon(icon);
    }
    let native = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    eframe::run_native(
        TITLE,
        native,
        Box::new(move |cc| {
            let mut desk = Desk::new(front);
            desk.attach(&cc.egui_ctx);
            if let Some(path) = options.open {
                desk.open(path);
            }
            Ok(Box::new(desk))
        }),
    )
    .map_err(|error| DeskError::NoWindow(error.to_string()))
}

/// The window without its frame: drawn by eframe, or by a test.
pub struct Desk {
    front: Arc<dyn Front>,
    picker: Box<dyn Picker>,
    asking: Option<Asking>,
    state: State,
    zone: TimeZone,
}

impl Desk {
    /// A window onto an engine.
    pub fn new(front: Arc<dyn Front>) -> Desk {
        let state = State::new(&front.snapshot());
        Desk { front, picker: Box::new(SystemPicker), asking: None, state, zone: TimeZone::system() }
    }

    /// The same with other file dialogs.
    pub fn with_picker(self, picker: Box<dyn Picker>) -> Desk {
        Desk { picker, ..self }
    }

    /// The same with times shown for another zone than the system's.
    pub fn with_zone(self, zone: TimeZone) -> Desk {
        Desk { zone, ..self }
    }

    /// Gives the context the desk's look, and lets the engine wake it.
    pub fn attach(&self, ctx: &Context) {
        tokens::install(ctx);
        let ctx = ctx.clone();
        self.front.on_change(Box::new(move || ctx.request_repaint()));
    }

    /// Joins with a .jnj file, or plays a .jnr file.
    pub fn open(&mut self, path: PathBuf) {
        match path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).as_deref() {
            Some("jnr") => self.send(Command::Play(path)),
            Some("jnj") => self.send(Command::Join(JnjSource::File(path))),
            _ => {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                self.state.tell(Level::Warn, format!("“{name}” is neither a .jnj nor a .jnr file."));
            }
        }
    }

    /// Draws a frame and carries out what was asked for in it.
    pub fn ui(&mut self, ui: &mut Ui) {
        let shot = self.front.snapshot();
        self.state.follow(&shot);
        self.finish_dialog(ui.ctx());
        let mut cx = Cx { shot: &shot, state: &mut self.state, zone: &self.zone, actions: Vec::new() };
        shell::show(ui, &mut cx);
        let actions = cx.actions;
        let dropped = ui.input(|i| i.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect::<Vec<_>>());
        for path in dropped {
            self.open(path);
        }
        let acted = !actions.is_empty();
        for action in actions {
            self.perform(ui.ctx(), &shot, action);
        }
        self.look_at_status_files();
        if acted {
            // What an action changed is drawn at once, not at the next movement of the mouse.
            ui.ctx().request_repaint();
        }
    }

    /// Status files are read while their page is shown, and no longer.
    fn look_at_status_files(&mut self) {
        let page = &mut self.state.status;
        let wanted = (self.state.place == Place::Status, page.recording.clone());
        if page.told != wanted {
            page.told.clone_from(&wanted);
            self.send(Command::LookAtStatus { on: wanted.0, recording: wanted.1 });
        }
    }

    fn send(&mut self, command: Command) {
        if let Err(why) = self.front.send(command) {
            self.state.tell(Level::Error, why);
        }
    }
}

impl eframe::App for Desk {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        Desk::ui(self, ui);
    }
}

/// The window's title.
pub const TITLE: &str = "HIT Deck";

const ICON: &[u8] = include_bytes!("../../assets/icon.png");
