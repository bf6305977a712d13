//! One client from dialling to leaving.
//!
//! In: a jnj, commands, what the server sends. Out: bytes on a connection, states and events. Ends by itself when the session does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::dialler::{self, ATTEMPT_TIMEOUT, Dialler, Step};
use super::{ClientCommand, ClientEvent, ClientOptions, ClientState, Ending, Phase};
use crate::hit::jnj::{CodeType, Credential, Jnj, Mode};
use crate::hit::modp::{self, Exponent};
use crate::hit::password::PasswordHash;
use crate::link::pipe::{Pipe, PipeError};
use crate::link::{Connection, LinkError, Sender, Target, dial};
use crate::meeting::view::View;
use crate::wire::chat::{ChatToServer, MAX_CHAT};
use crate::wire::cipher::{Cipher, CipherName};
use crate::wire::exchange;
use crate::wire::facts::Fact;
use crate::wire::fields::{Keys, cut_utf8};
use crate::wire::floor::FloorToServer;
use crate::wire::handshake::{self, Hello, KERNEL_VERSION};
use crate::wire::join::{BeforeAdmission, InitialInfo, JoinRequest, PasswordAnswer, WaitKind, flags};
use crate::wire::message::{Alive, End};
use crate::wire::parameters::{self, CLIENT_BLOCK, ClientParameter, ServerParameter};
use crate::wire::users::UserToServer;
use crate::wire::{Clear, ToClient, ToServer};

/// Runs a client until its session is over or `leave` is cancelled.
pub(super) async fn run(
    jnj: Jnj,
    options: ClientOptions,
    commands: mpsc::Receiver<ClientCommand>,
    publish: watch::Sender<Arc<ClientState>>,
    events: broadcast::Sender<ClientEvent>,
    leave: CancellationToken,
) {
    let mut driver = Driver { options, commands, publish, events };
    let ending = tokio::select! {
        ending = driver.take_part(&jnj, &leave) => ending,
        // In the meeting the driver itself watches `leave`, so that it closes in good order.
        () = leave.cancelled() => Ending::Left,
    };
    info!("session ended: {ending:?}");
    driver.set_phase(Phase::Ended(ending));
}

struct Driver {
    options: ClientOptions,
    commands: mpsc::Receiver<ClientCommand>,
    publish: watch::Sender<Arc<ClientState>>,
    events: broadcast::Sender<ClientEvent>,
}

/// How a stage ended before the meeting was reached.
enum Stop {
    Ending(Ending),
    Pipe(PipeError),
}

impl From<PipeError> for Stop {
    fn from(failure: PipeError) -> Stop {
        Stop::Pipe(failure)
    }
}

impl Stop {
    fn lost(why: impl ToString) -> Stop {
        Stop::Ending(Ending::Lost(why.to_string()))
    }
}

impl Driver {
    async fn take_part(&mut self, jnj: &Jnj, leave: &CancellationToken) -> Ending {
        match self.join(jnj).await {
            Ok((pipe, info)) => self.in_meeting(pipe, info, leave).await,
            Err(Stop::Ending(ending)) => ending,
            Err(Stop::Pipe(failure)) => Ending::Lost(failure.to_string()),
        }
    }

    /// From the jnj to INITIAL_INFO.
    async fn join(&mut self, jnj: &Jnj) -> Result<(Pipe, InitialInfo), Stop> {
        if jnj.codetype != CodeType::Hit {
            let why = format!("jnj files of codetype {} cannot be joined yet", jnj.codetype.number());
            return Err(Stop::Ending(Ending::NotServed(why)));
        }
        if jnj.mode() == Mode::Playback {
            return Err(Stop::Ending(Ending::NotServed("playback over the wire cannot be joined yet".into())));
        }
        let userinfo = jnj.userinfo.as_ref().map(Credential::expose);
        let userinfo = userinfo.ok_or_else(|| Stop::Ending(Ending::NotServed("the jnj has no userinfo".into())))?;
        let (address, connection) = self.dial(jnj).await?;
        self.update(|state| {
            state.phase = Phase::Joining;
            state.counters = Some(Arc::clone(connection.counters()));
            state.server = Some(address);
        });
        let mut pipe = Pipe::new(connection);
        let (cipher, takes_parameters) = self.exchange_keys(&mut pipe).await?;
        if takes_parameters {
            pipe.write(&Clear::command(CLIENT_BLOCK)).await?;
            pipe.write(&ClientParameter::ClientType(CLIENT_TYPE.into()).encode()).await?;
            if let Some(name) = &jnj.player_name {
                pipe.write(&ClientParameter::PlayerName(name.clone()).encode()).await?;
            }
            pipe.write(&parameters::encode_end()).await?;
        }
        pipe.write(&JoinRequest::Hit { userinfo: userinfo.to_owned(), flags: flags::NORMAL }.encode()).await?;
        let info = self.await_admission(&mut pipe).await?;
        pipe.incoming.keys.meeting = Some(Cipher::new(cipher, &info.meeting));
        Ok((pipe, info))
    }

