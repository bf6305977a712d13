//! Guide 3.1 over real sockets: who is whom, messages, quotas, outside connections, tickets, deleting.

use std::path::Path;

use hitdeck::client::{Client, ClientCommand, Ending, Move};
use hitdeck::hit::jnj::Jnj;
use hitdeck::hit::request::CommandKind;
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::wire::Refusal;
use hitdeck::wire::join::{BeforeAdmission, MessageAnswer, WaitKind};

use crate::peer::Peer;
use crate::stage::{Stage, ended, files, guest, joined, owner, turned_away, until};

fn visitor(meeting: &str, id: &str, name: &str) -> RequestOrder {
    let guest = GuestOrder { id: id.into(), name: name.into(), invited: false, ticket: false };
    RequestOrder { guest: Some(guest), ..owner(meeting) }
}

/// Asks, and is offered to leave a message.
async fn offered(stage: &Stage, order: &RequestOrder) -> Peer {
    let (peer, answer) = Peer::asked(stage.mcu.address(), &stage.issue(order)).await;
    match answer {
        BeforeAdmission::Wait { kind: WaitKind::LeaveMessageAbsent, owner } => assert_eq!(owner, "Olive"),
        other => panic!("{other:?}"),
    }
    peer
}

async fn code(stage: &Stage, order: &RequestOrder) -> Option<Refusal> {
    match Peer::asked(stage.mcu.address(), &stage.issue(order)).await.1 {
        BeforeAdmission::Refused(refusal) => Some(refusal),
        _ => None,
    }
}

async fn end(client: Client) {
    assert!(client.command(ClientCommand::Do(Move::EndMeeting)));
    ended(&client).await;
    client.finish().await;
}

async fn no_meetings(stage: &Stage) {
    assert!(stage.mcu.snapshot().wait_for(|now| now.meetings.is_empty()).await.is_ok());
}

