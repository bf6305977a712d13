//! Guide 3.12 over real sockets: everybody is told, everything is recorded, what is deleted is kept for its days and no longer.

use std::path::{Path, PathBuf};

use hitdeck::client::{Client, ClientCommand, ClientState, Move};
use hitdeck::hit::configm::Archive;
use hitdeck::hit::request::CommandKind;
use hitdeck::hit::status::RecordingStatus;
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::meeting::view::RecordingState;
use hitdeck::wire::ToServer;
use hitdeck::wire::control::ControlToServer;
use hitdeck::wire::join::{BeforeAdmission, MessageAnswer, WaitKind};

use crate::peer::Peer;
use crate::stage::{Stage, ended, files, guest, heard, joined, owner, played, said_in, say, until, within};

async fn archiving(archive: Archive) -> Stage {
    Stage::open_with(|config| config.archive = archive).await
}

fn unrecorded(order: RequestOrder) -> RequestOrder {
    RequestOrder { recorded: false, ..order }
}

/// Ends the meeting, and waits until its files are whole.
async fn over(stage: &Stage, olive: Client) -> (PathBuf, RecordingStatus) {
    assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
    ended(&olive).await;
    olive.finish().await;
    let root = stage.recordings();
    let is_status = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().starts_with("_recording_");
    let written = async {
        loop {
            if let Some(xml) = files(&root, ".xml").into_iter().find(is_status) {
                return xml;
            }
            tokio::task::yield_now().await;
        }
    };
    let xml = within("the status file", written).await.unwrap();
    let text = std::fs::read_to_string(&xml).unwrap();
    // A reader of its own: what third parties look for is the attribute of the root.
    let document = roxmltree::Document::parse(&text).unwrap();
    let status = RecordingStatus::parse(text.as_bytes()).unwrap();
    assert_eq!(document.root_element().attribute("to_archive") == Some("1"), status.to_archive, "{text}");
    (xml.with_extension("jnr"), status)
}

async fn delete(stage: &Stage, meeting: &str) {
    let order = RequestOrder { command: CommandKind::Delete, ..owner(meeting) };
    let (_peer, answer) = Peer::asked(stage.mcu.address(), &stage.issue(&order)).await;
    assert!(matches!(answer, BeforeAdmission::Mode(3)), "{answer:?}");
}

