//! The engine behind window and scripts: starts and holds the MCU, clients, playbacks and simulated people of one installation.
//!
//! In: [`Command`]s through a bounded queue. Out: a [`Snapshot`] that is replaced whenever something changed, with a wake-up. One
//! task owns everything; [`Engine::shutdown`] ends it and waits for all that it started.

mod issuing;
mod people;
mod servers;
mod sessions;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use self::issuing::joined_as;
use self::servers::{Server, Serving};
use self::sessions::{Tab, session};
use super::bell::Bell;
use super::command::{ClockTurn, Command};
use super::crowd::Crowd;
use super::demo::Cast;
use super::folder::Installation;
use super::front::Front;
use super::logbook::Logbook;
use super::looking::Looking;
use super::playback::{PlayCommand, Playback};
use super::recent::Recent;
use super::rows;
use super::snapshot::{
    ClockRow, Connecting, Issued, Level, McuState, Notice, RecordingRow, SampleUser, Snapshot, TabId,
};
use super::watching::Watching;
use crate::client::{ClientCommand, PasswordMemory, Wish};
use crate::clock::Clock;
use crate::hit::password::PasswordHash;
use crate::hit::paths;
use crate::library;

/// How an engine starts.
#[derive(Debug)]
pub struct EngineOptions {
    /// The installation.
    pub installation: Installation,
    /// Start its MCU at once.
    pub start_mcu: bool,
    /// Where the MCU listens; if that port is taken, another one is picked.
    pub listen: SocketAddr,
    /// Put simulated people into a meeting.
    pub with_people: bool,
    /// So many more come into their meeting, by the script that is drawn from this seed.
    pub more_people: Option<MorePeople>,
    /// The folder is a demo's.
    pub demo: bool,
    /// What time it is for this installation; clones of it are turned together.
    pub clock: Clock,
    /// Log lines for the window.
    pub logbook: Logbook,
}

/// Simulated people besides the demo's two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MorePeople {
    /// 1 to [`crate::installation::crowd::MAX_PEOPLE`].
    pub count: usize,
    /// What they do is drawn from it.
    pub seed: u64,
}

/// A running engine.
pub struct Engine {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    snapshot: Mutex<Arc<Snapshot>>,
    wakers: Mutex<Vec<Box<dyn Fn() + Send + Sync>>>,
}

impl Engine {
    /// Starts the engine's task. Must be called within a tokio runtime.
    pub fn start(options: EngineOptions) -> Engine {
        let (commands, todo) = mpsc::channel(COMMANDS);
        let shared = Arc::new(Shared::default());
        let stop = CancellationToken::new();
        let task = tokio::spawn(Task::new(options, Arc::clone(&shared)).run(todo, stop.clone()));
        Engine { commands, shared, stop, task: Mutex::new(Some(task)) }
    }

    /// Leaves all meetings, closes the MCU in good order, and waits.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(failure) = task.await
        {
            error!("the engine failed: {failure}");
        }
    }
}

impl Front for Engine {
    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shared.snapshot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn send(&self, command: Command) -> Result<(), String> {
        self.commands.try_send(command).map_err(|_| "HIT Deck is busy or closing; try again in a moment".to_owned())
    }

