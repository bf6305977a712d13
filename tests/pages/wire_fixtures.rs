//! What a window is shown of dialling, reconnecting, backups, playback over the wire and messages.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hitdeck::hit::status::explain::explain;
use hitdeck::installation::snapshot::{
    AttemptRow, Direction, Ending, InspectorConnection, InspectorLine, InspectorSnapshot, McuRunning, McuState,
    Outcome, RecentJnj, Refusal, SessionPhase, SessionSnapshot, Snapshot, StatusFileRow, StatusKind, StatusLook,
    WirePlayback,
};
use hitdeck::meeting::view::{NOBODY, View};

use crate::fixtures::{self, START};

/// One of everything that an attempt can become, with a name that is too long.
pub fn attempts() -> Vec<AttemptRow> {
    vec![
        attempt(
            "mcu.example.com:2333",
            Some(0),
            Some(1_060),
            Outcome::Failed("connection refused. Nothing listens on that port".into()),
        ),
        attempt("backup.example.com:2333", Some(250), Some(1_310), Outcome::Won),
        attempt(
            "a-server-with-a-very-long-name.in-some.department.example.com:23330",
            Some(500),
            Some(1_310),
            Outcome::Closed,
        ),
        attempt("[2001:db8:85a3::8a2e:370:7334]:443", Some(750), Some(1_180), {
            Outcome::KeysFailed("the server's public key has 12 bytes, 256 were expected".into())
        }),
        attempt("會議.example.tw:2333", Some(1_000), None, Outcome::Trying),
        attempt("10.0.0.6:2333", Some(1_250), Some(1_300), Outcome::Open),
        attempt("10.0.0.7:2333", None, None, Outcome::Waiting),
        attempt("10.0.0.8:2333", None, None, Outcome::NotTried),
    ]
}

/// As many as a jnj can name, none of which answers.
pub fn twenty() -> Vec<AttemptRow> {
    (0..20)
        .map(|n| {
            let why = if n % 3 == 0 { "connection refused" } else { "no answer within 8 s" };
            let took = if n % 3 == 0 { 40 } else { 8_000 };
            let address = format!("10.0.{n}.1:2333");
            attempt(&address, Some(n * 250), Some(n * 250 + took), Outcome::Failed(why.into()))
        })
        .collect()
}

pub fn attempt(address: &str, started: Option<u64>, ended: Option<u64>, outcome: Outcome) -> AttemptRow {
    let ms = |time: Option<u64>| time.map(Duration::from_millis);
    AttemptRow { address: address.into(), started: ms(started), ended: ms(ended), outcome, untrusted: None }
}

/// A meeting that came back through a backup.
pub fn came_back() -> Arc<SessionSnapshot> {
    let session = fixtures::session(1, SessionPhase::InMeeting);
    Arc::new(SessionSnapshot {
        attempts: Arc::new(attempts()),
        relay: Some("relay.example.com:443".into()),
        reconnects: 2,
        ..(*session).clone()
    })
}

pub fn reconnecting(next_in: Option<u64>) -> SessionPhase {
    SessionPhase::Reconnecting {
        why: "the server closed the connection without a goodbye".into(),
        attempt: 3,
        next_in: next_in.map(Duration::from_millis),
        gives_up_in: Duration::from_secs(74),
    }
}

/// A session that ended before it saw anything.
pub fn ended(end: Ending) -> Snapshot {
    fixtures::with_session(fixtures::outside(1, SessionPhase::Ended(end)))
}

/// A jnj of our own that is stale.
pub fn stale() -> Snapshot {
    let end = Ending::Refused(Refusal::WrongUserinfo2);
    let session = fixtures::outside(1, SessionPhase::Ended(end));
    fixtures::with_session(Arc::new(SessionSnapshot { can_reissue: true, ..(*session).clone() }))
}

pub fn untrusted(server: &str) -> Ending {
    let fingerprint = (0..32u8).map(|n| format!("{:02X}", n * 7 + 3)).collect::<Vec<_>>().join(":");
    let fingerprint = fingerprint.parse().unwrap();
    Ending::Untrusted { server: server.into(), fingerprint, why: "it is signed by nobody but itself".into() }
}

