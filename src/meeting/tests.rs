//! Stories of one meeting, and what holds for all histories.

use std::collections::BTreeMap;

use super::people::HISTORY;
use std::sync::Arc;

use super::*;
use crate::meeting::view::{Audience, ChatLine, ControlFlags, NOBODY, OWNER, Person, Policy};
use crate::wire::chat::ChatToClient;
use crate::wire::facts::Fact;
use crate::wire::floor::{FloorToClient, FloorToServer};
use crate::wire::follow::{Follow, Page};

/// A room, and every participant's own view fed with only what that participant is sent.
struct Stage {
    room: Room,
    now: Now,
    /// Messages by receiver, since its admission.
    sent: BTreeMap<Ssrc, Vec<ToClient>>,
    /// Views of connections that are open.
    views: BTreeMap<Ssrc, View>,
    recorded: View,
    private_recorded: bool,
    parted: Vec<Ssrc>,
    revoked: Vec<Ssrc>,
    knocked: Vec<(KnockToken, KnockEnd)>,
    passwords: Vec<Option<Secret>>,
    lost: BTreeSet<Ssrc>,
    ended: Option<How>,
}

fn charter() -> Charter {
    Charter {
        meeting_id: "m1".into(),
        title: "題".into(),
        duration: None,
        autoextension: true,
        recorded: true,
        random_id: 1,
        away_for: Duration::ZERO,
        ..Charter::default()
    }
}

fn person(owner: bool, id: &str, name: &str) -> Newcomer {
    Newcomer {
        owner,
        user_id: id.into(),
        name: name.into(),
        version: (1, 42),
        capability: 0,
        reconnect_name: [b'A'; 12],
        ..Newcomer::default()
    }
}

impl Stage {
    fn open(charter: Charter) -> Stage {
        let now = Now { steady: Duration::from_secs(1000), office: 5_000_000 };
        let mut stage = Stage {
            room: Room::open(charter, now),
            now,
            sent: BTreeMap::new(),
            views: BTreeMap::new(),
            recorded: View::default(),
            private_recorded: false,
            parted: Vec::new(),
            revoked: Vec::new(),
            knocked: Vec::new(),
            passwords: Vec::new(),
            lost: BTreeSet::new(),
            ended: None,
        };
        stage.drain();
        stage
    }

    fn join(&mut self, newcomer: Newcomer) -> Ssrc {
        let ssrc = self.room.join(newcomer, self.now).unwrap();
        self.drain();
        ssrc
    }

    fn owner(&mut self) -> Ssrc {
        self.join(person(true, "olive", "Olive"))
    }

    fn guest(&mut self, name: &str) -> Ssrc {
        self.join(person(false, &name.to_lowercase(), name))
    }

    fn leave(&mut self, ssrc: Ssrc) {
        self.views.remove(&ssrc);
        self.room.leave(ssrc, true, self.now);
        self.drain();
    }

    fn lose(&mut self, ssrc: Ssrc) {
        self.views.remove(&ssrc);
        self.lost.insert(ssrc);
        self.room.lose(ssrc, true, self.now);
        self.drain();
    }

    fn receive(&mut self, from: Ssrc, message: ToServer) {
        if let Some(view) = self.views.get_mut(&from) {
            view.said(&message);
        }
        self.room.receive(from, message, self.now);
        self.drain();
    }

    fn say(&mut self, from: Ssrc, text: &str) {
        self.receive(from, ToServer::Chat(ChatToServer::Say { text: text.into() }));
    }

    fn whisper(&mut self, from: Ssrc, to: Ssrc, text: &str) {
        self.receive(from, ToServer::Chat(ChatToServer::Whisper { to, text: text.into() }));
    }

    fn token(&mut self, from: Ssrc, to: Ssrc) {
        self.receive(from, ToServer::Floor(FloorToServer::Token(to)));
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
        self.room.tick(self.now);
        self.drain();
    }

    fn forget(&mut self) {
        self.sent.values_mut().for_each(Vec::clear);
    }

