//! What a participant can do in a meeting, and the messages that say it, in the order in which the known client sends them.
//!
//! In: a [`Move`] and the participant's [`View`]. Out: whether it may be made, and its messages. Knows no connection: whoever holds
//! one sends them, and tells the view with [`View::said`].

use super::view::{ControlFlags, Deed, FullScreen, NOBODY, PollKind, Ssrc, Tab, View};
use crate::wire::ToServer;
use crate::wire::admission::OwnerResponse;
use crate::wire::chat::{ChatToServer, MAX_CHAT};
use crate::wire::control::{ControlToServer, MAX_PASSWORD, Suppress, Suppressed};
use crate::wire::facts::Secret;
use crate::wire::fields::cut_utf8;
use crate::wire::floor::FloorToServer;
use crate::wire::follow::{Follow, Page};
use crate::wire::poll::PollToServer;
use crate::wire::users::UserToServer;

/// Something that a participant does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Write to everybody; cut to 2,047 bytes.
    Say(String),
    /// Write to one.
    Whisper(Ssrc, String),
    /// Ask to become questioner ("raise the hand").
    Ask,
    /// Ask no longer.
    Withdraw,
    /// Make somebody a questioner: the data sender, or a speaker if there is one already (wire/02 section 5.3).
    Allow(Ssrc),
    /// Make somebody a speaker, beside the data sender.
    AddSpeaker(Ssrc),
    /// Turn somebody's request down.
    Skip(Ssrc),
    /// A questioner stops being one; oneself, or anybody if one decides on questions.
    EndQuestion(Ssrc),
    /// Hand the token to somebody; to oneself: take it. Questioners stay what they are, and so does who gives it.
    PassToken(Ssrc),
    /// Make somebody the controller, who may decide this in the holder's place.
    SetController(Ssrc, ControlFlags),
    /// There is to be no controller.
    NoController,
    /// Make somebody the assistant; [`NOBODY`] for none.
    SetAssistant(Ssrc),
    /// Send somebody out, who may come back with a fresh jnj.
    SendOut(Ssrc),
    /// Send somebody out for good.
    Ban(Ssrc),
    /// End the meeting for everybody.
    EndMeeting,
    /// Ask everybody else for an answer of 1 to 5.
    StartPoll,
    /// Answer the poll that runs, 1..=5.
    AnswerPoll(i32),
    /// Pause the recording.
    PauseRecording,
    /// Go on recording.
    ResumeRecording,
    /// Set the recording's password; an empty one removes it.
    SetRecordingPassword(RecordingPassword),
    /// Change the title.
    SetTitle(String),
    /// Nobody is to hear somebody, or is again; [`NOBODY`] for everybody.
    SuppressAudio(Ssrc, bool),
    /// Nobody is to see somebody, or is again; [`NOBODY`] for everybody.
    SuppressVideo(Ssrc, bool),
    /// Let a visitor in, or turn the visitor away; by the mark of the request.
    AnswerKnock(Vec<u8>, bool),
    /// Show everybody this tab.
    ShowTab(Tab),
    /// Open a page for everybody.
    Browse(String),
    /// Full screen for everybody, or no longer.
    FullScreen(FullScreen),
    /// Everybody is to show the own slide now.
    ForceSync,
}

