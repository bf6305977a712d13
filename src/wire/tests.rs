//! Every vector of the wire specification that these types cover, and what holds for all messages.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::hit::modp::Group;
use crate::wire::cipher::{Cipher, CipherName, KeyMaterial};
use crate::wire::fields::{Keys, Malformed, decode};
use crate::wire::handshake::{self, Hello};
use crate::wire::join::{BeforeAdmission, JoinRequest, PasswordAnswer};
use crate::wire::parameters::{ClientParameter, ServerParameter};
use crate::wire::users::UserRecord;
use crate::wire::{
    Clear, admission, chat, control, facts, fields, floor, follow, join, layout, message, parameters, poll, side, users,
};

const FILES: [&str; 5] = ["01-transport-and-join", "02-meeting", "03-board", "04-media", "05-playback"];

/// Vectors that no decoder here reads, by file and exact name, each run of them under why.
#[rustfmt::skip]
const SKIPPED: &[(&str, &[&str])] = &[
    ("tested beside wire::exchange and wire::cipher", &[
        "01 V1 key exchange, 2048-bit group", "01 V2 key exchange, 1024-bit group", "01 aes256, 1 bytes", "01 aes256, 7 bytes",
        "01 aes256, 9 bytes", "01 aes256, 37 bytes", "01 aes192, 37 bytes", "01 aes128, 37 bytes", "01 3des, 37 bytes",
        "01 des, 37 bytes", "01 aes256 under V2, 32 bytes", "03 encM(\"Lesson 1\")", "04 encM(16 zero bytes)", "05 cipher",
    ]),
    ("a part of a message: the reference conversation below has the whole", &[
        "01 server public key", "01 no host key, no signature", "01 start of client parameters",
    ]),
    ("a part of a parameter: tested on its own below", &["01 relay address 192.0.2.9 in parameter 10002 (4 bytes only)"]),
    ("about the text of a jnj, no message", &["01 double UTF-8 of jnj byte string C3 A9"]),
    ("WebRTC is not served", &["02 WebRTC room and hash", "02 WebRTC expected auth hash"]),
    ("travels on the slide connections, which are not served yet", &[
        "03 blank page upload", "03 blank page upload in a group", "03 image upload", "03 image upload in a group",
        "03 download request", "03 download answer", "03 download resume",
    ]),
    ("a part of a message that is passed over", &[
        "03 GUID of desktop sharing", "03 id list of the next move of mark 1 (n and ids only)", "03 empty CAPTURE_END",
        "03 tile unit SCREEN_DATA 2x2 (head only; a gzip stream of the pixel rows follows)",
    ]),
    ("travels on the media connection, which is not served yet", &[
        "03 media packet FRAME_END", "04 auth field, plaintext", "04 auth field", "04 G.711, 20 ms of silence",
        "04 Opus, 20 ms", "04 H.264 frame, fragment 0", "04 H.264 frame, fragment 1", "04 MJPEG frame, fragment 0",
        "04 MJPEG frame, fragment 1", "04 H.264 key frame, 16x16 red, with subtype byte",
        "04 VP8 key frame, 16x16 red, with subtype byte", "04 media keep-alive",
    ]),
    ("only the start of a message", &[
        "05 start of the password answer", "05 MEETING_INFO (first 5 bytes)", "05 PROPERTY (first 5 bytes)",
        "05 JNR_MEETINGINFO (first 5 bytes)", "05 channel counts (first 9 bytes)", "05 TICK (first 5 bytes)",
    ]),
];

fn is_skipped(name: &str) -> bool {
    SKIPPED.iter().any(|(_, names)| names.contains(&name))
}

