//! Writes one meeting's recording and status file, on a thread of its own so that a slow disk never holds up the meeting.
//!
//! In: records in order, status documents. Out: the JNR and its XML on disk. The meeting's task starts it and waits for it.

use std::path::{Path, PathBuf};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{error, warn};

use super::pace::Pace;
use crate::clock::Clock;
use crate::hit::password::PasswordHash;
use crate::hit::status::{ParticipantFile, RecordingStatus};
use crate::library::write_whole;
use crate::recording::live::LiveLock;
use crate::recording::{JnrWriter, Record};

/// What the recorder is asked to do.
#[derive(Debug)]
enum Work {
    Record(Record),
    Checkpoint(u32, Vec<Record>),
    Flush,
    Interim(Box<RecordingStatus>),
    Participants(ParticipantFile),
    Password(Option<PasswordHash>),
    Finish {
        end_tick: u32,
        status: Box<RecordingStatus>,
    },
    /// Only see whether a file is due.
    Look,
}

/// Where a meeting's files are.
#[derive(Debug)]
pub struct Files {
    /// The status file, written at the end.
    pub xml: PathBuf,
    /// Its forerunner while the meeting runs, so that a crash leaves something to complete (guide notes N57).
    pub internal: PathBuf,
    /// Who is inside, while the meeting runs (guide 3.6).
    pub participants: PathBuf,
    /// Held for a meeting without a JNR, whose writer would hold it.
    pub lock: Option<LiveLock>,
}

/// Handle of the recorder's thread.
#[derive(Debug)]
pub struct Recorder {
    work: mpsc::Sender<Work>,
    protected: watch::Receiver<bool>,
    thread: JoinHandle<()>,
    lost: bool,
}

impl Recorder {
    /// Starts a recorder over a file that has just been created; without one only the status file is kept.
    pub fn start(files: Files, writer: Option<JnrWriter>, clock: Clock) -> Recorder {
        let (work, todo) = mpsc::channel(QUEUE);
        let (protect, protected) = watch::channel(false);
        let runtime = Handle::current();
        let thread = tokio::task::spawn_blocking(move || run(files, writer, (clock, &runtime), todo, &protect));
        Recorder { work, protected, thread, lost: false }
    }

    /// Takes a record. When the disk cannot keep up and the queue is full, the record is lost and said so once.
    pub fn record(&mut self, record: Record) {
        self.queue(Work::Record(record));
    }

    /// Takes a checkpoint: messages that rebuild the meeting's state at `tick_ms`.
    pub fn checkpoint(&mut self, tick_ms: u32, records: Vec<Record>) {
        self.queue(Work::Checkpoint(tick_ms, records));
    }

    /// Has everything taken so far written out.
    pub fn flush(&mut self) {
        self.queue(Work::Flush);
    }

    /// Keeps the status so far, in case of a crash.
    pub fn interim(&mut self, status: RecordingStatus) {
        self.queue(Work::Interim(Box::new(status)));
    }

    /// Sets the recording's password, or takes it away; what was recorded before is protected with it. What comes of it
    /// [`Recorder::protected`] says. False: the disk does not keep up, and nothing comes of it.
    pub fn set_password(&mut self, password: Option<PasswordHash>) -> bool {
        self.work.try_send(Work::Password(password)).is_ok()
    }

    /// Whether the recording has a password; wakes after each attempt to set one.
    pub fn protected(&self) -> watch::Receiver<bool> {
        self.protected.clone()
    }

    /// Says who is inside, for third parties (guide 3.6).
    pub fn participants(&mut self, inside: ParticipantFile) {
        self.queue(Work::Participants(inside));
    }

    /// Finishes both files and waits until they are on disk.
    pub async fn finish(self, end_tick: u32, status: RecordingStatus) {
        // A full queue is waited for here: nobody is left in the meeting who could be held up.
        if self.work.send(Work::Finish { end_tick, status: Box::new(status) }).await.is_err() {
            error!("the recorder ended before the meeting did");
        }
        drop(self.work);
        if let Err(failure) = self.thread.await {
            error!("the recorder's thread failed: {failure}");
        }
    }

    fn queue(&mut self, work: Work) {
        if self.work.try_send(work).is_err() && !self.lost {
            self.lost = true;
            error!("part of the recording is lost: the disk does not keep up, or the recorder has failed");
        }
    }
}

fn run(
    mut files: Files,
    mut writer: Option<JnrWriter>,
    (clock, runtime): (Clock, &Handle),
    mut todo: mpsc::Receiver<Work>,
    protect: &watch::Sender<bool>,
) {
    let mut statuses: Pace<Box<RecordingStatus>> = Pace::default();
    let mut inside: Pace<ParticipantFile> = Pace::default();
    loop {
        let now = clock.now().steady;
        let wait = statuses.wait(now).into_iter().chain(inside.wait(now)).min();
        let work = runtime.block_on(async {
            match wait {
                // Nothing came until a file is due.
                Some(wait) => timeout(wait, todo.recv()).await.unwrap_or(Some(Work::Look)),
                None => todo.recv().await,
            }
        });
        let Some(work) = work else { return };
        let written = match work {
            Work::Look => Ok(()),
            Work::Record(record) => writer.as_mut().map_or(Ok(()), |w| w.push(record)),
            Work::Checkpoint(tick, records) => writer.as_mut().map_or(Ok(()), |w| w.checkpoint(tick, &records)),
            Work::Flush => writer.as_mut().map_or(Ok(()), |w| w.flush(clock.now())),
            Work::Interim(status) => {
                statuses.offer(status);
                Ok(())
            }
            Work::Participants(people) => {
                inside.offer(people);
                Ok(())
            }
            Work::Password(password) => {
                // The recording goes on as it was: better one without a password than none. Its people are told which it is.
                if let Some(Err(failure)) = writer.as_mut().map(|writer| writer.set_password(password.as_ref())) {
                    error!("the recording's password cannot be changed: {failure}");
                }
                protect.send_replace(writer.as_ref().is_some_and(JnrWriter::is_protected));
                Ok(())
            }
            Work::Finish { end_tick, status } => {
                // They are about to be removed.
                (statuses, inside) = Default::default();
                let finished = writer.take().map_or(Ok(()), |w| w.finish(end_tick));
                match write_whole(&files.xml, status.to_xml().as_bytes()) {
                    // Only once the XML is there may its forerunner go.
                    Ok(()) => {
                        for leftover in [&files.internal, &files.participants] {
                            // Never written, if nobody ever came in.
                            drop(std::fs::remove_file(leftover));
                        }
                        if let Some(lock) = files.lock.take()
                            && let Err(failure) = lock.release()
                        {
                            warn!("the meeting's lock stays behind: {failure}");
                        }
                    }
                    Err(failure) => error!("the status file {} cannot be written: {failure}", files.xml.display()),
                }
                finished
            }
        };
        if let Err(failure) = written {
            error!("the recording cannot be written and ends here: {failure}");
            writer = None;
        }
        let now = clock.now().steady;
        if let Some(status) = statuses.due(now)
            && let Err(failure) = write_whole(&files.internal, status.to_xml().as_bytes())
        {
            warn!("the interim status file cannot be written: {failure}");
        }
        if let Some(people) = inside.due(now)
            && let Err(failure) = write_participants(&files.participants, &people)
        {
            warn!("the participant file cannot be written: {failure}");
        }
    }
}

fn write_participants(path: &Path, people: &ParticipantFile) -> std::io::Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    write_whole(path, people.to_xml().as_bytes())
}

/// So many pieces of work wait for the disk at most: at chat's pace, many seconds.
const QUEUE: usize = 4096;