impl Move {
    /// What the table of deeds says about it. A question of two deeds is the one that it would be now.
    pub fn deed(&self, view: &View) -> Deed {
        match self {
            Move::Say(_) => Deed::Say,
            Move::Whisper(to, _) => Deed::Whisper(*to),
            Move::Ask => Deed::Ask,
            Move::Withdraw => Deed::Withdraw,
            Move::Allow(ssrc) if has_questioner(view) => Deed::MakeSpeaker(*ssrc),
            Move::Allow(ssrc) => Deed::MakeQuestioner(*ssrc),
            Move::AddSpeaker(ssrc) => Deed::MakeSpeaker(*ssrc),
            Move::Skip(ssrc) => Deed::Skip(*ssrc),
            Move::EndQuestion(ssrc) if *ssrc == view.data_sender => Deed::EndQuestion,
            Move::EndQuestion(ssrc) => Deed::StopSpeaker(*ssrc),
            Move::PassToken(ssrc) => Deed::PassToken(*ssrc),
            Move::SetController(ssrc, _) => Deed::SetController(*ssrc),
            Move::NoController => Deed::SetController(NOBODY),
            Move::SetAssistant(ssrc) => Deed::SetAssistant(*ssrc),
            Move::SendOut(ssrc) => Deed::SendOut(*ssrc),
            Move::Ban(ssrc) => Deed::Ban(*ssrc),
            Move::EndMeeting => Deed::EndMeeting,
            Move::StartPoll => Deed::StartPoll,
            Move::AnswerPoll(_) => Deed::AnswerPoll,
            Move::PauseRecording => Deed::PauseRecording,
            Move::ResumeRecording => Deed::ResumeRecording,
            Move::SetRecordingPassword(_) => Deed::SetRecordingPassword,
            Move::SetTitle(_) => Deed::SetTitle,
            Move::SuppressAudio(ssrc, _) | Move::SuppressVideo(ssrc, _) => Deed::Suppress(*ssrc),
            Move::AnswerKnock(..) => Deed::AnswerKnock,
            Move::ShowTab(_) | Move::Browse(_) => Deed::ShowTab,
            Move::FullScreen(_) => Deed::FullScreen,
            Move::ForceSync => Deed::ControlSlides,
        }
    }

    /// Whether this participant may make it now. A visitor whom one was asked about may be answered in any role.
    pub fn is_allowed(&self, view: &View) -> bool {
        match self {
            Move::AnswerKnock(id, _) => view.knocks.iter().any(|knock| knock.id == *id),
            other => view.may(other.deed(view)),
        }
    }

    /// The messages that say it; none for an empty line.
    pub fn messages(&self, view: &View) -> Vec<ToServer> {
        let floor = |messages: Vec<FloorToServer>| messages.into_iter().map(ToServer::Floor).collect();
        let control = |message| vec![ToServer::Control(message)];
        match self {
            Move::Say(text) => {
                fitting(text).map(|text| ToServer::Chat(ChatToServer::Say { text: text.into() })).into_iter().collect()
            }
            // The known client itself puts the address in front (wire/02 section 6).
            Move::Whisper(to, text) => fitting(text)
                .and_then(|text| fitting(&format!("[To:{}]{text}", view.name_of(*to))))
                .map(|text| ToServer::Chat(ChatToServer::Whisper { to: *to, text: text.into() }))
                .into_iter()
                .collect(),
            Move::Ask => floor(vec![FloorToServer::Ask { ssrc: view.me, text: "Yes".into() }]),
            Move::Withdraw => floor(vec![FloorToServer::Withdraw(view.me)]),
            Move::AddSpeaker(ssrc) => floor(vec![FloorToServer::AssignSpeaker(*ssrc)]),
            Move::Allow(ssrc) if has_questioner(view) => floor(vec![FloorToServer::AssignSpeaker(*ssrc)]),
            Move::Allow(ssrc) => floor(vec![FloorToServer::DataSender(*ssrc)]),
            Move::Skip(ssrc) => floor(vec![FloorToServer::Skip(*ssrc)]),
            Move::EndQuestion(ssrc) => floor(end_question(view, *ssrc)),
            Move::PassToken(ssrc) => floor(pass_token(view, *ssrc)),
            Move::SetController(ssrc, flags) => {
                floor(vec![FloorToServer::Controller(*ssrc), FloorToServer::ControlFlags(*flags)])
            }
            Move::NoController => floor(no_controller()),
            Move::SetAssistant(ssrc) => floor(vec![FloorToServer::Assistant(*ssrc)]),
            Move::SendOut(ssrc) => vec![ToServer::User(UserToServer::Disconnect(*ssrc))],
            // The known client bans right after (wire/02 section 4.4).
            Move::Ban(ssrc) => [UserToServer::Disconnect(*ssrc), UserToServer::Ban(*ssrc)].map(ToServer::User).into(),
            Move::EndMeeting => vec![ToServer::EndMeeting],
            Move::StartPoll => vec![ToServer::Poll(PollToServer::Ask)],
            Move::AnswerPoll(answer) => {
                let kind = view.poll.as_ref().map_or(PollKind::Holder, |poll| poll.kind);
                vec![ToServer::Poll(PollToServer::Answer { kind, answer: *answer })]
            }
            Move::PauseRecording => control(ControlToServer::Recording(2)),
            Move::ResumeRecording => control(ControlToServer::Recording(1)),
            Move::SetRecordingPassword(password) => control(ControlToServer::RecordingPassword(password.0.clone())),
            Move::SetTitle(title) => control(ControlToServer::Title(cut_utf8(title, MAX_TITLE).to_owned())),
            Move::SuppressAudio(ssrc, on) => control(suppress(Suppressed::Audio, *ssrc, *on)),
            Move::SuppressVideo(ssrc, on) => control(suppress(Suppressed::Video, *ssrc, *on)),
            Move::AnswerKnock(id, accepted) => vec![ToServer::Answer(OwnerResponse::new(id.clone(), *accepted))],
            Move::ShowTab(tab) => vec![ToServer::Follow(Follow::Tab(tab.number()))],
            Move::Browse(url) => vec![ToServer::Follow(Follow::Page(Page::typed(url)))],
            Move::FullScreen(full) => vec![ToServer::Follow(Follow::FullScreen(*full))],
            Move::ForceSync => vec![ToServer::Follow(Follow::ForceSync)],
        }
    }
}

