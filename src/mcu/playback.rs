//! One playback over the wire: a recording from disk to one viewer (wire/05 sections 4 to 8).
//!
//! In: an opened request, a viewer's wishes. Out: the messages of the recording, paced by the [`Player`], sealed under the viewer's own
//! key. A thread a playback: it reads the file, and waits for a viewer that is slow. Nothing of the live session's private affairs
//! goes out ([`is_replayed`]).

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tracing::warn;

use super::RunningPlayback;
use super::meeting::Outgoing;
use crate::clock::{Clock, Now};
use crate::hit::password::PasswordHash;
use crate::hit::request::ServiceRequest;
use crate::hit::xml::Writer;
use crate::library::listing::read_status;
use crate::library::{self, FindError, write_whole};
use crate::office::Refused;
use crate::recording::format::HeaderError;
use crate::recording::player::Speed;
use crate::recording::{JnrReader, Player, ReadError, Source as _};
use crate::wire::cipher::Cipher;
use crate::wire::facts::Fact;
use crate::wire::fields::Keys;
use crate::wire::floor::FloorToClient;
use crate::wire::playback::{PlaybackToClient, PlaybackToServer, RecordingInfo, is_replayed};
use crate::wire::{Clear, Refusal, ToClient};

/// A recording that is ready to be played.
pub(super) struct Reel {
    player: Player<JnrReader>,
    path: PathBuf,
    title: String,
    names: Vec<String>,
}

impl Reel {
    /// Opens the recording that a request means. Blocking.
    ///
    /// # Errors
    /// The refusal.
    pub(super) fn open(root: &Path, request: &ServiceRequest) -> Result<Reel, Refused> {
        let path = library::recording_of(root, request).map_err(|failure| not_found(&failure))?;
        let reader = open_reader(&path)?;
        let status = read_status(&path.with_extension("xml")).unwrap_or_default();
        let title = if status.title.is_empty() { reader.start().title.clone() } else { status.title };
        let names = status.participants.into_iter().map(|person| person.name).collect();
        Ok(Reel { player: Player::new(reader), path, title, names })
    }

    /// Whether its password is wanted first.
    pub(super) fn is_locked(&self) -> bool {
        self.player.source().is_locked()
    }

    /// Takes the password; false if it is another one. Blocking, and slow on purpose.
    pub(super) fn unlock(&mut self, password: &PasswordHash) -> bool {
        self.player.source_mut().unlock(password)
    }

    /// What the front desk and the status files show of it.
    pub(super) fn row(&self, request: &ServiceRequest, address: std::net::IpAddr) -> RunningPlayback {
        let (id, name) = match &request.guest {
            None => (request.owner.id.clone(), request.owner.name.clone()),
            Some(guest) => (guest.id.clone().unwrap_or_default(), guest.name.clone()),
        };
        let source = self.player.source();
        RunningPlayback {
            session_index: 0,
            player_name: name,
            player_id: id,
            address,
            elapsed: Duration::ZERO,
            shared: request.guest.is_some(),
            end_reached: false,
            file: self.path.clone(),
            file_size: std::fs::metadata(&self.path).map_or(0, |file| file.len()),
            file_duration: Duration::from_millis(u64::from(source.end_ms().saturating_sub(source.start_ms()))),
            file_encrypted: self.player.source().is_protected(),
        }
    }

    /// Notes in the status file that it is played: by its owner for the first time, or by somebody else (guide 3.5, note N64).
    /// `marking` keeps two at the same moment apart. Blocking.
    pub(super) fn mark(&self, by_owner: bool, now: Now, marking: &Mutex<()>) {
        let _one_at_a_time = marking.lock().unwrap_or_else(PoisonError::into_inner);
        let xml = self.path.with_extension("xml");
        let Ok(mut status) = read_status(&xml) else { return };
        if by_owner {
            if status.read.is_some() {
                return;
            }
            status.read = Some(now.unix_seconds());
        } else {
            status.view_count = status.view_count.saturating_add(1);
        }
        if let Err(failure) = write_whole(&xml, status.to_xml().as_bytes()) {
            warn!("{} cannot be marked as played: {failure}", xml.display());
        }
    }
}