    /// Does what the shell does: a message goes to connections that are open at that moment.
    fn drain(&mut self) {
        while let Some(output) = self.room.poll() {
            assert!(self.ended.is_none(), "{output:?} came after the end");
            match output {
                Output::Admit(ssrc) => {
                    self.views.insert(ssrc, View::admitted(ssrc));
                    self.sent.insert(ssrc, Vec::new());
                }
                Output::Part(ssrc) => {
                    // Somebody who is away has no connection.
                    assert!(self.views.remove(&ssrc).is_some() || self.lost.contains(&ssrc));
                    self.parted.push(ssrc);
                }
                Output::Record(message) => {
                    self.private_recorded |= matches!(message, ToClient::Chat(ChatToClient::Whisper { .. }));
                    self.recorded.apply(&message);
                }
                Output::Send(to, message) => {
                    let receives = |ssrc: Ssrc| match to {
                        Recipients::All => true,
                        Recipients::AllBut(other) => ssrc != other,
                        Recipients::One(one) => ssrc == one,
                    };
                    for (ssrc, view) in self.views.iter_mut().filter(|(ssrc, _)| receives(**ssrc)) {
                        view.apply(&message);
                        self.sent.entry(*ssrc).or_default().push(message.clone());
                    }
                }
                Output::Knocked(token, end) => self.knocked.push((token, end)),
                Output::RecordingPassword(password) => {
                    self.room.recording_is_protected(password.is_some());
                    self.passwords.push(password);
                }
                Output::Revoke(ssrc) => self.revoked.push(ssrc),
                Output::Ended(how) => self.ended = Some(how),
            }
        }
    }

    fn holder(&self) -> Ssrc {
        self.room.view().token_holder
    }
}

fn present(view: &View) -> Vec<Person> {
    view.people.values().filter(|p| p.present).map(|person| (**person).clone()).collect()
}

fn public(view: &View) -> Vec<ChatLine> {
    view.chat.iter().filter(|line| line.audience == Audience::Public).map(|line| (**line).clone()).collect()
}

/// What everybody must agree on: everything but who one is, those who have left, the chat, which is compared apart, and one's own
/// prompts: the poll (nothing of it is kept for those who come later) and visitors.
fn shared(view: &View) -> View {
    let mut shared = View { me: NOBODY, owns_token: false, initialised: true, poll: None, ..view.clone() };
    shared.people.retain(|_, person| person.present);
    for person in shared.people.values_mut().map(Arc::make_mut) {
        (person.hidden, person.ticket_holder) = (false, false);
    }
    shared.chat.clear();
    shared.knocks.clear();
    shared
}

#[path = "control_tests.rs"]
mod control;
#[path = "floor_tests.rs"]
mod floor;
#[path = "history_tests.rs"]
mod history;
#[path = "knock_tests.rs"]
mod knock;
#[path = "returning_tests.rs"]
mod returning;

#[test]
fn the_first_participant_gets_the_token_and_a_later_owner_does_not_take_it() {
    let mut stage = Stage::open(charter());
    let gus = stage.guest("Gus");
    assert_eq!((gus, stage.holder()), (1, 1));
    assert_eq!(stage.owner(), OWNER);
    assert_eq!(stage.holder(), 1);
}

#[test]
fn only_the_owner_is_told_that_the_token_is_hers() {
    let mut stage = Stage::open(charter());
    stage.owner();
    stage.guest("Gus");
    assert!(stage.views[&0].owns_token && !stage.views[&1].owns_token);
}

#[test]
fn a_newcomer_is_told_in_the_order_that_the_known_client_needs() {
    let mut stage = Stage::open(charter());
    stage.owner();
    stage.say(0, "before you came");
    stage.guest("Gus");
    let place = |wanted: &dyn Fn(&ToClient) -> bool| stage.sent[&1].iter().position(wanted).unwrap();
    assert_eq!(place(&|m| matches!(m, ToClient::Fact(Fact::MaxExtension(103)))), 0);
    let user = |wanted: Ssrc| place(&|m| matches!(m, ToClient::User(UserToClient::Add(user)) if user.ssrc == wanted));
    let floor = |wanted: FloorToClient| place(&|m| *m == ToClient::Floor(wanted.clone()));
    let token = floor(FloorToClient::Token(0));
    // Everybody who is there, the newcomer included.
    assert!(user(0) < token && user(1) < token);
    let roles = [
        FloorToClient::Controller(NOBODY),
        FloorToClient::ControlFlags(ControlFlags::default()),
        FloorToClient::Assistant(NOBODY),
    ];
    for role in roles {
        assert!(floor(role.clone()) < token, "{role:?} came after the token");
    }
    let done = place(&|m| matches!(m, ToClient::Fact(Fact::Initialised(_))));
    assert!(token < done);
    let after: Vec<&ToClient> = stage.sent[&1].iter().skip(done + 1).collect();
    assert!(matches!(after[..], [ToClient::Chat(_)]), "only the chat so far may follow: {after:?}");
    assert_eq!(stage.views[&1].chat[0].text, "before you came");
}

