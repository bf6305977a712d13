//! From what engines know to what fronts show.
//!
//! In: values of the MCU, the library, a client. Out: rows and phases of the snapshot.

use std::time::Duration;

use super::snapshot::{MeetingRow, PromptRow, RecordingKind, RecordingRow, SessionPhase, WirePlayback};
use crate::client::{Phase, Prompt, Viewing};
use crate::library::{Entry, Kind};
use crate::mcu::RunningMeeting;

pub(super) fn meeting(meeting: &RunningMeeting) -> MeetingRow {
    MeetingRow {
        session_index: meeting.session_index,
        meeting_id: meeting.meeting_id.clone(),
        title: meeting.title.clone(),
        owner_id: meeting.owner_id.clone(),
        owner_name: meeting.owner_name.clone(),
        owner_present: meeting.people.iter().any(|person| person.ssrc == 0),
        people: meeting.people.iter().map(|person| person.name.clone()).collect(),
        group: meeting.group.clone(),
        duration_min: u32::from(meeting.event_min),
        elapsed: meeting.elapsed,
        recording: meeting.recorded,
        simulated: 0,
    }
}

pub(super) fn prompt(prompt: &Prompt, now: Duration) -> PromptRow {
    PromptRow { question: prompt.question.clone(), left: prompt.until.saturating_sub(now) }
}

pub(super) fn recording(entry: &Entry) -> RecordingRow {
    RecordingRow {
        path: entry.path.clone(),
        title: entry.title.clone(),
        meeting_id: entry.meeting_id.clone(),
        owner_id: entry.owner_id.clone(),
        owner_name: entry.owner_name.clone(),
        group: entry.group.clone(),
        started: entry.started_unix_ms.unwrap_or_default(),
        duration: Duration::from_secs(entry.duration_s.unwrap_or_default()),
        people: entry.people.iter().map(|person| person.name.clone()).collect(),
        how: entry.how,
        size: entry.size,
        kind: match &entry.kind {
            Kind::Playable => RecordingKind::Playable,
            Kind::Live => RecordingKind::Live,
            Kind::Recoverable => RecordingKind::Recoverable,
            Kind::HomeMeeting => RecordingKind::HomeMeeting,
            Kind::NotRecorded => RecordingKind::NotRecorded,
            Kind::Damaged(_) => RecordingKind::Damaged,
        },
    }
}

pub(super) fn viewing(viewing: &Viewing, now: Duration) -> WirePlayback {
    WirePlayback {
        start_ms: viewing.start_ms,
        end_ms: viewing.end_ms,
        position_ms: viewing.position_ms(now),
        playing: viewing.playing,
        speed: viewing.speed,
        repeat: viewing.repeat,
        at_end: viewing.at_end,
        can_change_speed: viewing.can_change_speed,
        recorded_at: viewing.recorded_at,
    }
}

pub(super) fn phase(phase: &Phase, now: Duration) -> SessionPhase {
    match phase {
        Phase::Dialling(address) => SessionPhase::Dialling { address: address.clone() },
        Phase::Joining => SessionPhase::Joining,
        Phase::PasswordWanted(again) => SessionPhase::PasswordWanted { again: *again },
        Phase::Waiting(name) => SessionPhase::Waiting { name: name.clone() },
        Phase::Reconnecting { why, attempt, now: being_made } => SessionPhase::Reconnecting {
            why: why.clone(),
            attempt: attempt.number,
            next_in: (!being_made).then(|| attempt.at.saturating_sub(now)),
            gives_up_in: attempt.gives_up_at.saturating_sub(now),
        },
        Phase::InMeeting => SessionPhase::InMeeting,
        Phase::Ended(ending) => SessionPhase::Ended(ending.clone()),
    }
}
