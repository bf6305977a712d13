//! The front desk: one task that owns the office, opens meetings, and knows what is running.
//!
//! In: opened requests from sessions, the ends of meetings and playbacks. Out: places in meetings or refusals, status files, a snapshot
//! for the window. A meeting's own traffic never passes here.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tracing::{error, info};

use super::keyring::Keyring;
use super::meeting::{self, Answer, Candidate, Claim, Seat, Summary, ToMeeting};
use super::opening::{self, Opening};
use super::status_files::StatusFiles;
use super::{McuSnapshot, RunningMeeting, RunningPlayback};
use crate::clock::{Clock, Now};
use crate::hit::request::ServiceRequest;
use crate::library;
use crate::meeting::room::{How, KnockToken, Visitor};
use crate::office::{Office, Refused, Verdict};
use crate::wire::Refusal;
use crate::wire::cipher::{Cipher, KeyMaterial};
use crate::wire::handshake::{Secondary, SecondaryKind};
use crate::wire::ticket::Ticket;

/// How sessions reach the front desk.
#[derive(Clone, Debug)]
pub struct FrontDesk {
    keyring: Arc<Keyring>,
    recordings: Arc<Path>,
    clock: Clock,
    freshness: Duration,
    questions: mpsc::Sender<Question>,
}

/// A connection's place in the licence. It counts from the decision on, not only once the meeting has seated it: many may come at
/// once. Free again when dropped.
#[derive(Debug)]
pub struct Place {
    _taken: Arc<()>,
}

/// A place in a meeting, at its door.
#[derive(Debug)]
pub struct Entrance {
    meeting: mpsc::Sender<ToMeeting>,
    place: Place,
}

impl Entrance {
    /// Whether a guest may come in; perhaps somebody inside is asked.
    ///
    /// # Errors
    /// The meeting is over.
    pub async fn knock(&self, visitor: Visitor) -> Result<Answer, Refused> {
        let (reply, answer) = oneshot::channel();
        self.meeting.send(ToMeeting::Knock(visitor, reply)).await.map_err(|_| over())?;
        answer.await.map_err(|_| over())
    }

    /// The guest has gone.
    pub async fn stop_knocking(&self, token: KnockToken) {
        // Unless the meeting is over, which has told every visitor.
        drop(self.meeting.send(ToMeeting::StopKnocking(token)).await);
    }
}

/// An opened userinfo.
#[derive(Debug)]
pub struct Opened {
    /// What the third party says.
    pub request: ServiceRequest,
    /// Whether it is fresh. A ticket may stand in for that (wire/01 section 10.4).
    pub age: Result<(), Refused>,
    /// It is for an event that was ended or whose time was over (guide notes N31).
    pub over: bool,
}

/// Somebody who wants to watch a recording.
pub struct Viewer {
    /// The control cipher of the connection.
    pub control: Cipher,
    /// What that cipher was made from.
    pub keys: KeyMaterial,
    /// What is shown of the playback; kept up to date by the session.
    pub row: watch::Receiver<RunningPlayback>,
}

/// A running playback's place in the licence, and its numbers.
#[derive(Debug)]
pub struct Booth {
    /// Names it to secondary connections and tickets.
    pub playback_id: i32,
    /// 0..=65535.
    pub session_index: i32,
    _place: Place,
}

type Placed = Result<(mpsc::Sender<ToMeeting>, Place), Refused>;

enum Question {
    Place(Box<ServiceRequest>, bool, oneshot::Sender<Placed>),
    Return(i32, oneshot::Sender<Placed>),
    Find(Box<ServiceRequest>, oneshot::Sender<Option<(i32, mpsc::Sender<ToMeeting>)>>),
    Meeting(i32, oneshot::Sender<Option<mpsc::Sender<ToMeeting>>>),
    Watch(Box<ServiceRequest>, Box<Viewer>, oneshot::Sender<Result<Booth, Refused>>),
    Watched(Box<Ticket>, oneshot::Sender<bool>),
    Playback(Secondary, oneshot::Sender<Option<Cipher>>),
    Close(How),
}

impl FrontDesk {
    /// Opens a userinfo and judges its age.
    ///
    /// # Errors
    /// The refusal, when it cannot be opened.
    pub async fn open(&self, userinfo: String) -> Result<Opened, Refused> {
        let (keyring, root) = (Arc::clone(&self.keyring), Arc::clone(&self.recordings));
        // Reads a key file, and agrees on a key the first time; looks into the meeting's folder.
        let opened = tokio::task::spawn_blocking(move || {
            let request = keyring.open(&userinfo)?;
            let over = request.command.is_event() && library::event_is_over(&root, &request);
            Ok::<_, Refused>((request, over))
        });
        let (request, over) = opened.await.map_err(|failure| internal(&failure.to_string()))??;
        let age = Office::judge_age(&request, self.clock.now(), self.freshness);
        Ok(Opened { request, age, over })
    }

