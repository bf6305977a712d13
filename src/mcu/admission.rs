//! From a proved jnj into a meeting, to a message, or to the removal of a recording (wire/01 sections 6 and 10.4, guide 3.1).
//!
//! In: a connection that has shown its jnj. Out: a seat and the session in it, an answer, or a refusal. What is decided, the office,
//! the meeting's room and somebody inside decide.

use std::net::SocketAddr;

use tokio::sync::mpsc;
use tokio::time::timeout_at;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::front_desk::{Applicant, Entrance, Opened, Welcome};
use super::meeting::{Answer, Candidate, Claim};
use super::opening;
use super::playback::not_found;
use super::random;
use super::session::{Joiner, LINGER, SessionError, Shared, in_meeting, prove, refuse};
use super::transcript::Transcript;
use crate::hit::request::{CommandKind, ServiceRequest};
use crate::library::{self, RemoveError};
use crate::link::pipe::{Pipe, PipeError};
use crate::meeting::room::{KNOCK_PATIENCE, KnockEnd, Newcomer, Visitor};
use crate::office::Refused;
use crate::wire::Refusal;
use crate::wire::fields::cut_utf8;
use crate::wire::join::{BeforeAdmission, MessageAnswer, WaitKind, flags};
use crate::wire::ticket::TicketKind;

/// Into a meeting, by a fresh userinfo or by a ticket.
pub(super) async fn meet(
    mut pipe: Pipe,
    opened: Opened,
    joiner: Joiner,
    shared: &Shared,
    cut: &CancellationToken,
    transcript: Transcript,
) -> Result<(), SessionError> {
    let (Opened { request, age }, peer) = (opened, joiner.peer);
    let mut newcomer = newcomer(&request, joiner.version, joiner.flags)?;
    pipe.incoming.tap().name(&newcomer.name);
    let had_ticket = joiner.proof.ticket.is_some();
    let was_inside = had_ticket || joiner.proof.name.is_some();
    let returning = if was_inside {
        let ticket = joiner.proof.ticket.clone().filter(|ticket| ticket.kind == TicketKind::Meeting);
        let (owner, user_id) = (newcomer.owner, newcomer.user_id.clone());
        shared.desk.recognise(&request, Claim { ticket, reconnect_name: joiner.proof.name, owner, user_id }).await
    } else {
        None
    };
    if returning.is_none() {
        // It was inside once, and what it was in is over: its client then forgets the way back (wire/01 section 6.5).
        let closed = |refused: Refused| Refused::new(Refusal::SessionClosed, refused.cause);
        let age = if had_ticket { age.map_err(closed) } else { age };
        if let Err(refused) = prove(&mut pipe, &request, age, (peer, joiner.deadline), shared).await? {
            return refuse(pipe, refused.code, peer, &refused.cause).await;
        }
    }
    newcomer.returning = returning.map(|(_, ssrc)| ssrc);

    let applicant = Applicant { request, from: peer.ip(), returning: returning.map(|(index, _)| index), was_inside };
    let (entrance, request) = match place(&mut pipe, applicant, &joiner, shared).await? {
        Ok(placed) => placed,
        Err(refused) => return refuse(pipe, refused.code, peer, &refused.cause).await,
    };
    let counts_as_invited = request.guest.as_ref().is_some_and(|guest| guest.invited || guest.ticket);
    // Nobody is asked about a visitor who talks to an empty room.
    let knocks = request.command.kind != CommandKind::LeaveMessage;
    if returning.is_none() && !newcomer.owner && knocks {
        let visitor = Visitor { name: newcomer.name.clone(), invited: counts_as_invited };
        match at_the_door(&mut pipe, &entrance, visitor, &request.owner.name).await? {
            KnockEnd::Accepted => {}
            end => {
                let code = end.refusal(counts_as_invited).unwrap_or(Refusal::Internal);
                return refuse(pipe, code, peer, "a guest was not let in").await;
            }
        }
    }
    let (queue, outgoing) = mpsc::channel(shared.patience.queue);
    let candidate = Candidate {
        newcomer,
        invited: counts_as_invited,
        address: peer.ip(),
        makes_recording: joiner.proof.makes_recording,
        control: joiner.cipher,
        keys: joiner.keys,
        outgoing: queue.clone(),
        cut: cut.clone(),
    };
    match shared.desk.admit(entrance, candidate).await {
        Ok((seat, place)) => {
            info!(%peer, ssrc = seat.ssrc, returned = returning.is_some(), "admitted");
            in_meeting(pipe, (seat, place), queue, outgoing, (shared.patience.alive, transcript)).await;
            Ok(())
        }
        Err(refused) => refuse(pipe, refused.code, peer, &refused.cause).await,
    }
}

