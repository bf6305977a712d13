//! Two MCUs on one recording root with one key pair, and a third party that sends each meeting to one of them (guide 3.9).

use std::net::SocketAddr;
use std::path::Path;

use hitdeck::client::{Client, ClientCommand, ClientOptions, Move};
use hitdeck::clock::Clock;
use hitdeck::hit::jnj::Jnj;
use hitdeck::hit::status::{Alive, ClusterLoad};
use hitdeck::installation::command::{Command, JnjOrder};
use hitdeck::installation::order::RequestOrder;
use hitdeck::installation::snapshot::{McuState, Snapshot};
use hitdeck::mcu::{Mcu, McuConfig};
use hitdeck::thirdparty::cluster::{Because, Way};

use crate::program::hitdeck;
use crate::stage::{Stage, Window, ended, guest, joined, owner, until};

/// A second server of the same installation, on the first one's port and another address.
async fn second(stage: &Stage) -> Mcu {
    let at = SocketAddr::new("127.0.0.2".parse().unwrap(), stage.mcu.address().port());
    let (config, key) = stage.installation.mcu(at, stage.clock.clone()).unwrap();
    let (local_ip, status_names) = ("127.0.0.2".to_owned(), vec!["127.0.0.2".to_owned()]);
    Mcu::start(McuConfig { local_ip, status_names, ..config }, key).await.unwrap()
}

/// A jnj as the third party makes one that knows of the cluster.
async fn issue(stage: &Stage, order: &RequestOrder, way: Way) -> (Jnj, Because) {
    let request = order.request(stage.clock.now()).unwrap();
    let mut jnj = stage.installation.issue(&request, stage.mcu.address()).unwrap();
    let (installation, port, now) = (stage.installation.clone(), jnj.portm, stage.clock.now());
    let choose = move || installation.choose_server(&request, way, (&[], port), now).unwrap();
    let chosen = tokio::task::spawn_blocking(choose).await.unwrap();
    assert_eq!(chosen.problems, []);
    let because = chosen.sequence.because;
    (jnj.ip, jnj.backupip) = chosen.sequence.split();
    (jnj, because)
}

fn start(stage: &Stage, jnj: Jnj) -> Client {
    Client::start(jnj, ClientOptions { come_back: false, ..ClientOptions::new(stage.clock.clone()) })
}

