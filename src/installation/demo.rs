//! Something to look at, with no account and no network: three past recordings, and two people who talk.
//!
//! In: an installation. Out: recordings that the real room and recorder made in shifted time; and a [`Cast`] of real clients in a
//! real meeting, following a script.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::crowd::host::Host;
use super::folder::{Installation, InstallationError};
use super::order::{GuestOrder, RequestOrder};
use crate::client::{Client, ClientCommand, ClientOptions, Move, Phase};
use crate::clock::{Clock, Now};
use crate::hit::jnj::Jnj;
use crate::hit::request::CommandKind;
use crate::library;
use crate::mcu::rehearsal::{self, Act};
use crate::meeting::room::How;

/// Fills a fresh installation with three recordings. Blocking.
pub fn add_recordings(installation: &Installation, now: Now) {
    for (index, play) in PLAYS.iter().enumerate() {
        if let Err(failure) = rehearse(installation, play, i32::try_from(index).unwrap_or_default() + 1, now) {
            warn!("the demo recording {:?} cannot be made: {failure}", play.title);
        }
    }
}

/// Simulated people in a meeting.
#[derive(Debug)]
pub struct Cast {
    meeting_id: String,
    stop: CancellationToken,
    players: JoinSet<()>,
}

impl Cast {
    /// Sends them in. Must be called within a tokio runtime.
    pub fn enter(installation: &Installation, mcu: SocketAddr, clock: Clock) -> Option<Cast> {
        let made = (0..2).map(|part| live_jnj(installation, mcu, clock.now(), part));
        let made: Result<(Vec<String>, Vec<Jnj>), InstallationError> = made.collect();
        let (meeting_ids, jnjs) = match made {
            Ok(made) => made,
            Err(failure) => {
                warn!("the simulated people stay away: {failure}");
                return None;
            }
        };
        let stop = CancellationToken::new();
        let mut players = JoinSet::new();
        // The owner goes first, so that the token is where one looks for it.
        let opened = Arc::new(Notify::new());
        for (part, jnj) in jnjs.into_iter().enumerate() {
            players.spawn(act(jnj, part, clock.clone(), (stop.clone(), Arc::clone(&opened))));
        }
        let meeting_id = meeting_ids.into_iter().next().unwrap_or_default();
        info!("two simulated people enter the meeting {meeting_id:?}");
        Some(Cast { meeting_id, stop, players })
    }

    /// Whether that meeting is theirs.
    pub fn is_in(&self, owner_id: &str, meeting_id: &str) -> bool {
        owner_id == OWNER_ID && meeting_id == self.meeting_id
    }

    /// How many of them are left.
    pub fn len(&mut self) -> usize {
        while self.players.try_join_next().is_some() {}
        self.players.len()
    }

    /// Whether they have all left.
    pub fn is_empty(&mut self) -> bool {
        self.len() == 0
    }

    /// They leave.
    pub fn dismiss(&self) {
        self.stop.cancel();
    }

    /// They leave; waits until they have.
    pub async fn leave(mut self) {
        self.stop.cancel();
        while self.players.join_next().await.is_some() {}
    }
}