/// The password of a recording, as long as the wire can carry it (wire/02 section 9.1). Cutting it would lock its owner out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingPassword(Secret);

/// A password that the wire cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a recording's password has at most {MAX_PASSWORD} bytes of UTF-8, this one has {bytes}: choose a shorter one")]
pub struct PasswordTooLong {
    /// Its length in bytes.
    pub bytes: usize,
}

impl RecordingPassword {
    /// Takes at most 27 bytes of UTF-8; an empty text stands for no password.
    ///
    /// # Errors
    /// When it is longer.
    pub fn new(text: &str) -> Result<RecordingPassword, PasswordTooLong> {
        if i32::try_from(text.len()).is_ok_and(|bytes| bytes <= MAX_PASSWORD) {
            Ok(RecordingPassword(Secret(text.as_bytes().to_vec())))
        } else {
            Err(PasswordTooLong { bytes: text.len() })
        }
    }
}

/// Somebody beside the holder sends data.
fn has_questioner(view: &View) -> bool {
    view.data_sender != NOBODY && view.data_sender != view.token_holder
}

/// When the data sender stops, the first speaker moves up, if one may say so (wire/02 section 5.3).
fn end_question(view: &View, ssrc: Ssrc) -> Vec<FloorToServer> {
    if ssrc != view.data_sender {
        return vec![FloorToServer::StopSpeaker(ssrc)];
    }
    match view.speakers.values().next() {
        Some(next) if view.me == view.q_ssrc() => {
            vec![FloorToServer::StopSpeaker(*next), FloorToServer::DataSender(*next)]
        }
        _ => vec![FloorToServer::DataSender(NOBODY)],
    }
}

