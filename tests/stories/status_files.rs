//! A third party reads the status files again and again while a crowd comes and goes (guide 3.4 to 3.6, 3.9).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use hitdeck::client::{Client, ClientCommand, Move, Wish};
use hitdeck::hit::jnj::Jnj;
use hitdeck::hit::local_time::LocalTime;
use hitdeck::hit::request::CommandKind;
use hitdeck::hit::status::{OfficeState, OfficeStatus, OwnerStatus};
use hitdeck::installation::order::RequestOrder;
use hitdeck::link::Transport;

use crate::stage::{Stage, ended, files, guest, joined, owner, until, within};

/// What a reader found.
#[derive(Debug, Default)]
struct Findings {
    reads: usize,
    malformed: Vec<String>,
    /// Different contents of a file, told by the moment of their writing.
    written: BTreeMap<String, Vec<SystemTime>>,
    most_inside: usize,
    most_connections: usize,
}

impl Findings {
    /// Reads every status file once, each with a parser that is not the writer's.
    fn look(&mut self, root: &Path) {
        for path in files(root, ".xml").into_iter().chain(files(root, ".txt")) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // Removed between listing and reading: a meeting that has ended.
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            if name.starts_with(".writing-") {
                continue;
            }
            self.reads += 1;
            if let Ok(written) = std::fs::metadata(&path).and_then(|found| found.modified()) {
                let moments = self.written.entry(name.clone()).or_default();
                if moments.last() != Some(&written) {
                    moments.push(written);
                }
            }
            if let Err(why) = self.judge(&name, &text) {
                self.malformed.push(format!("{name}: {why}: {text:?}"));
            }
        }
    }

    fn judge(&mut self, name: &str, text: &str) -> Result<(), String> {
        if name.starts_with("_cluster_ip_") {
            return if text == "1" { Ok(()) } else { Err("not alive".into()) };
        }
        if name.starts_with("_cluster_connection_") {
            let numbers: Result<Vec<usize>, _> = text.split(' ').map(str::parse).collect();
            let numbers = numbers.map_err(|e| e.to_string())?;
            self.most_connections = self.most_connections.max(*numbers.get(2).unwrap_or(&0));
            return if numbers.len() == 14 { Ok(()) } else { Err("not 14 numbers".into()) };
        }
        let document = roxmltree::Document::parse(text).map_err(|e| e.to_string())?;
        let root = document.root_element();
        let expected = match name {
            name if name.starts_with("_status_ip_") => "thirdparty",
            name if name.starts_with("_office_status_ip_") => "office_status",
            name if name.starts_with("_participant_") => {
                self.most_inside =
                    self.most_inside.max(root.children().filter(|node| node.has_tag_name("user")).count());
                "participant"
            }
            _ => "status",
        };
        if root.has_tag_name(expected) { Ok(()) } else { Err(format!("expected <{expected}>")) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_in_a_loop_never_sees_a_torn_file_while_300_people_come_and_go() {
    let stage = Stage::open_with(|config| {
        config.status_names = vec!["127.0.0.1".into(), "fe80::215:c5ff:fe0e:bef8".into(), "mcu.example".into()];
    })
    .await;
    let root = stage.recordings();
    // A minute by hand; the nightly run is content with the time that the joins take.
    let seconds = std::env::var("HITDECK_STATUS_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let stop = Arc::new(AtomicBool::new(false));
    let (watched, stopped) = (root.clone(), Arc::clone(&stop));
    let reader = tokio::task::spawn_blocking(move || {
        let (mut findings, begun) = (Findings::default(), Instant::now());
        while !stopped.load(Ordering::Relaxed) || begun.elapsed() < Duration::from_secs(seconds) {
            findings.look(&watched);
        }
        // And once more, what is there in the end.
        findings.look(&watched);
        (findings, begun.elapsed())
    });

    let olive = stage.join(&owner("crowd"));
    joined(&olive).await;
    let guests: Vec<Client> =
        (1..300).map(|n| stage.join(&guest("crowd", &format!("g{n}"), &format!("Guest {n} 嘉賓")))).collect();
    for guest in &guests {
        joined(guest).await;
    }
    until(&olive, "300 people", |s| s.view.present().len() == 300).await;
    // The file follows within its second.
    let participants = || files(&root, ".xml").into_iter().find(|f| f.to_string_lossy().contains("_participant_"));
    let full = |text: &str| text.matches("<user ").count() == 300;
    while !participants().is_some_and(|file| std::fs::read_to_string(file).is_ok_and(|text| full(&text))) {
        tokio::task::yield_now().await;
    }
    for guest in guests {
        guest.finish().await;
    }
    until(&olive, "alone", |s| s.view.present().len() == 1).await;
    stop.store(true, Ordering::Relaxed);
    let (findings, took) = reader.await.unwrap();
    println!(
        "{} reads in {took:?}; most inside {}, most connections {}",
        findings.reads, findings.most_inside, findings.most_connections
    );

    assert_eq!(findings.malformed, Vec::<String>::new());
    assert!(findings.reads > 100, "{} reads", findings.reads);
    assert_eq!(findings.most_inside, 300);
    let names = ["127.0.0.1", "fe80;;215;c5ff;fe0e;bef8", "mcu.example"];
    for name in names {
        for file in [format!("_status_ip_{name}.xml"), format!("_office_status_ip_{name}.xml")] {
            assert!(findings.written.contains_key(&file), "{file} is missing among {:?}", findings.written.keys());
        }
    }
    for (name, moments) in &findings.written {
        // Their own moments say so, however slow the machine is.
        for pair in moments.windows(2) {
            let apart = pair[1].duration_since(pair[0]).unwrap_or_default();
            assert!(apart >= Duration::from_millis(900), "{name} was written twice within {apart:?}");
        }
    }
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_playback_is_in_the_status_file_and_counted() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("short"));
    joined(&olive).await;
    assert!(olive.command(hitdeck::client::ClientCommand::Do(hitdeck::client::Move::EndMeeting)));
    crate::stage::ended(&olive).await;
    olive.finish().await;
    let mut snapshot = stage.mcu.snapshot();
    snapshot.wait_for(|now| now.meetings.is_empty()).await.unwrap();
    let viewer = stage.join(&RequestOrder { command: CommandKind::Playback, ..owner("short") });
    until(&viewer, "the end", |s| s.viewing.as_ref().is_some_and(|v| v.at_end)).await;
    let root = stage.recordings();
    let said = |file: &str| std::fs::read_to_string(root.join(file)).unwrap_or_default();
    loop {
        let (status, load) = (said("_status_ip_127.0.0.1.xml"), said("_cluster_connection_127.0.0.1_.txt"));
        if status.contains("end_reached=\"1\"") && load.split(' ').nth(10) == Some("1") {
            let document = roxmltree::Document::parse(&status).unwrap();
            let playback = document.descendants().find(|node| node.has_tag_name("playback")).unwrap();
            assert_eq!(playback.attribute("name"), Some("Olive"));
            assert!(playback.attribute("file_name").unwrap().ends_with(".jnr"));
            break;
        }
        tokio::task::yield_now().await;
    }
    viewer.command(hitdeck::client::ClientCommand::Watch(Wish::Pause));
    viewer.finish().await;
    let folder = stage.close().await;
    let alive = std::fs::read_to_string(root.join("_cluster_ip_127.0.0.1.txt")).unwrap();
    assert_eq!(alive, "0", "an orderly stop says so");
    drop(folder);
}

/// Waits until a file of the recording root is as wanted; gives it.
async fn says(root: &Path, file: &str, is: impl Fn(&str) -> bool) -> String {
    let path = root.join(file);
    let waiting = async {
        loop {
            match std::fs::read_to_string(&path) {
                Ok(text) if is(&text) => return text,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    within(file, waiting).await.unwrap_or_else(|| panic!("{file} says {:?}", std::fs::read_to_string(&path)))
}

async fn office(root: &Path, wanted: OfficeState) {
    let is = |text: &str| {
        let status = OfficeStatus::parse(text.as_bytes()).unwrap();
        let own = status.offices.iter().find(|office| office.owner_id == "olive");
        own.map_or(OfficeState::Closed, |office| office.status) == wanted
    };
    says(root, "_office_status_ip_127.0.0.1.xml", is).await;
}

const STATUS: &str = "_status_ip_127.0.0.1.xml";

#[tokio::test(flavor = "multi_thread")]
async fn an_office_goes_through_all_four_states() {
    let stage = Stage::open().await;
    let root = stage.recordings();
    office(&root, OfficeState::Closed).await;
    let olive = stage.join(&owner("room"));
    joined(&olive).await;
    office(&root, OfficeState::Open).await;
    let gus = stage.join(&guest("room", "gus", "Gus"));
    joined(&gus).await;
    office(&root, OfficeState::WithGuest).await;
    gus.finish().await;
    office(&root, OfficeState::Open).await;
    assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
    ended(&olive).await;
    olive.finish().await;
    office(&root, OfficeState::Closed).await;
    // The owner alone, with a jnj that says make_recording (guide notes N28).
    let alone = Jnj { make_recording: true, ..stage.issue(&owner("room")) };
    let olive = stage.start(alone, Transport::WebSocket, None);
    joined(&olive).await;
    office(&root, OfficeState::Recording).await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_is_a_user_while_its_owner_is_inside_and_a_server_that_stops_has_an_empty_info() {
    let stage = Stage::open().await;
    let root = stage.recordings();
    let olive = stage.join(&owner("room"));
    joined(&olive).await;
    let gus = stage.join(&guest("room", "gus", "Gus"));
    joined(&gus).await;
    let inside = |text: &str| text.contains("<user vid=") && text.contains(r#"owner_present="1" have_guest="1""#);
    let text = says(&root, STATUS, inside).await;
    assert!(!text.contains("<meeting") && text.contains("<info max_meeting="), "exactly one element a meeting: {text}");
    let before = OwnerStatus::parse(text.as_bytes()).unwrap();
    let moment = jiff::Timestamp::from_second(before.utc).unwrap();
    let local = LocalTime::from_unix(before.utc, jiff::tz::TimeZone::system().to_offset(moment).seconds());
    assert_eq!(before.last_update, local.last_update(), "one moment in two forms");
    assert!((stage.clock.now().unix_seconds() - before.utc).abs() < 60);
    olive.finish().await;
    let outside = |text: &str| text.contains("<meeting vid=") && text.contains(r#"owner_present="0" have_guest="1""#);
    let text = says(&root, STATUS, outside).await;
    assert!(!text.contains("<user"), "{text}");
    gus.finish().await;
    let folder = stage.close().await;
    let text = std::fs::read_to_string(root.join(STATUS)).unwrap();
    assert!(text.contains("<info/>") && !text.contains("<meeting"), "{text}");
    assert!(OwnerStatus::parse(text.as_bytes()).unwrap().utc >= before.utc);
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preparation_says_so_in_both_spellings_until_it_is_a_meeting() {
    let stage = Stage::open().await;
    let root = stage.recordings();
    let meet = RequestOrder { duration_min: 30, ..owner("event") };
    let prepare = RequestOrder { set: vec!["command.preparationmode=1".into()], ..meet.clone() };
    let coordinator = stage.join(&prepare);
    joined(&coordinator).await;
    says(&root, STATUS, |text| text.contains(r#"preparation_mode="1" preparationmode="1""#)).await;
    let again = stage.join(&meet);
    joined(&again).await;
    says(&root, STATUS, |text| text.contains(r#"preparation_mode="0" preparationmode="0""#)).await;
    again.finish().await;
    coordinator.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_participant_file_names_everybody_and_goes_with_the_meeting() {
    let stage = Stage::open().await;
    let root = stage.recordings();
    let olive = stage.join(&owner("room"));
    joined(&olive).await;
    let gus = stage.join(&guest("room", "gus", "Gus"));
    joined(&gus).await;
    let find = || files(&root, ".xml").into_iter().find(|file| file.to_string_lossy().contains("_participant_"));
    let both = |text: &str| text.matches("<user ").count() == 2;
    let full = async {
        while !find().is_some_and(|file| std::fs::read_to_string(file).is_ok_and(|text| both(&text))) {
            tokio::task::yield_now().await;
        }
    };
    within("both in the participant file", full).await.unwrap();
    let path = find().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let element = document.root_element();
    assert_eq!((element.attribute("meetingid"), element.attribute("guaranteed")), (Some("room"), Some("0")));
    assert!(element.attribute("utc").is_some() && element.attribute("last_update").is_some(), "{text}");
    let second = element.children().filter(|node| node.has_tag_name("user")).nth(1).unwrap();
    let attributes = ["name", "userid", "invited", "ip"].map(|name| second.attribute(name));
    assert_eq!(attributes, [Some("Gus"), Some("gus"), Some("1"), Some("127.0.0.1")]);
    // Beside the recording, with its own suffix (guide notes N33).
    assert!(path.parent().unwrap().ends_with("_user/olive/room/participant"), "{}", path.display());
    assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
    ended(&olive).await;
    olive.finish().await;
    gus.finish().await;
    stage.close().await;
    assert_eq!(find(), None);
}
