//! What the window remembers between frames: where the user is, what is typed, what is being asked.
//!
//! In: actions and key strokes. Out: plain values that pages draw. Knows nothing of the engine but the names of tabs.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::{Zeroize, Zeroizing};

use super::chat::ChatRows;
use super::pages::inspector::Watch;
use super::pages::issue::IssueForm;
use super::pages::log::LogFilter;
use super::pages::recent::Recent;
use super::pages::recordings::Browser;
use crate::installation::snapshot::{
    Connecting, Level, Notice, Preference, Proxy, ProxyAddressError, Snapshot, TabId, Transport,
};
use crate::meeting::view::Ssrc;

/// Where the user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The overview.
    #[default]
    Home,
    /// The form for a jnj.
    Issue,
    /// The recordings.
    Recordings,
    /// The messages.
    Inspector,
    /// A meeting or a playback.
    Tab(TabId),
}

/// A question that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The text of a jnj, as far as it is there.
    Paste(String),
    /// Whether to end a meeting.
    EndMeeting(TabId),
    /// Whether to send somebody out.
    SendOut(TabId, Ssrc),
    /// Whether to stop the MCU although there are meetings.
    StopMcu,
    /// Whether to stop the backup although there are meetings.
    StopBackup,
    /// Whether to stop the MCU as a crash would.
    PullThePlug,
}

/// A tab's own state.
#[derive(Default)]
pub struct TabState {
    /// What is typed and not sent.
    pub draft: String,
    /// So many lines of the chat were there when it was last shown.
    pub seen: usize,
    /// Whom the next line is for; `None` is everybody.
    pub talk_to: Option<Ssrc>,
    /// What is typed into the password prompt; wiped when sent and when dropped.
    pub password: String,
    /// Heights of the lines of chat.
    pub chat: ChatRows,
    /// Where the seek bar's handle is while it is being dragged, milliseconds of meeting time.
    pub dragged_to: Option<u64>,
}

impl TabState {
    /// How many of so many lines came since the chat was last shown.
    pub fn unread(&mut self, lines: usize) -> usize {
        // After coming back the chat begins anew.
        self.seen = self.seen.min(lines);
        lines - self.seen
    }
}

impl Drop for TabState {
    fn drop(&mut self) {
        self.password.zeroize();
    }
}

/// "How to connect", as it is being filled in.
pub struct ConnectingForm {
    /// What carries sessions.
    pub transport: Transport,
    /// A proxy's address as typed; a password may be in it.
    pub proxy: Zeroizing<String>,
    /// Which server's answer is taken.
    pub preference: Preference,
}

impl ConnectingForm {
    /// What is used now.
    pub fn of(now: &Connecting) -> ConnectingForm {
        let proxy = now.proxy.as_ref().map(Proxy::expose).unwrap_or_default();
        ConnectingForm { transport: now.transport, proxy, preference: now.preference }
    }

    /// What it says.
    ///
    /// # Errors
    /// The proxy cannot be used.
    pub fn read(&self) -> Result<Connecting, ProxyAddressError> {
        let typed = self.proxy.trim();
        let proxy = if typed.is_empty() { None } else { Some(typed.parse()?) };
        Ok(Connecting { transport: self.transport, proxy, preference: self.preference })
    }
}

/// The whole of it.
#[derive(Default)]
pub struct State {
    /// Where the user is.
    pub place: Place,
    /// Tabs by name.
    pub tabs: BTreeMap<TabId, TabState>,
    /// The form.
    pub form: IssueForm,
    /// The recordings table.
    pub browser: Browser,
    /// Which of the recently used files are there.
    pub recent: Recent,
    /// What is chosen in "How to connect" and not used yet.
    pub connecting: Option<ConnectingForm>,
    /// The inspector's table.
    pub watch: Watch,
    /// Whether the log is shown.
    pub log_open: bool,
    /// What of it.
    pub log: LogFilter,
    /// The question being asked.
    pub question: Option<Question>,
    /// Toasts of the window's own.
    pub notices: Vec<Notice>,
    /// When toasts were first seen, seconds of the window's time.
    pub toasts: BTreeMap<u64, f64>,
    /// Focus goes to the first field of what is shown next.
    pub wants_focus: bool,
    notices_made: u64,
}

