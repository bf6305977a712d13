//! The MCU dies, or is told to stop: what third parties read is true again, and no word of a meeting is lost.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hitdeck::client::{Client, ClientOptions, Ending};
use hitdeck::clock::Clock;
use hitdeck::hit::paths;
use hitdeck::hit::status::{
    Alive, ClusterLoad, How, Load, OfficeState, OfficeStatus, OwnerStatus, Participant, RecordingStatus,
};
use hitdeck::installation::Installation;
use hitdeck::installation::order::RequestOrder;
use hitdeck::recording::Health;

use crate::program::{Program, hitdeck};
use crate::stage::{ended, files, guest, heard, joined, owner, played, said_in, say, until, within};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_the_last_chat_line_is_there_and_both_people_meet_again() {
    let desk = Desk::make();
    let (mcu, address) = desk.mcu();
    let olive = desk.join(address, &owner("crash")).await;
    let gus = desk.join(address, &guest("crash", "gus", "王小明")).await;
    say(&olive, "can you hear me?");
    heard(&gus, "can you hear me?").await;
    say(&gus, "yes, and these are my last words");
    heard(&olive, "yes, and these are my last words").await;
    desk.until_true(in_a_meeting).await;

    // Everything said is on disk within a second (DESIGN, files); the half is for a busy machine.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    mcu.kill();
    assert!(matches!(ended(&olive).await, Ending::Lost(_)));
    assert!(matches!(ended(&gus).await, Ending::Lost(_)));
    olive.finish().await;
    gus.finish().await;
    let jnrs = files(&desk.root, ".jnr");
    assert_eq!(jnrs.len(), 1);
    assert!(!jnrs[0].with_extension("xml").exists(), "nobody was there to finish it");
    assert!(in_a_meeting(&desk.status()), "a dead server says nothing new");

    let (mcu, address) = desk.mcu();
    let (recording, health) = played(&jnrs[0]);
    assert_eq!(said_in(&recording), ["can you hear me?", "yes, and these are my last words"]);
    assert_eq!(health, Health::Finalised);
    let finished = RecordingStatus::parse(&std::fs::read(jnrs[0].with_extension("xml")).unwrap()).unwrap();
    assert_eq!((finished.how, finished.recorded), (How::OtherReason, true));
    assert_eq!(finished.participants, [person("olive", "Olive"), person("gus", "王小明")]);
    assert!(files(&desk.root, ".internal").is_empty());
    assert!(inside(&desk.root).is_empty(), "nobody is in that meeting any more (guide 3.6)");
    desk.until_true(idle).await;

    let olive = desk.join(address, &owner("crash")).await;
    let gus = desk.join(address, &guest("crash", "gus", "王小明")).await;
    say(&gus, "where were we?");
    heard(&olive, "where were we?").await;
    desk.until_true(in_a_meeting).await;
    gus.finish().await;
    until(&olive, "alone", |s| s.view.present().len() == 1).await;
    desk.until_true(|status| status.office.offices.iter().all(|o| o.status == OfficeState::Open)).await;
    olive.finish().await;
    assert_eq!(mcu.terminate().code(), Some(0));
    assert_eq!(files(&desk.root, ".jnr").len(), 2, "the new meeting has a recording of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_closes_the_meetings_and_says_that_the_server_is_down() {
    let desk = Desk::make();
    let (mcu, address) = desk.mcu();
    let olive = desk.join(address, &owner("maintenance")).await;
    let gus = desk.join(address, &guest("maintenance", "gus", "Gus")).await;
    let unrecorded = RequestOrder { owner: ("tess".into(), "Tess".into()), recorded: false, ..owner("unrecorded") };
    let tess = desk.join(address, &unrecorded).await;
    say(&olive, "the server goes down now");
    heard(&gus, "the server goes down now").await;

    assert_eq!(mcu.terminate().code(), Some(0));
    for client in [olive, gus, tess] {
        assert_eq!(ended(&client).await, Ending::MeetingOver);
        client.finish().await;
    }
    let jnrs = files(&desk.root, ".jnr");
    assert_eq!(jnrs.len(), 1);
    let (recording, health) = played(&jnrs[0]);
    assert_eq!((said_in(&recording), health), (vec!["the server goes down now"], Health::Finalised));
    let xmls = files(&desk.root.join("_user"), ".xml");
    assert_eq!(xmls.len(), 2);
    for xml in xmls {
        let status = RecordingStatus::parse(&std::fs::read(&xml).unwrap()).unwrap();
        assert_eq!(status.how, How::ServerShutdown, "{}", xml.display());
    }
    for leftover in [".internal", ".lock"] {
        assert!(files(&desk.root, leftover).is_empty(), "{leftover}");
    }
    assert!(inside(&desk.root).is_empty());

    let status = desk.status();
    assert_eq!(status.alive, Alive::Down);
    assert_eq!((status.owners.info, status.owners.meetings.len(), status.office.offices.len()), (None, 0, 0));
    assert_eq!((status.load.meetings.count, status.load.connections.count), (0, 0));
}

/// An installation, and the program as its MCU.
struct Desk {
    _folder: tempfile::TempDir,
    dir: PathBuf,
    root: PathBuf,
    installation: Installation,
}

/// The four files that third parties read.
#[derive(Debug)]
struct Status {
    owners: OwnerStatus,
    office: OfficeStatus,
    load: ClusterLoad,
    alive: Alive,
}

impl Desk {
    fn make() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("desk");
        hitdeck([Path::new("init"), &dir]).ended_with(0);
        let installation = Installation::open(&dir).unwrap();
        Desk { root: installation.recording_root(), installation, dir, _folder: folder }
    }

    fn mcu(&self) -> (Program, SocketAddr) {
        let mut mcu =
            Program::start(["mcu".as_ref(), self.dir.as_os_str(), "--listen".as_ref(), "127.0.0.1:0".as_ref()]);
        let address = mcu.listening();
        (mcu, address)
    }

    async fn join(&self, mcu: SocketAddr, order: &RequestOrder) -> Client {
        let clock = Clock::system();
        let jnj = self.installation.issue(&order.request(clock.now()).unwrap(), mcu).unwrap();
        let options = ClientOptions { come_back: false, ..ClientOptions::new(clock) };
        let client = Client::start(jnj, options);
        joined(&client).await;
        client
    }

    fn status(&self) -> Status {
        let read = |path: Result<PathBuf, paths::PathError>| std::fs::read(self.root.join(path.unwrap())).unwrap();
        let text = |path| String::from_utf8(read(path)).unwrap();
        let ip = "127.0.0.1";
        Status {
            owners: OwnerStatus::parse(&read(paths::status_file(ip))).unwrap(),
            office: OfficeStatus::parse(&read(paths::office_status_file(ip))).unwrap(),
            load: ClusterLoad::parse(&text(paths::load_file(ip))).unwrap(),
            alive: Alive::parse(&text(paths::alive_file(ip))),
        }
    }

    /// A third party looks again and again, too: there is nothing that would wake it.
    async fn until_true(&self, is: impl Fn(&Status) -> bool) {
        let looking = async {
            let mut look = tokio::time::interval(Duration::from_millis(50));
            loop {
                look.tick().await;
                if is(&self.status()) {
                    break;
                }
            }
        };
        within("true status files", looking).await.unwrap_or_else(|| panic!("they say {:?}", self.status()));
    }
}