#[test]
fn who_comes_is_told_the_codecs_that_the_request_prefers_and_where_to_update() {
    let names = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let codecs = Codecs::preferred(&names("g711,Opus,nosuch,g711"), &names("vpx,mjpg"));
    assert_eq!(codecs, Codecs { audio: vec![120, 232], video: vec![64, 248] });
    let mut stage = Stage::open(Charter { codecs, update_url: Some("http://a/update".into()), ..charter() });
    stage.owner();
    for fact in
        [Fact::AudioCodecs(vec![120, 232]), Fact::VideoCodecs(vec![64, 248]), Fact::UpdateUrl("http://a/update".into())]
    {
        assert!(stage.sent[&0].contains(&ToClient::Fact(fact.clone())), "{fact:?}");
    }
}

#[test]
fn without_a_known_preference_everybody_hears_of_the_usual_codecs() {
    assert_eq!(Codecs::preferred(&["nosuch".to_owned()], &[]), Codecs::default());
    let mut stage = Stage::open(charter());
    stage.owner();
    assert!(stage.sent[&0].contains(&ToClient::Fact(Fact::AudioCodecs(vec![232, 120]))));
    assert!(!stage.sent[&0].iter().any(|m| matches!(m, ToClient::Fact(Fact::UpdateUrl(_)))));
}

#[test]
fn a_kernel_before_1_23_is_not_told_what_it_cannot_take() {
    let policy = Policy { holder_video: true, total_bandwidth: 256_000, ..Policy::default() };
    let mut stage = Stage::open(Charter { policy, update_url: Some("http://a/update".into()), ..charter() });
    for (version, told) in [((1, 22), 0), ((1, 23), 5), ((2, 0), 5)] {
        let ssrc = stage.join(Newcomer { version, ..person(false, &format!("{version:?}"), "Gus") });
        let preferences = stage.sent[&ssrc].iter().filter(|message| {
            use Fact::{AudioCodecs, HolderVideo, TotalBandwidth, UpdateUrl, VideoCodecs};
            let ToClient::Fact(fact) = message else { return false };
            matches!(fact, AudioCodecs(_) | VideoCodecs(_) | HolderVideo | TotalBandwidth(_) | UpdateUrl(_))
        });
        assert_eq!(preferences.count(), told, "{version:?}");
    }
}

#[test]
fn a_meeting_that_goes_on_keeps_the_chat_the_page_and_the_time_and_gives_nobody_an_old_number() {
    let mut old = Stage::open(charter());
    old.owner();
    let gus = old.guest("Gus");
    old.say(gus, "as we said");
    old.receive(0, ToServer::Follow(Follow::Page(Page::typed("http://a/"))));
    let continued = Continued::of(&old.recorded, Duration::from_secs(600));
    let mut stage = Stage::open(Charter { continues: Some(Box::new(continued)), ..charter() });
    stage.owner();
    let tess = stage.guest("Tess");
    assert_eq!(tess, gus + 1);
    let view = &stage.views[&tess];
    assert_eq!(view.chat.len(), 1);
    assert_eq!((view.chat[0].text.as_str(), view.chat[0].from), ("as we said", gus));
    assert_eq!(view.page.as_ref().map(|page| page.url.as_str()), Some("http://a/"));
    stage.wait(5);
    assert_eq!(stage.room.elapsed(stage.now), Duration::from_secs(605));
    assert_eq!(stage.room.running(stage.now), Duration::from_secs(5));
    stage.say(tess, "and now");
    assert_eq!(stage.views[&0].chat[1].tick, Some(605_000));
}

