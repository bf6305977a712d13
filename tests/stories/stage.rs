//! What every story needs: an installation in a temporary folder, its MCU, jnj files, clients, and waiting for what is to happen.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hitdeck::client::{Client, ClientCommand, ClientOptions, ClientState, Ending, Phase};
use hitdeck::clock::Clock;
use hitdeck::hit::jnj::Jnj;
use hitdeck::hit::password::PasswordHash;
use hitdeck::hit::request::CommandKind;
use hitdeck::installation::Installation;
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::link::Transport;
use hitdeck::mcu::{Mcu, McuConfig};

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
        let (mut config, key) = installation.mcu("127.0.0.1:0".parse().unwrap(), clock).unwrap();
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

    pub fn join(&self, order: &RequestOrder) -> Client {
        self.start(self.issue(order), Transport::WebSocket, None)
    }

    pub fn start(&self, jnj: Jnj, transport: Transport, password: Option<&str>) -> Client {
        let password = password.map(PasswordHash::of);
        Client::start(jnj, ClientOptions { transport, password, patience: Duration::from_secs(20), clock: self.clock })
    }

    /// Closes the MCU, and gives the folder to whoever still wants to look into it.
    pub async fn close(self) -> tempfile::TempDir {
        self.mcu.shutdown().await;
        self.folder
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

pub fn say(client: &Client, text: &str) {
    assert!(client.command(ClientCommand::Say(text.into())));
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
