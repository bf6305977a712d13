//! Every vector of the wire specification that these types cover, and what holds for all messages.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::wire::cipher::{Cipher, CipherName, KeyMaterial};
use crate::wire::fields::{Keys, Malformed, decode};
use crate::wire::handshake::{self, Hello};
use crate::wire::inbox::Inbox;
use crate::wire::join::{BeforeAdmission, JoinRequest, PasswordAnswer};
use crate::wire::parameters::{ClientParameter, ServerParameter};
use crate::wire::users::UserRecord;
use crate::wire::{Clear, chat, facts, fields, floor, layout, message, users};

const FILES: [&str; 5] = ["01-transport-and-join", "02-meeting", "03-board", "04-media", "05-playback"];

/// What is no message of a control connection, or belongs to a connection that is not served yet.
const SKIPPED: &[&str] = &[
    // Keys and ciphers: tested beside wire::exchange and wire::cipher.
    "V1 key exchange",
    "V2 key exchange",
    "aes256",
    "aes192",
    "aes128",
    "3des",
    "des,",
    "cipher",
    "relay address",
    "double UTF-8",
    "WebRTC",
    "encM(",
    // Slides, media and desktop data travel on connections of their own.
    "GUID",
    "blank page upload",
    "image upload",
    "download request",
    "download answer",
    "download resume",
    "id list",
    "media packet",
    "empty CAPTURE_END",
    "tile unit",
    "auth field",
    "G.711",
    "Opus, 20 ms",
    "H.264",
    "MJPEG",
    "VP8",
    "media keep-alive",
    // Playback over the wire is the next step; these are its own messages, or only the start of one.
    "INITIAL_INFO, playback",
    "MEETING_INFO (first",
    "PROPERTY (first",
    "JNR_MEETINGINFO",
    "channel counts (first",
    "TICK",
    "RESTART",
    "start of the password answer",
    // One byte each, told apart by the connection's state.
    "start of client parameters",
];

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
        false if is("challenge") => with!(|r| r.array::<32>(), |c: &[u8; 32]| Clear::new().raw(c)),
        true => with!(ToServer::decode, ToServer::encode),
        false => with!(ToClient::decode, ToClient::encode),
    }
}

