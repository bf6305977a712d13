//! The front desk: one task that owns the office, opens meetings, and knows what is running.
//!
//! In: opened requests from sessions, the ends of meetings and playbacks. Out: places in meetings or refusals, status files, a snapshot
//! for the window. A meeting's own traffic never passes here.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tracing::{error, info};

use super::keyring::Keyring;
use super::ledger::Ledger;
use super::meeting::{self, Announcement, Answer, Candidate, Claim, Seat, Summary, ToMeeting};
use super::opening::{self, Opening};
use super::post::Postbox;
use super::status_files::StatusFiles;
use super::{McuSnapshot, RunningMeeting, RunningPlayback};
use crate::clock::{Clock, Now};
use crate::hit::request::ServiceRequest;
use crate::meeting::room::{How, KnockToken, Visitor};
use crate::office::{Arrival, Disk, Office, PlaceId, Quotas, Refused, Verdict};
use crate::wire::Refusal;
use crate::wire::cipher::{Cipher, KeyMaterial};
use crate::wire::handshake::{Secondary, SecondaryKind};
use crate::wire::ticket::Ticket;

/// How sessions reach the front desk.
#[derive(Clone, Debug)]
pub struct FrontDesk {
    keyring: Arc<Keyring>,
    ledger: Arc<Ledger>,
    clock: Clock,
    freshness: Duration,
    record_all: bool,
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
}

/// Somebody who wants to be somewhere.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// What the third party says.
    pub request: ServiceRequest,
    /// From where.
    pub from: IpAddr,
    /// Was in this meeting before.
    pub returning: Option<i32>,
    /// Shows that it was in some meeting before.
    pub was_inside: bool,
}

/// What comes of that.
#[derive(Debug)]
pub enum Welcome {
    /// At the door of a meeting.
    In(Entrance),
    /// Nobody is there: a message may be left, by asking again with that command.
    OfferMessage,
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

/// What the desk's task answers to an applicant.
enum Placed {
    In(Entrance),
    OfferMessage,
    /// The disk decides; ask again with what it says.
    Look(Quotas),
}

type Found = Vec<(i32, mpsc::Sender<ToMeeting>)>;

enum Question {
    Place(Box<Applicant>, Option<Disk>, oneshot::Sender<Result<Placed, Refused>>),
    Find(Box<ServiceRequest>, oneshot::Sender<Found>),
    Meeting(i32, oneshot::Sender<Option<mpsc::Sender<ToMeeting>>>),
    Watch(Box<ServiceRequest>, IpAddr, Box<Viewer>, oneshot::Sender<Result<Booth, Refused>>),
    Remove(Box<ServiceRequest>, oneshot::Sender<Result<(), Refused>>),
    Watched(Box<Ticket>, oneshot::Sender<bool>),
    Playback(Secondary, oneshot::Sender<Option<Cipher>>),
    Announce(Option<i32>, Announcement, oneshot::Sender<usize>),
    Close(How),
}

impl FrontDesk {
    /// Opens a userinfo and judges its age.
    ///
    /// # Errors
    /// The refusal, when it cannot be opened.
    pub async fn open(&self, userinfo: String) -> Result<Opened, Refused> {
        let keyring = Arc::clone(&self.keyring);
        // Reads a key file, and agrees on a key the first time.
        let opened = tokio::task::spawn_blocking(move || keyring.open(&userinfo));
        let mut request = opened.await.map_err(|failure| internal(&failure.to_string()))??;
        // Here, so that quotas and messages know it, too (guide 3.12: whether the user requests recording or not).
        request.command.recording |= self.record_all;
        let age = Office::judge_age(&request, self.clock.now(), self.freshness);
        Ok(Opened { request, age })
    }

    /// Finds the meetings that a request may lead back to, and asks each who the claimant was. Gives the meeting's number and the ssrc.
    pub async fn recognise(&self, request: &ServiceRequest, claim: Claim) -> Option<(i32, i32)> {
        let (reply, found) = oneshot::channel();
        self.questions.send(Question::Find(Box::new(request.clone()), reply)).await.ok()?;
        for (index, meeting) in found.await.ok()? {
            let (reply, recognised) = oneshot::channel();
            // One that is over has nobody.
            if meeting.send(ToMeeting::Recognise(Box::new(claim.clone()), reply)).await.is_ok()
                && let Ok(Some(ssrc)) = recognised.await
            {
                return Some((index, ssrc));
            }
        }
        None
    }