#[test]
fn a_page_that_the_request_wants_comes_before_the_one_that_was_shown_last() {
    let last = View { page: Some(Page::typed("http://last/")), ..View::default() };
    let continued = Box::new(Continued::of(&last, Duration::from_secs(1)));
    let wanted = Some("http://wanted/".to_owned());
    let stage = Stage::open(Charter { continues: Some(continued), default_page: wanted, ..charter() });
    assert_eq!(stage.room.view().page.as_ref().map(|page| page.url.as_str()), Some("http://wanted/"));
}

#[test]
fn a_planned_duration_counts_from_the_opening_whatever_came_before() {
    let continued = Continued::of(&View::default(), Duration::from_secs(7_200));
    let hour = Some(Duration::from_secs(3_600));
    let terms = Charter { duration: hour, autoextension: false, ..charter() };
    let mut stage = Stage::open(Charter { continues: Some(Box::new(continued)), ..terms });
    stage.owner();
    stage.wait(3_599);
    assert_eq!(stage.ended, None);
    stage.wait(2);
    assert_eq!(stage.ended, Some(How::TimerOver));
}

#[test]
fn a_latecomer_is_told_the_newest_lines_only_oldest_first() {
    let mut stage = Stage::open(charter());
    stage.owner();
    for n in 0..=HISTORY {
        stage.say(0, &n.to_string());
    }
    let late = stage.guest("Late");
    let chat = &stage.views[&late].chat;
    assert_eq!(chat.len(), HISTORY);
    assert_eq!((chat[0].text.as_str(), chat[HISTORY - 1].text.as_str()), ("1", "500"));
}

#[test]
fn the_same_id_takes_over_whatever_the_name_and_keeps_its_role() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    stage.token(0, gus);
    stage.forget();
    let again = stage.join(person(false, "gus", "Gustav"));
    assert_eq!((again, stage.holder()), (gus, gus));
    assert_eq!(stage.parted, [gus]);
    let told: Vec<&ToClient> = stage.sent[&0].iter().collect();
    assert!(
        matches!(told[..], [ToClient::User(UserToClient::Delete { .. }), ToClient::User(UserToClient::Add(_))]),
        "{told:?}"
    );
    assert_eq!(stage.views[&0].name_of(gus), "Gustav");
}

#[test]
fn the_earlier_connection_is_told_and_closed_before_the_new_one_is_let_in() {
    let mut stage = Stage::open(charter());
    let gus = stage.guest("Gus");
    stage.room.join(person(false, "gus", "Gus"), stage.now).unwrap();
    let first: Vec<Output> = std::iter::from_fn(|| stage.room.poll()).take(3).collect();
    let told = ToClient::End(End::Overwrite);
    assert!(
        matches!(&first[..], [Output::Send(Recipients::One(to), message), Output::Part(old), Output::Admit(new)]
            if [*to, *old, *new] == [gus; 3] && *message == told),
        "{first:?}"
    );
}

#[test]
fn somebody_who_comes_back_is_still_one_participant() {
    let mut stage = Stage::open(charter());
    let gus = stage.guest("Gus");
    stage.leave(gus);
    stage.guest("Gus");
    stage.guest("Gus");
    assert_eq!(stage.room.ever_joined(), 1);
    stage.guest("Tess");
    assert_eq!(stage.room.ever_joined(), 2);
}

#[test]
fn two_anonymous_guests_of_one_name_are_two_people() {
    let mut stage = Stage::open(charter());
    let (a, b) = (stage.join(person(false, "", "Guest")), stage.join(person(false, "", "Guest")));
    assert_ne!(a, b);
    assert!(stage.parted.is_empty());
}

#[test]
fn a_guest_with_the_owners_id_is_not_the_owner() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let double = stage.join(person(false, "olive", "Olive"));
    assert_ne!(double, OWNER);
    assert!(stage.parted.is_empty() && !stage.views[&double].owns_token);
    stage.receive(double, ToServer::EndMeeting);
    assert_eq!(stage.ended, None);
    stage.leave(0);
    assert_eq!(stage.join(person(false, "olive", "Olive")), double, "nor once the owner has left");
}

