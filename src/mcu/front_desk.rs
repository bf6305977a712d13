//! The front desk: one task that owns the office, opens meetings, and knows what is running.
//!
//! In: opened requests from sessions, the ends of meetings. Out: places in meetings or refusals, status files, a snapshot for the
//! window. A meeting's own traffic never passes here.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::keyring::Keyring;
use super::meeting::{self, Candidate, Outgoing, Seat, Summary, ToMeeting};
use super::opening::{self, Opening};
use super::status_files::StatusFiles;
use super::{McuSnapshot, RunningMeeting};
use crate::clock::{Clock, Now};
use crate::hit::request::ServiceRequest;
use crate::meeting::room::{How, Newcomer};
use crate::office::{Office, Refused, Verdict};
use crate::wire::Refusal;
use crate::wire::cipher::Cipher;

/// How sessions reach the front desk.
#[derive(Clone, Debug)]
pub struct FrontDesk {
    keyring: Arc<Keyring>,
    clock: Clock,
    freshness: Duration,
    questions: mpsc::Sender<Question>,
}

/// Somebody with an opened request and, where one was needed, the right password.
#[derive(Debug)]
pub struct Admission {
    /// What the third party says.
    pub request: ServiceRequest,
    /// Who it is.
    pub newcomer: Newcomer,
    /// From where.
    pub address: IpAddr,
    /// The control cipher of the connection.
    pub control: Cipher,
    /// Its queue.
    pub outgoing: mpsc::Sender<Outgoing>,
    /// Cuts the connection.
    pub cut: CancellationToken,
}

/// A connection's place in the licence. It counts from the decision on, not only once the meeting has seated it: many may come at
/// once. Free again when dropped.
#[derive(Debug)]
pub struct Place {
    _taken: Arc<()>,
}

type Placed = Result<(mpsc::Sender<ToMeeting>, Place), Refused>;

#[derive(Debug)]
enum Question {
    Place(Box<ServiceRequest>, oneshot::Sender<Placed>),
    Meeting(i32, oneshot::Sender<Option<mpsc::Sender<ToMeeting>>>),
    Close(How),
}

impl FrontDesk {
    /// Opens a userinfo and judges its age.
    ///
    /// # Errors
    /// The refusal.
    pub async fn open(&self, userinfo: String) -> Result<ServiceRequest, Refused> {
        let keyring = Arc::clone(&self.keyring);
        // Reads a key file, and agrees on a key the first time.
        let opened = tokio::task::spawn_blocking(move || keyring.open(&userinfo)).await;
        let request = opened.map_err(|failure| internal(&failure.to_string()))??;
        Office::judge_age(&request, self.clock.now(), self.freshness)?;
        Ok(request)
    }

    /// Finds the meeting, opens it if it is to be opened, and takes a seat in it. The place is to be kept as long as the seat.
    ///
    /// # Errors
    /// The refusal.
    pub async fn admit(&self, admission: Admission) -> Result<(Seat, Place), Refused> {
        let invited = admission.request.guest.as_ref().is_some_and(|guest| guest.invited);
        let (reply, placed) = oneshot::channel();
        let question = Question::Place(Box::new(admission.request), reply);
        self.questions.send(question).await.map_err(|_| shutting_down())?;
        let (meeting, place) = placed.await.map_err(|_| shutting_down())??;

        let candidate = Candidate {
            newcomer: admission.newcomer,
            invited,
            address: admission.address,
            control: admission.control,
            outgoing: admission.outgoing,
            cut: admission.cut,
        };
        let (reply, seat) = oneshot::channel();
        let over = || Refused::new(Refusal::SessionClosed, "the meeting ended at this very moment");
        meeting.send(ToMeeting::Join(Box::new(candidate), reply)).await.map_err(|_| over())?;
        let seat = seat.await.map_err(|_| over())?;
        Ok((seat.map_err(|code| Refused::new(code, "the meeting takes nobody else"))?, place))
    }

    /// The control cipher of a participant, for a secondary connection.
    pub async fn control_cipher(&self, session_index: i32, ssrc: i32) -> Option<Cipher> {
        let (reply, meeting) = oneshot::channel();
        self.questions.send(Question::Meeting(session_index, reply)).await.ok()?;
        let (cipher_reply, cipher) = oneshot::channel();
        meeting.await.ok()??.send(ToMeeting::ControlCipher(ssrc, cipher_reply)).await.ok()?;
        cipher.await.ok()?
    }

    /// Closes all meetings and takes nobody any more; the desk's task then ends.
    pub(super) async fn close(&self, how: How) {
        // Gone already: nothing is left to close.
        drop(self.questions.send(Question::Close(how)).await);
    }
}

/// What the desk's task starts with.
pub(super) struct Start {
    pub keyring: Arc<Keyring>,
    pub clock: Clock,
    pub freshness: Duration,
    pub office: Office,
    pub opening: Opening,
    pub status: StatusFiles,
    pub snapshot: watch::Sender<Arc<McuSnapshot>>,
}

/// Makes the desk's handle and its task.
pub(super) fn new(start: Start) -> (FrontDesk, impl Future<Output = ()> + Send) {
    let (questions, todo) = mpsc::channel(QUESTIONS);
    let desk =
        FrontDesk { keyring: Arc::clone(&start.keyring), clock: start.clock, freshness: start.freshness, questions };
    let task = Task {
        clock: start.clock,
        office: start.office,
        opening: start.opening,
        status: start.status,
        snapshot: start.snapshot,
        running: BTreeMap::new(),
        tasks: JoinSet::new(),
    };
    (desk, task.run(todo))
}

