//! The meeting tab: people and what may be done with each, the floor, questions, visitors and polls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::Theme;
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotResults};
use hitdeck::desk::Desk;
use hitdeck::installation::snapshot::{PromptRow, Question, SessionPhase, SessionSnapshot, Snapshot};
use hitdeck::meeting::view::{Channels, ControlFlags, Knock, NOBODY, Person, Poll, PollKind, RecordingState, View};

use crate::fixtures::{self, FakeFront};
use crate::looks::pictures;
use crate::window;

type Window = Harness<'static, Desk>;

fn with(change: impl FnOnce(&mut SessionSnapshot, &mut View)) -> Snapshot {
    let mut session = (*fixtures::session(1, SessionPhase::InMeeting)).clone();
    let mut view = (*session.view).clone();
    view.channels = Some(Channels { video: 6, audio: 4 });
    change(&mut session, &mut view);
    session.view = Arc::new(view);
    fixtures::with_session(Arc::new(session))
}

fn open(shot: Snapshot) -> (Arc<FakeFront>, Window) {
    let front = FakeFront::new(shot);
    let mut harness = window(&front, [1280.0, 800.0], Theme::Light);
    click(&mut harness, "Show tab: Weekly planning");
    (front, harness)
}

fn click(harness: &mut Window, label: &str) {
    harness.get_by_label(label).click();
    harness.run();
}

fn knock(id: &str, name: &str) -> PromptRow {
    let knock = Knock { id: id.into(), name: name.into() };
    PromptRow { question: Question::Knock(knock), left: Duration::from_secs(14) }
}

/// The owner in the chair, two who ask, one who speaks, three at the door.
fn busy_floor(session: &mut SessionSnapshot, view: &mut View) {
    (view.token_holder, view.data_sender) = (0, 2);
    view.questions = vec![3, 4];
    view.assistant = 1;
    session.prompts = vec![
        knock("1", "Vera"),
        knock("2", "一位名字很長的訪客：來自台北的客戶服務部門"),
        knock("3", "A visitor with a name that is a good deal longer than any name has a right to be, and then some"),
        knock("4", "Vic"),
    ];
    view.knocks = session
        .prompts
        .iter()
        .filter_map(|prompt| match &prompt.question {
            Question::Knock(knock) => Some(knock.clone()),
            Question::Poll => None,
        })
        .collect();
}

#[test]
fn whoever_decides_allows_one_asker_and_skips_another() {
    let (front, mut harness) = open(with(busy_floor));
    click(&mut harness, "Allow question: Maximiliana Featherstonehaugh-Cholmondeley");
    click(&mut harness, "Skip question: 田中さくら");
    assert_eq!(front.sent(), ["Do(1, Allow(3))", "Do(1, Skip(4))"]);
}

#[test]
fn visitors_are_let_in_or_turned_away_and_the_door_may_be_closed() {
    let (front, mut harness) = open(with(busy_floor));
    click(&mut harness, "Let in: Vera");
    click(&mut harness, "Turn away: 一位名字很長的訪客：來自台北的客戶服務部門");
    assert!(harness.query_by_label("and 1 more").is_some());
    click(&mut harness, "Meeting menu");
    click(&mut harness, "Visitors: Do not disturb");
    let sent = front.sent();
    assert_eq!(sent[0], "Do(1, AnswerKnock([49], true))");
    assert_eq!(sent[1], "Do(1, AnswerKnock([50], false))");
    assert_eq!(sent[2], "SetManners(1, Manners { door: Closed, allow_questions: false })");
}

#[test]
fn a_guest_asks_withdraws_and_stops_speaking() {
    let guest = |change: fn(&mut View)| {
        with(|_, view| {
            (view.me, view.owns_token) = (2, false);
            change(view);
        })
    };
    let (front, mut harness) = open(guest(|_| {}));
    click(&mut harness, "Ask to speak");
    front.show(guest(|view| view.questions = vec![2]));
    harness.run();
    click(&mut harness, "Withdraw the question");
    front.show(guest(|view| view.data_sender = 2));
    harness.run();
    click(&mut harness, "Stop speaking");
    assert_eq!(front.sent(), ["Do(1, Ask)", "Do(1, Withdraw)", "Do(1, EndQuestion(2))"]);
}

#[test]
fn a_menu_offers_what_may_be_done_with_a_person_and_nothing_else() {
    let (front, mut harness) = open(with(busy_floor));
    click(&mut harness, "Menu: 王小明");
    assert!(harness.query_by_label("Allow question").is_none(), "is a questioner already");
    click(&mut harness, "End question");
    click(&mut harness, "Menu: 王小明");
    click(&mut harness, "Make controller");
    click(&mut harness, "Menu: 王小明");
    click(&mut harness, "Suppress audio");
    click(&mut harness, "Menu: 王小明");
    click(&mut harness, "Make assistant");
    let sent = front.sent();
    assert_eq!(sent[0], "Do(1, EndQuestion(2))");
    assert_eq!(sent[1], "Do(1, SetController(2, ControlFlags(84)))");
    assert_eq!(sent[2..], ["Do(1, SuppressAudio(2, true))", "Do(1, SetAssistant(2))"]);

    let (_, mut harness) = open(with(|_, view| (view.me, view.owns_token) = (2, false)));
    click(&mut harness, "Menu: Bob Martin");
    for nothing in ["Make assistant", "Make controller", "Disconnect…", "Suppress audio"] {
        assert!(harness.query_by_label(nothing).is_none(), "a guest is offered {nothing:?}");
    }
}