#[test]
fn a_number_is_not_given_to_somebody_else() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    stage.leave(gus);
    assert_eq!(stage.guest("Tess"), 2);
    assert_eq!(stage.guest("Gus"), gus, "the same person has the same number");
}

#[test]
fn the_five_thousandth_guest_is_one_too_many() {
    let mut room = Room::open(charter(), Now::default());
    let mut join = |n: usize| {
        let joined = room.join(person(false, "", &n.to_string()), Now::default());
        while room.poll().is_some() {}
        // Leaves at once: five thousand who stay would make five thousand messages each.
        if let Ok(ssrc) = joined {
            room.leave(ssrc, true, Now::default());
            while room.poll().is_some() {}
        }
        joined
    };
    for n in 1..=4999 {
        assert_eq!(join(n), Ok(i32::try_from(n).unwrap()));
    }
    assert_eq!(join(5000), Err(JoinError::Full));
}

#[test]
fn a_full_room_still_lets_in_whoever_has_a_number() {
    let mut stage = Stage::open(charter());
    let gus = stage.guest("Gus");
    stage.room.next_guest = MAX_SSRC;
    assert_eq!(stage.guest("Last"), MAX_SSRC);
    assert_eq!(stage.room.join(person(false, "tess", "Tess"), stage.now), Err(JoinError::Full));
    assert!(stage.room.poll().is_none(), "nobody hears of a refusal");
    assert_eq!((stage.guest("Gus"), stage.owner()), (gus, OWNER));
}

#[test]
fn a_whisper_reaches_two_and_no_recording() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let (gus, tess) = (stage.guest("Gus"), stage.guest("Tess"));
    stage.forget();
    stage.whisper(0, gus, "[To:Gus]psst");
    assert_eq!(stage.views[&0].chat[0].text, "psst");
    assert_eq!(stage.views[&gus].chat[0].audience, Audience::Private { to: gus });
    assert!(stage.sent[&tess].is_empty() && !stage.private_recorded);
    stage.whisper(0, 99, "nobody");
    stage.leave(tess);
    stage.whisper(0, tess, "gone");
    assert_eq!(stage.views[&0].chat.len(), 1);
    stage.whisper(gus, gus, "a note");
    assert_eq!(stage.views[&gus].chat.len(), 2, "to oneself it comes once");
    let late = stage.guest("Late");
    assert!(stage.views[&late].chat.is_empty());
}

#[test]
fn a_line_carries_its_senders_name_and_is_cut_between_characters() {
    let mut stage = Stage::open(charter());
    stage.owner();
    stage.say(0, &"會".repeat(682));
    let Some(ToClient::Chat(ChatToClient::Line { text, .. })) = stage.sent[&0].last() else { panic!("no line") };
    assert!(text.starts_with("Olive>會") && text.len() <= 2047);
    assert_eq!(text.len(), 6 + 3 * 680);
    stage.say(0, &"x".repeat(2041));
    assert_eq!(stage.views[&0].chat[1].text.len(), 2041, "2047 bytes with the name are not too many");
    stage.say(0, &"x".repeat(2042));
    assert_eq!(stage.views[&0].chat[2].text.len(), 2041);
}

#[test]
fn the_holder_hands_the_token_on_and_only_the_owner_takes_it_back() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let (gus, tess) = (stage.guest("Gus"), stage.guest("Tess"));
    stage.token(gus, gus);
    assert_eq!(stage.holder(), 0, "a guest cannot take it");
    stage.token(0, 99);
    assert_eq!(stage.holder(), 0, "nobody is there");
    stage.receive(0, ToServer::Floor(FloorToServer::GiveOutToken { target: gus, questioners: vec![0] }));
    assert_eq!(stage.holder(), gus);
    stage.token(0, tess);
    assert_eq!(stage.holder(), gus, "the owner may take it, not hand it on for others");
    stage.token(0, 0);
    assert_eq!(stage.holder(), 0);
    stage.leave(tess);
    stage.forget();
    stage.token(0, tess);
    assert_eq!(stage.holder(), 0, "the other has left");
    assert!(stage.sent.values().all(Vec::is_empty), "what is ignored is not announced");
}