    fn on_change(&self, wake: Box<dyn Fn() + Send + Sync>) {
        self.shared.wakers.lock().unwrap_or_else(PoisonError::into_inner).push(wake);
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

struct Task {
    options: EngineOptions,
    clock: Clock,
    shared: Arc<Shared>,
    changed: Arc<Notify>,
    forwarders: JoinSet<()>,
    state: McuState,
    serving: Option<Serving>,
    /// Where the primary was last: jnj files name it also while it is stopped, so that a client goes on to the backup.
    primary: Option<SocketAddr>,
    /// The second MCU (guide 3.8).
    backup: Option<Server>,
    backup_state: McuState,
    connecting: Connecting,
    passwords: PasswordMemory,
    recent: Recent,
    cast: Option<Cast>,
    /// Simulated people by the number of their meeting.
    crowds: BTreeMap<i32, Crowd>,
    bell: Bell,
    watching: Watching,
    looking: Looking,
    tabs: BTreeMap<TabId, Tab>,
    players: BTreeMap<TabId, Playback>,
    next_tab: TabId,
    recordings: Arc<Vec<RecordingRow>>,
    users: Arc<Vec<SampleUser>>,
    issued: Option<Issued>,
    notices: Vec<Notice>,
    next_notice: u64,
}

impl Task {
    fn new(options: EngineOptions, shared: Arc<Shared>) -> Task {
        let accounts = options.installation.accounts();
        let recent = Recent::open(options.installation.folder());
        let clock = options.clock.clone();
        let looking = Looking::new(options.installation.recording_root());
        let users = accounts.into_iter().map(|a| SampleUser { id: a.id, name: a.name }).collect();
        Task {
            options,
            clock,
            shared,
            changed: Arc::default(),
            forwarders: JoinSet::new(),
            state: McuState::Stopped,
            serving: None,
            primary: None,
            backup: None,
            backup_state: McuState::Stopped,
            connecting: Connecting::default(),
            passwords: PasswordMemory::default(),
            recent,
            cast: None,
            crowds: BTreeMap::new(),
            bell: Bell::default(),
            watching: Watching::new(Clock::system()),
            looking,
            tabs: BTreeMap::new(),
            players: BTreeMap::new(),
            next_tab: 1,
            recordings: Arc::default(),
            users: Arc::new(users),
            issued: None,
            notices: Vec::new(),
            next_notice: 1,
        }
    }

    async fn run(mut self, mut commands: mpsc::Receiver<Command>, stop: CancellationToken) {
        self.follow(self.watching.shown());
        self.forwarders.spawn(self.watching.keep_up());
        self.follow(self.looking.shown());
        // Files carry the computer's time, whatever the office clock shows.
        self.forwarders.spawn(self.looking.keep_up(Clock::system()));
        if self.options.start_mcu {
            self.start_mcu().await;
        }
        self.refresh_recordings().await;
        let mut tick = tokio::time::interval(LOOK_EVERY);
        let changed = Arc::clone(&self.changed);
        let mut meetings_before = 0;
        let mut listed_at = self.clock.now().steady;
        loop {
            self.look_after_people();
            self.publish();
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.carry_out(command).await,
                    None => break,
                },
                () = stop.cancelled() => break,
                () = changed.notified() => {}
                _ = tick.tick() => {}
                Some(_) = self.forwarders.join_next() => {}
            }
            let meetings = self.serving.as_ref().map_or(0, |s| s.server.meetings.borrow().meetings.len());
            // What is being recorded grows: its length and its people are looked up again now and then.
            let now = self.clock.now().steady;
            if meetings != meetings_before || (meetings > 0 && now.saturating_sub(listed_at) >= LIST_EVERY) {
                (meetings_before, listed_at) = (meetings, now);
                self.refresh_recordings().await;
            }
        }
        self.close().await;
    }

    async fn close(&mut self) {
        for (_, tab) in std::mem::take(&mut self.tabs) {
            tab.client.finish().await;
        }
        for (_, player) in std::mem::take(&mut self.players) {
            player.finish().await;
        }
        self.stop_backup().await;
        self.stop_mcu().await;
        self.bell.set(false).await;
        self.forwarders.shutdown().await;
    }

