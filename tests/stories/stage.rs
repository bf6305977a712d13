//! What every story needs: an installation in a temporary folder, its MCU, jnj files, clients, and waiting for what is to happen.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hitdeck::client::{Client, ClientCommand, ClientOptions, ClientState, Ending, Move, Phase};
use hitdeck::clock::Clock;
use hitdeck::hit::jnj::Jnj;
use hitdeck::hit::keys::{KeyName, Passphrase, PrivateKey};
use hitdeck::hit::password::PasswordHash;
use hitdeck::hit::request::CommandKind;
use hitdeck::hit::sealed::{self, SealingKey};
use hitdeck::installation::command::{Command, JnjSource};
use hitdeck::installation::engine::{Engine, EngineOptions};
use hitdeck::installation::front::Front as _;
use hitdeck::installation::logbook::Logbook;
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::installation::snapshot::{McuState, SessionPhase, Snapshot, TabId};
use hitdeck::installation::{Installation, WEB_KEY, read_public_key, read_text};
use hitdeck::library::replay::apply;
use hitdeck::link::Transport;
use hitdeck::mcu::{Mcu, McuConfig};
use hitdeck::meeting::view::View;
use hitdeck::recording::{Health, JnrReader};
use tokio::sync::Notify;

/// An installation and its running MCU.
pub struct Stage {
    pub folder: tempfile::TempDir,
    pub installation: Installation,
    pub mcu: Mcu,
    pub clock: Clock,
}

impl Stage {
    pub async fn open() -> Stage {
        Stage::open_with(|_| {}).await
    }

    /// With some of the MCU's limits changed.
    pub async fn open_with(change: impl FnOnce(&mut McuConfig)) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let installation = Installation::init(&folder.path().join("desk")).unwrap();
        let clock = Clock::system();
        let (mut config, key) = installation.mcu("127.0.0.1:0".parse().unwrap(), clock.clone()).unwrap();
        // Somebody who is gone shall be gone at once; stories about coming back wait longer.
        config.patience.away = Duration::from_millis(50);
        change(&mut config);
        let mcu = Mcu::start(config, key).await.unwrap();
        Stage { folder, installation, mcu, clock }
    }

    pub fn recordings(&self) -> std::path::PathBuf {
        self.installation.recording_root()
    }

    pub fn issue(&self, order: &RequestOrder) -> Jnj {
        self.installation.issue(&order.request(self.clock.now()).unwrap(), self.mcu.address()).unwrap()
    }

    /// Seals any text as the trusted third party, though no third party would ever write it.
    pub fn seal(&self, xml: &str) -> Jnj {
        let folder = self.installation.folder();
        let text = |name: &str| read_text(&folder.join("third-party").join(name)).unwrap();
        let passphrase = Passphrase::from_base64(text("key_web_local.passphrase.txt").trim()).unwrap();
        let web = PrivateKey::from_text(&text(WEB_KEY), &passphrase).unwrap();
        let mcu = read_public_key(&folder.join("key_mcu_local.x509")).unwrap();
        let key = SealingKey::new(&web, &mcu).unwrap();
        let userinfo = sealed::seal(&KeyName::new(WEB_KEY).unwrap(), &key, xml.as_bytes(), [9; 32]).unwrap();
        self.carry(&userinfo)
    }

    /// A jnj for this MCU with any userinfo.
    pub fn carry(&self, userinfo: &str) -> Jnj {
        Jnj::new(self.mcu.address().ip().to_string(), self.mcu.address().port(), userinfo)
    }

    pub fn join(&self, order: &RequestOrder) -> Client {
        self.start(self.issue(order), Transport::WebSocket, None)
    }

    pub fn start(&self, jnj: Jnj, transport: Transport, password: Option<&str>) -> Client {
        let password = password.map(PasswordHash::of);
        Client::start(
            jnj,
            ClientOptions { transport, password, come_back: false, ..ClientOptions::new(self.clock.clone()) },
        )
    }

    /// A client that comes back when its connection is lost.
    pub fn faithful(&self, jnj: Jnj) -> Client {
        Client::start(jnj, ClientOptions::new(self.clock.clone()))
    }

    /// Closes the MCU, and gives the folder to whoever still wants to look into it.
    pub async fn close(self) -> tempfile::TempDir {
        self.mcu.shutdown().await;
        self.folder
    }
}

/// An engine with an MCU of its own, as the window has it.
pub struct Window {
    pub engine: Engine,
    pub installation: Installation,
    changed: Arc<Notify>,
    // Goes last.
    folder: tempfile::TempDir,
}

impl Window {
    /// With its MCU running.
    pub async fn open() -> Window {
        let folder = tempfile::tempdir().unwrap();
        let desk = folder.path().join("desk");
        let installation = Installation::init(&desk).unwrap();
        let engine = Engine::start(EngineOptions {
            installation: Installation::open(&desk).unwrap(),
            start_mcu: true,
            listen: "127.0.0.1:0".parse().unwrap(),
            with_people: false,
            more_people: None,
            demo: false,
            clock: Clock::system(),
            logbook: Logbook::default(),
        });
        let changed = Arc::new(Notify::new());
        let wake = Arc::clone(&changed);
        engine.on_change(Box::new(move || wake.notify_one()));
        let window = Window { engine, installation, changed, folder };
        window.until(|s| matches!(s.mcu, McuState::Running(_))).await;
        window
    }