/// One simulated person: joins, and says every second line of the dialogue when its turn comes. The owner also sees to questions,
/// polls and the token, until a real owner takes the place over.
async fn act(jnj: Jnj, part: usize, clock: Clock, (stop, opened): (CancellationToken, Arc<Notify>)) {
    if part > 0 {
        tokio::select! {
            () = opened.notified() => {}
            () = stop.cancelled() => return,
        }
    }
    let options = ClientOptions::new(clock.clone());
    let client = Client::start(jnj, options);
    let mut watch = client.watch();
    let mut turn = tokio::time::interval(TURN);
    // The first tick comes at once; nobody speaks before the other is there.
    turn.tick().await;
    let mut spoken = 0;
    let began = clock.now().steady;
    let at = || clock.now().steady.saturating_sub(began);
    let mut host = (part == 0).then(|| Host::new(SEED, Duration::ZERO));
    loop {
        let state = client.state();
        if let Some(host) = host.as_mut().filter(|_| state.phase == Phase::InMeeting) {
            for wanted in host.next(&state.view, at()) {
                // The client asks the newest view again whether it is allowed.
                client.command(ClientCommand::Do(wanted));
            }
        }
        // Without a host there is nothing to look at.
        let due = host.as_ref().map_or(TURN, |host| host.due(at()).saturating_sub(at()));
        tokio::select! {
            () = stop.cancelled() => break,
            changed = watch.changed() => {
                let phase = watch.borrow_and_update().phase.clone();
                if part == 0 && (phase == Phase::InMeeting || matches!(phase, Phase::Ended(_))) {
                    opened.notify_one();
                }
                if changed.is_err() || matches!(phase, Phase::Ended(_)) {
                    break;
                }
            }
            () = sleep(due) => {}
            _ = turn.tick() => {
                let state = client.state();
                if state.phase == Phase::InMeeting && state.view.present().len() > 1 {
                    // Once through, then a pause as long again: a meeting that never falls silent is hard to talk in.
                    if spoken % 2 == part && spoken % (2 * DIALOGUE.len()) < DIALOGUE.len() {
                        client.command(ClientCommand::Do(Move::Say(line(spoken))));
                    }
                    spoken += 1;
                }
            }
        }
    }
    client.finish().await;
}

fn line(n: usize) -> String {
    DIALOGUE.get(n % DIALOGUE.len()).map_or_else(String::new, |text| (*text).to_owned())
}

fn live_jnj(
    installation: &Installation,
    mcu: SocketAddr,
    now: Now,
    part: usize,
) -> Result<(String, Jnj), InstallationError> {
    let guest =
        (part == 1).then(|| GuestOrder { id: "wang".into(), name: "王小明".into(), invited: true, ticket: false });
    // Event-based, so that either may come first.
    let order = RequestOrder { duration_min: 599, ..request(LIVE_MEETING, LIVE_TITLE, guest) };
    let mut request = order.request(now).map_err(|e| InstallationError::Request(e.to_string()))?;
    // Somebody may have ended an earlier one as its owner: an event that was ended is not opened again (guide 3.5).
    let root = installation.recording_root();
    for n in 2..MAX_LIVE {
        if !library::event_is_over(&root, &request) {
            break;
        }
        request.meeting_id = format!("{LIVE_MEETING}-{n}");
    }
    Ok((request.meeting_id.clone(), installation.issue(&request, mcu)?))
}

fn request(meeting: &str, title: &str, guest: Option<GuestOrder>) -> RequestOrder {
    RequestOrder {
        owner: (OWNER_ID.into(), "Olive".into()),
        meeting_id: meeting.into(),
        command: CommandKind::Meeting,
        guest,
        group: None,
        duration_min: 0,
        title: title.into(),
        password: None,
        recorded: true,
        set: Vec::new(),
    }
}

fn rehearse(installation: &Installation, play: &Play, index: i32, now: Now) -> Result<(), String> {
    let start =
        Now { steady: Duration::ZERO, office: now.office - i64::try_from(play.ago.as_millis()).unwrap_or_default() };
    let owner =
        (play.people.first().map_or("", |p| p.0).to_owned(), play.people.first().map_or("", |p| p.1).to_owned());
    let order = RequestOrder { owner, ..request(play.meeting, play.title, None) };
    let request = order.request(start).map_err(|e| e.to_string())?;
    let mut acts: Vec<(Duration, Act)> = Vec::new();
    for (n, (id, name)) in play.people.iter().enumerate() {
        let at = Duration::from_secs(4 * u64::try_from(n).unwrap_or_default());
        acts.push((at, Act::Join { owner: n == 0, id: (*id).into(), name: (*name).into() }));
    }
    acts.extend(play.lines.iter().map(|(at, who, text)| (Duration::from_secs(*at), Act::Say(*who, (*text).into()))));
    let last = play.lines.last().map_or(0, |(at, _, _)| *at);
    if play.people.len() > 2 {
        acts.push((Duration::from_secs(last + 5), Act::Leave(2)));
    }
    let end = Duration::from_secs(last + 20);
    let root = installation.recording_root();
    rehearsal::hold(&root, "127.0.0.1", &request, (index, start), &acts, (end, How::OwnersRequest))
        .map_err(|e| e.to_string())?;
    Ok(())
}

