//! Snapshots to draw: empty ones, crowded ones, long names, Chinese.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hitdeck::installation::command::Command;
use hitdeck::installation::front::{Front, Wake};
use hitdeck::installation::snapshot::{
    Level, LogLine, Manners, McuRunning, McuState, MeetingRow, Notice, PlayerSnapshot, RecordingKind, RecordingRow,
    SampleUser, SessionPhase, SessionSnapshot, Snapshot, Transport,
};
use hitdeck::meeting::view::{Audience, ChatLine, NOBODY, Person, RecordingState, View};

/// An engine that does nothing but remember what it was asked.
pub struct FakeFront {
    shot: Mutex<Arc<Snapshot>>,
    sent: Mutex<Vec<Command>>,
    refusal: Mutex<Option<String>>,
}

impl FakeFront {
    pub fn new(shot: Snapshot) -> Arc<FakeFront> {
        Arc::new(FakeFront { shot: Mutex::new(Arc::new(shot)), sent: Mutex::default(), refusal: Mutex::default() })
    }

    pub fn show(&self, shot: Snapshot) {
        *self.shot.lock().unwrap() = Arc::new(shot);
    }

    pub fn refuse(&self, why: &str) {
        *self.refusal.lock().unwrap() = Some(why.into());
    }

    /// What was sent since the last call, in words that can be compared; passwords are not shown.
    pub fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().drain(..).map(|command| format!("{command:?}")).collect()
    }

    pub fn take(&self) -> Vec<Command> {
        std::mem::take(&mut *self.sent.lock().unwrap())
    }
}

impl Front for FakeFront {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.shot.lock().unwrap().clone()
    }

    fn send(&self, command: Command) -> Result<(), String> {
        if let Some(why) = self.refusal.lock().unwrap().clone() {
            return Err(why);
        }
        self.sent.lock().unwrap().push(command);
        Ok(())
    }

    fn on_change(&self, _wake: Wake) {}
}

pub fn stopped() -> Snapshot {
    Snapshot { chimes: Some(false), folder: "/srv/qa/hit-deck".into(), users: users(), ..Snapshot::default() }
}

pub fn failed() -> Snapshot {
    let why = "The port 127.0.0.1:2333 is in use by another program. Stop it, or start the MCU on another port.".into();
    Snapshot { mcu: McuState::Failed { why }, ..stopped() }
}

pub fn running(meetings: Vec<MeetingRow>) -> Snapshot {
    let running = McuRunning {
        address: "127.0.0.1:2333".parse().unwrap(),
        up: Duration::from_secs(8_040),
        connections: 7,
        meetings,
    };
    Snapshot { mcu: McuState::Running(running), demo: true, ..stopped() }
}

pub fn busy() -> Snapshot {
    let meeting = |index: i32, title: &str, owner: &str, people: &[&str], recording: bool| MeetingRow {
        session_index: index,
        meeting_id: (40 + index).to_string(),
        title: title.into(),
        owner_id: owner.to_lowercase().replace(' ', "."),
        owner_name: owner.into(),
        owner_present: people.contains(&owner),
        people: people.iter().map(|p| (*p).into()).collect(),
        group: None,
        duration_min: 0,
        elapsed: Duration::from_secs(u64::try_from(index).unwrap() * 1_733 + 65),
        recording,
        simulated: 0,
    };
    let mut shot = running(vec![
        meeting(0, "Weekly planning", "Alice Chen", &["Alice Chen", "Bob Martin", "Guest"], true),
        meeting(1, "產品週會：第二季度路線圖與發布計劃", "王小明", &["王小明", "田中さくら", "김민준"], true),
        meeting(
            2,
            "A meeting whose organiser put the whole agenda into the title: review, budget, staffing, any other business",
            "Maximiliana Featherstonehaugh-Cholmondeley",
            &["Bob Martin", "Somebody with quite a long name", "Another one", "Guest", "Guest 2", "Guest 3", "Guest 4"],
            false,
        ),
        meeting(3, "", "Carol", &["Carol"], false),
    ]);
    shot.log = log();
    shot.recordings = recordings(240);
    shot.sessions = vec![session(1, SessionPhase::InMeeting), dialling(2)];
    shot.players = vec![player(9)];
    shot
}

