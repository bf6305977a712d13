//! The JoinNet-style client engine: joins with a jnj and takes part. As many in a process as wanted.
//!
//! In: a jnj and [`ClientCommand`]s. Out: a [`ClientState`] that is replaced whenever something changed, and [`ClientEvent`]s.
//! [`dialler`] decides which address is tried when, [`comeback`] when a lost connection is tried again, [`viewing`] where a playback
//! stands, [`manners`] what is done without asking, all without sockets; [`remembered`] keeps
//! passwords that were right; [`session`] drives them and speaks the wire.

pub mod comeback;
mod connect;
pub mod dialler;
mod heartbeat;
mod joining;
pub mod manners;
mod relay;
pub mod remembered;
pub mod session;
#[cfg(feature = "sound")]
pub mod sound;
pub mod viewing;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::comeback::Attempt;
use self::dialler::{AttemptRow, Preference};
pub use self::manners::{Door, Manners, Prompt, Question};
pub use self::remembered::PasswordMemory;
pub use self::viewing::{Viewing, Wish};
use crate::clock::Clock;
use crate::hit::jnj::Jnj;
use crate::hit::password::PasswordHash;
use crate::link::{Counters, Inspector, Route, Sha256Fingerprint, Transport};
pub use crate::meeting::moves::Move;
use crate::meeting::view::View;
use crate::wire::Refusal;
use crate::wire::code_page::CodePage;

/// How to join.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// What carries the connection.
    pub transport: Transport,
    /// Through a proxy, and with whose certificates.
    pub route: Route,
    /// Whom the first connection belongs to (guide 3.8).
    pub preference: Preference,
    /// Answers a password prompt without asking; the first time only.
    pub password: Option<PasswordHash>,
    /// Answers a password prompt with what was right for this jnj before, and keeps what is right now.
    pub remembers: PasswordMemory,
    /// What a guest of a web office is called (codetype 4).
    pub name: Option<String>,
    /// What our lines are written in, as an old client's (EXT(55)).
    pub code_page: CodePage,
    /// What is answered without asking.
    pub manners: Manners,
    /// Whether a lost connection is tried again (wire/01 section 10.4).
    pub come_back: bool,
    /// How long the server may be silent during the handshake (wire/01 section 2: 60 s).
    pub patience: Duration,
    /// Clock.
    pub clock: Clock,
    /// Watches every connection.
    pub inspector: Inspector,
}

impl ClientOptions {
    /// Over a WebSocket, without a password, remembering none, coming back when the connection is lost.
    pub fn new(clock: Clock) -> ClientOptions {
        ClientOptions {
            transport: Transport::WebSocket,
            route: Route::default(),
            preference: Preference::default(),
            password: None,
            remembers: PasswordMemory::default(),
            name: None,
            code_page: CodePage::UTF8,
            manners: Manners::default(),
            come_back: true,
            patience: PATIENCE,
            clock,
            inspector: Inspector::off(),
        }
    }
}

/// A running client. Dropping it leaves the meeting; [`Client::finish`] waits for that.
#[derive(Debug)]
pub struct Client {
    commands: mpsc::Sender<ClientCommand>,
    state: watch::Receiver<Arc<ClientState>>,
    events: broadcast::Sender<ClientEvent>,
    task: JoinHandle<()>,
    leave: CancellationToken,
}

/// What a client can be asked to do.
#[derive(Debug)]
pub enum ClientCommand {
    /// Take part; what is not allowed now is left undone.
    Do(Move),
    /// What is answered from now on without asking.
    SetManners(Manners),
    /// Answer a password prompt; `None` cancels.
    Password(Option<PasswordHash>),
    /// What a viewer of a recording wants.
    Watch(Wish),
    /// Do not wait for the next attempt to come back.
    ReconnectNow,
    /// Cut the connection as a pulled cable would.
    Cut,
}

/// Where a client stands.
#[derive(Clone, Debug)]
pub struct ClientState {
    /// How far it is.
    pub phase: Phase,
    /// What it knows of the meeting.
    pub view: Arc<View>,
    /// Every address of the last dialling, in order, and what became of it.
    pub attempts: Arc<Vec<AttemptRow>>,
    /// The relay that it came through, `HOST:PORT`.
    pub relay: Option<String>,
    /// The server's address, as the jnj has it, once connected.
    pub server: Option<String>,
    /// The server's version as announced.
    pub server_version: String,
    /// Bytes on the control connection.
    pub counters: Option<Arc<Counters>>,
    /// When it was admitted, on the steady clock.
    pub admitted_at: Option<Duration>,
    /// Milliseconds that the meeting had been running then.
    pub elapsed_ms: i32,
    /// What somebody is asked, the oldest first.
    pub prompts: Arc<Vec<Prompt>>,
    /// What is answered without asking.
    pub manners: Manners,
    /// Where a playback over the wire stands.
    pub viewing: Option<Arc<Viewing>>,
    /// How often it has come back.
    pub reconnects: u32,
    /// How long the last answer to a probe took (wire/01 section 10.1).
    pub round_trip: Option<Duration>,
    /// Since when an answer to a probe is missing, on the steady clock.
    pub unanswered: Option<Duration>,
}

