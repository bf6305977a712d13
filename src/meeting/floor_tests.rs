//! Stories of the floor (wire/02 section 5): token, questions, speakers, controller, assistant, departures.

use super::*;
use crate::meeting::view::{Channels, Deed, Policy};

/// An owner and so many guests, the owner holding the token.
fn stage(guests: usize) -> Stage {
    let mut stage = Stage::open(charter());
    stage.owner();
    for n in 1..=guests {
        stage.guest(&format!("Guest {n}"));
    }
    stage.forget();
    stage
}

fn floor(message: FloorToClient) -> ToClient {
    ToClient::Floor(message)
}

fn asked(ssrc: Ssrc) -> ToClient {
    floor(FloorToClient::Asked { ssrc, text: "Yes".into() })
}

fn speaker(ssrc: Ssrc, channel: i32, assigned: bool) -> ToClient {
    floor(FloorToClient::Speaker { ssrc, channel, assigned })
}

impl Stage {
    fn floor(&mut self, from: Ssrc, message: FloorToServer) {
        self.receive(from, ToServer::Floor(message));
    }

    fn ask(&mut self, from: Ssrc) {
        self.floor(from, FloorToServer::Ask { ssrc: from, text: "Yes".into() });
    }

    fn controls(&mut self, ssrc: Ssrc, flags: ControlFlags) {
        self.floor(0, FloorToServer::Controller(ssrc));
        self.floor(0, FloorToServer::ControlFlags(flags));
        self.forget();
    }

    /// What each of them was told since the last look; all the same.
    fn all_heard(&mut self) -> Vec<ToClient> {
        let heard: Vec<Vec<ToClient>> = self.sent.values().cloned().collect();
        assert!(heard.iter().all(|one| *one == heard[0]), "{heard:?}");
        self.forget();
        heard[0].clone()
    }
}

#[test]
fn the_first_questioner_becomes_data_sender_and_the_next_a_speaker() {
    let mut stage = stage(3);
    stage.ask(1);
    stage.ask(2);
    assert_eq!(stage.all_heard(), [asked(1), asked(2)]);
    assert_eq!(stage.room.view().questions, [1, 2]);
    stage.floor(0, FloorToServer::DataSender(1));
    stage.floor(0, FloorToServer::AssignSpeaker(2));
    assert_eq!(stage.all_heard(), [floor(FloorToClient::DataSender(1)), speaker(2, 0, true)]);
    assert!(stage.room.view().questions.is_empty());
    // A talker asks for nothing.
    stage.ask(2);
    assert_eq!(stage.all_heard(), []);
    // The speaker moves up: its channel first.
    stage.floor(0, FloorToServer::DataSender(2));
    assert_eq!(stage.all_heard(), [speaker(2, 0, false), floor(FloorToClient::DataSender(2))]);
}

#[test]
fn only_who_decides_on_questions_may_allow_and_skip_them() {
    let mut stage = stage(3);
    stage.ask(1);
    stage.forget();
    for command in [FloorToServer::DataSender(2), FloorToServer::AssignSpeaker(1), FloorToServer::Skip(1)] {
        stage.floor(2, command);
    }
    // Nobody asks for somebody else, and nobody is made questioner who is not there.
    stage.floor(2, FloorToServer::Ask { ssrc: 3, text: String::new() });
    stage.floor(2, FloorToServer::Withdraw(1));
    stage.floor(0, FloorToServer::DataSender(77));
    stage.floor(0, FloorToServer::AssignSpeaker(0));
    assert_eq!(stage.all_heard(), []);
    stage.controls(2, ControlFlags::QUESTIONS);
    stage.floor(0, FloorToServer::DataSender(1));
    assert_eq!(stage.all_heard(), [], "the holder has given it away");
    stage.floor(2, FloorToServer::DataSender(1));
    assert_eq!(stage.all_heard(), [floor(FloorToClient::DataSender(1))]);
}

#[test]
fn the_data_sender_ends_its_own_question_and_a_speaker_stops_itself() {
    let mut stage = stage(3);
    stage.floor(0, FloorToServer::DataSender(1));
    stage.floor(0, FloorToServer::AssignSpeaker(2));
    stage.forget();
    stage.floor(2, FloorToServer::DataSender(-1));
    stage.floor(3, FloorToServer::StopSpeaker(2));
    assert_eq!(stage.all_heard(), []);
    stage.floor(1, FloorToServer::DataSender(-1));
    stage.floor(2, FloorToServer::StopSpeaker(2));
    assert_eq!(stage.all_heard(), [floor(FloorToClient::DataSender(0)), speaker(2, 0, false)]);
}

