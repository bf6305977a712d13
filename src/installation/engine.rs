//! The engine behind window and scripts: starts and holds the MCU, clients, playbacks and simulated people of one installation.
//!
//! In: [`Command`]s through a bounded queue. Out: a [`Snapshot`] that is replaced whenever something changed, with a wake-up. One
//! task owns everything; [`Engine::shutdown`] ends it and waits for all that it started.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::bell::Bell;
use super::command::{Command, JnjFor, JnjOrder, JnjSource};
use super::demo::Cast;
use super::folder::{DEFAULT_LISTEN, Hold, Installation, InstallationError, read};
use super::front::Front;
use super::logbook::Logbook;
use super::order::{GuestOrder, RequestOrder, stamp};
use super::playback::{PlayCommand, Playback};
use super::recent::Recent;
use super::rows;
use super::snapshot::{
    Connecting, Level, McuRunning, McuState, Notice, RecentJnj, SampleUser, SessionSnapshot, Snapshot, TabId,
};
use super::watching::Watching;
use crate::client::dialler;
use crate::client::{Client, ClientCommand, ClientOptions, Ending, Phase, Wish};
use crate::clock::Clock;
use crate::hit::freshness::{DEFAULT_WINDOW, Freshness};
use crate::hit::jnj::{Credential, Jnj, Mode};
use crate::hit::password::PasswordHash;
use crate::hit::paths::RecordingPath;
use crate::hit::request::{CommandKind, Group, ServiceRequest};
use crate::library;
use crate::link::{Certificates, Route};
use crate::mcu::{Mcu, McuConfig, McuSnapshot};

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
    /// The folder is a demo's.
    pub demo: bool,
    /// Log lines for the window.
    pub logbook: Logbook,
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

struct Tab {
    source: String,
    jnj: Jnj,
    /// How it connects, also when it joins again: what is set later is for tabs that are opened later.
    options: ClientOptions,
    client: Client,
    /// Whether the jnj is a stale one of ours; looked up once it was refused.
    reissuable: Option<bool>,
}

struct Serving {
    mcu: Mcu,
    since: Duration,
    meetings: watch::Receiver<Arc<McuSnapshot>>,
    // Dropped after the MCU: the lock outlives what it protects.
    _hold: Hold,
}

/// The second MCU (guide 3.8).
struct Backup {
    mcu: Mcu,
    since: Duration,
    meetings: watch::Receiver<Arc<McuSnapshot>>,
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
    backup: Option<Backup>,
    backup_state: McuState,
    connecting: Connecting,
    recent: Recent,
    cast: Option<Cast>,
    bell: Bell,
    watching: Watching,
    tabs: BTreeMap<TabId, Tab>,
    players: BTreeMap<TabId, Playback>,
    next_tab: TabId,
    recordings: Arc<Vec<super::snapshot::RecordingRow>>,
    users: Arc<Vec<SampleUser>>,
    notices: Vec<Notice>,
    next_notice: u64,
}

impl Task {
    fn new(options: EngineOptions, shared: Arc<Shared>) -> Task {
        let accounts = options.installation.accounts();
        let recent = Recent::open(options.installation.folder());
        let users = accounts.into_iter().map(|a| SampleUser { id: a.id, name: a.name }).collect();
        Task {
            options,
            clock: Clock::system(),
            shared,
            changed: Arc::default(),
            forwarders: JoinSet::new(),
            state: McuState::Stopped,
            serving: None,
            primary: None,
            backup: None,
            backup_state: McuState::Stopped,
            connecting: Connecting::default(),
            recent,
            cast: None,
            bell: Bell::default(),
            watching: Watching::new(Clock::system()),
            tabs: BTreeMap::new(),
            players: BTreeMap::new(),
            next_tab: 1,
            recordings: Arc::default(),
            users: Arc::new(users),
            notices: Vec::new(),
            next_notice: 1,
        }
    }

