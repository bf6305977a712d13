//! One client from dialling to leaving, and back again when its connection is lost.
//!
//! In: a jnj, commands, what the server sends. Out: bytes on a connection, states and events. Ends by itself when the session does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::comeback::Comeback;
use super::connect::{ConnectError, Connected, connect};
use super::dialler::Outcome;
use super::heartbeat::{self, Beat, Heartbeat};
use super::joining::{self, Memory, Need};
use super::manners::{self, Floor, Prompts};
use super::remembered::Remembered;
use super::viewing::Viewing;
use super::{ClientCommand, ClientEvent, ClientOptions, ClientState, Ending, Phase};
use crate::hit::jnj::{Jnj, Mode};
use crate::hit::password::PasswordHash;
use crate::link::pipe::{Incoming, Pipe, PipeError};
use crate::link::{LinkError, Sender, Tap};
use crate::meeting::moves::Move;
use crate::meeting::view::{NOBODY, View};
use crate::wire::chat::ChatToServer;
use crate::wire::cipher::{Cipher, KeyMaterial};
use crate::wire::code_page::CodePage;
use crate::wire::facts::Fact;
use crate::wire::fields::Keys;
use crate::wire::join::{BeforeAdmission, InitialInfo, JoinRequest, PasswordAnswer, PlaybackStart, WaitKind};
use crate::wire::message::{Alive, End};
use crate::wire::parameters::{self, CLIENT_BLOCK};
use crate::wire::playback::{InfoLayout, PlaybackToClient};
use crate::wire::users::{UserToClient, UserToServer};
use crate::wire::{Clear, Refusal, ToClient, ToServer};

/// Runs a client until its session is over or `leave` is cancelled.
pub(super) async fn run(
    jnj: Jnj,
    options: ClientOptions,
    commands: mpsc::Receiver<ClientCommand>,
    publish: watch::Sender<Arc<ClientState>>,
    events: broadcast::Sender<ClientEvent>,
    leave: CancellationToken,
) {
    let passwords = Remembered::new(options.remembers.clone(), &jnj);
    let memory = Memory::default();
    let mut driver = Driver { options, commands, publish, events, memory, passwords, recording: None, viewing: None };
    let ending = driver.take_part(&jnj, &leave).await;
    info!("session ended: {ending:?}");
    driver.set_phase(Phase::Ended(ending));
}

struct Driver {
    options: ClientOptions,
    commands: mpsc::Receiver<ClientCommand>,
    publish: watch::Sender<Arc<ClientState>>,
    events: broadcast::Sender<ClientEvent>,
    memory: Memory,
    passwords: Remembered,
    /// The password of the recording that is played: a viewer who comes back is asked again.
    recording: Option<PasswordHash>,
    /// What the playback was like when its connection was lost, and when that was.
    viewing: Option<(Viewing, Duration)>,
}

/// How a stage ended before the meeting was reached.
enum Stop {
    Ending(Ending),
    /// The connection was lost, or no connection came about: after an admission it is tried again.
    Lost(Ending),
}

impl From<PipeError> for Stop {
    fn from(failure: PipeError) -> Stop {
        Stop::Lost(Ending::Lost(failure.to_string()))
    }
}

/// Where a client has been let in.
enum Admitted {
    Meeting(InitialInfo),
    Playback(PlaybackStart),
}