#[test]
fn sending_somebody_out_is_asked_once() {
    let (front, mut harness) = open(with(busy_floor));
    for (answer, command) in [("Disconnect now", "SendOut(2)"), ("Disconnect for good", "Ban(2)")] {
        click(&mut harness, "Menu: 王小明");
        click(&mut harness, "Disconnect…");
        assert!(front.sent().is_empty() || command == "Ban(2)");
        click(&mut harness, answer);
        assert_eq!(front.sent().last().unwrap(), &format!("Do(1, {command})"));
        assert!(harness.query_by_label("Disconnect this participant?").is_none());
    }
}

#[test]
fn a_poll_is_started_answered_and_counted() {
    let (front, mut harness) = open(with(busy_floor));
    click(&mut harness, "Meeting menu");
    click(&mut harness, "Start a poll");
    let answers = BTreeMap::from([(1, 5), (2, 5), (3, 2)]);
    front.show(with(|_, view| {
        view.token_holder = 0;
        view.poll = Some(Poll { by: 0, kind: PollKind::Holder, answers });
    }));
    harness.run();
    assert!(harness.query_by_label_contains("1: 0  2: 1  3: 0  4: 0  5: 2").is_some());
    assert!(harness.query_by_label_contains("3 of 4 answered").is_some());

    front.show(with(|session, view| {
        (view.me, view.owns_token) = (2, false);
        view.poll = Some(Poll { by: 1, kind: PollKind::Holder, answers: BTreeMap::new() });
        session.prompts = vec![PromptRow { question: Question::Poll, left: Duration::from_secs(29) }];
    }));
    harness.run();
    click(&mut harness, "Answer the poll: 4");
    assert_eq!(front.sent(), ["Do(1, StartPoll)", "Do(1, AnswerPoll(4))"]);
}

#[test]
fn the_owner_pauses_the_recording_and_goes_on() {
    let (front, mut harness) = open(with(|_, _| {}));
    click(&mut harness, "Meeting menu");
    click(&mut harness, "Pause recording");
    front.show(with(|_, view| view.recording = RecordingState::Paused));
    harness.run();
    click(&mut harness, "Meeting menu");
    click(&mut harness, "Resume recording");
    assert_eq!(front.sent(), ["Do(1, PauseRecording)", "Do(1, ResumeRecording)"]);
    front.show(with(|_, view| view.recording_facts.archived = true));
    harness.run();
    click(&mut harness, "Meeting menu");
    assert!(harness.query_by_label("Pause recording").is_none(), "an archived recording is not paused");
}

#[test]
fn the_chair_ends_controller_and_assistant() {
    let (front, mut harness) = open(with(|_, view| {
        (view.controller, view.control_flags, view.assistant) = (2, ControlFlags::QUESTIONS, 1);
    }));
    click(&mut harness, "Meeting menu");
    click(&mut harness, "No controller");
    click(&mut harness, "Meeting menu");
    click(&mut harness, "No assistant");
    assert_eq!(front.sent(), ["Do(1, NoController)", "Do(1, SetAssistant(-1))"]);
}

#[test]
fn what_was_said_is_saved_as_text() {
    let (front, mut harness) = open(with(|_, _| {}));
    click(&mut harness, "Meeting menu");
    click(&mut harness, "Save transcript…");
    harness.run();
    assert_eq!(front.sent(), [r#"SaveTranscript(1, "/tmp/transcript.txt")"#]);
}

#[test]
fn pictures_of_the_floor() {
    let mut results = SnapshotResults::new();
    let show = |harness: &mut Window| click(harness, "Show tab: Weekly planning");
    pictures(&mut results, "meeting-floor", &with(busy_floor), show);
    pictures(&mut results, "meeting-menu", &with(busy_floor), |harness| {
        show(harness);
        click(harness, "Menu: 王小明");
    });
    let notices = with(|session, view| {
        (view.me, view.owns_token) = (2, false);
        view.questions = vec![2];
        (view.ending_soon, view.preparing, view.shutting_down) = (true, true, true);
        view.audio_suppressed = true;
        view.poll = Some(Poll { by: 1, kind: PollKind::Holder, answers: BTreeMap::new() });
        session.prompts = vec![PromptRow { question: Question::Poll, left: Duration::from_secs(29) }];
    });
    pictures(&mut results, "meeting-notices", &notices, show);
    let crowd = with(|_, view| {
        (view.token_holder, view.data_sender, view.controller) = (0, 0, NOBODY);
        for n in 7..300 {
            let person = Person { ssrc: n, name: format!("Guest {n}"), present: true, ..Person::default() };
            view.people.insert(n, Arc::new(person));
        }
    });
    pictures(&mut results, "meeting-crowd", &crowd, show);
    pictures(&mut results, "meeting-unread", &with(|_, _| {}), |_| {});
    pictures(&mut results, "question-send-out", &with(busy_floor), |harness| {
        show(harness);
        click(harness, "Menu: 王小明");
        click(harness, "Disconnect…");
    });
}
