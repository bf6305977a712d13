//! What holds for every history of a meeting, whoever came when.

use proptest::prelude::*;

use super::*;
use crate::meeting::view::Slide;
use crate::wire::admission::OwnerResponse;
use crate::wire::control::{ControlToServer, Suppress, Suppressed};
use crate::wire::follow::{Follow, FullScreen};
use crate::wire::poll::{PollKind, PollToServer};
use crate::wire::users::UserToServer;

/// Something that happens; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Act {
    Join(u8),
    Leave(u8),
    Say(u8, String),
    Whisper(u8, u8),
    Token(u8, u8),
    Capability(u8, u8),
    Video(u8, i32),
    CodePage(u8, i32),
    /// A slide comes, or one goes.
    Slide(String),
    DeleteSlide(i32),
    /// The connection is lost; some come back.
    Lose(u8),
    /// A floor command about somebody, by somebody.
    Floor(u8, u8, u8),
    Flags(u8, i32),
    Follow(u8, u8, i32),
    Poll(u8, i32),
    Recording(u8, bool),
    Title(u8, String),
    Suppress(u8, u8, bool, bool),
    SendOut(u8, u8, bool),
    Knock(u8, bool),
    Wait(u16),
    Discussion(bool),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => any::<u8>().prop_map(Act::Join),
        1 => any::<u8>().prop_map(Act::Leave),
        3 => (any::<u8>(), "[a-z>會]{0,6}").prop_map(|(who, text)| Act::Say(who, text)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(who, to)| Act::Whisper(who, to)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(who, to)| Act::Token(who, to)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(who, bits)| Act::Capability(who, bits)),
        1 => (any::<u8>(), -1..4i32).prop_map(|(who, status)| Act::Video(who, status)),
        1 => (any::<u8>(), -1..4i32).prop_map(|(who, page)| Act::CodePage(who, page)),
        1 => "[a-z會]{0,6}".prop_map(Act::Slide),
        1 => (-1..6i32).prop_map(Act::DeleteSlide),
        1 => any::<u8>().prop_map(Act::Lose),
        9 => any::<(u8, u8, u8)>().prop_map(|(which, who, whom)| Act::Floor(which, who, whom)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(who, flags)| Act::Flags(who, i32::from(flags))),
        3 => (any::<u8>(), any::<u8>(), -1..6i32).prop_map(|(which, who, n)| Act::Follow(which, who, n)),
        2 => (any::<u8>(), 0..7i32).prop_map(|(who, answer)| Act::Poll(who, answer)),
        1 => any::<(u8, bool)>().prop_map(|(who, pause)| Act::Recording(who % 3, pause)),
        1 => (any::<u8>(), "[a-z會]{0,6}").prop_map(|(who, title)| Act::Title(who % 3, title)),
        2 => any::<(u8, u8, bool, bool)>().prop_map(|(who, whom, audio, on)| Act::Suppress(who, whom, audio, on)),
        1 => any::<(u8, u8, bool)>().prop_map(|(who, whom, ban)| Act::SendOut(who % 3, whom, ban)),
        1 => any::<(u8, bool)>().prop_map(|(who, accepted)| Act::Knock(who, accepted)),
        1 => (0..700u16).prop_map(Act::Wait),
        1 => any::<bool>().prop_map(Act::Discussion),
    ];
    prop::collection::vec(act, 1..60)
}

fn floor_command(which: u8, who: Ssrc, whom: Ssrc) -> FloorToServer {
    match which % 12 {
        0 => FloorToServer::DataSender(whom),
        1 => FloorToServer::DataSender(NOBODY),
        2 | 3 => FloorToServer::Ask { ssrc: who, text: "Yes".into() },
        4 => FloorToServer::Withdraw(who),
        5 => FloorToServer::Skip(whom),
        6 | 7 => FloorToServer::AssignSpeaker(whom),
        8 => FloorToServer::StopSpeaker(whom),
        9 => FloorToServer::Controller(whom),
        10 => FloorToServer::Controller(NOBODY),
        _ => FloorToServer::Assistant(if who == whom { NOBODY } else { whom }),
    }
}