impl State {
    /// Where to start, given what is there.
    pub fn new(shot: &Snapshot) -> State {
        let mut state = State::default();
        for id in tab_ids(shot) {
            state.tabs.insert(id, TabState::default());
        }
        state
    }

    /// Shows tabs that are new and forgets those that are gone.
    pub fn follow(&mut self, shot: &Snapshot) {
        let ids: BTreeSet<TabId> = tab_ids(shot).collect();
        for id in &ids {
            if !self.tabs.contains_key(id) {
                self.tabs.insert(*id, TabState::default());
                self.go(Place::Tab(*id));
            }
        }
        self.tabs.retain(|id, _| ids.contains(id));
        if matches!(self.place, Place::Tab(id) if !ids.contains(&id)) {
            self.place = Place::Home;
        }
    }

    /// Goes somewhere.
    pub fn go(&mut self, place: Place) {
        // Files may have come and gone while another page was shown.
        self.recent.look_again();
        self.place = place;
        self.wants_focus = true;
    }

    /// A tab's state.
    pub fn tab(&mut self, id: TabId) -> &mut TabState {
        self.tabs.entry(id).or_default()
    }

    /// What is typed in a tab.
    pub fn draft(&self, id: TabId) -> &str {
        self.tabs.get(&id).map_or("", |tab| &tab.draft)
    }

    /// What is typed into a tab's password prompt.
    pub fn password(&self, id: TabId) -> &str {
        self.tabs.get(&id).map_or("", |tab| &tab.password)
    }

    /// What is pasted into the question for a jnj.
    pub fn pasted(&self) -> &str {
        match &self.question {
            Some(Question::Paste(text)) => text,
            _ => "",
        }
    }

    /// Shows a toast of the window's own.
    pub fn tell(&mut self, level: Level, text: impl Into<String>) {
        // Counted down from the top: the engine counts its notices up, so the two never meet.
        let id = u64::MAX - self.notices_made;
        self.notices_made += 1;
        self.notices.push(Notice { id, level, text: text.into() });
    }
}

/// Names of all tabs, in the order of the navigation.
pub fn tab_ids(shot: &Snapshot) -> impl Iterator<Item = TabId> + '_ {
    let sessions = |playing: bool| shot.sessions.iter().filter(move |s| s.playback.is_some() == playing).map(|s| s.id);
    sessions(false).chain(sessions(true)).chain(shot.players.iter().map(|p| p.id))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::installation::snapshot::{Manners, PlayerSnapshot, SessionPhase, SessionSnapshot};

    fn shot(sessions: &[TabId]) -> Snapshot {
        let session = |id: &TabId| {
            Arc::new(SessionSnapshot {
                id: *id,
                source: String::new(),
                phase: SessionPhase::InMeeting,
                view: Arc::default(),
                attempts: Arc::default(),
                relay: None,
                reconnects: 0,
                can_reissue: false,
                prompts: Vec::new(),
                manners: Manners::default(),
                playback: None,
                server: None,
                transport: Transport::Tcp,
                server_version: String::new(),
                in_meeting: std::time::Duration::ZERO,
                received: 0,
                sent: 0,
            })
        };
        let players: Vec<Arc<PlayerSnapshot>> = Vec::new();
        Snapshot { sessions: sessions.iter().map(session).collect(), players, ..Snapshot::default() }
    }

    #[test]
    fn lines_are_unread_until_they_are_shown_and_a_chat_that_begins_anew_has_none() {
        let mut tab = TabState::default();
        tab.seen = 10;
        assert_eq!(tab.unread(13), 3);
        assert_eq!(tab.unread(2), 0);
        assert_eq!(tab.unread(3), 1);
    }

    #[test]
    fn a_new_session_is_shown_and_a_closed_one_leads_home() {
        let mut state = State::new(&shot(&[1]));
        assert_eq!(state.place, Place::Home);
        state.follow(&shot(&[1, 2]));
        assert_eq!(state.place, Place::Tab(2));
        state.follow(&shot(&[1]));
        assert_eq!(state.place, Place::Home);
        assert_eq!(state.tabs.len(), 1);
    }

    #[test]
    fn own_notices_have_names_of_their_own() {
        let mut state = State::default();
        state.tell(Level::Info, "one");
        state.tell(Level::Info, "two");
        assert_ne!(state.notices[0].id, state.notices[1].id);
    }
}