impl Driver {
    /// Joins, and comes back as often as the connection is lost (wire/01 section 10.4).
    async fn take_part(&mut self, jnj: &Jnj, leave: &CancellationToken) -> Ending {
        let mut comeback = Comeback::default();
        let mut been_inside = false;
        loop {
            // `leave` is watched at each step by itself: what has a connection must close it in good order.
            let ending = match self.join(jnj, leave).await {
                Ok((pipe, keys, admitted)) => {
                    comeback.admitted(self.options.clock.now().steady);
                    if been_inside {
                        self.update(|state| state.reconnects += 1);
                    }
                    been_inside = true;
                    let ending = match admitted {
                        Admitted::Meeting(info) => self.in_meeting(pipe, keys, info, leave).await,
                        Admitted::Playback(start) => {
                            self.at_playback(pipe, keys, start, joining::info_layout(jnj), leave).await
                        }
                    };
                    match ending {
                        Ending::Lost(_) => ending,
                        ending => return ending,
                    }
                }
                // At another server the owner may come later than we do; until then there is no such meeting.
                Err(Stop::Ending(Ending::Refused(refusal))) if comeback.may_be_early(refusal) => {
                    Ending::Lost(refusal.to_string())
                }
                Err(Stop::Ending(ending)) => return ending,
                Err(Stop::Lost(ending)) => ending,
            };
            // A first connection that fails is reported: whoever joins sits there and can do something about it.
            if !been_inside || !self.options.come_back {
                return ending;
            }
            let waited = tokio::select! {
                waited = self.wait_to_come_back(&mut comeback, &ending) => waited,
                () = leave.cancelled() => return Ending::Left,
            };
            if let Some(ending) = waited {
                return ending;
            }
        }
    }

    /// Waits until the next attempt is due; `Some`: there is none.
    async fn wait_to_come_back(&mut self, comeback: &mut Comeback, lost: &Ending) -> Option<Ending> {
        let (Ending::Lost(why) | Ending::NotConnected(why)) = lost else { return Some(lost.clone()) };
        let clock = self.options.clock.clone();
        let Some(attempt) = comeback.failed(clock.now().steady) else {
            return Some(Ending::Lost(format!("{why}; given up after ten minutes of trying to come back")));
        };
        info!("connection lost ({why}), attempt {} to come back", attempt.number);
        let phase = |now| Phase::Reconnecting { why: why.clone(), attempt, now };
        let due = Instant::now() + attempt.at.saturating_sub(clock.now().steady);
        self.set_phase(phase(false));
        loop {
            tokio::select! {
                () = sleep_until(due) => break,
                Some(command) = self.commands.recv() => match command {
                    ClientCommand::ReconnectNow => break,
                    other => debug!("not connected: {other:?} is ignored"),
                },
            }
        }
        self.set_phase(phase(true));
        None
    }

    /// From the jnj to INITIAL_INFO.
    async fn join(&mut self, jnj: &Jnj, leave: &CancellationToken) -> Result<(Pipe, KeyMaterial, Admitted), Stop> {
        let left = || Stop::Ending(Ending::Left);
        let (request, mut connected) = tokio::select! {
            ready = self.reach(jnj) => ready?,
            () = leave.cancelled() => return Err(left()),
        };
        // First what has been said: who is in by now says goodbye in the meeting.
        let admitted = tokio::select! {
            biased;
            admitted = self.ask_in(jnj, &request, &mut connected) => Some(admitted?),
            () = leave.cancelled() => None,
        };
        let Connected { mut pipe, agreed, .. } = connected;
        let Some(admitted) = admitted else {
            // The server may have let us in meanwhile: it must not take this for a lost connection.
            pipe.leave().await;
            return Err(left());
        };
        pipe.incoming.keys.meeting = match &admitted {
            Admitted::Meeting(info) => Some(Cipher::new(agreed.cipher, &info.meeting)),
            // The viewer's own key stands for the meeting's (wire/05 section 0).
            Admitted::Playback(_) => pipe.incoming.keys.control.clone(),
        };
        Ok((pipe, agreed.keys, admitted))
    }

    /// What is asked for, and a server that listens.
    async fn reach(&mut self, jnj: &Jnj) -> Result<(JoinRequest, Connected), Stop> {
        if joining::need(jnj) == Need::Password && self.options.password.is_none() {
            let known = self.passwords.recall();
            match if known.is_some() { known } else { self.ask_password(false).await } {
                Some(hash) => self.options.password = Some(hash),
                None => return Err(Stop::Ending(Ending::Left)),
            }
            self.options.password.iter().for_each(|hash| self.passwords.give(hash));
        }
        let request = joining::request(jnj, self.options.name.as_deref(), self.options.password.as_ref());
        let request = request.map_err(|why| Stop::Ending(Ending::NotServed(why)))?;
        Ok((request, self.connect(jnj).await?))
    }