impl Stage {
    /// Some are banned.
    fn try_join(&mut self, newcomer: Newcomer) {
        let _refused_perhaps = self.room.join(newcomer, self.now);
        self.drain();
    }

    fn act(&mut self, act: &Act) {
        let inside: Vec<Ssrc> = self.views.keys().copied().collect();
        let pick = |n: u8| inside.get(usize::from(n) % inside.len().max(1)).copied();
        match act {
            _ if self.ended.is_some() => {}
            Act::Join(0..64) => drop(self.owner()),
            // Some come with an id and come back, some are anonymous.
            Act::Join(n @ 64..192) => {
                let name = ["N0", "N>1", "N>"][usize::from(n % 3)];
                self.try_join(person(false, &format!("id{}", n % 4), name));
            }
            Act::Join(_) => self.try_join(person(false, "", "Guest")),
            Act::Leave(n) => pick(*n).into_iter().for_each(|who| self.leave(who)),
            Act::Say(n, text) => pick(*n).into_iter().for_each(|who| self.say(who, text)),
            Act::Whisper(n, to) => {
                if let (Some(who), Some(to)) = (pick(*n), pick(*to)) {
                    self.whisper(who, to, "[To:x]psst");
                }
            }
            Act::Token(n, to) => {
                if let (Some(who), Some(to)) = (pick(*n), pick(*to)) {
                    self.token(who, to);
                }
            }
            Act::Capability(n, bits) => pick(*n).into_iter().for_each(|who| {
                self.receive(who, ToServer::User(UserToServer::Capability(*bits)));
            }),
            Act::Video(n, status) => pick(*n).into_iter().for_each(|who| {
                self.receive(who, ToServer::User(UserToServer::VideoStatus(*status)));
            }),
            Act::Lose(n) => {
                if let Some(who) = pick(*n) {
                    self.lose(who);
                    if n % 2 == 0 {
                        let was = self.room.view().people[&who].clone();
                        let back = person(who == OWNER, &was.user_id, &was.name);
                        self.join(Newcomer { returning: Some(who), ..back });
                    }
                }
            }
            Act::Floor(which, n, whom) => {
                if let (Some(who), Some(whom)) = (pick(*n), pick(*whom)) {
                    self.receive(who, ToServer::Floor(floor_command(*which, who, whom)));
                }
            }
            Act::Flags(n, flags) => pick(*n).into_iter().for_each(|who| {
                self.receive(who, ToServer::Floor(FloorToServer::ControlFlags(ControlFlags(*flags))));
            }),
            Act::Follow(which, n, number) => pick(*n).into_iter().for_each(|who| {
                let message = match which % 4 {
                    0 => Follow::Tab(*number),
                    1 => Follow::Page(Page { kind: *number, url: format!("http://x/{number}") }),
                    2 => Follow::FullScreen(FullScreen { on: number % 2, view: *number }),
                    _ => Follow::ForceSync,
                };
                self.receive(who, ToServer::Follow(message));
            }),
            Act::Poll(n, answer) => pick(*n).into_iter().for_each(|who| {
                let message = match answer {
                    0 => PollToServer::Ask,
                    answer => PollToServer::Answer { kind: PollKind::Holder, answer: *answer },
                };
                self.receive(who, ToServer::Poll(message));
            }),
            Act::Recording(n, pause) => pick(*n).into_iter().for_each(|who| {
                self.receive(who, ToServer::Control(ControlToServer::Recording(1 + i32::from(*pause))));
            }),
            Act::Title(n, title) => pick(*n).into_iter().for_each(|who| {
                self.receive(who, ToServer::Control(ControlToServer::Title(title.clone())));
            }),
            Act::Suppress(n, whom, audio, on) => {
                if let (Some(who), Some(whom)) = (pick(*n), pick(*whom)) {
                    let what = if *audio { Suppressed::Audio } else { Suppressed::Video };
                    let ssrc = if whom == 3 { NOBODY } else { whom };
                    let suppress = Suppress { what, ssrc, on: i32::from(*on) };
                    self.receive(who, ToServer::Control(ControlToServer::Suppress(suppress)));
                }
            }
            Act::SendOut(n, whom, ban) => {
                if let (Some(who), Some(whom)) = (pick(*n), pick(*whom)) {
                    let message = if *ban { UserToServer::Ban(whom) } else { UserToServer::Disconnect(whom) };
                    self.receive(who, ToServer::User(message));
                }
            }
            Act::Knock(n, accepted) => {
                self.room.knock(Visitor { name: "Vic".into(), invited: false }, self.now);
                self.drain();
                let asked = pick(*n).filter(|who| !self.views[who].knocks.is_empty());
                if let Some(who) = asked {
                    let id = self.views[&who].knocks[0].id.clone();
                    self.receive(who, ToServer::Answer(OwnerResponse::new(id, *accepted)));
                }
            }
            Act::Wait(seconds) => self.wait(u64::from(*seconds)),
            Act::Discussion(on) => {
                self.room.set_discussion(*on);
                self.drain();
            }
            Act::Slide(name) => {
                self.room.add_slide(Slide { name: name.clone(), ..Slide::default() });
                self.drain();
            }
            Act::DeleteSlide(index) => {
                self.room.delete_slide(*index);
                self.drain();
            }
            Act::CodePage(n, page) => pick(*n).into_iter().for_each(|who| {
                self.receive(who, ToServer::User(UserToServer::CodePage(*page)));
            }),
        }
    }
}