#[test]
fn speakers_get_the_lowest_free_channel_and_no_more_than_there_are() {
    let channels = Channels { video: 0, audio: 2 };
    let mut stage = Stage::open(Charter { channels, ..charter() });
    stage.owner();
    let guests: Vec<Ssrc> = (1..5).map(|n| stage.guest(&n.to_string())).collect();
    stage.forget();
    for guest in &guests {
        stage.floor(0, FloorToServer::AssignSpeaker(*guest));
    }
    assert_eq!(stage.all_heard(), [speaker(1, 0, true), speaker(2, 1, true)]);
    stage.floor(0, FloorToServer::StopSpeaker(1));
    stage.floor(0, FloorToServer::AssignSpeaker(3));
    assert_eq!(stage.all_heard(), [speaker(1, 0, false), speaker(3, 0, true)]);
    assert!(!stage.views[&0].may(Deed::MakeSpeaker(4)), "all channels are taken");
}

#[test]
fn whoever_is_skipped_is_told_and_so_are_the_others() {
    let mut stage = stage(2);
    stage.ask(1);
    stage.forget();
    stage.floor(0, FloorToServer::Skip(1));
    assert_eq!(stage.sent[&1], [floor(FloorToClient::Skipped)]);
    assert_eq!(stage.sent[&2], [floor(FloorToClient::Withdrawn(1))]);
    assert!(stage.views.values().all(|view| view.questions.is_empty()));
    stage.ask(1);
    stage.floor(1, FloorToServer::Withdraw(1));
    assert!(stage.room.view().questions.is_empty() && stage.recorded.questions.is_empty());
}

#[test]
fn the_token_clears_all_requests_and_whoever_gets_it_is_no_speaker_and_no_controller() {
    let mut stage = stage(3);
    stage.floor(0, FloorToServer::AssignSpeaker(1));
    stage.controls(1, ControlFlags::SLIDES);
    stage.ask(2);
    stage.forget();
    stage.token(0, 1);
    let told = [
        speaker(1, 0, false),
        floor(FloorToClient::Controller(NOBODY)),
        floor(FloorToClient::ControlFlags(ControlFlags::default())),
        floor(FloorToClient::Token(1)),
    ];
    // When the questions came back to the holder, the holder heard of them again.
    stage.sent.values_mut().for_each(|heard| heard.retain(|message| *message != asked(2)));
    assert_eq!(stage.all_heard(), told);
    assert!(stage.room.view().questions.is_empty());
}

#[test]
fn a_token_with_questioners_is_handed_over_like_one_without() {
    let mut stage = stage(3);
    stage.floor(0, FloorToServer::AssignSpeaker(2));
    stage.forget();
    stage.floor(0, FloorToServer::GiveOutToken { target: 1, questioners: vec![2, 0] });
    assert_eq!(stage.all_heard(), [floor(FloorToClient::Token(1))]);
    assert_eq!(stage.room.view().speakers.get(&0), Some(&2), "speakers stay");
    // What the new holder's client then does by itself.
    stage.floor(1, FloorToServer::DataSender(0));
    assert_eq!(stage.all_heard(), [floor(FloorToClient::DataSender(0))]);
}

#[test]
fn owner_assistant_and_a_controller_with_the_flag_take_the_token_back() {
    let mut stage = stage(3);
    stage.token(0, 1);
    stage.token(2, 2);
    stage.token(0, 0);
    assert_eq!(stage.holder(), 0);
    stage.floor(0, FloorToServer::Assistant(2));
    stage.token(2, 2);
    assert_eq!(stage.holder(), 2);
    stage.token(0, 0);
    stage.controls(3, ControlFlags::QUESTIONS);
    stage.token(3, 3);
    assert_eq!(stage.holder(), 0, "not without its flag");
    stage.controls(3, ControlFlags::RETRIEVE_TOKEN);
    assert!(stage.views[&3].may(Deed::PassToken(3)) && !stage.views[&1].may(Deed::PassToken(1)));
    stage.token(3, 3);
    assert_eq!(stage.holder(), 3);
    assert_eq!(stage.room.view().controller, NOBODY);
}