#[test]
fn a_capability_is_told_to_all_without_bits_that_mean_nothing() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    stage.forget();
    stage.receive(gus, ToServer::User(UserToServer::Capability(0xfe)));
    for ssrc in [0, gus] {
        assert_eq!(stage.sent[&ssrc], [ToClient::User(UserToClient::Capability(gus, 2))]);
    }
    let known = &stage.room.view().people[&gus];
    assert!(known.video && !known.audio);
}

#[test]
fn what_somebody_says_of_themselves_is_told_to_all_with_their_number() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    stage.forget();
    stage.receive(gus, ToServer::User(UserToServer::VideoStatus(2)));
    stage.receive(gus, ToServer::User(UserToServer::CodePage(65001)));
    let told = [UserToClient::VideoStatus(gus, 2), UserToClient::CodePage(gus, 65001)].map(ToClient::User);
    assert_eq!((&stage.sent[&0][..], &stage.sent[&gus][..]), (&told[..], &told[..]));
}

#[test]
fn an_old_client_writes_in_its_own_code_page_and_everybody_reads_utf8() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    let big5 = CodePage::of(950).unwrap();
    stage.receive(gus, ToServer::User(UserToServer::CodePage(950)));
    stage.forget();
    stage.receive(gus, ToServer::Chat(ChatToServer::Say { text: big5.write("中文") }));
    stage.receive(gus, ToServer::Chat(ChatToServer::Whisper { to: 0, text: big5.write("[To:Owner]你好") }));
    let texts = stage.sent[&0].iter().map(|message| match message {
        ToClient::Chat(ChatToClient::Line { text, .. } | ChatToClient::Whisper { text, .. }) => text.clone(),
        other => panic!("{other:?}"),
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["Gus>中文", "Gus>[To:Owner]你好"]);
    let late = stage.guest("Tess");
    let told = ToClient::User(UserToClient::CodePage(gus, 65001));
    assert!(stage.sent[&late].contains(&told), "whoever trusts that number must be able to read what the room says");
}

#[test]
fn a_code_page_that_is_none_and_one_that_was_never_named_are_utf8() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    for page in [None, Some(-1), Some(0), Some(1200), Some(i32::MAX)] {
        if let Some(page) = page {
            stage.receive(gus, ToServer::User(UserToServer::CodePage(page)));
        }
        stage.forget();
        stage.say(gus, "會");
        let ToClient::Chat(ChatToClient::Line { text, .. }) = &stage.sent[&0][0] else { panic!("no line") };
        assert_eq!(text, "Gus>會", "{page:?}");
    }
}

#[test]
fn a_line_that_grows_on_its_way_to_utf8_is_cut_at_the_limit_between_characters() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    stage.receive(gus, ToServer::User(UserToServer::CodePage(950)));
    stage.forget();
    let text = CodePage::of(950).unwrap().write(&"中".repeat(1_000));
    assert_eq!(text.as_bytes().len(), 2_000);
    stage.receive(gus, ToServer::Chat(ChatToServer::Say { text }));
    let ToClient::Chat(ChatToClient::Line { text, .. }) = &stage.sent[&0][0] else { panic!("no line") };
    assert!((2_045..=2_047).contains(&text.len()) && text.ends_with('中'), "{}", text.len());
}

#[test]
fn a_probe_is_answered_to_its_sender_and_an_answer_to_nobody() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    stage.forget();
    stage.receive(gus, ToServer::Alive(Alive::Probe));
    stage.receive(gus, ToServer::Alive(Alive::Answer));
    assert_eq!(stage.sent[&gus], [ToClient::Alive(Alive::Answer)]);
    assert!(stage.sent[&0].is_empty());
}

#[test]
fn a_newcomer_is_told_whether_it_is_recorded_and_how_to_come_back() {
    for recorded in [true, false] {
        let mut stage = Stage::open(Charter { recorded, random_id: 77, ..charter() });
        let gus = stage.guest("Gus");
        let told = |fact: Fact| stage.sent[&gus].contains(&ToClient::Fact(fact));
        assert!(told(Fact::Recording(i32::from(recorded))) && told(Fact::NoRecording) != recorded);
        assert!(told(Fact::Identity { meeting_type: 1, random_id: 77 }));
        assert!(told(Fact::ReconnectName { name: b"AAAAAAAAAAAA".to_vec(), real_name: "Gus".into() }));
    }
}