/// How far a client is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Trying an address.
    Dialling(String),
    /// Keys and the join request.
    Joining,
    /// The password is wanted; true if an earlier one was wrong.
    PasswordWanted(bool),
    /// Somebody's permission is wanted.
    Waiting(String),
    /// The connection was lost.
    Reconnecting {
        /// Why.
        why: String,
        /// The attempt that comes or is being made.
        attempt: Attempt,
        /// It is being made.
        now: bool,
    },
    /// In the meeting, or at a playback.
    InMeeting,
    /// Over.
    Ended(Ending),
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// We left.
    Left,
    /// The meeting was ended.
    MeetingOver,
    /// We were disconnected by the owner.
    Disconnected,
    /// The same user joined elsewhere.
    Overwritten,
    /// Refused.
    Refused(Refusal),
    /// The jnj asks for something that this client cannot do yet.
    NotServed(String),
    /// No server answered.
    NotConnected(String),
    /// The server's certificate is not one that this system trusts; somebody may decide to trust exactly this one.
    Untrusted {
        /// Whose.
        server: String,
        /// Its fingerprint.
        fingerprint: Sha256Fingerprint,
        /// What is wrong with it.
        why: String,
    },
    /// The owner was not there and leaving a message was declined (wire/01 section 6.2).
    MessageDeclined {
        /// Whose meeting; may be empty.
        owner: String,
        /// True: busy. False: not online.
        busy: bool,
    },
    /// The jnj asked for a recording to be deleted: whether it was (wire/01 section 6.3).
    Deleted(bool),
    /// The connection was lost or the server broke the protocol.
    Lost(String),
}

/// What happened, for scripts and chimes.
#[derive(Clone, Debug)]
pub enum ClientEvent {
    /// A message of the server was taken in.
    Message(Arc<crate::wire::ToClient>),
    /// The phase changed.
    Phase(Phase),
}

impl Client {
    /// Joins with a jnj. Must be called within a tokio runtime.
    pub fn start(jnj: Jnj, options: ClientOptions) -> Client {
        let first = ClientState {
            phase: Phase::Dialling(dialler::primary(&jnj)),
            view: Arc::new(View::default()),
            attempts: Arc::default(),
            relay: None,
            server: None,
            server_version: String::new(),
            counters: None,
            admitted_at: None,
            elapsed_ms: 0,
            prompts: Arc::default(),
            manners: options.manners,
            viewing: None,
            reconnects: 0,
            round_trip: None,
            unanswered: None,
        };
        let (commands, todo) = mpsc::channel(COMMANDS);
        let (publish, state) = watch::channel(Arc::new(first));
        let (events, _) = broadcast::channel(EVENTS);
        let leave = CancellationToken::new();
        let task = tokio::spawn(session::run(jnj, options, todo, publish, events.clone(), leave.clone()));
        Client { commands, state, events, task, leave }
    }

    /// Asks for something. False if too much is waiting already, or the client has ended.
    pub fn command(&self, command: ClientCommand) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// The present state.
    pub fn state(&self) -> Arc<ClientState> {
        Arc::clone(&self.state.borrow())
    }

    /// A receiver that wakes when the state changes.
    pub fn watch(&self) -> watch::Receiver<Arc<ClientState>> {
        self.state.clone()
    }

    /// Everything that happens from now on; who lags behind by more than 1,024 events is told so.
    pub fn events(&self) -> broadcast::Receiver<ClientEvent> {
        self.events.subscribe()
    }

    /// Asks to leave.
    pub fn leave(&self) {
        self.leave.cancel();
    }

    /// Leaves, waits until everything is closed, and says how it ended.
    pub async fn finish(self) -> Ending {
        self.leave.cancel();
        let failed = self.task.await.err();
        match (&self.state.borrow().phase, failed) {
            (Phase::Ended(ending), _) => ending.clone(),
            (phase, failed) => Ending::Lost(format!("the client stopped in phase {phase:?}: {failed:?}")),
        }
    }
}

/// The known client gives the key exchange up after this silence (wire/01 section 2).
const PATIENCE: Duration = Duration::from_secs(60);

const COMMANDS: usize = 256;
const EVENTS: usize = 1024;