    /// Finds the meeting that a request leads to, and asks it who the claimant was. Gives the meeting's number and the ssrc.
    pub async fn recognise(&self, request: &ServiceRequest, claim: Claim) -> Option<(i32, i32)> {
        let (reply, found) = oneshot::channel();
        self.questions.send(Question::Find(Box::new(request.clone()), reply)).await.ok()?;
        let (index, meeting) = found.await.ok()??;
        let (reply, recognised) = oneshot::channel();
        meeting.send(ToMeeting::Recognise(Box::new(claim), reply)).await.ok()?;
        recognised.await.ok()?.map(|ssrc| (index, ssrc))
    }

    /// Takes a place for a playback.
    ///
    /// # Errors
    /// The refusal.
    pub async fn watch(&self, request: &ServiceRequest, viewer: Viewer) -> Result<Booth, Refused> {
        let (reply, booth) = oneshot::channel();
        let question = Question::Watch(Box::new(request.clone()), Box::new(viewer), reply);
        self.questions.send(question).await.map_err(|_| shutting_down())?;
        booth.await.map_err(|_| shutting_down())?
    }

    /// Whether a ticket belongs to a playback of the last minutes.
    pub async fn has_watched(&self, ticket: Ticket) -> bool {
        let (reply, watched) = oneshot::channel();
        let asked = self.questions.send(Question::Watched(Box::new(ticket), reply)).await;
        asked.is_ok() && watched.await.unwrap_or(false)
    }

    /// Finds the meeting, or opens it if it is to be opened, and takes a place in it for the licence.
    ///
    /// # Errors
    /// The refusal.
    pub async fn place(
        &self,
        request: &ServiceRequest,
        over: bool,
        returning: Option<i32>,
    ) -> Result<Entrance, Refused> {
        let (reply, placed) = oneshot::channel();
        let question = match returning {
            Some(index) => Question::Return(index, reply),
            None => Question::Place(Box::new(request.clone()), over, reply),
        };
        self.questions.send(question).await.map_err(|_| shutting_down())?;
        let (meeting, place) = placed.await.map_err(|_| shutting_down())??;
        Ok(Entrance { meeting, place })
    }

    /// Takes a seat in the meeting. The place is to be kept as long as the seat.
    ///
    /// # Errors
    /// The refusal.
    pub async fn admit(&self, entrance: Entrance, candidate: Candidate) -> Result<(Seat, Place), Refused> {
        let Entrance { meeting, place } = entrance;
        let (reply, seat) = oneshot::channel();
        meeting.send(ToMeeting::Join(Box::new(candidate), reply)).await.map_err(|_| over())?;
        let seat = seat.await.map_err(|_| over())?;
        Ok((seat.map_err(|code| Refused::new(code, "the meeting takes nobody else"))?, place))
    }