struct Running {
    queue: mpsc::Sender<ToMeeting>,
    /// Held here, and once more by every place taken.
    places: Arc<()>,
    summary: watch::Receiver<Arc<Summary>>,
    request: ServiceRequest,
    opened: Now,
}

struct Task {
    clock: Clock,
    office: Office,
    opening: Opening,
    status: StatusFiles,
    snapshot: watch::Sender<Arc<McuSnapshot>>,
    running: BTreeMap<i32, Running>,
    tasks: JoinSet<(i32, How)>,
}

impl Task {
    async fn run(mut self, mut questions: mpsc::Receiver<Question>) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                question = questions.recv() => match question {
                    Some(Question::Place(request, reply)) => drop(reply.send(self.place(*request))),
                    Some(Question::Meeting(index, reply)) => {
                        drop(reply.send(self.running.get(&index).map(|meeting| meeting.queue.clone())));
                    }
                    Some(Question::Close(how)) => break self.close_all(how).await,
                    None => break self.close_all(How::ServerShutdown).await,
                },
                Some(ended) = self.tasks.join_next() => self.ended(ended),
                _ = tick.tick() => {}
            }
            self.look();
        }
        self.status.down(self.clock.now(), self.office.licence()).await;
    }

    fn place(&mut self, request: ServiceRequest) -> Placed {
        self.forget_closed();
        for (index, meeting) in &self.running {
            self.office.set_connections(*index, Arc::strong_count(&meeting.places).saturating_sub(1));
        }
        let index = match self.office.decide(&request) {
            Verdict::Refuse(refused) => return Err(refused),
            Verdict::Enter(index) => index,
            Verdict::Open(index) => {
                self.open(index, request);
                index
            }
        };
        let meeting = self.running.get(&index).ok_or_else(|| internal("an open meeting has no task"))?;
        Ok((meeting.queue.clone(), Place { _taken: Arc::clone(&meeting.places) }))
    }

    fn open(&mut self, index: i32, request: ServiceRequest) {
        info!(session = index, meeting = request.meeting_id, owner = request.owner.id, "meeting opened");
        let (queue, inbox) = mpsc::channel(MEETING_QUEUE);
        let (publish, summary) = watch::channel(Arc::default());
        let opened = self.clock.now();
        let own = queue.clone();
        let opening = self.opening.clone();
        let (clock, asked) = (self.clock, request.clone());
        self.tasks.spawn(async move {
            // Joins wait in the queue while the files are made.
            let how = match opening::start(opening, asked, index, clock, publish).await {
                Ok(start) => meeting::run(start, own, inbox).await,
                Err(failure) => {
                    error!(session = index, "the meeting cannot be opened: {failure}");
                    How::ServerShutdown
                }
            };
            (index, how)
        });
        self.running.insert(index, Running { queue, places: Arc::default(), summary, request, opened });
    }

    /// A meeting whose queue is closed is over, though its task may still be writing.
    fn forget_closed(&mut self) {
        let closed: Vec<i32> = self.running.iter().filter(|(_, m)| m.queue.is_closed()).map(|(i, _)| *i).collect();
        for index in closed {
            self.running.remove(&index);
            self.office.close(index);
        }
    }

    fn ended(&mut self, ended: Result<(i32, How), tokio::task::JoinError>) {
        match ended {
            Ok((index, how)) => info!(session = index, "meeting closed: {how:?}"),
            Err(failure) => error!("a meeting's task failed: {failure}"),
        }
        self.forget_closed();
    }

    fn look(&mut self) {
        self.forget_closed();
        let now = self.clock.now();
        let meetings: Vec<RunningMeeting> =
            self.running.iter().map(|(index, meeting)| row(*index, meeting, now)).collect();
        let snapshot = Arc::new(McuSnapshot { meetings });
        self.status.update(now, self.office.licence(), &snapshot);
        self.snapshot.send_if_modified(|old| {
            let changed = **old != *snapshot;
            *old = snapshot;
            changed
        });
    }

    async fn close_all(&mut self, how: How) {
        self.office.shut();
        for meeting in self.running.values() {
            // A meeting that is over already has closed its queue.
            drop(meeting.queue.send(ToMeeting::Close(how)).await);
        }
        while let Some(ended) = self.tasks.join_next().await {
            self.ended(ended);
        }
    }
}

fn row(index: i32, meeting: &Running, now: Now) -> RunningMeeting {
    let summary = meeting.summary.borrow();
    RunningMeeting {
        session_index: index,
        meeting_id: meeting.request.meeting_id.clone(),
        title: meeting.request.meeting_title.clone().unwrap_or_default(),
        owner_id: meeting.request.owner.id.clone(),
        owner_name: meeting.request.owner.name.clone(),
        group: meeting.request.group.as_ref().map(|group| group.id.clone()),
        duration_min: meeting.request.command.duration.unwrap_or(0),
        elapsed: Duration::from_secs(now.steady.saturating_sub(meeting.opened.steady).as_secs()),
        recorded: meeting.request.command.recording,
        ever_joined: summary.ever_joined,
        people: summary.people.clone(),
    }
}

fn internal(cause: &str) -> Refused {
    Refused::new(Refusal::Internal, cause)
}

fn shutting_down() -> Refused {
    Refused::new(Refusal::TooManySession, "the server is shutting down")
}

const QUESTIONS: usize = 256;
const MEETING_QUEUE: usize = 1024;
const LOOK_EVERY: Duration = Duration::from_millis(500);