/// What whoever asks is told of a recording that is not there.
pub fn not_found(failure: &FindError) -> Refused {
    let code = match failure {
        FindError::Path(_) => Refusal::Parameter,
        FindError::Missing { .. } => Refusal::MessageNotExist,
    };
    Refused::new(code, failure.to_string())
}

/// Opens a recording. Blocking.
///
/// # Errors
/// What a client is told of one that cannot be read.
pub(super) fn open_reader(path: &Path) -> Result<JnrReader, Refused> {
    JnrReader::open(path).map_err(|failure| unreadable(&failure))
}

/// What whoever asks is told of a recording that cannot be read.
pub(super) fn unreadable(failure: &ReadError) -> Refused {
    let code = match failure {
        ReadError::Io { .. } => Refusal::FileError,
        ReadError::Locked { .. } | ReadError::WrongPassword { .. } => Refusal::WrongPassword,
        ReadError::Header { source, .. } => match source {
            HeaderError::NewerVersion { .. } | HeaderError::Needs { .. } => Refusal::FileNeedHigherVersion,
            HeaderError::NotOurs | HeaderError::TooShort { .. } => Refusal::IllegalFile,
        },
    };
    Refused::new(code, failure.to_string())
}

/// Everything that the thread of a playback works with.
pub(super) struct Projector {
    pub reel: Reel,
    /// What the viewer wants; closed when the viewer is gone.
    pub wishes: mpsc::Receiver<PlaybackToServer>,
    /// The viewer's queue.
    pub outgoing: mpsc::Sender<Outgoing>,
    /// The viewer's control cipher, which stands for the meeting's, too (wire/05 section 0).
    pub cipher: Cipher,
    pub clock: Clock,
    pub row: watch::Sender<RunningPlayback>,
}

/// The viewer is gone.
struct Gone;

impl Projector {
    /// Plays until the viewer is gone. Blocking: a thread of its own. `runtime` for waiting with an end.
    pub(super) fn run(mut self, runtime: &Handle) {
        if self.show(runtime).is_ok() {
            // Only a file that cannot be read any more leads here: the viewer is told, and keeps what was played.
            drop(self.send(&ToClient::Playback(PlaybackToClient::Unknown)));
            drop(self.send(&ToClient::Playback(PlaybackToClient::End)));
            while runtime.block_on(self.wishes.recv()).is_some() {}
        }
    }

    /// `Ok` when the recording can be read no further.
    fn show(&mut self, runtime: &Handle) -> Result<(), Gone> {
        self.introduce()?;
        let mut repeat = false;
        let mut first = true;
        // What the viewer was told of the position, and when.
        let (mut told, mut told_at) = (None, self.clock.now().steady);
        // There is no first PLAY: the known client takes for granted that it plays (wire/05 section 6).
        self.reel.player.play(told_at);
        loop {
            let wait = if self.reel.player.is_playing() { FRAME } else { IDLE };
            let mut jumped = false;
            match runtime.block_on(async { timeout(wait, self.wishes.recv()).await }) {
                Ok(Some(wish)) => {
                    jumped |= self.obey(&wish, &mut repeat);
                    while let Ok(wish) = self.wishes.try_recv() {
                        jumped |= self.obey(&wish, &mut repeat);
                    }
                }
                Ok(None) => return Err(Gone),
                Err(_) => {}
            }
            let reader = self.reel.player.source_mut();
            if reader.grows()
                && let Err(failure) = reader.refresh()
            {
                warn!("the recording cannot be followed: {failure}");
            }
            let ended = loop {
                let output = match self.reel.player.advance(self.clock.now().steady) {
                    Ok(output) => output,
                    Err(failure) => {
                        warn!("a playback stops: {failure}");
                        return Ok(());
                    }
                };
                if output.restart && !std::mem::take(&mut first) {
                    self.send(&ToClient::Playback(PlaybackToClient::Restart))?;
                    self.send(&CHANNELS)?;
                }
                for record in output.records.iter().filter(|record| is_replayed(&record.clear.bytes)) {
                    self.send_clear(&record.clear)?;
                }
                if !output.more {
                    break output.ended;
                }
            };
            let (position, now) = (self.reel.player.position_ms(), self.clock.now().steady);
            let moved =
                self.reel.player.is_playing() && now.saturating_sub(told_at) >= TICK_EVERY && told != Some(position);
            if jumped || ended || moved || now.saturating_sub(told_at) >= REMIND_EVERY {
                self.tick(position)?;
                (told, told_at) = (Some(position), now);
            }
            if ended {
                self.row.send_modify(|row| row.end_reached = true);
                self.send(&ToClient::Playback(PlaybackToClient::End))?;
                let start = self.reel.player.source().start_ms();
                if repeat {
                    self.reel.player.seek(now, start);
                } else {
                    self.reel.player.pause(now);
                }
            }
        }
    }

