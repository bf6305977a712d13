//! File dialogs that do not hold up the window.
//!
//! In: what to ask for. Out: a path, some frames later. The dialog runs elsewhere; its future is polled once a frame.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use eframe::egui;

use crate::installation::command::JnjOrder;
use crate::installation::snapshot::TabId;

/// A path that the user is choosing; `None` once the dialog was cancelled.
pub type Pick = Pin<Box<dyn Future<Output = Option<PathBuf>>>>;

/// Asks the user for files. Tests answer by themselves.
pub trait Picker {
    /// For a .jnj or .jnr file to open.
    fn open(&self) -> Pick;
    /// For a place to save a jnj, with a name to begin with.
    fn save_jnj(&self, name: &str) -> Pick;
    /// For a place to save text, with a name to begin with.
    fn save_text(&self, name: &str) -> Pick;
}

/// The dialogs of the desktop.
pub struct SystemPicker;

impl Picker for SystemPicker {
    fn open(&self) -> Pick {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Open a jnj or a recording")
            .add_filter("Jnj and recordings", &["jnj", "jnr"])
            .add_filter("All files", &["*"]);
        Box::pin(async move { dialog.pick_file().await.map(|file| file.path().to_owned()) })
    }

    fn save_jnj(&self, name: &str) -> Pick {
        let dialog =
            rfd::AsyncFileDialog::new().set_title("Save the jnj").set_file_name(name).add_filter("Jnj", &["jnj"]);
        Box::pin(async move { dialog.save_file().await.map(|file| file.path().to_owned()) })
    }

    fn save_text(&self, name: &str) -> Pick {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Save the transcript")
            .set_file_name(name)
            .add_filter("Text", &["txt"]);
        Box::pin(async move { dialog.save_file().await.map(|file| file.path().to_owned()) })
    }
}

/// What is done with the path.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// Join with it or play it.
    Open,
    /// Issue into it.
    Issue(Box<JnjOrder>),
    /// Write a session's chat into it.
    Transcript(TabId),
}

/// A dialog that is open.
pub struct Asking {
    pick: Pick,
    then: Then,
}

impl Asking {
    /// Opens a dialog.
    pub fn new(pick: Pick, then: Then) -> Asking {
        Asking { pick, then }
    }

    /// Looks whether the user is done; the context is repainted when it is worth asking again.
    pub fn poll(&mut self, ctx: &egui::Context) -> Poll<Option<(PathBuf, Then)>> {
        let waker = Waker::from(Arc::new(Repaint(ctx.clone())));
        self.pick.as_mut().poll(&mut Context::from_waker(&waker)).map(|path| path.map(|path| (path, self.then.clone())))
    }
}

struct Repaint(egui::Context);

impl Wake for Repaint {
    fn wake(self: Arc<Self>) {
        self.0.request_repaint();
    }
}