/// A file of the recording root says so, within the second that status files take.
async fn says(root: &Path, file: &str, right: impl Fn(&str) -> bool) {
    let path = root.join(file);
    let seen = crate::stage::within(file, async {
        while !std::fs::read_to_string(&path).is_ok_and(|text| right(&text)) {
            tokio::task::yield_now().await;
        }
    });
    seen.await.unwrap_or_else(|| panic!("{file} says {:?}", std::fs::read_to_string(&path)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_names_the_backup_first_while_the_meeting_is_open_there() {
    let window = Window::open().await;
    window.send(Command::StartBackup);
    let shot = window.until(|s| matches!(s.backup, McuState::Running(_))).await;
    let (McuState::Running(primary), McuState::Running(backup)) = (&shot.mcu, &shot.backup) else { panic!("{shot:?}") };
    let (primary, backup) = (primary.address, backup.address);
    let request = owner("room").request(Clock::system().now()).unwrap();
    let jnj = window.installation.issue(&request, backup).unwrap();
    let olive = Client::start(jnj, ClientOptions { come_back: false, ..ClientOptions::new(Clock::system()) });
    joined(&olive).await;
    let open = |s: &Snapshot| matches!(&s.backup, McuState::Running(mcu) if !mcu.meetings.is_empty());
    window.until(open).await;
    for (owner, ip) in [("olive", backup.ip()), ("tess", primary.ip())] {
        let path = window.folder().join(format!("{owner}.jnj"));
        let order = JnjOrder {
            owner_id: owner.into(),
            owner_name: owner.into(),
            meeting_id: "any".into(),
            ..JnjOrder::empty()
        };
        window.send(Command::IssueToFile(order, path.clone()));
        window.until(|_| path.exists()).await;
        let jnj = Jnj::parse(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!((jnj.ip, jnj.backupip.len()), (ip.to_string(), 1), "{owner}");
    }
    olive.finish().await;
    window.close().await;
}

const FIRST: &str = "127.0.0.1";
const SECOND: &str = "127.0.0.2";

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_sent_where_the_office_is_open_and_elsewhere_once_that_server_has_stopped() {
    let stage = Stage::open().await;
    let second = second(&stage).await;
    let root = stage.recordings();
    for server in [FIRST, SECOND] {
        says(&root, &format!("_cluster_ip_{server}.txt"), |text| text == "1").await;
    }
    // The owner goes to the second, whatever the balance would have been.
    let olive = start(&stage, Jnj { ip: SECOND.into(), ..stage.issue(&owner("room")) });
    joined(&olive).await;
    let open = |text: &str| text.contains(r#"<user id="olive" office_status="1" meeting_id="room"/>"#);
    says(&root, "_office_status_ip_127.0.0.2.xml", open).await;

    for way in [Way::Statistical, Way::Capacity, Way::Load] {
        // Also with another meeting id: it is the same office.
        for meeting in ["room", "another"] {
            let (jnj, because) = issue(&stage, &guest(meeting, "gus", "Gus"), way).await;
            assert_eq!((jnj.ip.as_str(), because), (SECOND, Because::Open), "{way:?}");
            assert_eq!(jnj.backupip, [FIRST]);
        }
    }
    let (jnj, _) = issue(&stage, &guest("room", "gus", "Gus"), Way::Load).await;
    let gus = start(&stage, jnj);
    joined(&gus).await;
    until(&olive, "both", |s| s.view.present().len() == 2).await;
    says(&root, "_office_status_ip_127.0.0.2.xml", |text| text.contains(r#"office_status="2""#)).await;

    second.shutdown().await;
    gus.finish().await;
    olive.finish().await;
    let said = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    assert_eq!(Alive::parse(&said("_cluster_ip_127.0.0.2.txt")), Alive::Down);
    assert!(!said("_office_status_ip_127.0.0.2.xml").contains("<user"));
    for way in [Way::Statistical, Way::Capacity, Way::Load] {
        let (jnj, because) = issue(&stage, &owner("room"), way).await;
        assert_eq!((jnj.ip.as_str(), jnj.backupip.len()), (FIRST, 0), "{way:?} {because:?}");
    }
    // And there the meeting goes on.
    let (jnj, _) = issue(&stage, &owner("room"), Way::Statistical).await;
    let olive = start(&stage, jnj);
    joined(&olive).await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_found_where_it_runs_and_by_load_the_next_one_goes_to_the_other_server() {
    let stage = Stage::open().await;
    let second = second(&stage).await;
    let root = stage.recordings();
    let event = |meeting: &str| RequestOrder { duration_min: 30, ..owner(meeting) };
    let olive = start(&stage, stage.issue(&event("one")));
    joined(&olive).await;
    let carries = |n: u32| move |text: &str| ClusterLoad::parse(text).is_ok_and(|load| load.meetings.count == n);
    says(&root, "_cluster_connection_127.0.0.1_.txt", carries(1)).await;
    says(&root, "_cluster_connection_127.0.0.2_.txt", carries(0)).await;
    says(&root, "_cluster_ip_127.0.0.2.txt", |text| text == "1").await;
    says(&root, "_status_ip_127.0.0.1.xml", |text| text.contains(r#"meetingid="one" duration="30""#)).await;
    assert!(!std::fs::read_to_string(root.join("_office_status_ip_127.0.0.1.xml")).unwrap().contains("<user"), "N29");

    let (jnj, because) = issue(&stage, &event("one"), Way::Load).await;
    assert_eq!((jnj.ip.as_str(), because), (FIRST, Because::Open));
    let (jnj, because) = issue(&stage, &event("two"), Way::Load).await;
    assert_eq!((jnj.ip.as_str(), because), (SECOND, Because::Chosen(Way::Load)));

    // The load turns before the second event has opened: its jnj files stay the same.
    assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
    ended(&olive).await;
    olive.finish().await;
    let tess = RequestOrder { owner: ("tess".into(), "Tess".into()), ..owner("hers") };
    let tess = start(&stage, Jnj { ip: SECOND.into(), ..stage.issue(&tess) });
    joined(&tess).await;
    says(&root, "_cluster_connection_127.0.0.1_.txt", carries(0)).await;
    says(&root, "_cluster_connection_127.0.0.2_.txt", carries(1)).await;
    let (jnj, because) = issue(&stage, &event("two"), Way::Load).await;
    assert_eq!((jnj.ip.as_str(), because), (SECOND, Because::Before));
    let (jnj, _) = issue(&stage, &event("three"), Way::Load).await;
    assert_eq!(jnj.ip, FIRST);
    tess.finish().await;
    second.shutdown().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_chooses_a_server_and_says_why() {
    let stage = Stage::open().await;
    let second = second(&stage).await;
    let root = stage.recordings();
    let olive = start(&stage, Jnj { ip: SECOND.into(), ..stage.issue(&owner("room")) });
    joined(&olive).await;
    says(&root, "_office_status_ip_127.0.0.2.xml", |text| text.contains("<user")).await;
    for server in [FIRST, SECOND] {
        says(&root, &format!("_cluster_ip_{server}.txt"), |text| text == "1").await;
    }
    // A server that crashed, and one that writes nonsense.
    std::fs::write(root.join("_cluster_ip_127.0.0.9.txt"), "1").unwrap();
    std::fs::write(root.join("_cluster_connection_127.0.0.9_.txt"), "1 2 3").unwrap();
    let (dir, file) = (stage.installation.folder().to_owned(), stage.folder.path().join("room.jnj"));
    let mcu = stage.mcu.address().to_string();
    let (dir_text, file_text) = (dir.display().to_string(), file.display().to_string());
    let run = move |more: &[&str]| {
        let new =
            ["jnj", "new", &dir_text, "--owner", "olive:Olive", "--meeting", "room", "--mcu", &mcu, "-o", &file_text];
        hitdeck(new.into_iter().chain(more.iter().copied()))
    };
    let said = tokio::task::spawn_blocking(move || {
        let open = run(&["--cluster", "statistical"]).ended_with(0);
        let only = run(&["--cluster", "load", "--servers", "127.0.0.1"]).ended_with(0);
        run(&["--cluster", "statistical", "--servers", "127.0.0.9"]).ended_with(5);
        run(&["--cluster", "dice"]).ended_with(2);
        (open, only)
    });
    let (open, only) = said.await.unwrap();
    assert!(open.out.contains("127.0.0.2:") && open.out.contains("the meeting is open there"), "{open:?}");
    assert!(open.err.contains("3 numbers in its first line, expected 10 or 14"), "{open:?}");
    assert!(only.out.contains("127.0.0.1:") && only.out.contains("it carries least"), "{only:?}");
    olive.finish().await;
    second.shutdown().await;
    stage.close().await;
}
