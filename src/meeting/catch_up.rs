//! From what a view knows to the shortest messages that rebuild it.
//!
//! In: a [`View`]. Out: messages in the order that the known client needs (wire/02 section 3): users, then roles, then the token,
//! then speakers and those who ask, then what everybody follows, then the end of initialisation, then chat.

use super::view::{Audience, Channels, ChatLine, NOBODY, Person, RecordingState, Slide, View};
use crate::wire::ToClient;
use crate::wire::board::BoardToClient;
use crate::wire::chat::{ChatToClient, MAX_CHAT};
use crate::wire::control::{Suppress, Suppressed};
use crate::wire::facts::Fact;
use crate::wire::fields::cut_utf8;
use crate::wire::floor::{FloorToClient, QUESTION_TEXT};
use crate::wire::follow::Follow;
use crate::wire::users::{MAX_NAME, UserRecord, UserToClient};

/// Everybody of whom the receiver is told, then the floor, then what everybody follows: what both a late joiner and a checkpoint need.
pub fn people_and_floor(view: &View, owns_token: bool, told_of: impl Fn(&Person) -> bool) -> Vec<ToClient> {
    let present = || view.people.values().filter(|p| p.present && told_of(p));
    let mut messages: Vec<ToClient> =
        present().map(|person| add(person)).chain(present().flat_map(|person| states(person))).collect();
    // In the order of their indices, deleted ones too, and before the token: a holder who hears of none flips to the first (wire/02 section 3).
    messages.extend(view.slides.iter().map(|slide| ToClient::Board(BoardToClient::Slide(Slide::clone(slide)))));
    messages.push(ToClient::Floor(FloorToClient::Controller(view.controller)));
    messages.push(ToClient::Floor(FloorToClient::ControlFlags(view.control_flags)));
    messages.push(ToClient::Floor(FloorToClient::Assistant(view.assistant)));
    if owns_token {
        messages.push(ToClient::Floor(FloorToClient::TokenOwner));
    }
    messages.push(ToClient::Floor(FloorToClient::Token(view.token_holder)));
    if view.data_sender != view.token_holder && view.data_sender != NOBODY {
        messages.push(ToClient::Floor(FloorToClient::DataSender(view.data_sender)));
    }
    for (channel, ssrc) in &view.speakers {
        let speaker = FloorToClient::Speaker { ssrc: *ssrc, channel: *channel, assigned: true };
        messages.push(ToClient::Floor(speaker));
    }
    // After the token, which clears them.
    for ssrc in &view.questions {
        messages.push(ToClient::Floor(FloorToClient::Asked { ssrc: *ssrc, text: QUESTION_TEXT.into() }));
    }
    messages.extend(followed(view));
    messages
}

/// The page, the tab and full screen (wire/02 section 3, item 7).
pub fn followed(view: &View) -> Vec<ToClient> {
    let page = view.page.clone().map(Follow::Page);
    let tab = view.tab.map(|tab| Follow::Tab(tab.number()));
    let full = view.full_screen.map(Follow::FullScreen);
    page.into_iter().chain(tab).chain(full).map(ToClient::Follow).collect()
}

/// The facts that a view remembers, also from a recording.
pub fn facts(view: &View) -> Vec<ToClient> {
    let mut facts = vec![Fact::MeetingId(view.meeting_id.clone()), Fact::Title(view.title.clone())];
    if view.duration_s > 0 {
        facts.push(Fact::Duration(view.duration_s));
    }
    facts.push(Fact::Recording(match view.recording {
        RecordingState::Off => 0,
        RecordingState::On => 1,
        RecordingState::Paused => 2,
    }));
    let (recording, policy) = (view.recording_facts, view.policy);
    facts.extend(recording.archived.then_some(Fact::Archived));
    facts.extend(recording.not_requested.then_some(Fact::NoRecording));
    facts.extend(policy.all_questioner.then_some(Fact::AllQuestioner));
    facts.extend(policy.holder_accepts_guests.then_some(Fact::HolderAcceptsGuests(1)));
    facts.extend(policy.holder_ends_meeting.then_some(Fact::HolderEndsMeeting(1)));
    facts.extend(policy.holder_video.then_some(Fact::HolderVideo));
    facts.extend((policy.restriction != 0).then_some(Fact::Restriction(policy.restriction)));
    facts.extend((policy.total_bandwidth != 0).then_some(Fact::TotalBandwidth(policy.total_bandwidth)));
    let channels = view.channels.map(|Channels { video, audio }| FloorToClient::Channels { video, audio });
    let discussion = view.discussion.then_some(FloorToClient::Discussion(1));
    let all = [(Suppressed::Audio, view.audio_suppressed), (Suppressed::Video, view.video_suppressed)];
    let quiet = all.into_iter().filter(|(_, on)| *on).map(|(what, _)| Suppress { what, ssrc: NOBODY, on: 1 });
    let mut messages: Vec<ToClient> = facts.into_iter().map(ToClient::Fact).collect();
    messages.extend(channels.into_iter().chain(discussion).map(ToClient::Floor));
    messages.extend(quiet.map(|suppress| ToClient::Fact(Fact::Suppress(suppress))));
    messages.extend(view.preparing.then_some(ToClient::Fact(Fact::Preparing(1))));
    messages
}

