//! The embedded meeting server.
//!
//! In: an address, an installation's configuration and keys, connections. Out: meetings, recordings, status files, and a snapshot of
//! what is running. Tasks: the [`front_desk`] owns admission, each [`meeting`] owns itself, each [`session`] serves one connection,
//! each [`recorder`] writes one meeting's files, [`post`] writes to owners, [`archive`] removes what was kept for long enough; all end, and are waited for, in [`Mcu::shutdown`].

mod admission;
mod archive;
mod carrying;
mod continuing;
pub mod front_desk;
pub mod keyring;
mod ledger;
pub mod meeting;
mod opening;
mod pace;
mod pages;
mod playback;
mod post;
pub mod recorder;
pub mod rehearsal;
pub mod relay;
pub mod session;
mod status_files;
pub mod transcript;

pub use playback::not_found;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use self::front_desk::FrontDesk;
use self::keyring::Keyring;
use self::ledger::Ledger;
use self::meeting::Announcement;
pub use self::meeting::PersonSummary;
use self::opening::Opening;
use self::post::Post;
pub use self::relay::RelayPolicy;
use self::relay::Relays;
use self::session::Shared;
use self::status_files::StatusFiles;
use self::transcript::Transcripts;
use crate::clock::Clock;
use crate::hit::configm::{Archive, MailSettings};
use crate::hit::keys::PrivateKey;
use crate::hit::licence::Licence;
use crate::library;
use crate::link::{Inspector, LinkConfig, Listener};
use crate::meeting::room::How;
use crate::office::lines::Reserved;
use crate::office::{GuessPace, Guesses, Limits, Office};

/// What a server starts with.
#[derive(Debug)]
pub struct McuConfig {
    /// Where to listen; port 0 picks one.
    pub listen: SocketAddr,
    /// The local IP as guide 3.4 determines it, for the names of recordings.
    pub local_ip: String,
    /// Under which addresses status files are kept: the local IP, its IPv6 one, and `jnj_ip`, as far as they differ (guide 3.4).
    pub status_names: Vec<String>,
    /// The folder in which third parties' public keys lie.
    pub keys: PathBuf,
    /// The recording root.
    pub recording_root: PathBuf,
    /// What HomeMeeting's licence file decides.
    pub licence: Licence,
    /// Quotas and outside connections of those whose requests do not say (guide 3.1).
    pub limits: Limits,
    /// A userinfo is fresh within this either way (guide 3.1/3: five minutes).
    pub freshness: Duration,
    /// Clock.
    pub clock: Clock,
    /// How long a peer may keep us waiting.
    pub patience: Patience,
    /// Limits of the port.
    pub link: LinkConfig,
    /// Where it leads as a relay, and for whom (guide 3.13).
    pub relay: RelayPolicy,
    /// What becomes of deleted recordings; when it is not off, every meeting is recorded (guide 3.12).
    pub archive: Archive,
    /// An owner may protect a recording by a password (guide 3.12 disable_jnr_password).
    pub recording_passwords: bool,
    /// How it writes to owners (guide 3.1/1). `None`: not at all.
    pub mail: Option<MailSettings>,
    /// Where to write down what clients send; for making tests.
    pub transcripts: Transcripts,
    /// Watches every connection.
    pub inspector: Inspector,
}

/// How long a peer may keep us waiting, and how far behind it may be.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Each step before admission (wire/01 section 2: 60 s).
    pub step: Duration,
    /// A password prompt; the known client answers within 45 s.
    pub password: Duration,
    /// All of it, from the public key to the last password: who is slow at every step may not stay for ever.
    pub admission: Duration,
    /// After so much silence a probe; after three times that the client is lost (wire/01 section 10.1: 20 s).
    pub alive: Duration,
    /// So many messages may wait for one connection; one more and it is cut.
    pub queue: usize,
    /// Somebody whose connection is lost keeps the place for so long before the others hear of it; the known client comes back within
    /// a second (wire/02 section 13).
    pub away: Duration,
    /// How fast passwords may be guessed.
    pub guessing: GuessPace,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            step: Duration::from_secs(60),
            password: Duration::from_secs(90),
            admission: Duration::from_secs(300),
            alive: Duration::from_secs(20),
            queue: 4096,
            away: Duration::from_secs(5),
            guessing: GuessPace::default(),
        }
    }
}

/// Why an operator's notice is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// No words.
    #[error("a notice has at least one word in it")]
    Empty,
    /// A line of chat is shorter.
    #[error("a notice has at most {MAX_NOTICE} bytes, and this one has {bytes}: say it in two")]
    TooLong {
        /// Its length in UTF-8.
        bytes: usize,
    },
}

/// Most bytes of a notice: a line of chat (wire/02 section 6).
pub const MAX_NOTICE: usize = 2047;

/// What is running.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct McuSnapshot {
    /// Open meetings by number.
    pub meetings: Vec<RunningMeeting>,
    /// Running playbacks by number.
    pub playbacks: Vec<RunningPlayback>,
    /// Places that events have reserved (guide 3.9).
    pub reserved: Reserved,
}