/// The modes of a meeting: all-questioner or not, and a few policies.
fn charters() -> impl Strategy<Value = Charter> {
    let flags = any::<(bool, bool, bool, bool)>();
    (prop::option::of(1..60u64), flags, 0..4i32, prop::option::of(Just("http://first/".to_owned()))).prop_map(
        |(minutes, (all_questioner, holder_accepts_guests, holder_ends_meeting, discussion), audio, default_page)| {
            Charter {
                duration: minutes.map(|n| Duration::from_secs(60 * n)),
                channels: Channels { video: 2, audio },
                policy: crate::meeting::view::Policy {
                    all_questioner,
                    holder_accepts_guests,
                    holder_ends_meeting,
                    total_bandwidth: 256_000,
                    ..Default::default()
                },
                discussion,
                away_for: Duration::from_secs(5),
                default_page,
                ..charter()
            }
        },
    )
}

/// What a recording does not hold: who is still there but away it knows, passwords and warnings it must not.
fn recorded(view: &View) -> View {
    let mut view = shared(view);
    view.recording_facts.password_set = false;
    view.ending_soon = false;
    view.shutting_down = false;
    view
}

/// Chat that may be in a recording.
fn on_record(view: &View) -> Vec<ChatLine> {
    view.chat.iter().filter(|line| !line.off_record).map(|line| (**line).clone()).collect()
}

fn lines(view: &View) -> Vec<ChatLine> {
    public(view).into_iter().map(|line| ChatLine { off_record: false, ..line }).collect()
}