#[test]
fn a_controller_is_never_the_holder_and_flags_need_one() {
    let mut stage = stage(2);
    stage.floor(0, FloorToServer::Controller(0));
    stage.floor(0, FloorToServer::ControlFlags(ControlFlags::SLIDES));
    stage.floor(1, FloorToServer::Controller(1));
    stage.floor(0, FloorToServer::Controller(55));
    assert_eq!(stage.all_heard(), []);
    stage.floor(0, FloorToServer::Controller(1));
    stage.floor(1, FloorToServer::ControlFlags(ControlFlags(84)));
    let told = [floor(FloorToClient::Controller(1)), floor(FloorToClient::ControlFlags(ControlFlags(84)))];
    assert_eq!(stage.all_heard(), told, "the controller itself may hand them on");
    let view = stage.room.view();
    assert_eq!((view.sync_ssrc(), view.q_ssrc(), view.tab_ssrc()), (1, 1, 1));
    assert_eq!((view.fullscreen_ssrc(), view.poll_ssrc()), (0, 0));
    stage.floor(1, FloorToServer::Controller(-1));
    let none = [floor(FloorToClient::Controller(NOBODY)), floor(FloorToClient::ControlFlags(ControlFlags::default()))];
    assert_eq!(stage.all_heard(), none, "no flags without a controller");
}

#[test]
fn questions_are_told_again_to_whoever_newly_decides_on_them() {
    let mut stage = stage(3);
    stage.ask(1);
    stage.ask(3);
    stage.floor(0, FloorToServer::Controller(2));
    stage.forget();
    stage.floor(0, FloorToServer::ControlFlags(ControlFlags::QUESTIONS));
    let flags = floor(FloorToClient::ControlFlags(ControlFlags::QUESTIONS));
    assert_eq!(stage.sent[&2], [flags, asked(1), asked(3)]);
    assert_eq!(stage.sent[&0].len(), 1);
    assert_eq!(stage.views[&2].questions, [1, 3], "told twice, known once");
    stage.forget();
    stage.leave(2);
    assert_eq!(&stage.sent[&0][3..], [asked(1), asked(3)]);
}

#[test]
fn the_assistant_is_named_by_owner_or_assistant_and_is_never_the_owner() {
    let mut stage = stage(2);
    for (from, whom) in [(1, 1), (0, 0), (0, 44)] {
        stage.floor(from, FloorToServer::Assistant(whom));
    }
    assert_eq!(stage.all_heard(), []);
    stage.floor(0, FloorToServer::Assistant(1));
    stage.floor(1, FloorToServer::Assistant(2));
    assert_eq!(stage.all_heard(), [1, 2].map(|ssrc| floor(FloorToClient::Assistant(ssrc))));
    // What an assistant may.
    stage.receive(2, ToServer::User(UserToServer::Disconnect(1)));
    assert_eq!(stage.parted, [1]);
    stage.receive(2, ToServer::EndMeeting);
    assert_eq!(stage.ended, Some(How::OwnersRequest));
}

#[test]
fn whoever_leaves_gives_up_every_role_in_the_order_that_clients_need() {
    let mut stage = stage(3);
    stage.floor(0, FloorToServer::DataSender(1));
    stage.controls(1, ControlFlags::SLIDES);
    stage.floor(0, FloorToServer::Assistant(1));
    stage.forget();
    stage.leave(1);
    let told = [
        ToClient::User(UserToClient::Delete { ssrc: 1, by_action: true }),
        floor(FloorToClient::DataSender(0)),
        floor(FloorToClient::Controller(NOBODY)),
        floor(FloorToClient::ControlFlags(ControlFlags::default())),
        floor(FloorToClient::Assistant(NOBODY)),
    ];
    assert_eq!(stage.sent[&0], told);
    // The holder too.
    stage.ask(2);
    stage.forget();
    stage.leave(0);
    let told = [ToClient::User(UserToClient::Delete { ssrc: 0, by_action: true }), floor(FloorToClient::Token(2))];
    assert_eq!(stage.sent[&3], told);
    assert!(stage.views[&3].questions.is_empty());
}

#[test]
fn the_next_holder_is_owner_assistant_controller_and_then_whoever_is_there_longest() {
    let order = |roles: &dyn Fn(&mut Stage)| {
        let mut stage = stage(4);
        roles(&mut stage);
        stage.token(0, 1);
        stage.leave(0);
        stage.leave(1);
        stage.holder()
    };
    assert_eq!(order(&|_| {}), 2);
    assert_eq!(order(&|stage| stage.controls(3, ControlFlags::SLIDES)), 3);
    let both = |stage: &mut Stage| {
        stage.controls(3, ControlFlags::SLIDES);
        stage.floor(0, FloorToServer::Assistant(4));
    };
    assert_eq!(order(&both), 4);
    let mut stage = stage(2);
    stage.token(0, 1);
    stage.leave(1);
    assert_eq!(stage.holder(), 0, "the owner first");
}