pub fn users() -> Arc<Vec<SampleUser>> {
    let user = |id: &str, name: &str| SampleUser { id: id.into(), name: name.into() };
    Arc::new(vec![user("alice", "Alice Chen"), user("bob", "Bob Martin"), user("xiaoming", "王小明")])
}

pub fn log() -> Arc<Vec<LogLine>> {
    let line = |n: i64, level, room: &str, text: &str| LogLine {
        at: START + n * 733,
        level,
        room: room.into(),
        text: text.into(),
    };
    Arc::new(vec![
        line(0, Level::Info, "mcu", "listening on 127.0.0.1:2333"),
        line(1, Level::Debug, "link", "connection 1 from 127.0.0.1:50122, WebSocket"),
        line(2, Level::Info, "mcu", "meeting 40 of alice.chen opened, session index 0"),
        line(3, Level::Info, "office", "王小明 was admitted as owner of 41"),
        line(4, Level::Warn, "client", "server said version 2.6, which is older than the specification"),
        line(
            5,
            Level::Error,
            "recording",
            "cannot append to 40.jnr: no space left on device. Free some space; the meeting goes on unrecorded",
        ),
    ])
}

pub fn recordings(n: u32) -> Arc<Vec<RecordingRow>> {
    let titles = [
        "Weekly planning",
        "產品週會：第二季度路線圖",
        "",
        "Customer call with a title that is much longer than the column it is shown in",
        "面試：資深工程師",
        "Retrospective",
    ];
    let kinds = [
        RecordingKind::Playable,
        RecordingKind::Playable,
        RecordingKind::Recoverable,
        RecordingKind::HomeMeeting,
        RecordingKind::NotRecorded,
        RecordingKind::Damaged,
    ];
    let owners = [("alice", "Alice Chen"), ("xiaoming", "王小明"), ("bob", "")];
    let pick = |n: u32, of: usize| usize::try_from(n).unwrap() % of;
    let row = |n: u32| {
        let kind = if n == 0 { RecordingKind::Live } else { kinds[pick(n, kinds.len())] };
        RecordingRow {
            path: format!("/srv/qa/hit-deck/recording/_user/{n}.jnr").into(),
            title: titles[pick(n, titles.len())].into(),
            meeting_id: (1_000 - n).to_string(),
            owner_id: owners[pick(n, 3)].0.into(),
            owner_name: owners[pick(n, 3)].1.into(),
            group: None,
            started: START - i64::from(n) * 7_917_000,
            duration: Duration::from_secs(u64::from(n) * 97 + 31),
            people: (0..=n % 5).map(|p| format!("Person {p}")).collect(),
            how: if n == 0 { None } else { Some(i32::try_from(n % 4).unwrap()) },
            size: if kind == RecordingKind::NotRecorded { 0 } else { u64::from(n) * 48_211 + 900 },
            kind,
        }
    };
    Arc::new((0..n).map(row).collect())
}

pub fn people() -> BTreeMap<i32, Arc<Person>> {
    let person = |ssrc: i32, id: &str, name: &str, audio: bool, video: bool, present: bool| {
        (
            ssrc,
            Arc::new(Person {
                ssrc,
                user_id: id.into(),
                name: name.into(),
                audio,
                video,
                version: (4, 0),
                present,
                ..Person::default()
            }),
        )
    };
    BTreeMap::from([
        person(0, "alice", "Alice Chen", true, true, true),
        person(1, "bob", "Bob Martin", true, false, true),
        person(2, "", "王小明", false, false, true),
        person(3, "max", "Maximiliana Featherstonehaugh-Cholmondeley", true, true, true),
        person(4, "", "田中さくら", false, true, true),
        person(5, "", "김민준", false, false, false),
        person(6, "", "Guest", false, false, false),
    ])
}