async fn gone(path: &Path) {
    let waiting = async {
        while path.exists() {
            tokio::task::yield_now().await;
        }
    };
    within("a file is removed", waiting).await.unwrap_or_else(|| panic!("{} stays", path.display()));
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    let mut names: Vec<String> = files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_in_a_meeting_is_told_that_it_is_archived_and_it_is_recorded_though_nobody_asked() {
    let stage = archiving(Archive::Forever).await;
    let olive = stage.join(&unrecorded(owner("open")));
    let told = |s: &ClientState| s.view.recording_facts.archived && s.view.recording == RecordingState::On;
    assert!(told(&*joined(&olive).await));
    let gus = stage.join(&unrecorded(guest("open", "gus", "Gus")));
    assert!(told(&*joined(&gus).await));
    assert!(!Move::PauseRecording.is_allowed(&olive.state().view));
    say(&gus, "for the record");
    heard(&olive, "for the record").await;
    gus.finish().await;
    let (jnr, status) = over(&stage, olive).await;
    assert!(status.recorded && status.to_archive);
    assert_eq!(said_in(&played(&jnr).0), ["for the record"]);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_pauses_an_archived_recording_all_the_same_pauses_nothing() {
    let stage = archiving(Archive::Days(1)).await;
    let mut stubborn = Peer::admitted(stage.mcu.address(), &stage.issue(&owner("pause"))).await;
    stubborn.tell(&ToServer::Control(ControlToServer::Recording(2))).await;
    // What comes later shows that the wish has been heard.
    let said = hitdeck::wire::chat::ChatToServer::Say { text: "after the pause".into() };
    stubborn.tell(&ToServer::Chat(said)).await;
    let gus = stage.join(&guest("pause", "gus", "Gus"));
    joined(&gus).await;
    heard(&gus, "after the pause").await;
    assert_eq!(gus.state().view.recording, RecordingState::On);
    gus.finish().await;
    stubborn.tell(&ToServer::EndMeeting).await;
    let waiting = async { while stubborn.pipe.incoming.next(|r| r.u8()).await.is_ok() {} };
    within("the end", waiting).await.unwrap();
    let root = stage.recordings();
    let folder = stage.close().await;
    let [jnr] = &files(&root, ".jnr")[..] else { panic!("{:?}", files(&root, ".jnr")) };
    assert_eq!(said_in(&played(jnr).0), ["after the pause"]);
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_recorded_and_archived_too() {
    let stage = archiving(Archive::Days(30)).await;
    let vera = GuestOrder { id: "vera".into(), name: "Vera".into(), invited: false, ticket: false };
    let order = unrecorded(RequestOrder { guest: Some(vera), ..owner("away") });
    let (mut vera, answer) = Peer::asked(stage.mcu.address(), &stage.issue(&order)).await;
    // Without a recording no message could be left (table 1).
    assert!(matches!(answer, BeforeAdmission::Wait { kind: WaitKind::LeaveMessageAbsent, .. }), "{answer:?}");
    vera.pipe.write(&MessageAnswer::Leave.encode()).await.unwrap();
    vera.enter(None).await;
    drop(vera);
    let root = stage.recordings();
    let folder = stage.close().await;
    let [xml] = &files(&root.join("_user"), ".xml")[..] else { panic!("{:?}", files(&root, "")) };
    let status = RecordingStatus::parse(&std::fs::read(xml).unwrap()).unwrap();
    assert!(status.to_archive && status.recorded && status.participants.iter().any(|person| person.absent));
    assert!(xml.with_extension("jnr").exists());
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_is_kept_for_its_days_and_then_goes_by_itself() {
    let stage = archiving(Archive::Days(30)).await;
    let olive = stage.join(&owner("room"));
    joined(&olive).await;
    let (jnr, _) = over(&stage, olive).await;
    // Of a time when nobody was warned.
    let old = jnr.with_file_name("_recording_127.0.0.1_2001_01_01_10_00_000001.jnr");
    std::fs::copy(&jnr, &old).unwrap();
    std::fs::write(old.with_extension("xml"), RecordingStatus::default().to_xml()).unwrap();
    let mut snapshot = stage.mcu.snapshot();
    snapshot.wait_for(|now| now.meetings.is_empty()).await.unwrap();

    delete(&stage, "room").await;
    let folder = jnr.parent().unwrap();
    let base = jnr.file_stem().unwrap().to_string_lossy().into_owned();
    let kept = |names: &[String]| {
        let archived = |kind: &str| {
            let mark = format!("{base}.archive_{kind}_");
            names.iter().any(|name| name.strip_prefix(&mark).is_some_and(|time| time.parse::<u64>().is_ok()))
        };
        archived("jnr") && archived("xml")
    };
    let after = names(folder);
    assert!(after.len() == 4 && kept(&after), "both of the new one are renamed: {after:?}");
    delete(&stage, "room").await;
    let after = names(folder);
    assert!(after.len() == 2 && kept(&after), "the old one is really deleted: {after:?}");
    let archived = folder.join(&after[0]);

    // Files that are no recordings of the archive mark the moment at which it has looked.
    let mark = |days: i64| {
        let time = stage.clock.now().unix_seconds() - days * 24 * 3600;
        let path = folder.join(format!("mark{days}.archive_jnr_{time}"));
        std::fs::write(&path, b"x").unwrap();
        path
    };
    let first = mark(31);
    stage.clock.jump(29 * 24 * 3600 * 1000);
    gone(&first).await;
    assert!(kept(&names(folder)), "29 days are not 30");
    stage.clock.jump(2 * 24 * 3600 * 1000);
    gone(&archived).await;
    gone(&folder.join(&after[1])).await;
    assert_eq!(names(folder), [""; 0]);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_archiving_a_recording_is_deleted_unless_its_people_were_told_otherwise() {
    let stage = archiving(Archive::Off).await;
    let olive = stage.join(&owner("room"));
    assert!(!joined(&olive).await.view.recording_facts.archived);
    until(&olive, "recording", |s| s.view.recording == RecordingState::On).await;
    let (jnr, status) = over(&stage, olive).await;
    assert!(!status.to_archive);
    // One of the time when archiving was on.
    let told = jnr.with_file_name("_recording_127.0.0.1_2001_01_01_10_00_000001.jnr");
    std::fs::copy(&jnr, &told).unwrap();
    std::fs::write(told.with_extension("xml"), RecordingStatus { to_archive: true, ..status }.to_xml()).unwrap();
    let mut snapshot = stage.mcu.snapshot();
    snapshot.wait_for(|now| now.meetings.is_empty()).await.unwrap();
    delete(&stage, "room").await;
    assert!(!jnr.exists() && !jnr.with_extension("xml").exists());
    delete(&stage, "room").await;
    assert_eq!(names(jnr.parent().unwrap()).len(), 2, "still kept: {:?}", names(jnr.parent().unwrap()));
    stage.close().await;
}

/// The same from the command line: a setting in configm.ini, a meeting, a jnj that deletes, and a clock that is turned.
#[cfg(unix)]
#[test]
fn the_archive_from_the_command_line() {
    use crate::program::{Program, hitdeck};
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("desk").to_string_lossy().into_owned();
    hitdeck(["init", &dir]).ended_with(0);
    let configm = Path::new(&dir).join("configm.ini");
    let text = std::fs::read_to_string(&configm).unwrap();
    std::fs::write(&configm, format!("archive_recording_file=30\n{text}")).unwrap();
    let recordings = Path::new(&dir).join("recording");
    let mcu = |clock: &str| {
        let mut mcu = Program::start(["mcu", &dir, "--listen", "127.0.0.1:0", "--clock", clock]);
        mcu.listening();
        mcu
    };
    let jnj = |name: &str, more: &[&str]| {
        let file = folder.path().join(name).to_string_lossy().into_owned();
        let new = ["jnj", "new", &dir, "--owner", "olive:Olive", "--meeting", "room", "-o", &file];
        hitdeck(new.into_iter().chain(more.iter().copied())).ended_with(0);
        file
    };
    let running = mcu("0s");
    hitdeck(["join", &jnj("olive.jnj", &["--set", "command.recording=0"]), "--say", "hello", "--end"]).ended_with(0);
    let file = jnj("delete.jnj", &["--command", "delete"]);
    // The files are finished a moment after the meeting is gone.
    while files(&recordings, ".jnr").iter().any(|jnr| jnr.exists()) {
        hitdeck(["join", &file]);
    }
    assert!(running.terminate().success());
    let archived =
        |ending: &str| files(&recordings, "").iter().filter(|f| f.to_string_lossy().contains(ending)).count();
    assert_eq!((archived(".archive_jnr_"), archived(".archive_xml_")), (1, 1));
    let later = mcu("+31d");
    while archived(".archive_") > 0 {
        std::thread::yield_now();
    }
    assert!(later.terminate().success());
}
