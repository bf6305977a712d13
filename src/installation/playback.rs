//! Plays a JNR from disk, without an MCU, on a thread of its own.
//!
//! In: a file, and [`PlayCommand`]s. Out: a [`PlayerSnapshot`] that is replaced as the meeting goes on. The records are applied to the
//! same view that a live participant has.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::warn;

use super::snapshot::{PlayerSnapshot, TabId};
use crate::clock::Clock;
use crate::hit::password::PasswordHash;
use crate::library::listing::read_status;
use crate::library::replay::apply;
use crate::meeting::view::{NOBODY, View};
use crate::recording::player::Speed;
use crate::recording::{Class, Health, JnrReader, Player, ReadError, Source as _};

/// What a playback can be asked to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlayCommand {
    /// Go on, or pause.
    SetPlaying(bool),
    /// Jump to a position in milliseconds of meeting time.
    Seek(u64),
    /// 1.0 is the meeting's own speed.
    Speed(f32),
}

/// A running playback. [`Playback::finish`] stops it.
#[derive(Debug)]
pub struct Playback {
    commands: SyncSender<PlayCommand>,
    snapshot: watch::Receiver<Arc<PlayerSnapshot>>,
    thread: JoinHandle<()>,
}

impl Playback {
    /// Opens a recording, paused at its start. Reads the file: call it where blocking is allowed, within a tokio runtime.
    ///
    /// # Errors
    /// When the file cannot be read, is no recording of ours, or has a password.
    pub fn open(id: TabId, path: &Path, clock: Clock) -> Result<Playback, ReadError> {
        Playback::open_with(id, path, clock, None)
    }

    /// The same, of a recording that may have a password.
    ///
    /// # Errors
    /// As [`Playback::open`]; or there is a password, and it is another one than this.
    pub fn open_with(
        id: TabId,
        path: &Path,
        clock: Clock,
        password: Option<&PasswordHash>,
    ) -> Result<Playback, ReadError> {
        let mut reader = JnrReader::open(path)?;
        if password.is_some_and(|password| !reader.unlock(password)) {
            return Err(ReadError::WrongPassword { path: path.into() });
        }
        let chat_marks = chat_marks(&mut reader)?;
        let first = PlayerSnapshot {
            id,
            file: path.to_owned(),
            title: title(path, &reader),
            start_ms: u64::from(reader.start_ms()),
            end_ms: u64::from(reader.end_ms()),
            position_ms: u64::from(reader.start_ms()),
            playing: false,
            speed: 1.0,
            recorded_at: reader.start().started_unix_ms,
            view: Arc::new(View::default()),
            chat_marks: Arc::new(chat_marks),
            damage: damage(reader.health()),
        };
        let (commands, todo) = sync_channel(COMMANDS);
        let (publish, snapshot) = watch::channel(Arc::new(first));
        let thread = tokio::task::spawn_blocking(move || run(Player::new(reader), clock, &todo, &publish));
        Ok(Playback { commands, snapshot, thread })
    }

    /// Asks for something. False if too much is waiting, or the playback has ended.
    pub fn command(&self, command: PlayCommand) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// The newest state; wakes when there is a newer one.
    pub fn watch(&self) -> watch::Receiver<Arc<PlayerSnapshot>> {
        self.snapshot.clone()
    }

    /// Stops and waits.
    pub async fn finish(self) {
        drop(self.commands);
        if let Err(failure) = self.thread.await {
            warn!("the playback's thread failed: {failure}");
        }
    }
}