fn recording_xml(root: &Path) -> String {
    let own = |file: &&std::path::PathBuf| file.file_name().unwrap().to_string_lossy().starts_with("_recording_");
    std::fs::read_to_string(files(root, ".xml").iter().find(own).expect("a status file")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_leaves_a_message_while_the_owner_is_away() {
    let stage = Stage::open().await;
    let mut vera = offered(&stage, &visitor("office", "vera", "Vera")).await;
    vera.pipe.write(&MessageAnswer::Leave.encode()).await.unwrap();
    let info = vera.enter(None).await;
    assert_ne!(info.ssrc, 0, "a visitor is no owner");
    let mut snapshot = stage.mcu.snapshot();
    assert!(snapshot.wait_for(|now| now.meetings.iter().any(|m| m.message && m.people.len() == 1)).await.is_ok());
    // The owner comes meanwhile, to the own office; the message goes on, and is no office that others are sent to.
    let olive = stage.join(&owner("office"));
    assert_eq!(joined(&olive).await.view.present().len(), 1);
    assert!(snapshot.wait_for(|now| now.meetings.len() == 2).await.is_ok());
    let office = stage.recordings().join("_office_status_ip_127.0.0.1.xml");
    while !std::fs::read_to_string(&office).is_ok_and(|text| text.matches("<user ").count() == 1) {
        tokio::task::yield_now().await;
    }
    end(olive).await;
    drop(vera);
    let root = stage.recordings();
    let folder = stage.close().await;
    let messages: Vec<String> = files(&root, ".xml")
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .filter(|text| text.contains("absent=\"1\""))
        .collect();
    assert_eq!(messages.len(), 1, "the status file says that it is a message");
    assert!(messages[0].contains("Vera") && messages[0].contains("Olive"), "{}", messages[0]);
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_who_declines_is_let_go_and_leaves_nothing() {
    let stage = Stage::open().await;
    let mut vera = offered(&stage, &visitor("office", "vera", "Vera")).await;
    vera.pipe.write(&MessageAnswer::No.encode()).await.unwrap();
    assert!(matches!(vera.answer().await, BeforeAdmission::Refused(Refusal::UserNotContinue)));
    assert!(!stage.recordings().join("_user").exists());
    drop(vera);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_has_its_end_and_says_so_at_once_if_that_is_near() {
    let stage = Stage::open().await;
    let order = RequestOrder {
        command: CommandKind::LeaveMessage,
        set: vec!["command.max_message_duration=5".into()],
        ..visitor("office", "vera", "Vera")
    };
    let vera = stage.join(&order);
    joined(&vera).await;
    until(&vera, "the warning", |s| s.view.ending_soon).await;
    assert_eq!(code(&stage, &RequestOrder { recorded: false, ..order }).await, Some(Refusal::CanNotRecord));
    vera.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_talks_to_a_visitor_who_leaves_a_message() {
    let stage = Stage::open().await;
    let talk = RequestOrder { command: CommandKind::TalkToVisitor, ..owner("note") };
    assert_eq!(code(&stage, &talk).await, Some(Refusal::MeetingNotExist), "nobody leaves a message");
    let leave = RequestOrder { command: CommandKind::LeaveMessage, ..visitor("note", "vera", "Vera") };
    let vera = stage.join(&leave);
    joined(&vera).await;
    let olive = stage.join(&owner("another"));
    joined(&olive).await;
    assert_eq!(code(&stage, &talk).await, Some(Refusal::IllegalRequest), "the owner has an ongoing meeting");
    end(olive).await;
    assert!(stage.mcu.snapshot().wait_for(|now| now.meetings.len() == 1).await.is_ok());
    let olive = stage.join(&talk);
    assert_eq!(joined(&olive).await.view.me, 0);
    until(&vera, "two people", |s| s.view.present().len() == 2).await;
    end(olive).await;
    vera.finish().await;
    let root = stage.recordings();
    let folder = stage.close().await;
    assert!(!files(&root.join("_user/olive/note"), ".xml").is_empty());
    assert!(!recording_xml(&root.join("_user/olive/note")).contains("absent"), "the owner was there in the end");
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_guests_with_one_id_are_one_person_and_two_without_are_two() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("who"));
    joined(&olive).await;
    let gus = stage.join(&guest("who", "gus", "Gus"));
    joined(&gus).await;
    let august = stage.join(&guest("who", "gus", "August"));
    joined(&august).await;
    assert_eq!(ended(&gus).await, Ending::Overwritten, "the newcomer takes over");
    let state = until(&olive, "one guest", |s| s.view.name_of(1) == "August").await;
    assert_eq!(state.view.present().len(), 2);
    let (one, two) = (stage.join(&guest("who", "", "Nemo")), stage.join(&guest("who", "", "Nemo")));
    joined(&one).await;
    joined(&two).await;
    until(&olive, "four people", |s| s.view.present().len() == 4).await;
    for client in [gus, august, one, two, olive] {
        client.finish().await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_with_another_meeting_id_enters_the_same_office_and_kicks_the_first_out() {
    let stage = Stage::open().await;
    let first = stage.join(&owner("one"));
    joined(&first).await;
    let second = stage.join(&owner("two"));
    assert_eq!(joined(&second).await.view.meeting_id, "one");
    assert_eq!(ended(&first).await, Ending::Overwritten);
    first.finish().await;
    second.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_connections_are_charged_to_the_owner_by_the_address_they_come_from() {
    // The licence of a fresh installation has this host inside; without ranges all are outside.
    for (inside, expected) in [(true, None), (false, Some(Refusal::LineBusy))] {
        let stage = Stage::open_with(|config| {
            if !inside {
                config.licence.ip_range.clear();
            }
        })
        .await;
        let few = |order: RequestOrder| RequestOrder { set: vec!["owner.maxoutconnection=1".into()], ..order };
        let olive = stage.join(&few(owner("lines")));
        joined(&olive).await;
        assert_eq!(code(&stage, &few(guest("lines", "gus", "Gus"))).await, expected);
        assert_eq!(code(&stage, &guest("lines", "gus", "Gus")).await, None, "ten by default");
        let in_group = RequestOrder {
            group: Some("g".into()),
            set: vec!["group.maxoutconnection=0".into()],
            ..RequestOrder { owner: ("tess".into(), "Tess".into()), ..owner("group") }
        };
        assert_eq!(code(&stage, &in_group).await, expected, "a group that may have none");
        olive.finish().await;
        stage.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_quota_opens_no_meeting_that_is_recorded_and_deleting_by_a_jnj_makes_room() {
    let stage = Stage::open().await;
    let old = stage.recordings().join("_group/g/olive/old");
    std::fs::create_dir_all(&old).unwrap();
    let jnr = old.join("_recording_127.0.0.1_2026_01_02_10_00_000001.jnr");
    std::fs::File::create(&jnr).unwrap().set_len(1024 * 1024 + 1).unwrap();
    let with = |set: &str| RequestOrder { set: vec![set.into()], ..owner("new") };
    let quota = Some(Refusal::ExceedDiskQuota);
    assert_eq!(code(&stage, &with("owner.diskquota=1")).await, quota, "the same owner in every group");
    assert_eq!(code(&stage, &RequestOrder { recorded: false, ..with("owner.diskquota=1") }).await, None);
    let group = RequestOrder { group: Some("g".into()), ..with("group.diskquota=1") };
    let group = RequestOrder { owner: ("tess".into(), "Tess".into()), ..group };
    assert_eq!(code(&stage, &group).await, quota, "another owner of the group");

    let delete = RequestOrder { command: CommandKind::Delete, group: Some("g".into()), ..owner("old") };
    let by_guest = RequestOrder { guest: guest("old", "gus", "Gus").guest, ..delete.clone() };
    assert_eq!(code(&stage, &by_guest).await, Some(Refusal::IllegalRequest));
    let (_peer, answer) = Peer::asked(stage.mcu.address(), &stage.issue(&delete)).await;
    assert!(matches!(answer, BeforeAdmission::Mode(3)), "{answer:?}");
    assert!(!jnr.exists());
    assert_eq!(code(&stage, &delete).await, Some(Refusal::MessageNotExist));
    assert_eq!(
        code(&stage, &RequestOrder { owner: ("olive".into(), "Olive".into()), ..with("owner.diskquota=1") }).await,
        None
    );
    assert_eq!(code(&stage, &group).await, None);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_is_being_made_is_not_deleted_and_our_client_says_which() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("now"));
    joined(&olive).await;
    let delete = RequestOrder { command: CommandKind::Delete, ..owner("now") };
    let ask = || Jnj { playback: false, ..stage.issue(&delete) };
    let start = |jnj| stage.start(jnj, hitdeck::link::Transport::WebSocket, None);
    assert_eq!(turned_away(start(ask())).await, Ending::Deleted(false));
    end(olive).await;
    no_meetings(&stage).await;
    // The files are finished a moment after the meeting is gone.
    loop {
        match turned_away(start(ask())).await {
            Ending::Deleted(true) => break,
            Ending::Deleted(false) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(files(&stage.recordings(), ".jnr"), Vec::<std::path::PathBuf>::new());
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_holder_comes_after_the_owner_and_is_seen_by_the_owner_alone() {
    let stage = Stage::open().await;
    let event = |order: RequestOrder| RequestOrder { duration_min: 30, ..order };
    let ticket = GuestOrder { id: "tim".into(), name: "Tim".into(), invited: false, ticket: true };
    let ticket = event(RequestOrder { guest: Some(ticket), ..owner("show") });
    assert_eq!(code(&stage, &ticket).await, Some(Refusal::MeetingNotExist), "the owner has not started it");
    let person_based = RequestOrder { duration_min: 0, ..ticket.clone() };
    assert_eq!(code(&stage, &person_based).await, Some(Refusal::IllegalRequest));
    let olive = stage.join(&event(owner("show")));
    joined(&olive).await;
    let gus = stage.join(&event(guest("show", "gus", "Gus")));
    joined(&gus).await;
    let tim = stage.join(&ticket);
    joined(&tim).await;
    until(&olive, "three people", |s| s.view.present().len() == 3).await;
    assert_eq!(gus.state().view.present().len(), 2);
    let mut snapshot = stage.mcu.snapshot();
    let counted = |now: &hitdeck::mcu::McuSnapshot| {
        now.meetings.iter().any(|m| m.people.iter().any(|p| p.ticket && p.invited && p.user_id == "tim"))
    };
    assert!(snapshot.wait_for(|now| counted(now)).await.is_ok(), "counted as invited");
    for client in [tim, gus, olive] {
        client.finish().await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disconnected_for_good_stays_out_only_with_an_id() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("ban"));
    joined(&olive).await;
    for (id, again) in [("gus", Some(Refusal::RequestRejected)), ("", None)] {
        let order = guest("ban", id, "Gus");
        let gus = stage.join(&order);
        let ssrc = joined(&gus).await.view.me;
        until(&olive, "the guest", |s| s.view.present().len() == 2).await;
        assert!(olive.command(ClientCommand::Do(Move::Ban(ssrc))));
        assert_eq!(ended(&gus).await, Ending::Disconnected);
        gus.finish().await;
        assert_eq!(code(&stage, &order).await, again, "{id:?}");
    }
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_questioners_up_to_the_licence_and_nobody_comes_beyond() {
    let stage = Stage::open_with(|config| config.licence.max_questioner = 2).await;
    let all = |order: RequestOrder| RequestOrder { set: vec!["command.all_questioner=1".into()], ..order };
    let olive = stage.join(&all(owner("panel")));
    joined(&olive).await;
    let gus = stage.join(&all(guest("panel", "gus", "Gus")));
    joined(&gus).await;
    assert_eq!(code(&stage, &all(guest("panel", "tess", "Tess"))).await, Some(Refusal::TooManyUser));
    gus.finish().await;
    olive.finish().await;
    stage.close().await;
}