    async fn run(mut self, mut commands: mpsc::Receiver<Command>, stop: CancellationToken) {
        self.follow(self.watching.shown());
        self.forwarders.spawn(self.watching.keep_up());
        if self.options.start_mcu {
            self.start_mcu().await;
        }
        self.refresh_recordings().await;
        let mut tick = tokio::time::interval(LOOK_EVERY);
        let changed = Arc::clone(&self.changed);
        let mut meetings_before = 0;
        let mut listed_at = self.clock.now().steady;
        loop {
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
            let meetings = self.serving.as_ref().map_or(0, |s| s.meetings.borrow().meetings.len());
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
            Command::PullThePlug => self.pull_the_plug().await,
            Command::StartBackup => self.start_backup().await,
            Command::StopBackup => self.stop_backup().await,
            Command::SetConnecting(connecting) => self.connecting = connecting,
            Command::ForgetRecent(path) => self.recent.forget(&path),
            Command::Reissue(id) => self.reissue(id).await,
            Command::TrustAndJoin(id) => self.trust(id).await,
            Command::ReconnectNow(id) => self.ask_client(id, ClientCommand::ReconnectNow),
            Command::CutConnection(id) => self.ask_client(id, ClientCommand::Cut),
            Command::PlayOverWire(path) => self.play_over_wire(&path),
            Command::SetRepeat(id, on) => self.ask_client(id, ClientCommand::Watch(Wish::Repeat(on))),
            Command::Say(id, text) => self.ask_client(id, ClientCommand::Say(text)),
            Command::Whisper(id, to, text) => self.ask_client(id, ClientCommand::Whisper(to, text)),
            Command::GiveToken(id, to) => self.ask_client(id, ClientCommand::Token(to)),
            Command::EndMeeting(id) => self.ask_client(id, ClientCommand::EndMeeting),
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
            Command::DismissNotice(id) => self.notices.retain(|notice| notice.id != id),
        }
    }

    async fn start_mcu(&mut self) {
        if self.serving.is_some() {
            return;
        }
        self.state = McuState::Starting;
        self.publish();
        match self.try_start_mcu().await {
            Ok(serving) => {
                self.follow(serving.meetings.clone());
                if self.options.with_people {
                    self.cast = Cast::enter(&self.options.installation, serving.mcu.address(), self.clock);
                }
                self.primary = Some(serving.mcu.address());
                self.serving = Some(serving);
            }
            Err(failure) => {
                self.state = match &failure {
                    StartFailure::Folder(InstallationError::Held { pid, address }) => match address.parse() {
                        Ok(address) => McuState::Elsewhere { address, pid: *pid },
                        Err(_) => McuState::Failed { why: failure.to_string() },
                    },
                    _ => McuState::Failed { why: failure.to_string() },
                };
                warn!("the MCU does not start: {failure}");
            }
        }
    }

    async fn try_start_mcu(&mut self) -> Result<Serving, StartFailure> {
        let hold = self.options.installation.hold()?;
        let inspector = || self.watching.inspector.clone();
        let (config, key) = self.options.installation.mcu(self.options.listen, self.clock)?;
        let mcu = match Mcu::start(McuConfig { inspector: inspector(), ..config }, key).await {
            Ok(mcu) => mcu,
            Err(taken) => {
                info!("{taken}; another port is picked");
                let any = SocketAddr::new(self.options.listen.ip(), 0);
                let (config, key) = self.options.installation.mcu(any, self.clock)?;
                Mcu::start(McuConfig { inspector: inspector(), ..config }, key).await?
            }
        };
        hold.note(mcu.address())?;
        let meetings = mcu.snapshot();
        Ok(Serving { since: self.clock.now().steady, meetings, mcu, _hold: hold })
    }