/// Who is to stay questioner: the old data sender, the speakers, and whoever gives the token (wire/02 section 5.2).
fn pass_token(view: &View, target: Ssrc) -> Vec<FloorToServer> {
    let mut messages = if target == view.controller && target != NOBODY { no_controller() } else { Vec::new() };
    let giver = (view.me == view.token_holder).then_some(view.me);
    let mut questioners = Vec::new();
    for ssrc in [view.data_sender].into_iter().chain(view.speakers.values().copied()).chain(giver) {
        let holder_only = ssrc == view.token_holder && giver != Some(ssrc);
        if ssrc != NOBODY && ssrc != target && !holder_only && !questioners.contains(&ssrc) {
            questioners.push(ssrc);
        }
    }
    messages.push(if questioners.is_empty() {
        FloorToServer::Token(target)
    } else {
        FloorToServer::GiveOutToken { target, questioners }
    });
    messages
}

fn no_controller() -> Vec<FloorToServer> {
    vec![FloorToServer::ControlFlags(ControlFlags::default()), FloorToServer::Controller(NOBODY)]
}

fn suppress(what: Suppressed, ssrc: Ssrc, on: bool) -> ControlToServer {
    ControlToServer::Suppress(Suppress { what, ssrc, on: i32::from(on) })
}

/// A line as it may go out: not empty, at most 2,047 bytes.
fn fitting(text: &str) -> Option<String> {
    let text = cut_utf8(text, usize::try_from(MAX_CHAT).unwrap_or_default());
    (!text.is_empty()).then(|| text.to_owned())
}

