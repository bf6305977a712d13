//! Stories of the meeting as a whole (wire/02 sections 5.6, 6 to 10): chat limits, polls, following, recording, time.

use super::*;
use crate::meeting::view::{Deed, FullScreen, Page, Policy, Tab};
use crate::wire::control::{ControlToServer, Suppress, Suppressed};
use crate::wire::follow::Follow;
use crate::wire::poll::{PollKind, PollToClient, PollToServer};

fn meeting() -> (Stage, Ssrc, Ssrc) {
    let mut stage = Stage::open(charter());
    stage.owner();
    let (gus, tess) = (stage.guest("Gus"), stage.guest("Tess"));
    stage.forget();
    (stage, gus, tess)
}

fn suppress(what: Suppressed, ssrc: Ssrc, on: bool) -> ToServer {
    ToServer::Control(ControlToServer::Suppress(Suppress { what, ssrc, on: i32::from(on) }))
}

fn answer(answer: i32) -> ToServer {
    ToServer::Poll(PollToServer::Answer { kind: PollKind::Holder, answer })
}

impl Stage {
    fn control(&mut self, from: Ssrc, message: ControlToServer) {
        self.receive(from, ToServer::Control(message));
    }
}

#[test]
fn a_flood_is_dropped_for_its_sender_alone_and_ends_with_time() {
    let (mut stage, gus, tess) = meeting();
    let at_once = usize::try_from(FLOOD.at_once).unwrap();
    for _ in 0..at_once + 50 {
        stage.say(gus, "spam");
    }
    assert_eq!(stage.views[&0].chat.len(), at_once);
    stage.say(tess, "I can still be heard");
    assert_eq!(stage.views[&0].chat.len(), at_once + 1);
    stage.forget();
    stage.receive(gus, ToServer::Alive(Alive::Probe));
    assert_eq!(stage.sent[&gus], [ToClient::Alive(Alive::Answer)], "a heartbeat is always answered");
    stage.now = stage.now.plus(Duration::from_secs(1));
    for _ in 0..at_once {
        stage.say(gus, "more");
    }
    assert_eq!(stage.views[&0].chat.len(), at_once + 1 + usize::try_from(FLOOD.a_second).unwrap());
}

#[test]
fn a_poll_goes_to_the_others_and_its_answers_to_the_one_who_asked() {
    let (mut stage, gus, tess) = meeting();
    stage.receive(gus, ToServer::Poll(PollToServer::Ask));
    stage.receive(gus, answer(3));
    assert!(stage.sent.values().all(Vec::is_empty), "a guest asks for nothing, and nothing was asked");
    stage.receive(0, ToServer::Poll(PollToServer::Ask));
    let asked = ToClient::Poll(PollToClient::Asked(PollKind::Holder));
    assert_eq!((stage.sent[&0].len(), &stage.sent[&gus][..]), (0, std::slice::from_ref(&asked)));
    assert!(stage.views[&gus].may(Deed::AnswerPoll) && !stage.views[&0].may(Deed::AnswerPoll));
    stage.receive(gus, answer(4));
    stage.receive(gus, answer(5));
    stage.receive(tess, answer(9));
    stage.receive(0, answer(1));
    let told = ToClient::Poll(PollToClient::Answered { kind: PollKind::Holder, ssrc: gus, answer: 4 });
    assert_eq!(stage.sent[&0], [told], "once a poll, and only 1 to 5");
    assert_eq!(stage.sent[&tess], [asked]);
    assert_eq!(stage.views[&0].poll.as_ref().unwrap().answers, BTreeMap::from([(gus, 4)]));
    assert_eq!(stage.views[&gus].poll.as_ref().unwrap().by, 0);
    assert!(!stage.views[&gus].may(Deed::AnswerPoll), "answered");
    assert_eq!(stage.recorded.poll, None);
    // The next poll starts afresh, also from a controller who may.
    stage.receive(0, ToServer::Floor(FloorToServer::Controller(tess)));
    stage.receive(tess, ToServer::Poll(PollToServer::Ask));
    stage.receive(0, ToServer::Floor(FloorToServer::ControlFlags(ControlFlags::POLL)));
    stage.receive(tess, ToServer::Poll(PollToServer::Ask));
    stage.receive(gus, answer(1));
    assert_eq!(stage.views[&tess].poll.as_ref().unwrap().answers, BTreeMap::from([(gus, 1)]));
}

