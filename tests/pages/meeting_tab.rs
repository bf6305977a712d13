//! The tab of a meeting: what every action in it sends, what is offered to whom, and how it looks.

use std::sync::Arc;

use eframe::egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotResults};
use hitdeck::desk::Desk;
use hitdeck::installation::snapshot::{SessionSnapshot, Snapshot};
use hitdeck::meeting::view::View;

use crate::fixtures::{self, FakeFront};
use crate::looks::{click, pictures};
use crate::{meeting_fixtures as meetings, window};

type Window = Harness<'static, Desk>;

const TAB: &str = "Show tab: Weekly planning";

fn open(session: SessionSnapshot) -> (Arc<FakeFront>, Window) {
    let front = FakeFront::new(meetings::shot(session));
    let mut harness = window(&front, [1280.0, 800.0], Theme::Light);
    click(&mut harness, TAB);
    (front, harness)
}

/// What choosing this in this menu sends.
fn chosen(view: View, menu: &str, entry: &str) -> Vec<String> {
    let (front, mut harness) = open(meetings::inside(1, view));
    click(&mut harness, menu);
    click(&mut harness, entry);
    front.sent()
}

#[test]
fn each_entry_of_a_persons_menu_makes_its_move() {
    for (entry, sent) in [
        ("Give token", "PassToken(4)"),
        ("Allow", "Allow(4)"),
        ("Suppress sound", "SuppressAudio(4, true)"),
        ("Suppress picture", "SuppressVideo(4, true)"),
        ("No assistant", "SetAssistant(-1)"),
    ] {
        assert_eq!(chosen(meetings::owner(), "Menu: 田中さくら", entry), [format!("Do(1, {sent})")], "{entry}");
    }
    assert_eq!(chosen(meetings::owner(), "Menu: Bob Martin", "End question"), ["Do(1, EndQuestion(1))"]);
    assert_eq!(chosen(meetings::owner(), "Menu: Bob Martin", "Make assistant"), ["Do(1, SetAssistant(1))"]);
}

#[test]
fn who_asks_is_allowed_or_turned_down_in_the_row() {
    let (front, mut harness) = open(meetings::inside(1, meetings::owner()));
    click(&mut harness, "Allow: 王小明");
    click(&mut harness, "Turn down: 王小明");
    assert_eq!(front.sent(), ["Do(1, Allow(2))", "Do(1, Skip(2))"]);
    let (_, harness) = open(meetings::inside(1, meetings::guest()));
    assert!(harness.query_by_label_contains("Allow: ").is_none(), "a guest decides about nobody");
}

#[test]
fn disconnecting_asks_once() {
    for (entry, answer, sent) in
        [("Disconnect…", "Disconnect", "SendOut(1)"), ("Disconnect for good…", "Disconnect for good", "Ban(1)")]
    {
        let (front, mut harness) = open(meetings::inside(1, meetings::owner()));
        click(&mut harness, "Menu: Bob Martin");
        click(&mut harness, entry);
        assert!(front.sent().is_empty());
        click(&mut harness, answer);
        assert_eq!(front.sent(), [format!("Do(1, {sent})")]);
        assert!(harness.query_by_label(answer).is_none(), "the question is gone");
    }
}

#[test]
fn a_controller_is_made_with_what_is_marked() {
    let (front, mut harness) = open(meetings::inside(1, meetings::owner()));
    click(&mut harness, "Menu: Bob Martin");
    click(&mut harness, "Make controller…");
    click(&mut harness, "Ask for polls");
    click(&mut harness, "Decide on slides");
    click(&mut harness, "Make controller");
    assert_eq!(front.sent(), ["Do(1, SetController(1, ControlFlags(76)))"]);
}

#[test]
fn a_guest_is_offered_what_a_guest_may_do_and_nothing_else() {
    let (_, mut harness) = open(meetings::inside(1, meetings::guest()));
    for missing in ["Poll", "Take token", "End meeting…"] {
        assert!(harness.query_by_label(missing).is_none(), "{missing}");
    }
    click(&mut harness, "Menu: Bob Martin");
    assert!(harness.query_by_label("Whisper").is_some());
    for missing in ["Give token", "Disconnect…", "Make assistant", "Make controller…", "Suppress sound"] {
        assert!(harness.query_by_label(missing).is_none(), "{missing}");
    }
    harness.key_press(Key::Escape);
    harness.run();
    click(&mut harness, "Menu of the meeting");
    for missing in ["Title…", "Pause recording", "Page for everybody…", "Visitors: Ask me"] {
        assert!(harness.query_by_label(missing).is_none(), "{missing}");
    }
}

#[test]
fn the_button_of_the_floor_is_the_one_that_is_right_now() {
    let floor = |view: View, name: &str| {
        let (front, mut harness) = open(meetings::inside(1, view));
        click(&mut harness, name);
        front.sent()
    };
    assert_eq!(floor(meetings::guest(), "Ask to speak"), ["Do(1, Ask)"]);
    assert_eq!(floor(View { questions: vec![2], ..meetings::guest() }, "Withdraw"), ["Do(1, Withdraw)"]);
    assert_eq!(floor(View { me: 1, ..meetings::guest() }, "Stop speaking"), ["Do(1, EndQuestion(1))"]);
    assert_eq!(floor(View { token_holder: 3, ..meetings::owner() }, "Take token"), ["Do(1, PassToken(0))"]);
    assert_eq!(floor(meetings::owner(), "Poll"), ["Do(1, StartPoll)"]);
}