    /// What a viewer must know before the first message of the recording (wire/05 section 14, steps 6 to 8).
    fn introduce(&mut self) -> Result<(), Gone> {
        self.send(&ToClient::Fact(Fact::MaxExtension(103)))?;
        let source = self.reel.player.source();
        let (start, local) = (source.start(), source.start().local);
        let info = RecordingInfo {
            bandwidth_kbit: i32::try_from(start.bandwidth_kbit).unwrap_or(i32::MAX),
            start: tick_of(source.start_ms()),
            end: tick_of(source.end_ms()),
            recorded_at: [
                i32::from(local.year),
                i32::from(local.month),
                i32::from(local.day),
                i32::from(local.hour),
                i32::from(local.minute),
            ],
            names: std::mem::take(&mut self.reel.names),
        };
        self.send(&ToClient::Playback(PlaybackToClient::Info(Box::new(info))))?;
        if !self.reel.title.is_empty() {
            let mut xml = Writer::new();
            xml.open("jnr", &[]).leaf("title", &[], &self.reel.title);
            self.send(&ToClient::Playback(PlaybackToClient::Property(xml.finish())))?;
        }
        self.send(&CHANNELS)
    }

    /// True if the position was moved.
    fn obey(&mut self, wish: &PlaybackToServer, repeat: &mut bool) -> bool {
        let now = self.clock.now().steady;
        let player = &mut self.reel.player;
        match wish {
            PlaybackToServer::Repeat(on) => *repeat = *on,
            PlaybackToServer::Pause => player.pause(now),
            PlaybackToServer::Play => player.play(now),
            PlaybackToServer::Seek(tick) => {
                player.seek(now, u32::try_from(*tick).unwrap_or(0));
                return true;
            }
            // More than the known client offers: a test need not last as long as its meeting did.
            PlaybackToServer::Speed(percent) => {
                player.set_speed(now, Speed::percent(u32::try_from(*percent).unwrap_or(100)));
            }
            PlaybackToServer::BothVideo(_) => {}
        }
        false
    }

    fn tick(&self, position_ms: u32) -> Result<(), Gone> {
        self.send(&ToClient::Playback(PlaybackToClient::Tick(tick_of(position_ms))))
    }

    fn send(&self, message: &ToClient) -> Result<(), Gone> {
        self.send_clear(&message.encode())
    }

    /// Waits for a viewer that is slow: the recording then goes at its pace, and nobody else is concerned.
    fn send_clear(&self, message: &Clear) -> Result<(), Gone> {
        let keys = Keys { control: Some(self.cipher.clone()), meeting: Some(self.cipher.clone()) };
        let sealed = Bytes::from(message.seal(&keys));
        self.outgoing.blocking_send(Outgoing::Message(sealed)).map_err(|_| Gone)
    }
}

fn tick_of(milliseconds: u32) -> i32 {
    i32::try_from(milliseconds).unwrap_or(i32::MAX)
}

/// Without this the known client recognises no speakers (wire/05 section 7.1).
const CHANNELS: ToClient = ToClient::Floor(FloorToClient::Channels { video: 6, audio: 4 });

/// How often it is looked what is due.
const FRAME: Duration = Duration::from_millis(40);
const IDLE: Duration = Duration::from_secs(5);

/// The position is told about once a second while it moves (wire/05 section 5.3).
const TICK_EVERY: Duration = Duration::from_secs(1);

/// And now and then while it does not: the known client leaves after 270 s without (wire/05 section 8.6).
const REMIND_EVERY: Duration = Duration::from_secs(60);