    /// Parameters, the request, and what the server says to it.
    async fn ask_in(
        &mut self,
        jnj: &Jnj,
        request: &JoinRequest,
        Connected { pipe, address, relay, agreed }: &mut Connected,
    ) -> Result<Admitted, Stop> {
        self.update(|state| {
            state.counters = Some(Arc::clone(pipe.counters()));
            state.server = Some(address.to_string());
            state.relay = relay.as_ref().map(|(relay, _)| format!("{}:{}", relay.host, relay.port));
            state.server_version.clone_from(&agreed.version);
        });
        self.set_phase(Phase::Joining);
        let mode = jnj.mode();
        if agreed.takes_parameters {
            pipe.write(&Clear::command(CLIENT_BLOCK)).await?;
            let came_through = relay.as_ref().and_then(|(relay, pass)| Some((pass.address?, relay.port)));
            for parameter in joining::parameters(jnj, mode, &self.memory, came_through) {
                pipe.write(&parameter.encode()).await?;
            }
            pipe.write(&parameters::encode_end()).await?;
        }
        pipe.write(&request.encode()).await?;
        let host = jnj.username.as_deref().unwrap_or(SOME_OWNER);
        self.await_admission(pipe, mode, host).await
    }

    async fn connect(&mut self, jnj: &Jnj) -> Result<Connected, Stop> {
        let (publish, events) = (self.publish.clone(), self.events.clone());
        let mut shown = String::new();
        let connected = connect(jnj, &self.options, |rows| {
            let trying = rows.iter().rev().find(|row| row.outcome == Outcome::Trying).map(|row| row.address.clone());
            publish.send_modify(|state| {
                let state = Arc::make_mut(state);
                state.attempts = Arc::new(rows.to_vec());
                if let Some(address) = &trying
                    && matches!(state.phase, Phase::Dialling(_))
                {
                    state.phase = Phase::Dialling(address.clone());
                }
            });
            if let Some(address) = trying.filter(|address| *address != shown) {
                shown.clone_from(&address);
                // Nobody may be listening.
                drop(events.send(ClientEvent::Phase(Phase::Dialling(address))));
            }
        });
        connected.await.map_err(|failure| match failure {
            ConnectError::Nowhere(why) => Stop::Lost(Ending::NotConnected(why)),
            ConnectError::Untrusted { server, fingerprint, why } => {
                Stop::Ending(Ending::Untrusted { server, fingerprint, why })
            }
        })
    }