    async fn dial(&mut self, jnj: &Jnj) -> Result<(String, Connection), Stop> {
        let addresses = dialler::addresses(jnj);
        let clock = self.options.clock;
        let mut dialler = Dialler::new(addresses.len(), clock.now().steady);
        // Dropped at the end of this function, which ends the losers.
        let mut attempts = JoinSet::new();
        let mut open = None;
        loop {
            while let Some(step) = dialler.poll() {
                match step {
                    Step::Dial(k) => {
                        let Some(address) = addresses.get(k) else { continue };
                        self.set_phase(Phase::Dialling(address.to_string()));
                        let target = Target {
                            host: address.host.clone(),
                            port: address.port,
                            transport: self.options.transport,
                        };
                        attempts.spawn(async move { (k, dial(&target, ATTEMPT_TIMEOUT).await) });
                    }
                    Step::Keep(k) => {
                        let address = addresses.get(k).map(ToString::to_string).unwrap_or_default();
                        return open
                            .map(|connection| (address, connection))
                            .ok_or_else(|| Stop::lost("nothing was kept"));
                    }
                    Step::GiveUp(reasons) => {
                        let why = addresses.iter().zip(&reasons).map(|(a, r)| format!("{a}: {r}")).collect::<Vec<_>>();
                        return Err(Stop::Ending(Ending::NotConnected(why.join("; "))));
                    }
                }
            }
            let due = dialler.deadline().map(|at| at.saturating_sub(clock.now().steady));
            tokio::select! {
                Some(done) = attempts.join_next() => match done {
                    Ok((k, Ok(connection))) => {
                        open = Some(connection);
                        dialler.opened(k);
                    }
                    Ok((k, Err(failure))) => dialler.failed(k, failure.to_string()),
                    Err(failure) => return Err(Stop::lost(failure)),
                },
                () = tokio::time::sleep(due.unwrap_or(ATTEMPT_TIMEOUT)) => dialler.tick(clock.now().steady),
            }
        }
    }

    /// wire/01 section 2.1, the client's side. Gives the cipher that the server named, and whether it takes client parameters.
    async fn exchange_keys(&mut self, pipe: &mut Pipe) -> Result<(CipherName, bool), Stop> {
        let patience = self.options.patience;
        let (major, minor) = KERNEL_VERSION;
        pipe.write(&Hello::Control { major, minor }.encode()).await?;
        let version = pipe.read(patience, "the server's version", handshake::decode_server_version).await?;
        let group = exchange::group_for(&version);
        self.update(|state| state.server_version = String::from_utf8_lossy(&version).into_owned());

        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(Stop::lost)?;
        let exponent = Exponent::from_random(random);
        let client_public = modp::public_key(group, &exponent);
        pipe.write(&handshake::encode_client_public(group, &client_public)).await?;
        let server_public = pipe.read(patience, "the server's public key", handshake::decode_server_public).await?;
        let agreed = modp::agree(group, &exponent, &server_public).map_err(Stop::lost)?;
        let client_version = handshake::version_text(major, minor);
        let keys = exchange::derive(group, &client_public, &server_public, &agreed, &client_version, &version);

        let mut cipher = None;
        let mut takes_parameters = false;
        while let Some(parameter) = pipe.read(patience, "the server's parameters", ServerParameter::decode).await? {
            match parameter {
                ServerParameter::Cipher(name) => {
                    cipher = Some(name);
                    pipe.incoming.keys.control = Some(Cipher::new(name, &keys));
                }
                _ if cipher.is_none() => return Err(Stop::lost("the server's first parameter is not its cipher")),
                ServerParameter::AcceptClientParameters => takes_parameters = true,
                ServerParameter::Tick(_) | ServerParameter::CodePage(_) => {}
                ServerParameter::Other(id, length) => debug!("server parameter {id} with {length} bytes is not used"),
            }
        }
        let cipher = cipher.ok_or_else(|| Stop::lost("the server named no cipher"))?;
        Ok((cipher, takes_parameters))
    }