    async fn stop_mcu(&mut self) {
        let Some(serving) = self.serving.take() else { return };
        self.state = McuState::Stopping;
        self.publish();
        if let Some(cast) = self.cast.take() {
            cast.leave().await;
        }
        serving.mcu.shutdown().await;
        self.state = McuState::Stopped;
        self.refresh_recordings().await;
    }

    /// Simulated people go first: they would only come back.
    async fn pull_the_plug(&mut self) {
        let Some(serving) = self.serving.take() else { return };
        self.state = McuState::Stopping;
        self.publish();
        if let Some(cast) = self.cast.take() {
            cast.leave().await;
        }
        serving.mcu.pull_the_plug().await;
        self.state = McuState::Stopped;
        self.refresh_recordings().await;
    }

    /// On the primary's port, as a jnj has one port for all servers, and on another loopback address.
    async fn start_backup(&mut self) {
        if self.backup.is_some() {
            return;
        }
        self.backup_state = McuState::Starting;
        self.publish();
        let primary = self.mcu_address();
        let mut why = String::new();
        for ip in BACKUP_ADDRESSES.into_iter().filter(|ip| *ip != primary.ip()) {
            let started = match self.options.installation.mcu(SocketAddr::new(ip, primary.port()), self.clock) {
                Ok((config, key)) => {
                    let (local_ip, status_names) = (ip.to_string(), vec![ip.to_string()]);
                    let inspector = self.watching.inspector.clone();
                    let config = McuConfig { local_ip, status_names, inspector, ..config };
                    Mcu::start(config, key).await.map_err(|failure| failure.to_string())
                }
                Err(failure) => Err(failure.to_string()),
            };
            match started {
                Ok(mcu) => {
                    let (since, meetings) = (self.clock.now().steady, mcu.snapshot());
                    self.follow(meetings.clone());
                    self.backup = Some(Backup { mcu, since, meetings });
                    return;
                }
                Err(failure) => why = failure,
            }
        }
        warn!("the backup does not start: {why}");
        self.backup_state = McuState::Failed { why };
    }

    async fn stop_backup(&mut self) {
        let Some(backup) = self.backup.take() else { return };
        self.backup_state = McuState::Stopping;
        self.publish();
        backup.mcu.shutdown().await;
        self.backup_state = McuState::Stopped;
        self.refresh_recordings().await;
    }

    fn issue(&self, order: &JnjOrder) -> Result<Jnj, String> {
        let request = RequestOrder {
            owner: (order.owner_id.clone(), order.owner_name.clone()),
            meeting_id: order.meeting_id.clone(),
            command: CommandKind::Meeting,
            guest: match &order.person {
                JnjFor::Owner => None,
                JnjFor::Guest { id, name, invited } => {
                    Some(GuestOrder { id: id.clone(), name: name.clone(), invited: *invited, ticket: false })
                }
            },
            group: None,
            duration_min: u16::try_from(order.duration_min).unwrap_or(u16::MAX),
            title: order.title.clone(),
            password: (!order.password.is_empty()).then(|| order.password.clone()),
            recorded: order.recorded,
            set: Vec::new(),
        };
        let request = request.request(self.clock.now()).map_err(|e| e.to_string())?;
        self.seal(&request)
    }

    /// A jnj for the primary, and for the backup while one runs.
    fn seal(&self, request: &ServiceRequest) -> Result<Jnj, String> {
        let mut jnj = self.options.installation.issue(request, self.mcu_address()).map_err(|e| e.to_string())?;
        jnj.backupip = self.backup.iter().map(|backup| backup.mcu.address().ip().to_string()).collect();
        Ok(jnj)
    }

    /// The request of a jnj that was issued here, if its time is over.
    fn stale_request(&self, jnj: &Jnj) -> Option<ServiceRequest> {
        let request = self.options.installation.open_userinfo(jnj.userinfo.as_ref()?.expose()).ok()?;
        let age = Freshness::judge(request.timestamp, request.password.is_some(), self.clock.now(), DEFAULT_WINDOW);
        matches!(age, Freshness::Expired { .. }).then_some(request)
    }