    /// `host`: who is waited for if the server does not say it, as with EXT(6) (wire/01 section 6.2).
    async fn await_admission(&mut self, pipe: &mut Pipe, mut mode: Mode, host: &str) -> Result<Admitted, Stop> {
        let named = |owner: String| if owner.is_empty() { host.to_owned() } else { owner };
        // Of the person, and of the recording: two questions, either of which may come more than once.
        let (mut asked, mut asked_recording) = (0, 0);
        loop {
            let answer =
                pipe.read(ADMISSION_PATIENCE, "an answer to the join", |r| BeforeAdmission::decode_in(mode, r)).await?;
            match answer {
                BeforeAdmission::Admitted(info) => {
                    self.passwords.was_right();
                    return Ok(Admitted::Meeting(*info));
                }
                BeforeAdmission::Playing(start) => {
                    self.passwords.was_right();
                    return Ok(Admitted::Playback(start));
                }
                BeforeAdmission::Refused(refusal) => {
                    if matches!(refusal, Refusal::WrongUserinfo2 | Refusal::WrongPassword | Refusal::WrongPassword2) {
                        self.passwords.was_wrong();
                    }
                    return Err(Stop::Ending(Ending::Refused(refusal)));
                }
                question @ (BeforeAdmission::PasswordWanted | BeforeAdmission::RecordingPasswordWanted(0 | 1)) => {
                    let answer = if matches!(question, BeforeAdmission::PasswordWanted) {
                        asked += 1;
                        self.password(asked).await
                    } else {
                        asked_recording += 1;
                        self.recording_password(asked_recording).await
                    };
                    let answer =
                        answer.map_or(PasswordAnswer::Cancelled, |hash| PasswordAnswer::Given(hash.to_bytes()));
                    pipe.write(&answer.encode()).await?;
                    if answer == PasswordAnswer::Cancelled {
                        return Err(Stop::Ending(Ending::Left));
                    }
                    self.set_phase(Phase::Joining);
                }
                // Any other number says that the password was wrong (wire/05 section 3.2).
                BeforeAdmission::RecordingPasswordWanted(_) => {
                    return Err(Stop::Ending(Ending::Refused(Refusal::WrongPassword)));
                }
                BeforeAdmission::Wait { kind: WaitKind::Permission, owner } => {
                    self.set_phase(Phase::Waiting(named(owner)));
                }
                BeforeAdmission::Wait { kind, owner } => {
                    // Leaving a message is offered; this client declines (wire/01 section 6.2). What the server says to that is all the same.
                    pipe.write(&Clear::new().i32(0)).await?;
                    drop(pipe.read(GOODBYE, "an answer to the decline", BeforeAdmission::decode).await);
                    let busy = kind == WaitKind::LeaveMessageBusy;
                    return Err(Stop::Ending(Ending::MessageDeclined { owner: named(owner), busy }));
                }
                BeforeAdmission::Mode(1) => mode = Mode::Playback,
                BeforeAdmission::Mode(3) => return Err(Stop::Ending(Ending::Deleted(true))),
                BeforeAdmission::Mode(4) => return Err(Stop::Ending(Ending::Deleted(false))),
                BeforeAdmission::Mode(mode) => {
                    let why = format!("the server answers with mode {mode}, which this client does not know");
                    return Err(Stop::Ending(Ending::NotServed(why)));
                }
            }
        }
    }

    /// The password that was given beforehand, or was right before, or the user's answer.
    async fn password(&mut self, asked: u32) -> Option<PasswordHash> {
        let known = if asked == 1 { self.options.password.take().or_else(|| self.passwords.recall()) } else { None };
        self.passwords.was_wrong();
        let answer = if known.is_some() { known } else { self.ask_password(asked > 1).await };
        answer.iter().for_each(|hash| self.passwords.give(hash));
        answer
    }

    /// The password of a recording: given beforehand, or the one that was right before the connection was lost, or the user's answer.
    async fn recording_password(&mut self, asked: u32) -> Option<PasswordHash> {
        let known = if asked == 1 { self.recording.take().or_else(|| self.options.password.take()) } else { None };
        let answer = if known.is_some() { known } else { self.ask_password(asked > 1).await };
        self.recording.clone_from(&answer);
        answer
    }

    async fn ask_password(&mut self, again: bool) -> Option<PasswordHash> {
        self.set_phase(Phase::PasswordWanted(again));
        loop {
            match self.commands.recv().await? {
                ClientCommand::Password(answer) => return answer,
                other => debug!("not in a meeting: {other:?} is ignored"),
            }
        }
    }

    async fn in_meeting(
        &mut self,
        pipe: Pipe,
        keys: KeyMaterial,
        info: InitialInfo,
        leave: &CancellationToken,
    ) -> Ending {
        self.memory.admitted(info.ssrc, info.session_index, keys);
        self.update(|state| {
            state.elapsed_ms = info.elapsed_ms;
            state.viewing = None;
        });
        self.inside(pipe, View::admitted(info.ssrc), None, leave).await
    }

    async fn at_playback(
        &mut self,
        pipe: Pipe,
        keys: KeyMaterial,
        start: PlaybackStart,
        layout: InfoLayout,
        leave: &CancellationToken,
    ) -> Ending {
        self.memory.playing(start, keys);
        let view = View { me: NOBODY, ..View::default() };
        let viewing = Viewing::new(self.options.clock.now().steady);
        self.inside(pipe, view, Some((layout, viewing)), leave).await
    }