/// Home with a backup that runs and files that were used.
pub fn with_backup() -> Snapshot {
    let mut shot = fixtures::busy();
    let mut meetings = match &shot.mcu {
        McuState::Running(running) => running.meetings.clone(),
        _ => Vec::new(),
    };
    meetings.truncate(1);
    shot.backup = McuState::Running(McuRunning {
        address: "127.0.0.2:2333".parse().unwrap(),
        up: Duration::from_secs(312),
        connections: 3,
        meetings: meetings.clone(),
    });
    if let McuState::Running(running) = &mut shot.mcu {
        running.meetings = meetings;
    }
    shot.recent = recent();
    shot.notices.clear();
    shot
}

pub fn recent() -> Arc<Vec<RecentJnj>> {
    let file = |path: PathBuf, what: &str, server: &str, playback: bool, ago: i64| RecentJnj {
        path,
        what: what.into(),
        server: server.into(),
        playback,
        used: START - ago * 3_600_000,
    };
    Arc::new(vec![
        file(here(), "Weekly planning", "mcu.example.com:2333", false, 0),
        file(
            here().with_file_name("tests/pages/main.rs"),
            "產品週會：第二季度路線圖與發布計劃",
            "10.0.0.6:2333",
            true,
            5,
        ),
        file("/srv/qa/gone/alice-40.jnj".into(), "alice-40.jnj", "127.0.0.1:2333", false, 26),
        file(
            here().with_file_name("README.md"),
            "A meeting whose organiser put the whole agenda into the title: review, budget, staffing, any other business",
            "a-server-with-a-very-long-name.in-some.department.example.com:23330",
            true,
            400,
        ),
    ])
}

/// A file that is there wherever the tests run.
pub fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")
}

pub fn playing(playback: WirePlayback) -> Arc<SessionSnapshot> {
    let mut view = View { me: NOBODY, owns_token: false, ..fixtures::view() };
    view.chat.truncate(8);
    let session = fixtures::session(1, SessionPhase::InMeeting);
    Arc::new(SessionSnapshot {
        view: Arc::new(view),
        playback: Some(playback),
        attempts: Arc::new(attempts()),
        ..(*session).clone()
    })
}

pub fn playback() -> WirePlayback {
    WirePlayback {
        start_ms: 1_000,
        end_ms: 3_601_000,
        position_ms: 1_324_000,
        playing: true,
        speed: 125,
        repeat: false,
        at_end: false,
        can_change_speed: true,
        recorded_at: (2024, 5, 17, 14, 5),
    }
}

/// Name, direction and fields of a message.
type Kind = (&'static str, Direction, &'static [(&'static str, &'static str)]);

/// A window that watches, with so many lines.
pub fn watching(lines: u64) -> Snapshot {
    let kinds: [Kind; 6] = [
        (
            "CHAT_TEXT_TIME",
            Direction::Received,
            &[("from", "2"), ("time", "1715954717500"), ("text", "大家早。我先說一下上週的進度")],
        ),
        ("KEEP_ALIVE", Direction::Sent, &[]),
        ("TOKEN_HOLDER", Direction::Received, &[("ssrc", "1")]),
        (
            "JOIN_REQUEST",
            Direction::Sent,
            &[
                ("userinfo", "1024 bytes, masked"),
                ("name", "Maximiliana Featherstonehaugh-Cholmondeley"),
                ("password", "masked"),
                ("version", "4.5.0"),
                ("language", "zh-TW"),
            ],
        ),
        ("USER_LIST", Direction::Received, &[("count", "3"), ("people", "0 Alice Chen, 1 Bob Martin, 2 王小明")]),
        ("SLIDE_PAGE", Direction::Received, &[("page", "7"), ("of", "12")]),
    ];
    let line = |n: u64| {
        let (name, direction, fields) = kinds[usize::try_from(n % 6).unwrap()];
        Arc::new(InspectorLine {
            number: n + 1,
            at: START + i64::try_from(n).unwrap() * 137,
            connection: u32::try_from(n % 4).unwrap() + 1,
            direction,
            name: name.into(),
            fields: fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            bytes: (0..150u8).map(|b| b.wrapping_mul(11)).collect(),
            size: 2_150,
            section: "wire/02 section 6".into(),
        })
    };
    let connection = |number: u32, label: &str, open: bool| InspectorConnection { number, label: label.into(), open };
    let inspector = InspectorSnapshot {
        on: true,
        connections: vec![
            connection(1, "mcu <- 127.0.0.1:50412 (Alice Chen)", true),
            connection(2, "mcu <- 127.0.0.1:50413 (王小明)", true),
            connection(3, "client 1 -> mcu.example.com:2333", true),
            connection(4, "client 2 -> a-server-with-a-very-long-name.in-some.department.example.com:23330", false),
        ],
        lines: Arc::new((0..lines).map(line).collect()),
        dropped: if lines > 1_000 { 1_204 } else { 0 },
    };
    Snapshot { inspector: Arc::new(inspector), ..fixtures::busy() }
}