pub fn chat() -> Vec<Arc<ChatLine>> {
    let names: BTreeMap<i32, String> = people().into_iter().map(|(ssrc, person)| (ssrc, person.name.clone())).collect();
    let mut at = 0;
    let mut line = |from: i32, audience: Audience, text: &str| {
        at += 17_500;
        Arc::new(ChatLine {
            from,
            name: names.get(&from).cloned().unwrap_or_default(),
            text: text.into(),
            audience,
            tick: Some(at),
            date: Some(START + i64::from(at)),
            ..ChatLine::default()
        })
    };
    vec![
        line(0, Audience::Public, "Good morning, everybody. Shall we start?"),
        line(1, Audience::Public, "Yes, please."),
        line(
            2,
            Audience::Public,
            "大家早。我先說一下上週的進度：登入流程已經完成測試，錄影回放還有兩個問題要處理，預計星期四之前可以全部修好。",
        ),
        line(NOBODY, Audience::Notice, "The server will be restarted at 18:00 for maintenance."),
        line(
            3,
            Audience::Public,
            "That works for me. I would like to add one point to the agenda, if there is time: the numbers of last quarter are in, and they are a good deal better than what we had planned for, so we should talk about what to do with the budget that is left.",
        ),
        line(1, Audience::Private { to: 0 }, "Do you have the slides?"),
        line(0, Audience::Private { to: 1 }, "Sending them in a minute."),
        line(4, Audience::Public, "了解です。議事録は私が書きますね。"),
        line(5, Audience::Public, "먼저 나가 보겠습니다. 수고하세요!"),
        line(0, Audience::Public, "Thanks. First point: the release."),
    ]
}

pub fn view() -> View {
    View {
        me: 0,
        people: people(),
        token_holder: 1,
        data_sender: 1,
        owns_token: true,
        chat: chat(),
        meeting_id: "40".into(),
        title: "Weekly planning".into(),
        duration_s: 3_600,
        recording: RecordingState::On,
        initialised: true,
        ..View::default()
    }
}

pub fn session(id: u64, phase: SessionPhase) -> Arc<SessionSnapshot> {
    Arc::new(SessionSnapshot {
        id,
        source: "alice-40.jnj".into(),
        phase,
        view: Arc::new(view()),
        attempts: Arc::default(),
        relay: None,
        reconnects: 0,
        round_trip: Some(Duration::from_millis(24)),
        unanswered_for: None,
        can_reissue: false,
        prompts: Vec::new(),
        manners: Manners::default(),
        playback: None,
        server: Some("127.0.0.1:2333".into()),
        transport: Transport::WebSocket,
        server_version: "4.0".into(),
        in_meeting: Duration::from_secs(754),
        received: 48_213,
        sent: 3_911,
    })
}

/// A session that has seen nothing of its meeting yet.
pub fn outside(id: u64, phase: SessionPhase) -> Arc<SessionSnapshot> {
    Arc::new(SessionSnapshot { view: Arc::default(), in_meeting: Duration::ZERO, ..(*session(id, phase)).clone() })
}

fn dialling(id: u64) -> Arc<SessionSnapshot> {
    outside(id, SessionPhase::Dialling { address: "mcu.example.com:2333".into() })
}

pub fn with_session(session: Arc<SessionSnapshot>) -> Snapshot {
    Snapshot { sessions: vec![session], ..running(Vec::new()) }
}

pub fn with_chat(lines: i32) -> Snapshot {
    let mut view = view();
    let long = "word ".repeat(60);
    view.chat = (0..lines)
        .map(|n| {
            let text = if n % 7 == 0 { format!("{n} {long}") } else { format!("line {n}") };
            Arc::new(ChatLine { from: n % 4, name: format!("Person {}", n % 4), text, ..ChatLine::default() })
        })
        .collect();
    with_session(Arc::new(SessionSnapshot { view: Arc::new(view), ..(*session(1, SessionPhase::InMeeting)).clone() }))
}

pub fn player(id: u64) -> Arc<PlayerSnapshot> {
    let mut view = View { me: NOBODY, owns_token: false, ..view() };
    view.chat.truncate(8);
    Arc::new(PlayerSnapshot {
        id,
        file: "/srv/qa/hit-deck/recording/_user/40.jnr".into(),
        title: "Weekly planning".into(),
        start_ms: 1_000,
        end_ms: 3_601_000,
        position_ms: 1_324_000,
        playing: true,
        speed: 1.0,
        recorded_at: START,
        view: Arc::new(view),
        chat_marks: Arc::new((0..60).map(|n| 1_000 + n * n * 990).collect()),
        damage: None,
    })
}

pub fn with_player(player: Arc<PlayerSnapshot>) -> Snapshot {
    Snapshot { players: vec![player], ..running(Vec::new()) }
}

pub fn notice(id: u64, level: Level, text: &str) -> Notice {
    Notice { id, level, text: text.into() }
}

/// 2024-05-17 14:05 UTC.
pub const START: i64 = 1_715_954_700_000;