    /// Takes in what comes and sends what is wanted, until either side has enough.
    async fn inside(
        &mut self,
        pipe: Pipe,
        view: View,
        playback: Option<(InfoLayout, Viewing)>,
        leave: &CancellationToken,
    ) -> Ending {
        let (mut incoming, mut sender) = pipe.split();
        let (keys, tap) = (incoming.keys.clone(), incoming.tap().clone());
        let (layout, viewing) = playback.unzip();
        let now = self.options.clock.now().steady;
        let heart = Heartbeat::new(now);
        let prompts = Prompts::default();
        let mut scene = Scene {
            view,
            viewing,
            prompts,
            early: Vec::new(),
            changed: false,
            heart,
            code_page: self.options.code_page,
            tap,
        };
        self.update(|state| state.admitted_at = Some(now));
        self.show(&mut scene);
        self.set_phase(Phase::InMeeting);
        // A burst of messages is published once: the view is copied for each publication.
        let mut publish_at: Option<Instant> = None;
        let ending = loop {
            let expires = scene.prompts.deadline();
            let clock = self.options.clock.clone();
            let until = |at: Duration| at.saturating_sub(clock.now().steady);
            let next = tokio::select! {
                message = next_message(&mut incoming, layout) => match message {
                    Ok(message) => {
                        scene.heart.hear(clock.now().steady);
                        self.take_in(message, &mut scene)
                    }
                    Err(PipeError::Closed) => Next::End(Ending::Lost("the server closed the connection".into())),
                    Err(failure) => Next::End(Ending::Lost(failure.to_string())),
                },
                Some(command) = self.commands.recv() => self.obey(command, &mut scene),
                () = sleep_until(publish_at.unwrap_or_else(Instant::now)), if publish_at.is_some() => {
                    publish_at = None;
                    self.show(&mut scene);
                    Next::Send(Vec::new())
                }
                () = sleep(until(scene.heart.deadline())) => scene.beat(clock.now().steady),
                () = sleep(expires.map_or(Duration::ZERO, until)), if expires.is_some() => {
                    scene.changed |= scene.prompts.tick(&mut scene.view, clock.now().steady);
                    Next::Send(Vec::new())
                }
                () = leave.cancelled() => Next::End(Ending::Left),
            };
            match next {
                Next::Send(messages) => {
                    if let Err(failure) = send_all(&mut sender, (&keys, &scene.tap), messages).await {
                        break Ending::Lost(failure.to_string());
                    }
                }
                Next::End(ending) => break ending,
            }
            if scene.changed {
                publish_at.get_or_insert_with(|| Instant::now() + PUBLISH_AFTER);
            }
        };
        self.show(&mut scene);
        if matches!(ending, Ending::Lost(_)) {
            let lost_at = self.options.clock.now().steady;
            self.viewing = scene.viewing.map(|viewing| (viewing, lost_at));
            // Nothing can be said to a connection that is lost, and a cut one shall look cut to the server.
            return ending;
        }
        if let Err(failure) = sender.leave().await {
            debug!("closed badly: {failure}");
        }
        // Closing with bytes unread would look like a lost connection to the server.
        incoming.drain(GOODBYE).await;
        ending
    }

    fn show(&mut self, scene: &mut Scene) {
        scene.changed = false;
        let (view, viewing) = (Arc::new(scene.view.clone()), scene.viewing.clone().map(Arc::new));
        let (prompts, manners) = (Arc::new(scene.prompts.open().to_vec()), self.options.manners);
        let (round_trip, unanswered) = (scene.heart.round_trip(), scene.heart.unanswered());
        self.update(|state| {
            (state.round_trip, state.unanswered) = (round_trip, unanswered);
            (state.view, state.viewing, state.prompts, state.manners) = (view, viewing, prompts, manners);
        });
    }