/// The longest title, in bytes (wire/02 section 9.4).
const MAX_TITLE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ToClient;
    use crate::wire::floor::FloorToClient;
    use crate::wire::users::{UserRecord, UserToClient};

    /// A meeting of four as its owner, who holds the token, sees it.
    fn meeting() -> View {
        let mut view = View::admitted(0);
        for ssrc in 0..4 {
            let user =
                UserRecord { capability: 0, ssrc, user_id: String::new(), name: format!("P{ssrc}"), version: None };
            view.apply(&ToClient::User(UserToClient::Add(user)));
        }
        floor(&mut view, FloorToClient::Channels { video: 6, audio: 4 });
        floor(&mut view, FloorToClient::Token(0));
        view
    }

    fn floor(view: &mut View, message: FloorToClient) {
        view.apply(&ToClient::Floor(message));
    }

    fn said(wanted: &Move, view: &View) -> Vec<Vec<u8>> {
        wanted.messages(view).iter().map(|message| message.encode().bytes).collect()
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    #[test]
    fn moves_are_said_as_in_the_examples_of_the_specification() {
        let view = meeting();
        let mut guest = View { me: 1, ..meeting() };
        assert_eq!(said(&Move::Ask, &guest), [hex("51 00000001 00000003 596573")]);
        assert_eq!(said(&Move::Allow(1), &view), [hex("44 00000001")]);
        assert_eq!(said(&Move::Skip(1), &view), [hex("4a 00000001")]);
        assert_eq!(said(&Move::PassToken(3), &view), [hex("7a 0000000f 00000003 00000001 00000000")]);
        guest.me = 0;
        floor(&mut guest, FloorToClient::Token(1));
        assert_eq!(said(&Move::PassToken(0), &guest), [hex("54 00000000")], "the holder is asked for nothing");
        let controller = Move::SetController(1, ControlFlags(84));
        assert_eq!(said(&controller, &view), [hex("7a 00000050 00000001"), hex("7a 00000051 00000054")]);
        assert_eq!(said(&Move::StartPoll, &view), [hex("7a 00000026 00000001")]);
        assert_eq!(said(&Move::AnswerPoll(4), &view), [hex("7a 00000026 00000002 00000004")]);
        assert_eq!(said(&Move::Ban(3), &view), [hex("4b 00000003"), hex("7a 00000012 00000003")]);
        assert_eq!(said(&Move::PauseRecording, &view), [hex("7a 00000020 00000002")]);
        let accepted = Move::AnswerKnock(b"req-17".to_vec(), true);
        assert_eq!(said(&accepted, &view), [hex("7a 00000008 00000006 7265712d3137 00000001")]);
        let page = Move::Browse("http://x/".into());
        assert_eq!(said(&page, &view), [hex("7a 00000014 00000001 00000009 687474703a2f2f782f")]);
    }

    #[test]
    fn the_second_questioner_becomes_a_speaker_and_moves_up_when_the_first_stops() {
        let mut view = meeting();
        floor(&mut view, FloorToClient::DataSender(1));
        assert_eq!(said(&Move::Allow(2), &view), [hex("7a 00000025 0000000a 00000002")]);
        floor(&mut view, FloorToClient::Speaker { ssrc: 2, channel: 0, assigned: true });
        let moved_up = [hex("7a 00000025 0000000b 00000002"), hex("44 00000002")];
        assert_eq!(said(&Move::EndQuestion(1), &view), moved_up);
        assert_eq!(said(&Move::EndQuestion(2), &view), [hex("7a 00000025 0000000b 00000002")]);
        let own = View { me: 1, ..view.clone() };
        assert_eq!(said(&Move::EndQuestion(1), &own), [hex("44 ffffffff")], "who asked decides about nobody else");
        let passed = [hex("7a 0000000f 00000003 00000003 00000001 00000002 00000000")];
        assert_eq!(said(&Move::PassToken(3), &view), passed);
        let taken = View { me: 3, ..view };
        assert_eq!(said(&Move::PassToken(3), &taken), [hex("7a 0000000f 00000003 00000002 00000001 00000002")]);
    }

    #[test]
    fn a_controller_who_gets_the_token_is_no_controller_any_more() {
        let mut view = meeting();
        floor(&mut view, FloorToClient::Controller(2));
        let messages = said(&Move::PassToken(2), &view);
        assert_eq!(messages[..2], [hex("7a 00000051 00000000"), hex("7a 00000050 ffffffff")]);
        assert_eq!(messages.len(), 3);
    }

    #[test]
    fn long_lines_are_cut_between_characters_and_empty_ones_are_not_sent() {
        let view = meeting();
        assert!(Move::Say(String::new()).messages(&view).is_empty());
        let [ToServer::Chat(ChatToServer::Whisper { text, .. })] =
            &Move::Whisper(1, "會".repeat(2_000)).messages(&view)[..]
        else {
            panic!("no line")
        };
        let text = text.to_string();
        assert!(text.starts_with("[To:P1]會") && (2_040..=2_047).contains(&text.len()));
    }

    #[test]
    fn a_recordings_password_that_the_wire_cannot_carry_is_refused_and_never_cut() {
        let view = meeting();
        let longest = RecordingPassword::new(&"x".repeat(27)).unwrap();
        let [ToServer::Control(ControlToServer::RecordingPassword(sent))] =
            &Move::SetRecordingPassword(longest).messages(&view)[..]
        else {
            panic!("no password")
        };
        assert_eq!(sent.0.len(), 27);
        // Ten characters of three bytes: bytes are what counts.
        let refused = RecordingPassword::new(&"會".repeat(10)).unwrap_err();
        assert_eq!(refused, PasswordTooLong { bytes: 30 });
        assert!(refused.to_string().contains("at most 27 bytes"), "{refused}");
        assert!(RecordingPassword::new("").is_ok(), "removes it");
    }

    #[test]
    fn a_visitor_is_answered_by_whoever_was_asked_whatever_the_role() {
        let mut view = View { me: 1, ..meeting() };
        let answer = Move::AnswerKnock(b"7".to_vec(), true);
        assert!(!answer.is_allowed(&view));
        view.apply(&ToClient::Knock(crate::wire::admission::ShadowJoinRequest { id: b"7".to_vec(), name: "V".into() }));
        assert!(answer.is_allowed(&view));
        assert!(!Move::PassToken(1).is_allowed(&view) && Move::Ask.is_allowed(&view));
    }
}