/// Who may send it: true is the client.
fn directions(name: &str, vector: &Value) -> &'static [bool] {
    match vector["direction"].as_str().unwrap() {
        "C>S" => &[true],
        "S>C" => &[false],
        "both" => &[true, false],
        other => panic!("{name}: direction {other}"),
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn keys_of(vector: &Value) -> Keys {
    let cipher = |key: &str, iv: &str| {
        let (key, iv) = (vector["keys"][key].as_str()?, vector["keys"][iv].as_str()?);
        let material = KeyMaterial::from_parts(hex(key).try_into().ok()?, hex(iv).try_into().ok()?);
        Some(Cipher::new(CipherName::Aes256, &material))
    };
    Keys { control: cipher("control_key", "control_iv"), meeting: cipher("meeting_key", "meeting_iv") }
}

fn vectors() -> Vec<(String, Value)> {
    FILES
        .iter()
        .flat_map(|file| {
            let path = format!("{}/tests/vectors/wire/{file}.json", env!("CARGO_MANIFEST_DIR"));
            let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            json["vectors"]
                .as_array()
                .unwrap()
                .iter()
                .map(|v| (format!("{} {}", &file[..2], v["name"].as_str().unwrap()), v.clone()))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// One decoder with its encoder, on the front of a stream: how much was taken, and what it encodes to.
type Step = Result<Option<(usize, Vec<u8>)>, Malformed>;

fn step(name: &str, from_client: bool, data: &[u8], keys: &Keys) -> Step {
    let is = |part: &str| name.contains(part);
    macro_rules! with {
        ($read:expr, $write:expr) => {
            decode(data, keys, $read).map(|done| done.map(|(item, used)| (used, $write(&item).seal(keys))))
        };
    }
    match from_client {
        true if is("hello") => with!(Hello::decode, Hello::encode),
        true if is("client public key") => {
            with!(handshake::decode_client_public, |(group, key): &(_, Vec<u8>)| handshake::encode_client_public(
                *group, key
            ))
        }
        true if is("client parameter ") || is("parameter CLIENT_TYPE") || is("parameter PLAYER_NAME") => {
            with!(ClientParameter::decode, |p: &Option<ClientParameter>| p.as_ref().unwrap().encode())
        }
        true if is("join, HIT") => with!(JoinRequest::decode, JoinRequest::encode),
        true if is("password answer") || is("prompt cancelled") => {
            with!(PasswordAnswer::decode, PasswordAnswer::encode)
        }
        true if is("challenge answer") => {
            with!(handshake::decode_challenge_answer, |(c, t): &([u8; 32], u32)| handshake::encode_challenge_answer(
                c, *t
            ))
        }
        false if is("server version") => with!(handshake::decode_server_version, |v: &Vec<u8>| {
            handshake::encode_server_version(std::str::from_utf8(v).unwrap())
        }),
        false if is("parameter ") => {
            with!(ServerParameter::decode, |p: &Option<ServerParameter>| p.as_ref().unwrap().encode())
        }
        false
            if is("password prompt")
                || is("INITIAL_INFO, meeting")
                || is("wrong password")
                || is("switch to playback") =>
        {
            with!(BeforeAdmission::decode, BeforeAdmission::encode)
        }
        false if is("INITIAL_INFO, playback") => {
            with!(|r| BeforeAdmission::decode_in(crate::hit::jnj::Mode::Playback, r), BeforeAdmission::encode)
        }
        false if is("challenge") => with!(|r| r.array::<32>(), |c: &[u8; 32]| Clear::new().raw(c)),
        true => with!(ToServer::decode, ToServer::encode),
        false => with!(ToClient::decode, ToClient::encode),
    }
}

#[test]
fn every_vector_decodes_to_its_end_encodes_to_the_same_bytes_and_asks_for_more_when_cut() {
    let mut covered: BTreeMap<String, usize> = BTreeMap::new();
    for (name, vector) in vectors() {
        if is_skipped(&name) {
            continue;
        }
        let (bytes, keys) = (hex(vector["hex"].as_str().unwrap()), keys_of(&vector));
        for from_client in directions(&name, &vector) {
            if name.contains("end of parameters") {
                assert_eq!(decode(&bytes, &keys, ServerParameter::decode), Ok(Some((None, 4))));
                assert_eq!(decode(&bytes, &keys, ClientParameter::decode), Ok(Some((None, 4))));
                continue;
            }
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let taken = step(&name, *from_client, rest, &keys).unwrap_or_else(|fault| panic!("{name}: {fault}"));
                let (used, again) = taken.unwrap_or_else(|| panic!("{name}: {} bytes are not enough", rest.len()));
                // EXT(56) and `C` are read and never sent: a line goes out as EXT(93).
                let other_form = !from_client && (name.contains("CHAT_TEXT_EX") || name.contains("notice"));
                // The specification's example leaves the second name empty; ours repeats the first, as it recommends.
                let second_name = name.contains("USER_UPDATE add, owner");
                if !other_form && !second_name {
                    assert_eq!(again, rest[..used], "{name}");
                }
                for cut in 0..used {
                    assert_eq!(step(&name, *from_client, &rest[..cut], &keys), Ok(None), "{name} cut at {cut}");
                }
                rest = &rest[used..];
            }
            *covered.entry(name[..2].to_owned()).or_default() += 1;
        }
    }
    assert!(covered["01"] >= 40 && covered["02"] >= 45 && covered["03"] >= 25, "too little is covered: {covered:?}");
}

#[test]
fn every_skipped_vector_exists() {
    let names: Vec<String> = vectors().into_iter().map(|(name, _)| name).collect();
    for name in SKIPPED.iter().flat_map(|(_, names)| *names) {
        assert!(names.iter().any(|n| n == name), "{name} is skipped, and there is no such vector");
    }
}

#[test]
fn the_fields_of_every_typed_message_are_what_its_vector_states() {
    let (mut to_server, mut to_client) = (stated_to_server(), stated_to_client());
    for (name, vector) in vectors().iter().filter(|(name, _)| !is_skipped(name)) {
        let (bytes, keys) = (hex(vector["hex"].as_str().unwrap()), keys_of(vector));
        for from_client in directions(name, vector) {
            // What comes before admission is no message of a meeting: the reference conversation states those.
            if *from_client {
                match decode(&bytes, &keys, ToServer::decode) {
                    Ok(Some((message, used))) if used == bytes.len() => check(name, message, &bytes, &mut to_server),
                    _ => {}
                }
            } else {
                match decode(&bytes, &keys, ToClient::decode) {
                    Ok(Some((message, used))) if used == bytes.len() => check(name, message, &bytes, &mut to_client),
                    _ => {}
                }
            }
        }
    }
    assert!(to_server.is_empty() && to_client.is_empty(), "no such vectors: {to_server:?} {to_client:?}");
}

/// Compares with what is stated and strikes it off; what is passed over is compared byte for byte.
fn check<T: PartialEq + std::fmt::Debug + Typed>(
    name: &str,
    message: T,
    bytes: &[u8],
    stated: &mut Vec<(&'static str, T)>,
) {
    if let Some(passed) = message.passed() {
        return assert_eq!(passed.bytes, bytes, "{name}");
    }
    let at =
        stated.iter().position(|(n, _)| *n == name).unwrap_or_else(|| panic!("the fields of {name} are not stated"));
    assert_eq!(message, stated.swap_remove(at).1, "{name}");
}

trait Typed {
    fn passed(&self) -> Option<&layout::Passed>;
}

impl Typed for ToServer {
    fn passed(&self) -> Option<&layout::Passed> {
        if let ToServer::Passed(passed) = self { Some(passed) } else { None }
    }
}

impl Typed for ToClient {
    fn passed(&self) -> Option<&layout::Passed> {
        if let ToClient::Passed(passed) = self { Some(passed) } else { None }
    }
}

fn stated_to_server() -> Vec<(&'static str, ToServer)> {
    use chat::ChatToServer::{Say, Whisper};
    use control::ControlToServer::{Recording, RecordingPassword, Title};
    use floor::FloorToServer::{Ask, AssignSpeaker, ControlFlags, Controller, DataSender, GiveOutToken, Skip, Token};
    use message::Alive::{Answer, Probe};
    use playback::PlaybackToServer::BothVideo;
    use users::UserToServer::{Ban, Capability, CodePage, Disconnect, VideoStatus};
    let flags = [floor::ControlFlags::QUESTIONS, floor::ControlFlags::SLIDES, floor::ControlFlags::TAB];
    let flags = flags.into_iter().fold(floor::ControlFlags::default(), |all, flag| all.with(flag, true));
    vec![
        ("01 alive probe", ToServer::Alive(Probe)),
        ("01 alive answer", ToServer::Alive(Answer)),
        ("01 sends video", ToServer::User(VideoStatus(1))),
        ("01 code page", ToServer::User(CodePage(65001))),
        ("01 chat", ToServer::Chat(Say { text: "hello".into() })),
        ("02 chat", ToServer::Chat(Say { text: "hello".into() })),
        ("02 private chat", ToServer::Chat(Whisper { to: 1, text: "[To:Bob]hi".into() })),
        ("02 code page", ToServer::User(CodePage(65001))),
        ("02 retrieve token", ToServer::Floor(Token(0))),
        ("02 GIVEOUT_TOKEN to 5, giver 0 stays", ToServer::Floor(GiveOutToken { target: 5, questioners: vec![0] })),
        ("02 GIVEOUT_TOKEN to 0 with 6, 7 kept", ToServer::Floor(GiveOutToken { target: 0, questioners: vec![6, 7] })),
        ("02 capability audio", ToServer::User(Capability(1))),
        ("01 tab", ToServer::Follow(follow::Follow::Tab(follow::Tab::Board.number()))),
        ("02 QUESTION_REQUEST", ToServer::Floor(Ask { ssrc: 1, text: "Yes".into() })),
        ("02 SKIP_QUESTION", ToServer::Floor(Skip(1))),
        ("02 allow Bob (data sender)", ToServer::Floor(DataSender(1))),
        ("02 end question", ToServer::Floor(DataSender(-1))),
        ("02 assign speaker Bob", ToServer::Floor(AssignSpeaker(1))),
        ("02 controller Bob", ToServer::Floor(Controller(1))),
        ("02 control flags 84", ToServer::Floor(ControlFlags(flags))),
        ("02 poll request", ToServer::Poll(poll::PollToServer::Ask)),
        ("02 poll answer 4", ToServer::Poll(poll::PollToServer::Answer { kind: poll::PollKind::Holder, answer: 4 })),
        ("02 OWNER_RESPONSE accept", ToServer::Answer(admission::OwnerResponse::new(b"req-17".to_vec(), true))),
        ("02 JNR password", ToServer::Control(RecordingPassword(facts::Secret(b"secret".to_vec())))),
        ("02 title", ToServer::Control(Title("Title".into()))),
        ("02 pause recording", ToServer::Control(Recording(2))),
        ("02 SIP accept", ToServer::Side(side::SideToServer::SipAnswer { uri: "sip:a@b.c".into(), ssrc: 1, code: 0 })),
        ("02 joint browsing URL typed", ToServer::Follow(follow::Follow::Page(follow::Page::typed("http://x/")))),
        ("02 kick", ToServer::User(Disconnect(5))),
        ("02 ban", ToServer::User(Ban(5))),
        ("05 BOTH_VIDEO", ToServer::Playback(BothVideo(0))),
        ("05 alive probe", ToServer::Alive(Probe)),
        ("05 alive answer", ToServer::Alive(Answer)),
    ]
}

fn stated_to_client() -> Vec<(&'static str, ToClient)> {
    use chat::ChatToClient::{Line, Whisper};
    use facts::Fact;
    use floor::FloorToClient::{Assistant, Channels, ControlFlags, Controller, Speaker, Token, TokenOwner};
    use message::Alive::{Answer, Probe};
    use message::End;
    use users::UserToClient::{Add, CodePage, Delete};
    let user = |capability, ssrc, user_id: &str, name: &str| UserRecord {
        capability,
        ssrc,
        user_id: user_id.into(),
        name: name.into(),
        version: Some((1, 42)),
    };
    use crate::wire::board::BoardToClient::Slide;
    let slide = |name: &str, property: Option<&str>| crate::wire::board::Slide {
        source: 1,
        property: property.map(str::to_owned),
        name: name.into(),
        deleted: false,
    };
    let line = |text: &str, from, tick, date| ToClient::Chat(Line { text: text.into(), from, tick, date, top: 1 });
    let reconnect = Fact::ReconnectName { name: b"ABCDEFGHIJKL".to_vec(), real_name: "Owner".into() };
    vec![
        ("01 alive probe", ToClient::Alive(Probe)),
        ("01 alive answer", ToClient::Alive(Answer)),
        ("01 channel counts", ToClient::Floor(Channels { video: 6, audio: 2 })),
        ("01 audio preference", ToClient::Fact(Fact::AudioCodecs(vec![232, 120]))),
        ("01 video preference", ToClient::Fact(Fact::VideoCodecs(vec![200, 248]))),
        ("01 no controller", ToClient::Floor(Controller(-1))),
        ("01 no control flags", ToClient::Floor(ControlFlags(floor::ControlFlags(0)))),
        ("01 no assistant", ToClient::Floor(Assistant(-1))),
        ("01 EXTENSION_MAX_SUPPORT", ToClient::Fact(Fact::MaxExtension(103))),
        ("01 MEETING_INFO", ToClient::Fact(Fact::Identity { meeting_type: 1, random_id: 287_454_020 })),
        ("01 RECONNECT_NAME", ToClient::Fact(reconnect)),
        ("01 USER_UPDATE add, owner", ToClient::User(Add(user(0, 0, "owner1", "Owner")))),
        ("01 TOKEN_OWNER_NOTIFY", ToClient::Floor(TokenOwner)),
        ("01 TOKEN_UPDATE", ToClient::Floor(Token(0))),
        ("01 MEETINGID_NOTIFICATION", ToClient::Fact(Fact::MeetingId("m1".into()))),
        ("01 SIP_CAP, end of initialisation", ToClient::Fact(Fact::Initialised(0))),
        ("02 USER_UPDATE add Bob", ToClient::User(Add(user(1, 1, "bob", "Bob")))),
        ("02 USER_UPDATE delete Bob", ToClient::User(Delete { ssrc: 1, by_action: true })),
        ("02 CHAT_TEXT_TIME", line("Owner>hello", 0, Some(61_000), Some(1_762_770_500_352))),
        ("02 CHAT_TEXT_EX", line("Owner>hello", 0, None, None)),
        ("02 notice", line("notice", -1, None, None)),
        ("02 private chat", ToClient::Chat(Whisper { from: 0, to: 1, text: "Owner>[To:Bob]hi".into(), top: 1 })),
        ("02 code page of Bob", ToClient::User(CodePage(1, 65001))),
        ("02 token to Bob", ToClient::Floor(Token(1))),
        ("02 channel counts", ToClient::Floor(Channels { video: 6, audio: 4 })),
        ("02 speaker assigned", ToClient::Floor(Speaker { ssrc: 1, channel: 0, assigned: true })),
        ("02 speaker removed", ToClient::Floor(Speaker { ssrc: 1, channel: 0, assigned: false })),
        ("02 title", ToClient::Fact(Fact::Title("Title".into()))),
        ("02 SKIP_QUESTION", ToClient::Floor(floor::FloorToClient::Skipped)),
        ("02 poll request", ToClient::Poll(poll::PollToClient::Asked(poll::PollKind::Holder))),
        (
            "02 poll result",
            ToClient::Poll(poll::PollToClient::Answered { kind: poll::PollKind::Holder, ssrc: 1, answer: 4 }),
        ),
        (
            "02 SHADOW_JOIN_REQUEST",
            ToClient::Knock(admission::ShadowJoinRequest { id: b"req-17".to_vec(), name: "Visitor".into() }),
        ),
        ("02 SIP join request", ToClient::Side(side::SideToClient::SipRequest { uri: "sip:a@b.c".into(), ssrc: 1 })),
        (
            "02 SIP listed",
            ToClient::Side(side::SideToClient::SipStatus { uri: "sip:a@b.c".into(), ssrc: 1, status: 1 }),
        ),
        ("02 joint browsing URL typed", ToClient::Follow(follow::Follow::Page(follow::Page::typed("http://x/")))),
        ("02 leave: session end", ToClient::End(End::SessionEnd)),
        ("02 kicked", ToClient::End(End::Disconnect)),
        ("02 USER_OVERWRITE", ToClient::End(End::Overwrite)),
        ("03 delete slide 2", ToClient::Board(crate::wire::board::BoardToClient::Delete(2))),
        ("03 SLIDE_INFO blank page", ToClient::Board(Slide(slide("(Bob)blank page", None)))),
        ("03 SLIDE_INFO image", ToClient::Board(Slide(slide("(Bob)dot.gif", None)))),
        ("03 SLIDE_INFO image in a group", ToClient::Board(Slide(slide("(Bob)dot.gif", Some("Lesson 1\0Bob"))))),
        ("04 audio preference", ToClient::Fact(Fact::AudioCodecs(vec![232, 120]))),
        ("04 video preference", ToClient::Fact(Fact::VideoCodecs(vec![200, 64, 248]))),
        ("04 OPUS 48 kbps", ToClient::Fact(Fact::OpusRate(48_000))),
        ("04 TOTAL_AV_BANDWIDTH 256 kbps", ToClient::Fact(Fact::TotalBandwidth(256_000))),
        ("04 limits", ToClient::Floor(Channels { video: 6, audio: 4 })),
        ("04 speaker 5 on channel 0", ToClient::Floor(Speaker { ssrc: 5, channel: 0, assigned: true })),
        ("05 alive probe", ToClient::Alive(Probe)),
        ("05 alive answer", ToClient::Alive(Answer)),
        ("05 recording password prompt", ToClient::Fact(Fact::RecordingPasswordState(0))),
        ("05 EXTENSION_MAX_SUPPORT", ToClient::Fact(Fact::MaxExtension(103))),
        ("05 END_OF_RECORDINGFILE", ToClient::Playback(playback::PlaybackToClient::End)),
        ("05 RESTART", ToClient::Playback(playback::PlaybackToClient::Restart)),
    ]
}

/// Takes the next item off a stream, and writes it again.
fn next<T>(
    rest: &mut &[u8],
    again: &mut Vec<u8>,
    keys: &Keys,
    read: impl FnOnce(&mut fields::Reader<'_>) -> fields::Decoded<T>,
    write: impl FnOnce(&T) -> Clear,
) -> T {
    let (item, used) = decode(rest, keys, read).unwrap().expect("a whole item");
    *rest = &rest[used..];
    again.extend(write(&item).seal(keys));
    item
}

/// The keys of the reference conversation, its public keys, and what its control key is made of.
fn reference() -> (Keys, Vec<u8>, Vec<u8>, KeyMaterial, KeyMaterial) {
    let (_, v1) = vectors().into_iter().find(|(name, _)| name == "01 V1 key exchange, 2048-bit group").unwrap();
    let field = |name: &str| hex(v1["fields"][name].as_str().unwrap());
    let control = KeyMaterial::from_parts(field("key40").try_into().unwrap(), field("iv20").try_into().unwrap());
    let meeting =
        KeyMaterial::from_parts(std::array::from_fn(|i| 0xa0 + i as u8), std::array::from_fn(|i| 0x80 + i as u8));
    let cipher = |material| Some(Cipher::new(CipherName::Aes256, material));
    let keys = Keys { control: cipher(&control), meeting: cipher(&meeting) };
    (keys, field("client_public"), field("server_public"), control, meeting)
}

#[test]
fn the_client_of_the_reference_conversation_is_understood_and_written_alike() {
    let (keys, public, _, control, _) = reference();
    let start = [
        &hex("21000000010000002a0000100300000100")[..],
        &public,
        &hex("34000000070000271357454200000007000027174a6f6500000000"),
        &hex("33000000104b45597c5055427c444154417c4d414338"),
    ]
    .concat();
    let (rest, again) = (&mut &start[..], &mut Vec::new());
    let parameter =
        |p: &Option<ClientParameter>| p.as_ref().map_or_else(parameters::encode_end, ClientParameter::encode);
    let byte = |b: &u8| Clear::command(*b);
    assert_eq!(next(rest, again, &keys, Hello::decode, Hello::encode), Hello::Control { major: 1, minor: 42 });
    let key =
        next(rest, again, &keys, handshake::decode_client_public, |(g, k)| handshake::encode_client_public(*g, k));
    assert_eq!(key, (Group::Modp2048, public));
    assert_eq!(next(rest, again, &keys, |r| r.u8(), byte), parameters::CLIENT_BLOCK);
    for expected in named() {
        assert_eq!(next(rest, again, &keys, ClientParameter::decode, parameter), expected);
    }
    let join = JoinRequest::Hit { userinfo: "KEY|PUB|DATA|MAC".into(), flags: join::flags::NORMAL };
    assert_eq!(next(rest, again, &keys, JoinRequest::decode, JoinRequest::encode), join);
    assert_eq!((rest.len(), &*again), (0, &start));

    // The connection beside it.
    let media = hex("4d0000000700000000a53d8c753ffa583ab39fb4c10fbdd02aae9f6a7a35155b28cc4045294481c5f2e7c410c6");
    let (rest, again) = (&mut &media[..], &mut Vec::new());
    let hello = handshake::Secondary { kind: handshake::SecondaryKind::Media, session_index: 7, id: 0 };
    assert_eq!(next(rest, again, &keys, Hello::decode, Hello::encode), Hello::Secondary(hello));
    let answer = next(rest, again, &keys, handshake::decode_challenge_answer, |(c, t)| {
        handshake::encode_challenge_answer(c, *t)
    });
    assert_eq!(answer, (std::array::from_fn(|i| i as u8), 123_456));
    assert_eq!((rest.len(), &*again), (0, &media));

    // The answer to a password prompt.
    let password = hex("0000001440d5746d98e19327de0569103a61e173e198c2b2");
    let (rest, again) = (&mut &password[..], &mut Vec::new());
    let sha1 = hex("e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4").try_into().unwrap();
    let answer = next(rest, again, &keys, PasswordAnswer::decode, PasswordAnswer::encode);
    assert!(answer == PasswordAnswer::Given(sha1));
    assert_eq!((rest.len(), &*again), (0, &password));

    // Coming back with the same keys.
    let back = hex(concat!(
        "34000000100000271be47ecd327eb919759bb594d0",
        "0000004c00002711a53c8e763bff5e3dd1f4a8604382714f70542dd2eaa0ec034dbbcc56ff37f12c5f14922f8b595a31",
        "5ce4b8f8a5ebc76981136980f74af59759a6c88467a156682978681f6c638c2d",
        "0000000c000027190000000111223344",
        "000000070000271357454200000007000027174a6f6500000000",
    ));
    let (rest, again) = (&mut &back[..], &mut Vec::new());
    assert_eq!(next(rest, again, &keys, |r| r.u8(), byte), parameters::CLIENT_BLOCK);
    let ticket = [&[0; 8][..], &7i32.to_be_bytes(), control.key(), control.iv()].concat().try_into().unwrap();
    let proofs = [
        Some(ClientParameter::ReconnectName(*b"ABCDEFGHIJKL")),
        Some(ClientParameter::ReconnectTicket(ticket)),
        Some(ClientParameter::MeetingIdentity { meeting_type: 1, random_id: 0x1122_3344 }),
    ];
    for expected in proofs.into_iter().chain(named()) {
        assert!(next(rest, again, &keys, ClientParameter::decode, parameter) == expected, "{expected:?}");
    }
    assert_eq!((rest.len(), &*again), (0, &back));
}

/// What the client of the conversation says of itself, and the end of its block.
fn named() -> [Option<ClientParameter>; 3] {
    [Some(ClientParameter::ClientType("WEB".into())), Some(ClientParameter::PlayerName("Joe".into())), None]
}

#[test]
fn the_server_of_the_reference_conversation_is_understood_and_written_alike() {
    let (keys, _, public, _, meeting) = reference();
    let start = [
        &hex("00000005342e352e3000000100")[..],
        &public,
        &hex("0000000000000000"),
        &hex("0000000e0000271100000006616573323536"),
        &hex("0000000800002713a53d6c360000000800002715a53c739f000000040000271600000000"),
    ]
    .concat();
    let (rest, again) = (&mut &start[..], &mut Vec::new());
    let version = next(rest, again, &keys, handshake::decode_server_version, |v| {
        handshake::encode_server_version(std::str::from_utf8(v).unwrap())
    });
    assert_eq!(version, handshake::SERVER_VERSION.as_bytes());
    let key = next(rest, again, &keys, handshake::decode_server_public, |k| handshake::encode_server_public(k));
    assert_eq!(key, public);
    let block = [
        Some(ServerParameter::Cipher(CipherName::Aes256)),
        Some(ServerParameter::Tick(123_456)),
        Some(ServerParameter::CodePage(65001)),
        Some(ServerParameter::AcceptClientParameters),
        None,
    ];
    for expected in block {
        let write =
            |p: &Option<ServerParameter>| p.as_ref().map_or_else(parameters::encode_end, ServerParameter::encode);
        assert_eq!(next(rest, again, &keys, ServerParameter::decode, write), expected);
    }
    assert_eq!((rest.len(), &*again), (0, &start));

    let admission = hex(concat!(
        "30300000000000000007000f4240000000000000000000000000000000000000000000000000",
        "25bd0cf5bf7ad8ba476d7ca71c5b7230e0c59650",
        "059d2cd59f5af89a780e8802fcb14d3acfd3c67ed0e67cc0c5e117e105bb9d1d88f94b041a6b5b6200000000",
    ));
    assert_eq!(admission.len(), 102);
    let (rest, again) = (&mut &admission[..], &mut Vec::new());
    match next(rest, again, &keys, BeforeAdmission::decode, BeforeAdmission::encode) {
        BeforeAdmission::Admitted(info) => {
            assert!(info.meeting.same_as(&meeting));
            let numbers = (info.ssrc, info.session_index, info.max_bandwidth, info.elapsed_ms);
            assert_eq!(numbers, (0, 7, 1_000_000, 0));
        }
        other => panic!("no admission: {other:?}"),
    }
    assert_eq!((rest.len(), &*again), (0, &admission));
}

#[test]
fn a_relay_address_has_its_bytes_in_the_order_of_the_vector() {
    let (_, vector) = vectors().into_iter().find(|(name, _)| name.contains("relay address")).unwrap();
    let relay = ClientParameter::Relay([192, 0, 2, 9].into(), 2333);
    let bytes = relay.encode().bytes;
    assert_eq!(bytes[8..12], hex(vector["hex"].as_str().unwrap()));
    assert_eq!(decode(&bytes, &Keys::CLEAR, ClientParameter::decode), Ok(Some((Some(relay), 16))));
}

#[path = "any_tests.rs"]
mod any;
