//! One connection of the MCU, from its first byte to its last.
//!
//! In: a connection that the link has told apart. Out: a key exchange, a join that the front desk decides on, then messages both
//! ways between the client and its meeting. Every wait for the peer has an end.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::front_desk::{Admission, FrontDesk, Place};
use super::meeting::{Outgoing, Seat, ToMeeting};
use super::transcript::{Transcript, Transcripts};
use super::{Patience, random};
use crate::clock::Clock;
use crate::hit::modp::{self, Exponent};
use crate::hit::request::ServiceRequest;
use crate::link::pipe::{Incoming, Pipe, PipeError};
use crate::link::{Accepted, Sender};
use crate::meeting::room::Newcomer;
use crate::wire::cipher::{Cipher, CipherName, KeyMaterial};
use crate::wire::exchange;
use crate::wire::fields::Keys;
use crate::wire::handshake::{self, Hello, SERVER_VERSION, Secondary, SecondaryKind};
use crate::wire::join::{BeforeAdmission, JoinRequest, PasswordAnswer, flags};
use crate::wire::message::Alive;
use crate::wire::parameters::{self, CLIENT_BLOCK, ClientParameter, MAX_ENTRIES, ServerParameter};
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
}

/// Why a session ended before or without a meeting.
#[derive(Debug, thiserror::Error)]
enum SessionError {
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
        let mut pipe = Pipe::new(accepted.connection);
        match pipe.read(shared.patience.step, "the first message", Hello::decode).await? {
            Hello::Control { major, minor } => control(pipe, (major, minor), peer, &shared, &cut).await,
            Hello::Secondary(secondary) => beside(pipe, secondary, &shared).await,
            // A server that is no relay answers 5 (wire/01 section 9).
            Hello::Relay => Ok(pipe.write(&Clear::new().u8(5)).await?),
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
    // Not over the admission itself, which waits for nobody outside: cut in the middle it would leave an empty seat.
    let knocked = tokio::time::timeout(total, knock(pipe, version, peer, shared)).await;
    let Some(Knock { pipe, cipher, transcript, request, flags }) =
        knocked.map_err(|_| SessionError::TooSlow(total))??
    else {
        return Ok(());
    };

    let (queue, outgoing) = mpsc::channel(shared.patience.queue);
    let newcomer = newcomer(&request, version, flags)?;
    let admission =
        Admission { request, newcomer, address: peer.ip(), control: cipher, outgoing: queue.clone(), cut: cut.clone() };
    match shared.desk.admit(admission).await {
        Ok((seat, place)) => {
            info!(%peer, ssrc = seat.ssrc, "admitted");
            in_meeting(pipe, (seat, place), queue, outgoing, (shared.patience.alive, transcript)).await;
            Ok(())
        }
        Err(refused) => refuse(pipe, refused.code, peer, &refused.cause).await,
    }
}

/// A connection with a good jnj that waits to be let in.
struct Knock {
    pipe: Pipe,
    cipher: Cipher,
    transcript: Transcript,
    request: ServiceRequest,
    flags: u8,
}

/// Everything that waits for the peer; `None` if it was refused.
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
    send_parameters(&mut pipe, shared).await?;
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
    let request = match shared.desk.open(userinfo).await {
        Ok(request) => request,
        Err(refused) => return refuse(pipe, refused.code, peer, &refused.cause).await.map(|()| None),
    };
    if !password_is_right(&mut pipe, &request, shared).await? {
        return refuse(pipe, Refusal::WrongUserinfo2, peer, "wrong password").await.map(|()| None);
    }
    Ok(Some(Knock { pipe, cipher, transcript, request, flags }))
}