#[test]
fn whoever_leaves_is_gone_before_the_token_moves() {
    let mut stage = Stage::open(charter());
    let gus = stage.guest("Gus");
    let tess = stage.guest("Tess");
    stage.owner();
    stage.forget();
    stage.leave(gus);
    let told: Vec<&ToClient> = stage.sent[&tess].iter().collect();
    assert!(
        matches!(told[..], [ToClient::User(UserToClient::Delete { .. }), ToClient::Floor(FloorToClient::Token(0))]),
        "{told:?}"
    );
    stage.leave(0);
    assert_eq!(stage.holder(), tess, "without the owner, who is there longest");
    stage.leave(tess);
    assert_eq!(stage.holder(), NOBODY);
}

#[test]
fn a_departed_speakers_channel_is_free_before_the_token_moves() {
    let mut stage = Stage::open(charter());
    let (gus, tess, ann) = (stage.guest("Gus"), stage.guest("Tess"), stage.guest("Ann"));
    stage.room.view.speakers.extend([(0, ann), (3, gus)]);
    stage.forget();
    stage.leave(gus);
    let expected = [
        ToClient::User(UserToClient::Delete { ssrc: gus, by_action: true }),
        ToClient::Floor(FloorToClient::Speaker { ssrc: gus, channel: 3, assigned: false }),
        ToClient::Floor(FloorToClient::Token(tess)),
    ];
    assert_eq!(stage.sent[&tess], expected);
    assert_eq!(stage.room.view().speakers, BTreeMap::from([(0, ann)]));
}

#[test]
fn the_longest_present_holds_the_token_next_and_coming_back_starts_anew() {
    let mut stage = Stage::open(charter());
    let (gus, tess, ann) = (stage.guest("Gus"), stage.guest("Tess"), stage.guest("Ann"));
    // Another device does not count as coming back; a departure does.
    stage.guest("Tess");
    stage.leave(gus);
    assert_eq!(stage.holder(), tess);
    stage.guest("Gus");
    stage.leave(tess);
    assert_eq!(stage.holder(), ann);
}

#[test]
fn only_the_owner_ends_the_meeting_and_everybody_is_told_before_parting() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    stage.receive(gus, ToServer::EndMeeting);
    assert_eq!(stage.ended, None);
    stage.token(0, gus);
    stage.receive(gus, ToServer::EndMeeting);
    assert_eq!(stage.ended, None, "holding the token is not owning the meeting");
    stage.receive(0, ToServer::EndMeeting);
    assert_eq!((stage.ended, stage.parted.len()), (Some(How::OwnersRequest), 2));
    for ssrc in [0, gus] {
        assert_eq!(stage.sent[&ssrc].last(), Some(&ToClient::End(End::SessionEnd)));
    }
    // Nothing follows: drain() would say so.
    stage.say(0, "too late");
    stage.token(0, gus);
    stage.leave(gus);
    stage.room.end(How::ByAdmin);
    stage.wait(1000);
}

#[test]
fn an_empty_room_closes_after_a_minute_unless_somebody_returns() {
    let mut stage = Stage::open(charter());
    stage.wait(59);
    stage.owner();
    stage.wait(10_000);
    stage.leave(0);
    stage.wait(59);
    stage.owner();
    stage.leave(0);
    let minute = stage.now.office + 60_000;
    assert_eq!(stage.room.office_deadline(), Some(minute));
    stage.now.office = minute - 1;
    stage.wait(0);
    assert_eq!(stage.ended, None);
    stage.now.office = minute;
    stage.wait(0);
    assert_eq!(stage.ended, Some(How::EmptyRoom));
}

#[test]
fn a_room_with_somebody_in_it_needs_no_tick() {
    let mut stage = Stage::open(charter());
    let gus = stage.guest("Gus");
    stage.owner();
    stage.leave(0);
    let due = |stage: &Stage| (stage.room.deadline(), stage.room.office_deadline());
    assert_eq!(due(&stage), (None, None));
    stage.guest("Gus");
    assert_eq!(due(&stage), (None, None), "another device of the only one");
    stage.leave(gus);
    assert!(stage.room.office_deadline().is_some());
}