#[test]
fn in_an_all_questioner_meeting_everybody_is_a_talker_and_no_more_come_in() {
    let channels = Channels { video: 0, audio: 2 };
    let policy = Policy { all_questioner: true, ..Policy::default() };
    let mut stage = Stage::open(Charter { channels, policy, ..charter() });
    stage.owner();
    for n in 1..=3 {
        let guest = stage.guest(&n.to_string());
        assert!(stage.room.view().is_talker(guest));
        let told = stage.sent[&guest].iter().position(|m| matches!(m, ToClient::Fact(Fact::Initialised(_)))).unwrap();
        assert!(stage.sent[&guest].len() > told + 1, "made a questioner after it was told everything");
    }
    assert_eq!(stage.room.join(person(false, "x", "X"), stage.now), Err(JoinError::Crowded));
    stage.token(0, 3);
    stage.floor(1, FloorToServer::DataSender(-1));
    let view = stage.room.view();
    assert!((0..=3).all(|ssrc| view.is_talker(ssrc)), "{view:?}");
    stage.leave(3);
    assert!((0..=2).all(|ssrc| stage.room.view().is_talker(ssrc)));
}

#[test]
fn in_a_discussion_everybody_may_be_heard_and_only_talkers_may_draw() {
    let mut stage = stage(1);
    assert!(!stage.views[&1].may(Deed::SendAudio) && stage.views[&0].may(Deed::SendAudio));
    stage.room.set_discussion(true);
    stage.room.set_discussion(true);
    stage.drain();
    assert_eq!(stage.all_heard(), [floor(FloorToClient::Discussion(1))]);
    assert!(stage.views[&1].may(Deed::SendAudio) && !stage.views[&1].may(Deed::Mark));
    let late = stage.guest("Late");
    assert!(stage.views[&late].discussion);
}

#[test]
fn a_latecomer_hears_of_the_questions_after_the_token_which_would_clear_them() {
    let mut stage = stage(2);
    stage.ask(2);
    stage.ask(1);
    let late = stage.guest("Late");
    assert_eq!(stage.views[&late].questions, [2, 1]);
    // Of one who comes back, too.
    stage.guest("Guest 1");
    assert_eq!(stage.views[&1].questions, [2], "a new device has not asked");
}

#[test]
fn a_ticket_holder_is_made_known_before_becoming_a_talker_and_never_sends_video() {
    let mut stage = stage(1);
    let ticket = Newcomer { ticket_holder: true, ..person(false, "tic", "Tic") };
    let tic = stage.join(ticket);
    assert!(stage.views[&0].is_present(tic) && stage.views[&tic].is_present(1) && !stage.views[&1].is_present(tic));
    assert!(!stage.recorded.is_present(tic));
    stage.forget();
    stage.floor(0, FloorToServer::DataSender(tic));
    assert!(
        matches!(&stage.sent[&1][..], [ToClient::User(UserToClient::Add(add)), ToClient::Floor(_)] if add.ssrc == tic),
        "{:?}",
        stage.sent[&1]
    );
    assert!(stage.recorded.is_present(tic));
    assert!(!stage.room.view().allows(tic, Deed::SendVideo) && stage.room.view().allows(tic, Deed::SendAudio));
}

#[test]
fn a_private_line_introduces_a_ticket_holder_to_its_reader_alone() {
    let mut stage = stage(2);
    let tic = stage.join(Newcomer { ticket_holder: true, ..person(false, "tic", "Tic") });
    stage.whisper(tic, 1, "[To:Guest 1]psst");
    assert!(stage.views[&1].is_present(tic) && !stage.views[&2].is_present(tic));
    assert_eq!(stage.views[&1].chat[0].name, "Tic");
    stage.forget();
    stage.leave(tic);
    assert_eq!((stage.sent[&1].len(), stage.sent[&2].len()), (1, 0), "who never heard of it hears of no end");
}

#[test]
fn a_full_meeting_takes_the_owner_and_those_who_come_back() {
    let mut stage = Stage::open(Charter { max_people: 2, away_for: Duration::from_secs(5), ..charter() });
    let (gus, _) = (stage.guest("Gus"), stage.guest("Tess"));
    assert_eq!(stage.room.join(person(false, "ann", "Ann"), stage.now), Err(JoinError::Crowded));
    assert_eq!(stage.guest("Gus"), gus, "another device");
    stage.lose(gus);
    assert_eq!(stage.join(Newcomer { returning: Some(gus), ..person(false, "gus", "Gus") }), gus);
    assert_eq!(stage.owner(), OWNER);
}