#[test]
fn an_old_client_answers_in_its_own_way_and_is_reported_in_it() {
    let (mut stage, gus, _) = meeting();
    stage.receive(0, ToServer::Poll(PollToServer::Ask));
    stage.receive(gus, ToServer::Poll(PollToServer::Answer { kind: PollKind::Tutor, answer: 2 }));
    let told = ToClient::Poll(PollToClient::Answered { kind: PollKind::Tutor, ssrc: gus, answer: 2 });
    assert_eq!(stage.sent[&0], [told]);
}

#[test]
fn what_the_presenter_shows_goes_to_the_others_and_to_latecomers() {
    let (mut stage, gus, _) = meeting();
    let page = Page::typed("http://x/");
    let full = FullScreen { on: 1, view: 1 };
    let shown = [Follow::Page(page.clone()), Follow::Tab(1), Follow::FullScreen(full), Follow::ForceSync];
    for message in &shown {
        stage.receive(gus, ToServer::Follow(message.clone()));
    }
    // Numbers that mean nothing.
    stage.receive(0, ToServer::Follow(Follow::Tab(5)));
    stage.receive(0, ToServer::Follow(Follow::FullScreen(FullScreen { on: 1, view: 4 })));
    stage.receive(0, ToServer::Follow(Follow::Page(Page { kind: 0, ..page.clone() })));
    assert!(stage.sent.values().all(Vec::is_empty), "{:?}", stage.sent);
    for message in &shown {
        stage.receive(0, ToServer::Follow(message.clone()));
    }
    assert_eq!(stage.sent[&gus], shown.clone().map(ToClient::Follow));
    assert_eq!(stage.sent[&0], [], "who shows it knows");
    let late = stage.guest("Late");
    for view in [&stage.views[&0], &stage.views[&late], &stage.recorded] {
        assert_eq!((&view.page, view.tab, view.full_screen), (&Some(page.clone()), Some(Tab::Browser), Some(full)));
    }
    let place = |wanted: &ToClient| stage.sent[&late].iter().position(|m| m == wanted).unwrap();
    let end = place(&ToClient::Fact(Fact::Initialised(0)));
    assert!(place(&ToClient::Follow(shown[0].clone())) < end && place(&ToClient::Follow(shown[1].clone())) < end);
}

#[test]
fn a_default_page_is_there_from_the_first_moment() {
    let mut stage = Stage::open(Charter { default_page: Some("http://first/".into()), ..charter() });
    stage.owner();
    assert_eq!(stage.views[&0].page.as_ref().unwrap().url, "http://first/");
    assert_eq!((stage.views[&0].tab, stage.recorded.tab), (Some(Tab::Browser), Some(Tab::Browser)));
}

#[test]
fn the_owner_pauses_and_resumes_a_recording_unless_it_is_archived() {
    let (mut stage, gus, _) = meeting();
    stage.control(gus, ControlToServer::Recording(2));
    stage.control(0, ControlToServer::Recording(1));
    stage.control(0, ControlToServer::Recording(3));
    assert!(stage.sent.values().all(Vec::is_empty), "not by a guest, not what is so already, nothing else");
    stage.control(0, ControlToServer::Recording(2));
    for ssrc in [0, gus] {
        assert_eq!(stage.sent[&ssrc], [ToClient::Fact(Fact::Recording(2))]);
    }
    stage.say(gus, "between ourselves");
    assert_eq!((stage.views[&0].chat.len(), stage.recorded.chat.len()), (1, 0));
    let late = stage.guest("Late");
    assert_eq!(stage.views[&late].chat.len(), 1, "who comes later is told all the same");
    stage.control(0, ControlToServer::Recording(1));
    stage.say(gus, "for the record");
    assert_eq!(stage.recorded.chat.len(), 1);
    assert!(stage.recorded.is_present(late), "who came meanwhile is known");

    let mut stage = Stage::open(Charter { archived: true, ..charter() });
    stage.owner();
    assert!(stage.views[&0].recording_facts.archived && !stage.views[&0].may(Deed::PauseRecording));
    stage.control(0, ControlToServer::Recording(2));
    assert_eq!(stage.room.view().recording, RecordingState::On);
}