/// Facts that only those hear who are there: in a playback they would ask for passwords, or warn of an end that is long past.
pub fn facts_of_the_session(view: &View) -> Vec<ToClient> {
    let password = view.recording_facts;
    let mut facts = vec![
        Fact::RecordingPassword { can_set: i32::from(password.password_can_be_set), extended_services: 0 },
        Fact::RecordingPasswordState(100 + i32::from(password.password_set)),
    ];
    facts.extend(view.ending_soon.then_some(Fact::TerminationWarning));
    facts.extend(view.shutting_down.then_some(Fact::ServerShutdown));
    facts.into_iter().map(ToClient::Fact).collect()
}

/// The shortest messages that rebuild what a recording holds of a meeting so far: no ticket holders, and nothing that was said while it
/// was paused.
pub fn checkpoint(view: &View) -> Vec<ToClient> {
    let mut messages = facts(view);
    messages.extend(people_and_floor(view, false, |person| !person.hidden));
    messages.extend(view.chat.iter().filter(|line| !line.off_record).filter_map(|line| line_again(line)));
    messages
}

/// The newest `most` public lines, oldest first.
pub fn chat_history(view: &View, most: usize) -> Vec<ToClient> {
    let mut lines: Vec<ToClient> = view.chat.iter().rev().filter_map(|line| line_again(line)).take(most).collect();
    lines.reverse();
    lines
}

/// USER_UPDATE that announces a person.
pub fn add(person: &Person) -> ToClient {
    ToClient::User(UserToClient::Add(UserRecord {
        capability: u8::from(person.audio) | (u8::from(person.video) << 1),
        ssrc: person.ssrc,
        user_id: person.user_id.clone(),
        name: person.name.clone(),
        version: Some(person.version),
    }))
}

/// A name as clients are told it: `>` would end it too early in a line of chat (wire/02 section 6), a line break would end the line.
/// At most 127 bytes.
pub fn shown_name(name: &str) -> String {
    let told = |c: char| match c {
        '>' => '\u{ff1e}',
        c if c.is_control() => ' ',
        c => c,
    };
    let name: String = name.chars().map(told).collect();
    cut_utf8(&name, usize::try_from(MAX_NAME).unwrap_or_default()).to_owned()
}

/// A line of chat as it goes to clients: the name and `>` in front, cut to what the known client takes.
pub fn line_text(name: &str, text: &str) -> String {
    let line = format!("{name}>{text}");
    cut_utf8(&line, usize::try_from(MAX_CHAT).unwrap_or_default()).to_owned()
}

/// A public line or a notice as it was sent.
pub(super) fn line_again(line: &ChatLine) -> Option<ToClient> {
    let text = match line.audience {
        Audience::Public => line_text(&line.name, &line.text),
        Audience::Notice => line.text.clone(),
        Audience::Private { .. } => return None,
    };
    Some(ToClient::Chat(ChatToClient::Line { text, from: line.from, tick: line.tick, date: line.date, top: line.top }))
}

/// What a person said of itself since it came, and what is suppressed; an add resets it, so this follows (wire/02 section 3, item 2).
pub(super) fn states(person: &Person) -> impl Iterator<Item = ToClient> + use<> {
    let ssrc = person.ssrc;
    let video = (person.video_status != 0).then_some(UserToClient::VideoStatus(ssrc, person.video_status));
    let page = (person.code_page != 0).then_some(UserToClient::CodePage(ssrc, person.code_page));
    let suppressed = [(Suppressed::Audio, person.audio_suppressed), (Suppressed::Video, person.video_suppressed)];
    let suppressed = suppressed.into_iter().filter(|(_, on)| *on);
    let suppressed = suppressed.map(move |(what, _)| ToClient::Fact(Fact::Suppress(Suppress { what, ssrc, on: 1 })));
    video.into_iter().chain(page).map(ToClient::User).chain(suppressed)
}