    async fn carry_out(&mut self, command: Command) {
        match command {
            Command::StartMcu => self.start_mcu().await,
            Command::StopMcu => self.stop_mcu().await,
            Command::IssueAndJoin(order) => match self.issue(&order) {
                Ok(jnj) => self.join(jnj, joined_as(&order)),
                Err(failure) => self.complain(failure),
            },
            Command::IssueToFile(order, path) => self.issue_to_file(&order, &path),
            Command::Join(source) => self.join_from(source),
            Command::AnswerPassword(id, answer) => {
                let hash = answer.as_ref().map(|text| PasswordHash::of(text.expose()));
                self.ask_client(id, ClientCommand::Password(hash));
            }
            Command::RememberPasswords(on) => self.passwords.set_on(on),
            Command::PullThePlug => self.pull_the_plug().await,
            Command::StartBackup => self.start_backup().await,
            Command::StopBackup => self.stop_backup().await,
            Command::AddPeople { session_index, count, seed } => self.add_people(session_index, count, seed),
            Command::Tell(session_index, text) => self.tell(session_index, &text).await,
            Command::CloseMeeting(session_index) => self.close_meeting(session_index).await,
            Command::WarnOfShutdown => self.warn_of_shutdown().await,
            Command::SendPeopleAway(session_index) => self.send_people_away(session_index),
            Command::TurnClock(turn) => match turn {
                ClockTurn::Jump(ms) => self.clock.jump(ms),
                ClockTurn::RunAt(speed) => self.clock.run_at(speed),
                ClockTurn::Real => self.clock.be_real(),
            },
            Command::SetConnecting(connecting) => self.connecting = connecting,
            Command::ForgetRecent(path) => self.recent.forget(&path),
            Command::Reissue(id) => self.reissue(id).await,
            Command::TrustAndJoin(id) => self.trust(id).await,
            Command::ReconnectNow(id) => self.ask_client(id, ClientCommand::ReconnectNow),
            Command::CutConnection(id) => self.ask_client(id, ClientCommand::Cut),
            Command::PlayOverWire(path) => self.play_over_wire(&path),
            Command::SetRepeat(id, on) => self.ask_client(id, ClientCommand::Watch(Wish::Repeat(on))),
            Command::Do(id, wanted) => self.ask_client(id, ClientCommand::Do(wanted)),
            Command::SaveTranscript(id, path) => self.save_transcript(id, &path),
            Command::SetManners(id, manners) => self.ask_client(id, ClientCommand::SetManners(manners)),
            Command::Leave(id) => {
                if let Some(tab) = self.tabs.get(&id) {
                    tab.client.leave();
                }
            }
            Command::JoinAgain(id) => {
                if let Some(tab) = self.tabs.remove(&id) {
                    tab.client.finish().await;
                    self.join_as(id, tab.jnj, tab.source, tab.options);
                }
            }
            Command::CloseTab(id) => {
                if let Some(tab) = self.tabs.remove(&id) {
                    tab.client.finish().await;
                }
                if let Some(player) = self.players.remove(&id) {
                    player.finish().await;
                }
            }
            Command::Play(path) => self.play(path).await,
            Command::SetPlaying(id, true) => self.ask_either(id, PlayCommand::SetPlaying(true), Wish::Play),
            Command::SetPlaying(id, false) => self.ask_either(id, PlayCommand::SetPlaying(false), Wish::Pause),
            Command::Seek(id, to) => self.ask_either(id, PlayCommand::Seek(to), Wish::Seek(to)),
            Command::SetSpeed(id, speed) => {
                // Clamped before it is cut to a whole number.
                let percent = if speed.is_finite() { (speed.clamp(0.25, 16.0) * 100.0).round() } else { 100.0 };
                self.ask_either(id, PlayCommand::Speed(speed), Wish::Speed(percent as u32));
            }
            Command::RefreshRecordings => self.refresh_recordings().await,
            Command::SetChimes(on) => self.bell.set(on).await,
            Command::SetInspector(on) => self.watching.inspector.set_on(on),
            Command::ClearInspector => self.watching.inspector.clear(),
            Command::LookAtStatus { on, recording } => self.look_at_status(on, recording),
            Command::DismissNotice(id) => self.notices.retain(|notice| notice.id != id),
        }
    }

    async fn refresh_recordings(&mut self) {
        let root = self.options.installation.recording_root();
        match tokio::task::spawn_blocking(move || library::list(&root)).await {
            Ok(listing) => self.recordings = Arc::new(listing.entries.iter().map(rows::recording).collect()),
            Err(failure) => error!("the recordings cannot be listed: {failure}"),
        }
    }

