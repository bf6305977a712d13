//! A jnj of each codetype asks in its own way (wire/01 sections 4 and 5): byte by byte, since no server of ours knows 4, 5 and 15.

use hitdeck::client::{Client, ClientCommand, ClientOptions, Ending, Phase};
use hitdeck::clock::Clock;
use hitdeck::hit::jnj::Jnj;
use hitdeck::hit::password::PasswordHash;
use hitdeck::wire::Refusal;
use hitdeck::wire::join::{BeforeAdmission, PlaybackStart};
use hitdeck::wire::parameters::ClientParameter;

use crate::script::{Caller, Script, lp};
use crate::stage::{joined, turned_away, until};

/// The client's wishes as it always has them.
const FLAGS: &[u8] = &[0x38];

fn options() -> ClientOptions {
    ClientOptions::new(Clock::system())
}

/// SHA-1 of `sesame`.
const SESAME: [u8; 20] = [
    0x08, 0x4a, 0x35, 0x01, 0xed, 0xef, 0x68, 0x45, 0xf2, 0xf1, 0xe4, 0x19, 0x8e, 0xc3, 0xa2, 0xb8, 0x1c, 0xf5, 0xc6,
    0xbc,
];

/// Refuses, so that nothing but the join request was sent.
async fn no(mut caller: Caller, client: Client) {
    caller.say(&BeforeAdmission::Refused(Refusal::WrongUserId)).await;
    assert_eq!(turned_away(client).await, Ending::Refused(Refusal::WrongUserId));
    caller.goes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_of_a_web_office_gives_a_name_and_whose_office_it_is() {
    let mut script = Script::open().await;
    let office = script.jnj("codetype=4\nuserid=olive\nusername=Olive\nplayer_name=Joe\n");
    let client = Client::start(office, ClientOptions { name: Some("Gus 王".into()), ..options() });
    let mut caller = script.answer().await;
    assert_eq!(caller.parameters, [ClientParameter::ClientType("HITDECK".into())]);
    let expected = [b"0\0", &caller.enc_lp(b"_olive")[..], &caller.enc_lp("Gus 王".as_bytes()), FLAGS].concat();
    caller.sends("a guest's request", &expected).await;
    caller.admit().await;
    joined(&client).await;
    client.finish().await;

    // The id of the longest name, and one more byte before it.
    let long = "o".repeat(127);
    let client = script.call(script.jnj(&format!("codetype=4\nuserid={long}\n")));
    let mut caller = script.answer().await;
    let id = format!("_{}", &long[1..]);
    let expected = [b"0\0", &caller.enc_lp(id.as_bytes())[..], &caller.enc_lp(b"Guest"), FLAGS].concat();
    caller.sends("a guest's request", &expected).await;
    no(caller, client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_a_web_office_shows_a_password_and_an_invited_guest_a_ticket() {
    let mut script = Script::open().await;
    let with_password = || ClientOptions { password: Some(PasswordHash::of("sesame")), ..options() };
    let client = Client::start(script.jnj("codetype=4\nuserid=olive\n"), with_password());
    let mut caller = script.answer().await;
    let expected = [b"0\0", &caller.enc_lp(b"olive")[..], &caller.enc_lp(&SESAME), FLAGS].concat();
    caller.sends("an owner's request", &expected).await;
    no(caller, client).await;

    let invited = script.jnj("codetype=4\nuserid=olive\ninvite_ticket=abc-123\n");
    let client = Client::start(invited, with_password());
    let mut caller = script.answer().await;
    let (id, name, ticket) = (caller.enc_lp(b"_olive"), caller.enc_lp(b"Invited Guest"), caller.enc_lp(b"abc-123"));
    caller.sends("an invited guest's request", &[b"6\0", &id[..], &name, FLAGS, &ticket].concat()).await;
    no(caller, client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_offices_recording_is_asked_for_with_a_password_that_is_wanted_before_anybody_is_called() {
    let mut script = Script::open().await;
    let recording =
        || script.jnj("codetype=5\nuserid=olive\nplayback_filename=2026_11_23_09_41_000001\nplayer_name=Joe\n");
    let (given_up, client) = (script.call(recording()), script.call(recording()));
    for client in [&given_up, &client] {
        let state = until(client, "the question", |s| s.phase == Phase::PasswordWanted(false)).await;
        assert!(state.attempts.is_empty(), "somebody was called: {:?}", state.attempts);
    }
    assert!(given_up.command(ClientCommand::Password(None)));
    assert_eq!(turned_away(given_up).await, Ending::Left);

    assert!(client.command(ClientCommand::Password(Some(PasswordHash::of("sesame")))));
    // The first call that this server gets is the other one's.
    let mut caller = script.answer().await;
    assert_eq!(caller.parameters, [ClientParameter::ClientType("HITDECK".into())]);
    let (id, password) = (caller.enc_lp(b"olive"), caller.enc_lp(&SESAME));
    let file = caller.enc_lp(b"2026_11_23_09_41_000001");
    caller.sends("a request for a recording", &[b"5", &id[..], &password, &file].concat()).await;
    caller.say(&BeforeAdmission::Playing(PlaybackStart { playback_id: 3, session_index: 7 })).await;
    until(&client, "the playback", |s| s.phase == Phase::InMeeting && s.viewing.is_some()).await;
    assert_eq!(client.finish().await, Ending::Left);
    caller.goes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_recording_is_asked_for_with_its_userinfo_and_no_flags() {
    let mut script = Script::open().await;
    // What the browser's storage has under that name is not ours to read.
    let shared = script.jnj("codetype=15\nuserinfo=K|P|D|M\nowner_passwd=name-in-a-browser\nplayer_name=Joe\n");
    let expected = [&b"4"[..], &lp(b"K|P|D|M"), &lp(b"")].concat();
    let client = script.call(shared.clone());
    let mut caller = script.answer().await;
    let named = [ClientParameter::ClientType("HITDECK".into()), ClientParameter::PlayerName("Joe".into())];
    assert_eq!(caller.parameters, named);
    caller.sends("a request for a shared recording", &expected).await;
    // Which password it has, the server asks for.
    caller.say(&BeforeAdmission::PasswordWanted).await;
    until(&client, "the question", |s| s.phase == Phase::PasswordWanted(false)).await;
    assert!(client.command(ClientCommand::Password(Some(PasswordHash::of("sesame")))));
    let answer = caller.enc_lp(&SESAME);
    caller.sends("the password", &answer).await;
    caller.say(&BeforeAdmission::Playing(PlaybackStart { playback_id: 3, session_index: 7 })).await;
    until(&client, "the playback", |s| s.phase == Phase::InMeeting && s.viewing.is_some()).await;
    client.finish().await;

    // Its action is the byte that begins a block of parameters: to a server that wants none it comes first.
    let client = script.call(shared);
    let mut caller = script.answer_curtly().await;
    caller.sends("a request for a shared recording", &expected).await;
    no(caller, client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jnj_that_lacks_what_its_codetype_needs_calls_nobody() {
    let mut script = Script::open().await;
    let hit = script.jnj("codetype=13\nuserinfo=K|P|D|M\n");
    let shared = script.jnj("codetype=15\nuserinfo=K|P|D|M\n");
    let office = script.jnj("codetype=4\nuserid=olive\n");
    let recording = script.jnj("codetype=5\nuserid=olive\nplayback_filename=2026_11_23_09_41_000001\n");
    let cases = [
        ("userinfo", Jnj { userinfo: None, ..hit.clone() }),
        ("userinfo", Jnj { userinfo: None, ..shared }),
        ("userid", Jnj { userid: None, ..office }),
        ("userid", Jnj { userid: None, ..recording.clone() }),
        ("names no recording", Jnj { playback_filename: None, ..recording }),
    ];
    for (missing, jnj) in cases {
        let codetype = jnj.codetype;
        let password = Some(PasswordHash::of("sesame"));
        match turned_away(Client::start(jnj, ClientOptions { password, ..options() })).await {
            Ending::NotServed(why) => assert!(why.contains(missing), "{codetype:?}: {why}"),
            other => panic!("{codetype:?}: {other:?}"),
        }
    }
    // The first call that this server gets is somebody else's.
    let client = script.call(hit);
    let mut caller = script.answer().await;
    caller.sends("a request of codetype 13", &[b"3", &lp(b"K|P|D|M")[..], FLAGS].concat()).await;
    no(caller, client).await;
}