    pub fn send(&self, command: Command) {
        self.engine.send(command).unwrap();
    }

    /// A place for files, removed with the window.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Joins with a jnj for this MCU.
    pub fn join(&self, order: &RequestOrder) {
        let snapshot = self.engine.snapshot();
        let McuState::Running(mcu) = &snapshot.mcu else { panic!("{snapshot:?}") };
        // Wherever the window's clock was turned to.
        let now = Clock::system().shifted(snapshot.clock.ahead * 1000).now();
        let request = order.request(now).unwrap();
        let jnj = self.installation.issue(&request, mcu.address).unwrap();
        self.send(Command::Join(JnjSource::Made(Box::new(jnj))));
    }

    /// Waits until the snapshot is as wanted; says what it was when it never came.
    pub async fn until(&self, is: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let waiting = async {
            loop {
                let snapshot = self.engine.snapshot();
                if is(&snapshot) {
                    return snapshot;
                }
                self.changed.notified().await;
            }
        };
        let seen = within("what the window waits for", waiting).await;
        seen.unwrap_or_else(|| panic!("never came; the snapshot is {:?}", self.engine.snapshot()))
    }

    /// Waits until the first session's phase is as wanted; gives its name.
    pub async fn until_session(&self, is: impl Fn(&SessionPhase) -> bool) -> TabId {
        let first = |s: &Snapshot| s.sessions.first().is_some_and(|session| is(&session.phase));
        self.until(first).await.sessions[0].id
    }

    pub async fn close(self) {
        self.engine.shutdown().await;
    }
}

/// Olive's meeting, as its owner.
pub fn owner(meeting: &str) -> RequestOrder {
    RequestOrder {
        owner: ("olive".into(), "Olive".into()),
        meeting_id: meeting.into(),
        command: CommandKind::Meeting,
        guest: None,
        group: None,
        duration_min: 0,
        title: String::new(),
        password: None,
        recorded: true,
        set: Vec::new(),
    }
}

/// The same, as an invited guest.
pub fn guest(meeting: &str, id: &str, name: &str) -> RequestOrder {
    let guest = GuestOrder { id: id.into(), name: name.into(), invited: true, ticket: false };
    RequestOrder { guest: Some(guest), ..owner(meeting) }
}

/// Waits until the client's state is as wanted; says what it was when it never came.
pub async fn until(client: &Client, wanted: &str, is: impl Fn(&ClientState) -> bool) -> Arc<ClientState> {
    let mut watch = client.watch();
    let waiting = async {
        loop {
            let state = Arc::clone(&watch.borrow_and_update());
            if is(&state) {
                return state;
            }
            assert!(watch.changed().await.is_ok(), "the client ended before {wanted}: {:?}", client.state());
        }
    };
    within(wanted, waiting).await.unwrap_or_else(|| panic!("never came: {wanted}; the state is {:?}", client.state()))
}

pub async fn joined(client: &Client) -> Arc<ClientState> {
    until(client, "in the meeting", |s| s.phase == Phase::InMeeting && s.view.initialised).await
}

pub async fn heard(client: &Client, text: &str) {
    until(client, text, |s| s.view.chat.iter().any(|line| line.text == text)).await;
}

/// How a client that never got in ended.
pub async fn turned_away(client: Client) -> Ending {
    let ending = ended(&client).await;
    client.finish().await;
    ending
}

pub fn say(client: &Client, text: &str) {
    assert!(client.command(ClientCommand::Do(Move::Say(text.into()))));
}

pub async fn ended(client: &Client) -> Ending {
    let state = until(client, "the end", |s| matches!(s.phase, Phase::Ended(_))).await;
    match &state.phase {
        Phase::Ended(ending) => ending.clone(),
        other => panic!("{other:?}"),
    }
}

/// Generous: only a story that will never come true runs into it.
pub async fn within<T>(_what: &str, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(Duration::from_secs(60), future).await.ok()
}

/// What a recording shows at its end, and how whole it is.
pub fn played(jnr: &Path) -> (View, Health) {
    let mut reader = JnrReader::open(jnr).unwrap();
    let mut view = View::default();
    for piece in 0..reader.pieces().len() {
        // A checkpoint repeats what was before it.
        if !reader.pieces()[piece].checkpoint {
            for record in reader.records(piece).unwrap().unwrap() {
                apply(&mut view, &record);
            }
        }
    }
    (view, reader.health())
}

/// The texts of the chat.
pub fn said_in(view: &View) -> Vec<&str> {
    view.chat.iter().map(|line| line.text.as_str()).collect()
}

/// All files below a folder with this ending.
pub fn files(root: &Path, ending: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
