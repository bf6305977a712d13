//! When to chime.
//!
//! In: the views of all sessions, again and again. Out: a chime when somebody else has come in or spoken since the last time. Off
//! until it is asked for; in a build without sound it stays off.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::snapshot::TabId;
#[cfg(feature = "sound")]
use crate::client::sound::{Chime, Chimes};
use crate::meeting::view::View;

/// The bell of an engine.
#[derive(Debug, Default)]
pub(super) struct Bell {
    heard: BTreeMap<TabId, (usize, usize)>,
    #[cfg(feature = "sound")]
    chimes: Option<Chimes>,
}

impl Bell {
    /// Whether it is on; `None` where there is no sound.
    pub(super) fn is_on(&self) -> Option<bool> {
        #[cfg(feature = "sound")]
        return Some(self.chimes.is_some());
        #[cfg(not(feature = "sound"))]
        None
    }

    /// On or off. Off waits for a chime that is sounding.
    pub(super) async fn set(&mut self, on: bool) {
        #[cfg(feature = "sound")]
        if on {
            self.chimes.get_or_insert_with(Chimes::start);
        } else if let Some(chimes) = self.chimes.take() {
            chimes.finish().await;
        }
        #[cfg(not(feature = "sound"))]
        tracing::info!("chimes {on}: this build has no sound");
    }

    /// Looks at all sessions, and chimes for what is new.
    pub(super) fn listen(&mut self, views: &[(TabId, Arc<View>)]) {
        let mut news = (false, false);
        for (id, view) in views.iter().filter(|(_, view)| view.initialised) {
            let now = (view.people.values().filter(|p| p.present).count(), view.chat.len());
            // A session that has just begun finds people and lines that are not new.
            let before = self.heard.insert(*id, now).unwrap_or(now);
            let others_spoke = view.chat.iter().skip(before.1).any(|line| line.from != view.me);
            news = (news.0 || now.0 > before.0, news.1 || others_spoke);
        }
        self.heard.retain(|id, _| views.iter().any(|(open, _)| open == id));
        self.ring(news);
    }

    #[cfg(feature = "sound")]
    fn ring(&self, (arrival, line): (bool, bool)) {
        let chime = if arrival { Some(Chime::Arrival) } else { line.then_some(Chime::Line) };
        if let (Some(chimes), Some(chime)) = (&self.chimes, chime) {
            chimes.chime(chime);
        }
    }

    #[cfg(not(feature = "sound"))]
    fn ring(&self, _: (bool, bool)) {}
}
