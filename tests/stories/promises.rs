//! Promises of the guide's chapter 3 that take a running server and its folder to be seen.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hitdeck::client::{Client, ClientCommand, Ending, Move, Question};
use hitdeck::hit::local_time::LocalTime;
use hitdeck::hit::status::ParticipantFile;
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::library::listing::read_status;
use hitdeck::link::Transport;
use hitdeck::mcu::McuSnapshot;
use hitdeck::wire::Refusal;

use crate::playback::{playback, record};
use crate::stage::{Stage, ended, files, guest, joined, owner, say, turned_away, until};

async fn until_snapshot(stage: &Stage, is: impl Fn(&McuSnapshot) -> bool) -> Arc<McuSnapshot> {
    let mut snapshot = stage.mcu.snapshot();
    let now = snapshot.wait_for(|now| is(now)).await.unwrap();
    Arc::clone(&now)
}

async fn end(stage: &Stage, client: Client) {
    assert!(client.command(ClientCommand::Do(Move::EndMeeting)));
    ended(&client).await;
    client.finish().await;
    until_snapshot(stage, |now| now.meetings.is_empty()).await;
}

fn named(root: &Path, prefix: &str) -> Vec<PathBuf> {
    let is = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(prefix);
    files(root, "").into_iter().filter(is).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_lies_in_its_groups_folder_and_says_when_it_was_made_and_how_long_it_is() {
    let stage = Stage::open().await;
    let before = stage.clock.now().unix_seconds();
    let olive = stage.join(&RequestOrder { group: Some("sales".into()), title: "題".into(), ..owner("monday") });
    joined(&olive).await;
    end(&stage, olive).await;
    let after = stage.clock.now().unix_seconds();
    let folder = stage.recordings().join("_group/sales/olive/monday");
    let jnr = files(&folder, ".jnr");
    assert_eq!(jnr.len(), 1);
    let name = jnr[0].file_name().unwrap().to_string_lossy().into_owned();
    assert!(
        name.starts_with("_recording_127.0.0.1_") && name.len() == "_recording_127.0.0.1_.jnr".len() + 23,
        "{name}"
    );
    let status = read_status(&jnr[0].with_extension("xml")).unwrap();
    assert!((before..=after).contains(&status.start_utc));
    // One moment in two forms, and the name has it too, to the minute.
    let offset = |hours: i32| LocalTime::from_unix(status.start_utc, hours * 900);
    let zone = (-48..=56).find(|quarter| offset(*quarter).start_time() == status.start_text).expect("a local time");
    assert!(name.contains(&offset(zone).recording_stamp()), "{name}");
    assert!(status.duration <= u64::try_from(after - before).unwrap());
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_with_one_meeting_id_have_offices_and_folders_of_their_own() {
    let stage = Stage::open().await;
    let tess = RequestOrder { owner: ("tess".into(), "Tess".into()), ..owner("same") };
    let clients = [stage.join(&owner("same")), stage.join(&tess)];
    for client in &clients {
        assert_eq!(joined(client).await.view.present().len(), 1);
    }
    until_snapshot(&stage, |now| now.meetings.len() == 2).await;
    for client in clients {
        client.finish().await;
    }
    let root = stage.recordings();
    let _folder = stage.close().await;
    for id in ["olive", "tess"] {
        assert_eq!(files(&root.join("_user").join(id).join("same"), ".jnr").len(), 1, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_name_of_the_server_has_a_status_file_and_all_say_the_same() {
    let names = ["127.0.0.1", "::1", "mcu.example.com"];
    let stage = Stage::open_with(|config| config.status_names = names.map(str::to_owned).to_vec()).await;
    let olive = stage.join(&owner("names"));
    joined(&olive).await;
    until_snapshot(&stage, |now| now.meetings.iter().any(|meeting| meeting.people.len() == 1)).await;
    olive.finish().await;
    let root = stage.recordings();
    let _folder = stage.close().await;
    for prefix in ["_status_ip_", "_office_status_ip_"] {
        let texts: Vec<String> =
            named(&root, prefix).iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        assert_eq!(texts.len(), 3, "{prefix}");
        assert!(texts.iter().all(|text| *text == texts[0]), "{prefix}");
    }
    assert!(root.join("_status_ip_;;1.xml").exists());
}

fn inside(stage: &Stage) -> Option<ParticipantFile> {
    let path = named(&stage.recordings(), "_participant_").pop()?;
    ParticipantFile::parse(&std::fs::read(path).ok()?).ok()
}

/// Written by a thread of the meeting's own soon after what it tells.
async fn until_inside(stage: &Stage, is: impl Fn(&ParticipantFile) -> bool) {
    let seen = async {
        while !inside(stage).is_some_and(|file| is(&file)) {
            tokio::task::yield_now().await;
        }
    };
    assert!(crate::stage::within("the participant file", seen).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_participant_file_says_whether_places_are_reserved_also_after_a_preparation() {
    let stage = Stage::open().await;
    let event = RequestOrder { duration_min: 30, ..owner("event") };
    let prepare = RequestOrder { set: vec!["command.preparationmode=1".into()], ..event.clone() };
    let olive = stage.join(&prepare);
    joined(&olive).await;
    until_inside(&stage, |file| file.users.len() == 1 && !file.guaranteed).await;
    // It takes an hour of its own; whoever joins the event from the window asks for the event's time.
    let now = until_snapshot(&stage, |now| now.meetings.len() == 1).await;
    assert_eq!((now.meetings[0].duration_min, now.meetings[0].event_min), (60, 30));
    let reserved = RequestOrder { set: vec!["guaranteed.invited=2".into()], ..event };
    let again = stage.join(&reserved);
    until(&again, "the meeting", |s| s.view.initialised && !s.view.preparing).await;
    until_inside(&stage, |file| file.guaranteed).await;
    for client in [olive, again] {
        client.finish().await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_storage_is_gone_meetings_go_on_unrecorded_and_nothing_is_played() {
    let stage = Stage::open().await;
    record(&stage, "before");
    let root = stage.recordings();
    // What stands there now is no folder.
    let aside = root.with_extension("gone");
    std::fs::rename(&root, &aside).unwrap();
    std::fs::write(&root, "unplugged").unwrap();
    let ending = turned_away(stage.join(&playback(owner("before")))).await;
    assert!(matches!(ending, Ending::Refused(Refusal::MessageNotExist)), "{ending:?}");
    let olive = stage.join(&owner("meanwhile"));
    joined(&olive).await;
    let gus = stage.join(&guest("meanwhile", "gus", "Gus"));
    joined(&gus).await;
    say(&gus, "still here");
    until(&olive, "a line", |s| s.view.chat.iter().any(|line| line.text == "still here")).await;
    assert!(olive.state().view.recording_facts.not_requested, "and everybody is told that nothing is recorded");
    for client in [gus, olive] {
        client.finish().await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_have_the_same_password_or_each_one_of_their_own() {
    for (hers, his) in [("sesame", "sesame"), ("hers", "his")] {
        let stage = Stage::open().await;
        let locked = |order: RequestOrder, password: &str| RequestOrder { password: Some(password.into()), ..order };
        let (olive, gus) = (locked(owner("locked"), hers), locked(guest("locked", "gus", "Gus"), his));
        let olive = stage.start(stage.issue(&olive), Transport::WebSocket, Some(hers));
        joined(&olive).await;
        let gus = stage.start(stage.issue(&gus), Transport::WebSocket, Some(his));
        joined(&gus).await;
        for client in [gus, olive] {
            client.finish().await;
        }
        stage.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_kept_whole_though_it_goes_beyond_the_quota() {
    let stage = Stage::open().await;
    let olive = stage.join(&RequestOrder { set: vec!["owner.diskquota=1".into()], ..owner("long") });
    joined(&olive).await;
    let line = "x".repeat(2_000);
    for n in 0..600 {
        assert!(olive.command(ClientCommand::Do(Move::Say(format!("{n} {line}")))));
        if n % 50 == 49 {
            until(&olive, "what was said", |s| s.view.chat.len() == n + 1).await;
        }
    }
    end(&stage, olive).await;
    let jnr = files(&stage.recordings().join("_user/olive/long"), ".jnr").remove(0);
    assert!(std::fs::metadata(&jnr).unwrap().len() > 1 << 20);
    let (view, _) = crate::stage::played(&jnr);
    assert_eq!(view.chat.len(), 600);
    assert!(read_status(&jnr.with_extension("xml")).unwrap().recorded);
    // And the next one is not opened.
    let next = stage.join(&RequestOrder { set: vec!["owner.diskquota=1".into()], ..owner("next") });
    assert!(matches!(turned_away(next).await, Ending::Refused(_)));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_viewer_of_a_playback_is_the_guest_of_its_request() {
    let stage = Stage::open().await;
    record(&stage, "seen");
    for (order, id, name, shared) in [
        (guest("seen", "gus", "Gus"), "gus", "Gus", true),
        (guest("seen", "", "王小明"), "", "王小明", true),
        (owner("seen"), "olive", "Olive", false),
    ] {
        let viewer = stage.join(&playback(order));
        let now = until_snapshot(&stage, |now| now.playbacks.len() == 1).await;
        let row = &now.playbacks[0];
        assert_eq!((row.player_id.as_str(), row.player_name.as_str(), row.shared), (id, name, shared));
        viewer.finish().await;
        until_snapshot(&stage, |now| now.playbacks.is_empty()).await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anonymous_guest_who_is_not_invited_stands_at_the_door() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("door"));
    joined(&olive).await;
    let nobody = GuestOrder { id: String::new(), name: "Somebody".into(), invited: false, ticket: false };
    let visitor = stage.join(&RequestOrder { guest: Some(nobody), ..owner("door") });
    let asked = until(&olive, "a visitor", |s| !s.prompts.is_empty()).await;
    let Question::Knock(knock) = &asked.prompts[0].question else { panic!("{asked:?}") };
    assert_eq!(knock.name, "Somebody");
    assert!(olive.command(ClientCommand::Do(Move::AnswerKnock(knock.id.clone(), true))));
    joined(&visitor).await;
    for client in [visitor, olive] {
        client.finish().await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_an_event_goes_on_after_its_time_is_what_its_first_request_said() {
    let stage = Stage::open().await;
    let fixed = RequestOrder { duration_min: 30, set: vec!["command.autoextension=0".into()], ..owner("event") };
    let olive = stage.join(&fixed);
    joined(&olive).await;
    let gus = stage.join(&RequestOrder { duration_min: 30, ..guest("event", "gus", "Gus") });
    joined(&gus).await;
    stage.clock.jump(31 * 60_000);
    for client in [olive, gus] {
        assert_eq!(ended(&client).await, Ending::MeetingOver);
        client.finish().await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_recordings_the_one_that_is_named_is_deleted() {
    let stage = Stage::open().await;
    record(&stage, "twice");
    let newest = files(&stage.recordings(), ".jnr").remove(0);
    let older = newest.with_file_name("_recording_127.0.0.1_2001_01_01_10_00_000001.jnr");
    std::fs::copy(&newest, &older).unwrap();
    let name = older.file_stem().unwrap().to_string_lossy().into_owned();
    let delete = RequestOrder {
        command: hitdeck::hit::request::CommandKind::Delete,
        set: vec![format!("command.file={name}")],
        ..owner("twice")
    };
    turned_away(stage.join(&delete)).await;
    assert!(newest.exists() && !older.exists());
    turned_away(stage.join(&RequestOrder { set: Vec::new(), ..delete })).await;
    assert!(!newest.exists());
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_are_questioners_a_reserved_place_leads_nobody_beyond_the_licence() {
    let stage = Stage::open_with(|config| config.licence.max_questioner = 2).await;
    let all = |order: RequestOrder| RequestOrder {
        duration_min: 30,
        set: vec!["command.all_questioner=1".into(), "guaranteed.invited=5".into()],
        ..order
    };
    let olive = stage.join(&all(owner("panel")));
    joined(&olive).await;
    let gus = stage.join(&all(guest("panel", "gus", "Gus")));
    joined(&gus).await;
    let third = turned_away(stage.join(&all(guest("panel", "tess", "Tess")))).await;
    assert!(matches!(third, Ending::Refused(Refusal::TooManyUser)), "{third:?}");
    for client in [gus, olive] {
        client.finish().await;
    }
    stage.close().await;
}