    /// What a message of the server makes us do.
    fn take_in(&mut self, message: ToClient, scene: &mut Scene) -> Next {
        let now = self.options.clock.now().steady;
        scene.changed = true;
        if let Some(viewing) = &mut scene.viewing
            && viewing.take(&message, now)
        {
            scene.view =
                View { title: std::mem::take(&mut scene.view.title), ..View { me: NOBODY, ..View::default() } };
        }
        let before = Floor::of(&scene.view);
        scene.view.apply(&message);
        let next = match &message {
            ToClient::User(UserToClient::Add(user)) if user.ssrc == scene.view.me => {
                scene.tap.name(&user.name);
                Next::Send(Vec::new())
            }
            ToClient::Alive(Alive::Probe) => Next::send(ToServer::Alive(Alive::Answer)),
            ToClient::Alive(Alive::Answer) => {
                scene.heart.answer(now);
                Next::Send(Vec::new())
            }
            ToClient::End(End::SessionEnd) => Next::End(Ending::MeetingOver),
            ToClient::End(End::Disconnect) => Next::End(Ending::Disconnected),
            ToClient::End(End::Overwrite) => Next::End(Ending::Overwritten),
            // What the known client says of itself at this point (wire/01 section 7.6).
            ToClient::Fact(Fact::Initialised(_)) => {
                let page = scene.code_page.number();
                let greetings = [UserToServer::VideoStatus(NO_VIDEO), UserToServer::CodePage(page)];
                let mut messages = greetings.map(ToServer::User).to_vec();
                for wanted in std::mem::take(&mut scene.early) {
                    if wanted.is_allowed(&scene.view) {
                        messages.extend(scene.make(&wanted));
                    }
                }
                Next::Send(messages)
            }
            ToClient::Playback(PlaybackToClient::Info(_)) => {
                scene.view.initialised = true;
                let before = self.viewing.take();
                let resumed = scene.viewing.as_mut().zip(before);
                Next::Send(
                    resumed.map_or_else(Vec::new, |(viewing, (before, lost_at))| viewing.resume(&before, lost_at, now)),
                )
            }
            ToClient::Playback(PlaybackToClient::Property(_)) => {
                if let Some(viewing) = &scene.viewing {
                    scene.view.title.clone_from(&viewing.title);
                }
                Next::Send(Vec::new())
            }
            ToClient::Fact(fact) => {
                self.memory.learn(fact);
                Next::Send(Vec::new())
            }
            ToClient::Passed(passed) => {
                debug!("passed over {passed:?}");
                Next::Send(Vec::new())
            }
            _ => Next::Send(Vec::new()),
        };
        let next = if scene.viewing.is_none() {
            scene.prompts.heard(&message, &scene.view, now);
            let reactions = manners::reactions(&message, before, &scene.view, self.options.manners);
            reactions.iter().fold(next, |next, reaction| next.and(scene.make(reaction)))
        } else {
            next
        };
        self.tell(ClientEvent::Message(Arc::new(message)));
        next
    }

    fn obey(&mut self, command: ClientCommand, scene: &mut Scene) -> Next {
        let now = self.options.clock.now().steady;
        match (command, &mut scene.viewing) {
            (ClientCommand::Cut, _) => Next::End(Ending::Lost("the connection was cut here".into())),
            (ClientCommand::Watch(wish), Some(viewing)) => {
                scene.changed = true;
                Next::Send(viewing.ask(wish, now))
            }
            // A viewer can say nothing else (wire/05 section 6).
            (other, Some(_)) => {
                debug!("at a playback: {other:?} is ignored");
                Next::Send(Vec::new())
            }
            // Who may do what is known once everything was told; what is wanted earlier waits for that.
            (ClientCommand::Do(wanted), None) if !scene.view.initialised => {
                if scene.early.len() < MAX_EARLY {
                    scene.early.push(wanted);
                }
                Next::Send(Vec::new())
            }
            (ClientCommand::Do(wanted), None) if wanted.is_allowed(&scene.view) => Next::Send(scene.make(&wanted)),
            (ClientCommand::SetManners(manners), None) => {
                self.options.manners = manners;
                scene.changed = true;
                Next::Send(Vec::new())
            }
            (other, None) => {
                debug!("not now: {other:?}");
                Next::Send(Vec::new())
            }
        }
    }