/// wire/01 section 2.1, the server's side.
async fn exchange_keys(pipe: &mut Pipe, version: (i32, i32), step: Duration) -> Result<KeyMaterial, SessionError> {
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

async fn send_parameters(pipe: &mut Pipe, shared: &Shared) -> Result<(), SessionError> {
    let entries = [
        ServerParameter::Cipher(CipherName::Aes256),
        ServerParameter::Tick(shared.clock.now().tick()),
        ServerParameter::CodePage(UTF8),
        ServerParameter::AcceptClientParameters,
    ];
    for entry in entries {
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

/// Asks for the password that the userinfo carries, a few times (guide 3.10, wire/01 section 6.1).
async fn password_is_right(pipe: &mut Pipe, request: &ServiceRequest, shared: &Shared) -> Result<bool, SessionError> {
    let Some(expected) = &request.password else { return Ok(true) };
    for _ in 0..PASSWORD_TRIES {
        pipe.write(&BeforeAdmission::PasswordWanted.encode()).await?;
        match pipe.read(shared.patience.password, "a password", PasswordAnswer::decode).await? {
            PasswordAnswer::Cancelled => return Err(PipeError::Closed.into()),
            PasswordAnswer::Given(hash) if expected.matches(&hash) => return Ok(true),
            PasswordAnswer::Given(_) => {}
        }
    }
    Ok(false)
}

fn newcomer(request: &ServiceRequest, version: (i32, i32), join_flags: u8) -> Result<Newcomer, SessionError> {
    let (owner, user_id, name) = match &request.guest {
        None => (true, request.owner.id.clone(), request.owner.name.clone()),
        Some(guest) => (false, guest.id.clone().unwrap_or_default(), guest.name.clone()),
    };
    let capability = join_flags & (flags::AUDIO | flags::VIDEO);
    Ok(Newcomer { owner, user_id, name, version, capability, reconnect_name: reconnect_name()? })
}

/// Twelve letters: the known client keeps only a name of exactly 12 bytes (wire/01 section 7.4).
fn reconnect_name() -> Result<[u8; 12], getrandom::Error> {
    let bytes: [u8; 12] = random()?;
    Ok(bytes.map(|b| b'A' + b % 26))
}

/// Says no with a code, and waits for the client to close: closing first would make it come back (wire/01 section 6.5).
async fn refuse(mut pipe: Pipe, code: Refusal, peer: SocketAddr, cause: &str) -> Result<(), SessionError> {
    info!(%peer, "refused with {}: {cause}", code.status());
    pipe.write(&BeforeAdmission::Refused(code).encode()).await?;
    pipe.incoming.drain(LINGER).await;
    pipe.close().await;
    Ok(())
}

/// After admission: two loops, one a direction, until either ends.
async fn in_meeting(
    pipe: Pipe,
    (seat, place): (Seat, Place),
    queue: mpsc::Sender<Outgoing>,
    outgoing: mpsc::Receiver<Outgoing>,
    (alive, transcript): (Duration, Transcript),
) {
    let (mut incoming, sender) = pipe.split();
    incoming.keys.meeting = Some(seat.meeting_cipher.clone());
    // Owned by the reading side for its probes; dropping the last other one, in the meeting, must end the writing side.
    let probes = queue.downgrade();
    drop(queue);
    let by_action = tokio::select! {
        by_action = read_messages(&mut incoming, &seat, &probes, (alive, &transcript)) => by_action,
        () = write_messages(sender, outgoing) => {
            // Closing with bytes unread would reset the connection, and what was said last would be lost.
            incoming.drain(LINGER).await;
            false
        }
    };
    // Before the others hear of it: then there is room for somebody else.
    drop(place);
    // The meeting may be over already.
    drop(seat.meeting.send(ToMeeting::Gone(seat.connection, by_action)).await);
}

/// True if the client closed in good order.
async fn read_messages(
    incoming: &mut Incoming,
    seat: &Seat,
    probes: &mpsc::WeakSender<Outgoing>,
    (alive, transcript): (Duration, &Transcript),
) -> bool {
    let mut silent = 0;
    loop {
        match tokio::time::timeout(alive, incoming.next(ToServer::decode)).await {
            Ok(Ok(message)) => {
                silent = 0;
                transcript.line("message", &message.encode().bytes);
                if seat.meeting.send(ToMeeting::Message(seat.connection, message)).await.is_err() {
                    // The meeting is over: what it still had to say is on its way out.
                    std::future::pending::<()>().await;
                }
            }
            Ok(Err(PipeError::Closed)) => return true,
            Ok(Err(failure)) => {
                warn!(ssrc = seat.ssrc, "lost: {failure}");
                return false;
            }
            Err(_) => {
                silent += 1;
                if silent >= SILENT_PERIODS {
                    warn!(ssrc = seat.ssrc, "lost: nothing came for {} s", alive.as_secs() * u64::from(SILENT_PERIODS));
                    return false;
                }
                let probe = Bytes::from(ToClient::Alive(Alive::Probe).encode().seal(&Keys::CLEAR));
                if let Some(queue) = probes.upgrade() {
                    // A full queue is the meeting's to judge.
                    drop(queue.try_send(Outgoing::Message(probe)));
                }
            }
        }
    }
}

async fn write_messages(mut sender: Sender, mut outgoing: mpsc::Receiver<Outgoing>) {
    while let Some(Outgoing::Message(bytes)) = outgoing.recv().await {
        if let Err(failure) = sender.send(bytes).await {
            debug!("cannot send: {failure}");
            return;
        }
    }
    // What ended the session was said before; the client closes by itself, and this is for those that do not.
    if let Err(failure) = sender.close().await {
        debug!("closed badly: {failure}");
    }
}

/// A secondary connection: challenge and answer under the keys of its control connection (wire/01 section 8).
async fn beside(mut pipe: Pipe, secondary: Secondary, shared: &Shared) -> Result<(), SessionError> {
    let Some(cipher) = shared.desk.control_cipher(secondary.session_index, secondary.id).await else {
        debug!(?secondary, "no such participant");
        return Ok(());
    };
    let challenge: [u8; 32] = random()?;
    pipe.write(&Clear::new().raw(&challenge)).await?;
    pipe.incoming.keys.control = Some(cipher);
    let (answer, tick) =
        pipe.read(shared.patience.step, "an answer to the challenge", handshake::decode_challenge_answer).await?;
    let drift = shared.clock.now().tick().wrapping_sub(tick).cast_signed().unsigned_abs();
    if !bool::from(subtle::ConstantTimeEq::ct_eq(&answer[..], &challenge[..])) || drift > TICK_TOLERANCE_MS {
        warn!(?secondary, drift, "a secondary connection failed its challenge");
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

/// Our code page (wire/01 section 3).
const UTF8: i32 = 65001;

/// So many wrong passwords, then 229.
const PASSWORD_TRIES: usize = 3;

/// A client that was told to go has this long to close by itself.
const LINGER: Duration = Duration::from_secs(5);

/// Silent periods after which a client counts as lost: 20 s each (wire/01 section 10.1).
const SILENT_PERIODS: u32 = 3;

/// How far the tick in a challenge's answer may be off (wire/01 section 8 suggests 60 s).
const TICK_TOLERANCE_MS: u32 = 60_000;

/// Longer than any meeting.
const MEDIA_LIFETIME: Duration = Duration::from_secs(24 * 3600);