#[test]
fn every_vector_decodes_to_its_end_encodes_to_the_same_bytes_and_asks_for_more_when_cut() {
    let mut covered: BTreeMap<String, usize> = BTreeMap::new();
    for (name, vector) in vectors() {
        if SKIPPED.iter().any(|skip| name[3..].starts_with(skip))
            || name.contains("no host key")
            || name.contains("server public key")
        {
            continue;
        }
        let (bytes, keys) = (hex(vector["hex"].as_str().unwrap()), keys_of(&vector));
        let directions: &[bool] = match vector["direction"].as_str().unwrap() {
            "C>S" => &[true],
            "S>C" => &[false],
            "both" => &[true, false],
            other => panic!("{name}: direction {other}"),
        };
        for from_client in directions {
            if name.contains("end of parameters") {
                assert_eq!(decode(&bytes, &keys, ServerParameter::decode), Ok(Some((None, 4))));
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
fn the_clear_fields_of_vectors_are_what_they_say() {
    let vectors: BTreeMap<String, Value> = vectors().into_iter().collect();
    let read = |name: &str| {
        let vector = &vectors[name];
        decode(&hex(vector["hex"].as_str().unwrap()), &keys_of(vector), ToClient::decode).unwrap().unwrap().0
    };
    let line = ToClient::Chat(chat::ChatToClient::Line {
        text: "Owner>hello".into(),
        from: 0,
        tick: Some(61_000),
        date: Some(1_762_770_500_352),
    });
    assert_eq!(read("02 CHAT_TEXT_TIME"), line);
    assert_eq!(read("02 title"), ToClient::Fact(facts::Fact::Title("Title".into())));
    let bob = UserRecord { capability: 1, ssrc: 1, user_id: "bob".into(), name: "Bob".into(), version: Some((1, 42)) };
    assert_eq!(read("02 USER_UPDATE add Bob"), ToClient::User(users::UserToClient::Add(bob)));
}

fn text(max: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..20).prop_map(move |chars| {
        let text: String = chars.into_iter().collect();
        fields::cut_utf8(&text, max).to_owned()
    })
}

fn from_clients() -> impl Strategy<Value = ToServer> {
    use chat::ChatToServer;
    use floor::FloorToServer;
    use users::UserToServer;
    prop_oneof![
        Just(ToServer::Alive(message::Alive::Probe)),
        Just(ToServer::Alive(message::Alive::Answer)),
        Just(ToServer::EndMeeting),
        text(2047).prop_map(|text| ToServer::Chat(ChatToServer::Say { text })),
        (any::<i32>(), text(2047)).prop_map(|(to, text)| ToServer::Chat(ChatToServer::Whisper { to, text })),
        any::<u8>().prop_map(|bits| ToServer::User(UserToServer::Capability(bits))),
        any::<i32>().prop_map(|status| ToServer::User(UserToServer::VideoStatus(status))),
        any::<i32>().prop_map(|target| ToServer::Floor(FloorToServer::Token(target))),
        (any::<i32>(), prop::collection::vec(any::<i32>(), 0..9))
            .prop_map(|(target, questioners)| ToServer::Floor(FloorToServer::GiveOutToken { target, questioners })),
        Just(passed("REQUEST_VIDEO", "5600000001")),
        Just(passed("FORCE_SYNC", "7a00000053")),
        Just(passed("PARTICIPANT_VIDEO", "7a000000250000000400000005")),
        Just(passed("MARK MOVE", "4d6d00000000000000050000000500000008000000640000000100000001")),
    ]
}

fn passed(name: &'static str, bytes: &str) -> ToServer {
    ToServer::Passed(layout::Passed { name, bytes: hex(bytes) })
}

fn from_servers() -> impl Strategy<Value = ToClient> {
    use chat::ChatToClient;
    use facts::Fact;
    use floor::FloorToClient;
    use users::UserToClient;
    let user = (any::<u8>(), 0..5000i32, text(127), text(127), prop::option::of(any::<(i32, i32)>()))
        .prop_map(|(capability, ssrc, user_id, name, version)| UserRecord { capability, ssrc, user_id, name, version });
    prop_oneof![
        user.prop_map(|user| ToClient::User(UserToClient::Add(user))),
        (any::<i32>(), any::<bool>())
            .prop_map(|(ssrc, by_action)| ToClient::User(UserToClient::Delete { ssrc, by_action })),
        (text(2047), any::<i32>(), prop::option::of(0..0x7fff_ffffu32), prop::option::of(1..i64::MAX))
            .prop_map(|(text, from, tick, date)| ToClient::Chat(ChatToClient::Line { text, from, tick, date })),
        (any::<i32>(), any::<i32>(), text(2047)).prop_map(|(from, to, text)| ToClient::Chat(ChatToClient::Whisper {
            from,
            to,
            text
        })),
        any::<i32>().prop_map(|ssrc| ToClient::Floor(FloorToClient::Token(ssrc))),
        any::<i32>().prop_map(|ssrc| ToClient::Floor(FloorToClient::DataSender(ssrc))),
        (any::<i32>(), any::<i32>(), any::<bool>())
            .prop_map(|(ssrc, channel, assigned)| ToClient::Floor(FloorToClient::Speaker { ssrc, channel, assigned })),
        (any::<i32>(), any::<i32>())
            .prop_map(|(video, audio)| ToClient::Floor(FloorToClient::Channels { video, audio })),
        text(128).prop_map(|id| ToClient::Fact(Fact::MeetingId(id))),
        text(512).prop_map(|title| ToClient::Fact(Fact::Title(title))),
        prop::collection::vec(any::<i32>(), 0..32).prop_map(|list| ToClient::Fact(Fact::VideoCodecs(list))),
        Just(ToClient::End(message::End::SessionEnd)),
        Just(ToClient::End(message::End::Overwrite)),
    ]
}

fn keys() -> impl Strategy<Value = Keys> {
    any::<(u64, u64)>().prop_map(|(a, b)| {
        let cipher = |seed: u64| {
            let bytes = seed.to_be_bytes();
            let key = std::array::from_fn(|i| bytes[i % 8].wrapping_add(i as u8));
            let iv = std::array::from_fn(|i| bytes[7 - i % 8].wrapping_mul(i as u8 | 1));
            Some(Cipher::new(CipherName::Aes256, &KeyMaterial::from_parts(key, iv)))
        };
        Keys { control: cipher(a), meeting: cipher(b) }
    })
}

/// Pushes a stream in pieces and takes everything out that is whole.
fn through_inbox<T>(
    stream: &[u8],
    pieces: &[usize],
    keys: &Keys,
    read: fn(&mut fields::Reader<'_>) -> fields::Decoded<T>,
) -> Vec<T> {
    let (mut inbox, mut out, mut rest) = (Inbox::default(), Vec::new(), stream);
    let mut sizes = pieces.iter().cycle();
    while !rest.is_empty() {
        let n = (*sizes.next().unwrap()).clamp(1, rest.len());
        inbox.push(&rest[..n]);
        rest = &rest[n..];
        while let Some(item) = inbox.next(keys, read).unwrap() {
            out.push(item);
        }
    }
    assert_eq!(inbox.waiting(), 0);
    out
}

proptest! {
    #[test]
    fn what_clients_say_arrives_whatever_the_pieces(messages in prop::collection::vec(from_clients(), 1..8), keys in keys(), pieces in prop::collection::vec(1..40usize, 1..6)) {
        let stream: Vec<u8> = messages.iter().flat_map(|m| m.encode().seal(&keys)).collect();
        prop_assert_eq!(through_inbox(&stream, &pieces, &keys, ToServer::decode), messages);
    }

    #[test]
    fn what_servers_say_arrives_whatever_the_pieces(messages in prop::collection::vec(from_servers(), 1..8), keys in keys(), pieces in prop::collection::vec(1..40usize, 1..6)) {
        let stream: Vec<u8> = messages.iter().flat_map(|m| m.encode().seal(&keys)).collect();
        prop_assert_eq!(through_inbox(&stream, &pieces, &keys, ToClient::decode), messages);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        crate::fuzzing::to_server(&bytes);
        crate::fuzzing::to_client(&bytes);
        crate::fuzzing::join(&bytes);
        crate::fuzzing::parameters(&bytes);
    }

    #[test]
    fn random_extended_commands_never_panic_and_never_take_more_than_came(id in 0..104i32, tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = Clear::ext(id).raw(&tail).bytes;
        crate::fuzzing::to_server(&bytes);
        crate::fuzzing::to_client(&bytes);
    }
}
