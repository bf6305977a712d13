//! One connection of the MCU, from its first byte to its last.
//!
//! In: a connection that the link has told apart. Out: a key exchange, a join that the front desk decides on, then messages both
//! ways between the client and its meeting. Every wait for the peer has an end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use super::admission::{meet, remove};
use super::front_desk::{FrontDesk, Opened, Place, Viewer};
use super::meeting::{Departure, Outgoing, Seat, ToMeeting};
use super::playback::{Projector, Reel};
use super::relay::{self, RelayPolicy, Relays};
use super::transcript::{Transcript, Transcripts};
use super::{Patience, random};
use crate::clock::Clock;
use crate::hit::modp::{self, Exponent};
use crate::hit::password::PasswordHash;
use crate::hit::request::{CommandKind, ServiceRequest};
use crate::link::pipe::{Incoming, Pipe, PipeError};
use crate::link::{Accepted, Inspector, Sender, Tap};
use crate::office::{Guesser, Guesses, Refused, Try};
use crate::wire::cipher::{Cipher, CipherName, KeyMaterial};
use crate::wire::exchange;
use crate::wire::fields::Keys;
use crate::wire::handshake::{self, Hello, SERVER_VERSION, Secondary, SecondaryKind};
use crate::wire::join::{BeforeAdmission, JoinRequest, PasswordAnswer, PlaybackStart};
use crate::wire::message::Alive;
use crate::wire::parameters::{self, CLIENT_BLOCK, ClientParameter, MAX_ENTRIES, ServerParameter};
use crate::wire::playback::PlaybackToServer;
use crate::wire::ticket::{Ticket, TicketKind};
use crate::wire::{Clear, Refusal, ToClient, ToServer};

/// What every session of a server shares.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Decides on joins.
    pub desk: FrontDesk,
    /// Clock.
    pub clock: Clock,
    /// How long a peer may keep us waiting.
    pub patience: Patience,
    /// Where to write down what clients send.
    pub transcripts: Transcripts,
    /// Watches every connection.
    pub inspector: Inspector,
    /// Sessions, and the threads of playbacks: the server waits for them.
    pub threads: TaskTracker,
    /// Where recordings are.
    pub recording_root: PathBuf,
    /// Where this server listens.
    pub address: SocketAddr,
    /// Where it leads as a relay, and for whom.
    pub relay: RelayPolicy,
    /// The relays that are running.
    pub relays: Relays,
    /// Held while a status file is marked as played.
    pub marking: Arc<Mutex<()>>,
    /// Who has tried how many passwords.
    pub guesses: Arc<Mutex<Guesses>>,
}