/// The status files of an MCU with a meeting, and of a recording that was asked for.
pub fn status_files() -> Snapshot {
    let recording = r#"<?xml version="1.0" encoding="utf-8" ?>
<status to_archive="1">
<starttime utc="1477579954">20161027 14:52:34</starttime>
<!-- duration is in seconds -->
<duration>124</duration>
<recording read="1477580100" shared="1" view_count="3" colour="red">true</recording>
<title>季度計劃會議：下一季的目標與預算</title>
<how>2</how>
<participant userid="alice" username="Alice Chen"/>
<participant userid="wang" username="王小明"/>
</status>
"#;
    let owners = r#"<?xml version="1.0" encoding="utf-8" ?>
<thirdparty last_update="Thu Oct 27 14:52:34" utc="1477579954">
<info max_meeting="60" max_connection="300" max_outside_connection="100" ip_range="127.0.0.0/8" target_bitrate="2000.0Kbps"/>
<directory>
<user vid="0" session_index="0" name="Alice Chen" userid="alice" meetingid="planning" duration="0" elapsed_second1="1503" elapsed_second2="303" max_participant="6" owner_present="1" have_guest="1" preparation_mode="0" preparationmode="0"/>
</directory>
</thirdparty>
"#;
    let offices = r#"<office_status><user id="alice" office_status="2" meeting_id="planning"/></office_status>"#;
    let inside = r#"<participant meetingid="planning" utc="1477579954"><user name="王小明" userid="wang" invited="1" ip="127.0.0.1"/></participant>"#;
    let files = [
        (
            "_user/alice/planning/_recording_127.0.0.1_2016_10_27_14_52_000001.xml",
            StatusKind::Recording,
            recording,
            90_000,
        ),
        ("_cluster_ip_127.0.0.1.txt", StatusKind::Alive, "1", 4_000),
        ("_cluster_connection_127.0.0.1_.txt", StatusKind::Load, "1 60 2 300 0 100 0 10 0 8 0 20 0 15", 2),
        ("_status_ip_127.0.0.1.xml", StatusKind::Owners, owners, 1),
        ("_office_status_ip_127.0.0.1.xml", StatusKind::Offices, offices, 300),
        (
            "_user/alice/planning/participant/_participant_127.0.0.1_2016_10_27_14_52_000001.xml",
            StatusKind::Participants,
            inside,
            12,
        ),
        (
            "_user/bob/odd/participant/_participant_127.0.0.1_2016_10_27_14_53_000002.xml",
            StatusKind::Participants,
            "<participant meet",
            12,
        ),
    ];
    let files = files.map(|(name, kind, text, age_s)| StatusFileRow {
        path: Path::new("/srv/qa/recording").join(name),
        name: name.into(),
        kind,
        size: text.len() as u64,
        written_ms: Some(1_477_579_954_000),
        age_s: Some(age_s),
        explained: Arc::new(explain(kind, text.as_bytes())),
        text: text.into(),
    });
    let status = StatusLook { files: files.to_vec(), problem: None };
    Snapshot { status: Arc::new(status), ..fixtures::busy() }
}