    /// Takes a place for a playback.
    ///
    /// # Errors
    /// The refusal.
    pub async fn watch(&self, request: &ServiceRequest, from: IpAddr, viewer: Viewer) -> Result<Booth, Refused> {
        let (reply, booth) = oneshot::channel();
        let question = Question::Watch(Box::new(request.clone()), from, Box::new(viewer), reply);
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
    pub async fn place(&self, applicant: &Applicant) -> Result<Welcome, Refused> {
        let mut disk = None;
        loop {
            let (reply, placed) = oneshot::channel();
            let question = Question::Place(Box::new(applicant.clone()), disk, reply);
            self.questions.send(question).await.map_err(|_| shutting_down())?;
            match placed.await.map_err(|_| shutting_down())?? {
                Placed::In(entrance) => return Ok(Welcome::In(entrance)),
                Placed::OfferMessage => return Ok(Welcome::OfferMessage),
                Placed::Look(quotas) => {
                    let (ledger, request) = (Arc::clone(&self.ledger), applicant.request.clone());
                    let looked = tokio::task::spawn_blocking(move || ledger.look(&request, quotas)).await;
                    disk = Some(looked.map_err(|failure| internal(&failure.to_string()))?);
                }
            }
        }
    }

    /// Whether a recording may be removed for that request.
    ///
    /// # Errors
    /// The refusal.
    pub async fn may_remove(&self, request: &ServiceRequest) -> Result<(), Refused> {
        let (reply, may) = oneshot::channel();
        let question = Question::Remove(Box::new(request.clone()), reply);
        self.questions.send(question).await.map_err(|_| shutting_down())?;
        may.await.map_err(|_| shutting_down())?
    }

    /// A recording of that request's owner is gone: its bytes are free.
    pub fn removed(&self, request: &ServiceRequest) {
        self.ledger.forget(&request.owner.id, request.group.as_ref().map(|group| group.id.as_str()));
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

    /// Says something to one meeting, or to all; how many were told.
    pub(super) async fn announce(&self, session_index: Option<i32>, what: Announcement) -> usize {
        let (reply, told) = oneshot::channel();
        let asked = self.questions.send(Question::Announce(session_index, what, reply)).await;
        if asked.is_ok() { told.await.unwrap_or(0) } else { 0 }
    }

    /// Closes one meeting as its administrator; false if it is not open.
    pub(super) async fn close_meeting(&self, session_index: i32) -> bool {
        let (reply, found) = oneshot::channel();
        if self.questions.send(Question::Meeting(session_index, reply)).await.is_err() {
            return false;
        }
        match found.await {
            Ok(Some(meeting)) => meeting.send(ToMeeting::Close(How::ByAdmin)).await.is_ok(),
            _ => false,
        }
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
    pub ledger: Arc<Ledger>,
    pub clock: Clock,
    pub freshness: Duration,
    /// Every meeting is recorded, whatever its request says (guide 3.12).
    pub record_all: bool,
    pub office: Office,
    pub opening: Opening,
    pub status: StatusFiles,
    pub postbox: Postbox,
    pub snapshot: watch::Sender<Arc<McuSnapshot>>,
}

/// Makes the desk's handle and its task.
pub(super) fn new(start: Start) -> (FrontDesk, impl Future<Output = ()> + Send) {
    let (questions, todo) = mpsc::channel(QUESTIONS);
    let desk = FrontDesk {
        keyring: start.keyring,
        ledger: Arc::clone(&start.ledger),
        clock: start.clock.clone(),
        freshness: start.freshness,
        record_all: start.record_all,
        questions,
    };
    let task = Task {
        clock: start.clock,
        office: start.office,
        ledger: start.ledger,
        places: BTreeMap::new(),
        opening: start.opening,
        status: start.status,
        postbox: start.postbox,
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
    summary: watch::Receiver<Arc<Summary>>,
    /// As it stands: an owner's later request changes parts of it. The meeting's task reads it at its end.
    request: watch::Sender<ServiceRequest>,
    opened: Now,
}

/// Which meeting has ended, how, and who opened it.
type Ended = (i32, How, ServiceRequest);

struct Playing {
    place: PlaceId,
    viewer: Viewer,
    session_index: i32,
    since: Now,
}

struct Task {
    clock: Clock,
    office: Office,
    ledger: Arc<Ledger>,
    /// Given out; free again when nobody holds it any more.
    places: BTreeMap<PlaceId, Weak<()>>,
    opening: Opening,
    status: StatusFiles,
    postbox: Postbox,
    snapshot: watch::Sender<Arc<McuSnapshot>>,
    running: BTreeMap<i32, Running>,
    playing: BTreeMap<i32, Playing>,
    /// Playbacks that ended lately: their viewers may come back by ticket.
    played: VecDeque<(Now, i32, Playing)>,
    next_playback: i32,
    tasks: JoinSet<Ended>,
}

impl Task {
    async fn run(mut self, mut questions: mpsc::Receiver<Question>) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                question = questions.recv() => match question {
                    Some(Question::Place(applicant, disk, reply)) => drop(reply.send(self.place(*applicant, disk))),
                    Some(Question::Find(request, reply)) => drop(reply.send(self.find(&request))),
                    Some(Question::Watch(request, from, viewer, reply)) => {
                        drop(reply.send(self.watch(&request, from, *viewer)));
                    }
                    Some(Question::Remove(request, reply)) => drop(reply.send(self.office.decide_removal(&request))),
                    Some(Question::Watched(ticket, reply)) => drop(reply.send(self.has_watched(&ticket))),
                    Some(Question::Playback(secondary, reply)) => {
                        let playing = self.playing.get(&secondary.id);
                        let playing = playing.filter(|playing| playing.session_index == secondary.session_index);
                        drop(reply.send(playing.map(|playing| playing.viewer.control.clone())));
                    }
                    Some(Question::Meeting(index, reply)) => {
                        drop(reply.send(self.running.get(&index).map(|meeting| meeting.queue.clone())));
                    }
                    Some(Question::Announce(index, what, reply)) => drop(reply.send(self.announce(index, &what).await)),
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

    fn place(&mut self, applicant: Applicant, disk: Option<Disk>) -> Result<Placed, Refused> {
        self.forget_closed();
        self.count();
        let Applicant { request, from, returning, was_inside } = applicant;
        let (index, place) = if let Some(index) = returning {
            (index, self.office.come_back(index, &request, from).ok_or_else(over)?)
        } else {
            match self.office.decide(Arrival { request: &request, from, was_inside, disk }) {
                Verdict::Refuse(refused) => return Err(refused),
                Verdict::OfferMessage => return Ok(Placed::OfferMessage),
                Verdict::Look => return Ok(Placed::Look(self.office.quotas(&request))),
                Verdict::Enter(index, place) => {
                    self.set_anew(index, &request);
                    (index, place)
                }
                Verdict::Open(index, place) => {
                    self.open(index, request);
                    (index, place)
                }
            }
        };
        let Some(meeting) = self.running.get(&index) else {
            self.office.leave(place);
            return Err(internal("an open meeting has no task"));
        };
        let meeting = meeting.queue.clone();
        Ok(Placed::In(Entrance { meeting, place: self.hand_out(place) }))
    }

    /// What an owner's later request still decides (guide 3.1, exceptions).
    fn set_anew(&mut self, index: i32, request: &ServiceRequest) {
        let Some(meeting) = self.running.get(&index).filter(|_| request.guest.is_none()) else { return };
        let switches = meeting.summary.borrow().preparing && !request.command.prepares();
        meeting.request.send_modify(|first| {
            first.owner.name.clone_from(&request.owner.name);
            first.owner.email.clone_from(&request.owner.email);
            if switches {
                first.group.clone_from(&request.group);
                first.command.duration = request.command.duration;
                first.command.autoextension = request.command.autoextension;
                first.command.guaranteed = request.command.guaranteed;
            }
        });
    }

    fn find(&self, request: &ServiceRequest) -> Found {
        let candidates = self.office.find(request).into_iter();
        candidates.filter_map(|index| Some((index, self.running.get(&index)?.queue.clone()))).collect()
    }

    fn hand_out(&mut self, place: PlaceId) -> Place {
        let taken = Arc::new(());
        self.places.insert(place, Arc::downgrade(&taken));
        Place { _taken: taken }
    }

    fn watch(&mut self, request: &ServiceRequest, from: IpAddr, viewer: Viewer) -> Result<Booth, Refused> {
        self.count();
        let place = self.office.decide_playback(request, from)?;
        let playback_id = self.next_playback;
        self.next_playback = playback_id.checked_add(1).unwrap_or(1);
        // Media packets compare 16 bits (wire/05 section 4.1).
        let session_index = playback_id & 0xffff;
        let booth = Booth { playback_id, session_index, _place: self.hand_out(place) };
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

    /// Tells the office which connections have ended; what has ended counts no more.
    fn count(&mut self) {
        let office = &mut self.office;
        self.places.retain(|place, taken| {
            let held = taken.strong_count() > 0;
            if !held {
                office.leave(*place);
            }
            held
        });
        for (index, meeting) in &self.running {
            self.office.set_preparing(*index, meeting.summary.borrow().preparing);
        }
        let now = self.clock.now();
        let over: Vec<i32> = self
            .playing
            .iter()
            .filter(|(_, playing)| !self.places.contains_key(&playing.place))
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
    }

    fn open(&mut self, index: i32, request: ServiceRequest) {
        info!(session = index, meeting = request.meeting_id, owner = request.owner.id, "meeting opened");
        let (queue, inbox) = mpsc::channel(MEETING_QUEUE);
        // Until the meeting has begun, what its request says.
        let begins = Summary {
            title: request.meeting_title.clone().unwrap_or_default(),
            preparing: request.command.prepares() && request.guest.is_none(),
            ..Summary::default()
        };
        let (publish, summary) = watch::channel(Arc::new(begins));
        let opened = self.clock.now();
        let own = queue.clone();
        let opening = self.opening.clone();
        let postbox = self.postbox.clone();
        let (clock, asked) = (self.clock.clone(), request.clone());
        let (request, latest) = watch::channel(request);
        self.tasks.spawn(async move {
            // Joins wait in the queue while the files are made.
            let how = match opening::start(opening, asked, index, clock, publish).await {
                Ok(start) => meeting::run(start, own, inbox).await,
                Err(failure) => {
                    error!(session = index, "the meeting cannot be opened: {failure}");
                    How::ServerShutdown
                }
            };
            // Whoever owns it by now: the name and the address are those of the owner's last request (guide 3.1).
            let asked = latest.borrow().clone();
            postbox.ended(&asked).await;
            (index, how, asked)
        });
        self.running.insert(index, Running { queue, summary, request, opened });
    }

    /// A meeting whose queue is closed is over, though its task may still be writing.
    fn forget_closed(&mut self) {
        let closed: Vec<i32> = self.running.iter().filter(|(_, m)| m.queue.is_closed()).map(|(i, _)| *i).collect();
        for index in closed {
            self.running.remove(&index);
            self.office.close(index);
        }
    }

    fn ended(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        match ended {
            Ok((index, how, request)) => {
                info!(session = index, "meeting closed: {how:?}");
                self.ledger.forget(&request.owner.id, request.group.as_ref().map(|group| group.id.as_str()));
            }
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
        let snapshot =
            Arc::new(McuSnapshot { meetings, playbacks: playbacks.collect(), reserved: self.office.reserved() });
        self.status.update(now, self.office.licence(), &snapshot);
        self.snapshot.send_if_modified(|old| {
            let changed = **old != *snapshot;
            *old = snapshot;
            changed
        });
    }

    async fn announce(&self, session_index: Option<i32>, what: &Announcement) -> usize {
        let mut told = 0;
        for (_, meeting) in self.running.iter().filter(|(index, _)| session_index.is_none_or(|one| one == **index)) {
            told += usize::from(meeting.queue.send(ToMeeting::Announce(what.clone())).await.is_ok());
        }
        told
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
    let (summary, request) = (meeting.summary.borrow(), meeting.request.borrow());
    let event_min = request.command.duration.filter(|_| request.command.is_event()).unwrap_or(0);
    RunningMeeting {
        session_index: index,
        meeting_id: request.meeting_id.clone(),
        title: summary.title.clone(),
        owner_id: request.owner.id.clone(),
        owner_name: request.owner.name.clone(),
        group: request.group.as_ref().map(|group| group.id.clone()),
        duration_min: match summary.preparing {
            true => PREPARATION_MIN,
            false => event_min,
        },
        elapsed: Duration::from_secs(now.steady.saturating_sub(meeting.opened.steady).as_secs()),
        event_min,
        before: summary.before,
        recorded: request.command.recording,
        message: opening::is_message(&request),
        preparation: summary.preparing,
        makes_recording: summary.makes_recording,
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

/// Guide 3.7; its clients are told the same (note N66).
const PREPARATION_MIN: u16 = 60;
const QUESTIONS: usize = 256;
const MEETING_QUEUE: usize = 1024;
/// The known client tries to come back for ten minutes (wire/01 section 10.4).
const RETURN_WITHIN: Duration = Duration::from_secs(600);
const MAX_PLAYED: usize = 1_000;
const LOOK_EVERY: Duration = Duration::from_millis(500);