    async fn await_admission(&mut self, pipe: &mut Pipe) -> Result<InitialInfo, Stop> {
        let mut asked = 0;
        loop {
            match pipe.read(ADMISSION_PATIENCE, "an answer to the join", BeforeAdmission::decode).await? {
                BeforeAdmission::Admitted(info) => return Ok(*info),
                BeforeAdmission::Refused(refusal) => return Err(Stop::Ending(Ending::Refused(refusal))),
                BeforeAdmission::PasswordWanted => {
                    asked += 1;
                    let answer = self.password(asked).await;
                    let answer =
                        answer.map_or(PasswordAnswer::Cancelled, |hash| PasswordAnswer::Given(hash.to_bytes()));
                    pipe.write(&answer.encode()).await?;
                    if answer == PasswordAnswer::Cancelled {
                        return Err(Stop::Ending(Ending::Left));
                    }
                    self.set_phase(Phase::Joining);
                }
                BeforeAdmission::Wait { kind: WaitKind::Permission, owner } => self.set_phase(Phase::Waiting(owner)),
                BeforeAdmission::Wait { .. } => {
                    // Leaving a message is offered; this client declines (wire/01 section 6.2).
                    pipe.write(&Clear::new().i32(0)).await?;
                }
                BeforeAdmission::Mode(mode) => {
                    let why = format!("the server answers with mode {mode}, which this client cannot do yet");
                    return Err(Stop::Ending(Ending::NotServed(why)));
                }
                BeforeAdmission::RecordingPasswordWanted(_) | BeforeAdmission::Playing(_) => {
                    return Err(Stop::lost("the server asks for a recording's password when joining a meeting"));
                }
            }
        }
    }

    /// The password that was given beforehand, or the user's answer.
    async fn password(&mut self, asked: u32) -> Option<PasswordHash> {
        if asked == 1
            && let Some(given) = self.options.password.take()
        {
            return Some(given);
        }
        self.set_phase(Phase::PasswordWanted(asked > 1));
        loop {
            match self.commands.recv().await? {
                ClientCommand::Password(answer) => return answer,
                other => debug!("not in a meeting: {other:?} is ignored"),
            }
        }
    }