/// A meeting that was held before the demo began.
struct Play {
    meeting: &'static str,
    title: &'static str,
    ago: Duration,
    /// Id and name; the owner first.
    people: &'static [(&'static str, &'static str)],
    /// Second of the meeting, ssrc, what was said.
    lines: &'static [(u64, i32, &'static str)],
}

const PLAYS: &[Play] = &[
    Play {
        meeting: "release-42",
        title: "Release 42: go or no-go",
        ago: Duration::from_secs(26 * 3600),
        people: &[("olive", "Olive"), ("gus", "Gus"), ("tess", "Tess")],
        lines: &[
            (15, 0, "Good morning. One question today: do we ship?"),
            (24, 1, "All nightly joins passed, 300 of 300."),
            (33, 2, "The password prompt was retried twice as it should be."),
            (47, 0, "And the backup server?"),
            (58, 1, "Took over in half a second when I stopped the first one."),
            (72, 2, "I watched it from the guest's side. Nobody noticed."),
            (90, 0, "Then we ship on Thursday. Thank you both."),
            (97, 1, "👍"),
        ],
    },
    Play {
        meeting: "taipei-design",
        title: "產品會議：新的白板",
        ago: Duration::from_secs(3 * 24 * 3600),
        people: &[("wang", "王小明"), ("suzuki", "鈴木花子")],
        lines: &[
            (12, 0, "大家好，今天討論新的白板。"),
            (25, 1, "こんにちは。図を三つ用意しました。"),
            (41, 0, "第一張很清楚。第二張的文字可以再大一點。"),
            (60, 1, "はい、24ポイントにします。"),
            (83, 0, "好，下週一再看一次。"),
            (95, 1, "了解です。ありがとうございました。"),
        ],
    },
    Play {
        meeting: "support-0117",
        title: "",
        ago: Duration::from_secs(8 * 24 * 3600),
        people: &[("tess", "Tess"), ("", "A visitor with quite a long name from the support desk")],
        lines: &[
            (10, 1, "Hello, my jnj file says it is too old?"),
            (22, 0, "A jnj is fresh for five minutes. I will send you a new one."),
            (40, 1, "Got it, that works. Thank you!"),
        ],
    },
];

const DIALOGUE: &[&str] = &[
    "Welcome to HIT Deck. This meeting is real: an MCU on this machine, and two simulated people.",
    "大家好！我是王小明，從台北加入。",
    "Join us: press \"Join as guest\" on the Home page, or issue a jnj of your own.",
    "您說的每一句話都會錄下來，之後可以在錄影清單播放。",
    "Everything said here is recorded. Look at the recordings page when you have left.",
    "試試看私訊：選我的名字，只有我看得到。",
    "The owner holds the token. Give it to somebody from the people list.",
    "好，我等著。",
];

/// The meeting in which the simulated people talk.
pub const LIVE_MEETING: &str = "demo";
/// So many live meetings of one folder may have been ended by their owner.
const MAX_LIVE: u32 = 1_000;
const LIVE_TITLE: &str = "Demo meeting";
const OWNER_ID: &str = "olive";
/// What the owner does beside talking is the same in every demo.
const SEED: u64 = 1;
const TURN: Duration = Duration::from_secs(5);