    /// Only what lies within the recording root is read.
    fn look_at_status(&mut self, on: bool, recording: Option<PathBuf>) {
        let recording = recording.filter(|path| self.is_ours(path));
        self.looking.want(|wanted| (wanted.on, wanted.recording) = (on, recording));
    }

    /// The folders of the meetings that are open, whose participant files are shown.
    fn keep_looking(&self) {
        let root = self.options.installation.recording_root();
        let servers = self.serving.as_ref().map(|serving| &serving.server).into_iter().chain(&self.backup);
        let folders = servers.flat_map(|server| {
            let open = server.meetings.borrow().clone();
            open.meetings
                .iter()
                .filter_map(|m| paths::meeting_directory(m.group.as_deref(), &m.owner_id, &m.meeting_id).ok())
                .collect::<Vec<_>>()
        });
        let folders: Vec<PathBuf> = folders.map(|folder| root.join(folder)).collect();
        self.looking.want(|wanted| wanted.meetings = folders);
    }

    fn new_tab(&mut self) -> TabId {
        let id = self.next_tab;
        self.next_tab += 1;
        id
    }

    /// Wakes this task when a watched value changes.
    fn follow<T: Send + Sync + 'static>(&mut self, mut watched: watch::Receiver<T>) {
        let changed = Arc::clone(&self.changed);
        self.forwarders.spawn(async move {
            while watched.changed().await.is_ok() {
                watched.borrow_and_update();
                changed.notify_one();
            }
            changed.notify_one();
        });
    }

    fn complain(&mut self, what: String) {
        warn!("{what}");
        self.notice(Level::Error, what);
    }

    fn notice(&mut self, level: Level, text: String) {
        self.notices.push(Notice { id: self.next_notice, level, text });
        self.next_notice += 1;
        if self.notices.len() > MAX_NOTICES {
            self.notices.remove(0);
        }
    }

    fn clock_row(&self) -> ClockRow {
        let dial = self.clock.dial();
        ClockRow { now: self.clock.now().unix_seconds(), ahead: dial.ahead_ms.div_euclid(1000), speed: dial.speed }
    }

    fn publish(&mut self) {
        let now = self.clock.now();
        if let Some(serving) = &self.serving {
            self.state = serving.server.state(now.steady);
            self.count_people();
        }
        if let Some(backup) = &self.backup {
            self.backup_state = backup.state(now.steady);
        }
        self.look_for_stale_files();
        self.keep_looking();
        let views: Vec<_> = self.tabs.iter().map(|(id, tab)| (*id, Arc::clone(&tab.client.state().view))).collect();
        self.bell.listen(&views);
        let sessions = self.tabs.iter().map(|(id, tab)| Arc::new(session(*id, tab, now.steady))).collect();
        let snapshot = Snapshot {
            folder: self.options.installation.folder().to_owned(),
            demo: self.options.demo,
            mcu: self.state.clone(),
            backup: self.backup_state.clone(),
            clock: self.clock_row(),
            issued: self.issued.clone(),
            connecting: self.connecting.clone(),
            recent: Arc::new(self.recent.entries().to_vec()),
            sessions,
            players: self.players.values().map(|player| Arc::clone(&player.watch().borrow())).collect(),
            recordings: Arc::clone(&self.recordings),
            users: Arc::clone(&self.users),
            log: Arc::new(self.options.logbook.lines()),
            inspector: Arc::clone(&self.watching.shown().borrow()),
            status: Arc::clone(&self.looking.shown().borrow()),
            remembers_passwords: self.passwords.is_on(),
            chimes: self.bell.is_on(),
            notices: self.notices.clone(),
        };
        *self.shared.snapshot.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        for wake in self.shared.wakers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            wake();
        }
    }
}

const COMMANDS: usize = 256;
const MAX_NOTICES: usize = 20;
const LOOK_EVERY: Duration = Duration::from_millis(500);
const LIST_EVERY: Duration = Duration::from_secs(5);