    /// The same request with the present time, in the same tab.
    async fn reissue(&mut self, id: TabId) {
        let Some(mut request) = self.tabs.get(&id).and_then(|tab| self.stale_request(&tab.jnj)) else {
            return self.complain("That jnj was not issued here, or is still fresh".into());
        };
        stamp(&mut request, self.clock.now());
        match self.seal(&request) {
            Ok(jnj) => {
                if let Some(tab) = self.tabs.remove(&id) {
                    tab.client.finish().await;
                    self.join_as(id, jnj, tab.source, tab.options);
                }
            }
            Err(failure) => self.complain(failure),
        }
    }

    /// Asks the MCU for a recording of this installation, as its owner.
    fn play_over_wire(&mut self, path: &Path) {
        let issued = self.playback_request(path).and_then(|request| self.seal(&request));
        match issued {
            Ok(jnj) => self.join(jnj, path.file_stem().unwrap_or_default().to_string_lossy().into_owned()),
            Err(failure) => self.complain(failure),
        }
    }

    fn playback_request(&self, path: &Path) -> Result<ServiceRequest, String> {
        let root = self.options.installation.recording_root();
        let inside =
            path.strip_prefix(&root).map_err(|_| "Only recordings of this installation can be asked for".to_owned())?;
        let (place, _) = RecordingPath::parse(inside).map_err(|e| e.to_string())?;
        let name = self.recordings.iter().find(|row| row.path == path).map(|row| row.owner_name.clone());
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| place.owner().to_owned());
        let mut request = ServiceRequest::new(place.owner(), &name, place.meeting(), self.clock.now().unix_seconds());
        request.group = place.group().map(|id| Group { id: id.to_owned(), ..Group::default() });
        request.command.kind = CommandKind::Playback;
        request.command.file = Some(place.name());
        Ok(request)
    }

    fn issue_to_file(&mut self, order: &JnjOrder, path: &Path) {
        let written = self.issue(order).and_then(|jnj| {
            let bytes = jnj.to_bytes().map_err(|e| e.to_string())?;
            std::fs::write(path, bytes).map_err(|e| format!("{} cannot be written: {e}", path.display()))
        });
        match written {
            Ok(()) => self.notice(Level::Info, format!("Saved {}", path.display())),
            Err(failure) => self.complain(failure),
        }
    }

    fn mcu_address(&self) -> SocketAddr {
        let own = self.serving.as_ref().map(|s| s.mcu.address());
        own.or_else(|| self.options.installation.running_at()).or(self.primary).unwrap_or(DEFAULT_LISTEN)
    }

    fn join_from(&mut self, source: JnjSource) {
        let (read, from) = match source {
            JnjSource::Made(jnj) => (Ok(*jnj), "issued here".to_owned()),
            JnjSource::Text(text) => (Jnj::parse(text.as_bytes()).map_err(|e| e.to_string()), "pasted".to_owned()),
            JnjSource::File(path) => {
                let bytes = read(&path).map_err(|e| e.to_string());
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let jnj = bytes.and_then(|b| Jnj::parse(&b).map_err(|e| format!("{name}: {e}")));
                if let Ok(jnj) = &jnj {
                    self.remember(path, jnj, &name);
                }
                (jnj, name)
            }
        };
        match read {
            Ok(jnj) => self.join(jnj, from),
            Err(failure) => self.complain(failure),
        }
    }

    /// Says what a file leads to, if it was sealed for this installation, so that people find it again.
    fn remember(&mut self, path: PathBuf, jnj: &Jnj, name: &str) {
        let userinfo = jnj.userinfo.as_ref().map(Credential::expose);
        let request = userinfo.and_then(|userinfo| self.options.installation.open_userinfo(userinfo).ok());
        let what = request
            .map(|request| request.meeting_title.filter(|title| !title.is_empty()).unwrap_or(request.meeting_id));
        self.recent.used(RecentJnj {
            path: std::path::absolute(&path).unwrap_or(path),
            what: what.unwrap_or_else(|| name.to_owned()),
            server: dialler::primary(jnj),
            playback: jnj.mode() == Mode::Playback,
            used: self.clock.now().office,
        });
    }

    fn join(&mut self, jnj: Jnj, source: String) {
        let (id, options) = (self.new_tab(), self.options());
        self.join_as(id, jnj, source, options);
    }

    /// How sessions connect now.
    fn options(&self) -> ClientOptions {
        ClientOptions {
            transport: self.connecting.transport,
            route: Route { proxy: self.connecting.proxy.clone(), certificates: Certificates::System },
            preference: self.connecting.preference,
            inspector: self.watching.inspector.clone(),
            ..ClientOptions::new(self.clock)
        }
    }

    /// Joins again with the certificate that was refused, and no other.
    async fn trust(&mut self, id: TabId) {
        let Some(tab) = self.tabs.remove(&id) else { return };
        let Phase::Ended(Ending::Untrusted { fingerprint, .. }) = tab.client.state().phase.clone() else {
            self.tabs.insert(id, tab);
            return;
        };
        tab.client.finish().await;
        let route = Route { certificates: Certificates::Pinned(fingerprint), ..tab.options.route };
        self.join_as(id, tab.jnj, tab.source, ClientOptions { route, ..tab.options });
    }

    fn join_as(&mut self, id: TabId, jnj: Jnj, source: String, options: ClientOptions) {
        let client = Client::start(jnj.clone(), options.clone());
        self.follow(client.watch());
        self.tabs.insert(id, Tab { source, jnj, options, client, reissuable: None });
    }

    async fn play(&mut self, path: PathBuf) {
        let (id, clock) = (self.new_tab(), self.clock);
        let opened = tokio::task::spawn_blocking(move || Playback::open(id, &path, clock)).await;
        match opened {
            Ok(Ok(playback)) => {
                playback.command(PlayCommand::SetPlaying(true));
                self.follow(playback.watch());
                self.players.insert(id, playback);
            }
            Ok(Err(failure)) => self.complain(failure.to_string()),
            Err(failure) => self.complain(failure.to_string()),
        }
    }

    async fn refresh_recordings(&mut self) {
        let root = self.options.installation.recording_root();
        match tokio::task::spawn_blocking(move || library::list(&root)).await {
            Ok(listing) => self.recordings = Arc::new(listing.entries.iter().map(rows::recording).collect()),
            Err(failure) => error!("the recordings cannot be listed: {failure}"),
        }
    }

    fn ask_client(&mut self, id: TabId, command: ClientCommand) {
        let taken = self.tabs.get(&id).is_some_and(|tab| tab.client.command(command));
        if !taken {
            self.complain("That session has ended".to_owned());
        }
    }

    fn ask_player(&self, id: TabId, command: PlayCommand) {
        if let Some(player) = self.players.get(&id)
            && !player.command(command)
        {
            warn!("the playback takes no more commands");
        }
    }

    /// A local playback, or one over the wire.
    fn ask_either(&mut self, id: TabId, local: PlayCommand, wire: Wish) {
        if self.tabs.contains_key(&id) {
            self.ask_client(id, ClientCommand::Watch(wire));
        } else {
            self.ask_player(id, local);
        }
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

    fn publish(&mut self) {
        let now = self.clock.now();
        if let Some(serving) = &self.serving {
            let meetings = serving.meetings.borrow().meetings.iter().map(rows::meeting).collect();
            self.state = McuState::Running(McuRunning {
                address: serving.mcu.address(),
                up: now.steady.saturating_sub(serving.since),
                connections: serving.mcu.connections(),
                meetings,
            });
        }
        if let Some(backup) = &self.backup {
            let meetings = backup.meetings.borrow().meetings.iter().map(rows::meeting).collect();
            self.backup_state = McuState::Running(McuRunning {
                address: backup.mcu.address(),
                up: now.steady.saturating_sub(backup.since),
                connections: backup.mcu.connections(),
                meetings,
            });
        }
        self.look_for_stale_files();
        let views: Vec<_> = self.tabs.iter().map(|(id, tab)| (*id, Arc::clone(&tab.client.state().view))).collect();
        self.bell.listen(&views);
        let sessions = self.tabs.iter().map(|(id, tab)| Arc::new(session(*id, tab, now.steady))).collect();
        let snapshot = Snapshot {
            folder: self.options.installation.folder().to_owned(),
            demo: self.options.demo,
            mcu: self.state.clone(),
            backup: self.backup_state.clone(),
            connecting: self.connecting.clone(),
            recent: Arc::new(self.recent.entries().to_vec()),
            sessions,
            players: self.players.values().map(|player| Arc::clone(&player.watch().borrow())).collect(),
            recordings: Arc::clone(&self.recordings),
            users: Arc::clone(&self.users),
            log: Arc::new(self.options.logbook.lines()),
            inspector: Arc::clone(&self.watching.shown().borrow()),
            chimes: self.bell.is_on(),
            notices: self.notices.clone(),
        };
        *self.shared.snapshot.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        for wake in self.shared.wakers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            wake();
        }
    }
}