    /// The control cipher of a participant or a viewer, for a secondary connection.
    pub async fn control_cipher(&self, secondary: Secondary) -> Option<Cipher> {
        if matches!(secondary.kind, SecondaryKind::PlaybackMedia | SecondaryKind::PlaybackSlideDownload) {
            let (reply, cipher) = oneshot::channel();
            self.questions.send(Question::Playback(secondary, reply)).await.ok()?;
            return cipher.await.ok()?;
        }
        let (reply, meeting) = oneshot::channel();
        self.questions.send(Question::Meeting(secondary.session_index, reply)).await.ok()?;
        let (cipher_reply, cipher) = oneshot::channel();
        meeting.await.ok()??.send(ToMeeting::ControlCipher(secondary.id, cipher_reply)).await.ok()?;
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
    pub recordings: Arc<Path>,
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
    let desk = FrontDesk {
        keyring: start.keyring,
        recordings: start.recordings,
        clock: start.clock,
        freshness: start.freshness,
        questions,
    };
    let task = Task {
        clock: start.clock,
        office: start.office,
        opening: start.opening,
        status: start.status,
        snapshot: start.snapshot,
        running: BTreeMap::new(),
        playing: BTreeMap::new(),
        played: VecDeque::new(),
        next_playback: 1,
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

struct Playing {
    /// Held here, and once more by the session.
    place: Arc<()>,
    viewer: Viewer,
    session_index: i32,
    since: Now,
}

struct Task {
    clock: Clock,
    office: Office,
    opening: Opening,
    status: StatusFiles,
    snapshot: watch::Sender<Arc<McuSnapshot>>,
    running: BTreeMap<i32, Running>,
    playing: BTreeMap<i32, Playing>,
    /// Playbacks that ended lately: their viewers may come back by ticket.
    played: VecDeque<(Now, i32, Playing)>,
    next_playback: i32,
    tasks: JoinSet<(i32, How)>,
}

impl Task {
    async fn run(mut self, mut questions: mpsc::Receiver<Question>) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                question = questions.recv() => match question {
                    Some(Question::Place(request, over, reply)) => drop(reply.send(self.place(*request, over))),
                    Some(Question::Return(index, reply)) => drop(reply.send(self.place_again(index))),
                    Some(Question::Find(request, reply)) => {
                        let found = self.office.find(&request).and_then(|index| Some((index, self.running.get(&index)?)));
                        drop(reply.send(found.map(|(index, meeting)| (index, meeting.queue.clone()))));
                    }
                    Some(Question::Watch(request, viewer, reply)) => drop(reply.send(self.watch(&request, *viewer))),
                    Some(Question::Watched(ticket, reply)) => drop(reply.send(self.has_watched(&ticket))),
                    Some(Question::Playback(secondary, reply)) => {
                        let playing = self.playing.get(&secondary.id);
                        let playing = playing.filter(|playing| playing.session_index == secondary.session_index);
                        drop(reply.send(playing.map(|playing| playing.viewer.control.clone())));
                    }
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

    fn place(&mut self, request: ServiceRequest, over: bool) -> Placed {
        self.forget_closed();
        self.count();
        let index = match self.office.decide(&request, over) {
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

    /// Somebody who was inside and comes back has a right to the place, also while the dead connection still counts.
    fn place_again(&mut self, index: i32) -> Placed {
        self.forget_closed();
        let meeting = self.running.get(&index).ok_or_else(over)?;
        Ok((meeting.queue.clone(), Place { _taken: Arc::clone(&meeting.places) }))
    }

    fn watch(&mut self, request: &ServiceRequest, viewer: Viewer) -> Result<Booth, Refused> {
        self.count();
        self.office.decide_playback(request)?;
        let playback_id = self.next_playback;
        self.next_playback = playback_id.checked_add(1).unwrap_or(1);
        // Media packets compare 16 bits (wire/05 section 4.1).
        let session_index = playback_id & 0xffff;
        let place = Arc::new(());
        let booth = Booth { playback_id, session_index, _place: Place { _taken: Arc::clone(&place) } };
        self.playing.insert(playback_id, Playing { place, viewer, session_index, since: self.clock.now() });
        Ok(booth)
    }

    fn has_watched(&self, ticket: &Ticket) -> bool {
        let shows = |id: i32, playing: &Playing| {
            id == ticket.id
                && playing.session_index == ticket.session_index
                && playing.viewer.keys.same_as(&ticket.keys)
        };
        self.playing.iter().any(|(id, playing)| shows(*id, playing))
            || self.played.iter().any(|(_, id, playing)| shows(*id, playing))
    }

    /// Tells the office how many connections there are; what has ended counts no more.
    fn count(&mut self) {
        for (index, meeting) in &self.running {
            self.office.set_connections(*index, Arc::strong_count(&meeting.places).saturating_sub(1));
        }
        let now = self.clock.now();
        let over: Vec<i32> = self
            .playing
            .iter()
            .filter(|(_, playing)| Arc::strong_count(&playing.place) == 1)
            .map(|(id, _)| *id)
            .collect();
        for id in over {
            if let Some(playing) = self.playing.remove(&id) {
                self.played.push_back((now, id, playing));
            }
        }
        let stale = |at: &Now| now.steady >= at.steady + RETURN_WITHIN;
        while self.played.len() > MAX_PLAYED || self.played.front().is_some_and(|(at, ..)| stale(at)) {
            self.played.pop_front();
        }
        self.office.set_playbacks(self.playing.len());
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
        self.count();
        let now = self.clock.now();
        let meetings: Vec<RunningMeeting> =
            self.running.iter().map(|(index, meeting)| row(*index, meeting, now)).collect();
        let playbacks = self.playing.values().map(|playing| {
            let elapsed = Duration::from_secs(now.steady.saturating_sub(playing.since.steady).as_secs());
            RunningPlayback { elapsed, session_index: playing.session_index, ..playing.viewer.row.borrow().clone() }
        });
        let snapshot = Arc::new(McuSnapshot { meetings, playbacks: playbacks.collect() });
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

fn over() -> Refused {
    Refused::new(Refusal::SessionClosed, "the meeting ended at this very moment")
}

fn internal(cause: &str) -> Refused {
    Refused::new(Refusal::Internal, cause)
}

fn shutting_down() -> Refused {
    Refused::new(Refusal::TooManySession, "the server is shutting down")
}

const QUESTIONS: usize = 256;
const MEETING_QUEUE: usize = 1024;
/// The known client tries to come back for ten minutes (wire/01 section 10.4).
const RETURN_WITHIN: Duration = Duration::from_secs(600);
const MAX_PLAYED: usize = 1_000;
const LOOK_EVERY: Duration = Duration::from_millis(500);
