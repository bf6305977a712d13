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
use super::pages::status::StatusPage;
use crate::installation::snapshot::{
    Connecting, Level, Notice, Preference, Proxy, ProxyAddressError, SessionSnapshot, Snapshot, TabId, Transport,
};
use crate::meeting::view::{Audience, ControlFlags, Ssrc};

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
    /// The status files.
    Status,
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
    /// Whether to send somebody out; for good, or not.
    SendOut(TabId, Ssrc, bool),
    /// What the controller may do, as far as it is marked.
    Controller(TabId, Ssrc, ControlFlags),
    /// The recording's password; it is in [`TabState::password`], which is wiped.
    RecordingPassword(TabId),
    /// The meeting's title, as far as it is typed.
    Title(TabId, String),
    /// An address for everybody, as far as it is typed.
    Page(TabId, String),
    /// An operator's notice to one meeting or to all, as far as it is typed.
    Notice(Option<i32>, String),
    /// Whether to open an address that somebody sent.
    OpenPage(String),
    /// Whether to stop the MCU although there are meetings.
    StopMcu,
    /// Whether to stop the backup although there are meetings.
    StopBackup,
    /// Whether to stop the MCU as a crash would.
    PullThePlug,
    /// Whether to close an open meeting as the administrator.
    CloseMeeting(i32),
}

/// A tab's own state.
#[derive(Default)]
pub struct TabState {
    /// What is typed and not sent.
    pub draft: String,
    /// Whom the next line is for; `None` is everybody.
    pub talk_to: Option<Ssrc>,
    /// What is typed into the password prompt; wiped when sent and when dropped.
    pub password: String,
    /// Heights of the lines of chat.
    pub chat: ChatRows,
    /// Where the seek bar's handle is while it is being dragged, milliseconds of meeting time.
    pub dragged_to: Option<u64>,
    /// Which people are listed.
    pub people_filter: String,
    /// So many lines of chat were read.
    pub read: usize,
    /// The first line that was new when the tab was shown.
    pub new_from: Option<usize>,
    /// The tab was shown in the frame before.
    pub was_shown: bool,
    /// So many notices of the MCU's operator were dismissed.
    pub dismissed: usize,
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
    /// Meetings that are shown side by side, while the user is in one of them.
    pub panes: Vec<TabId>,
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
    /// Where the handle of the office clock is while it is dragged, hours ahead.
    pub clock_dragged_to: Option<f64>,
    /// The inspector's table.
    pub watch: Watch,
    /// The status files.
    pub status: StatusPage,
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
        for session in &shot.sessions {
            state.tab(session.id).read = session.view.chat.len();
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
        self.panes.retain(|id| ids.contains(id));
        if self.panes.len() < 2 {
            self.panes.clear();
        }
        self.follow_reading(shot);
    }

    /// What stands in a tab that is shown is read; where one stopped reading is remembered when it is shown again.
    fn follow_reading(&mut self, shot: &Snapshot) {
        for session in &shot.sessions {
            let shown = self.shown().contains(&session.id);
            let len = session.view.chat.len();
            let tab = self.tab(session.id);
            if shown {
                if !tab.was_shown {
                    tab.new_from = (tab.read < len && tab.read > 0).then_some(tab.read);
                }
                tab.read = len;
            }
            tab.was_shown = shown;
            // A session that joined again begins anew.
            tab.read = tab.read.min(len);
        }
    }

    /// The tabs on the screen.
    pub fn shown(&self) -> Vec<TabId> {
        match self.place {
            Place::Tab(id) if self.panes.contains(&id) => self.panes.clone(),
            Place::Tab(id) => vec![id],
            _ => Vec::new(),
        }
    }

    /// Whether a tab is one of those that are shown side by side, or is shown alone.
    pub fn is_beside(&self, id: TabId) -> bool {
        self.panes.contains(&id) || self.place == Place::Tab(id)
    }

    /// Shows a tab next to what is shown.
    pub fn show_beside(&mut self, id: TabId) {
        if self.panes.is_empty()
            && let Place::Tab(first) = self.place
        {
            self.panes.push(first);
        }
        if !self.panes.contains(&id) {
            self.panes.push(id);
        }
        if self.panes.len() < 2 {
            self.panes.clear();
        }
        self.go(Place::Tab(id));
    }

    /// How many lines of a session's chat were not read.
    pub fn unread(&self, session: &SessionSnapshot) -> usize {
        self.tabs.get(&session.id).map_or(0, |tab| session.view.chat.len().saturating_sub(tab.read))
    }

    /// The oldest notice of the MCU's operator that was not dismissed, and how many came after it.
    pub fn operator_notice<'s>(&self, session: &'s SessionSnapshot) -> Option<(&'s str, usize)> {
        let dismissed = self.tabs.get(&session.id).map_or(0, |tab| tab.dismissed);
        let notices = session.view.chat.iter().filter(|line| line.audience == Audience::Notice);
        let mut left = notices.skip(dismissed);
        let oldest = left.next()?;
        Some((oldest.text.as_str(), left.count()))
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

    /// What is typed into the question for a title or an address.
    pub fn typed(&self) -> &str {
        match &self.question {
            Some(Question::Title(_, text) | Question::Page(_, text) | Question::Notice(_, text)) => text,
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

/// So many meetings are shown side by side.
pub const MAX_PANES: usize = 4;

/// Names of all tabs, in the order of the navigation.
pub fn tab_ids(shot: &Snapshot) -> impl Iterator<Item = TabId> + '_ {
    let sessions = |playing: bool| shot.sessions.iter().filter(move |s| s.playback.is_some() == playing).map(|s| s.id);
    sessions(false).chain(sessions(true)).chain(shot.players.iter().map(|p| p.id))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::installation::snapshot::{Manners, PlayerSnapshot, SessionPhase};

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
                round_trip: None,
                unanswered_for: None,
                received: 0,
                sent: 0,
            })
        };
        let players: Vec<Arc<PlayerSnapshot>> = Vec::new();
        Snapshot { sessions: sessions.iter().map(session).collect(), players, ..Snapshot::default() }
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