#[test]
fn a_recordings_password_goes_to_the_shell_and_never_into_the_recording() {
    let mut stage = Stage::open(Charter { password_can_be_set: true, ..charter() });
    stage.owner();
    let gus = stage.guest("Gus");
    assert!(stage.views[&0].may(Deed::SetRecordingPassword) && !stage.views[&gus].may(Deed::SetRecordingPassword));
    let set = |password: &[u8]| ControlToServer::RecordingPassword(Secret(password.to_vec()));
    stage.forget();
    stage.control(gus, set(b"mine"));
    stage.control(0, set(b"sesame"));
    assert_eq!(stage.passwords, [Some(Secret(b"sesame".to_vec()))]);
    assert_eq!(stage.sent[&gus], [ToClient::Fact(Fact::RecordingPasswordState(1))]);
    assert!(stage.room.view().recording_facts.password_set && !stage.recorded.recording_facts.password_set);
    let late = stage.guest("Late");
    assert!(stage.sent[&late].contains(&ToClient::Fact(Fact::RecordingPasswordState(101))));
    stage.control(0, set(b""));
    assert_eq!(stage.passwords[1], None);
    assert!(!stage.views[&late].recording_facts.password_set);

    let mut closed = Stage::open(charter());
    closed.owner();
    closed.control(0, set(b"sesame"));
    assert_eq!(closed.passwords, [], "not offered");
}

#[test]
fn only_the_owner_changes_the_title() {
    let (mut stage, gus, _) = meeting();
    stage.control(gus, ControlToServer::Title("mine".into()));
    stage.control(0, ControlToServer::Title("題目".into()));
    assert_eq!(stage.sent[&gus], [ToClient::Fact(Fact::Title("題目".into()))]);
    assert_eq!((stage.views[&0].title.as_str(), stage.recorded.title.as_str()), ("題目", "題目"));
}

#[test]
fn whoever_is_suppressed_stays_so_on_another_device() {
    let (mut stage, gus, tess) = meeting();
    stage.receive(gus, suppress(Suppressed::Audio, tess, true));
    assert!(stage.sent.values().all(Vec::is_empty), "a guest suppresses nobody");
    stage.receive(0, suppress(Suppressed::Audio, gus, true));
    stage.receive(0, suppress(Suppressed::Video, NOBODY, true));
    stage.receive(0, suppress(Suppressed::Video, 99, true));
    let view = stage.room.view();
    assert!(view.is_audio_suppressed(gus) && !view.is_audio_suppressed(tess) && view.is_video_suppressed(tess));
    stage.guest("Gus");
    let late = stage.guest("Late");
    for ssrc in [0, gus, late] {
        let view = &stage.views[&ssrc];
        assert!(view.people[&gus].audio_suppressed && view.video_suppressed, "{ssrc}");
    }
    stage.receive(0, ToServer::Floor(FloorToServer::DataSender(gus)));
    assert!(!stage.views[&gus].may(Deed::SendAudio) && !stage.views[&gus].may(Deed::SendVideo));
    stage.receive(0, suppress(Suppressed::Audio, gus, false));
    assert!(stage.views[&gus].may(Deed::SendAudio));
}