impl Task {
    /// A refusal of a stale jnj can be mended if it was issued here.
    fn look_for_stale_files(&mut self) {
        let refused = |tab: &Tab| matches!(tab.client.state().phase, Phase::Ended(Ending::Refused(_)));
        let unknown: Vec<TabId> =
            self.tabs.iter().filter(|(_, tab)| tab.reissuable.is_none() && refused(tab)).map(|(id, _)| *id).collect();
        for id in unknown {
            let stale = self.tabs.get(&id).is_some_and(|tab| self.stale_request(&tab.jnj).is_some());
            if let Some(tab) = self.tabs.get_mut(&id) {
                tab.reissuable = Some(stale);
            }
        }
    }
}

fn session(id: TabId, tab: &Tab, now: Duration) -> SessionSnapshot {
    let state = tab.client.state();
    SessionSnapshot {
        id,
        source: tab.source.clone(),
        phase: rows::phase(&state.phase, now),
        view: Arc::clone(&state.view),
        attempts: Arc::clone(&state.attempts),
        relay: state.relay.clone(),
        reconnects: state.reconnects,
        can_reissue: tab.reissuable == Some(true),
        playback: state.viewing.as_ref().map(|viewing| rows::viewing(viewing, now)),
        server: state.server.clone(),
        transport: tab.options.transport,
        server_version: state.server_version.clone(),
        in_meeting: state.admitted_at.map_or(Duration::ZERO, |at| {
            now.saturating_sub(at) + Duration::from_millis(u64::try_from(state.elapsed_ms).unwrap_or_default())
        }),
        received: state.counters.as_ref().map_or(0, |c| c.received()),
        sent: state.counters.as_ref().map_or(0, |c| c.sent()),
    }
}

fn joined_as(order: &JnjOrder) -> String {
    match &order.person {
        JnjFor::Owner => order.owner_name.clone(),
        JnjFor::Guest { name, .. } => name.clone(),
    }
}

#[derive(Debug, thiserror::Error)]
enum StartFailure {
    #[error(transparent)]
    Folder(#[from] InstallationError),
    #[error(transparent)]
    Mcu(#[from] crate::mcu::McuError),
}

/// Where a backup listens: the first that this system has.
const BACKUP_ADDRESSES: [IpAddr; 3] =
    [IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];

const COMMANDS: usize = 256;
const MAX_NOTICES: usize = 20;
const LOOK_EVERY: Duration = Duration::from_millis(500);
const LIST_EVERY: Duration = Duration::from_secs(5);
