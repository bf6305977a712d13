//! Everybody whom the MCU turns away is told why, with the code of docs/decisions.md, and nobody else is held up.

use hitdeck::client::{Client, ClientCommand, Door, Ending, Manners};
use hitdeck::hit::jnj::{Credential, Jnj};
use hitdeck::hit::password::PasswordHash;
use hitdeck::hit::request::CommandKind;
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::link::Transport;
use hitdeck::wire::Refusal;
use hitdeck::wire::join::{BeforeAdmission, flags};

use crate::peer::Peer;
use crate::stage::{Stage, guest, joined, owner, turned_away, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_jnj_that_is_too_old_or_from_the_future_is_refused() {
    let stage = Stage::open().await;
    let now = stage.clock.now().unix_seconds();
    for timestamp in [now - 3600, now + 3600, 0, -1, i64::MAX, i64::MIN] {
        let order = RequestOrder { set: vec![format!("timestamp.value={timestamp}")], ..owner("stale") };
        refused(&stage, stage.issue(&order), Refusal::WrongUserinfo2, &timestamp.to_string()).await;
    }
    the_honest_get_in(stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_userinfo_that_was_not_sealed_for_this_mcu_is_refused() {
    let stage = Stage::open().await;
    let sealed = stage.issue(&owner("forged")).userinfo.as_ref().map(|u| u.expose().to_owned()).unwrap();
    let parts: Vec<&str> = sealed.split('|').collect();
    let other = Stage::open().await;
    let elsewhere = other.issue(&owner("forged")).userinfo.as_ref().map(Credential::expose).unwrap().to_owned();
    let (body, signature) = (flip(parts[2]), flip(parts[3]));
    let cases = [
        ("nothing", String::new()),
        ("a word", "hello".to_owned()),
        ("three parts", parts[..3].join("|")),
        ("no base64", [parts[0], "*", "?", "!"].join("|")),
        ("a control character", format!("\u{0}{sealed}")),
        ("a changed request", [parts[0], parts[1], &body, parts[3]].join("|")),
        ("a changed signature", [parts[0], parts[1], parts[2], &signature].join("|")),
        ("an unknown third party", ["key_web_stranger", parts[1], parts[2], parts[3]].join("|")),
        ("a name that leads out of the folder", ["../key_web_local", parts[1], parts[2], parts[3]].join("|")),
        ("another installation's", elsewhere),
        ("10,000 bytes", "x".repeat(10_000)),
        ("10,000 bytes that begin well", format!("{sealed}{}", "A".repeat(10_000 - sealed.len()))),
        ("the most that a client sends", "x".repeat(19_998)),
        ("more than any client sends", "x".repeat(20_000)),
        ("the most that the wire takes", "x".repeat(65_536)),
    ];
    for (what, userinfo) in cases {
        refused(&stage, stage.carry(&userinfo), Refusal::WrongUserinfo2, what).await;
    }
    // Beyond that it is no join request any more, and nobody is left to be told a code.
    let client = stage.start(stage.carry(&"x".repeat(65_537)), Transport::Tcp, None);
    let ending = turned_away(client).await;
    assert!(matches!(ending, Ending::Lost(_)), "{ending:?}");
    other.close().await;
    the_honest_get_in(stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_third_party_that_writes_nonsense_is_told_so() {
    let stage = Stage::open().await;
    let now = stage.clock.now().unix_seconds();
    let request = |owner: &str, meeting: &str, rest: &str| {
        format!("<jnj>{owner}<meetingid>{meeting}</meetingid><timestamp>{now}</timestamp>{rest}</jnj>")
    };
    let olive = "<owner id=\"olive\">Olive</owner>";
    let long = "x".repeat(129);
    let deep = format!("{}{}", "<a>".repeat(500), "</a>".repeat(500));
    let cases = [
        ("no XML", "hello".to_owned()),
        ("nothing", String::new()),
        ("another document", "<html/>".to_owned()),
        ("a DTD", format!("<!DOCTYPE jnj SYSTEM \"file:///etc/passwd\">{}", request(olive, "m", ""))),
        ("a DTD with entities", format!("<!DOCTYPE jnj [<!ENTITY e \"eee\">]>{}", request(olive, "&e;&e;", ""))),
        ("an entity", request(olive, "&e;", "")),
        ("deep nesting", request(olive, "m", &deep)),
        ("many elements", request(olive, "m", &"<b/>".repeat(1500))),
        ("an unclosed element", format!("<jnj>{olive}")),
        ("a second root", format!("{}<jnj/>", request(olive, "m", ""))),
        ("a NUL", request(olive, "m&#0;", "")),
        ("an owner's id of 129 bytes", request(&format!("<owner id=\"{long}\">O</owner>"), "m", "")),
        ("an owner's name of 129 bytes", request(&format!("<owner id=\"o\">{long}</owner>"), "m", "")),
        ("a meeting id of 129 bytes", request(olive, &long, "")),
        ("a guest's name of 129 bytes", request(olive, "m", &format!("<guest>{long}</guest>"))),
        ("two owners", request(&format!("{olive}{olive}"), "m", "")),
        ("no owner", request("", "m", "")),
        ("no meeting", request(olive, "", "")),
        ("two guests", request(olive, "m", "<guest>a</guest><quest>b</quest>")),
        ("an unknown command", request(olive, "m", "<command>dance</command>")),
        ("a password that is no hash", request(olive, "m", "<password>secret</password>")),
    ];
    for (what, xml) in cases {
        refused(&stage, stage.seal(&xml), Refusal::IllegalRequest, what).await;
    }
    // The frame itself is good.
    let client = stage.start(stage.seal(&request(olive, "m", "")), Transport::WebSocket, None);
    joined(&client).await;
    client.finish().await;
    the_honest_get_in(stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_may_be_wrong_twice_but_not_three_times() {
    let stage = Stage::open().await;
    let order = RequestOrder { password: Some("sesame".into()), ..owner("secret") };
    let answer = |client: &Client, text: &str| {
        assert!(client.command(ClientCommand::Password(Some(PasswordHash::of(text)))));
    };

    let client = stage.start(stage.issue(&order), Transport::WebSocket, Some("open"));
    answer(&client, "opne");
    answer(&client, "Sesame");
    assert_eq!(turned_away(client).await, Ending::Refused(Refusal::WrongUserinfo2));

    let client = stage.start(stage.issue(&order), Transport::WebSocket, Some("open"));
    answer(&client, "sesame");
    joined(&client).await;
    client.finish().await;

    let now = stage.clock.now().unix_seconds();
    let expired = RequestOrder { set: vec![format!("timestamp.value={}", now - 1)], ..order };
    refused(&stage, stage.issue(&expired), Refusal::WrongUserinfo2, "a password that has ended").await;
    the_honest_get_in(stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_turned_away_before_the_owner_comes_and_without_an_invitation() {
    let stage = Stage::open().await;
    let gus = || stage.issue(&guest("room", "gus", "Gus"));
    let stranger = GuestOrder { id: "tess".into(), name: "Tess".into(), invited: false, ticket: false };
    let stranger = RequestOrder { guest: Some(stranger), ..owner("room") };
    for jnj in [gus(), stage.issue(&stranger)] {
        let ending = turned_away(stage.start(jnj, Transport::WebSocket, None)).await;
        assert_eq!(ending, Ending::MessageDeclined { owner: "Olive".into(), busy: false });
    }
    let silent = |order: RequestOrder| stage.issue(&RequestOrder { recorded: false, ..order });
    for order in [guest("room", "gus", "Gus"), stranger.clone()] {
        refused(&stage, silent(order), Refusal::MeetingNotExist, "no message without a recording").await;
    }
    let event = RequestOrder { duration_min: 30, ..stranger.clone() };
    refused(&stage, stage.issue(&event), Refusal::MeetingNotExist, "an uninvited guest of an event").await;

    let olive = stage.join(&owner("room"));
    joined(&olive).await;
    let door = |door| olive.command(ClientCommand::SetManners(Manners { door, ..Manners::default() }));
    assert!(door(Door::Closed));
    refused(&stage, stage.issue(&stranger), Refusal::CallRejected, "an uninvited guest, not to be disturbed").await;
    let gus = stage.start(gus(), Transport::WebSocket, None);
    joined(&gus).await;
    let state = until(&olive, "two people", |s| s.view.present().len() == 2).await;
    assert_eq!(state.view.people.len(), 2, "who was refused was never in the room");
    gus.finish().await;
    olive.finish().await;
    the_honest_get_in(stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_client_is_known_to_be_served_by_a_jnj_is_refused_as_such() {
    let stage = Stage::open().await;
    for command in [CommandKind::Download, CommandKind::CheckMessage] {
        // Only a meeting's jnj makes a client of ours ask.
        let jnj = Jnj { playback: false, ..stage.issue(&RequestOrder { command, ..owner("services") }) };
        refused(&stage, jnj, Refusal::JoinNetMode, command.word()).await;
    }
    the_honest_get_in(stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_belongs_to_one_owner() {
    let stage = Stage::open().await;
    let event = RequestOrder { duration_min: 60, ..owner("town-hall") };
    let olive = stage.join(&event);
    joined(&olive).await;
    let tess = RequestOrder { owner: ("tess".into(), "Tess".into()), ..event.clone() };
    refused(&stage, stage.issue(&tess), Refusal::Internal, "another owner").await;
    assert_eq!(olive.state().view.present().len(), 1);
    olive.finish().await;
    the_honest_get_in(stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_cannot_be_a_folder_is_refused_and_makes_none() {
    let stage = Stage::open().await;
    for id in ["..", ".", "a/b", "a\\b", "../../escape", "CON", "ends with a dot."] {
        refused(&stage, stage.issue(&owner(id)), Refusal::Parameter, id).await;
        let by_owner = RequestOrder { owner: (id.into(), "Olive".into()), ..owner("paths") };
        refused(&stage, stage.issue(&by_owner), Refusal::Parameter, id).await;
        let by_group = RequestOrder { group: Some(id.into()), ..owner("paths") };
        refused(&stage, stage.issue(&by_group), Refusal::Parameter, id).await;
    }
    let kept = stage.recordings();
    assert!(!kept.join("_user").exists() && !kept.join("_group").exists(), "a refused request left a folder behind");
    assert!(!stage.folder.path().join("escape").exists());
    the_honest_get_in(stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_takes_nobody_until_somebody_leaves() {
    let stage = Stage::open_with(|config| config.licence.max_connection = 2).await;
    let olive = stage.join(&owner("full"));
    joined(&olive).await;
    let gus = stage.join(&guest("full", "gus", "Gus"));
    joined(&gus).await;
    let tess = || stage.issue(&guest("full", "tess", "Tess"));
    refused(&stage, tess(), Refusal::TooManyUser, "the third of two connections").await;
    gus.finish().await;
    until(&olive, "a free place", |s| s.view.present().len() == 1).await;
    let tess = stage.start(tess(), Transport::WebSocket, None);
    joined(&tess).await;
    tess.finish().await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_takes_no_more_places_than_there_are() {
    let stage = Stage::open_with(|config| config.licence.max_connection = 3).await;
    // Invited guests open an event by themselves. All of them knock before anybody is let in.
    let mut crowd = Vec::new();
    for n in 0..12 {
        let order = RequestOrder { duration_min: 60, ..guest("rush", &format!("g{n}"), "Guest") };
        crowd.push((Peer::introduced(stage.mcu.address()).await, stage.issue(&order)));
    }
    for (peer, jnj) in &mut crowd {
        peer.ask(jnj, flags::NORMAL).await;
    }
    let mut inside = 0;
    for (peer, _) in &mut crowd {
        match peer.answer().await {
            BeforeAdmission::Admitted(_) => inside += 1,
            BeforeAdmission::Refused(Refusal::TooManyUser) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(inside, 3);
    drop(crowd);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_all_its_meetings_open_opens_no_other() {
    let stage = Stage::open_with(|config| config.licence.max_meeting = 1).await;
    let olive = stage.join(&owner("only"));
    joined(&olive).await;
    let other = RequestOrder { owner: ("tess".into(), "Tess".into()), ..owner("other") };
    refused(&stage, stage.issue(&other), Refusal::TooManySession, "a second meeting").await;
    let gus = stage.join(&guest("only", "gus", "Gus"));
    joined(&gus).await;
    gus.finish().await;
    olive.finish().await;
    stage.close().await;
}

async fn refused(stage: &Stage, jnj: Jnj, code: Refusal, what: &str) {
    for transport in [Transport::WebSocket, Transport::Tcp] {
        let ending = turned_away(stage.start(jnj.clone(), transport, None)).await;
        assert_eq!(ending, Ending::Refused(code), "{what} over {transport:?}");
    }
}

/// Whatever went before, somebody else still meets here.
async fn the_honest_get_in(stage: Stage) {
    let wang = RequestOrder { owner: ("wang".into(), "王小明".into()), ..owner("honest") };
    let client = stage.join(&wang);
    joined(&client).await;
    client.finish().await;
    stage.close().await;
}

/// The same Base64 with one bit of its first byte changed.
fn flip(part: &str) -> String {
    let first = if part.starts_with('A') { 'B' } else { 'A' };
    format!("{first}{}", &part[1..])
}