/// A place at the door; where the owner is not there, of a message, if the visitor wants to leave one (wire/01 section 6.2). With the
/// request as it counts then.
async fn place(
    pipe: &mut Pipe,
    mut applicant: Applicant,
    joiner: &Joiner,
    shared: &Shared,
) -> Result<Result<(Entrance, ServiceRequest), Refused>, SessionError> {
    match shared.desk.place(&applicant).await {
        Err(refused) => return Ok(Err(refused)),
        Ok(Welcome::In(entrance)) => return Ok(Ok((entrance, applicant.request))),
        Ok(Welcome::OfferMessage) => {}
    }
    let owner = shown(&applicant.request.owner.name);
    pipe.write(&BeforeAdmission::Wait { kind: WaitKind::LeaveMessageAbsent, owner }.encode()).await?;
    let answered = pipe.read(shared.patience.password, "whether a message is left", MessageAnswer::decode);
    let answered = timeout_at(joiner.deadline, answered).await;
    match answered.map_err(|_| SessionError::TooSlow(shared.patience.admission))?? {
        MessageAnswer::No => {
            return Ok(Err(Refused::new(Refusal::UserNotContinue, "the visitor leaves no message")));
        }
        MessageAnswer::Leave => applicant.request.command.kind = CommandKind::LeaveMessage,
    }
    Ok(match shared.desk.place(&applicant).await {
        Ok(Welcome::In(entrance)) => Ok((entrance, applicant.request)),
        Ok(Welcome::OfferMessage) => Err(Refused::new(Refusal::Internal, "a message is offered twice")),
        Err(refused) => Err(refused),
    })
}

/// Waits until somebody inside has decided about a guest, if that is needed (wire/01 section 6.2). The room sees to it that this ends.
async fn at_the_door(
    pipe: &mut Pipe,
    entrance: &Entrance,
    visitor: Visitor,
    owner: &str,
) -> Result<KnockEnd, SessionError> {
    let (token, end) = match entrance.knock(visitor).await {
        Ok(Answer::Now(end)) => return Ok(end),
        Ok(Answer::Later(token, end)) => (token, end),
        Err(_) => return Ok(KnockEnd::Over),
    };
    pipe.write(&BeforeAdmission::Wait { kind: WaitKind::Permission, owner: shown(owner) }.encode()).await?;
    tokio::select! {
        end = end => Ok(end.unwrap_or(KnockEnd::Over)),
        // The guest says nothing while waiting; one who closes is not waiting any more.
        () = pipe.incoming.drain(KNOCK_PATIENCE * 2) => {
            entrance.stop_knocking(token).await;
            Err(PipeError::Closed.into())
        }
    }
}

/// Removes a recording for its owner; the answer is the mode "deleted" or "not deleted" (wire/01 section 6.3).
pub(super) async fn remove(
    mut pipe: Pipe,
    opened: Opened,
    joiner: Joiner,
    shared: &Shared,
) -> Result<(), SessionError> {
    let (Opened { request, age }, peer) = (opened, joiner.peer);
    if let Err(refused) = prove(&mut pipe, &request, age, (peer, joiner.deadline), shared).await? {
        return refuse(pipe, refused.code, peer, &refused.cause).await;
    }
    if let Err(refused) = shared.desk.may_remove(&request).await {
        return refuse(pipe, refused.code, peer, &refused.cause).await;
    }
    let (root, asked, now) = (shared.recording_root.clone(), request.clone(), shared.clock.now());
    let done = shared.threads.spawn_blocking(move || {
        let jnr = library::recording_of(&root, &asked).map_err(|failure| not_found(&failure))?;
        Ok::<Result<(), RemoveError>, Refused>(library::remove(&jnr, now))
    });
    let internal = |failure: tokio::task::JoinError| Refused::new(Refusal::Internal, failure.to_string());
    match done.await.map_err(internal).and_then(|found| found) {
        Err(refused) => return refuse(pipe, refused.code, peer, &refused.cause).await,
        Ok(Ok(())) => {
            info!(%peer, owner = request.owner.id, meeting = request.meeting_id, "a recording was deleted");
            shared.desk.removed(&request);
            say_and_close(pipe, DELETED, peer).await
        }
        Ok(Err(failure)) => {
            warn!(%peer, "not deleted: {failure}");
            say_and_close(pipe, NOT_DELETED, peer).await
        }
    }
}

/// The client closes by itself; closing first would make it come back.
async fn say_and_close(mut pipe: Pipe, mode: u8, peer: SocketAddr) -> Result<(), SessionError> {
    pipe.write(&BeforeAdmission::Mode(mode).encode()).await?;
    pipe.incoming.drain(LINGER).await;
    tracing::debug!(%peer, mode, "answered");
    pipe.close().await;
    Ok(())
}

fn newcomer(request: &ServiceRequest, version: (i32, i32), join_flags: u8) -> Result<Newcomer, SessionError> {
    let (owner, user_id, name) = match &request.guest {
        None => (true, request.owner.id.clone(), request.owner.name.clone()),
        Some(guest) => (false, guest.id.clone().unwrap_or_default(), guest.name.clone()),
    };
    let event = request.command.is_event();
    Ok(Newcomer {
        owner,
        user_id,
        name,
        version,
        capability: join_flags & (flags::AUDIO | flags::VIDEO),
        reconnect_name: reconnect_name()?,
        ticket_holder: event && request.guest.as_ref().is_some_and(|guest| guest.ticket),
        prepares: owner && request.command.prepares(),
        terms: (owner && event).then(|| opening::terms(request)),
        ..Newcomer::default()
    })
}

/// Twelve letters: the known client keeps only a name of exactly 12 bytes (wire/01 section 7.4).
fn reconnect_name() -> Result<[u8; 12], getrandom::Error> {
    let bytes: [u8; 12] = random()?;
    Ok(bytes.map(|b| b'A' + b % 26))
}

fn shown(owner: &str) -> String {
    cut_utf8(owner, MAX_WAITED_FOR).to_owned()
}

/// The longest name in "waiting for NAME", in bytes (wire/01 section 6.2).
const MAX_WAITED_FOR: usize = 127;

/// EXT(26): the recording is gone; it is still there.
const DELETED: u8 = 3;
const NOT_DELETED: u8 = 4;