fn run(
    mut player: Player<JnrReader>,
    clock: Clock,
    todo: &Receiver<PlayCommand>,
    publish: &watch::Sender<Arc<PlayerSnapshot>>,
) {
    let mut view = Arc::new(View { me: NOBODY, ..View::default() });
    loop {
        let wait = if player.is_playing() { FRAME } else { IDLE };
        match todo.recv_timeout(wait) {
            Ok(command) => obey(&mut player, command, clock.now().steady),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if player.source().grows()
            && let Err(failure) = player.source_mut().refresh()
        {
            warn!("the recording cannot be followed: {failure}");
        }
        let mut changed = false;
        loop {
            let output = match player.advance(clock.now().steady) {
                Ok(output) => output,
                Err(failure) => {
                    warn!("the playback ends: {failure}");
                    publish.send_modify(|s| Arc::make_mut(s).damage = Some(failure.to_string()));
                    return;
                }
            };
            if output.restart {
                view = Arc::default();
            }
            changed |= output.restart || !output.records.is_empty();
            for record in &output.records {
                apply(Arc::make_mut(&mut view), record);
            }
            if output.ended {
                player.pause(clock.now().steady);
            }
            if !output.more {
                break;
            }
        }
        publish.send_if_modified(|snapshot| publish_into(snapshot, &player, &view, changed));
    }
}

/// True if anything is new.
fn publish_into(
    snapshot: &mut Arc<PlayerSnapshot>,
    player: &Player<JnrReader>,
    view: &Arc<View>,
    changed: bool,
) -> bool {
    let (position, end) = (u64::from(player.position_ms()), u64::from(player.source().end_ms()));
    let speed = percent_to_factor(player.speed());
    let same = snapshot.position_ms == position
        && snapshot.end_ms == end
        && snapshot.playing == player.is_playing()
        && (snapshot.speed - speed).abs() < f32::EPSILON;
    if same && !changed {
        return false;
    }
    let snapshot = Arc::make_mut(snapshot);
    (snapshot.position_ms, snapshot.end_ms) = (position, end);
    (snapshot.playing, snapshot.speed) = (player.is_playing(), speed);
    snapshot.view = Arc::clone(view);
    true
}

fn obey(player: &mut Player<JnrReader>, command: PlayCommand, now: Duration) {
    match command {
        PlayCommand::SetPlaying(true) => {
            // At the end, "play" means "once more".
            if player.position_ms() >= player.source().end_ms() && !player.source().grows() {
                player.seek(now, player.source().start_ms());
            }
            player.play(now);
        }
        PlayCommand::SetPlaying(false) => player.pause(now),
        PlayCommand::Seek(to) => player.seek(now, u32::try_from(to).unwrap_or(u32::MAX)),
        PlayCommand::Speed(factor) => {
            let percent = if factor.is_finite() { (factor.clamp(0.0, 100.0) * 100.0).round() } else { 100.0 };
            // Clamped to 0..=10,000 just above.
            player.set_speed(now, Speed::percent(percent as u32));
        }
    }
}

fn percent_to_factor(speed: Speed) -> f32 {
    f32::from(u16::try_from(speed.as_percent()).unwrap_or(100)) / 100.0
}

/// Where chat lines are.
fn chat_marks(reader: &mut JnrReader) -> Result<Vec<u64>, ReadError> {
    let mut marks = Vec::new();
    for piece in 0..reader.pieces().len() {
        if reader.pieces().get(piece).is_some_and(|p| p.checkpoint) {
            continue;
        }
        let records = reader.records(piece)?.unwrap_or_default();
        marks.extend(records.iter().filter(|r| r.class == Class::Chat).map(|r| u64::from(r.tick_ms)));
        if marks.len() >= MAX_MARKS {
            break;
        }
    }
    Ok(marks)
}

fn title(path: &Path, reader: &JnrReader) -> String {
    let start = reader.start();
    let beside = read_status(&PathBuf::from(path).with_extension("xml")).map(|status| status.title).unwrap_or_default();
    [beside, start.title.clone(), start.meeting_id.clone()].into_iter().find(|t| !t.is_empty()).unwrap_or_default()
}

fn damage(health: Health) -> Option<String> {
    match health {
        Health::Finalised | Health::Live => None,
        Health::Torn { lost_bytes: 0 } => {
            Some("The recording was not finished. It plays up to its last record.".into())
        }
        Health::Torn { lost_bytes } => {
            Some(format!("The recording was not finished, and its last {lost_bytes} bytes cannot be read."))
        }
    }
}

const COMMANDS: usize = 64;
const FRAME: Duration = Duration::from_millis(33);
const IDLE: Duration = Duration::from_millis(200);
const MAX_MARKS: usize = 10_000;