    async fn in_meeting(&mut self, pipe: Pipe, info: InitialInfo, leave: &CancellationToken) -> Ending {
        let (mut incoming, mut sender) = pipe.split();
        let keys = incoming.keys.clone();
        let mut view = View::admitted(info.ssrc);
        let now = self.options.clock.now().steady;
        self.update(|state| {
            state.admitted_at = Some(now);
            state.elapsed_ms = info.elapsed_ms;
            state.view = Arc::new(view.clone());
        });
        self.set_phase(Phase::InMeeting);
        // A burst of messages is published once: the view is copied for each publication.
        let mut publish_at: Option<Instant> = None;
        let ending = loop {
            let next = tokio::select! {
                message = incoming.next(ToClient::decode) => match message {
                    Ok(message) => {
                        view.apply(&message);
                        publish_at.get_or_insert_with(|| Instant::now() + PUBLISH_AFTER);
                        self.react(message)
                    }
                    Err(PipeError::Closed) => Next::End(Ending::Lost("the server closed the connection".into())),
                    Err(failure) => Next::End(Ending::Lost(failure.to_string())),
                },
                Some(command) = self.commands.recv() => Next::Send(message_for(command, &view)),
                () = sleep_until(publish_at.unwrap_or_else(Instant::now)), if publish_at.is_some() => {
                    publish_at = None;
                    self.update(|state| state.view = Arc::new(view.clone()));
                    Next::Send(None)
                }
                () = leave.cancelled() => Next::End(Ending::Left),
            };
            match next {
                Next::Send(None) => {}
                Next::Send(Some(message)) => {
                    if let Err(failure) = sender.send(Bytes::from(message.encode().seal(&keys))).await {
                        break Ending::Lost(failure.to_string());
                    }
                }
                Next::Initialised => {
                    // What the known client says of itself at this point (wire/01 section 7.6).
                    let greetings = [UserToServer::VideoStatus(NO_VIDEO), UserToServer::CodePage(UTF8)];
                    let sent = send_all(&mut sender, &keys, greetings.map(ToServer::User)).await;
                    if let Err(failure) = sent {
                        break Ending::Lost(failure.to_string());
                    }
                }
                Next::End(ending) => break ending,
            }
        };
        self.update(|state| state.view = Arc::new(view));
        if let Err(failure) = sender.close().await {
            debug!("closed badly: {failure}");
        }
        // Closing with bytes unread would look like a lost connection to the server.
        incoming.drain(GOODBYE).await;
        ending
    }

    /// What a message of the server makes us do.
    fn react(&mut self, message: ToClient) -> Next {
        let next = match &message {
            ToClient::Alive(Alive::Probe) => Next::Send(Some(ToServer::Alive(Alive::Answer))),
            ToClient::End(End::SessionEnd) => Next::End(Ending::MeetingOver),
            ToClient::End(End::Disconnect) => Next::End(Ending::Disconnected),
            ToClient::End(End::Overwrite) => Next::End(Ending::Overwritten),
            ToClient::Fact(Fact::Initialised(_)) => Next::Initialised,
            ToClient::Passed(passed) => {
                debug!("passed over {passed:?}");
                Next::Send(None)
            }
            _ => Next::Send(None),
        };
        self.tell(ClientEvent::Message(Arc::new(message)));
        next
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

/// What the loop does next.
enum Next {
    Send(Option<ToServer>),
    Initialised,
    End(Ending),
}

fn message_for(command: ClientCommand, view: &View) -> Option<ToServer> {
    Some(match command {
        ClientCommand::Say(text) => ToServer::Chat(ChatToServer::Say { text: fitting(&text)? }),
        ClientCommand::Whisper(to, text) => {
            // The known client itself puts the address in front (wire/02 section 6).
            let text = fitting(&format!("[To:{}]{}", view.name_of(to), fitting(&text)?))?;
            ToServer::Chat(ChatToServer::Whisper { to, text })
        }
        ClientCommand::Token(target) => ToServer::Floor(FloorToServer::Token(target)),
        ClientCommand::EndMeeting => ToServer::EndMeeting,
        ClientCommand::Password(_) => return None,
    })
}

/// A line as it may go out: not empty, at most 2047 bytes.
fn fitting(text: &str) -> Option<String> {
    let text = cut_utf8(text, usize::try_from(MAX_CHAT).unwrap_or_default());
    (!text.is_empty()).then(|| text.to_owned())
}

async fn send_all(
    sender: &mut Sender,
    keys: &Keys,
    messages: impl IntoIterator<Item = ToServer>,
) -> Result<(), LinkError> {
    for message in messages {
        sender.send(Bytes::from(message.encode().seal(keys))).await?;
    }
    Ok(())
}

/// What we call ourselves in parameter 10003; the known client says `WEB`.
const CLIENT_TYPE: &str = "HITDECK";

const UTF8: i32 = 65001;

/// EXT(33): the user sends no video.
const NO_VIDEO: i32 = 2;

/// A server has this long to close after we said goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// A change is shown after this at the latest: a frame of a screen.
const PUBLISH_AFTER: Duration = Duration::from_millis(15);

/// The known client waits for admission without limit (wire/01 section 6); this one gives up after an hour.
const ADMISSION_PATIENCE: Duration = Duration::from_secs(3600);