#[test]
fn the_menu_of_the_meeting_sends_what_it_says() {
    for (entry, sent) in [
        ("Pause recording", "Do(1, PauseRecording)"),
        ("Suppress all sound", "Do(1, SuppressAudio(-1, true))"),
        ("Suppress all pictures", "Do(1, SuppressVideo(-1, true))"),
        ("Visitors: Let everybody in", "SetManners(1, Manners { door: Open, allow_questions: false })"),
        ("Visitors: Do not disturb", "SetManners(1, Manners { door: Closed, allow_questions: false })"),
        ("Let questions through at once", "SetManners(1, Manners { door: Ask, allow_questions: true })"),
    ] {
        assert_eq!(chosen(meetings::owner(), "Menu of the meeting", entry), [sent], "{entry}");
    }
}

#[test]
fn title_page_and_recording_password_are_asked_for_in_dialogs() {
    let mut view = meetings::owner();
    view.recording_facts.password_can_be_set = true;
    for (entry, field, text, button, sent) in [
        ("Title…", "Title of the meeting", "!", "Set title", r#"SetTitle("Weekly planning!")"#),
        (
            "Page for everybody…",
            "Page for everybody",
            "https://x.example",
            "Show page to everybody",
            r#"Browse("https://x.example")"#,
        ),
        (
            "Recording password…",
            "Password of the recording",
            "秘",
            "Set recording password",
            "SetRecordingPassword(RecordingPassword((3 bytes)))",
        ),
    ] {
        let (front, mut harness) = open(meetings::inside(1, view.clone()));
        click(&mut harness, "Menu of the meeting");
        click(&mut harness, entry);
        let field = harness.get_by(|node| node.label().as_deref() == Some(field) && node.is_focused());
        field.type_text(text);
        harness.run();
        click(&mut harness, button);
        assert_eq!(front.sent(), [format!("Do(1, {sent})")], "{entry}");
    }
}

#[test]
fn a_page_shows_its_address_before_it_is_opened() {
    let (_, mut harness) = open(meetings::notices());
    click(&mut harness, "Open page…");
    assert!(harness.query_by_label("https://example.com/agenda?of=a-long-address-that-goes-on-and-on").is_some());
    click(&mut harness, "Open in the browser");
    assert!(harness.query_by_label("Open in the browser").is_none());
}

#[test]
fn visitors_are_let_in_and_turned_away_by_button_and_by_key() {
    let (front, mut harness) = open(meetings::with_visitors(&["王小明", "Vera"]));
    click(&mut harness, "Turn away: Vera");
    harness.key_press_modifiers(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Y);
    harness.run();
    assert_eq!(front.sent(), ["Do(1, AnswerKnock([49], false))", "Do(1, AnswerKnock([48], true))"]);
}

#[test]
fn more_than_three_prompts_are_counted() {
    let (_, harness) = open(meetings::with_visitors(&["A", "B", "C", "D", "E", "F", "G"]));
    assert!(harness.query_by_label("and 5 more").is_some());
    assert!(harness.query_by_label("Let in: C").is_none());
}

#[test]
fn a_poll_is_answered_by_button_and_by_key() {
    let (front, mut harness) = open(meetings::poll_of_guest());
    click(&mut harness, "Answer the poll: 4");
    harness.key_press_modifiers(Modifiers::ALT, Key::Num2);
    harness.run();
    assert_eq!(front.sent(), ["Do(1, AnswerPoll(4))", "Do(1, AnswerPoll(2))"]);
}

#[test]
fn a_notice_of_the_operator_stays_until_it_is_dismissed() {
    let (_, mut harness) = open(meetings::inside(1, meetings::owner()));
    click(&mut harness, "Dismiss notice");
    assert!(harness.query_by_label("Dismiss notice").is_none());
}

#[test]
fn lines_that_came_while_one_was_elsewhere_are_counted_until_they_are_read() {
    let (front, mut harness) = open(meetings::inside(1, meetings::owner()));
    click(&mut harness, "Home");
    let mut view = meetings::owner();
    view.chat.extend_from_slice(&fixtures::chat()[..3]);
    front.show(meetings::shot(meetings::inside(1, view)));
    harness.run();
    click(&mut harness, "Show tab: Weekly planning, 3 unread");
    assert!(harness.query_by_label(TAB).is_some());
}

#[test]
fn two_meetings_are_shown_side_by_side_and_one_alone_again() {
    let mut harness = side_by_side();
    assert_eq!(harness.get_all_by_label("Menu of the meeting").count(), 2);
    harness.get_all_by_label("Menu of the meeting").next().unwrap().click();
    harness.run();
    click(&mut harness, "Show alone");
    assert_eq!(harness.get_all_by_label("Menu of the meeting").count(), 1);
}

#[test]
fn the_menu_of_a_meeting_offers_the_others_to_be_shown_beside_it() {
    let mut harness = window(&FakeFront::new(meetings::two()), [1280.0, 800.0], Theme::Light);
    click(&mut harness, TAB);
    click(&mut harness, "Menu of the meeting");
    click(&mut harness, "Show beside: The same, as guest");
    assert_eq!(harness.get_all_by_label("Menu of the meeting").count(), 2);
}

#[test]
fn tabs_of_one_meeting_have_the_names_of_those_who_are_in_it() {
    let mut both = meetings::two();
    let view = View { title: "Weekly planning".into(), ..(*both.sessions[1].view).clone() };
    both.sessions[1] = Arc::new(SessionSnapshot { view: Arc::new(view), ..(*both.sessions[1]).clone() });
    let mut harness = window(&FakeFront::new(both), [1280.0, 800.0], Theme::Light);
    click(&mut harness, "Show tab: Alice Chen: Weekly planning");
    click(&mut harness, "Show tab: 王小明: Weekly planning");
}

fn side_by_side() -> Window {
    let mut harness = window(&FakeFront::new(meetings::two()), [1280.0, 800.0], Theme::Light);
    beside(&mut harness);
    harness
}

fn beside(harness: &mut Window) {
    click(harness, TAB);
    harness.get_by_label("Show tab: The same, as guest").click_secondary();
    harness.run();
    click(harness, "Show beside: The same, as guest");
}

#[test]
fn a_transcript_is_saved_as_text() {
    let sent = chosen(meetings::owner(), "Menu of the meeting", "Save transcript…");
    assert_eq!(sent, [r#"SaveTranscript(1, "/tmp/Weekly-planning.txt")"#]);
}

#[test]
fn the_recording_of_an_archive_is_not_paused() {
    let mut view = meetings::owner();
    view.recording_facts.archived = true;
    let (_, mut harness) = open(meetings::inside(1, view));
    click(&mut harness, "Menu of the meeting");
    assert!(harness.query_by_label("Pause recording").is_none());
}

#[test]
fn a_crowd_is_filtered_by_name() {
    let (_, mut harness) = open(meetings::crowd());
    harness.get_by_label("Filter people").focus();
    harness.run();
    harness.get_by_label("Filter people").type_text("陳大文 10");
    harness.run();
    assert!(harness.query_by_label("陳大文 100").is_some());
    assert!(harness.query_by_label("Alice Chen (you)").is_none());
}

fn tab_pictures(name: &str, shot: &Snapshot) {
    let mut results = SnapshotResults::new();
    pictures(&mut results, name, shot, |harness| click(harness, TAB));
}

#[test]
fn an_owner_with_questions_and_a_visitor() {
    tab_pictures("tab-owner", &meetings::shot(meetings::with_visitors(&["王小明"])));
}

#[test]
fn an_owner_with_a_crowd_at_the_door() {
    let names = ["王小明", "Maximiliana Featherstonehaugh-Cholmondeley of the Other Company", "", "D", "E"];
    tab_pictures("tab-visitors", &meetings::shot(meetings::with_visitors(&names)));
}

#[test]
fn a_guest_who_asks() {
    let view = View { questions: vec![3, 2], ..meetings::guest() };
    tab_pictures("tab-guest", &meetings::shot(meetings::inside(1, view)));
}

#[test]
fn a_poll_that_its_owner_watches() {
    tab_pictures("tab-poll-owner", &meetings::shot(meetings::poll_of_owner()));
}

#[test]
fn a_poll_that_a_guest_is_asked() {
    tab_pictures("tab-poll-guest", &meetings::shot(meetings::poll_of_guest()));
}

#[test]
fn all_that_has_to_be_known() {
    tab_pictures("tab-notices", &meetings::shot(meetings::notices()));
}

#[test]
fn three_hundred_people() {
    tab_pictures("tab-crowd", &meetings::shot(meetings::crowd()));
}

#[test]
fn two_meetings_beside_each_other() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "tab-beside", &meetings::two(), beside);
}

#[test]
fn four_meetings_beside_each_other() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "tab-four", &meetings::four(), |harness| {
        click(harness, TAB);
        for title in ["As Bob", "As 王小明", "As Max"] {
            harness.get_by_label(&format!("Show tab: {title}")).click_secondary();
            harness.run();
            click(harness, &format!("Show beside: {title}"));
        }
        assert_eq!(harness.get_all_by_label("Menu of the meeting").count(), 4);
    });
}

#[test]
fn menus_and_dialogs_of_a_meeting() {
    let mut results = SnapshotResults::new();
    let shot = meetings::shot(meetings::inside(1, meetings::owner()));
    pictures(&mut results, "tab-menu", &shot, |harness| {
        click(harness, TAB);
        click(harness, "Menu of the meeting");
    });
    pictures(&mut results, "tab-person", &shot, |harness| {
        click(harness, TAB);
        click(harness, "Menu: Bob Martin");
    });
    pictures(&mut results, "tab-controller", &shot, |harness| {
        click(harness, TAB);
        click(harness, "Menu: Bob Martin");
        click(harness, "Make controller…");
    });
}