#[test]
fn holder_and_controller_end_the_meeting_only_where_they_may() {
    let policy = Policy { holder_ends_meeting: true, ..Policy::default() };
    let mut stage = Stage::open(Charter { policy, ..charter() });
    let gus = stage.guest("Gus");
    assert!(stage.views[&gus].may(Deed::EndMeeting));
    stage.receive(gus, ToServer::EndMeeting);
    assert_eq!(stage.ended, Some(How::OwnersRequest));

    let (mut stage, gus, _) = meeting();
    stage.receive(0, ToServer::Floor(FloorToServer::Controller(gus)));
    stage.receive(gus, ToServer::EndMeeting);
    assert_eq!(stage.ended, None);
    stage.receive(0, ToServer::Floor(FloorToServer::ControlFlags(ControlFlags::END_MEETING)));
    stage.receive(gus, ToServer::EndMeeting);
    assert_eq!(stage.ended, Some(How::OwnersRequest));
}

#[test]
fn an_event_that_goes_on_says_its_new_total_and_one_that_does_not_warns_before() {
    let event = |autoextension| Charter { duration: Some(Duration::from_secs(900)), autoextension, ..charter() };
    let mut stage = Stage::open(event(true));
    stage.owner();
    stage.forget();
    assert_eq!(stage.room.office_deadline(), Some(stage.now.office + 900_000));
    stage.wait(900);
    assert_eq!(stage.sent[&0], [ToClient::Fact(Fact::Duration(1500))]);
    stage.wait(1300);
    assert_eq!(stage.views[&0].duration_s, 2700, "several steps at once");
    assert_eq!(stage.recorded.duration_s, 2700);

    let mut stage = Stage::open(event(false));
    stage.owner();
    stage.forget();
    stage.wait(600);
    stage.wait(1);
    assert_eq!(stage.sent[&0], [ToClient::Fact(Fact::TerminationWarning)], "once");
    let late = stage.guest("Late");
    assert!(stage.views[&late].ending_soon && !stage.recorded.ending_soon);
    stage.wait(299);
    assert_eq!(stage.ended, Some(How::TimerOver));
}

#[test]
fn a_shutdown_is_announced_once() {
    let (mut stage, gus, _) = meeting();
    stage.room.warn_of_shutdown();
    stage.room.warn_of_shutdown();
    stage.drain();
    assert_eq!(stage.sent[&gus], [ToClient::Fact(Fact::ServerShutdown)]);
    assert!(stage.views[&gus].shutting_down);
}

#[test]
fn the_shared_bandwidth_is_divided_among_those_who_send() {
    let policy = Policy { total_bandwidth: 256_000, ..Policy::default() };
    let mut stage = Stage::open(Charter { policy, ..charter() });
    stage.owner();
    let guests: Vec<Ssrc> = (1..4).map(|n| stage.guest(&n.to_string())).collect();
    assert_eq!(stage.views[&0].bandwidth_share(1_000_000), 256_000);
    stage.receive(0, ToServer::Floor(FloorToServer::AssignSpeaker(guests[0])));
    stage.receive(0, ToServer::Floor(FloorToServer::AssignSpeaker(guests[1])));
    assert_eq!(stage.views[&0].bandwidth_share(1_000_000), 85_333);
    assert_eq!(stage.views[&0].bandwidth_share(50_000), 50_000);
    stage.receive(0, ToServer::Floor(FloorToServer::DataSender(guests[2])));
    assert_eq!(stage.views[&guests[2]].bandwidth_share(1_000_000), 64_000);
}

#[test]
fn side_paths_and_unknown_wishes_change_nothing() {
    use crate::wire::side::SideToServer;
    let (mut stage, gus, _) = meeting();
    let sip = SideToServer::SipAnswer { uri: "sip:a".into(), ssrc: 0, code: 3 };
    let media = SideToServer::WebRtcMedia { kind: 0, source: 0, on: 1 };
    for message in [sip, media, SideToServer::WebRtcStatus(4), SideToServer::PictureReceived(0)] {
        stage.receive(gus, ToServer::Side(message));
    }
    assert!(stage.sent.values().all(Vec::is_empty));
}