    fn set_phase(&mut self, phase: Phase) {
        self.update(|state| state.phase = phase.clone());
        self.tell(ClientEvent::Phase(phase));
    }

    fn update(&mut self, change: impl FnOnce(&mut ClientState)) {
        self.publish.send_modify(|state| change(Arc::make_mut(state)));
    }

    fn tell(&self, event: ClientEvent) {
        // Nobody may be listening.
        drop(self.events.send(event));
    }
}

/// What is on screen.
struct Scene {
    view: View,
    viewing: Option<Viewing>,
    /// What somebody is being asked.
    prompts: Prompts,
    /// What was wanted before the meeting was known.
    early: Vec<Move>,
    /// Not shown yet.
    changed: bool,
    /// Whether the server is still there.
    heart: Heartbeat,
    /// What our lines are written in.
    code_page: CodePage,
    /// Watches the connection.
    tap: Tap,
}

impl Scene {
    /// What the heart wants.
    fn beat(&mut self, now: Duration) -> Next {
        match self.heart.tick(now) {
            Beat::Wait => Next::Send(Vec::new()),
            Beat::Probe => {
                self.changed = true;
                Next::send(ToServer::Alive(Alive::Probe))
            }
            Beat::Lost => Next::End(Ending::Lost(format!("nothing came for {} s", heartbeat::LOST_AFTER.as_secs()))),
        }
    }

    /// What says a move; the view and the questions know of it.
    fn make(&mut self, wanted: &Move) -> Vec<ToServer> {
        let mut messages = wanted.messages(&self.view);
        for message in &mut messages {
            self.view.said(message);
            if let ToServer::Chat(ChatToServer::Say { text } | ChatToServer::Whisper { text, .. }) = message
                && self.code_page != CodePage::UTF8
            {
                *text = self.code_page.write(&text.read(CodePage::UTF8));
            }
        }
        self.prompts.settle(&self.view);
        self.changed = true;
        messages
    }
}

/// What the loop does next.
enum Next {
    Send(Vec<ToServer>),
    End(Ending),
}

impl Next {
    fn send(message: ToServer) -> Next {
        Next::Send(vec![message])
    }

    /// With more to send, unless it is over.
    fn and(self, more: Vec<ToServer>) -> Next {
        match self {
            Next::Send(messages) => Next::Send(messages.into_iter().chain(more).collect()),
            end @ Next::End(_) => end,
        }
    }
}

async fn next_message(incoming: &mut Incoming, playback: Option<InfoLayout>) -> Result<ToClient, PipeError> {
    match playback {
        None => incoming.next(ToClient::decode).await,
        Some(layout) => incoming.next(|r| ToClient::decode_playback(layout, r)).await,
    }
}

async fn send_all(
    sender: &mut Sender,
    (keys, tap): (&Keys, &Tap),
    messages: impl IntoIterator<Item = ToServer>,
) -> Result<(), LinkError> {
    for message in messages {
        let sealed = Bytes::from(message.encode().seal(keys));
        tap.sent_sealed(&sealed, keys);
        sender.send(sealed).await?;
    }
    Ok(())
}

/// EXT(33): the user sends no video.
const NO_VIDEO: i32 = 2;

/// Who is waited for if nobody says it.
const SOME_OWNER: &str = "the owner";

/// So many moves wait for the meeting to be known.
const MAX_EARLY: usize = 64;

/// A server has this long to close after we said goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// A change is shown after this at the latest: a frame of a screen.
const PUBLISH_AFTER: Duration = Duration::from_millis(15);

/// The known client waits for admission without limit (wire/01 section 6); this one gives up after an hour.
const ADMISSION_PATIENCE: Duration = Duration::from_secs(3600);