/// What the rules of the floor never let happen (wire/02 sections 5.1 to 5.5).
fn floor_is_sound(view: &View) {
    let gone = |ssrc: Ssrc| ssrc != NOBODY && !view.is_present(ssrc);
    for ssrc in [view.token_holder, view.data_sender, view.controller, view.assistant] {
        assert!(!gone(ssrc), "{ssrc} has left");
    }
    assert!(view.controller == NOBODY || view.controller != view.token_holder, "the holder is controller");
    assert!(view.controller != NOBODY || view.control_flags.is_empty(), "nobody is in charge");
    let channels = view.channels.unwrap().audio;
    let mut speakers: Vec<Ssrc> = view.speakers.values().copied().collect();
    assert!(view.speakers.keys().all(|channel| (0..channels).contains(channel)));
    speakers.sort_unstable();
    speakers.dedup();
    assert_eq!(speakers.len(), view.speakers.len(), "somebody speaks twice");
    for ssrc in speakers {
        assert!(!gone(ssrc) && ssrc != view.token_holder && ssrc != view.data_sender, "{ssrc} is no speaker");
    }
    assert!(view.questions.iter().all(|ssrc| view.is_present(*ssrc) && !view.is_talker(*ssrc)), "{:?}", view.questions);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn everybody_knows_the_same_whenever_they_came_and_so_does_the_recording(acts in acts(), charter in charters()) {
        let mut stage = Stage::open(charter);
        for act in &acts {
            stage.act(act);
            let truth = stage.room.view();
            if stage.ended.is_some() {
                break;
            }
            let inside: Vec<Ssrc> = present(truth).iter().map(|p| p.ssrc).collect();
            prop_assert!(stage.views.keys().all(|ssrc| inside.contains(ssrc)), "{:?} have a connection", stage.views.keys());
            if inside.is_empty() {
                prop_assert_eq!(truth.token_holder, NOBODY);
            } else {
                prop_assert!(inside.contains(&truth.token_holder), "{} holds the token", truth.token_holder);
            }
            floor_is_sound(truth);
            for (ssrc, view) in &stage.views {
                prop_assert_eq!(shared(view), shared(truth), "participant {} after {:?}", ssrc, act);
                // Nobody has said more than a latecomer is told: all have all of it.
                prop_assert_eq!(lines(view), lines(truth), "chat of {}", ssrc);
            }
            // Those who left and their lines are in it too.
            prop_assert_eq!(recorded(&stage.recorded), recorded(truth), "the recording");
            prop_assert_eq!(&stage.recorded.people, &truth.people, "the recording's people");
            prop_assert_eq!(on_record(&stage.recorded), on_record(truth), "the recording's chat");
            let mut rebuilt = View::default();
            catch_up::checkpoint(truth).iter().for_each(|message| rebuilt.apply(message));
            prop_assert_eq!(recorded(&rebuilt), recorded(truth), "a checkpoint");
            prop_assert_eq!(on_record(&rebuilt), on_record(truth), "a checkpoint's chat");
        }
        prop_assert!(!stage.private_recorded);
    }

    #[test]
    fn ticket_holders_are_seen_by_the_owner_alone_until_they_do_something_that_all_see(acts in acts()) {
        let mut stage = Stage::open(Charter { away_for: Duration::from_secs(5), ..charter() });
        stage.owner();
        for act in &acts {
            // Everybody without an id holds a ticket here.
            match act {
                Act::Join(n @ 192..) => {
                    let guest = person(false, &format!("t{}", n % 3), "Guest");
                    stage.try_join(Newcomer { ticket_holder: true, ..guest });
                }
                act => stage.act(act),
            }
            if stage.ended.is_some() {
                break;
            }
            let truth = stage.room.view();
            floor_is_sound(truth);
            let seen = |view: &View| present(view).iter().map(|p| p.ssrc).collect::<Vec<_>>();
            let hidden: Vec<Ssrc> = present(truth).iter().filter(|p| p.hidden).map(|p| p.ssrc).collect();
            let open: Vec<Ssrc> = seen(truth).into_iter().filter(|ssrc| !hidden.contains(ssrc)).collect();
            for (ssrc, view) in &stage.views {
                // Nothing mentions somebody whom the receiver was not told of.
                let told = seen(view);
                prop_assert!(open.iter().all(|one| told.contains(one)), "{} misses somebody", ssrc);
                if *ssrc == OWNER {
                    prop_assert_eq!(shared(view), shared(truth), "the owner after {:?}", act);
                }
                for named in [view.token_holder, view.data_sender, view.controller, view.assistant] {
                    prop_assert!(named == NOBODY || told.contains(&named), "{} is named to {}", named, ssrc);
                }
                let known = |one: &Ssrc| view.people.contains_key(one);
                let suppressed = |message: &ToClient| match message {
                    ToClient::Fact(Fact::Suppress(suppress)) => suppress.ssrc == NOBODY || known(&suppress.ssrc),
                    _ => true,
                };
                prop_assert!(stage.sent[ssrc].iter().all(suppressed));
                prop_assert!(view.speakers.values().chain(&view.questions).all(known));
                prop_assert!(view.chat.iter().map(|line| line.from).all(|from| known(&from) || !truth.is_present(from)));
            }
            prop_assert!(hidden.iter().all(|ssrc| !seen(&stage.recorded).contains(ssrc)), "a recording shows tickets");
        }
    }
}