#[test]
fn an_event_ends_with_its_time_or_a_minute_after_the_last_one_left() {
    let event = |autoextension| Charter { duration: Some(Duration::from_secs(600)), autoextension, ..charter() };
    let mut strict = Stage::open(event(false));
    strict.owner();
    strict.wait(599);
    assert_eq!(strict.ended, None);
    strict.wait(1);
    assert_eq!(strict.ended, Some(How::TimerOver));

    let mut early = Stage::open(event(true));
    early.owner();
    early.leave(0);
    early.wait(659);
    assert_eq!(early.ended, None, "empty, but its time is not over");
    early.wait(1);
    assert_eq!(early.ended, Some(How::TimerOver));

    let mut late = Stage::open(event(true));
    late.owner();
    late.wait(5_000);
    assert_eq!(late.ended, None, "it goes on while somebody is there");
    late.leave(0);
    late.wait(59);
    late.owner();
    late.wait(5_000);
    assert_eq!(late.ended, None, "a return cancels it");
    late.leave(0);
    late.wait(59);
    assert_eq!(late.ended, None);
    late.wait(1);
    assert_eq!(late.ended, Some(How::TimerOver));
}

#[test]
fn the_recording_of_an_event_says_how_long_it_was_to_be() {
    let mut stage = Stage::open(Charter { duration: Some(Duration::from_secs(600)), ..charter() });
    assert_eq!(&stage.recorded, stage.room.view(), "from the first moment on");
    stage.owner();
    assert_eq!((stage.recorded.duration_s, stage.views[&0].duration_s), (600, 600));
    assert_eq!(&stage.recorded, stage.room.view());
}

#[test]
fn a_name_with_a_bracket_in_it_splits_right_for_a_latecomer_when_its_owner_is_gone() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.join(person(false, "gus", "a>b"));
    stage.say(gus, "hello");
    stage.leave(gus);
    let late = stage.guest("Late");
    let line = (*stage.views[&late].chat[0]).clone();
    assert_eq!((line.name.as_str(), line.text.as_str()), ("a\u{ff1e}b", "hello"));
    assert_eq!(*stage.views[&0].chat[0], line, "who was there saw the same");
    assert_eq!(stage.room.view().name_of(gus), "a\u{ff1e}b");
}

#[test]
fn a_name_stays_within_its_limit_when_its_brackets_grow() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.join(person(false, "gus", &">".repeat(127)));
    assert_eq!(stage.views[&0].name_of(gus), "\u{ff1e}".repeat(42));
}

#[test]
fn a_name_has_one_line() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.join(person(false, "gus", "Gus\r\nOlive"));
    assert_eq!(stage.views[&0].name_of(gus), "Gus  Olive");
}

#[test]
fn an_empty_line_is_not_said() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    stage.forget();
    stage.say(gus, "");
    stage.whisper(gus, 0, "");
    assert!(stage.sent.values().all(Vec::is_empty), "{:?}", stage.sent);
    assert!(stage.recorded.chat.is_empty());
}

#[test]
fn a_latecomer_is_told_who_sends_video_and_in_what_code_page_they_write() {
    let mut stage = Stage::open(charter());
    stage.owner();
    stage.receive(0, ToServer::User(UserToServer::VideoStatus(2)));
    stage.receive(0, ToServer::User(UserToServer::CodePage(65001)));
    let gus = stage.guest("Gus");
    let place = |wanted: &dyn Fn(&ToClient) -> bool| stage.sent[&gus].iter().position(wanted).unwrap();
    let add = place(&|m| matches!(m, ToClient::User(UserToClient::Add(user)) if user.ssrc == 0));
    let video = place(&|m| *m == ToClient::User(UserToClient::VideoStatus(0, 2)));
    let page = place(&|m| *m == ToClient::User(UserToClient::CodePage(0, 65001)));
    let token = place(&|m| matches!(m, ToClient::Floor(FloorToClient::Controller(_))));
    assert!(add < video && add < page && video < token && page < token, "an add resets both");
}