impl Shared {
    /// Never held over a wait.
    fn guesses(&self) -> MutexGuard<'_, Guesses> {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a session ended before or without a meeting.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    #[error(transparent)]
    Pipe(#[from] PipeError),
    #[error("the key exchange failed: {0}")]
    Exchange(#[from] modp::ModpError),
    #[error("expected a public key of the 2048-bit group, which our version {SERVER_VERSION} stands for")]
    WrongGroup,
    #[error("expected at most {MAX_ENTRIES} client parameters")]
    TooManyParameters,
    #[error("not admitted within {} s", .0.as_secs())]
    TooSlow(Duration),
    #[error("no random bytes can be had: {0}")]
    Random(#[from] getrandom::Error),
}

/// Serves a connection until it ends or `cut` is cancelled.
pub async fn serve(accepted: Accepted, shared: Shared, cut: CancellationToken) {
    let peer = accepted.peer;
    let served = async {
        let mut pipe = Pipe::tapped(accepted.connection, shared.inspector.at_mcu(peer));
        match pipe.read(shared.patience.step, "the first message", Hello::decode).await? {
            Hello::Control { major, minor } => control(pipe, (major, minor), peer, &shared, &cut).await,
            Hello::Secondary(secondary) => beside(pipe, secondary, &shared).await,
            Hello::Relay => relay::serve(pipe, peer, &shared).await,
            Hello::Lists => {
                debug!(%peer, "recording lists are not served yet");
                Ok(())
            }
        }
    };
    tokio::select! {
        ended = served => match ended {
            Ok(()) => debug!(%peer, "connection ended"),
            Err(SessionError::Pipe(PipeError::Closed)) => debug!(%peer, "closed before joining"),
            Err(failure) => warn!(%peer, "connection dropped: {failure}"),
        },
        () = cut.cancelled() => debug!(%peer, "connection cut"),
    }
}

/// A control connection: keys, parameters, join, meeting.
async fn control(
    pipe: Pipe,
    version: (i32, i32),
    peer: SocketAddr,
    shared: &Shared,
    cut: &CancellationToken,
) -> Result<(), SessionError> {
    let total = shared.patience.admission;
    let deadline = Instant::now() + total;
    // Not over the admission itself, which waits for nobody outside: cut in the middle it would leave an empty seat.
    let knocked = timeout_at(deadline, knock(pipe, version, peer, shared)).await;
    let Some(Knock { pipe, opened, mut joiner, transcript }) = knocked.map_err(|_| SessionError::TooSlow(total))??
    else {
        return Ok(());
    };
    joiner.deadline = deadline;
    match opened.request.command.kind {
        CommandKind::Playback => play(pipe, opened, joiner, shared, transcript).await,
        CommandKind::Delete => remove(pipe, opened, joiner, shared).await,
        _ => meet(pipe, opened, joiner, shared, cut, transcript).await,
    }
}

/// A connection that has shown its jnj.
struct Knock {
    pipe: Pipe,
    opened: Opened,
    joiner: Joiner,
    transcript: Transcript,
}

/// Keys, parameters and the jnj; `None` if it was refused.
async fn knock(
    mut pipe: Pipe,
    version: (i32, i32),
    peer: SocketAddr,
    shared: &Shared,
) -> Result<Option<Knock>, SessionError> {
    let step = shared.patience.step;
    let keys = exchange_keys(&mut pipe, version, step).await?;
    let cipher = Cipher::new(CipherName::Aes256, &keys);
    pipe.incoming.keys.control = Some(cipher.clone());
    send_parameters(&mut pipe, shared, true).await?;
    let parameters = read_parameters(&mut pipe, step).await?;
    debug!(%peer, ?parameters, "client parameters");
    let transcript = shared.transcripts.next();
    for parameter in &parameters {
        transcript.line("parameter", &parameter.encode().bytes);
    }

    let join = pipe.read(step, "a join request", JoinRequest::decode).await?;
    let JoinRequest::Hit { userinfo, flags } = join else {
        return refuse(pipe, Refusal::JoinNetMode, peer, "only codetype 13 is served").await.map(|()| None);
    };
    transcript.line("join", &[flags]);
    let opened = match shared.desk.open(userinfo).await {
        Ok(opened) => opened,
        Err(refused) => return refuse(pipe, refused.code, peer, &refused.cause).await.map(|()| None),
    };
    let proof = Proof::new(parameters);
    let joiner = Joiner { version, flags, peer, cipher, keys, proof, deadline: Instant::now() };
    Ok(Some(Knock { pipe, opened, joiner, transcript }))
}

/// What is known of a client before it is admitted.
pub(super) struct Joiner {
    pub(super) version: (i32, i32),
    pub(super) flags: u8,
    pub(super) peer: SocketAddr,
    pub(super) cipher: Cipher,
    pub(super) keys: KeyMaterial,
    pub(super) proof: Proof,
    /// Until then it must have been let in or refused.
    pub(super) deadline: Instant,
}

/// What a client shows to come back (wire/01 section 4, 10001 and 10011).
#[derive(Default)]
pub(super) struct Proof {
    pub(super) ticket: Option<Ticket>,
    pub(super) name: Option<[u8; 12]>,
    /// Not a proof: the jnj is one to make a recording with (10008, guide notes N28).
    pub(super) makes_recording: bool,
}

impl Proof {
    fn new(parameters: Vec<ClientParameter>) -> Proof {
        parameters.into_iter().fold(Proof::default(), |proof, parameter| match parameter {
            ClientParameter::ReconnectTicket(bytes) => Proof { ticket: Ticket::from_bytes(&bytes), ..proof },
            ClientParameter::ReconnectName(name) => Proof { name: Some(name), ..proof },
            ClientParameter::MakeRecording => Proof { makes_recording: true, ..proof },
            _ => proof,
        })
    }
}

/// Into a playback (wire/05 section 14).
async fn play(
    mut pipe: Pipe,
    opened: Opened,
    joiner: Joiner,
    shared: &Shared,
    transcript: Transcript,
) -> Result<(), SessionError> {
    let (Opened { request, age }, peer) = (opened, joiner.peer);
    let returning = match joiner.proof.ticket {
        Some(ticket) if ticket.kind == TicketKind::Playback => shared.desk.has_watched(ticket).await,
        _ => false,
    };
    if !returning && let Err(refused) = prove(&mut pipe, &request, age, (peer, joiner.deadline), shared).await? {
        return refuse(pipe, refused.code, peer, &refused.cause).await;
    }
    let (root, asked, now) = (shared.recording_root.clone(), request.clone(), shared.clock.now());
    let (marking, by_owner) = (Arc::clone(&shared.marking), request.guest.is_none());
    let reel = shared.threads.spawn_blocking(move || Reel::open(&root, &asked));
    let internal = |failure: tokio::task::JoinError| Refused::new(Refusal::Internal, failure.to_string());
    let mut reel = match reel.await.map_err(internal).and_then(|opened| opened) {
        Ok(reel) => reel,
        Err(refused) => return refuse(pipe, refused.code, peer, &refused.cause).await,
    };
    let locked = reel.is_locked();
    if locked {
        // The prompt is one of the playback client.
        pipe.write(&BeforeAdmission::Mode(PLAYBACK_MODE).encode()).await?;
        let guesser = Guesser::new(&request, peer.ip()).at_a_recording();
        let unlocked = timeout_at(joiner.deadline, unlocked(&mut pipe, reel, &guesser, shared)).await;
        reel = match unlocked.map_err(|_| SessionError::TooSlow(shared.patience.admission))?? {
            Ok(reel) => reel,
            Err(refused) => return refuse(pipe, refused.code, peer, &refused.cause).await,
        };
    }
    if !returning {
        let marked = shared.threads.spawn_blocking(move || {
            reel.mark(by_owner, now, &marking);
            reel
        });
        reel = match marked.await.map_err(internal) {
            Ok(reel) => reel,
            Err(refused) => return refuse(pipe, refused.code, peer, &refused.cause).await,
        };
    }
    let (row, shown) = watch::channel(reel.row(&request, peer.ip()));
    pipe.incoming.tap().name(&row.borrow().player_name);
    let viewer = Viewer { control: joiner.cipher.clone(), keys: joiner.keys, row: shown };
    let booth = match shared.desk.watch(&request, peer.ip(), viewer).await {
        Ok(booth) => booth,
        Err(refused) => return refuse(pipe, refused.code, peer, &refused.cause).await,
    };
    info!(%peer, playback = booth.playback_id, "plays {}", row.borrow().file.display());
    // Harmless where the client is in playback already, and rescues a jnj without `action` (wire/01 section 6.3).
    if !locked {
        pipe.write(&BeforeAdmission::Mode(PLAYBACK_MODE).encode()).await?;
    }
    let start = PlaybackStart { playback_id: booth.playback_id, session_index: booth.session_index };
    pipe.write(&BeforeAdmission::Playing(start).encode()).await?;

    let (queue, outgoing) = mpsc::channel(PLAYBACK_QUEUE);
    let (wishes, wished) = mpsc::channel(WISHES);
    let probes = queue.downgrade();
    let projector = Projector {
        reel,
        wishes: wished,
        outgoing: queue,
        cipher: joiner.cipher.clone(),
        clock: shared.clock.clone(),
        row,
    };
    let runtime = Handle::current();
    let thread = shared.threads.spawn_blocking(move || projector.run(&runtime));
    let (mut incoming, sender) = pipe.split();
    incoming.keys.meeting = Some(joiner.cipher);
    let seen = (incoming.tap().clone(), incoming.keys.clone());
    tokio::select! {
        () = read_wishes(&mut incoming, &wishes, &probes, (shared.patience.alive, &transcript)) => {}
        () = write_messages(sender, outgoing, seen) => incoming.drain(LINGER).await,
    }
    drop(wishes);
    if let Err(failure) = thread.await {
        warn!(%peer, "the playback's thread failed: {failure}");
    }
    Ok(())
}

/// wire/01 section 2.1, the server's side.
pub(super) async fn exchange_keys(
    pipe: &mut Pipe,
    version: (i32, i32),
    step: Duration,
) -> Result<KeyMaterial, SessionError> {
    pipe.write(&handshake::encode_server_version(SERVER_VERSION)).await?;
    let (group, client_public) = pipe.read(step, "a public key", handshake::decode_client_public).await?;
    if group != exchange::group_for(SERVER_VERSION.as_bytes()) {
        return Err(SessionError::WrongGroup);
    }
    let exponent = Exponent::from_random(random()?);
    let server_public = modp::public_key(group, &exponent);
    let agreed = modp::agree(group, &exponent, &client_public)?;
    pipe.write(&handshake::encode_server_public(&server_public)).await?;
    let client_version = handshake::version_text(version.0, version.1);
    Ok(exchange::derive(group, &client_public, &server_public, &agreed, &client_version, SERVER_VERSION.as_bytes()))
}

/// The server's parameters; `wants_theirs`: the client is to send its own, too.
pub(super) async fn send_parameters(pipe: &mut Pipe, shared: &Shared, wants_theirs: bool) -> Result<(), SessionError> {
    let entries = [
        ServerParameter::Cipher(CipherName::Aes256),
        ServerParameter::Tick(shared.clock.now().tick()),
        ServerParameter::CodePage(UTF8),
    ];
    for entry in entries.into_iter().chain(wants_theirs.then_some(ServerParameter::AcceptClientParameters)) {
        pipe.write(&entry.encode()).await?;
    }
    Ok(pipe.write(&parameters::encode_end()).await?)
}

async fn read_parameters(pipe: &mut Pipe, step: Duration) -> Result<Vec<ClientParameter>, SessionError> {
    pipe.read(step, "the client parameters", |r| match r.u8()? {
        CLIENT_BLOCK => Ok(()),
        other => Err(r.malformed(1, "the start of the client parameters, 0x34", format!("{other:#04x}"))),
    })
    .await?;
    let mut entries = Vec::new();
    while let Some(entry) = pipe.read(step, "a client parameter", ClientParameter::decode).await? {
        if entries.len() == MAX_ENTRIES {
            return Err(SessionError::TooManyParameters);
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// Whether a request is fresh, and whoever brings it knows its password.
pub(super) async fn prove(
    pipe: &mut Pipe,
    request: &ServiceRequest,
    age: Result<(), Refused>,
    (peer, deadline): (SocketAddr, Instant),
    shared: &Shared,
) -> Result<Result<(), Refused>, SessionError> {
    let Some(expected) = request.password.as_ref().filter(|_| age.is_ok()) else { return Ok(age) };
    let guesser = Guesser::new(request, peer.ip());
    let asked = timeout_at(deadline, password_is_right(pipe, expected, &guesser, shared)).await;
    let outcome = asked.map_err(|_| SessionError::TooSlow(shared.patience.admission))??;
    Ok(outcome.map_err(|cause| Refused::new(Refusal::WrongUserinfo2, cause)))
}

/// Asks for the password that the userinfo carries, a few times (guide 3.10, wire/01 section 6.1). Who has been wrong too often waits for
/// the answer; nobody else does. In the end, why not.
async fn password_is_right(
    pipe: &mut Pipe,
    expected: &PasswordHash,
    guesser: &Guesser,
    shared: &Shared,
) -> Result<Result<(), &'static str>, SessionError> {
    for _ in 0..PASSWORD_TRIES {
        pipe.write(&BeforeAdmission::PasswordWanted.encode()).await?;
        let PasswordAnswer::Given(hash) =
            pipe.read(shared.patience.password, "a password", PasswordAnswer::decode).await?
        else {
            return Err(PipeError::Closed.into());
        };
        if let Err(unseen) = may_be_looked_at(guesser, shared).await {
            return Ok(Err(unseen));
        }
        if expected.matches(&hash) {
            shared.guesses().right(guesser);
            return Ok(Ok(()));
        }
    }
    Ok(Err("wrong password"))
}

/// Waits until it is this one's turn to have a password looked at; in the end, why it is not.
async fn may_be_looked_at(guesser: &Guesser, shared: &Shared) -> Result<(), &'static str> {
    let now = shared.clock.now().steady;
    let tried = shared.guesses().attempt(guesser, now);
    match tried {
        Try::After(wait) if wait.is_zero() => {}
        Try::After(wait) => {
            info!(?wait, "a password is looked at later: many wrong ones came from there");
            sleep(wait).await;
        }
        Try::Unseen => return Err("a password was not looked at: as many wrong ones as may wait do so"),
    }
    Ok(())
}

/// Asks for a recording's password, a few times (wire/05 section 9), and opens it.
async fn unlocked(
    pipe: &mut Pipe,
    mut reel: Reel,
    guesser: &Guesser,
    shared: &Shared,
) -> Result<Result<Reel, Refused>, SessionError> {
    for attempt in 0..PASSWORD_TRIES {
        let again = i32::from(attempt > 0);
        pipe.write(&BeforeAdmission::RecordingPasswordWanted(again).encode()).await?;
        let PasswordAnswer::Given(hash) =
            pipe.read(shared.patience.password, "a recording's password", PasswordAnswer::decode).await?
        else {
            return Err(PipeError::Closed.into());
        };
        if let Err(unseen) = may_be_looked_at(guesser, shared).await {
            return Ok(Err(Refused::new(Refusal::WrongPassword, unseen)));
        }
        let hash = PasswordHash::from_bytes(hash);
        let tried = shared.threads.spawn_blocking(move || {
            let right = reel.unlock(&hash);
            (reel, right)
        });
        let right;
        (reel, right) = match tried.await {
            Ok(tried) => tried,
            Err(failure) => return Ok(Err(Refused::new(Refusal::Internal, failure.to_string()))),
        };
        if right {
            shared.guesses().right(guesser);
            return Ok(Ok(reel));
        }
    }
    Ok(Err(Refused::new(Refusal::WrongPassword, "wrong password of a recording")))
}

/// Says no with a code, and waits for the client to close: closing first would make it come back (wire/01 section 6.5).
pub(super) async fn refuse(mut pipe: Pipe, code: Refusal, peer: SocketAddr, cause: &str) -> Result<(), SessionError> {
    info!(%peer, "refused with {}: {cause}", code.status());
    pipe.write(&BeforeAdmission::Refused(code).encode()).await?;
    pipe.incoming.drain(LINGER).await;
    pipe.close().await;
    Ok(())
}

/// After admission: two loops, one a direction, until either ends.
pub(super) async fn in_meeting(
    pipe: Pipe,
    (seat, place): (Seat, Place),
    queue: mpsc::Sender<Outgoing>,
    outgoing: mpsc::Receiver<Outgoing>,
    (alive, transcript): (Duration, Transcript),
) {
    let (mut incoming, sender) = pipe.split();
    incoming.keys.meeting = Some(seat.meeting_cipher.clone());
    let seen = (incoming.tap().clone(), incoming.keys.clone());
    // Owned by the reading side for its probes; dropping the last other one, in the meeting, must end the writing side.
    let probes = queue.downgrade();
    drop(queue);
    let departure = tokio::select! {
        departure = read_messages(&mut incoming, &seat, &probes, (alive, &transcript)) => departure,
        () = write_messages(sender, outgoing, seen) => {
            // Closing with bytes unread would reset the connection, and what was said last would be lost.
            incoming.drain(LINGER).await;
            Departure::Broken
        }
    };
    // Before the others hear of it: then there is room for somebody else.
    drop(place);
    // The meeting may be over already.
    drop(seat.meeting.send(ToMeeting::Gone(seat.connection, departure)).await);
}

/// What a client says, until it says no more.
async fn read_messages(
    incoming: &mut Incoming,
    seat: &Seat,
    probes: &mpsc::WeakSender<Outgoing>,
    (alive, transcript): (Duration, &Transcript),
) -> Departure {
    let mut patience = Silence { alive, silent: 0, probes };
    loop {
        match patience.next(incoming).await {
            Ok(message) => {
                transcript.line("message", &message.encode().bytes);
                if seat.meeting.send(ToMeeting::Message(seat.connection, message)).await.is_err() {
                    // The meeting is over: what it still had to say is on its way out.
                    std::future::pending::<()>().await;
                }
            }
            Err(Some(PipeError::Closed)) if incoming.left_on_purpose() => return Departure::OnPurpose,
            Err(Some(PipeError::Closed)) => return Departure::Closed,
            Err(Some(failure)) => {
                warn!(ssrc = seat.ssrc, "lost: {failure}");
                return Departure::Broken;
            }
            Err(None) => {
                warn!(ssrc = seat.ssrc, "lost: nothing came for {} s", alive.as_secs() * u64::from(SILENT_PERIODS));
                return Departure::Broken;
            }
        }
    }
}

/// What a viewer wants, until it wants nothing more. The ids of a meeting are passed over, not answered (wire/05 section 6).
async fn read_wishes(
    incoming: &mut Incoming,
    wishes: &mpsc::Sender<PlaybackToServer>,
    probes: &mpsc::WeakSender<Outgoing>,
    (alive, transcript): (Duration, &Transcript),
) {
    let mut patience = Silence { alive, silent: 0, probes };
    loop {
        match patience.next(incoming).await {
            Ok(message) => {
                transcript.line("message", &message.encode().bytes);
                let obeyed = match message {
                    ToServer::Playback(wish) => wishes.send(wish).await.is_ok(),
                    ToServer::Alive(Alive::Probe) => {
                        patience.say(Alive::Answer);
                        true
                    }
                    _ => true,
                };
                if !obeyed {
                    return;
                }
            }
            Err(failure) => return debug!("a viewer left: {failure:?}"),
        }
    }
}

/// Probes a client that says nothing, and gives it up after three times (wire/01 section 10.1).
struct Silence<'a> {
    alive: Duration,
    silent: u32,
    probes: &'a mpsc::WeakSender<Outgoing>,
}

impl Silence<'_> {
    /// The next message. `Err(None)`: the client has been silent for too long.
    async fn next(&mut self, incoming: &mut Incoming) -> Result<ToServer, Option<PipeError>> {
        loop {
            match tokio::time::timeout(self.alive, incoming.next(ToServer::decode)).await {
                Ok(read) => {
                    self.silent = 0;
                    return read.map_err(Some);
                }
                Err(_) if self.silent + 1 >= SILENT_PERIODS => return Err(None),
                Err(_) => {
                    self.silent += 1;
                    self.say(Alive::Probe);
                }
            }
        }
    }

    fn say(&self, alive: Alive) {
        let bytes = Bytes::from(ToClient::Alive(alive).encode().seal(&Keys::CLEAR));
        if let Some(queue) = self.probes.upgrade() {
            // A full queue is the meeting's to judge.
            drop(queue.try_send(Outgoing::Message(bytes)));
        }
    }
}

async fn write_messages(mut sender: Sender, mut outgoing: mpsc::Receiver<Outgoing>, (tap, keys): (Tap, Keys)) {
    let mut batch = Vec::new();
    let mut closing = false;
    while !closing && let Some(first) = outgoing.recv().await {
        // What is waiting goes out with it: a crowd that comes in at once would cost a call each otherwise.
        let (mut size, mut next) = (0, Some(first));
        while let Some(Outgoing::Message(bytes)) = next {
            size += bytes.len();
            batch.push(bytes);
            next = if size < BATCH { outgoing.try_recv().ok() } else { None };
        }
        closing = matches!(next, Some(Outgoing::Close));
        for bytes in &batch {
            tap.sent_sealed(bytes, &keys);
        }
        if let Err(failure) = sender.send_together(&batch).await {
            debug!("cannot send: {failure}");
            return;
        }
        batch.clear();
    }
    // What ended the session was said before; the client closes by itself, and this is for those that do not.
    if let Err(failure) = sender.close().await {
        debug!("closed badly: {failure}");
    }
}

/// A secondary connection: challenge and answer under the keys of its control connection (wire/01 section 8).
async fn beside(mut pipe: Pipe, secondary: Secondary, shared: &Shared) -> Result<(), SessionError> {
    let Some(cipher) = shared.desk.control_cipher(secondary).await else {
        debug!(?secondary, "no such participant");
        return Ok(());
    };
    if !challenge(&mut pipe, cipher, shared).await? {
        return Ok(());
    }
    match secondary.kind {
        // Media are not relayed yet: what comes is taken and dropped, so that the client keeps its connection and does not retry.
        SecondaryKind::Media | SecondaryKind::PlaybackMedia => pipe.incoming.drain(MEDIA_LIFETIME).await,
        // Nothing can be up- or downloaded yet; closing is how that is said (wire/03 sections 2.2 and 2.3).
        SecondaryKind::SlideUpload | SecondaryKind::SlideDownload | SecondaryKind::PlaybackSlideDownload => {}
    }
    pipe.close().await;
    Ok(())
}

/// Thirty-two random bytes that only the owner of the control connection's keys can give back (wire/01 section 8).
pub(super) async fn challenge(pipe: &mut Pipe, cipher: Cipher, shared: &Shared) -> Result<bool, SessionError> {
    let challenge: [u8; 32] = random()?;
    pipe.write(&Clear::new().raw(&challenge)).await?;
    pipe.incoming.keys.control = Some(cipher);
    let (answer, tick) =
        pipe.read(shared.patience.step, "an answer to the challenge", handshake::decode_challenge_answer).await?;
    let drift = shared.clock.now().tick().wrapping_sub(tick).cast_signed().unsigned_abs();
    let passed = bool::from(subtle::ConstantTimeEq::ct_eq(&answer[..], &challenge[..])) && drift <= TICK_TOLERANCE_MS;
    if !passed {
        warn!(drift, "a secondary connection failed its challenge");
    }
    Ok(passed)
}

/// Our code page (wire/01 section 3).
const UTF8: i32 = 65001;

/// So many wrong passwords, then 229.
const PASSWORD_TRIES: usize = 3;

/// EXT(26): the client becomes a playback client.
const PLAYBACK_MODE: u8 = 1;

/// So many messages may wait for a viewer; then the recording waits.
const PLAYBACK_QUEUE: usize = 256;

/// So many wishes of a viewer may wait; then the viewer waits.
const WISHES: usize = 64;

/// A client that was told to go has this long to close by itself.
pub(super) const LINGER: Duration = Duration::from_secs(5);

/// Silent periods after which a client counts as lost: 20 s each (wire/01 section 10.1).
const SILENT_PERIODS: u32 = 3;

/// How far the tick in a challenge's answer may be off (wire/01 section 8 suggests 60 s).
const TICK_TOLERANCE_MS: u32 = 60_000;

/// So many bytes are sent together at most, beside the last message.
const BATCH: usize = 32 * 1024;

/// Longer than any meeting.
const MEDIA_LIFETIME: Duration = Duration::from_secs(24 * 3600);
