//! Every main action sends the right command.

use std::sync::Arc;

use eframe::egui::{Event, Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use hitdeck::desk::Desk;
use hitdeck::installation::command::{Command, JnjFor, JnjSource};
use hitdeck::installation::snapshot::{ClockRow, Ending, PlayerSnapshot, SessionPhase, SessionSnapshot, Snapshot};

use hitdeck::meeting::view::View;

use crate::fixtures::{self, FakeFront};
use crate::window;

type Window = Harness<'static, Desk>;

fn open(shot: Snapshot) -> (Arc<FakeFront>, Window) {
    let front = FakeFront::new(shot);
    let harness = window(&front, [1280.0, 800.0], Theme::Light);
    (front, harness)
}

fn click(harness: &mut Window, label: &str) {
    harness.get_by_label(label).click();
    harness.run();
}

fn type_into(harness: &mut Window, label: &str, text: &str) {
    harness.get_by_label(label).focus();
    harness.run();
    harness.get_by_label(label).type_text(text);
    harness.run();
}

fn press(harness: &mut Window, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run();
}

fn meeting() -> (Arc<FakeFront>, Window) {
    let (front, mut harness) = open(fixtures::with_session(fixtures::session(1, SessionPhase::InMeeting)));
    click(&mut harness, "Show tab: Weekly planning");
    (front, harness)
}

#[test]
fn the_mcu_is_started_and_stopped() {
    let (front, mut harness) = open(fixtures::stopped());
    click(&mut harness, "Start MCU");
    assert_eq!(front.sent(), ["StartMcu"]);
    front.show(fixtures::running(Vec::new()));
    harness.run();
    click(&mut harness, "Stop MCU");
    assert_eq!(front.sent(), ["StopMcu"]);
}

#[test]
fn stopping_an_mcu_with_meetings_asks_first() {
    let (front, mut harness) = open(fixtures::busy());
    click(&mut harness, "Stop MCU");
    assert!(front.sent().is_empty());
    click(&mut harness, "Cancel");
    assert!(harness.query_by_label("Stop MCU and close meetings").is_none());
    click(&mut harness, "Stop MCU");
    click(&mut harness, "Stop MCU and close meetings");
    assert_eq!(front.sent(), ["StopMcu"]);
}

#[test]
fn an_open_meeting_is_joined_as_owner_and_as_guest() {
    let (front, mut harness) = open(fixtures::busy());
    click(&mut harness, "Join as owner: Weekly planning");
    click(&mut harness, "Join as guest: Meeting 43");
    let orders: Vec<_> = front
        .take()
        .into_iter()
        .map(|c| if let Command::IssueAndJoin(order) = c { order } else { panic!("{c:?}") })
        .collect();
    assert_eq!((orders[0].owner_id.as_str(), orders[0].meeting_id.as_str()), ("alice.chen", "40"));
    assert_eq!(orders[0].person, JnjFor::Owner);
    assert_eq!((orders[1].owner_id.as_str(), orders[1].meeting_id.as_str()), ("carol", "43"));
    assert!(matches!(orders[1].person, JnjFor::Guest { invited: true, .. }));
}

#[test]
fn two_clicks_start_a_meeting() {
    let (front, mut harness) = open(fixtures::running(Vec::new()));
    click(&mut harness, "Start a meeting");
    click(&mut harness, "Issue and join");
    let commands = front.take();
    let [Command::IssueAndJoin(order)] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!((order.owner_id.as_str(), order.meeting_id.as_str(), order.duration_min), ("alice", "1", 0));
}

#[test]
fn a_jnj_is_saved_where_the_dialog_says() {
    let (front, mut harness) = open(fixtures::stopped());
    click(&mut harness, "Issue a jnj");
    click(&mut harness, "Save as…");
    let commands = front.take();
    let [Command::IssueToFile(order, path)] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!((order.owner_id.as_str(), path.to_str()), ("alice", Some("/tmp/alice-1.jnj")));
}

#[test]
fn a_form_with_a_mistake_issues_nothing() {
    let (front, mut harness) = open(fixtures::running(Vec::new()));
    click(&mut harness, "Issue a jnj");
    type_into(&mut harness, "Meeting id", &"會".repeat(43));
    click(&mut harness, "Issue and join");
    assert!(front.sent().is_empty());
    assert!(harness.query_by_label_contains("at most 127 fit").is_some());
}

#[test]
fn a_file_is_opened_by_dialog_shortcut_and_drop() {
    let (front, mut harness) = open(fixtures::stopped());
    click(&mut harness, "Open…");
    press(&mut harness, Modifiers::COMMAND, Key::O);
    harness.state_mut().open("/tmp/a.JNR".into());
    harness.state_mut().open("/tmp/letter.txt".into());
    harness.run();
    assert_eq!(
        front.sent(),
        [r#"Join(File("/tmp/chosen.jnj"))"#, r#"Join(File("/tmp/chosen.jnj"))"#, r#"Play("/tmp/a.JNR")"#]
    );
    assert!(harness.query_by_label_contains("Dismiss: “letter.txt”").is_some());
}

#[test]
fn pasted_jnj_text_is_joined_with_after_a_look_at_it() {
    let (front, mut harness) = open(fixtures::stopped());
    harness.event(Event::Paste("just words".into()));
    harness.run();
    assert!(harness.query_by_label("Join with this jnj").is_none());
    harness.event(Event::Paste("<jnj>…</jnj>".into()));
    harness.run();
    click(&mut harness, "Join with this jnj");
    let commands = front.take();
    assert!(
        matches!(commands.as_slice(), [Command::Join(JnjSource::Text(text))] if text == "<jnj>…</jnj>"),
        "{commands:?}"
    );
}

#[test]
fn a_line_is_said_with_enter_and_the_focus_stays() {
    let (front, mut harness) = meeting();
    type_into(&mut harness, "Message", "大家好");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    harness.get_by_label("Message").type_text("again");
    harness.run();
    click(&mut harness, "Send");
    assert_eq!(front.sent(), [r#"Do(1, Say("大家好"))"#, r#"Do(1, Say("again"))"#]);
}

#[test]
fn an_empty_line_is_not_sent() {
    let (front, mut harness) = meeting();
    type_into(&mut harness, "Message", "   ");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert!(harness.get_by_label("Send").accesskit_node().is_disabled());
    assert!(front.sent().is_empty());
}

#[test]
fn a_whisper_goes_to_the_one_chosen() {
    let (front, mut harness) = meeting();
    click(&mut harness, "Menu: 王小明");
    click(&mut harness, "Whisper");
    type_into(&mut harness, "Message", "psst");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(front.sent(), [r#"Do(1, Whisper(2, "psst"))"#]);
}

#[test]
fn simulated_people_are_sent_into_an_open_meeting_and_away() {
    let (front, mut harness) = open(fixtures::busy());
    click(&mut harness, "Simulated people: Weekly planning");
    assert!(harness.get_by_label("Send simulated people away").accesskit_node().is_disabled(), "nobody is simulated");
    click(&mut harness, "Add people: 20");
    assert_eq!(front.sent(), ["AddPeople { session_index: 0, count: 20, seed: 0 }"]);
}

#[test]
fn every_attribute_of_the_form_comes_into_the_order() {
    let (front, mut harness) = open(fixtures::running(Vec::new()));
    click(&mut harness, "Issue a jnj");
    type_into(&mut harness, "Group", "staff");
    click(&mut harness, "Show");
    type_into(&mut harness, "owner.email", "alice@example.com");
    // Below what is in sight.
    harness.get_by_label("command.autoextension").click_accesskit();
    harness.run();
    click(&mut harness, "Issue and join");
    let commands = front.take();
    let [Command::IssueAndJoin(order)] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(order.group, "staff");
    assert_eq!(order.set, ["command.autoextension=0", "owner.email=alice@example.com"]);
    type_into(&mut harness, "command.bandwidth", "much");
    assert!(harness.query_by_label("A whole number.").is_some());
    assert!(harness.get_by_label("Issue and join").accesskit_node().is_disabled());
}

#[test]
fn a_participant_of_each_kind_joins_in_one_click() {
    let (front, mut harness) = open(fixtures::running(Vec::new()));
    click(&mut harness, "Issue a jnj");
    click(&mut harness, "Issue and join: Ticket holder");
    click(&mut harness, "Issue and join: Owner, preparing");
    let commands = front.take();
    let [Command::IssueAndJoin(ticket), Command::IssueAndJoin(owner)] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    assert!(matches!(ticket.person, JnjFor::Guest { ticket: true, .. }));
    assert_eq!(owner.person, JnjFor::Owner);
    assert_eq!(owner.set, ["command.preparationmode=1"]);
}

#[test]
fn the_operator_tells_one_meeting_or_all_and_announces_a_shutdown() {
    let (front, mut harness) = open(fixtures::busy());
    click(&mut harness, "Notice…: to every meeting");
    assert!(harness.get_by_label("Send notice").accesskit_node().is_disabled());
    type_into(&mut harness, "Words of the notice", "Restart at six");
    click(&mut harness, "Send notice");
    click(&mut harness, "Simulated people: Weekly planning");
    click(&mut harness, "Notice…: Weekly planning");
    type_into(&mut harness, "Words of the notice", "你好");
    click(&mut harness, "Send notice");
    click(&mut harness, "Notice…: to every meeting");
    click(&mut harness, "Announce shutdown");
    assert_eq!(front.sent(), [r#"Tell(None, "Restart at six")"#, r#"Tell(Some(0), "你好")"#, "WarnOfShutdown"]);
}

#[test]
fn the_office_clock_is_turned_and_set_right_again() {
    let (front, mut harness) = open(fixtures::busy());
    click(&mut harness, "Office clock");
    assert!(harness.get_by_label("Computer's time").accesskit_node().is_disabled());
    click(&mut harness, "Turn the clock: +1 h");
    click(&mut harness, "Turn the clock: −1 day");
    click(&mut harness, "Clock speed: A minute a second");
    let turned = ClockRow { now: 1_715_954_700, ahead: 3600, speed: 60 };
    front.show(Snapshot { clock: turned, ..fixtures::busy() });
    harness.run();
    click(&mut harness, "Computer's time");
    assert_eq!(
        front.sent(),
        ["TurnClock(Jump(3600000))", "TurnClock(Jump(-86400000))", "TurnClock(RunAt(60))", "TurnClock(Real)"]
    );
}

#[test]
fn the_token_is_given_and_taken_back() {
    let (front, mut harness) =
        open(fixtures::with_session(Arc::new(crate::meeting_fixtures::inside(1, crate::meeting_fixtures::owner()))));
    click(&mut harness, "Show tab: Weekly planning");
    click(&mut harness, "Menu: 田中さくら");
    click(&mut harness, "Give token");
    assert_eq!(front.sent(), ["Do(1, PassToken(4))"]);
    let view = View { token_holder: 4, ..fixtures::view() };
    let taken = SessionSnapshot { view: Arc::new(view), ..(*fixtures::session(1, SessionPhase::InMeeting)).clone() };
    front.show(fixtures::with_session(Arc::new(taken)));
    harness.run();
    click(&mut harness, "Take token");
    assert_eq!(front.sent(), ["Do(1, PassToken(0))"]);
}

#[test]
fn leaving_is_immediate_and_ending_for_all_asks_once() {
    let (front, mut harness) = meeting();
    click(&mut harness, "Leave");
    click(&mut harness, "End meeting…");
    assert_eq!(front.sent(), ["Leave(1)"]);
    click(&mut harness, "End for everybody");
    assert_eq!(front.sent(), ["Do(1, EndMeeting)"]);
}

#[test]
fn a_guest_cannot_end_the_meeting() {
    let mut view = fixtures::view();
    (view.me, view.owns_token) = (2, false);
    let session = SessionSnapshot { view: Arc::new(view), ..(*fixtures::session(1, SessionPhase::InMeeting)).clone() };
    let (_, mut harness) = open(fixtures::with_session(Arc::new(session)));
    click(&mut harness, "Show tab: Weekly planning");
    assert!(harness.query_by_label("End meeting…").is_none());
    assert!(harness.query_by_label("Take token").is_none());
    assert!(harness.query_by_label("Leave").is_some());
}

#[test]
fn a_password_is_sent_and_can_be_refused() {
    let (front, mut harness) =
        open(fixtures::with_session(fixtures::outside(1, SessionPhase::PasswordWanted { again: false })));
    click(&mut harness, "Show tab: alice-40.jnj");
    type_into(&mut harness, "Password", "s3cret");
    click(&mut harness, "Join with password");
    let commands = front.take();
    let [Command::AnswerPassword(1, Some(secret))] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(secret.expose(), "s3cret");
    assert!(!format!("{commands:?}").contains("s3cret"));
    assert!(harness.get_by_label("Join with password").accesskit_node().is_disabled(), "the field is empty again");
    click(&mut harness, "Do not join");
    assert_eq!(front.sent(), ["AnswerPassword(1, None)"]);
}

#[test]
fn an_ended_session_is_joined_again_or_closed() {
    let (front, mut harness) = open(fixtures::with_session(fixtures::session(1, SessionPhase::Ended(Ending::Left))));
    click(&mut harness, "Show tab: Weekly planning");
    click(&mut harness, "Join again");
    press(&mut harness, Modifiers::COMMAND, Key::W);
    assert_eq!(front.sent(), ["JoinAgain(1)", "CloseTab(1)"]);
}

#[test]
fn a_recording_is_played_by_double_click_enter_and_button() {
    let (front, mut harness) = open(fixtures::busy());
    click(&mut harness, "Recordings");
    harness.get_by_label("1000").click();
    harness.run();
    press(&mut harness, Modifiers::NONE, Key::Enter);
    click(&mut harness, "Play recording");
    let play = r#"Play("/srv/qa/hit-deck/recording/_user/0.jnr")"#;
    assert_eq!(front.sent(), [play, play]);
    press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    // The click before must not count as the first of three.
    harness.run_steps(60);
    harness.get_by_label("999").click();
    harness.get_by_label("999").click();
    harness.run();
    assert_eq!(front.sent(), [r#"Play("/srv/qa/hit-deck/recording/_user/1.jnr")"#]);
    press(&mut harness, Modifiers::NONE, Key::F5);
    assert_eq!(front.sent(), ["RefreshRecordings"]);
}

#[test]
fn the_filter_narrows_the_table_and_a_recording_of_homemeeting_is_not_played() {
    let (front, mut harness) = open(fixtures::busy());
    click(&mut harness, "Recordings");
    type_into(&mut harness, "Filter recordings", "997");
    assert!(harness.query_by_label("1000").is_none());
    harness.get_by_label("997").click();
    harness.run();
    assert!(harness.get_by_label("Play recording").accesskit_node().is_disabled());
    assert!(front.sent().is_empty());
}

#[test]
fn a_playback_is_paused_moved_and_sped_up() {
    let (front, mut harness) = open(fixtures::with_player(fixtures::player(9)));
    click(&mut harness, "Show tab: Weekly planning");
    click(&mut harness, "Pause");
    click(&mut harness, "Back 10 s");
    click(&mut harness, "Forward 10 s");
    press(&mut harness, Modifiers::NONE, Key::ArrowRight);
    click(&mut harness, "Playback speed");
    click(&mut harness, "Playback speed: 2×");
    click(&mut harness, "Seek");
    let sent = front.sent();
    assert_eq!(
        sent[..5],
        ["SetPlaying(9, false)", "Seek(9, 1314000)", "Seek(9, 1334000)", "Seek(9, 1334000)", "SetSpeed(9, 2.0)"]
    );
    // The middle of the bar is the middle of the recording, to the nearest half percent.
    let at: u64 = sent[5].trim_start_matches("Seek(9, ").trim_end_matches(')').parse().unwrap();
    assert!(at.abs_diff(1_801_000) < 18_000, "{at}");
    let paused = PlayerSnapshot { playing: false, ..(*fixtures::player(9)).clone() };
    front.show(fixtures::with_player(Arc::new(paused)));
    harness.run();
    click(&mut harness, "Play");
    assert_eq!(front.sent(), ["SetPlaying(9, true)"]);
}

#[test]
fn the_space_bar_plays_and_pauses() {
    let (front, mut harness) = open(fixtures::with_player(fixtures::player(9)));
    press(&mut harness, Modifiers::COMMAND, Key::Num5);
    press(&mut harness, Modifiers::NONE, Key::Space);
    assert_eq!(front.sent(), ["SetPlaying(9, false)"]);
}

#[test]
fn a_new_session_is_shown_by_itself() {
    let (front, mut harness) = open(fixtures::running(Vec::new()));
    front.show(fixtures::with_session(fixtures::session(5, SessionPhase::InMeeting)));
    harness.run();
    assert!(harness.query_by_label("Message").is_some());
}

#[test]
fn numbers_and_letters_lead_around() {
    let (_, mut harness) = open(fixtures::busy());
    press(&mut harness, Modifiers::COMMAND, Key::Num3);
    assert!(harness.query_by_label("Filter recordings").is_some());
    press(&mut harness, Modifiers::COMMAND, Key::Num4);
    assert!(harness.query_by_label("Start watching").is_none());
    assert!(harness.query_by_label("Watch messages").is_some());
    press(&mut harness, Modifiers::COMMAND, Key::Num5);
    assert!(harness.query_by_label("Message").is_some());
    press(&mut harness, Modifiers::COMMAND, Key::L);
    assert!(harness.query_by_label("Filter the log").is_some());
    press(&mut harness, Modifiers::COMMAND, Key::N);
    assert!(harness.query_by_label("Issue and join").is_some());
}

#[test]
fn a_notice_is_dismissed_and_a_refused_command_is_told() {
    let mut shot = fixtures::stopped();
    shot.notices = vec![fixtures::notice(4, hitdeck::installation::snapshot::Level::Error, "Disk full.")];
    let (front, mut harness) = open(shot);
    click(&mut harness, "Dismiss: Disk full.");
    assert_eq!(front.sent(), ["DismissNotice(4)"]);
    front.refuse("The engine is stopping.");
    click(&mut harness, "Start MCU");
    assert!(harness.query_by_label("The engine is stopping.").is_some());
    front.show(fixtures::stopped());
    harness.run();
    click(&mut harness, "Dismiss: The engine is stopping.");
    assert!(harness.query_by_label("The engine is stopping.").is_none());
}

#[test]
fn a_meeting_is_closed_by_the_administrator_after_a_question() {
    let (front, mut harness) = open(fixtures::busy());
    let menu = harness.get_all_by_label_contains("Simulated people: ").next().unwrap();
    menu.click();
    harness.run();
    harness.get_by_label_contains("Close the meeting…").click();
    harness.run();
    assert_eq!(front.sent(), Vec::<String>::new(), "asks first");
    harness.get_by_label_contains("ends for everybody");
    click(&mut harness, "Close it now");
    assert_eq!(front.sent(), ["CloseMeeting(0)"]);
}

#[test]
fn passwords_are_remembered_from_the_prompt_and_forgotten_again_from_the_home_page() {
    let (front, mut harness) =
        open(fixtures::with_session(fixtures::session(1, SessionPhase::PasswordWanted { again: false })));
    click(&mut harness, "Show tab: Weekly planning");
    click(&mut harness, "Remember passwords");
    assert_eq!(front.sent(), ["RememberPasswords(true)"]);
    front.show(Snapshot { remembers_passwords: true, ..fixtures::busy() });
    harness.run();
    click(&mut harness, "Home");
    click(&mut harness, "How to connect");
    click(&mut harness, "Remember passwords");
    assert_eq!(front.sent(), ["RememberPasswords(false)"]);
}

#[test]
fn whoever_joins_an_open_meeting_asks_for_the_same_kind_in_the_same_group() {
    let mut shot = fixtures::busy();
    if let hitdeck::installation::snapshot::McuState::Running(running) = &mut shot.mcu {
        (running.meetings[0].group, running.meetings[0].duration_min) = (Some("sales".into()), 45);
    }
    let (front, mut harness) = open(shot);
    for label in ["Join as owner: Weekly planning", "Join as guest: Weekly planning"] {
        harness.get_by_label(label).click();
        harness.run();
        let sent = front.take();
        let [Command::IssueAndJoin(order)] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!((order.duration_min, order.group.as_str(), order.meeting_id.as_str()), (45, "sales", "40"));
    }
}