/// Olive and one guest are in the meeting, and every file says so.
fn in_a_meeting(status: &Status) -> bool {
    let [meeting] = &status.owners.meetings[..] else { return false };
    let [office] = &status.office.offices[..] else { return false };
    let Load { count: meetings, .. } = status.load.meetings;
    (meeting.user_id.as_str(), meeting.meeting_id.as_str()) == ("olive", "crash")
        && (meeting.owner_present, meeting.have_guest, meeting.max_participant) == (true, true, 2)
        && (office.owner_id.as_str(), office.status) == ("olive", OfficeState::WithGuest)
        && (meetings, status.load.connections.count) == (1, 2)
        && status.alive == Alive::Up
        && status.owners.info.is_some()
}

/// The server is up and nobody is there.
fn idle(status: &Status) -> bool {
    status.owners.meetings.is_empty()
        && status.office.offices.is_empty()
        && (status.load.meetings.count, status.load.connections.count) == (0, 0)
        && status.alive == Alive::Up
        && status.owners.info.is_some()
}

/// The files that say who is inside a meeting.
fn inside(root: &Path) -> Vec<PathBuf> {
    files(root, ".xml").into_iter().filter(|path| path.to_string_lossy().contains("_participant_")).collect()
}

fn person(id: &str, name: &str) -> Participant {
    Participant { user_id: id.into(), name: name.into(), absent: false }
}