/// A running playback (guide 3.4).
#[derive(Clone, Debug, PartialEq)]
pub struct RunningPlayback {
    /// Playback number, 0..=65535.
    pub session_index: i32,
    /// Who watches.
    pub player_name: String,
    /// That person's id; may be empty.
    pub player_id: String,
    /// From where.
    pub address: IpAddr,
    /// Since it began, whole seconds.
    pub elapsed: Duration,
    /// Watched by somebody else than the owner.
    pub shared: bool,
    /// The end has been reached.
    pub end_reached: bool,
    /// The recording.
    pub file: PathBuf,
    /// Its size in bytes.
    pub file_size: u64,
    /// Its length.
    pub file_duration: Duration,
    /// It has a password.
    pub file_encrypted: bool,
}

/// An open meeting.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningMeeting {
    /// Meeting number.
    pub session_index: i32,
    /// Meeting id.
    pub meeting_id: String,
    /// Title; may be empty.
    pub title: String,
    /// Owner's id.
    pub owner_id: String,
    /// Owner's name.
    pub owner_name: String,
    /// Owner's group.
    pub group: Option<String>,
    /// Planned minutes; 0 for a person-based meeting.
    pub duration_min: u16,
    /// Planned minutes of the event, also while it is prepared, which takes an hour of its own.
    pub event_min: u16,
    /// Since it was opened, whole seconds.
    pub elapsed: Duration,
    /// What it goes on from had taken that long already (guide 3.1/7 continuemeeting).
    pub before: Duration,
    /// Whether it is recorded.
    pub recorded: bool,
    /// It is a message that a visitor leaves.
    pub message: bool,
    /// It is being prepared (guide 3.7).
    pub preparation: bool,
    /// Its owner is inside and makes a recording (guide notes N28).
    pub makes_recording: bool,
    /// How many different participants there have been.
    pub ever_joined: usize,
    /// Those present.
    pub people: Vec<PersonSummary>,
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum McuError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}. Choose another port, or stop the program that uses it")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The recording root cannot be used.
    #[error("cannot use the recording folder {}: {source}", .path.display())]
    Recordings {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The operating system gives no random bytes.
    #[error("no random bytes can be had: {0}")]
    Random(#[from] getrandom::Error),
}

/// A running server. Dropping it cuts everything; [`Mcu::shutdown`] closes in good order.
#[derive(Debug)]
pub struct Mcu {
    address: SocketAddr,
    desk: FrontDesk,
    snapshot: watch::Receiver<Arc<McuSnapshot>>,
    sessions: TaskTracker,
    stop_accepting: CancellationToken,
    cut: CancellationToken,
    accepting: JoinHandle<()>,
    desk_task: JoinHandle<()>,
    post: Post,
    /// Removes what the archive has kept for long enough; none if it keeps for ever, or nothing.
    archive: Option<JoinHandle<()>>,
}

impl Mcu {
    /// Finishes what a crash left, then listens. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// See [`McuError`].
    pub async fn start(config: McuConfig, own: PrivateKey) -> Result<Mcu, McuError> {
        raise_descriptor_limit();
        let recordings = |source| McuError::Recordings { path: config.recording_root.clone(), source };
        tokio::fs::create_dir_all(&config.recording_root).await.map_err(recordings)?;
        finish_crashed(&config).await;

        let (publish, snapshot) = watch::channel(Arc::default());
        let opening = Opening::new(
            config.recording_root.clone(),
            config.local_ip.clone(),
            config.patience.away,
            config.licence.max_questioner,
            (config.archive != Archive::Off, config.recording_passwords),
        );
        let status =
            StatusFiles::start(config.recording_root.clone(), config.status_names.clone(), config.clock.clone());
        // Numbers go on from a moment that moves with the clock, so that a restart within a minute gives no file name twice.
        let first_index = i32::try_from(config.clock.now().unix_seconds().rem_euclid(65_536)).unwrap_or_default();
        let (post, postbox) = post::start(config.mail, &config.recording_root);
        let ledger = Arc::new(Ledger::new(&config.recording_root, config.clock.clone()));
        let (desk, desk_task) = front_desk::new(front_desk::Start {
            keyring: Arc::new(Keyring::new(&config.keys, own)),
            ledger: Arc::clone(&ledger),
            clock: config.clock.clone(),
            freshness: config.freshness,
            record_all: config.archive != Archive::Off,
            office: Office::new(config.licence.clone(), config.limits, first_index),
            opening,
            status,
            postbox,
            snapshot: publish,
        });
        let listener = Listener::bind(config.listen, config.link, pages::router(snapshot.clone()))
            .await
            .map_err(|source| McuError::Listen { address: config.listen, source })?;
        let address = listener.local_addr();
        info!("listening on {address}");

        let (sessions, stop_accepting, cut) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
        let archive = match config.archive {
            Archive::Days(days) => {
                let (root, clock) = (config.recording_root.clone(), config.clock.clone());
                Some(tokio::spawn(archive::keep(root, days, clock, stop_accepting.clone())))
            }
            Archive::Off | Archive::Forever => None,
        };
        let shared = Shared {
            desk: desk.clone(),
            clock: config.clock,
            patience: config.patience,
            transcripts: config.transcripts,
            inspector: config.inspector,
            threads: sessions.clone(),
            recording_root: config.recording_root,
            address,
            relay: config.relay,
            relays: Relays::default(),
            marking: Arc::default(),
            guesses: Arc::new(Mutex::new(Guesses::new(config.patience.guessing))),
        };
        let accepting = tokio::spawn(accept(listener, shared, sessions.clone(), stop_accepting.clone(), cut.clone()));
        let desk_task = tokio::spawn(desk_task);
        Ok(Mcu { address, desk, snapshot, sessions, stop_accepting, cut, accepting, desk_task, post, archive })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is running; wakes when that changes.
    pub fn snapshot(&self) -> watch::Receiver<Arc<McuSnapshot>> {
        self.snapshot.clone()
    }

    /// The operator's notice to one open meeting, by its number, or to all: everybody in it sees it in red, and its recording has it.
    /// Gives how many meetings were told.
    ///
    /// # Errors
    /// Nothing to say, or more than a line of chat holds.
    pub async fn tell(&self, session_index: Option<i32>, text: &str) -> Result<usize, NoticeError> {
        let text = text.trim();
        match text.len() {
            0 => Err(NoticeError::Empty),
            bytes if bytes > MAX_NOTICE => Err(NoticeError::TooLong { bytes }),
            _ => Ok(self.desk.announce(session_index, Announcement::Words(text.into())).await),
        }
    }

    /// Says to everybody that the server will shut down soon; it goes on until [`Mcu::shutdown`]. Gives how many meetings were told.
    pub async fn warn_of_shutdown(&self) -> usize {
        self.desk.announce(None, Announcement::Shutdown).await
    }

    /// Closes one open meeting as its administrator (guide 3.5, `how` 6): everybody is told that it is over, and its recording is finished.
    /// False if no such meeting is open.
    pub async fn close_meeting(&self, session_index: i32) -> bool {
        self.desk.close_meeting(session_index).await
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.sessions.len()
    }

    /// Cuts every connection without a goodbye, as a crash or a pulled cable does, then finishes the files and waits for every task.
    /// Clients take it for a loss: they come back, or go to a backup.
    pub async fn pull_the_plug(self) {
        info!("the plug is pulled");
        self.stop_accepting.cancel();
        self.cut.cancel();
        report(self.accepting.await);
        if let Some(archive) = self.archive {
            report(archive.await);
        }
        self.sessions.close();
        self.sessions.wait().await;
        self.desk.close(How::ServerShutdown).await;
        report(self.desk_task.await);
        self.post.close().await;
    }

    /// Closes the meetings with reason 3, finishes the files, and waits for every task.
    pub async fn shutdown(self) {
        info!("shutting down");
        self.stop_accepting.cancel();
        report(self.accepting.await);
        if let Some(archive) = self.archive {
            report(archive.await);
        }
        self.sessions.close();
        self.desk.close(How::ServerShutdown).await;
        report(self.desk_task.await);
        // Everybody was told that the meeting is over; who reads that closes by itself, the rest is cut.
        drop(tokio::time::timeout(GOODBYE, self.sessions.wait()).await);
        self.cut.cancel();
        self.sessions.wait().await;
        // Last: nobody who is still connected waits for a mail server.
        self.post.close().await;
    }
}

async fn accept(
    mut listener: Listener,
    shared: Shared,
    sessions: TaskTracker,
    stop: CancellationToken,
    cut: CancellationToken,
) {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Some(accepted) => {
                    let _tracked = sessions.spawn(session::serve(accepted, shared.clone(), cut.child_token()));
                }
                None => break,
            },
            () = stop.cancelled() => break,
        }
    }
    listener.shutdown().await;
}

async fn finish_crashed(config: &McuConfig) {
    let (root, now) = (config.recording_root.clone(), config.clock.now());
    match tokio::task::spawn_blocking(move || library::finish_crashed(&root, now)).await {
        Ok(finished) => {
            for (path, recovered) in &finished.recordings {
                info!("finished {}, which a crash had left open: {} records", path.display(), recovered.records);
            }
            for trouble in &finished.troubles {
                warn!("{}: {}", trouble.path.display(), trouble.reason);
            }
        }
        Err(failure) => warn!("looking for recordings left open failed: {failure}"),
    }
}

/// Each connection takes a descriptor; the usual limit of 1,024 would let silent ones keep everybody else out.
fn raise_descriptor_limit() {
    if let Err(failure) = rlimit::increase_nofile_limit(DESCRIPTORS) {
        warn!("the limit of open files cannot be raised: {failure}");
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(failure) = ended {
        tracing::error!("a task failed: {failure}");
    }
}

fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

const DESCRIPTORS: u64 = 65_536;

/// At shutdown, connections have this long to close by themselves.
const GOODBYE: Duration = Duration::from_secs(1);
